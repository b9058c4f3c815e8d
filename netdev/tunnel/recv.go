package tunnel

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

const (
	maxBatch    = 64
	maxDatagram = 65535
	controlLen  = 128 // packet info, hop limit and traffic class, aligned
)

// rxQueue is the socket of one address family. Where the kernel joins
// datagrams of one flow (UDP_GRO), one receive may hold many frames.
type rxQueue struct {
	d    *Device
	fd   *linux.FD
	v6   bool
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch]unix.Iovec
	from [maxBatch]unix.RawSockaddrInet6
	ctl  [maxBatch][controlLen / 8]uint64

	in    [maxBatch]*packet.Packet // what one call received
	batch []*packet.Packet         // the caller's; its first out packets are to be delivered
	out   int
	free  []*packet.Packet // those of the caller's that hold nothing
	merge merger
	pace  linux.Pace
	// rest are frames that were received but did not fit the caller's batch, spare what
	// they can be kept in.
	rest, spare []*packet.Packet
	each        int // frames that a datagram brought lately, 0 nobody knows

	frames, bytes, bad int64 // of one call, as they came
}

func newRxQueue(d *Device, fd int, v6 bool) *rxQueue {
	// A kernel that cannot join datagrams delivers them one by one, and so do
	// sockets of other protocols.
	unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1)
	return &rxQueue{d: d, fd: linux.NewFD(fd), v6: v6}
}

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.fd.Num() }

// Pending reports whether Recv has packets that polling FD does not show.
func (q *rxQueue) Pending() bool { return len(q.rest) > 0 }

// Recv implements netdev.RxQueue.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := q.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.fd.Release()
	if len(q.rest) > 0 {
		return q.leftover(batch), nil
	}
	want := min(len(batch), maxBatch)
	most := q.pace.Next(want)
	if q.each > 1 { // what is left is for what is joined
		most = max(1, min(most, want/q.each))
	}
	for i, p := range batch[:want] {
		buf := p.Buffer()
		if len(buf) < maxDatagram {
			p.Reset(maxDatagram)
			buf = p.Buffer()
		}
		q.iov[i].Base = unsafe.SliceData(buf)
		q.iov[i].SetLen(maxDatagram)
		m := &q.msgs[i].Hdr
		m.Iov = &q.iov[i]
		m.SetIovlen(1)
		m.Name = (*byte)(unsafe.Pointer(&q.from[i]))
		m.Namelen = unix.SizeofSockaddrInet6
		m.Control = (*byte)(unsafe.Pointer(&q.ctl[i]))
		m.SetControllen(controlLen)
	}
	got, err := linux.Recvmmsg(fd, q.msgs[:most])
	if err != nil {
		return 0, err
	}
	q.batch, q.out, q.frames, q.bytes, q.bad = batch[:want], 0, 0, 0, 0
	copy(q.in[:], batch[:got])
	q.free = append(q.free[:0], batch[got:want]...)
	for i, p := range q.in[:got] {
		q.datagram(i, p)
	}
	q.merge.finish()
	q.pace.Took(got, q.bytes)
	if got > 0 {
		q.each = (q.out + len(q.rest) + got - 1) / got
	}
	copy(batch[q.out:], q.free)
	q.d.cnt.RxPackets.Add(q.frames)
	q.d.cnt.RxBytes.Add(q.bytes)
	if q.bad > 0 {
		q.d.cnt.RxErrors.Add(q.bad)
	}
	return q.out, nil
}

// datagram takes what datagram i brought in p: one frame or, where the kernel joined
// datagrams, many of the same length and a last one that may be shorter. Each is
// joined with those before it or begins anew, the first in p itself and others, for
// which p has no room, in a free packet.
func (q *rxQueue) datagram(i int, p *packet.Packet) {
	n := int(q.msgs[i].Len)
	if n == 0 || q.msgs[i].Hdr.Flags&unix.MSG_TRUNC != 0 {
		q.bad++
		q.free = append(q.free, p)
		return
	}
	p.Reset(n)
	each := q.outer(i, &p.Tunnel)
	if each == 0 {
		each = n
	}
	whole, t := p.Bytes(), p.Tunnel
	used := false  // p is to be delivered
	var hdr []byte // the tunnel header of what the merger joins
	for at := 0; at < n; at += each {
		seg := whole[at:min(at+each, n)]
		if inner := len(seg) - len(hdr); hdr != nil && inner > 0 && string(seg[:len(hdr)]) == string(hdr) &&
			q.merge.add(seg[len(hdr):], false) {
			q.frames++
			q.bytes += int64(inner)
			continue
		}
		if len(q.rest) > 0 || used && len(q.free) == 0 { // what follows must not overtake
			q.keep(seg, &t)
			hdr = nil
			continue
		}
		r := p
		if used {
			r, q.free = q.free[len(q.free)-1], q.free[:len(q.free)-1]
		}
		if at > 0 {
			r.Reset(len(seg))
			r.Tunnel = t
			copy(r.Bytes(), seg) // within p forward, over what was joined already
			seg = r.Bytes()
		}
		r.SetLen(len(seg))
		good, delivered := q.deliver(r)
		hdr = nil
		if good && len(seg) > r.Len() {
			hdr = seg[:len(seg)-r.Len()]
		}
		switch {
		case r == p:
			used = delivered
		case !delivered:
			q.free = append(q.free, r)
		}
	}
	if !used {
		q.free = append(q.free, p)
	}
}

