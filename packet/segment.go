package packet

import "errors"

// ErrSegment is returned for a super-frame whose headers do not bear out its
// offload state.
var ErrSegment = errors.New("packet: malformed super-frame")

// Segments returns how many frames the packet stands for, how long the longest of
// them is and how long all are together.
func (p *Packet) Segments() (n, longest, all int) {
	if o := &p.Offload; o.GSOType != GSONone && o.GSOSize > 0 {
		if hl, err := p.gsoHeader(); err == nil {
			size := int(o.GSOSize)
			n = max(1, (p.Len()-hl+size-1)/size)
			return n, min(p.Len(), hl+size), p.Len() + (n-1)*hl
		}
	}
	return 1, p.Len(), p.Len()
}

// gsoHeader returns the length of all headers in front of the payload that is
// to be cut, read from the packet: HdrLen of the vnet header is only a hint.
func (p *Packet) gsoHeader() (int, error) {
	_, l4, err := p.gsoLayers()
	if err != nil {
		return 0, err
	}
	b := p.Bytes()[l4:]
	switch p.Offload.GSOType {
	case GSOTCPv4, GSOTCPv6:
		if h := TCP(b); h.Valid() {
			return l4 + h.HeaderLen(), nil
		}
	case GSOUDPL4:
		if h := UDP(b); h.Valid() {
			return l4 + UDPLen, nil
		}
	}
	return 0, ErrSegment
}

// gsoLayers returns where the network and transport headers of the super-frame
// are: where L3 and L4 say, or else found from the Ethernet header.
func (p *Packet) gsoLayers() (l3, l4 int, err error) {
	b := p.Bytes()
	l3, l4 = p.L3, p.L4
	if l3 < 0 || l4 < 0 {
		if l3 = 0; p.PacketType == 0 {
			if l3 = l2Len(b); l3 == 0 {
				return 0, 0, ErrSegment
			}
		}
		switch h := b[l3:]; {
		case IPv4(h).Valid():
			l4 = l3 + IPv4(h).HeaderLen()
		case IPv6(h).Valid() && p.Offload.CsumPartial:
			l4 = int(p.Offload.CsumStart)
		case IPv6(h).Valid():
			l4 = l3 + IPv6Len
		}
	}
	if l4 <= l3 || l4 >= len(b) || !IPv4(b[l3:]).Valid() && !IPv6(b[l3:]).Valid() {
		return 0, 0, ErrSegment
	}
	return l3, l4, nil
}

// Segment cuts the super-frame p into the frames it stands for, reusing the
// packets of dst as far as they go, and returns them. Each frame has p's
// metadata, its own lengths, IP identification, sequence number, flags and
// complete checksums, and Headroom in front, so that the caller may
// encapsulate it. An ordinary frame is copied whole. p stays as it is.
//
// As devices do: the IPv4 identification counts up from that of the
// super-frame, FIN and PSH stay on the last segment, CWR on the first
// (RFC 3168 section 6.1.2).
func (p *Packet) Segment(dst []*Packet) ([]*Packet, error) {
	next := func() *Packet {
		if n := len(dst); n < cap(dst) && dst[:n+1][n] != nil {
			dst = dst[:n+1]
		} else {
			dst = append(dst, &Packet{})
		}
		return dst[len(dst)-1]
	}
	o := &p.Offload
	if o.GSOType == GSONone || o.GSOSize == 0 {
		q := next()
		p.CopyTo(q)
		q.Offload.GSOType = GSONone
		return dst, nil
	}
	c, err := p.cut()
	if err != nil {
		return dst, err
	}
	for c.next() {
		q := next()
		q.copyMeta(p, c.hl+len(c.payload))
		b := q.Bytes()
		copy(b[c.hl:], c.payload)
		c.headers(b[:c.hl])
		q.L3, q.L4 = c.l3, c.l4
		q.Offload = Offload{CsumValid: true}
	}
	return dst, nil
}

