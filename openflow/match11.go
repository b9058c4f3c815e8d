package openflow

import "govs/flow"

// Match11Len is the length of OpenFlow 1.1's ofp_match in bytes.
const Match11Len = 88

// OpenFlow 1.1's match (ofp_match of type standard, section A.2.3):
//
//	 0 type     2 length     4 in_port    8 wildcards
//	12 dl_src  18 its mask  24 dl_dst    30 its mask
//	36 dl_vlan 38 pcp       40 dl_type   42 nw_tos   43 nw_proto
//	44 nw_src  48 its mask  52 nw_dst    56 its mask
//	60 tp_src  62 tp_dst    64 mpls_label 68 mpls_tc
//	72 metadata              80 its mask
//
// A bit set in a mask does not matter.
const (
	match11Standard = 0
	match11OXM      = 1

	vlanNone11 = 0xffff // no tag
	vlanAny11  = 0xfffe // any tag
)

// Bits of the wildcards of OpenFlow 1.1's match.
const (
	wild11InPort = 1 << iota
	wild11VLAN
	wild11PCP
	wild11DLType
	wild11TOS
	wild11NWProto
	wild11TPSrc
	wild11TPDst
	wild11MPLSLabel
	wild11MPLSTC
)

// AppendMatch11 appends what OpenFlow 1.1 can say of the match.
func AppendMatch11(dst []byte, m *flow.Match) []byte {
	k, x := &m.Key, &m.Mask
	var b [Match11Len]byte
	var w uint32
	exact := func(set bool, bit uint32, put func()) {
		if set {
			put()
		} else {
			w |= bit
		}
	}
	be.PutUint16(b[2:], Match11Len)
	exact(x.InPort != 0, wild11InPort, func() { be.PutUint32(b[4:], Port(k.InPort).Wide()) })
	for i := range 6 {
		b[12+i], b[18+i] = k.EthSrc[i], ^x.EthSrc[i]
		b[24+i], b[30+i] = k.EthDst[i], ^x.EthDst[i]
	}
	switch tci, mask := k.VLANs[0].TCI, x.VLANs[0].TCI; {
	case mask == 0:
		w |= wild11VLAN | wild11PCP
	case mask&flow.VLANPresent != 0 && tci&flow.VLANPresent == 0:
		be.PutUint16(b[36:], vlanNone11)
		w |= wild11PCP
	default:
		vid := uint16(vlanAny11)
		if mask&0xfff != 0 {
			vid = tci & 0xfff
		}
		be.PutUint16(b[36:], vid)
		exact(mask&0xe000 != 0, wild11PCP, func() { b[38] = uint8(tci >> 13) })
	}
	exact(x.EthType != 0, wild11DLType, func() { be.PutUint16(b[40:], k.EthType) })
	exact(x.NwTOS&0xfc != 0, wild11TOS, func() { b[42] = k.NwTOS & 0xfc })
	exact(x.NwProto != 0, wild11NWProto, func() { b[43] = k.NwProto })
	be.PutUint32(b[44:], k.NwSrc)
	be.PutUint32(b[48:], ^x.NwSrc)
	be.PutUint32(b[52:], k.NwDst)
	be.PutUint32(b[56:], ^x.NwDst)
	exact(x.TPSrc != 0, wild11TPSrc, func() { be.PutUint16(b[60:], k.TPSrc) })
	exact(x.TPDst != 0, wild11TPDst, func() { be.PutUint16(b[62:], k.TPDst) })
	exact(!m.Wild(flow.MPLSLabel), wild11MPLSLabel, func() { be.PutUint32(b[64:], uint32(flow.MPLSLabel.Get(k).Lo)) })
	exact(!m.Wild(flow.MPLSTC), wild11MPLSTC, func() { b[68] = uint8(flow.MPLSTC.Get(k).Lo) })
	be.PutUint64(b[72:], k.Metadata)
	be.PutUint64(b[80:], ^x.Metadata)
	be.PutUint32(b[8:], w)
	return append(dst, b[:]...)
}

