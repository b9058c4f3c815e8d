package openflow

import (
	"errors"
	"fmt"
	"net/netip"

	"govs/flow"
)

// SetEthSrc sets the Ethernet source address (mod_dl_src).
type SetEthSrc struct{ MAC flow.MAC }

// SetEthDst sets the Ethernet destination address (mod_dl_dst).
type SetEthDst struct{ MAC flow.MAC }

// SetIPv4Src sets the IPv4 source address (mod_nw_src), in host order.
type SetIPv4Src struct{ Addr uint32 }

// SetIPv4Dst sets the IPv4 destination address (mod_nw_dst), in host order.
type SetIPv4Dst struct{ Addr uint32 }

// SetIPDSCP sets the DSCP (mod_nw_tos): the upper 6 bits of DSCP are used, as
// they stand in the TOS byte.
type SetIPDSCP struct{ DSCP uint8 }

// SetIPECN sets the two ECN bits (mod_nw_ecn).
type SetIPECN struct{ ECN uint8 }

// SetIPTTL sets the TTL or hop limit (mod_nw_ttl).
type SetIPTTL struct{ TTL uint8 }

// SetL4SrcPort sets the TCP, UDP or SCTP source port (mod_tp_src).
type SetL4SrcPort struct {
	Port  uint16
	proto uint8 // of the match, for encoding as set_field
}

// SetL4DstPort sets the TCP, UDP or SCTP destination port (mod_tp_dst).
type SetL4DstPort struct {
	Port  uint16
	proto uint8
}

// DecTTL decrements the TTL; a packet whose TTL would reach 0 goes to the
// controllers with the given ids instead. No ids means controller 0.
type DecTTL struct{ IDs []uint16 }

func parseSetEth(p *parser, word, arg string) error {
	m, _, ok := flow.CutMAC(arg) // what follows does not matter, as in OVS
	if !ok {
		return fmt.Errorf("invalid mac address %s", arg)
	}
	if word == "mod_dl_src" {
		p.add(&SetEthSrc{m})
	} else {
		p.add(&SetEthDst{m})
	}
	return nil
}

func (a *SetEthSrc) format(f *formatter) {
	f.param("mod_dl_src:")
	f.b = flow.AppendMAC(f.b, a.MAC)
}

func (a *SetEthDst) format(f *formatter) {
	f.param("mod_dl_dst:")
	f.b = flow.AppendMAC(f.b, a.MAC)
}

// by returns v10 or v11 by the encoder's version, for codes that moved.
func (e *encoder) by(v10, v11 uint16) uint16 {
	if e.version == V10 {
		return v10
	}
	return v11
}

func (a *SetEthSrc) encode(e *encoder) {
	if e.version >= V12 {
		e.setField(flow.EthSrc, flow.U(a.MAC.Uint64()))
		return
	}
	copy(e.std(e.by(4, 3), 16)[4:], a.MAC[:])
}

func (a *SetEthDst) encode(e *encoder) {
	if e.version >= V12 {
		e.setField(flow.EthDst, flow.U(a.MAC.Uint64()))
		return
	}
	copy(e.std(e.by(5, 4), 16)[4:], a.MAC[:])
}

func (a *SetEthSrc) check(*checker) error { return nil }
func (a *SetEthDst) check(*checker) error { return nil }

func decodeSetEthSrc(d *decoder, b []byte) error {
	d.add(&SetEthSrc{flow.MAC(b[4:10])})
	return nil
}

func decodeSetEthDst(d *decoder, b []byte) error {
	d.add(&SetEthDst{flow.MAC(b[4:10])})
	return nil
}

func parseSetIPv4(p *parser, word, arg string) error {
	addr, err := netip.ParseAddr(arg)
	if err != nil || !addr.Is4() {
		p.names.warnf("socket_util|ERR", "%q is not a valid IP address", arg)
		return fmt.Errorf("%s: could not convert to IP address", arg)
	}
	a4 := addr.As4()
	ip := be.Uint32(a4[:])
	if word == "mod_nw_src" {
		p.add(&SetIPv4Src{ip})
	} else {
		p.add(&SetIPv4Dst{ip})
	}
	return nil
}

func (a *SetIPv4Src) format(f *formatter) {
	f.param("mod_nw_src:")
	f.b = flow.AppendIPv4(f.b, a.Addr)
}

