package tunnel

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// txScratch is what one sender needs: the messages of a batch that leave by one
// interface, and the paths it knows.
type txScratch struct {
	paths   map[pathKey]*path
	lastKey pathKey
	last    *path

	via  *path // of the messages below
	n    int
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch][2]unix.Iovec
	hdr  [maxBatch][packet.VNetHdrLen + maxOuter]byte // vnet header all zero
	segs []*packet.Packet
	gso  gsoScratch

	sent, bytes, lost int64
}

// Send implements netdev.Device. Super-frames are cut and checksums finished
// first, as no device on the way knows what is inside.
func (d *Device) Send(txq int, batch []*packet.Packet) (int, error) {
	return d.send(d.tx.Get(txq), batch)
}

func (d *Device) send(s *txScratch, batch []*packet.Packet) (int, error) {
	if d.rx[0].fd.Closed() {
		return 0, netdev.ErrClosed
	}
	now := time.Now()
	total := int64(len(batch))
	s.sent, s.bytes, s.lost = 0, 0, 0
	for _, p := range batch {
		d.one(s, p, now)
	}
	d.flush(s)
	d.cnt.TxPackets.Add(s.sent)
	d.cnt.TxBytes.Add(s.bytes)
	if s.lost > 0 {
		d.cnt.TxDropped.Add(s.lost)
	}
	return int(min(s.sent, total)), nil
}

// path returns the known path for a packet, or finds one.
func (d *Device) path(s *txScratch, p *packet.Packet, now time.Time) *path {
	var k pathKey
	k.set(&p.Tunnel, p.PktMark)
	w := s.last
	if w == nil || k != s.lastKey {
		w = s.paths[k]
	}
	if w == nil || w.gen != d.rt.Gen() || now.After(w.until) {
		d.flush(s)
		w = d.find(k, now)
		if s.paths == nil || len(s.paths) > maxPaths {
			s.paths = map[pathKey]*path{}
		}
		if w.state == pathNoNeighbor {
			delete(s.paths, k)
			s.last = nil
			return w
		}
		s.paths[k] = w
	}
	s.last, s.lastKey = w, k
	return w
}

// one encapsulates a packet.
func (d *Device) one(s *txScratch, p *packet.Packet, now time.Time) {
	if !p.Tunnel.IsSet() {
		s.lost++
		return
	}
	w := d.path(s, p, now)
	switch w.state {
	case pathNoRoute:
		d.noRoute.Add(1)
		s.lost++
		return
	case pathNoNeighbor:
		d.wait.add(w, p, now)
		return
	}
	if p.Offload.GSOType == packet.GSONone {
		p.FinishChecksum()
		d.frame(s, w, p)
		return
	}
	d.flush(s) // the segments' buffers are used again below
	segs, err := p.Segment(s.segs[:0])
	if len(segs) > len(s.segs) {
		s.segs = segs
	}
	if err != nil {
		s.lost++
		return
	}
	if d.super(s, w, p, segs) {
		return
	}
	for _, q := range segs {
		q.Tunnel = p.Tunnel
		d.frame(s, w, q)
	}
	d.flush(s)
}

// frame queues one inner frame, which must stay until flush.
func (d *Device) frame(s *txScratch, w *path, p *packet.Packet) {
	inner := p.Bytes()
	if w.state == pathLocal || len(inner)+w.overhead(d.kind) > w.eg.MTU {
		if w.state != pathLocal && (p.Tunnel.Flags&packet.TunDF != 0) {
			d.oversize.Add(1)
			s.lost++
			return
		}
		// The kernel delivers to this host, and fragments, better than we.
		if d.bySocket(w, p) != nil {
			s.lost++
			return
		}
		s.sent++
		s.bytes += int64(len(inner))
		return
	}
	if s.n == maxBatch || s.n > 0 && s.via.fd != w.fd {
		d.flush(s)
	}
	s.via = w
	i := s.n
	s.n++
	h := w.outer(s.hdr[i][packet.VNetHdrLen:], d, &p.Tunnel, inner)
	s.iov[i][0].Base = &s.hdr[i][0]
	s.iov[i][0].SetLen(packet.VNetHdrLen + len(h))
	s.iov[i][1].Base = unsafe.SliceData(inner)
	s.iov[i][1].SetLen(len(inner))
	s.msgs[i].Hdr.Iov = &s.iov[i][0]
	s.msgs[i].Hdr.SetIovlen(2)
}

// flush sends what is queued.
func (d *Device) flush(s *txScratch) {
	n := s.n
	if n == 0 {
		return
	}
	s.n = 0
	fd, ok := s.via.fd.Acquire()
	if !ok {
		s.lost += int64(n)
		return
	}
	defer s.via.fd.Release()
	for at := 0; at < n; {
		k, err := linux.Sendmmsg(fd, s.msgs[at:n])
		if err != nil {
			s.lost++
			at++
			if err == unix.ENXIO || err == unix.ENODEV {
				d.egress.drop(s.via.eg.Ifindex)
				s.lost += int64(n - at)
				clear(s.paths)
				s.last = nil
				return
			}
			continue
		}
		for i := at; i < at+k; i++ {
			s.bytes += int64(s.iov[i][1].Len)
		}
		s.sent += int64(k)
		at += k
	}
}

// bySocket sends an encapsulated packet by the UDP socket. The outer source
// port is then the tunnel's own.
func (d *Device) bySocket(w *path, p *packet.Packet) error {
	q := d.rx[0]
	if w.v6 {
		if len(d.rx) < 2 {
			return unix.EAFNOSUPPORT
		}
		q = d.rx[1]
	}
	fd, ok := q.fd.Acquire()
	if !ok {
		return netdev.ErrClosed
	}
	defer q.fd.Release()
	t := &p.Tunnel
	port := int(d.port)
	if t.TPDst != 0 {
		port = int(t.TPDst)
	}
	hdr := make([]byte, d.kind.hdrLen)
	d.kind.put(hdr, t)
	var sa unix.Sockaddr
	var ctl []byte
	if w.v6 {
		sa = &unix.SockaddrInet6{Port: port, Addr: t.IPv6Dst}
		ctl = unix.PktInfo6(&unix.Inet6Pktinfo{Addr: w.src.As16()})
	} else {
		sa = &unix.SockaddrInet4{Port: port, Addr: v4(t.Dst).As4()}
		ctl = unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: w.src.As4()})
	}
	_, err := unix.SendmsgBuffers(fd, [][]byte{hdr, p.Bytes()}, ctl, sa, unix.MSG_DONTWAIT)
	return err
}
