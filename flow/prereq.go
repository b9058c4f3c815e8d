package flow

// Ethernet types and protocol numbers that fields depend on.
const (
	EthTypeIP    = 0x0800
	EthTypeARP   = 0x0806
	EthTypeRARP  = 0x8035
	EthTypeIPv6  = 0x86dd
	EthTypeMPLS  = 0x8847
	EthTypeMPLSM = 0x8848
	EthTypeVLAN  = 0x8100
	EthTypeQinQ  = 0x88a8
	EthTypeNSH   = 0x894f
	EthTypeNone  = 0x05ff // an 802.2 frame without SNAP; OpenFlow 1.0 section 3.4

	ProtoICMP   = 1
	ProtoIGMP   = 2
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoGRE    = 47
	ProtoICMPv6 = 58
	ProtoSCTP   = 132

	ICMPv6NS = 135 // neighbour solicitation
	ICMPv6NA = 136 // neighbour advertisement
)

// Bits of Key.CtState.
const (
	CtNew  = 1 << iota
	CtEst  // established
	CtRel  // related to an existing connection
	CtRpl  // reply direction
	CtInv  // invalid
	CtTrk  // tracked: the packet went through ct()
	CtSNAT // source address was translated
	CtDNAT // destination address was translated
)

// PacketTypeEthernet is Key.PacketType of an ordinary frame; other packets carry
// (namespace << 16 | type), namespace 1 being Ethertypes.
const PacketTypeEthernet = 0

// IsEthernet reports whether the packet begins with an Ethernet header.
func (k *Key) IsEthernet() bool { return k.PacketType == PacketTypeEthernet }

// DLType returns the Ethertype of the payload, also for packets without an
// Ethernet header.
func (k *Key) DLType() uint16 {
	switch {
	case k.PacketType == PacketTypeEthernet:
		return k.EthType
	case k.PacketType>>16 == 1:
		return uint16(k.PacketType)
	}
	return EthTypeNone
}

// IsIP reports whether the packet is IPv4 or IPv6.
func (k *Key) IsIP() bool { t := k.DLType(); return t == EthTypeIP || t == EthTypeIPv6 }

// IsND reports whether the packet is a neighbour solicitation or advertisement.
func (k *Key) IsND() bool {
	return k.DLType() == EthTypeIPv6 && k.NwProto == ProtoICMPv6 &&
		k.TPDst == 0 && (k.TPSrc == ICMPv6NS || k.TPSrc == ICMPv6NA)
}

// PrereqsOK reports whether a packet with key k has the field. If wc is not nil,
// the bits of k this depends on are added to it.
func (id FieldID) PrereqsOK(k *Key, wc *Mask) bool {
	return fields[id].Prereq.ok(k, nil, wc)
}

// PrereqsOKMatch reports whether all packets that m matches have the field.
func (id FieldID) PrereqsOKMatch(m *Match) bool {
	return fields[id].Prereq.ok(&m.Key, &m.Mask, nil)
}

func (p Prereq) ok(k *Key, mask, wc *Mask) bool {
	proto := func(n uint8) bool {
		if wc != nil {
			wc.NwProto = 0xff
		}
		return k.NwProto == n
	}
	// The ports of later fragments do not exist; Open vSwitch does not mind for
	// ICMP.
	l4 := func(n uint8) bool { return proto(n) && k.NwFrag&FragLater == 0 }
	needType := func() {
		if wc == nil {
			return
		}
		if k.IsEthernet() {
			wc.EthType = 0xffff
		} else {
			wc.PacketType = 0xffffffff
		}
	}
	nd := func() bool {
		needType()
		if k.DLType() != EthTypeIPv6 || !proto(ProtoICMPv6) {
			return false
		}
		if wc != nil {
			wc.TPSrc, wc.TPDst = 0xffff, 0xffff
		}
		return k.TPDst == 0 && (k.TPSrc == ICMPv6NS || k.TPSrc == ICMPv6NA)
	}
	switch p {
	case PrereqNone:
		return true
	case PrereqEthernet:
		return k.IsEthernet()
	case PrereqVlanVID:
		if wc != nil {
			wc.VLANs[0].TCI |= VLANPresent
		}
		return k.IsEthernet() && k.VLANs[0].TCI&VLANPresent != 0
	case PrereqND:
		return nd()
	case PrereqNDSolicit:
		return nd() && k.TPSrc == ICMPv6NS
	case PrereqNDAdvert:
		return nd() && k.TPSrc == ICMPv6NA
	case PrereqCT:
		if mask != nil {
			// A match must name a bit that only a valid connection has, or
			// say "tracked and not invalid".
			return k.CtState&(CtNew|CtEst|CtRel|CtRpl|CtSNAT|CtDNAT) != 0 ||
				k.CtState&CtTrk != 0 && mask.CtState&CtInv != 0 && k.CtState&CtInv == 0
		}
		const valid = CtNew | CtEst | CtRpl
		if wc != nil {
			wc.CtState |= valid
		}
		return k.CtState&valid != 0
	}
	needType()
	t := k.DLType()
	switch p {
	case PrereqARP:
		return t == EthTypeARP || t == EthTypeRARP
	case PrereqIPv4:
		return t == EthTypeIP
	case PrereqIPv6:
		return t == EthTypeIPv6
	case PrereqIP:
		return t == EthTypeIP || t == EthTypeIPv6
	case PrereqMPLS:
		return t == EthTypeMPLS || t == EthTypeMPLSM
	case PrereqNSH:
		return t == EthTypeNSH
	case PrereqTCP:
		return k.IsIP() && l4(ProtoTCP)
	case PrereqUDP:
		return k.IsIP() && l4(ProtoUDP)
	case PrereqSCTP:
		return k.IsIP() && l4(ProtoSCTP)
	case PrereqICMPv4:
		return t == EthTypeIP && proto(ProtoICMP)
	case PrereqICMPv6:
		return t == EthTypeIPv6 && proto(ProtoICMPv6)
	}
	return false
}
