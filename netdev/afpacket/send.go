package afpacket

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// A way is one of the sockets that a frame can be sent by.
type way int

const (
	ordinary way = iota // through the interface's queueing discipline
	direct              // past it
	bare                // past it, and without a vnet header, which is cheaper
	ways
)

// validTo is the length up to which it is not worth a vnet header to tell the receiver
// that a frame's checksum is right: adding it up takes no longer.
const validTo = 128

// wayOf returns the way of a frame. Past the queueing discipline the kernel does not
// cut super-frames for interfaces that cannot.
func wayOf(p *packet.Packet, bypass bool) way {
	o := &p.Offload
	switch {
	case !bypass || o.GSOType != packet.GSONone:
		return ordinary
	case o.CsumPartial || o.CsumValid && p.Len() > validTo:
		return direct
	}
	return bare
}

type txScratch struct {
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch][2]unix.Iovec
	vnet [maxBatch][packet.VNetHdrLen]byte
}

// Send implements netdev.Device. The kernel finishes what the interface's driver
// cannot do itself of a frame's checksum and segmentation.
func (d *Device) Send(txq int, batch []*packet.Packet) (int, error) {
	fd, ok := d.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer d.fd.Release()
	fds := [ways]int{fd, d.direct, d.bare}
	bypass := d.bypass.Load()
	s := d.tx.Get(txq)
	var sent, bytes int64
	total := int64(len(batch))
	var first error
	for len(batch) > 0 {
		w := wayOf(batch[0], bypass)
		n := 1
		for n < min(len(batch), maxBatch) && wayOf(batch[n], bypass) == w {
			n++
		}
		s.put(batch[:n], w)
		for at := 0; at < n; {
			k, err := linux.Sendmmsg(fds[w], s.msgs[at:n])
			if err != nil && w != ordinary && errors.Is(err, unix.ENOBUFS) {
				// The driver's ring is full: the discipline has a queue.
				batch, n, at, w = batch[at:], n-at, 0, ordinary
				s.put(batch[:n], w)
				continue
			}
			if err != nil {
				// It concerns the frame at the front: too long, or no room.
				if first == nil {
					first = err
				}
				at++
				continue
			}
			for _, p := range batch[at : at+k] {
				bytes += int64(p.Len())
			}
			sent += int64(k)
			at += k
		}
		batch = batch[n:]
	}
	d.cnt.TxPackets.Add(sent)
	d.cnt.TxBytes.Add(bytes)
	if sent < total {
		d.cnt.TxDropped.Add(total - sent)
	}
	return int(sent), first
}

// put makes the first messages those of a batch.
func (s *txScratch) put(batch []*packet.Packet, w way) {
	for i, p := range batch {
		m, iov := &s.msgs[i].Hdr, &s.iov[i]
		m.Iov = &iov[0]
		m.SetIovlen(1)
		b := p.Bytes()
		if w != bare {
			if all := p.WithVNetHdr(); all != nil {
				if p.Offload.GSOType == packet.GSONone {
					packet.SetLinear(all, p.Len())
				}
				b = all
			} else {
				p.Offload.WriteVNetHdr(s.vnet[i][:])
				m.SetIovlen(2)
				iov[1].Base = unsafe.SliceData(b)
				iov[1].SetLen(len(b))
				b = s.vnet[i][:]
			}
		}
		iov[0].Base = unsafe.SliceData(b)
		iov[0].SetLen(len(b))
	}
}
