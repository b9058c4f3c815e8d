package openflow

import (
	"net/netip"

	"govs/flow"
)

// CTTuple selects connections by what is set of one direction's addresses.
type CTTuple struct {
	Src, Dst         [16]byte // IPv4 as an IPv4-mapped address; zero is any
	SrcPort, DstPort uint16   // not for ICMP; zero is any
	ICMPID           uint16
	ICMPType         uint8
	ICMPCode         uint8
}

// CTFlush removes connections from the tracker (NXT_CT_FLUSH).
type CTFlush struct {
	Proto   uint8 // IP protocol; 0 for any
	Zone    uint16
	HasZone bool
	Orig    *CTTuple // of the direction that opened the connection; nil for any
	Reply   *CTTuple

	family ctFamily // as decoded
}

// CTFlushZone removes all connections of a zone (NXT_CT_FLUSH_ZONE).
type CTFlushZone struct{ Zone uint16 }

// Properties of NXT_CT_FLUSH, and of a tuple inside it.
const (
	ctPropOrig = iota
	ctPropReply
	ctPropZone
)

const (
	ctTupleSrc = iota
	ctTupleDst
	ctTupleSrcPort
	ctTupleDstPort
	ctTupleICMPID
	ctTupleICMPType
	ctTupleICMPCode
)

func (*CTFlush) raw(Protocols) rawType     { return rawNXCTFlush }
func (*CTFlushZone) raw(Protocols) rawType { return rawNXCTFlushZone }

func (m *CTFlushZone) encode(e *msgEncoder) {
	e.zeros(6)
	e.u16(m.Zone)
}

func decodeCTFlushZone(d *msgDecoder, b []byte) (Message, error) {
	if !d.loose && !isZero(b[:6]) {
		return nil, ErrBadRequestMustBeZero
	}
	return &CTFlushZone{be.Uint16(b[6:])}, nil
}

func (m *CTFlushZone) print(p *printer) { p.f(" zone_id=%d", m.Zone) }

func (m *CTFlush) encode(e *msgEncoder) {
	e.u8(m.Proto)
	e.zeros(7)
	for i, t := range [...]*CTTuple{m.Orig, m.Reply} {
		if t == nil {
			t = &CTTuple{}
		}
		// What ICMP has is always said.
		if *t != (CTTuple{}) || isICMP(m.Proto) {
			e.nested(uint16(ctPropOrig+i), func() { t.encode(e, m.Proto) })
		}
	}
	if m.HasZone {
		e.propU16(ctPropZone, m.Zone)
	}
}

// propU16 appends a property of 16 bits, whose padding counts as part of it.
func (e *msgEncoder) propU16(typ, v uint16) { e.prop(typ, func() { e.u16(v); e.u16(0) }) }

// nested appends a property that holds properties.
func (e *msgEncoder) nested(typ uint16, f func()) {
	e.prop(typ, func() { e.zeros(4); f() })
}

func (t *CTTuple) encode(e *msgEncoder, proto uint8) {
	if t.Src != ([16]byte{}) {
		e.prop(ctTupleSrc, func() { e.bytes(t.Src[:]) })
	}
	if t.Dst != ([16]byte{}) {
		e.prop(ctTupleDst, func() { e.bytes(t.Dst[:]) })
	}
	if isICMP(proto) {
		e.propU16(ctTupleICMPID, t.ICMPID)
		e.prop(ctTupleICMPType, func() { e.u8(t.ICMPType) })
		e.prop(ctTupleICMPCode, func() { e.u8(t.ICMPCode) })
		return
	}
	if t.SrcPort != 0 {
		e.propU16(ctTupleSrcPort, t.SrcPort)
	}
	if t.DstPort != 0 {
		e.propU16(ctTupleDstPort, t.DstPort)
	}
}

func isICMP(proto uint8) bool { return proto == flow.ProtoICMP || proto == flow.ProtoICMPv6 }

// ctFamily is what the addresses of tuples say so far of their family.
type ctFamily uint8

const (
	ctAnyFamily ctFamily = iota
	ctIPv4
	ctIPv6
)

