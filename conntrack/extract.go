package conntrack

import (
	"hash/crc32"

	"govs/packet"
)

// ICMP types that the tracker knows. Queries come in pairs; errors carry the
// packet that caused them.
const (
	icmpEchoReply, icmpUnreachable, icmpQuench, icmpRedirect   = 0, 3, 4, 5
	icmpEcho, icmpTimeExceeded, icmpParameter                  = 8, 11, 12
	icmpTimestamp, icmpTimestampReply, icmpInfo, icmpInfoReply = 13, 14, 15, 16

	icmp6Unreachable, icmp6TooBig, icmp6TimeExceeded, icmp6Parameter = 1, 2, 3, 4
	icmp6Echo, icmp6EchoReply                                        = 128, 129
)

// innerL4 is how much of a transport header an ICMP error must carry.
const innerL4 = 8

// view is a packet as the tracker sees it.
type view struct {
	key     key
	hash    uint32
	l4      []byte // transport header to the end of the IP packet
	seq     uint32 // of a TCP segment for a helper, as its sender numbers
	related bool   // an ICMP error: key is that of a packet in its direction
	// Of an ICMP error: where the carried packet's headers are, from the
	// start of the frame.
	innerL3, innerL4 int
}

// read fills v from p, whose L3 and L4 must be set. It returns false for a packet
// that cannot be tracked.
func (t *Tracker) read(p *packet.Packet, zone uint16, v *view) bool {
	if p.L3 < 0 || p.L4 < 0 || p.L4 > p.Len() || p.L3 >= p.L4 {
		return false
	}
	b := p.Bytes()
	v.key = key{zone: zone}
	v.related = false
	trusted := p.Offload.CsumValid || p.Offload.CsumPartial
	switch b[p.L3] >> 4 {
	case 4:
		h := packet.IPv4(b[p.L3:])
		if !h.Valid() || h.Frag()&0x3fff != 0 {
			return false
		}
		if !trusted && packet.Checksum(h[:h.HeaderLen()]) != 0 {
			countL3Csum.Inc()
			return false
		}
		copy(v.key.src[:4], h[12:16])
		copy(v.key.dst[:4], h[16:20])
		v.key.proto = h.Proto()
	case 6:
		h := packet.IPv6(b[p.L3:])
		if !h.Valid() {
			return false
		}
		proto, _, ok := upper6(h)
		if !ok {
			return false
		}
		v.key.v6 = true
		v.key.src, v.key.dst = [16]byte(h[8:24]), [16]byte(h[24:40])
		v.key.proto = proto
	default:
		return false
	}
	v.l4 = p.Transport()
	if !checkL4(p, v, trusted) || !v.ports(p, v.l4, p.L4, false) {
		return false
	}
	v.hash = v.key.hash(t.seed)
	return true
}

// upper6 finds the upper-layer header of an IPv6 packet: its protocol and where
// it begins. ok is false for a fragment and for a header that is cut short.
func upper6(h packet.IPv6) (proto uint8, at int, ok bool) {
	next, at := h.NextHeader(), packet.IPv6Len
	for {
		var n int
		switch next {
		case 0, 43, 60, 44, 51:
			if len(h) < at+8 {
				return next, at, false
			}
		default:
			return next, at, true
		}
		switch next {
		case 44:
			if be.Uint16(h[at+2:])&0xfff9 != 0 {
				return next, at, false
			}
			n = 8
		case 51:
			n = (int(h[at+1]) + 2) * 4
		default:
			n = (int(h[at+1]) + 1) * 8
		}
		if len(h) < at+n {
			return next, at, false
		}
		next, at = h[at], at+n
	}
}

// checkL4 looks at the transport header's length and checksum.
func checkL4(p *packet.Packet, v *view, trusted bool) bool {
	h := v.l4
	pseudo := true
	switch {
	case v.key.proto == protoTCP:
		if !packet.TCP(h).Valid() {
			return false
		}
	case v.key.proto == protoUDP:
		if len(h) < packet.UDPLen {
			return false
		}
		n := packet.UDP(h).Len()
		if p.Offload.GSOType == packet.GSONone && (n < packet.UDPLen || n > len(h)) {
			return false
		}
		if !packet.UDP(h).HasChecksum() && !v.key.v6 {
			return true
		}
	case v.key.proto == protoSCTP:
		if len(h) < packet.SCTPLen {
			return false
		}
		if trusted {
			return true
		}
		if !sctpOK(h) {
			countL4Csum.Inc()
			return false
		}
		return true
	case v.key.isICMP():
		if len(h) < packet.ICMPLen {
			return false
		}
		pseudo = v.key.v6
	default:
		return true
	}
	if trusted {
		return true
	}
	var acc uint64
	if pseudo {
		if v.key.v6 {
			acc = packet.Sum(v.key.dst[:], packet.Sum(v.key.src[:], 0))
		} else {
			acc = packet.Sum(v.key.dst[:4], packet.Sum(v.key.src[:4], 0))
		}
		acc += uint64(v.key.proto) + uint64(len(h))
	}
	if packet.Fold(packet.Sum(h, acc)) != 0xffff {
		countL4Csum.Inc()
		return false
	}
	return true
}

