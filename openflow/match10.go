package openflow

import "govs/flow"

// Bits of the wildcards of OpenFlow 1.0's match (ofp_match), section 5.2.3.
const (
	wildInPort  = 1 << 0
	wildVLAN    = 1 << 1
	wildDLSrc   = 1 << 2
	wildDLDst   = 1 << 3
	wildDLType  = 1 << 4
	wildNWProto = 1 << 5
	wildTPSrc   = 1 << 6
	wildTPDst   = 1 << 7
	wildNWSrc   = 8  // shift of 6 bits: how many low bits do not matter
	wildNWDst   = 14 // the same
	wildPCP     = 1 << 20
	wildTOS     = 1 << 21
	wildAll     = 1<<22 - 1

	vlanNone10 = 0xffff
)

// Match10Len is the length of OpenFlow 1.0's ofp_match in bytes.
const Match10Len = 40

// AppendMatch10 appends what OpenFlow 1.0 can say of the match.
func AppendMatch10(b []byte, m *flow.Match) []byte {
	k, x := &m.Key, &m.Mask
	var w uint32
	if x.InPort == 0 {
		w |= wildInPort
	}
	zero := flow.MAC{}
	if flow.MAC(x.EthSrc) == zero {
		w |= wildDLSrc
	}
	if flow.MAC(x.EthDst) == zero {
		w |= wildDLDst
	}
	if x.EthType == 0 {
		w |= wildDLType
	}
	if x.NwProto == 0 {
		w |= wildNWProto
	}
	if x.TPSrc == 0 {
		w |= wildTPSrc
	}
	if x.TPDst == 0 {
		w |= wildTPDst
	}
	if x.NwTOS&0xfc == 0 {
		w |= wildTOS
	}
	w |= wildBits(x.NwSrc)<<wildNWSrc | wildBits(x.NwDst)<<wildNWDst
	tci, mask := k.VLANs[0].TCI, x.VLANs[0].TCI
	var vid uint16
	var pcp uint8
	switch {
	case mask == 0:
		w |= wildVLAN | wildPCP
	case mask&flow.VLANPresent != 0 && tci&flow.VLANPresent == 0:
		vid = vlanNone10
	default:
		if mask&0xfff == 0 {
			w |= wildVLAN
		} else {
			vid = tci & 0xfff
		}
		if mask&0xe000 == 0 {
			w |= wildPCP
		} else {
			pcp = uint8(tci >> 13)
		}
	}
	b = be.AppendUint32(b, w)
	b = be.AppendUint16(b, uint16(k.InPort))
	b = append(b, k.EthSrc[:]...)
	b = append(b, k.EthDst[:]...)
	b = be.AppendUint16(b, vid)
	b = append(b, pcp, 0)
	b = be.AppendUint16(b, k.EthType)
	b = append(b, k.NwTOS&0xfc, k.NwProto, 0, 0)
	b = be.AppendUint32(b, k.NwSrc)
	b = be.AppendUint32(b, k.NwDst)
	b = be.AppendUint16(b, k.TPSrc)
	return be.AppendUint16(b, k.TPDst)
}

// wildBits is how many low bits a prefix mask leaves open.
func wildBits(mask uint32) uint32 {
	n := uint32(0)
	for n < 32 && mask>>n&1 == 0 {
		n++
	}
	return n
}

