package ctdiff

import (
	"encoding/binary"
	"net/netip"

	"govs/packet"
)

var be = binary.BigEndian

// An end is an address and a port, or an ICMP identifier.
type end struct {
	addr netip.Addr
	port uint16
}

// A segment is a packet to be made.
type segment struct {
	conv     uint32 // number of the conversation, in the Ethernet source
	scenario uint8  // in the Ethernet destination
	src, dst end
	proto    uint8

	flags    uint16 // TCP
	seq, ack uint32
	window   uint16
	scale    int // window scale option, -1 none

	typ     uint8 // ICMP
	payload []byte
	bad     bool // spoil the checksum
}

const ethLen = 14

// frame makes the Ethernet frame.
func (s *segment) frame() []byte {
	l4 := s.transport()
	var ip []byte
	if s.src.addr.Is4() {
		ip = make([]byte, packet.IPv4Len)
		ip[0], ip[8], ip[9] = 0x45, 64, s.proto
		be.PutUint16(ip[2:], uint16(len(ip)+len(l4)))
		be.PutUint16(ip[4:], uint16(s.seq))
		copy(ip[12:], s.src.addr.AsSlice())
		copy(ip[16:], s.dst.addr.AsSlice())
		packet.IPv4(ip).Checksum()
	} else {
		ip = make([]byte, packet.IPv6Len)
		ip[0], ip[6], ip[7] = 0x60, s.proto, 64
		be.PutUint16(ip[4:], uint16(len(l4)))
		copy(ip[8:], s.src.addr.AsSlice())
		copy(ip[24:], s.dst.addr.AsSlice())
	}
	if at := sumAt(s.proto); at >= 0 && len(l4) >= at+2 {
		acc := uint64(0)
		switch {
		case s.proto == 1:
		case s.src.addr.Is4():
			acc = packet.PseudoV4(ip, s.proto, len(l4))
		default:
			acc = packet.PseudoV6(ip, s.proto, len(l4))
		}
		c := ^packet.Fold(packet.Sum(l4, acc))
		if s.proto == 17 && c == 0 {
			c = 0xffff
		}
		if s.bad {
			c++
		}
		be.PutUint16(l4[at:], c)
	}
	b := make([]byte, ethLen, ethLen+len(ip)+len(l4))
	b[0], b[5] = 0x52, s.scenario
	b[6] = 0x52
	be.PutUint32(b[7:], s.conv)
	be.PutUint16(b[12:], 0x0800)
	if s.src.addr.Is6() {
		be.PutUint16(b[12:], 0x86dd)
	}
	return append(append(b, ip...), l4...)
}

func sumAt(proto uint8) int {
	switch proto {
	case 6:
		return 16
	case 17:
		return 6
	case 1, 58:
		return 2
	}
	return -1
}

func (s *segment) transport() []byte {
	switch s.proto {
	case 6:
		n := packet.TCPLen
		if s.scale >= 0 {
			n += 4
		}
		h := make([]byte, n)
		be.PutUint16(h, s.src.port)
		be.PutUint16(h[2:], s.dst.port)
		be.PutUint32(h[4:], s.seq)
		be.PutUint32(h[8:], s.ack)
		be.PutUint16(h[12:], uint16(n/4)<<12|s.flags)
		be.PutUint16(h[14:], s.window)
		if s.scale >= 0 {
			copy(h[20:], []byte{1, 3, 3, byte(s.scale)})
		}
		return append(h, s.payload...)
	case 17:
		h := make([]byte, packet.UDPLen)
		be.PutUint16(h, s.src.port)
		be.PutUint16(h[2:], s.dst.port)
		be.PutUint16(h[4:], uint16(len(h)+len(s.payload)))
		return append(h, s.payload...)
	case 1, 58:
		h := make([]byte, packet.ICMPLen)
		h[0] = s.typ
		if !isError(s.typ, s.proto) {
			be.PutUint16(h[4:], s.src.port)
			be.PutUint16(h[6:], uint16(s.seq))
		}
		return append(h, s.payload...)
	}
	return append([]byte{0, 0, 8, 0}, s.payload...)
}

