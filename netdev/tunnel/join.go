package tunnel

import (
	"unsafe"

	"govs/packet"
)

// joinFrom is how many frames in a row have to be alike to leave as one outer
// super-frame. Fewer leave as they are, without a UDP checksum unless it is asked for.
const joinFrom = 8

// alike returns how many of the frames from one on have the same outer headers, but for
// identification and checksums, and the same length.
func (s *txScratch) alike(at, to int) int {
	once := len(s.via.l2l3) + udpLen
	first := &s.iov[at]
	a := s.hdr[at][packet.VNetHdrLen : packet.VNetHdrLen+once]
	n := 1
	for i := at + 1; i < to; i++ {
		iov := &s.iov[i]
		if iov[0].Len != first[0].Len || iov[1].Len != first[1].Len ||
			!sameOuter(a, s.hdr[i][packet.VNetHdrLen:packet.VNetHdrLen+once], s.via.v6) {
			break
		}
		n++
	}
	return n
}

// sameOuter compares Ethernet, IP and UDP headers.
func sameOuter(a, b []byte, v6 bool) bool {
	end := len(a) - 2 // UDP's checksum
	if v6 {
		return string(a[:end]) == string(b[:end])
	}
	// Without identification and header checksum.
	return string(a[:ethLen+4]) == string(b[:ethLen+4]) && string(a[ethLen+6:ethLen+10]) == string(b[ethLen+6:ethLen+10]) &&
		string(a[ethLen+12:end]) == string(b[ethLen+12:end])
}

// join sends n frames that are alike as outer super-frames. It returns false if
// the kernel takes no such thing, with nothing sent. Where UDP reaches a socket in one
// piece, as ours does by a virtual wire, its whole way costs as much as one frame's.
func (d *Device) join(s *txScratch, at, n int) bool {
	g := &s.gso
	for i := at; i < at+n; i++ {
		inner := unsafe.Slice(s.iov[i][1].Base, s.iov[i][1].Len)
		if g.n == 0 {
			once := len(s.via.l2l3) + udpLen
			size := int(s.iov[i][0].Len) - packet.VNetHdrLen - once + len(inner)
			g.via, g.out, g.once, g.size, g.total, g.inner, g.ended = s.via, s.outs[i], once, size, 0, 0, false
			copy(g.hdr[packet.VNetHdrLen:], s.hdr[i][packet.VNetHdrLen:packet.VNetHdrLen+once])
		}
		g.add(s.hdr[i][packet.VNetHdrLen+g.once:s.iov[i][0].Len], inner)
		g.inner += len(inner)
		if g.full() || i == at+n-1 {
			if d.flushSuper(s); d.supers.Load() == supersRefused {
				return false
			}
		}
	}
	return true
}
