package afpacket

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

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
	direct := -1
	if d.bypass.Load() {
		if direct, ok = d.direct.Acquire(); !ok {
			return 0, netdev.ErrClosed
		}
		defer d.direct.Release()
	}
	s := d.tx.Get(txq)
	var sent, bytes int64
	total := int64(len(batch))
	var first error
	for len(batch) > 0 {
		// Past the queueing discipline the kernel does not cut super-frames for
		// interfaces that cannot.
		super := batch[0].Offload.GSOType != packet.GSONone
		n := 0
		for n < min(len(batch), maxBatch) && (direct < 0 || (batch[n].Offload.GSOType != packet.GSONone) == super) {
			s.put(n, batch[n])
			n++
		}
		way := fd
		if direct >= 0 && !super {
			way = direct
		}
		for at := 0; at < n; {
			k, err := linux.Sendmmsg(way, s.msgs[at:n])
			if err != nil && way == direct && errors.Is(err, unix.ENOBUFS) {
				way = fd // the driver's ring is full: the discipline has a queue
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

// put makes message i that of p.
func (s *txScratch) put(i int, p *packet.Packet) {
	m := &s.msgs[i].Hdr
	m.Iov = &s.iov[i][0]
	if b := p.WithVNetHdr(); b != nil {
		if p.Offload.GSOType == packet.GSONone {
			packet.SetLinear(b, p.Len())
		}
		m.SetIovlen(1)
		s.iov[i][0].Base = unsafe.SliceData(b)
		s.iov[i][0].SetLen(len(b))
		return
	}
	p.Offload.WriteVNetHdr(s.vnet[i][:])
	b := p.Bytes()
	m.SetIovlen(2)
	s.iov[i][0].Base = &s.vnet[i][0]
	s.iov[i][0].SetLen(packet.VNetHdrLen)
	s.iov[i][1].Base = unsafe.SliceData(b)
	s.iov[i][1].SetLen(len(b))
}
