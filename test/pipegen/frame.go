package pipegen

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"

	"govs/packet"
)

// Frame returns the bytes of a packet: most are sound, some are cut short, have
// wrong lengths or are spoiled at random.
func (g *Gen) Frame() []byte {
	b := g.sound()
	if g.one(5) {
		switch g.IntN(3) {
		case 0: // the shortest frame is its addresses and type
			b = b[:14+g.IntN(len(b)-13)]
		case 1:
			for range 1 + g.IntN(3) {
				b[12+g.IntN(len(b)-12)] = byte(g.Uint32())
			}
		case 2:
			b = append(b, make([]byte, g.IntN(20))...)
		}
	}
	return b
}

func (g *Gen) addr(b []byte) []byte { return append(b, netip.MustParseAddr(g.ip()).AsSlice()...) }

func (g *Gen) addr6(b []byte) []byte { return append(b, netip.MustParseAddr(g.ip6()).AsSlice()...) }

func (g *Gen) eth(b []byte, of []string) []byte {
	s := g.pick(of...)
	for i := 0; i < len(s); i += 3 {
		n, _ := strconv.ParseUint(s[i:i+2], 16, 8)
		b = append(b, byte(n))
	}
	return b
}

var be = binary.BigEndian

func (g *Gen) sound() []byte {
	b := g.eth(nil, macs)
	b = g.eth(b, macs[:3])
	for bytes.Equal(b[:6], b[6:12]) {
		// Whether a flow from an address to itself goes on as it was when the address
		// moves, is not the same in all switches.
		b = g.eth(b[:6], macs[:3])
	}
	if g.one(3) {
		for range 1 + g.IntN(2) {
			vid, _ := strconv.Atoi(g.vid())
			b = be.AppendUint16(b, uint16(0x8100))
			if g.one(6) {
				be.PutUint16(b[len(b)-2:], 0x88a8)
			}
			b = be.AppendUint16(b, uint16(vid|g.IntN(2)*3<<13|g.IntN(8)/7<<12))
			if !g.one(4) {
				break
			}
		}
	}
	kinds := 15
	if g.Without["nsh"] {
		kinds--
	}
	switch g.IntN(kinds) {
	case 14:
		b = g.nsh(be.AppendUint16(b, 0x894f))
	case 0, 1:
		b = be.AppendUint16(b, 0x0806)
		b = append(b, 0, 1, 8, 0, 6, 4, 0, byte(g.IntN(3)))
		b = g.addr(g.eth(b, macs[:3]))
		b = g.addr(g.eth(b, macs))
	case 2, 3, 4, 5, 6:
		b = g.ipv4(be.AppendUint16(b, 0x0800))
	case 7, 8, 9:
		b = g.ipv6(be.AppendUint16(b, 0x86dd))
	case 10, 11:
		b = be.AppendUint16(b, 0x8847+uint16(g.IntN(5)/4))
		n := 1 + g.IntN(3)
		for i := range n {
			label := uint32(g.IntN(3))<<12 | uint32(g.IntN(3))<<9 | uint32(g.IntN(4))
			if i == n-1 {
				label |= 1 << 8
			}
			b = be.AppendUint32(b, label)
		}
		b = g.ipv4(b)
	case 12:
		b = be.AppendUint16(b, uint16([]int{0x1234, 0x88cc, 0x8035, 0x0100}[g.IntN(4)]))
		b = append(b, make([]byte, g.IntN(60))...)
	case 13: // IEEE 802.3 with SNAP
		b = be.AppendUint16(b, uint16(20+g.IntN(20)))
		b = append(b, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0)
		b = append(b, make([]byte, 30)...)
	}
	return b
}