// ParseMatch11 reads a match of OpenFlow 1.1, of which b must have all bytes.
// Fields whose prerequisites it does not have do not count. The error is an
// ErrorCode.
func ParseMatch11(b []byte) (m flow.Match, err error) {
	if len(b) < Match11Len {
		return m, ErrBadMatchBadLen
	}
	w := be.Uint32(b[8:])
	bad := false
	set := func(bit uint32, id flow.FieldID, v, most uint64) {
		switch {
		case w&bit != 0:
		case v > most:
			bad = true
		default:
			m.Set(id, flow.U(v))
		}
	}
	masked := func(id flow.FieldID, v, wild uint64) { m.SetMasked(id, flow.U(v), flow.U(^wild).And(id.Ones())) }
	if w&wild11InPort == 0 {
		p, ok := PortFromWide(be.Uint32(b[4:]))
		if !ok {
			return m, ErrBadMatchBadValue
		}
		m.Key.InPort, m.Mask.InPort = uint32(p), 0xffffffff
	}
	masked(flow.EthSrc, flow.MAC(b[12:18]).Uint64(), flow.MAC(b[18:24]).Uint64())
	masked(flow.EthDst, flow.MAC(b[24:30]).Uint64(), flow.MAC(b[30:36]).Uint64())
	if w&wild11VLAN == 0 {
		if err := match11VLAN(&m, be.Uint16(b[36:]), b[38], w); err != nil {
			return m, err
		}
	}
	typ := uint16(0)
	if w&wild11DLType == 0 {
		typ = be.Uint16(b[40:])
		m.Set(flow.EthType, flow.U(uint64(typ)))
	}
	ip := typ == flow.EthTypeIP
	if ip && w&wild11TOS == 0 {
		if b[42]&3 != 0 {
			return m, ErrBadMatchBadValue
		}
		m.Key.NwTOS, m.Mask.NwTOS = b[42], 0xfc
	}
	if ip || typ == flow.EthTypeARP || typ == flow.EthTypeRARP {
		if w&wild11NWProto == 0 {
			m.Key.NwProto, m.Mask.NwProto = b[43], 0xff
		}
		m.Mask.NwSrc, m.Mask.NwDst = ^be.Uint32(b[48:]), ^be.Uint32(b[56:])
		m.Key.NwSrc, m.Key.NwDst = be.Uint32(b[44:])&m.Mask.NwSrc, be.Uint32(b[52:])&m.Mask.NwDst
	}
	if ip && w&wild11NWProto == 0 {
		src, dst := uint64(be.Uint16(b[60:])), uint64(be.Uint16(b[62:]))
		switch b[43] {
		case flow.ProtoICMP:
			set(wild11TPSrc, flow.ICMPType, src, 0xff)
			set(wild11TPDst, flow.ICMPCode, dst, 0xff)
		case flow.ProtoTCP, flow.ProtoUDP, flow.ProtoSCTP:
			set(wild11TPSrc, flow.TCPSrc, src, 0xffff)
			set(wild11TPDst, flow.TCPDst, dst, 0xffff)
		}
	}
	if typ == flow.EthTypeMPLS || typ == flow.EthTypeMPLSM {
		set(wild11MPLSLabel, flow.MPLSLabel, uint64(be.Uint32(b[64:])), 1<<32)
		set(wild11MPLSTC, flow.MPLSTC, uint64(b[68]), 1<<8)
	}
	masked(flow.Metadata, be.Uint64(b[72:]), be.Uint64(b[80:]))
	if bad {
		return m, ErrBadMatchBadField
	}
	return m, nil
}

func match11VLAN(m *flow.Match, vid uint16, pcp uint8, w uint32) error {
	tci, mask := uint16(flow.VLANPresent), uint16(flow.VLANPresent)
	switch {
	case vid == vlanNone11:
		m.Mask.VLANs[0].TCI = 0xffff
		return nil
	case vid == vlanAny11:
	case vid < 4096:
		tci |= vid
		mask |= 0xfff
	default:
		return ErrBadMatchBadValue
	}
	if w&wild11PCP == 0 {
		if pcp > 7 {
			return ErrBadMatchBadValue
		}
		tci |= uint16(pcp) << 13
		mask |= 0xe000
	}
	m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI = tci, mask
	return nil
}
