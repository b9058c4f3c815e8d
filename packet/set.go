package packet

import "hash/crc32"

// The setters below change a header of the packet and keep its checksums right:
// incrementally (RFC 1624) when they are filled in, and by way of the
// pseudo-header sum when Offload.CsumPartial leaves the rest to the way out.
// L3 and L4 must be set (flow.Extract does); a packet without the header is left
// alone.

// IPv4 returns the IPv4 header at L3 and what follows it, or nil.
func (p *Packet) IPv4() IPv4 {
	if p.L3 < 0 || p.L3 > p.Len() {
		return nil
	}
	if h := IPv4(p.Bytes()[p.L3:]); h.Valid() {
		return h
	}
	return nil
}

// IPv6 returns the IPv6 header at L3 and what follows it, or nil.
func (p *Packet) IPv6() IPv6 {
	if p.L3 < 0 || p.L3 > p.Len() {
		return nil
	}
	if h := IPv6(p.Bytes()[p.L3:]); h.Valid() {
		return h
	}
	return nil
}

// AsIPv4 returns what is at L3 as an IPv4 header with what follows it, whatever
// version it says, as flow.Extract takes it; or nil.
func (p *Packet) AsIPv4() IPv4 {
	if p.L3 < 0 || p.L3+IPv4Len > p.Len() {
		return nil
	}
	h := IPv4(p.Bytes()[p.L3:])
	if n := h.HeaderLen(); n < IPv4Len || n > len(h) {
		return nil
	}
	return h
}

// AsIPv6 is to IPv6 what AsIPv4 is to IPv4.
func (p *Packet) AsIPv6() IPv6 {
	if p.L3 < 0 || p.L3+IPv6Len > p.Len() {
		return nil
	}
	return IPv6(p.Bytes()[p.L3:])
}

// Transport returns the bytes from L4 to the end of the IP packet, or nil.
func (p *Packet) Transport() []byte {
	if p.L4 < 0 || p.L4 > p.Len() {
		return nil
	}
	return p.Bytes()[p.L4:p.ipEnd(p.L4)]
}

// csumPlace returns the offset of the transport checksum that covers a
// pseudo-header, or -1 when the protocol has none or n bytes do not reach it.
func csumPlace(proto uint8, n int) int {
	switch {
	case proto == protoTCP && n >= TCPLen:
		return 16
	case proto == protoUDP && n >= UDPLen:
		return 6
	case proto == protoICMPv6 && n >= 4:
		return 2
	}
	return -1
}

// fixL4 accounts for bytes that the transport checksum covers and that change
// from old to new. inPseudo says that they belong to the pseudo-header: only
// these matter to a checksum that is still to be filled in.
func (p *Packet) fixL4(proto uint8, old, new []byte, inPseudo bool) {
	h := p.Transport()
	at := csumPlace(proto, len(h))
	if at < 0 {
		return
	}
	f := h[at : at+2]
	o := &p.Offload
	if o.CsumPartial && int(o.CsumStart)+int(o.CsumOffset) == p.L4+at {
		if inPseudo { // the field holds the sum, not its complement
			be.PutUint16(f, ^be.Uint16(f))
			updateBytes(f, old, new)
			be.PutUint16(f, ^be.Uint16(f))
		}
		return
	}
	if proto == protoUDP && f[0]|f[1] == 0 {
		return
	}
	updateBytes(f, old, new)
	if proto == protoUDP && f[0]|f[1] == 0 {
		f[0], f[1] = 0xff, 0xff
	}
}

// SetIPv4 changes the addresses (host order), type of service and time to live
// of an IPv4 packet.
func (p *Packet) SetIPv4(src, dst uint32, tos, ttl uint8) {
	h := p.AsIPv4()
	if h == nil {
		return
	}
	setAddr := func(ofs int, v uint32) {
		if be.Uint32(h[ofs:]) == v {
			return
		}
		var b [4]byte
		be.PutUint32(b[:], v)
		if h.Frag()&0x1fff == 0 {
			p.fixL4(h.Proto(), h[ofs:ofs+4], b[:], true)
		}
		updateBytes(h[10:12], h[ofs:ofs+4], b[:])
		copy(h[ofs:], b[:])
	}
	setAddr(12, src)
	setAddr(16, dst)
	if h.TOS() != tos {
		h.SetTOS(tos)
	}
	if h.TTL() != ttl {
		h.SetTTL(ttl)
	}
}

// ipv6Upper walks the extension headers of h. It returns the upper-layer
// protocol (0xff for a later fragment, which has no transport header) and
// whether a routing header stands before it, in which case the destination in
// the header is not the one in the pseudo-header.
func ipv6Upper(h IPv6) (proto uint8, routed bool) {
	b, next := []byte(h[IPv6Len:]), h.NextHeader()
	for len(b) >= 8 {
		n := 8
		switch next {
		case 43:
			routed = routed || b[3] > 0
			n = (int(b[1]) + 1) * 8
		case 0, 60:
			n = (int(b[1]) + 1) * 8
		case 51:
			n = (int(b[1]) + 2) * 4
		case 44:
			if be.Uint16(b[2:])&0xfff8 != 0 {
				return 0xff, routed
			}
		default:
			return next, routed
		}
		if n > len(b) {
			return 0xff, routed
		}
		next, b = b[0], b[n:]
	}
	return next, routed
}