func (g *Gen) ipv4(b []byte) []byte {
	at := len(b)
	ttl, _ := strconv.Atoi(g.ttl())
	frag := uint16(0)
	switch g.IntN(10) {
	case 0:
		frag = 0x2000
	case 1:
		frag = 0x2003
	case 2:
		frag = 0x4000
	}
	proto := []byte{6, 6, 17, 17, 1, 132, 2, 99}[g.IntN(8)]
	b = append(b, 0x45, byte(g.IntN(3)*4+g.IntN(2)), 0, 0, 0, byte(g.IntN(3)), byte(frag>>8), byte(frag), byte(ttl), proto, 0, 0)
	b = g.addr(g.addr(b))
	if g.one(10) { // with an option
		b[at]++
		b = append(b, 1, 1, 1, 0)
	}
	head := len(b) - at
	b = g.transport(b, proto, b[at+12:at+20])
	be.PutUint16(b[at+2:], uint16(len(b)-at))
	be.PutUint16(b[at+10:], packet.Checksum(b[at:at+head]))
	return b
}

func (g *Gen) ipv6(b []byte) []byte {
	at := len(b)
	ttl, _ := strconv.Atoi(g.ttl())
	proto := []byte{6, 6, 17, 58, 58, 132, 59}[g.IntN(7)]
	b = be.AppendUint32(b, 6<<28|uint32(g.IntN(3)*4)<<20|uint32(g.IntN(6)))
	b = append(b, 0, 0, proto, byte(ttl))
	b = g.addr6(g.addr6(b))
	ips := b[at+8 : at+40 : at+40]
	if g.one(10) {
		b[at+6] = 44
		b = append(b, proto, 0, 0, byte(g.IntN(2)), 0, 0, 0, 1)
	} else if g.one(12) {
		b[at+6] = 0
		b = append(b, proto, 0, 1, 4, 0, 0, 0, 0)
	}
	b = g.transport(b, proto, ips)
	be.PutUint16(b[at+4:], uint16(len(b)-at-40))
	return b
}

// transport appends the header of a transport protocol and some data. ips are
// the addresses, which its checksum covers.
func (g *Gen) transport(b []byte, proto byte, ips []byte) []byte {
	at, sum := len(b), -1
	src, dst := uint16(g.IntN(3)), uint16(g.IntN(5)*64+g.IntN(2))
	switch proto {
	case 6:
		b = be.AppendUint16(be.AppendUint16(b, src), dst)
		b = append(b, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, []byte{2, 0x10, 0, 1, 0x11, 0x12, 4}[g.IntN(7)], 0x20, 0, 0, 0, 0, 0)
		sum = 16
	case 17:
		b = be.AppendUint16(be.AppendUint16(b, src), dst)
		b = append(b, 0, 0, 0, 0)
		sum = 6
	case 132:
		b = be.AppendUint16(be.AppendUint16(b, src), dst)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	case 1:
		b = append(b, []byte{0, 8, 3}[g.IntN(3)], byte(g.IntN(2)), 0, 0, 0, 1, 0, 1)
		sum = 2
	case 58:
		if g.one(3) {
			b = append(b, 128, 0, 0, 0, 0, 1, 0, 1)
			sum = 2
			break
		}
		b = append(b, 135+byte(g.IntN(2)), 0, 0, 0, 0, 0, 0, 0)
		b = g.addr6(b)
		if g.one(2) {
			b = append(b, b[at]-134, 1)
			b = g.eth(b, macs[:3])
		}
		sum = 2
	}
	if proto != 58 || b[at] == 128 {
		b = append(b, make([]byte, g.IntN(30))...)
	}
	if proto == 17 {
		be.PutUint16(b[at+4:], uint16(len(b)-at))
	}
	if sum >= 0 && !(proto == 17 && g.one(5)) {
		var pseudo []byte
		if proto != 1 {
			pseudo = append(pseudo, ips...)
			pseudo = be.AppendUint32(pseudo, uint32(len(b)-at))
			pseudo = append(pseudo, 0, 0, 0, proto)
		}
		be.PutUint16(b[at+sum:], packet.Checksum(append(pseudo, b[at:]...)))
	}
	return b
}