// sctpOK checks the CRC32c of an SCTP packet (RFC 9260 appendix A).
func sctpOK(h []byte) bool {
	var zero [4]byte
	table := crc32.MakeTable(crc32.Castagnoli)
	c := crc32.Update(0, table, h[:8])
	c = crc32.Update(c, table, zero[:])
	c = crc32.Update(c, table, h[12:])
	return [4]byte(h[8:12]) == [4]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
}

// ports reads what of the transport header at h belongs to the key. inner says
// that h is the beginning of a packet carried by an ICMP error.
func (v *view) ports(p *packet.Packet, h []byte, at int, inner bool) bool {
	k := &v.key
	switch {
	case k.hasPorts():
		if len(h) < innerL4 {
			return false
		}
		k.srcPort, k.dstPort = be.Uint16(h), be.Uint16(h[2:])
		return k.srcPort != 0 && k.dstPort != 0 // nobody answers to port 0
	case k.isICMP():
		if len(h) < packet.ICMPLen {
			return false
		}
		if answer, ok := queryAnswer(h[0], k.v6); ok {
			if h[1] != 0 {
				return false
			}
			k.srcPort = be.Uint16(h[4:])
			k.dstPort = k.srcPort
			k.srcType, k.dstType = h[0], answer
			return true
		}
		if inner || !isError(h[0], k.v6) {
			return false
		}
		return v.carried(p, h, at)
	}
	return true
}

// queryAnswer returns the type that answers an ICMP query, or that it answers.
func queryAnswer(typ uint8, v6 bool) (uint8, bool) {
	if v6 {
		switch typ {
		case icmp6Echo:
			return icmp6EchoReply, true
		case icmp6EchoReply:
			return icmp6Echo, true
		}
		return 0, false
	}
	switch typ {
	case icmpEcho:
		return icmpEchoReply, true
	case icmpEchoReply:
		return icmpEcho, true
	case icmpTimestamp, icmpInfo:
		return typ + 1, true
	case icmpTimestampReply, icmpInfoReply:
		return typ - 1, true
	}
	return 0, false
}

func isError(typ uint8, v6 bool) bool {
	if v6 {
		return typ >= icmp6Unreachable && typ <= icmp6Parameter
	}
	switch typ {
	case icmpUnreachable, icmpQuench, icmpRedirect, icmpTimeExceeded, icmpParameter:
		return true
	}
	return false
}

// carried makes the key that of an answer to the packet which an ICMP error at h
// carries: the error goes the same way. The packet must have come from where the
// error goes to.
func (v *view) carried(p *packet.Packet, h []byte, at int) bool {
	b := h[packet.ICMPLen:]
	outer := v.key
	k := key{zone: outer.zone, v6: outer.v6}
	var l4 int
	if outer.v6 {
		ip := packet.IPv6(b)
		if len(b) < packet.IPv6Len {
			return false
		}
		proto, n, ok := upper6(ip)
		if !ok {
			return false
		}
		k.src, k.dst, k.proto, l4 = [16]byte(ip[8:24]), [16]byte(ip[24:40]), proto, n
	} else {
		ip := packet.IPv4(b)
		if len(b) < packet.IPv4Len || ip.HeaderLen() < packet.IPv4Len || ip.HeaderLen() > len(b) || ip.Frag()&0x3fff != 0 {
			return false
		}
		copy(k.src[:4], ip[12:16])
		copy(k.dst[:4], ip[16:20])
		k.proto, l4 = ip.Proto(), ip.HeaderLen()
	}
	if k.src != outer.dst {
		return false
	}
	v.key = k
	v.innerL3 = at + packet.ICMPLen
	v.innerL4 = v.innerL3 + l4
	if !v.ports(p, b[l4:], v.innerL4, true) {
		return false
	}
	v.key = v.key.reversed()
	v.related = true
	return true
}