// SetIPv6 changes the addresses, traffic class, flow label and hop limit of an
// IPv6 packet.
func (p *Packet) SetIPv6(src, dst [16]byte, tc uint8, label uint32, hlim uint8) {
	h := p.AsIPv6()
	if h == nil {
		return
	}
	proto, routed := ipv6Upper(h)
	if [16]byte(h[8:24]) != src {
		p.fixL4(proto, h[8:24], src[:], true)
		copy(h[8:24], src[:])
	}
	if [16]byte(h[24:40]) != dst {
		if !routed {
			p.fixL4(proto, h[24:40], dst[:], true)
		}
		copy(h[24:40], dst[:])
	}
	h.SetTC(tc)
	h.SetLabel(label)
	h.SetHopLimit(hlim)
}

// setPorts changes the first two words of the transport header.
func (p *Packet) setPorts(proto uint8, src, dst uint16) {
	h := p.Transport()
	if csumPlace(proto, len(h)) < 0 {
		return
	}
	var b [4]byte
	be.PutUint16(b[:], src)
	be.PutUint16(b[2:], dst)
	if [4]byte(h[:4]) == b {
		return
	}
	p.fixL4(proto, h[:4], b[:], false)
	copy(h, b[:])
}

// SetTCPPorts changes the ports of a TCP segment.
func (p *Packet) SetTCPPorts(src, dst uint16) { p.setPorts(protoTCP, src, dst) }

// SetUDPPorts changes the ports of a UDP datagram.
func (p *Packet) SetUDPPorts(src, dst uint16) { p.setPorts(protoUDP, src, dst) }

// SetSCTPPorts changes the ports of an SCTP packet. A wrong CRC32c stays as
// wrong as it was.
func (p *Packet) SetSCTPPorts(src, dst uint16) {
	h := p.Transport()
	if len(h) < SCTPLen {
		return
	}
	stored := [4]byte(h[8:12])
	before := sctpCRC(h)
	be.PutUint16(h, src)
	be.PutUint16(h[2:], dst)
	after := sctpCRC(h)
	for i := range stored {
		h[8+i] = stored[i] ^ before[i] ^ after[i]
	}
}

// sctpCRC returns the CRC32c of an SCTP packet as it stands on the wire (RFC
// 9260 appendix A: least significant byte first), leaving zero in its place.
func sctpCRC(h []byte) [4]byte {
	clear(h[8:12])
	c := crc32.Checksum(h, crc32.MakeTable(crc32.Castagnoli))
	return [4]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
}

// SetICMP changes type and code of an ICMP message.
func (p *Packet) SetICMP(typ, code uint8) {
	h := p.Transport()
	if len(h) < 4 {
		return
	}
	be.PutUint16(h[2:], UpdateChecksum(be.Uint16(h[2:]), be.Uint16(h), uint16(typ)<<8|uint16(code)))
	h[0], h[1] = typ, code
}

// SetICMPv6 changes type and code of an ICMPv6 message.
func (p *Packet) SetICMPv6(typ, code uint8) {
	h := p.Transport()
	if len(h) < 4 {
		return
	}
	p.fixL4(protoICMPv6, h[:2], []byte{typ, code}, false)
	h[0], h[1] = typ, code
}

// SetND changes target and link-layer options of a neighbour solicitation or
// advertisement; a zero address leaves the option alone.
func (p *Packet) SetND(target [16]byte, sll, tll [6]byte) {
	h := p.Transport()
	if len(h) < 24 {
		return
	}
	p.fixL4(protoICMPv6, h[8:24], target[:], false)
	copy(h[8:24], target[:])
	for b := h[24:]; len(b) >= 8; {
		n := int(b[1]) * 8
		if n == 0 || n > len(b) {
			return
		}
		if a := &sll; n == 8 && (b[0] == 1 || b[0] == 2) {
			if b[0] == 2 {
				a = &tll
			}
			if *a != ([6]byte{}) {
				p.fixL4(protoICMPv6, b[2:8], a[:], false)
				copy(b[2:8], a[:])
			}
		}
		b = b[n:]
	}
}

// SetNDExt changes the reserved word of a neighbour message and the type of its
// first link-layer option.
func (p *Packet) SetNDExt(reserved uint32, optType uint8) {
	h := p.Transport()
	if len(h) < 8 {
		return
	}
	var b [4]byte
	be.PutUint32(b[:], reserved)
	p.fixL4(protoICMPv6, h[4:8], b[:], false)
	copy(h[4:8], b[:])
	if len(h) < 32 || optType == 0 {
		return
	}
	p.fixL4(protoICMPv6, h[24:26], []byte{optType, h[25]}, false)
	h[24] = optType
}

// SetARP changes operation and addresses of an ARP packet.
func (p *Packet) SetARP(op uint16, sha [6]byte, spa uint32, tha [6]byte, tpa uint32) {
	if p.L3 < 0 || p.L3 > p.Len() {
		return
	}
	h := ARP(p.Bytes()[p.L3:])
	if !h.Valid() {
		return
	}
	h.SetOp(op)
	copy(h.SHA(), sha[:])
	be.PutUint32(h.SPA(), spa)
	copy(h.THA(), tha[:])
	be.PutUint32(h.TPA(), tpa)
}
