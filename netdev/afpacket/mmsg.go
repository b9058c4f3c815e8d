package afpacket

import (
	"unsafe"

	"golang.org/x/sys/unix"

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

// mmsg receives by recvmmsg(2). It keeps the message headers filled in between
// calls, so that a call that gets one frame costs no more than that. The vnet
// header is read into the packet's headroom: one piece of memory a message is
// cheaper for the kernel than two.
type mmsg struct {
	msgs [maxBatch]linux.Mmsghdr
	iov  [maxBatch]unix.Iovec
	aux  [maxBatch][auxLen / 8]uint64
	pace linux.Pace
}

// received is what one call brought: packets, their bytes, and frames that
// cannot be had.
type received struct {
	got   int
	bytes int64
	bad   int64
	err   error
}

func (m *mmsg) recv(fd int, batch []*packet.Packet) (r received) {
	want := m.pace.Next(min(len(batch), maxBatch))
	for i, p := range batch[:want] {
		buf := p.VNetBuffer()
		if len(buf) < packet.VNetHdrLen+maxFrame {
			p.Reset(maxFrame)
			buf = p.VNetBuffer()
		}
		h := &m.msgs[i].Hdr
		h.Iov = &m.iov[i]
		h.SetIovlen(1)
		h.Control = (*byte)(unsafe.Pointer(&m.aux[i]))
		h.SetControllen(auxLen)
		m.iov[i].Base = unsafe.SliceData(buf)
		m.iov[i].SetLen(packet.VNetHdrLen + maxFrame)
	}
	n, err := linux.Recvmmsg(fd, m.msgs[:want])
	if err != nil {
		r.err = err
		return r
	}
	for i := range n {
		p := batch[i]
		n := int(m.msgs[i].Len) - packet.VNetHdrLen
		if n < 14 || m.msgs[i].Hdr.Flags&unix.MSG_TRUNC != 0 {
			r.bad++
			continue
		}
		p.Reset(n)
		if !p.Offload.ReadVNetHdr(p.VNetBuffer(), n) {
			r.bad++
			continue
		}
		if tpid, tci, ok := m.vlan(i); ok {
			p.PushVLAN(tpid, tci)
		}
		if r.got != i {
			batch[r.got], batch[i] = p, batch[r.got]
		}
		r.got++
		r.bytes += int64(p.Len())
	}
	m.pace.Took(r.got, r.bytes)
	return r
}

// vlan returns the tag that the kernel took out of frame i.
func (m *mmsg) vlan(i int) (tpid, tci uint16, ok bool) {
	if m.msgs[i].Hdr.Controllen < unix.SizeofCmsghdr {
		return 0, 0, false
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&m.aux[i]))
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
