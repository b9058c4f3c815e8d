package afpacket

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// maxBatch is the most frames one system call moves.
const maxBatch = 64

// auxLen is the space for one control message with struct tpacket_auxdata.
const auxLen = (unix.SizeofCmsghdr + int(unsafe.Sizeof(unix.TpacketAuxdata{})) + 7) &^ 7

// Bits of tpacket_auxdata.tp_status.
const (
	statusVLANValid     = 1 << 4
	statusVLANTPIDValid = 1 << 6
)

// rxQueue keeps the message headers filled in between calls, so that a call
// that gets one frame costs no more than that.
type rxQueue struct {
	d    *Device
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch][2]unix.Iovec
	vnet [maxBatch][packet.VNetHdrLen]byte
	aux  [maxBatch][auxLen / 8]uint64
}

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.d.fd.Num() }

// Recv implements netdev.RxQueue.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := q.d.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.d.fd.Release()
	want := min(len(batch), maxBatch)
	for i, p := range batch[:want] {
		buf := p.Buffer()
		if len(buf) < maxFrame {
			p.Reset(maxFrame)
			buf = p.Buffer()
		}
		m := &q.msgs[i].Hdr
		m.Iov = &q.iov[i][0]
		m.SetIovlen(2)
		m.Control = (*byte)(unsafe.Pointer(&q.aux[i]))
		m.SetControllen(auxLen)
		q.iov[i][0].Base = &q.vnet[i][0]
		q.iov[i][0].SetLen(packet.VNetHdrLen)
		q.iov[i][1].Base = unsafe.SliceData(buf)
		q.iov[i][1].SetLen(maxFrame)
	}
	got, err := linux.Recvmmsg(fd, q.msgs[:want])
	if err != nil {
		return 0, err
	}
	var count, bytes, bad int64
	for i := range got {
		p := batch[i]
		n := int(q.msgs[i].Len) - packet.VNetHdrLen
		if n < 14 || q.msgs[i].Hdr.Flags&unix.MSG_TRUNC != 0 {
			bad++
			continue
		}
		p.Reset(n)
		if !p.Offload.ReadVNetHdr(q.vnet[i][:], n) {
			bad++
			continue
		}
		if tpid, tci, ok := q.vlan(i); ok {
			p.PushVLAN(tpid, tci)
		}
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

// vlan returns the tag that the kernel took out of frame i.
func (q *rxQueue) vlan(i int) (tpid, tci uint16, ok bool) {
	if q.msgs[i].Hdr.Controllen < unix.SizeofCmsghdr {
		return 0, 0, false
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&q.aux[i]))
	if c.Level != unix.SOL_PACKET || c.Type != unix.PACKET_AUXDATA {
		return 0, 0, false
	}
	a := (*unix.TpacketAuxdata)(unsafe.Add(unsafe.Pointer(c), unix.SizeofCmsghdr))
	if a.Status&statusVLANValid == 0 {
		return 0, 0, false
	}
	tpid = unix.ETH_P_8021Q
	if a.Status&statusVLANTPIDValid != 0 {
		tpid = a.Vlan_tpid
	}
	return tpid, a.Vlan_tci, true
}
