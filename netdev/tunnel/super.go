package tunnel

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev/linux"
	"govs/packet"
)

const (
	// maxParts is the most datagrams that the kernel cuts one UDP super-frame
	// into (UDP_MAX_SEGMENTS of kernels before 6.9).
	maxParts = 64
	// maxOuterIP leaves room below the largest IP packet.
	maxOuterIP = 65000
	// maxHeld bounds the headers of segments that are kept for super-frames that
	// one follows the other without a break.
	maxHeld = 64 << 10
)

// gsoScratch is the outer super-frame that is being filled: datagrams of the same
// length, but for the last one, behind the same outer headers, which is what UDP
// segmentation offload cuts. They may be of several inner super-frames.
type gsoScratch struct {
	msg [1]linux.Mmsghdr
	iov [1 + 2*maxParts]unix.Iovec
	// hdr is the vnet header and what comes once, the headers up to UDP's, without
	// what finish adds.
	hdr   [packet.VNetHdrLen + maxOuter]byte
	next  [maxOuter]byte // outer headers of the inner super-frame that is to be added
	parts []byte         // headers of the datagrams, which their payload does not follow

	via   *path
	out   outgoing // first of its inner frames
	once  int      // length of the headers that come once
	n     int      // datagrams
	size  int      // of each
	total int      // of all together
	inner int      // bytes of inner frames in them
	ended bool     // the last one is shorter
}

// What is known of the kernel's UDP segmentation offload by packet sockets.
const (
	supersUntried = iota
	supersTaken
	supersRefused
)

// super adds the segments of the inner super-frame p to outer ones, as few as can
// be; their payload stays where it is until flush. It returns false when that
// cannot be, with nothing added. No vnet header says "GRE", so GRE's segments leave
// one by one, as many by one system call as there are.
func (d *Device) super(s *txScratch, w *path, p *packet.Packet) bool {
	typ := p.Offload.GSOType
	if d.supers.Load() == supersRefused || !d.overUDP() || !d.kind.steady || w.state != pathReady ||
		typ != packet.GSOTCPv4 && typ != packet.GSOTCPv6 {
		return false
	}
	g := &s.gso
	s.out = outgoing{&p.Tunnel, p.TunOpts(), p.PacketType, p.Bytes()}
	h, ok := w.headers(g.next[:], d, &s.out)
	if !ok {
		return false
	}
	once := len(w.l2l3) + udpLen
	front := h[once:]
	if len(g.parts) > maxHeld {
		d.flushSuper(s)
	}
	if g.n == 0 {
		g.parts = g.parts[:0]
	}
	held := len(g.parts)
	all, hl, err := p.SegmentHeaders(g.parts, front)
	if err != nil {
		return false
	}
	parts := all[held:]
	each := len(front) + hl // of a datagram's headers
	mss := int(p.Offload.GSOSize)
	size := each + mss
	if len(parts) < 2*each || size+once-ethLen > w.eg.MTU {
		return false
	}
	g.parts = all
	d.flushFrames(s)
	if g.n > 0 && !g.takes(w, &s.out, h[:once], size) {
		d.flushSuper(s)
	}
	untried := d.supers.Load() == supersUntried
	for payload := s.out.inner[hl:]; len(parts) > 0; parts = parts[each:] {
		if g.n == 0 {
			g.via, g.out, g.once, g.size, g.total, g.inner, g.ended = w, s.out, once, size, 0, 0, false
			copy(g.hdr[packet.VNetHdrLen:], h[:once])
		}
		k := min(mss, len(payload))
		g.add(parts[:each], payload[:k])
		g.inner += hl + k
		payload = payload[k:]
		if g.full() || untried && len(payload) == 0 {
			if d.flushSuper(s); d.supers.Load() == supersRefused {
				return false
			}
		}
	}
	return true
}

// takes reports whether the first datagram of the inner frame out, with the outer
// headers h, may stand behind those that are there.
func (g *gsoScratch) takes(w *path, out *outgoing, h []byte, size int) bool {
	return g.via == w && g.size == size && *g.out.t == *out.t &&
		string(g.hdr[packet.VNetHdrLen:packet.VNetHdrLen+g.once]) == string(h) &&
		(!w.v6 || outerLabel(&g.out) == outerLabel(out))
}

func (g *gsoScratch) add(headers, payload []byte) {
	iov := g.iov[1+2*g.n:]
	iov[0].Base, iov[1].Base = unsafe.SliceData(headers), unsafe.SliceData(payload)
	iov[0].SetLen(len(headers))
	iov[1].SetLen(len(payload))
	g.n++
	g.total += len(headers) + len(payload)
	g.ended = len(headers)+len(payload) < g.size
}

// full reports whether nothing can follow.
func (g *gsoScratch) full() bool {
	return g.ended || g.n == maxParts || g.once-ethLen+g.total+g.size > maxOuterIP
}

// flushSuper sends what there is of an outer super-frame.
func (d *Device) flushSuper(s *txScratch) {
	g := &s.gso
	n := g.n
	if n == 0 {
		return
	}
	g.n = 0
	fd, ok := g.via.fd.Acquire()
	if !ok {
		s.lost += int64(n)
		return
	}
	defer g.via.fd.Release()
	h := g.hdr[packet.VNetHdrLen : packet.VNetHdrLen+g.once]
	udpAt := g.once - udpLen
	g.via.finish(h, d, &g.out, udpLen+g.total)
	off := packet.Offload{CsumPartial: true, CsumStart: uint16(udpAt), CsumOffset: 6}
	if n > 1 {
		off.GSOType, off.GSOSize, off.HdrLen = packet.GSOUDPL4, uint16(g.size), uint16(g.once)
	}
	var acc uint64
	if g.via.v6 {
		acc = packet.PseudoV6(packet.IPv6(h[ethLen:]), unix.IPPROTO_UDP, udpLen+g.total)
	} else {
		acc = packet.PseudoV4(packet.IPv4(h[ethLen:]), unix.IPPROTO_UDP, udpLen+g.total)
	}
	be.PutUint16(h[udpAt+6:], packet.Fold(acc))
	off.WriteVNetHdr(g.hdr[:])
	g.iov[0].Base = &g.hdr[0]
	g.iov[0].SetLen(packet.VNetHdrLen + g.once)
	g.msg[0].Hdr.Iov = &g.iov[0]
	g.msg[0].Hdr.SetIovlen(1 + 2*n)
	switch _, err := linux.Sendmmsg(fd, g.msg[:]); {
	case err == nil:
		s.sent += int64(n)
		s.bytes += int64(g.inner)
		if n > 1 {
			d.supers.CompareAndSwap(supersUntried, supersTaken)
		}
	case err == unix.EINVAL && d.supers.CompareAndSwap(supersUntried, supersRefused):
		// The caller sends it otherwise.
	default:
		s.lost += int64(n)
		d.gone(s, g.via, err)
	}
}
