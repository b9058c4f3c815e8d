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

// gsoScratch is the message of an outer super-frame, and the headers of the
// datagrams in it, which their payload does not follow.
type gsoScratch struct {
	msg   [1]linux.Mmsghdr
	iov   [1 + 2*maxParts]unix.Iovec
	hdr   [packet.VNetHdrLen + maxOuter]byte
	parts []byte
}

// super sends the segments of the inner super-frame p as few outer ones: each
// segment is a datagram of the same length behind the same outer headers, which
// is what UDP segmentation offload cuts. The payload stays where it is. It returns
// false when that cannot be, with nothing sent. No vnet header says "GRE", so GRE's
// segments leave one by one, as many by one system call as there are.
func (d *Device) super(s *txScratch, w *path, p *packet.Packet) bool {
	typ := p.Offload.GSOType
	if d.noSuper.Load() || !d.overUDP() || !d.kind.steady || w.state != pathReady ||
		typ != packet.GSOTCPv4 && typ != packet.GSOTCPv6 {
		return false
	}
	g := &s.gso
	s.out = outgoing{&p.Tunnel, p.TunOpts(), p.PacketType, p.Bytes()}
	h, ok := w.headers(g.hdr[packet.VNetHdrLen:], d, &s.out)
	if !ok {
		return false
	}
	outer := len(w.l2l3) + udpLen // what comes once; the rest of h is before each segment
	front := h[outer:]
	parts, hl, err := p.SegmentHeaders(g.parts[:0], front)
	if err != nil {
		return false
	}
	g.parts = parts
	each := len(front) + hl // of a datagram's headers
	size := each + int(p.Offload.GSOSize)
	payload := s.out.inner[hl:]
	if len(parts) < 2*each || size+outer-ethLen > w.eg.MTU {
		return false
	}
	fd, ok := w.fd.Acquire()
	if !ok {
		return false
	}
	defer w.fd.Release()
	per := min(maxParts, (maxOuterIP-outer+ethLen)/size)
	for first := true; len(parts) > 0; first = false {
		n := min(per, len(parts)/each)
		b := payload[:min(n*(size-each), len(payload))]
		switch err := d.sendSuper(s, fd, w, h[:outer], parts[:n*each], b, n, size-each); {
		case err == nil:
			s.sent += int64(n)
			s.bytes += int64(n*hl + len(b))
		case first && err == unix.EINVAL: // the kernel does not know such a thing
			d.noSuper.Store(true)
			return false
		default:
			s.lost += int64(n)
		}
		parts, payload = parts[n*each:], payload[len(b):]
	}
	return true
}

// sendSuper sends n datagrams as one outer super-frame behind the headers h, which
// lie in s.gso.hdr. Each is of the same size, but for the last one, and takes its
// part of headers and of payload.
func (d *Device) sendSuper(s *txScratch, fd int, w *path, h, headers, payload []byte, n, mss int) error {
	g := &s.gso
	udpAt := len(w.l2l3)
	total := udpLen + len(headers) + len(payload)
	w.finish(h, d, &s.out, total)
	each := len(headers) / n
	off := packet.Offload{CsumPartial: true, CsumStart: uint16(udpAt), CsumOffset: 6}
	if n > 1 {
		off.GSOType, off.GSOSize, off.HdrLen = packet.GSOUDPL4, uint16(each+mss), uint16(udpAt+udpLen)
	}
	var acc uint64
	if w.v6 {
		acc = packet.PseudoV6(packet.IPv6(h[ethLen:]), unix.IPPROTO_UDP, total)
	} else {
		acc = packet.PseudoV4(packet.IPv4(h[ethLen:]), unix.IPPROTO_UDP, total)
	}
	be.PutUint16(h[udpAt+6:], packet.Fold(acc))
	off.WriteVNetHdr(g.hdr[:])
	iov := g.iov[:1+2*n]
	iov[0].Base = &g.hdr[0]
	iov[0].SetLen(packet.VNetHdrLen + len(h))
	for i := 1; i < len(iov); i += 2 {
		k := min(mss, len(payload))
		iov[i].Base, iov[i+1].Base = unsafe.SliceData(headers), unsafe.SliceData(payload)
		iov[i].SetLen(each)
		iov[i+1].SetLen(k)
		headers, payload = headers[each:], payload[k:]
	}
	g.msg[0].Hdr.Iov = &iov[0]
	g.msg[0].Hdr.SetIovlen(len(iov))
	_, err := linux.Sendmmsg(fd, g.msg[:])
	return err
}
