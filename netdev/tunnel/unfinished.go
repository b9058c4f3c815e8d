package tunnel

import "govs/packet"

const (
	protoTCP = 6
	protoUDP = 17
	// usualMTU is the inner MTU that the segments of a super-frame of unknown
	// segment size are cut for.
	usualMTU = 1430
)

// unfinished restores the offload state of a decapsulated frame. When the far
// end is a tunnel device of a kernel that we reach over virtual links only, the
// frame inside still has its checksum open and may be a super-frame, and a UDP
// socket does not tell. But an open checksum field holds the sum of the
// pseudo-header, which is told apart for the price of that sum. One finished
// checksum in 65,536 looks the same; finishing it once more does no harm.
func unfinished(p *packet.Packet) {
	b := p.Bytes()
	typ, l3 := network(b, p.PacketType)
	if l3 < 0 {
		return
	}
	var proto uint8
	var l4 int
	var sum uint64
	gso := packet.GSONone
	switch {
	case typ == 0x0800 && packet.IPv4(b[l3:]).Valid():
		ip := packet.IPv4(b[l3:])
		if ip.Frag()&0x3fff != 0 || ip.TotalLen() > len(ip) || ip.TotalLen() < ip.HeaderLen() {
			return
		}
		proto, l4, gso = ip.Proto(), l3+ip.HeaderLen(), packet.GSOTCPv4
		sum = packet.PseudoV4(ip, proto, ip.TotalLen()-ip.HeaderLen())
	case typ == 0x86dd && packet.IPv6(b[l3:]).Valid():
		ip := packet.IPv6(b[l3:])
		if ip.PayloadLen() > len(ip)-packet.IPv6Len {
			return
		}
		proto, l4, gso = ip.NextHeader(), l3+packet.IPv6Len, packet.GSOTCPv6
		sum = packet.PseudoV6(ip, proto, ip.PayloadLen())
	default:
		return
	}
	off := 0
	switch {
	case proto == protoTCP && packet.TCP(b[l4:]).Valid():
		off = 16
	case proto == protoUDP && packet.UDP(b[l4:]).Valid():
		off, gso = 6, packet.GSONone
	default:
		return
	}
	if be.Uint16(b[l4+off:]) != packet.Fold(sum) {
		return
	}
	o := &p.Offload
	o.CsumPartial, o.CsumStart, o.CsumOffset = true, uint16(l4), uint16(off)
	if gso == packet.GSONone || len(b) <= packet.EthernetLen+packet.VLANLen+1500 {
		return
	}
	hdr := l4 + packet.TCP(b[l4:]).HeaderLen()
	o.GSOType, o.HdrLen, o.GSOSize = gso, uint16(hdr), uint16(usualMTU-(hdr-l3))
}
