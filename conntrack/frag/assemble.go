package frag

import (
	"govs/packet"
)

// fragHeader is the length of IPv6's fragment header (RFC 8200 section 4.5):
//
//	|  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
//	|                         Identification                        |
const fragHeader = 8

// read says where p's bytes belong. Held means that it is a fragment as it
// should be.
func read(p *packet.Packet, k *key) (part, Result) {
	if p.L3 < 0 || p.L3 >= p.Len() {
		return part{}, Not
	}
	if h := p.IPv4(); h != nil {
		return read4(p, h, k)
	}
	if h := p.IPv6(); h != nil {
		return read6(h, k)
	}
	return part{}, Not
}

func read4(p *packet.Packet, h packet.IPv4, k *key) (part, Result) {
	frag := h.Frag()
	if frag&0x3fff == 0 {
		return part{}, Not
	}
	n := h.TotalLen() - h.HeaderLen()
	if h.TotalLen() > len(h) || n <= 0 {
		return part{}, Invalid
	}
	if !p.Offload.CsumValid && packet.Checksum(h[:h.HeaderLen()]) != 0 {
		return part{}, Invalid
	}
	copy(k.src[:4], h[12:16])
	copy(k.dst[:4], h[16:20])
	k.id, k.family, k.proto = uint32(h.ID()), V4, h.Proto()
	f := part{start: int(frag&0x1fff) * 8, last: frag&0x2000 == 0}
	return f.sized(n)
}

func read6(h packet.IPv6, k *key) (part, Result) {
	at, ok := fragment6(h)
	if !ok {
		return part{}, Not
	}
	fh := h[at:]
	off := be.Uint16(fh[2:])
	if off&0xfff9 == 0 {
		return part{}, Not // a fragment of one
	}
	n := packet.IPv6Len + h.PayloadLen() - at - fragHeader
	if packet.IPv6Len+h.PayloadLen() > len(h) || n <= 0 {
		return part{}, Invalid
	}
	k.src, k.dst = [16]byte(h[8:24]), [16]byte(h[24:40])
	k.id, k.family = be.Uint32(fh[4:]), V6
	f := part{start: int(off &^ 7), last: off&1 == 0}
	return f.sized(n)
}

// sized gives the part its end. All but the last have a multiple of eight bytes.
func (f part) sized(n int) (part, Result) {
	f.end = f.start + n - 1
	if !f.last && n%8 != 0 || f.end >= datagramMax {
		return f, Invalid
	}
	return f, Held
}

// fragment6 finds the fragment header, after the headers that may stand before
// it.
func fragment6(h packet.IPv6) (at int, ok bool) {
	next, at := h.NextHeader(), packet.IPv6Len
	for {
		if len(h) < at+fragHeader {
			return 0, false
		}
		switch next {
		case 44:
			return at, true
		case 0, 43, 60:
			next, at = h[at], at+(int(h[at+1])+1)*8
		default:
			return 0, false
		}
	}
}

// A Group is a datagram that became complete.
type Group struct {
	// Whole is the datagram in one packet. Its Ct fields, addresses and data may
	// be changed.
	Whole *packet.Packet

	parts []part
	v6    bool
	head  int // where its data begins in Whole
	size  int // of the data
}

// assemble makes one packet of all parts. It returns nil if that would be longer
// than IP allows.
func (l *list) assemble() *Group {
	first := l.parts[0].p
	total := l.parts[len(l.parts)-1].end + 1
	head, ok := dataAt(first)
	if !ok || head-first.L3+total > datagramMax {
		return nil
	}
	p := &packet.Packet{}
	first.CopyTo(p)
	// Replaces the first part's data, and padding, by room for everything.
	p.Splice(head, p.Len()-head, make([]byte, total))
	for _, f := range l.parts {
		at, _ := dataAt(f.p)
		copy(p.Bytes()[head+f.start:], f.p.Bytes()[at:at+f.end-f.start+1])
	}
	p.L3, p.L4 = first.L3, -1
	p.Offload = packet.Offload{}
	b := p.Bytes()[p.L3:]
	if l.key.family == V6 {
		h := packet.IPv6(b)
		h.SetPayloadLen(len(b) - packet.IPv6Len)
		at, _ := fragment6(h)
		be.PutUint16(h[at+2:], 0)
	} else {
		h := packet.IPv4(b)
		be.PutUint16(h[6:], h.Frag()&^0x3fff)
		be.PutUint16(h[2:], uint16(len(b)))
		h.Checksum()
	}
	return &Group{Whole: p, parts: l.parts, v6: l.key.family == V6, head: head, size: total}
}

// dataAt returns where in the frame a fragment's data begins.
func dataAt(p *packet.Packet) (int, bool) {
	if h := p.IPv4(); h != nil {
		return p.L3 + h.HeaderLen(), true
	}
	h := p.IPv6()
	if h == nil {
		return 0, false
	}
	at, ok := fragment6(h)
	return p.L3 + at + fragHeader, ok
}

// Fragments returns the fragments in the order of their data, with what Whole
// has become. If that is longer or shorter than it was, there is only itself.
func (g *Group) Fragments() []*packet.Packet {
	w := g.Whole
	if w.Len() != g.head+g.size {
		return []*packet.Packet{w}
	}
	data := w.Bytes()[g.head:]
	var l []*packet.Packet
	for _, f := range g.parts {
		p := f.p
		p.CtState, p.CtZone, p.CtMark, p.CtLabel, p.CtOrig = w.CtState, w.CtZone, w.CtMark, w.CtLabel, w.CtOrig
		if g.v6 {
			copy(p.Bytes()[p.L3+8:p.L3+40], w.Bytes()[w.L3+8:w.L3+40])
		} else {
			h, wh := packet.IPv4(p.Bytes()[p.L3:]), w.Bytes()[w.L3:]
			packet.PatchChecksum(h[10:12], h[12:20], wh[12:20])
			copy(h[12:20], wh[12:20])
		}
		// A translated port or checksum is in the transport header.
		at, _ := dataAt(p)
		copy(p.Bytes()[at:at+f.end-f.start+1], data[f.start:])
		l = append(l, p)
	}
	return l
}
