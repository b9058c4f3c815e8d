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

// rxQueue is the UDP socket of one address family.
type rxQueue struct {
	d    *Device
	fd   *linux.FD
	v6   bool
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch]unix.Iovec
	from [maxBatch]unix.RawSockaddrInet6
	ctl  [maxBatch][controlLen / 8]uint64
}

func newRxQueue(d *Device, fd int, v6 bool) *rxQueue {
	return &rxQueue{d: d, fd: linux.NewFD(fd), v6: v6}
}

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.fd.Num() }

// Recv implements netdev.RxQueue.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := q.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.fd.Release()
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
	var count, bytes, bad int64
	for i := range got {
		p := batch[i]
		p.Reset(int(q.msgs[i].Len))
		q.outer(i, &p.Tunnel)
		if q.msgs[i].Hdr.Flags&unix.MSG_TRUNC != 0 || !q.d.kind.get(p) {
			bad++
			continue
		}
		unfinished(p)
		if int(count) != i {
			batch[count], batch[i] = p, batch[count]
		}
		count++
		bytes += int64(p.Len())
	}
	q.d.cnt.RxPackets.Add(count)
	q.d.cnt.RxBytes.Add(bytes)
	if bad > 0 {
		q.d.cnt.RxErrors.Add(bad)
	}
	return int(count), nil
}

// outer reads the outer headers of datagram i from what came beside it.
func (q *rxQueue) outer(i int, t *packet.Tunnel) {
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
			return
		}
		control(t, h.Level, h.Type, ctl[unix.SizeofCmsghdr:n])
		ctl = ctl[min((n+7)&^7, len(ctl)):]
	}
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
