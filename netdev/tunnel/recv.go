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

	merge merger
	// rest are frames that were received but did not fit the caller's batch.
	rest []*packet.Packet
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
	got, err := linux.Recvmmsg(fd, q.msgs[:want])
	if err != nil {
		return 0, err
	}
	out := 0
	var bytes, bad int64
	for i := range got {
		p := batch[i]
		n := int(q.msgs[i].Len)
		p.Reset(n)
		each := q.outer(i, &p.Tunnel)
		if each == 0 || each > n {
			each = n
		}
		whole := p.Bytes()
		p.SetLen(each)
		switch q.get(p, q.msgs[i].Hdr.Flags) {
		case verdictBad:
			bad++
			continue
		case verdictIgnore:
			continue
		}
		hdr := each - p.Len()
		bytes += int64(p.Len())
		unfinished(p)
		// Join it with the frame before, or begin anew.
		if out > 0 && q.merge.p == batch[out-1] && q.merge.follows(p) && q.merge.add(p.Bytes(), p.Offload.CsumPartial) {
			if each == n {
				continue
			}
		} else {
			q.merge.finish()
			batch[out], batch[i] = p, batch[out]
			q.merge.start(p)
			out++
		}
		for at := each; at < n; at += each {
			seg := whole[at:min(at+each, n)]
			bytes += int64(max(0, len(seg)-hdr))
			if hdr >= 0 && len(q.rest) == 0 && len(seg) > hdr && string(seg[:hdr]) == string(whole[:hdr]) && q.merge.add(seg[hdr:], false) {
				continue
			}
			q.keep(seg, &p.Tunnel, &bad)
		}
		if len(q.rest) > 0 {
			// What follows must not overtake; it has to wait as well.
			for k := i + 1; k < got; k++ {
				r := batch[k]
				n := int(q.msgs[k].Len)
				r.Reset(n)
				each := q.outer(k, &r.Tunnel)
				if each == 0 {
					each = n
				}
				for at := 0; at < n; at += each {
					bytes += int64(max(0, min(each, n-at)-hdr))
					q.keep(r.Bytes()[at:min(at+each, n)], &r.Tunnel, &bad)
				}
			}
			break
		}
	}
	q.merge.finish()
	q.d.cnt.RxPackets.Add(int64(out))
	q.d.cnt.RxBytes.Add(bytes)
	if bad > 0 {
		q.d.cnt.RxErrors.Add(bad)
	}
	return out, nil
}

// get decapsulates p, of which p.Tunnel has what came beside it.
func (q *rxQueue) get(p *packet.Packet, flags int32) verdict {
	if flags&unix.MSG_TRUNC != 0 {
		return verdictBad
	}
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

// keep puts a frame with its tunnel header aside for the next Recv. t may have
// been filled in from another frame's header, so only what came beside it counts.
func (q *rxQueue) keep(b []byte, t *packet.Tunnel, bad *int64) {
	r := packet.New(b)
	r.Tunnel = packet.Tunnel{Src: t.Src, Dst: t.Dst, IPv6Src: t.IPv6Src, IPv6Dst: t.IPv6Dst,
		TOS: t.TOS, TTL: t.TTL, TPSrc: t.TPSrc, TPDst: t.TPDst}
	switch q.get(r, 0) {
	case verdictGood:
		unfinished(r)
		q.rest = append(q.rest, r)
	case verdictBad:
		*bad++
	}
}

// leftover delivers what was put aside.
func (q *rxQueue) leftover(batch []*packet.Packet) int {
	n := min(len(batch), len(q.rest))
	for i, r := range q.rest[:n] {
		r.CopyTo(batch[i])
		q.rest[i] = nil
	}
	if q.rest = q.rest[n:]; len(q.rest) == 0 {
		q.rest = nil
	}
	q.d.cnt.RxPackets.Add(int64(n))
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