// ParseMatch10 reads a match of OpenFlow 1.0, 40 bytes, as it stands: what does
// not count without something else is still in it.
func ParseMatch10(b []byte) (m flow.Match) {
	w := be.Uint32(b) & wildAll
	set := func(bit uint32, id flow.FieldID, v uint64) {
		if w&bit == 0 {
			m.Set(id, flow.U(v))
		}
	}
	if w&wildInPort == 0 {
		m.Key.InPort, m.Mask.InPort = uint32(be.Uint16(b[4:])), 0xffffffff
	}
	set(wildDLSrc, flow.EthSrc, flow.MAC(b[6:12]).Uint64())
	set(wildDLDst, flow.EthDst, flow.MAC(b[12:18]).Uint64())
	set(wildDLType, flow.EthType, uint64(be.Uint16(b[22:])))
	vid, pcp := be.Uint16(b[18:]), b[20]
	switch {
	case w&wildVLAN == 0 && vid == vlanNone10:
		m.Mask.VLANs[0].TCI = 0xffff
	case w&(wildVLAN|wildPCP) != wildVLAN|wildPCP:
		t, x := uint16(flow.VLANPresent), uint16(flow.VLANPresent)
		if w&wildVLAN == 0 {
			t |= vid & 0xfff
			x |= 0xfff
		}
		if w&wildPCP == 0 {
			t |= uint16(pcp&7) << 13
			x |= 0xe000
		}
		m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI = t, x
	}
	if w&wildTOS == 0 {
		m.Key.NwTOS, m.Mask.NwTOS = b[24]&0xfc, 0xfc
	}
	if w&wildNWProto == 0 {
		m.Key.NwProto, m.Mask.NwProto = b[25], 0xff
	}
	prefix := func(shift uint32) uint32 {
		n := w >> shift & 63
		if n >= 32 {
			return 0
		}
		return ^uint32(0) << n
	}
	m.Mask.NwSrc, m.Mask.NwDst = prefix(wildNWSrc), prefix(wildNWDst)
	m.Key.NwSrc, m.Key.NwDst = be.Uint32(b[28:])&m.Mask.NwSrc, be.Uint32(b[32:])&m.Mask.NwDst
	if w&wildTPSrc == 0 {
		m.Key.TPSrc, m.Mask.TPSrc = be.Uint16(b[36:]), 0xffff
	}
	if w&wildTPDst == 0 {
		m.Key.TPDst, m.Mask.TPDst = be.Uint16(b[38:]), 0xffff
	}
	return m
}

// match10 prints every field of OpenFlow 1.0's match, wildcards too.
func (p *printer) match10(b []byte) {
	w := be.Uint32(b) & wildAll
	typ, proto := be.Uint16(b[22:]), b[25]
	word := ""
	hasType, hasProto := w&wildDLType != 0, w&(wildDLType|wildNWProto) != 0
	if w&wildDLType == 0 {
		switch typ {
		case flow.EthTypeIP:
			word = "ip"
			if w&wildNWProto == 0 {
				switch proto {
				case flow.ProtoICMP:
					word = "icmp"
				case flow.ProtoTCP:
					word = "tcp"
				case flow.ProtoUDP:
					word = "udp"
				case flow.ProtoSCTP:
					word = "sctp"
				default:
					hasProto = true
				}
			}
		case flow.EthTypeARP:
			word, hasProto = "arp", true
		case flow.EthTypeRARP:
			word, hasProto = "rarp", true
		case flow.EthTypeMPLS:
			word, hasProto = "mpls", true
		case flow.EthTypeMPLSM:
			word, hasProto = "mplsm", true
		default:
			hasType, hasProto = true, true
		}
	}
	start := len(p.b)
	if word != "" {
		p.str(word)
		p.str(",")
	}
	item := func(name string, wild uint32, value func()) {
		p.str(name)
		if w&wild != 0 {
			p.str("*")
		} else {
			value()
		}
		p.str(",")
	}
	num := func(n uint64) func() { return func() { p.dec(n) } }
	mac := func(b []byte) func() { return func() { p.b = flow.AppendMAC(p.b, flow.MAC(b)) } }
	ip := func(name string, shift uint32, addr uint32) {
		p.str(name)
		if n := w >> shift & 63; n >= 32 {
			p.str("*")
		} else {
			p.b = flow.AppendIPv4(p.b, addr)
			if n != 0 {
				p.f("/%d", 32-n)
			}
		}
		p.str(",")
	}
	item("in_port=", wildInPort, func() { p.port(Port(be.Uint16(b[4:]))) })
	item("dl_vlan=", wildVLAN, num(uint64(be.Uint16(b[18:]))))
	item("dl_vlan_pcp=", wildPCP, num(uint64(b[20])))
	item("dl_src=", wildDLSrc, mac(b[6:12]))
	item("dl_dst=", wildDLDst, mac(b[12:18]))
	if hasType {
		item("dl_type=", wildDLType, func() { p.f("0x%04x", typ) })
	}
	ip("nw_src=", wildNWSrc, be.Uint32(b[28:]))
	ip("nw_dst=", wildNWDst, be.Uint32(b[32:]))
	if hasProto {
		if typ == flow.EthTypeARP || typ == flow.EthTypeRARP {
			item("arp_op=", wildNWProto, num(uint64(proto)))
		} else {
			item("nw_proto=", wildNWProto, num(uint64(proto)))
		}
	}
	item("nw_tos=", wildTOS, num(uint64(b[24])))
	if b[25] == flow.ProtoICMP { // also for ARP and where it does not count, as OVS has it
		item("icmp_type=", wildTPSrc, num(uint64(be.Uint16(b[36:]))))
		item("icmp_code=", wildTPDst, num(uint64(be.Uint16(b[38:]))))
	} else {
		item("tp_src=", wildTPSrc, num(uint64(be.Uint16(b[36:]))))
		item("tp_dst=", wildTPDst, num(uint64(be.Uint16(b[38:]))))
	}
	if len(p.b) > start {
		p.trimComma()
	}
}

