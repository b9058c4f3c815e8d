package openflow

import (
	"fmt"

	"govs/flow"
)

// SetVLANVID sets the VLAN id (12 bits), adding a tag when there is none and
// PushIfNeeded is set, as the OpenFlow 1.0 action mod_vlan_vid does.
type SetVLANVID struct {
	VID          uint16
	PushIfNeeded bool
	FlowHasVLAN  bool // found by the check: the match asks for a tag
}

// SetVLANPCP sets the VLAN priority (3 bits), adding a tag when there is none
// and PushIfNeeded is set, as the OpenFlow 1.0 action mod_vlan_pcp does.
type SetVLANPCP struct {
	PCP          uint8
	PushIfNeeded bool
	FlowHasVLAN  bool // found by the check: the match asks for a tag
}

// StripVLAN removes the outermost VLAN tag, if there is one.
type StripVLAN struct{ pop bool } // pop remembers the newer name

// PushVLAN adds a VLAN tag of the given TPID: 0x8100 or 0x88a8.
type PushVLAN struct{ EtherType uint16 }

func parseSetVLANVID(p *parser, word, arg string) error {
	n, err := parseUint16(arg, "VLAN VID")
	if err != nil {
		return err
	}
	if n&^0xfff != 0 {
		return fmt.Errorf("%s: not a valid VLAN VID", arg)
	}
	p.add(&SetVLANVID{VID: n, PushIfNeeded: word == "mod_vlan_vid"})
	return nil
}

func (a *SetVLANVID) format(f *formatter) {
	if a.PushIfNeeded {
		f.param("mod_vlan_vid:")
	} else {
		f.param("set_vlan_vid:")
	}
	f.dec(uint64(a.VID))
}

func (a *SetVLANVID) encode(e *encoder) {
	if e.version >= V11 && a.PushIfNeeded && !a.FlowHasVLAN {
		(&PushVLAN{flow.EthTypeVLAN}).encode(e)
	}
	if e.version >= V12 {
		e.setField(flow.VlanVID, flow.U(uint64(a.VID)|flow.VLANPresent))
		return
	}
	be.PutUint16(e.std(1, 8)[4:], a.VID)
}

func (a *SetVLANVID) check(c *checker) error {
	a.FlowHasVLAN = c.hasVLAN()
	err := c.need(a.FlowHasVLAN || a.PushIfNeeded)
	c.setVLAN(true)
	return err
}

// setVLAN notes that the packet has a tag now, or none.
func (c *checker) setVLAN(tagged bool) {
	t := &c.match.Key.VLANs[0].TCI
	if tagged {
		*t |= flow.VLANPresent
		return
	}
	c.match.Key.VLANs[0] = c.match.Key.VLANs[1]
	c.match.Key.VLANs[1] = flow.VLAN{}
	c.match.Mask.VLANs[0] = c.match.Mask.VLANs[1]
	c.match.Mask.VLANs[1] = flow.VLAN{}
}

func decodeSetVLANVID(d *decoder, b []byte) error {
	n := be.Uint16(b[4:])
	if n&^0xfff != 0 {
		return ErrBadActionBadArgument
	}
	d.add(&SetVLANVID{VID: n, PushIfNeeded: d.version == V10})
	return nil
}

func parseSetVLANPCP(p *parser, word, arg string) error {
	n, err := parseUint8(arg, "VLAN PCP")
	if err != nil {
		return err
	}
	if n&^7 != 0 {
		return fmt.Errorf("%s: not a valid VLAN PCP", arg)
	}
	p.add(&SetVLANPCP{PCP: n, PushIfNeeded: word == "mod_vlan_pcp"})
	return nil
}

func (a *SetVLANPCP) format(f *formatter) {
	if a.PushIfNeeded {
		f.param("mod_vlan_pcp:")
	} else {
		f.param("set_vlan_pcp:")
	}
	f.dec(uint64(a.PCP))
}

func (a *SetVLANPCP) encode(e *encoder) {
	if e.version >= V11 && a.PushIfNeeded && !a.FlowHasVLAN {
		(&PushVLAN{flow.EthTypeVLAN}).encode(e)
	}
	if e.version >= V12 {
		e.setField(flow.VlanPCP, flow.U(uint64(a.PCP)))
		return
	}
	e.std(2, 8)[4] = a.PCP
}

func (a *SetVLANPCP) check(c *checker) error {
	a.FlowHasVLAN = c.hasVLAN()
	err := c.need(a.FlowHasVLAN || a.PushIfNeeded)
	c.setVLAN(true)
	return err
}

func decodeSetVLANPCP(d *decoder, b []byte) error {
	if b[4]&^7 != 0 {
		return ErrBadActionBadArgument
	}
	d.add(&SetVLANPCP{PCP: b[4], PushIfNeeded: d.version == V10})
	return nil
}

func parseStripVLAN(p *parser, word, _ string) error {
	p.add(&StripVLAN{pop: word == "pop_vlan"})
	return nil
}

func (a *StripVLAN) format(f *formatter) {
	if a.pop {
		f.value("pop_vlan")
	} else {
		f.value("strip_vlan")
	}
}

func (a *StripVLAN) encode(e *encoder) {
	if e.version == V10 {
		e.std(3, 8)
	} else {
		e.std(18, 8)
	}
}

func (a *StripVLAN) check(c *checker) error {
	if !c.hasVLAN() { // an inner tag stays where it is
		return c.need(false)
	}
	c.setVLAN(false)
	return nil
}

func decodeStripVLAN(d *decoder, _ []byte) error {
	d.add(&StripVLAN{})
	return nil
}

func decodePopVLAN(d *decoder, _ []byte) error {
	d.add(&StripVLAN{pop: true})
	return nil
}

func parsePushVLAN(p *parser, _, arg string) error {
	p.usable &= protoOF11Up
	n, err := parseUint16(arg, "ethertype")
	if err != nil {
		return err
	}
	if n != flow.EthTypeVLAN && n != flow.EthTypeQinQ {
		return fmt.Errorf("%s: not a valid VLAN ethertype", arg)
	}
	p.add(&PushVLAN{n})
	return nil
}

func (a *PushVLAN) format(f *formatter) {
	f.param("push_vlan:")
	f.hex(uint64(a.EtherType))
}

func (a *PushVLAN) encode(e *encoder) {
	if e.version == V10 {
		return // OpenFlow 1.0 has none; its set_vlan_vid pushes
	}
	be.PutUint16(e.std(17, 8)[4:], a.EtherType)
}

func (a *PushVLAN) check(c *checker) error {
	k := &c.match.Key
	if k.VLANs[len(k.VLANs)-1].TCI&flow.VLANPresent != 0 {
		return ErrBadActionBadTag
	}
	k.VLANs[1] = k.VLANs[0]
	k.VLANs[0] = flow.VLAN{TPID: a.EtherType, TCI: flow.VLANPresent}
	return nil
}

func decodePushVLAN(d *decoder, b []byte) error {
	t := be.Uint16(b[4:])
	if t != flow.EthTypeVLAN && t != flow.EthTypeQinQ {
		return ErrBadActionBadArgument
	}
	d.add(&PushVLAN{t})
	return nil
}
