package openflow

import (
	"errors"
	"fmt"

	"govs/flow"
)

// PushMPLS adds an MPLS header of the given Ethernet type, 0x8847 or 0x8848.
type PushMPLS struct{ EtherType uint16 }

// PopMPLS removes the outermost MPLS header; the packet becomes of EtherType.
type PopMPLS struct{ EtherType uint16 }

// SetMPLSLabel sets the label (20 bits) of the outermost MPLS header.
type SetMPLSLabel struct{ Label uint32 }

// SetMPLSTC sets the traffic class (3 bits) of the outermost MPLS header.
type SetMPLSTC struct{ TC uint8 }

// SetMPLSTTL sets the TTL of the outermost MPLS header.
type SetMPLSTTL struct{ TTL uint8 }

// DecMPLSTTL decrements the TTL of the outermost MPLS header.
type DecMPLSTTL struct{}

func parseSetMPLSLabel(p *parser, _, arg string) error {
	if arg == "" {
		return errors.New("set_mpls_label: expected label.")
	}
	n, err := parseUint32(arg)
	if err == nil && n&^0xfffff != 0 {
		err = fmt.Errorf("%s: not a valid MPLS label", arg)
	}
	p.add(&SetMPLSLabel{n})
	return err
}

func parseSetMPLSTC(p *parser, _, arg string) error {
	if arg == "" {
		return errors.New("set_mpls_tc: expected tc.")
	}
	n, err := parseUint8(arg, "MPLS TC")
	if err == nil && n&^7 != 0 {
		err = fmt.Errorf("%s: not a valid MPLS TC", arg)
	}
	p.add(&SetMPLSTC{n})
	return err
}

func parseSetMPLSTTL(p *parser, _, arg string) error {
	if arg == "" {
		return errors.New("set_mpls_ttl: expected ttl.")
	}
	n, err := parseUint8(arg, "MPLS TTL")
	p.add(&SetMPLSTTL{n})
	return err
}

func parseDecMPLSTTL(p *parser, _, _ string) error {
	p.add(&DecMPLSTTL{})
	return nil
}

func parsePushMPLS(p *parser, _, arg string) error {
	n, err := parseUint16(arg, "push_mpls")
	p.add(&PushMPLS{n})
	return err
}

func parsePopMPLS(p *parser, _, arg string) error {
	n, err := parseUint16(arg, "pop_mpls")
	p.add(&PopMPLS{n})
	return err
}

func (f *formatter) call(name string, n uint64) {
	f.paren(name + "(")
	f.dec(n)
	f.paren(")")
}

// type16 prints an Ethernet type in four digits.
func (f *formatter) type16(name string, t uint16) {
	f.param(name + ":")
	f.b = fmt.Appendf(f.b, "0x%04x", t)
}

func (a *SetMPLSLabel) format(f *formatter) { f.call("set_mpls_label", uint64(a.Label)) }
func (a *SetMPLSTC) format(f *formatter)    { f.call("set_mpls_tc", uint64(a.TC)) }
func (a *SetMPLSTTL) format(f *formatter)   { f.call("set_mpls_ttl", uint64(a.TTL)) }
func (a *DecMPLSTTL) format(f *formatter)   { f.value("dec_mpls_ttl") }
func (a *PushMPLS) format(f *formatter)     { f.type16("push_mpls", a.EtherType) }
func (a *PopMPLS) format(f *formatter)      { f.type16("pop_mpls", a.EtherType) }

func (a *SetMPLSLabel) encode(e *encoder) {
	switch {
	case e.version >= V12:
		e.setField(flow.MPLSLabel, flow.U(uint64(a.Label)))
	case e.version == V11:
		be.PutUint32(e.std(13, 8)[4:], a.Label)
	default:
		be.PutUint32(e.nx(30, 16)[12:], a.Label)
	}
}