// fieldProtocols returns the protocols that can carry a match on a field with
// such a mask. As in OVS it depends on the field that was named, not on what
// comes out together.
func fieldProtocols(id flow.FieldID, mask flow.Value) Protocols {
	if mask.IsZero() {
		return ProtoAny
	}
	exact := mask == id.Ones()
	if !exact && !id.Info().Maskable {
		return 0
	}
	switch id {
	case flow.TunTTL, flow.TunTOS, flow.SkbPriority:
		return 0 // they are in no message
	case flow.InPort, flow.EthType, flow.VlanTCI, flow.DlVlan, flow.VlanVID, flow.DlVlanPCP, flow.VlanPCP, flow.IPProto,
		flow.IPTOS, flow.IPDSCP, flow.ArpOp, flow.TCPSrc, flow.TCPDst, flow.UDPSrc, flow.UDPDst, flow.ICMPType, flow.ICMPCode:
		if exact {
			return ProtoAny
		}
	case flow.EthSrc, flow.EthDst:
		if exact {
			return ProtoAny
		}
		return protoNXMOF11Up
	case flow.IPSrc, flow.IPDst, flow.ArpSPA, flow.ArpTPA:
		if isPrefix(uint32(mask.Lo)) {
			return ProtoAny
		}
		return protoNXMOF11Up
	case flow.InPortOXM, flow.MPLSLabel, flow.MPLSTC, flow.SCTPSrc, flow.SCTPDst, flow.IPECN:
		if exact {
			return protoNXMOF11Up
		}
	case flow.Metadata:
		return protoNXMOF11Up
	}
	return protoNXMOXM
}

func isPrefix(mask uint32) bool { return ^mask&(^mask+1) == 0 }

// WildcardsL2 are OpenFlow 1.0's wildcards of a match on layer 2 only.
const WildcardsL2 = wildDLType | wildNWProto | wildTPSrc | wildTPDst | 32<<wildNWSrc | 32<<wildNWDst | wildTOS

// ExactMatch10 returns the match on all of a packet that OpenFlow 1.0 can see,
// save for what wildcards has (OFPFW_*, OpenFlow 1.0 section 5.2.3).
func ExactMatch10(k *flow.Key, wildcards uint32) flow.Match {
	m := flow.ExactMatch(k)
	b := AppendMatch10(nil, &m)
	be.PutUint32(b, wildcards)
	m = ParseMatch10(b)
	m.Normalize()
	return m
}
