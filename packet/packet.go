// Package packet holds frames and what the switch knows of them besides their
// bytes: the buffer with headroom, offload state, tunnel metadata, header views
// and checksums.
//
// A Packet and its Batch belong to one goroutine at a time; ownership passes
// with the call that says so. Nothing here allocates once a buffer exists.
package packet

// Headroom is the number of bytes kept free in front of a received frame, enough
// for the largest encapsulation we push (outer Ethernet, IPv6, UDP, Geneve with
// options).
const Headroom = 256

// Packet is one Ethernet frame (or, with Offload.GSOType set, one super-frame
// that stands for several) together with its metadata.
//
// The frame is buf[off:end]; bytes before off are headroom.
type Packet struct {
	buf []byte
	off int
	end int

	// L3 and L4 are offsets from the start of the frame, set by flow.Extract;
	// -1 when the packet has no such header.
	L3, L4 int

	// Offload is the work left for the way out: checksum to fill, segments to cut.
	Offload Offload

	// Metadata that becomes part of the flow key.
	InPort      uint32 // datapath port the packet came in by
	SkbPriority uint32
	PktMark     uint32
	DPHash      uint32
	RecircID    uint32
	CtState     uint16
	CtZone      uint16
	CtMark      uint32
	CtLabel     [16]byte
	CtOrig      CtTuple // original direction's tuple of a tracked packet
	PacketType  uint32
	Tunnel      Tunnel // outer header it was received with, or is to be sent with
	opts        []byte // see TunOpts

	// CtConn is the tracker's note of the connection that the last ct action
	// found, with how the packet belongs to it; nobody else reads it.
	CtConn        any
	CtConnReply   bool
	CtConnRelated bool
}

// New returns a packet whose frame is a copy of data, with Headroom in front.
func New(data []byte) *Packet {
	p := &Packet{}
	p.Reset(len(data))
	copy(p.Bytes(), data)
	return p
}

// Reset clears all metadata and makes the frame n bytes long with Headroom in
// front, reusing the buffer when it is large enough. The bytes are undefined.
func (p *Packet) Reset(n int) {
	buf := p.buf
	if len(buf) < Headroom+n {
		buf = make([]byte, Headroom+n)
	}
	opts := p.opts[:0]
	*p = Packet{} // at once and in place: a literal with members would be copied
	p.buf, p.off, p.end, p.L3, p.L4, p.opts = buf, Headroom, Headroom+n, -1, -1, opts
}

// TunOpts returns what Tunnel has no room for: the options of a Geneve header as
// they stand there, or with TunSegments the addresses of a path. The slice is
// valid until the packet is changed.
func (p *Packet) TunOpts() []byte { return p.opts }

// SetTunOpts makes a copy of b the packet's TunOpts.
func (p *Packet) SetTunOpts(b []byte) { p.opts = append(p.opts[:0], b...) }

// Bytes returns the frame. The slice is valid until the packet is changed.
func (p *Packet) Bytes() []byte { return p.buf[p.off:p.end] }

// Len returns the length of the frame in bytes.
func (p *Packet) Len() int { return p.end - p.off }

// VNetBuffer is Buffer with room for a vnet header in front, for one read of both.
func (p *Packet) VNetBuffer() []byte {
	if len(p.buf) < Headroom {
		return nil
	}
	return p.buf[Headroom-VNetHdrLen:]
}

// WithVNetHdr writes the vnet header of p's Offload into the headroom and returns it
// with the frame behind it, for one write of both; nil if the headroom is used up.
func (p *Packet) WithVNetHdr() []byte {
	if p.off < VNetHdrLen {
		return nil
	}
	b := p.buf[p.off-VNetHdrLen : p.end]
	p.Offload.WriteVNetHdr(b)
	return b
}

// Buffer returns the whole backing buffer from Headroom on, for a device to
// receive into; follow with SetLen. It is empty before the first Reset.
func (p *Packet) Buffer() []byte {
	if len(p.buf) < Headroom {
		return nil
	}
	return p.buf[Headroom:]
}

// Room returns how long the frame may become by SetLen.
func (p *Packet) Room() int { return len(p.buf) - p.off }

// SetLen cuts or extends the frame to n bytes; n must fit the buffer.
func (p *Packet) SetLen(n int) { p.end = p.off + n }

// Push puts n bytes in front of the frame and returns the new frame. It moves
// the frame into a larger buffer when the headroom is used up.
func (p *Packet) Push(n int) []byte {
	if p.off < n {
		buf := make([]byte, Headroom+n+p.Len())
		copy(buf[Headroom+n:], p.Bytes())
		p.end = Headroom + n + p.Len()
		p.off = Headroom + n
		p.buf = buf
	}
	p.off -= n
	p.shift(n)
	return p.Bytes()
}

// Pull removes n bytes from the front of the frame and returns the rest; n must
// not exceed Len.
func (p *Packet) Pull(n int) []byte {
	p.off += n
	p.shift(-n)
	return p.Bytes()
}

// shift moves the offsets that are relative to the start of the frame.
func (p *Packet) shift(n int) {
	if p.L3 >= 0 {
		p.L3 += n
	}
	if p.L4 >= 0 {
		p.L4 += n
	}
	if p.Offload.CsumPartial {
		p.Offload.CsumStart = uint16(int(p.Offload.CsumStart) + n)
	}
	if p.Offload.GSOType != GSONone {
		p.Offload.HdrLen = uint16(int(p.Offload.HdrLen) + n)
	}
}

// CopyTo makes dst an independent copy of p.
func (p *Packet) CopyTo(dst *Packet) {
	n := p.Len()
	dst.Reset(n)
	buf, opts := dst.buf, dst.opts
	*dst = *p
	dst.buf, dst.off, dst.end = buf, Headroom, Headroom+n
	dst.opts = append(opts, p.opts...)
	copy(dst.Bytes(), p.Bytes())
}
