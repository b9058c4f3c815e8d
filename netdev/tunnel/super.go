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
// with nothing sent. No vnet header says "GRE", so GRE's segments leave one by
// one, as many by one system call as there are.
func (d *Device) super(s *txScratch, w *path, o *outgoing, typ packet.GSOType, segs []*packet.Packet) bool {
	if d.noSuper.Load() || !d.overUDP() || !d.kind.steady || len(segs) < 2 || w.state != pathReady ||
		typ != packet.GSOTCPv4 && typ != packet.GSOTCPv6 {
		return false
	}
	h, ok := w.headers(s.gso.hdr[packet.VNetHdrLen:], d, o)
	if !ok {
		return false
	}
	size := len(h) - len(w.l2l3) - udpLen + segs[0].Len() // of one datagram's payload
	over := len(w.l2l3) - ethLen + udpLen
	if size+over > w.eg.MTU {
		return false
	}
	fd, ok := w.fd.Acquire()
	if !ok {
		return false
	}
	defer w.fd.Release()
	per := min(maxParts, (maxOuterIP-over)/size)
	for len(segs) > 0 {
		n := min(per, len(segs))
		if !d.sendSuper(s, fd, w, o, h, segs[:n], size) {
			for _, q := range segs {
				d.frame(s, w, q)
			}
			d.flush(s)
			return true
		}
		segs = segs[n:]
	}
	return true
}

// sendSuper sends some segments as one outer super-frame behind the headers h,
// which lie in s.gso.hdr; false if the kernel does not know such a thing.
func (d *Device) sendSuper(s *txScratch, fd int, w *path, o *outgoing, h []byte, segs []*packet.Packet, size int) bool {
	g := &s.gso
	udpAt := len(w.l2l3)
	part := h[udpAt+udpLen:] // the tunnel's header, the same for all
	total := 0
	for _, q := range segs {
		total += len(part) + q.Len()
	}
	w.finish(h, d, o, udpLen+total)
	off := packet.Offload{CsumPartial: true, CsumStart: uint16(udpAt), CsumOffset: 6}
	if len(segs) > 1 {
		off.GSOType, off.GSOSize, off.HdrLen = packet.GSOUDPL4, uint16(size), uint16(udpAt+udpLen)
	}
	var acc uint64
	if w.v6 {
		acc = packet.PseudoV6(packet.IPv6(h[ethLen:]), unix.IPPROTO_UDP, udpLen+total)
	} else {
		acc = packet.PseudoV4(packet.IPv4(h[ethLen:]), unix.IPPROTO_UDP, udpLen+total)
	}
	be.PutUint16(h[udpAt+6:], packet.Fold(acc))
	off.WriteVNetHdr(g.hdr[:])
	iov := g.iov[:2*len(segs)]
	for i, q := range segs {
		b := q.Bytes()
		iov[2*i].Base, iov[2*i+1].Base = unsafe.SliceData(part), unsafe.SliceData(b)
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