// SegmentHeaders appends to dst the headers of the frames that the super-frame p
// stands for, as Segment makes them, each behind a copy of front. It returns their
// length, which is the same for all; the payload of frame i are the GSOSize bytes
// of p, or what is left, from that length plus i times GSOSize on.
func (p *Packet) SegmentHeaders(dst, front []byte) (all []byte, length int, err error) {
	if p.Offload.GSOType == GSONone || p.Offload.GSOSize == 0 {
		return dst, 0, ErrSegment
	}
	c, err := p.cut()
	if err != nil {
		return dst, 0, err
	}
	for c.next() {
		dst = append(dst, front...)
		n := len(dst)
		dst = append(dst, c.src[:c.hl]...)
		c.headers(dst[n:])
	}
	return dst, c.hl, nil
}

// A cut goes through the segments of a super-frame.
type cut struct {
	src        []byte
	l3, l4, hl int // offsets of the headers and the end of all
	mss        int
	isTCP      bool
	i          int    // of the segment
	at         int    // where its payload begins
	payload    []byte // its
}

func (p *Packet) cut() (cut, error) {
	l3, l4, err := p.gsoLayers()
	if err != nil {
		return cut{}, err
	}
	hl, err := p.gsoHeader()
	if err != nil {
		return cut{}, err
	}
	src := p.Bytes()
	if hl > len(src) {
		return cut{}, ErrSegment
	}
	o := &p.Offload
	return cut{src: src, l3: l3, l4: l4, hl: hl, mss: int(o.GSOSize), isTCP: o.GSOType != GSOUDPL4, i: -1}, nil
}

// next goes to the next segment; there is one at least.
func (c *cut) next() bool {
	if c.i++; c.i == 0 {
		c.at = c.hl
	} else if c.at += len(c.payload); c.at == len(c.src) {
		return false
	}
	c.payload = c.src[c.at:min(c.at+c.mss, len(c.src))]
	return true
}

// headers writes the segment's headers.
func (c *cut) headers(b []byte) {
	copy(b, c.src[:c.hl])
	h := b[c.l4:]
	n := len(h) + len(c.payload)
	var acc uint64
	if b[c.l3]>>4 == 4 {
		ip := IPv4(b[c.l3:])
		be.PutUint16(ip[2:], uint16(c.l4-c.l3+n))
		be.PutUint16(ip[4:], IPv4(c.src[c.l3:]).ID()+uint16(c.i))
		ip.Checksum()
		acc = PseudoV4(ip, proto(c.isTCP), n)
	} else {
		ip := IPv6(b[c.l3:])
		ip.SetPayloadLen(c.l4 - c.l3 + n - IPv6Len)
		acc = PseudoV6(ip, proto(c.isTCP), n)
	}
	if c.isTCP {
		be.PutUint32(h[4:], TCP(c.src[c.l4:]).Seq()+uint32(c.at-c.hl))
		if c.at+len(c.payload) < len(c.src) {
			h[13] &^= TCPFin | TCPPsh
		}
		if c.i > 0 {
			h[13] &^= TCPCwr
		}
		h[16], h[17] = 0, 0
		be.PutUint16(h[16:], ^Fold(Sum(c.payload, Sum(h, acc))))
		return
	}
	be.PutUint16(h[4:], uint16(n))
	h[6], h[7] = 0, 0
	sum := ^Fold(Sum(c.payload, Sum(h, acc)))
	if sum == 0 {
		sum = 0xffff
	}
	be.PutUint16(h[6:], sum)
}

// proto returns the protocol number of the two kinds of super-frames.
func proto(isTCP bool) uint8 {
	if isTCP {
		return protoTCP
	}
	return protoUDP
}

// copyMeta makes p an n byte frame with the metadata of src.
func (p *Packet) copyMeta(src *Packet, n int) {
	p.Reset(n)
	buf, opts := p.buf, p.opts
	*p = *src
	p.buf, p.off, p.end = buf, Headroom, Headroom+n
	p.opts = append(opts, src.opts...)
}