func (a *SetMPLSTC) encode(e *encoder) {
	switch {
	case e.version >= V12:
		e.setField(flow.MPLSTC, flow.U(uint64(a.TC)))
	case e.version == V11:
		e.std(14, 8)[4] = a.TC
	default:
		e.nx(31, 16)[10] = a.TC
	}
}

func (a *SetMPLSTTL) encode(e *encoder) {
	if e.version == V10 {
		e.nx(25, 16)[10] = a.TTL
	} else {
		e.std(15, 8)[4] = a.TTL
	}
}

func (a *DecMPLSTTL) encode(e *encoder) {
	if e.version == V10 {
		e.nx(26, 16)
	} else {
		e.std(16, 8)
	}
}

func (a *PushMPLS) encode(e *encoder) {
	if e.version == V10 {
		be.PutUint16(e.nx(23, 16)[10:], a.EtherType)
	} else {
		be.PutUint16(e.std(19, 8)[4:], a.EtherType)
	}
}

func (a *PopMPLS) encode(e *encoder) {
	if e.version == V10 {
		be.PutUint16(e.nx(24, 16)[10:], a.EtherType)
	} else {
		be.PutUint16(e.std(20, 8)[4:], a.EtherType)
	}
}

func (a *SetMPLSLabel) check(c *checker) error { return c.need(c.isMPLS()) }
func (a *SetMPLSTC) check(c *checker) error    { return c.need(c.isMPLS()) }
func (a *SetMPLSTTL) check(c *checker) error   { return c.need(c.isMPLS()) }
func (a *DecMPLSTTL) check(c *checker) error   { return c.need(c.isMPLS()) }

func (a *PushMPLS) check(c *checker) error {
	k := &c.match.Key
	err := c.need(k.IsEthernet())
	k.EthType = a.EtherType
	// What lies behind the label is out of reach.
	k.NwProto = 0
	return err
}

func (a *PopMPLS) check(c *checker) error {
	err := c.need(c.isMPLS() && c.match.Key.IsEthernet())
	c.match.Key.EthType = a.EtherType
	return err
}

func decodeSetMPLSLabel(d *decoder, b []byte) error { return d.mplsLabel(be.Uint32(b[4:])) }

func decodeSetMPLSLabelNX(d *decoder, b []byte) error { return d.mplsLabel(be.Uint32(b[12:])) }

func (d *decoder) mplsLabel(n uint32) error {
	d.add(&SetMPLSLabel{n})
	return nil
}

func decodeSetMPLSTC(d *decoder, b []byte) error {
	d.add(&SetMPLSTC{b[4]})
	return nil
}

func decodeSetMPLSTCNX(d *decoder, b []byte) error {
	d.add(&SetMPLSTC{b[10]})
	return nil
}

func decodeSetMPLSTTL(d *decoder, b []byte) error {
	d.add(&SetMPLSTTL{b[4]})
	return nil
}

func decodeSetMPLSTTLNX(d *decoder, b []byte) error {
	d.add(&SetMPLSTTL{b[10]})
	return nil
}

func decodeDecMPLSTTL(d *decoder, _ []byte) error {
	d.add(&DecMPLSTTL{})
	return nil
}

func decodePushMPLS(d *decoder, b []byte) error { return d.pushMPLS(be.Uint16(b[4:])) }

func decodePushMPLSNX(d *decoder, b []byte) error { return d.pushMPLS(be.Uint16(b[10:])) }

func (d *decoder) pushMPLS(t uint16) error {
	if t != flow.EthTypeMPLS && t != flow.EthTypeMPLSM {
		return ErrBadActionBadArgument
	}
	d.add(&PushMPLS{t})
	return nil
}

func decodePopMPLS(d *decoder, b []byte) error {
	d.add(&PopMPLS{be.Uint16(b[4:])})
	return nil
}

func decodePopMPLSNX(d *decoder, b []byte) error {
	d.add(&PopMPLS{be.Uint16(b[10:])})
	return nil
}