func isError(typ, proto uint8) bool {
	if proto == 58 {
		return typ < 128
	}
	return typ == 3 || typ == 11
}

// ends reads the addresses and ports of a frame.
func ends(b []byte) (src, dst end, ok bool) {
	if len(b) < ethLen+packet.IPv4Len {
		return
	}
	ip := b[ethLen:]
	var l4 []byte
	var proto byte
	switch be.Uint16(b[12:]) {
	case 0x0800:
		src.addr = netip.AddrFrom4([4]byte(ip[12:16]))
		dst.addr = netip.AddrFrom4([4]byte(ip[16:20]))
		proto, l4 = ip[9], ip[20:]
	case 0x86dd:
		if len(ip) < packet.IPv6Len {
			return
		}
		src.addr = netip.AddrFrom16([16]byte(ip[8:24]))
		dst.addr = netip.AddrFrom16([16]byte(ip[24:40]))
		proto, l4 = ip[6], ip[40:]
	default:
		return
	}
	if (proto == 6 || proto == 17) && len(l4) >= 4 {
		src.port, dst.port = be.Uint16(l4), be.Uint16(l4[2:])
	} else if (proto == 1 || proto == 58) && len(l4) >= 8 {
		src.port = be.Uint16(l4[4:])
		dst.port = src.port
	}
	return src, dst, true
}

// seqAfter returns the sequence number that follows a TCP segment.
func seqAfter(b []byte) (uint32, bool) {
	var ip []byte
	n := 0
	switch {
	case len(b) < ethLen+packet.IPv6Len:
		return 0, false
	case be.Uint16(b[12:]) == 0x0800 && b[ethLen+9] == 6:
		ip = b[ethLen:]
		n = packet.IPv4Len
	case be.Uint16(b[12:]) == 0x86dd && b[ethLen+6] == 6:
		ip = b[ethLen:]
		n = packet.IPv6Len
	default:
		return 0, false
	}
	h := packet.TCP(ip[n:])
	seq := h.Seq() + uint32(len(h)-h.HeaderLen())
	if h.Flags()&(syn|fin) != 0 {
		seq++
	}
	return seq, true
}

// fragSize is the data of a fragment: above what both trackers take for an
// attack.
const fragSize = 1288

// fragments cuts a frame into fragments if its data is long.
func fragments(b []byte, id uint32) (l [][]byte) {
	head := ethLen + packet.IPv4Len
	v6 := be.Uint16(b[12:]) == 0x86dd
	if v6 {
		head = ethLen + packet.IPv6Len
	}
	data := b[head:]
	if len(data) <= fragSize {
		return [][]byte{b}
	}
	for at := 0; at < len(data); at += fragSize {
		last := at+fragSize >= len(data)
		f := append([]byte(nil), b[:head]...)
		ip := f[ethLen:]
		part := data[at:min(at+fragSize, len(data))]
		if v6 {
			fh := []byte{ip[6], 0, byte(at >> 8), byte(at)}
			if !last {
				fh[3] |= 1
			}
			ip[6] = 44
			be.PutUint16(ip[4:], uint16(8+len(part)))
			f = append(f, be.AppendUint32(fh, id)...)
		} else {
			off := uint16(at / 8)
			if !last {
				off |= 0x2000
			}
			be.PutUint16(ip[2:], uint16(packet.IPv4Len+len(part)))
			be.PutUint16(ip[4:], uint16(id))
			be.PutUint16(ip[6:], off)
			packet.IPv4(ip).Checksum()
		}
		l = append(l, append(f, part...))
	}
	return l
}

func isFragment(b []byte) bool {
	ip := b[ethLen:]
	if be.Uint16(b[12:]) == 0x86dd {
		return ip[6] == 44
	}
	return be.Uint16(ip[6:])&0x3fff != 0
}