func (f *ctFamily) add(addr *[16]byte) error {
	now := ctAnyFamily
	if *addr != ([16]byte{}) {
		now = ctIPv6
		if netip.AddrFrom16(*addr).Is4In6() {
			now = ctIPv4
		}
	}
	if *f != ctAnyFamily && now != ctAnyFamily && *f != now {
		return ErrBadPropertyBadValue
	}
	*f = now
	return nil
}

func decodeCTFlush(_ *msgDecoder, b []byte) (Message, error) {
	if !isZero(b[1:8]) {
		return nil, ErrBadRequestMustBeZero
	}
	m := &CTFlush{Proto: b[0]}
	err := eachProp(b[8:], func(typ uint16, p []byte) error {
		var err error
		switch typ {
		case ctPropOrig:
			m.Orig, err = ctTuple(p, m.Orig, &m.family)
		case ctPropReply:
			m.Reply, err = ctTuple(p, m.Reply, &m.family)
		case ctPropZone:
			if len(p) < 6 { // OVS takes any that is long enough
				return ErrBadPropertyBadLen
			}
			m.Zone, m.HasZone = be.Uint16(p[4:]), true
		}
		return err
	})
	m.Orig.settle(m.Proto)
	m.Reply.settle(m.Proto)
	return m, err
}

// settle keeps of ports and ICMP, which to OVS are the same bytes, what the
// protocol has.
func (t *CTTuple) settle(proto uint8) {
	switch {
	case t == nil:
	case isICMP(proto):
		t.SrcPort, t.DstPort = 0, 0
	default:
		t.ICMPID, t.ICMPType, t.ICMPCode = 0, 0, 0
	}
}

// ctTuple reads the tuple nested in property p over t, which may be nil.
func ctTuple(p []byte, t *CTTuple, family *ctFamily) (*CTTuple, error) {
	if len(p) < 8 {
		return t, ErrBadPropertyBadLen
	}
	if t == nil {
		t = &CTTuple{}
	}
	return t, eachProp(p[8:], func(typ uint16, p []byte) error {
		v := p[4:]
		switch size := [...]int{ctTupleSrc: 16, ctTupleDst: 16, ctTupleSrcPort: 2, ctTupleDstPort: 2, ctTupleICMPID: 2, ctTupleICMPType: 1, ctTupleICMPCode: 1}; {
		case int(typ) >= len(size):
			return nil
		case len(v) < size[typ]:
			return ErrBadPropertyBadLen
		}
		switch typ {
		case ctTupleSrc:
			copy(t.Src[:], v)
			return family.add(&t.Src)
		case ctTupleDst:
			copy(t.Dst[:], v)
			return family.add(&t.Dst)
		case ctTupleSrcPort:
			t.SrcPort, t.ICMPID = be.Uint16(v), be.Uint16(v)
		case ctTupleDstPort:
			t.DstPort, t.ICMPType, t.ICMPCode = be.Uint16(v), v[1], v[0]
		case ctTupleICMPID:
			t.SrcPort, t.ICMPID = be.Uint16(v), be.Uint16(v)
		case ctTupleICMPType:
			t.DstPort, t.ICMPType = t.DstPort&^0xff|uint16(v[0]), v[0]
		case ctTupleICMPCode:
			t.DstPort, t.ICMPCode = t.DstPort&0xff|uint16(v[0])<<8, v[0]
		}
		return nil
	})
}

func (m *CTFlush) print(p *printer) {
	p.f(" zone=%d '", m.Zone)
	m.printTuple(p, m.Orig)
	p.f(",ct_nw_proto=%d' '", m.Proto)
	m.printTuple(p, m.Reply)
	p.str("'")
}

func (m *CTFlush) printTuple(p *printer, t *CTTuple) {
	if t == nil {
		t = &CTTuple{}
	}
	src, dst := "ct_ipv6_src", "ct_ipv6_dst"
	if m.family == ctIPv4 {
		src, dst = "ct_nw_src", "ct_nw_dst"
	}
	p.f("%s=%s,%s=%s", src, netip.AddrFrom16(t.Src).Unmap(), dst, netip.AddrFrom16(t.Dst).Unmap())
	if isICMP(m.Proto) {
		p.f(",icmp_id=%d,icmp_type=%d,icmp_code=%d", t.ICMPID, t.ICMPType, t.ICMPCode)
	} else {
		p.f(",ct_tp_src=%d,ct_tp_dst=%d", t.SrcPort, t.DstPort)
	}
}