// deliver decapsulates a frame and joins it with the one before or makes it the next
// that is delivered.
func (q *rxQueue) deliver(p *packet.Packet) (good, delivered bool) {
	switch q.get(p) {
	case verdictBad:
		q.bad++
		return false, false
	case verdictIgnore:
		return false, false
	}
	q.frames++
	q.bytes += int64(p.Len())
	unfinished(p)
	if q.out > 0 && q.merge.p == q.batch[q.out-1] && q.merge.follows(p) && q.merge.add(p.Bytes(), p.Offload.CsumPartial) {
		return true, false
	}
	q.merge.finish()
	q.batch[q.out] = p
	q.out++
	q.merge.start(p)
	return true, true
}

// get decapsulates p, of which p.Tunnel has what came beside it.
func (q *rxQueue) get(p *packet.Packet) verdict {
	if !q.v6 && !q.d.overUDP() {
		// A raw socket of IPv4 delivers the header, too.
		h := packet.IPv4(p.Bytes())
		if !h.Valid() {
			return verdictBad
		}
		t := &p.Tunnel
		t.Src, t.Dst, t.TOS, t.TTL = h.Src(), h.Dst(), h.TOS(), h.TTL()
		p.Pull(h.HeaderLen())
	}
	return q.d.kind.get(q.d, p)
}

// maxSpare is how many packets are kept to put frames aside in.
const maxSpare = 4 * maxBatch

// keep puts a frame with its tunnel header aside for the next Recv.
func (q *rxQueue) keep(b []byte, t *packet.Tunnel) {
	var r *packet.Packet
	if n := len(q.spare); n > 0 {
		r, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		r = &packet.Packet{}
	}
	r.Reset(len(b))
	copy(r.Bytes(), b)
	r.Tunnel = *t
	switch q.get(r) {
	case verdictGood:
		q.frames++
		q.bytes += int64(r.Len())
		unfinished(r)
		q.rest = append(q.rest, r)
		return
	case verdictBad:
		q.bad++
	}
	q.reuse(r)
}

func (q *rxQueue) reuse(r *packet.Packet) {
	if len(q.spare) < maxSpare {
		q.spare = append(q.spare, r)
	}
}

// leftover delivers what was put aside.
func (q *rxQueue) leftover(batch []*packet.Packet) int {
	n := min(len(batch), len(q.rest))
	for i, r := range q.rest[:n] {
		r.CopyTo(batch[i])
		q.reuse(r)
	}
	left := copy(q.rest, q.rest[n:])
	clear(q.rest[left:])
	q.rest = q.rest[:left]
	return n
}

// outer reads the outer headers of datagram i from what came beside it. It
// returns the length of each of the datagrams that the kernel joined into it, 0
// for one that is alone.
func (q *rxQueue) outer(i int, t *packet.Tunnel) (each int) {
	t.TPDst = q.d.port
	if q.v6 {
		sa := &q.from[i]
		t.IPv6Src = sa.Addr
		t.TPSrc = ntohs(sa.Port)
	} else {
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&q.from[i]))
		t.Src = be.Uint32(sa.Addr[:])
		t.TPSrc = ntohs(sa.Port)
	}
	ctl := unsafe.Slice((*byte)(unsafe.Pointer(&q.ctl[i])), min(int(q.msgs[i].Hdr.Controllen), controlLen))
	for len(ctl) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&ctl[0]))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(ctl) {
			return each
		}
		if h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && n >= unix.SizeofCmsghdr+4 {
			each = int(binary.NativeEndian.Uint32(ctl[unix.SizeofCmsghdr:]))
		}
		control(t, h.Level, h.Type, ctl[unix.SizeofCmsghdr:n])
		ctl = ctl[min((n+7)&^7, len(ctl)):]
	}
	return each
}

// control reads one control message of a received datagram.
func control(t *packet.Tunnel, level, typ int32, b []byte) {
	switch {
	case level == unix.IPPROTO_IP && typ == unix.IP_PKTINFO && len(b) >= unix.SizeofInet4Pktinfo:
		t.Dst = be.Uint32(b[8:]) // ipi_addr, what the header said
	case level == unix.IPPROTO_IP && typ == unix.IP_TTL && len(b) >= 4:
		t.TTL = uint8(binary.NativeEndian.Uint32(b))
	case level == unix.IPPROTO_IP && typ == unix.IP_TOS && len(b) >= 1:
		t.TOS = b[0]
	case level == unix.IPPROTO_IPV6 && typ == unix.IPV6_PKTINFO && len(b) >= unix.SizeofInet6Pktinfo:
		t.IPv6Dst = [16]byte(b)
	case level == unix.IPPROTO_IPV6 && typ == unix.IPV6_HOPLIMIT && len(b) >= 4:
		t.TTL = uint8(binary.NativeEndian.Uint32(b))
	case level == unix.IPPROTO_IPV6 && typ == unix.IPV6_TCLASS && len(b) >= 4:
		t.TOS = uint8(binary.NativeEndian.Uint32(b))
	}
}

func ntohs(v uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], v)
	return be.Uint16(b[:])
}
