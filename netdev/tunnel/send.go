package tunnel

import (
	"encoding/binary"
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
	hdr  [maxBatch][packet.VNetHdrLen + maxOuter]byte // vnet header, zero but for packet.SetLinear
	outs [maxBatch]outgoing
	segs []*packet.Packet
	gso  gsoScratch
	out  outgoing

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
	if !p.Tunnel.IsSet() || p.Tunnel.IPv6Dst == [16]byte{} && !d.kind.v4 {
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
	if d.super(s, w, p) {
		return
	}
	d.flush(s) // the buffers below are used again
	segs, err := p.Segment(s.segs[:0])
	if len(segs) > len(s.segs) {
		s.segs = segs
	}
	if err != nil {
		s.lost++
		return
	}
	for i, q := range segs {
		if !d.frame(s, w, q) { // the others are no shorter, and one answer is enough
			s.lost += int64(len(segs) - i - 1)
			break
		}
	}
	d.flush(s)
}

// frame queues one inner frame, which must stay until flush. It reports
// false when it is too long.
func (d *Device) frame(s *txScratch, w *path, p *packet.Packet) bool {
	d.flushSuper(s)
	if w.state == pathLocal {
		d.viaSocket(s, w, p)
		return true
	}
	if s.n == maxBatch || s.n > 0 && s.via.fd != w.fd {
		d.flushFrames(s)
	}
	inner := p.Bytes()
	i := s.n
	s.out = outgoing{&p.Tunnel, p.TunOpts(), p.PacketType, inner}
	h, ok := w.outer(s.hdr[i][packet.VNetHdrLen:], d, &s.out)
	switch {
	case !ok:
		s.lost++
		return true
	case len(h)-ethLen+len(inner) > w.eg.MTU:
		if p.Tunnel.Flags&packet.TunDF != 0 {
			d.refuse(w, p, len(h)-ethLen)
			s.lost++
			return false
		}
		d.viaSocket(s, w, p)
		return true
	}
	s.via, s.outs[i] = w, s.out
	s.n++
	packet.SetLinear(s.hdr[i][:], len(h)+len(inner))
	s.iov[i][0].Base = &s.hdr[i][0]
	s.iov[i][0].SetLen(packet.VNetHdrLen + len(h))
	s.iov[i][1].Base = unsafe.SliceData(inner)
	s.iov[i][1].SetLen(len(inner))
	s.msgs[i].Hdr.Iov = &s.iov[i][0]
	s.msgs[i].Hdr.SetIovlen(2)
	return true
}

// viaSocket sends an inner frame by the device's socket: the kernel delivers to
// this host, and fragments, better than we.
func (d *Device) viaSocket(s *txScratch, w *path, p *packet.Packet) {
	if d.bySocket(s, w, p) != nil {
		s.lost++
		return
	}
	s.sent++
	s.bytes += int64(p.Len())
}

// flush sends what is queued: frames or an outer super-frame, never both, so that
// none overtakes another.
func (d *Device) flush(s *txScratch) {
	d.flushFrames(s)
	d.flushSuper(s)
}

// flushFrames sends frames, those that are alike as outer super-frames.
func (d *Device) flushFrames(s *txScratch) {
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
	if n < joinFrom || !d.overUDP() || d.supers.Load() == supersRefused {
		d.sendFrames(s, fd, 0, n)
		return
	}
	from := 0
	for at := 0; at < n; {
		k := s.alike(at, n)
		if k >= joinFrom {
			d.sendFrames(s, fd, from, at)
			from = at
			if d.join(s, at, k) {
				from = at + k
			}
		}
		at += k
	}
	d.sendFrames(s, fd, from, n)
}

// sendFrames sends frames from one to another, each by a message.
func (d *Device) sendFrames(s *txScratch, fd, at, to int) {
	for at < to {
		k, err := linux.Sendmmsg(fd, s.msgs[at:to])
		if err != nil {
			s.lost++
			at++
			if d.gone(s, s.via, err) {
				s.lost += int64(to - at)
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

// gone reports whether sending failed because the interface is no longer there, and
// forgets it then.
func (d *Device) gone(s *txScratch, w *path, err error) bool {
	if err != unix.ENXIO && err != unix.ENODEV {
		return false
	}
	d.egress.drop(w.eg.Ifindex)
	clear(s.paths)
	s.last = nil
	return true
}

// bySocket sends an encapsulated packet by the socket that receives. The outer
// source port is then the tunnel's own.
func (d *Device) bySocket(s *txScratch, w *path, p *packet.Packet) error {
	q := d.queue(w.v6)
	if q == nil {
		return unix.EAFNOSUPPORT
	}
	fd, ok := q.fd.Acquire()
	if !ok {
		return netdev.ErrClosed
	}
	defer q.fd.Release()
	t := &p.Tunnel
	s.out = outgoing{t, p.TunOpts(), p.PacketType, p.Bytes()}
	hdr, ok := d.kind.put(d, s.gso.next[:0], &s.out)
	if !ok {
		return unix.EPROTONOSUPPORT
	}
	port := int(d.port)
	if t.TPDst != 0 && d.overUDP() {
		port = int(t.TPDst)
	}
	var sa unix.Sockaddr
	var ctl []byte
	if w.v6 {
		sa = &unix.SockaddrInet6{Port: port, Addr: t.IPv6Dst}
		ctl = unix.PktInfo6(&unix.Inet6Pktinfo{Addr: w.src.As16()})
		ctl = appendControl(ctl, unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, int32(ttl(t)))
		ctl = appendControl(ctl, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, int32(t.TOS))
	} else {
		sa = &unix.SockaddrInet4{Port: port, Addr: v4(t.Dst).As4()}
		ctl = unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: w.src.As4()})
		ctl = appendControl(ctl, unix.IPPROTO_IP, unix.IP_TTL, int32(ttl(t)))
		ctl = appendControl(ctl, unix.IPPROTO_IP, unix.IP_TOS, int32(t.TOS))
	}
	_, err := unix.SendmsgBuffers(fd, [][]byte{hdr, p.Bytes()}, ctl, sa, unix.MSG_DONTWAIT)
	return err
}

// appendControl appends a control message that is an int.
func appendControl(ctl []byte, level, typ, v int32) []byte {
	n := len(ctl)
	ctl = append(ctl, make([]byte, unix.CmsgSpace(4))...)
	h := (*unix.Cmsghdr)(unsafe.Pointer(&ctl[n]))
	h.Level, h.Type = level, typ
	h.SetLen(unix.CmsgLen(4))
	binary.NativeEndian.PutUint32(ctl[n+unix.CmsgLen(0):], uint32(v))
	return ctl
}
