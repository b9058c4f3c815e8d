package packet

// Lengths of headers in bytes, without options.
const (
	EthernetLen = 14
	VLANLen     = 4
	ARPLen      = 28
	IPv4Len     = 20
	IPv6Len     = 40
	TCPLen      = 20
	UDPLen      = 8
	ICMPLen     = 8
	SCTPLen     = 12
)

// IPv4 is an IPv4 header and what follows it (RFC 791 section 3.1):
//
//	 0                   1                   2                   3
//	|Version|  IHL  |      TOS      |          Total Length         |
//	|        Identification         |Flags|     Fragment Offset     |
//	|      TTL      |   Protocol    |         Header Checksum       |
//	|                         Source Address                        |
//	|                      Destination Address                      |
//
// Check Valid first; the other methods trust it.
type IPv4 []byte

// Valid reports whether the header is whole and its lengths fit the bytes.
func (h IPv4) Valid() bool {
	return len(h) >= IPv4Len && h[0]>>4 == 4 && h.HeaderLen() >= IPv4Len && h.HeaderLen() <= len(h)
}

// HeaderLen returns the header's length in bytes, options included.
func (h IPv4) HeaderLen() int { return int(h[0]&15) * 4 }

// TotalLen returns the datagram's length in bytes.
func (h IPv4) TotalLen() int { return int(be.Uint16(h[2:])) }

// ID returns the identification.
func (h IPv4) ID() uint16 { return be.Uint16(h[4:]) }

// Frag returns flags and fragment offset.
func (h IPv4) Frag() uint16 { return be.Uint16(h[6:]) }

// TOS returns the type of service byte.
func (h IPv4) TOS() uint8 { return h[1] }

// TTL returns the time to live.
func (h IPv4) TTL() uint8 { return h[8] }

// Proto returns the protocol of the payload.
func (h IPv4) Proto() uint8 { return h[9] }

// Src returns the source address.
func (h IPv4) Src() uint32 { return be.Uint32(h[12:]) }

// Dst returns the destination address.
func (h IPv4) Dst() uint32 { return be.Uint32(h[16:]) }

// Checksum computes and stores the header checksum.
func (h IPv4) Checksum() {
	h[10], h[11] = 0, 0
	be.PutUint16(h[10:], Checksum(h[:h.HeaderLen()]))
}

// setWord stores a 16-bit word of the header and fixes the header checksum.
func (h IPv4) setWord(ofs int, v uint16) {
	be.PutUint16(h[10:], UpdateChecksum(be.Uint16(h[10:]), be.Uint16(h[ofs:]), v))
	be.PutUint16(h[ofs:], v)
}

// SetTOS changes the type of service byte and fixes the header checksum.
func (h IPv4) SetTOS(v uint8) { h.setWord(0, uint16(h[0])<<8|uint16(v)) }

// SetTTL changes the time to live and fixes the header checksum.
func (h IPv4) SetTTL(v uint8) { h.setWord(8, uint16(v)<<8|uint16(h[9])) }

// SetTotalLen changes the length and fixes the header checksum.
func (h IPv4) SetTotalLen(n int) { h.setWord(2, uint16(n)) }

// SetID changes the identification and fixes the header checksum.
func (h IPv4) SetID(id uint16) { h.setWord(4, id) }

// IPv6 is an IPv6 header and what follows it (RFC 8200 section 3):
//
//	 0                   1                   2                   3
//	|Version| Traffic Class |           Flow Label                  |
//	|         Payload Length        |  Next Header  |   Hop Limit   |
//	|                         Source Address (16 bytes)             |
//	|                      Destination Address (16 bytes)           |
type IPv6 []byte

// Valid reports whether the fixed header is whole.
func (h IPv6) Valid() bool { return len(h) >= IPv6Len && h[0]>>4 == 6 }

// PayloadLen returns the length after the fixed header in bytes.
func (h IPv6) PayloadLen() int { return int(be.Uint16(h[4:])) }

// SetPayloadLen changes the payload length.
func (h IPv6) SetPayloadLen(n int) { be.PutUint16(h[4:], uint16(n)) }

// NextHeader returns the type of the header that follows.
func (h IPv6) NextHeader() uint8 { return h[6] }

// HopLimit returns the hop limit.
func (h IPv6) HopLimit() uint8 { return h[7] }

// SetHopLimit changes the hop limit.
func (h IPv6) SetHopLimit(v uint8) { h[7] = v }

// TC returns the traffic class.
func (h IPv6) TC() uint8 { return h[0]<<4 | h[1]>>4 }

// SetTC changes the traffic class.
func (h IPv6) SetTC(v uint8) {
	h[0] = h[0]&0xf0 | v>>4
	h[1] = h[1]&0x0f | v<<4
}

// Label returns the flow label.
func (h IPv6) Label() uint32 { return be.Uint32(h) & 0xfffff }

// SetLabel changes the flow label.
func (h IPv6) SetLabel(v uint32) { be.PutUint32(h, be.Uint32(h)&^0xfffff|v&0xfffff) }

// TCP is a TCP header and what follows it (RFC 9293 section 3.1).
type TCP []byte

// Valid reports whether the header is whole.
func (h TCP) Valid() bool {
	return len(h) >= TCPLen && h.HeaderLen() >= TCPLen && h.HeaderLen() <= len(h)
}

// HeaderLen returns the header's length in bytes, options included.
func (h TCP) HeaderLen() int { return int(h[12]>>4) * 4 }

// Seq returns the sequence number.
func (h TCP) Seq() uint32 { return be.Uint32(h[4:]) }

// Flags returns the twelve flag bits.
func (h TCP) Flags() uint16 { return be.Uint16(h[12:]) & 0xfff }

// TCP flags that segmentation handles.
const (
	TCPFin = 0x01
	TCPPsh = 0x08
	TCPCwr = 0x80
)

// UDP is a UDP header and what follows it (RFC 768).
type UDP []byte

// Valid reports whether the header is whole.
func (h UDP) Valid() bool { return len(h) >= UDPLen }

// Len returns the datagram's length in bytes, header included.
func (h UDP) Len() int { return int(be.Uint16(h[4:])) }

// HasChecksum reports whether the datagram carries a checksum.
func (h UDP) HasChecksum() bool { return h[6]|h[7] != 0 }

// ARP is an ARP packet for Ethernet and IPv4 (RFC 826):
//
//	| hardware type | protocol type |  6 |  4 | operation |
//	| sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4) |
type ARP []byte

// Valid reports whether the packet is whole and for Ethernet and IPv4.
func (h ARP) Valid() bool {
	return len(h) >= ARPLen && be.Uint32(h) == 0x00010800 && be.Uint16(h[4:]) == 0x0604
}

// Op returns the operation: 1 request, 2 reply.
func (h ARP) Op() uint16 { return be.Uint16(h[6:]) }

// SetOp changes the operation.
func (h ARP) SetOp(v uint16) { be.PutUint16(h[6:], v) }

// SHA, SPA, THA and TPA return the sender's and target's hardware and protocol
// addresses, which may be written through.
func (h ARP) SHA() []byte { return h[8:14] }

// SPA returns the sender's IPv4 address.
func (h ARP) SPA() []byte { return h[14:18] }

// THA returns the target's hardware address.
func (h ARP) THA() []byte { return h[18:24] }

// TPA returns the target's IPv4 address.
func (h ARP) TPA() []byte { return h[24:28] }