func (a *SetIPv4Dst) format(f *formatter) {
	f.param("mod_nw_dst:")
	f.b = flow.AppendIPv4(f.b, a.Addr)
}

func (a *SetIPv4Src) encode(e *encoder) {
	if e.version >= V12 {
		e.setField(flow.IPSrc, flow.U(uint64(a.Addr)))
		return
	}
	be.PutUint32(e.std(e.by(6, 5), 8)[4:], a.Addr)
}

func (a *SetIPv4Dst) encode(e *encoder) {
	if e.version >= V12 {
		e.setField(flow.IPDst, flow.U(uint64(a.Addr)))
		return
	}
	be.PutUint32(e.std(e.by(7, 6), 8)[4:], a.Addr)
}

func (a *SetIPv4Src) check(c *checker) error { return c.need(c.isIPv4()) }
func (a *SetIPv4Dst) check(c *checker) error { return c.need(c.isIPv4()) }

func decodeSetIPv4Src(d *decoder, b []byte) error {
	d.add(&SetIPv4Src{be.Uint32(b[4:])})
	return nil
}

func decodeSetIPv4Dst(d *decoder, b []byte) error {
	d.add(&SetIPv4Dst{be.Uint32(b[4:])})
	return nil
}

func parseSetIPDSCP(p *parser, _, arg string) error {
	n, err := parseUint8(arg, "TOS")
	if err != nil {
		return err
	}
	if n&3 != 0 {
		return fmt.Errorf("%s: not a valid TOS", arg)
	}
	p.add(&SetIPDSCP{n})
	return nil
}

func (a *SetIPDSCP) format(f *formatter) {
	f.param("mod_nw_tos:")
	f.dec(uint64(a.DSCP))
}

func (a *SetIPDSCP) encode(e *encoder) {
	if e.version >= V12 {
		e.setField(flow.IPDSCP, flow.U(uint64(a.DSCP>>2)))
		return
	}
	e.std(e.by(8, 7), 8)[4] = a.DSCP
}

func (a *SetIPDSCP) check(c *checker) error { return c.need(c.isIP()) }

func decodeSetIPDSCP(d *decoder, b []byte) error {
	if b[4]&3 != 0 {
		return ErrBadActionBadArgument
	}
	d.add(&SetIPDSCP{b[4]})
	return nil
}

func parseSetIPECN(p *parser, _, arg string) error {
	n, err := parseUint8(arg, "ECN")
	if err != nil {
		return err
	}
	if n&^3 != 0 {
		return fmt.Errorf("%s: not a valid ECN", arg)
	}
	p.add(&SetIPECN{n})
	return nil
}

func (a *SetIPECN) format(f *formatter) {
	f.param("mod_nw_ecn:")
	f.dec(uint64(a.ECN))
}

func (a *SetIPECN) encode(e *encoder) {
	switch {
	case e.version >= V12:
		e.setField(flow.IPECN, flow.U(uint64(a.ECN)))
	case e.version == V11:
		e.std(8, 8)[4] = a.ECN
	default:
		e.regLoad(flow.Whole(flow.IPECN), uint64(a.ECN))
	}
}

func (a *SetIPECN) check(c *checker) error { return c.need(c.isIP()) }

func decodeSetIPECN(d *decoder, b []byte) error {
	if b[4]&^3 != 0 {
		return ErrBadActionBadArgument
	}
	d.add(&SetIPECN{b[4]})
	return nil
}

func parseSetIPTTL(p *parser, _, arg string) error {
	n, err := parseUint8(arg, "TTL")
	p.add(&SetIPTTL{n})
	return err
}

func (a *SetIPTTL) format(f *formatter) {
	f.param("mod_nw_ttl:")
	f.dec(uint64(a.TTL))
}

func (a *SetIPTTL) encode(e *encoder) {
	if e.version == V10 {
		e.regLoad(flow.Whole(flow.IPTTL), uint64(a.TTL))
		return
	}
	e.std(23, 8)[4] = a.TTL
}

func (a *SetIPTTL) check(c *checker) error { return c.need(c.isIP()) }

func decodeSetIPTTL(d *decoder, b []byte) error {
	d.add(&SetIPTTL{b[4]})
	return nil
}

