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
)

// gsoScratch is the message of an outer super-frame.
type gsoScratch struct {
	msg [1]linux.Mmsghdr
	iov [2 * maxParts]unix.Iovec
	hdr [packet.VNetHdrLen + maxOuter]byte
}

// super sends the segments of one inner super-frame as few outer ones: each
// segment is a datagram of the same length behind the same outer headers, which
// is what UDP segmentation offload cuts. It returns false when that cannot be,
// with nothing sent.
func (d *Device) super(s *txScratch, w *path, p *packet.Packet, segs []*packet.Packet) bool {
	if d.noSuper.Load() || len(segs) < 2 || w.state != pathReady || segs[0].Len()+w.overhead(d.kind) > w.eg.MTU ||
		p.Offload.GSOType != packet.GSOTCPv4 && p.Offload.GSOType != packet.GSOTCPv6 {
		return false
	}
	fd, ok := w.fd.Acquire()
	if !ok {
		return false
	}
	defer w.fd.Release()
	size := d.kind.hdrLen + segs[0].Len()
	per := min(maxParts, (maxOuterIP-w.overhead(d.kind))/size)
	for len(segs) > 0 {
		n := min(per, len(segs))
		if !d.sendSuper(s, fd, w, &p.Tunnel, segs[:n], size) {
			for _, q := range segs {
				q.Tunnel = p.Tunnel
				d.frame(s, w, q)
			}
			d.flush(s)
			return true
		}
		segs = segs[n:]
	}
	return true
}

// sendSuper sends some segments as one outer super-frame; false if the kernel
// does not know such a thing.
func (d *Device) sendSuper(s *txScratch, fd int, w *path, t *packet.Tunnel, segs []*packet.Packet, size int) bool {
	g := &s.gso
	total := 0
	for _, q := range segs {
		total += d.kind.hdrLen + q.Len()
	}
	h := w.headers(g.hdr[packet.VNetHdrLen:], d, t, segs[0].Bytes(), total)
	udpAt := len(w.l2l3)
	o := packet.Offload{CsumPartial: true, CsumStart: uint16(udpAt), CsumOffset: 6}
	if len(segs) > 1 {
		o.GSOType, o.GSOSize, o.HdrLen = packet.GSOUDPL4, uint16(size), uint16(udpAt+udpLen)
	}
	var acc uint64
	if w.v6 {
		acc = packet.PseudoV6(packet.IPv6(h[ethLen:]), unix.IPPROTO_UDP, udpLen+total)
	} else {
		acc = packet.PseudoV4(packet.IPv4(h[ethLen:]), unix.IPPROTO_UDP, udpLen+total)
	}
	be.PutUint16(h[udpAt+6:], packet.Fold(acc))
	o.WriteVNetHdr(g.hdr[:])
	part := h[udpAt+udpLen:] // the tunnel's header, the same for all
	iov := g.iov[:2*len(segs)]
	for i, q := range segs {
		b := q.Bytes()
		iov[2*i].Base, iov[2*i+1].Base = &part[0], unsafe.SliceData(b)
		iov[2*i].SetLen(len(part))
		iov[2*i+1].SetLen(len(b))
		s.bytes += int64(len(b))
	}
	iov[0].Base = &g.hdr[0]
	iov[0].SetLen(packet.VNetHdrLen + len(h))
	g.msg[0].Hdr.Iov = &iov[0]
	g.msg[0].Hdr.SetIovlen(len(iov))
	_, err := linux.Sendmmsg(fd, g.msg[:])
	switch err {
	case nil:
		s.sent += int64(len(segs))
	case unix.EINVAL:
		d.noSuper.Store(true)
		for _, q := range segs {
			s.bytes -= int64(q.Len())
		}
		return false
	default:
		s.lost += int64(len(segs))
	}
	return true
}
