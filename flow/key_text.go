package flow

import (
	"fmt"

	"govs/packet"
)

// MaskForPacket returns the mask of all that exists in a packet with key k: the
// fields that a full description of it names.
func MaskForPacket(k *Key) *Mask {
	x := &Mask{}
	t := &x.Tunnel
	if k.Tunnel.IsSet() {
		if k.Tunnel.Flags&packet.TunKey != 0 {
			t.ID = ^uint64(0)
		}
		t.Src, t.Dst = ^uint32(0), ^uint32(0)
		fill(t.IPv6Src[:])
		fill(t.IPv6Dst[:])
		t.Flags, t.TOS, t.TTL, t.TPSrc, t.TPDst = 0xffff, 0xff, 0xff, 0xffff, 0xffff
		t.GBPID, t.GBPFlags = 0xffff, 0xff
		t.ErspanVer, t.ErspanIdx, t.ErspanDir, t.ErspanHwid = 0xff, ^uint32(0), 0xff, 0xff
		t.GTPUFlags, t.GTPUMsgtype = 0xff, 0xff
	} else if k.Tunnel.ID != 0 {
		t.ID = ^uint64(0)
	}
	if k.Tunnel.IsSet() {
		x.TunPresent = k.TunPresent
	}
	if x.TunPresent != 0 {
		x.TunLayout = k.TunLayout
		fill(x.TunData[:])
	}
	for i, r := range k.Regs {
		if r != 0 {
			x.Regs[i] = ^uint32(0)
		}
	}
	if k.Metadata != 0 {
		x.Metadata = ^uint64(0)
	}
	x.SkbPriority, x.PktMark, x.RecircID, x.DPHash = ^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)
	x.InPort, x.PacketType = ^uint32(0), ^uint32(0)
	x.CtState, x.CtZone, x.CtMark = 0xff, 0xffff, ^uint32(0)
	fill(x.CtLabel[:])
	if k.IsEthernet() {
		x.EthType = 0xffff
		fill(x.EthDst[:])
		fill(x.EthSrc[:])
		for i := range k.VLANs {
			x.VLANs[i] = VLAN{0xffff, 0xffff}
			if k.VLANs[i].TCI == 0 {
				break
			}
		}
	}
	switch k.DLType() {
	case EthTypeIP:
		x.NwSrc, x.NwDst = ^uint32(0), ^uint32(0)
		x.CtNwSrc, x.CtNwDst = ^uint32(0), ^uint32(0)
	case EthTypeIPv6:
		fill(x.IPv6Src[:])
		fill(x.IPv6Dst[:])
		x.IPv6Label = 0xfffff
		if k.IsND() {
			fill(x.ArpSHA[:])
			fill(x.ArpTHA[:])
			fill(x.NDTarget[:])
		} else {
			fill(x.CtIPv6Src[:])
			fill(x.CtIPv6Dst[:])
		}
	case EthTypeARP, EthTypeRARP:
		x.NwSrc, x.NwDst, x.NwProto = ^uint32(0), ^uint32(0), 0xff
		fill(x.ArpSHA[:])
		fill(x.ArpTHA[:])
		return x
	case EthTypeMPLS, EthTypeMPLSM:
		for i := range k.MPLS {
			x.MPLS[i] = ^uint32(0)
			if k.MPLS[i]&0x100 != 0 {
				break
			}
		}
		return x
	case EthTypeNSH:
		x.NSHFlags, x.NSHTTL, x.NSHMDType, x.NSHNP, x.NSHPath = 0xff, 0xff, 0xff, 0xff, ^uint32(0)
		for i := range x.NSHC {
			x.NSHC[i] = ^uint32(0)
		}
	default:
		return x
	}
	x.NwFrag, x.NwTOS, x.NwTTL, x.NwProto = 3, 0xff, 0xff, 0xff
	x.CtNwProto = 0xff
	if k.NwFrag&FragLater != 0 {
		return x
	}
	switch k.NwProto {
	case ProtoTCP, ProtoUDP, ProtoSCTP, ProtoICMP, ProtoICMPv6, ProtoIGMP:
		x.TPSrc, x.TPDst, x.CtTPSrc, x.CtTPDst = 0xffff, 0xffff, 0xffff, 0xffff
		if k.NwProto == ProtoTCP {
			x.TCPFlags = 0xffff
		}
		if k.NwProto == ProtoIGMP {
			x.IGMPGroup = ^uint32(0)
		}
	}
	return x
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

// AppendKey appends a key as the packets of traces and packet-ins are described:
// every field the packet has, metadata only if it is not zero.
func AppendKey(dst []byte, k *Key, names PortNames) []byte {
	m := Match{Key: *k, Mask: *MaskForPacket(k)}
	x := &m.Mask
	zero32 := func(v uint32, mask *uint32) {
		if v == 0 {
			*mask = 0
		}
	}
	zero32(k.SkbPriority, &x.SkbPriority)
	zero32(k.PktMark, &x.PktMark)
	zero32(k.RecircID, &x.RecircID)
	zero32(k.DPHash, &x.DPHash)
	zero32(k.InPort, &x.InPort)
	zero32(k.CtMark, &x.CtMark)
	if k.CtZone == 0 {
		x.CtZone = 0
	}
	if k.CtLabel == [16]byte{} {
		x.CtLabel = [16]byte{}
	}
	if k.CtState == 0 || k.CtNwProto == 0 {
		x.CtNwProto, x.CtTPSrc, x.CtTPDst = 0, 0, 0
		switch k.EthType {
		case EthTypeIP:
			x.CtNwSrc, x.CtNwDst = 0, 0
		case EthTypeIPv6:
			x.CtIPv6Src, x.CtIPv6Dst = [16]byte{}, [16]byte{}
		}
	}
	if k.CtState == 0 {
		x.CtState = 0
	}
	m.Canon()
	return AppendMatch(dst, &m, DefaultPriority, names)
}

// String returns the key as text.
func (k *Key) String() string { return string(AppendKey(nil, k, nil)) }

// AppendPacket appends the description of a packet as packet-ins and
// "ovs-ofctl parse-packet" have it: its key and the transport checksum as it
// stands in the packet. It extracts the key, and so sets p's offsets.
func AppendPacket(dst []byte, p *packet.Packet) []byte {
	var k Key
	Extract(p, &k)
	dst = AppendKey(dst, &k, nil)
	h := p.Transport()
	if !k.IsIP() {
		return dst
	}
	switch {
	case k.NwProto == ProtoTCP && len(h) >= packet.TCPLen:
		dst = fmt.Appendf(dst, " tcp_csum:%x", be.Uint16(h[16:]))
	case k.NwProto == ProtoUDP && len(h) >= packet.UDPLen:
		dst = fmt.Appendf(dst, " udp_csum:%x", be.Uint16(h[6:]))
	case k.NwProto == ProtoSCTP && len(h) >= packet.SCTPLen:
		dst = fmt.Appendf(dst, " sctp_csum:%x", be.Uint32(h[8:]))
	case k.NwProto == ProtoICMP && len(h) >= packet.ICMPLen:
		dst = fmt.Appendf(dst, " icmp_csum:%x", be.Uint16(h[2:]))
	case k.NwProto == ProtoICMPv6 && len(h) >= 4:
		dst = fmt.Appendf(dst, " icmp6_csum:%x", be.Uint16(h[2:]))
	}
	return dst
}