func parseSetL4(p *parser, word, arg string) error {
	if word == "mod_tp_src" {
		n, err := parseUint16(arg, "source port")
		p.add(&SetL4SrcPort{Port: n})
		return err
	}
	n, err := parseUint16(arg, "destination port")
	p.add(&SetL4DstPort{Port: n})
	return err
}

func (a *SetL4SrcPort) format(f *formatter) {
	f.param("mod_tp_src:")
	f.dec(uint64(a.Port))
}

func (a *SetL4DstPort) format(f *formatter) {
	f.param("mod_tp_dst:")
	f.dec(uint64(a.Port))
}

func (a *SetL4SrcPort) encode(e *encoder) {
	e.setL4(9, a.Port, a.proto, flow.TCPSrc, flow.UDPSrc, flow.SCTPSrc)
}

func (a *SetL4DstPort) encode(e *encoder) {
	e.setL4(10, a.Port, a.proto, flow.TCPDst, flow.UDPDst, flow.SCTPDst)
}

func (e *encoder) setL4(code, port uint16, proto uint8, tcp, udp, sctp flow.FieldID) {
	if e.version < V12 {
		be.PutUint16(e.std(code, 8)[4:], port)
		return
	}
	switch proto {
	case flow.ProtoTCP:
		e.setField(tcp, flow.U(uint64(port)))
	case flow.ProtoUDP:
		e.setField(udp, flow.U(uint64(port)))
	case flow.ProtoSCTP:
		e.setField(sctp, flow.U(uint64(port)))
	default:
		be.PutUint16(e.std(code, 8)[4:], port) // OVS reads it in every version
	}
}

func (a *SetL4SrcPort) check(c *checker) error {
	a.proto = c.match.Key.NwProto
	return c.need(c.isL4())
}

func (a *SetL4DstPort) check(c *checker) error {
	a.proto = c.match.Key.NwProto
	return c.need(c.isL4())
}

func decodeSetL4Src(d *decoder, b []byte) error {
	d.add(&SetL4SrcPort{Port: be.Uint16(b[4:])})
	return nil
}

func decodeSetL4Dst(d *decoder, b []byte) error {
	d.add(&SetL4DstPort{Port: be.Uint16(b[4:])})
	return nil
}

func parseDecTTL(p *parser, _, arg string) error {
	a := &DecTTL{}
	if arg != "" {
		for rest := arg; ; {
			w, r, ok := cutAny(rest, ", ")
			if !ok {
				break
			}
			rest = r
			a.IDs = append(a.IDs, uint16(leadingInt(w)))
		}
		if len(a.IDs) == 0 {
			return errors.New("dec_ttl_cnt_ids: expected at least one controller id.")
		}
	}
	p.add(a)
	return nil
}

func (a *DecTTL) format(f *formatter) {
	f.paren("dec_ttl")
	if a.IDs == nil {
		return
	}
	f.paren("(")
	for i, id := range a.IDs {
		if i > 0 {
			f.str(",")
		}
		f.dec(uint64(id))
	}
	f.paren(")")
}

func (a *DecTTL) encode(e *encoder) {
	if a.IDs != nil {
		start := len(e.b)
		be.PutUint16(e.nx(21, 16)[10:], uint16(len(a.IDs)))
		for _, id := range a.IDs {
			e.u16(id)
		}
		e.close(start)
		return
	}
	if e.version == V10 {
		e.nx(18, 16)
	} else {
		e.std(24, 8)
	}
}

func (a *DecTTL) check(c *checker) error { return c.need(c.isIP()) }

func decodeDecTTL(d *decoder, _ []byte) error {
	d.add(&DecTTL{})
	return nil
}

func decodeDecTTLIDs(d *decoder, b []byte) error {
	n := int(be.Uint16(b[10:]))
	if !isZero(b[12:16]) {
		return ErrBadRequestMustBeZero
	}
	if len(b)-16 < 2*n {
		d.names.warnf("ofp_actions", "Nicira action dec_ttl_cnt_ids only has %d bytes allocated for controller ids.  %d bytes are required for %d controllers.", len(b)-16, 2*n, n)
		return ErrBadActionBadLen
	}
	a := &DecTTL{IDs: make([]uint16, n)}
	for i := range a.IDs {
		a.IDs[i] = be.Uint16(b[16+2*i:])
	}
	d.add(a)
	return nil
}
