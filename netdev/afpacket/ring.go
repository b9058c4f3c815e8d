package afpacket

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/internal/prefetch"
	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// A ring is a packet socket that the kernel writes frames of into memory shared
// with us. That takes no system call a batch, but locked memory, so only ports
// with load have one. It is of version 2: the blocks of version 3 are cheaper to
// fill, but show a frame only when a timer ends, a millisecond late.
//
// A frame that is longer than a slot, as super-frames are, comes by the socket's
// ordinary queue; its slot says so.
type ring struct {
	fd   *linux.FD
	mem  []byte
	slot int // bytes of a slot
	n    int // slots
	head int // next slot to read
	long *mmsg
	end  sync.Once
}

const (
	ringBytes = 8 << 20
	// ringsBytes bounds the memory of all rings of the process.
	ringsBytes = 256 << 20
	// slotExtra is what a slot holds besides the frame: its header, the vnet
	// header, and padding.
	slotExtra = 128
	minSlot   = 2048
	maxSlot   = 1 << 16
)

// rings is the memory in rings.
var rings atomic.Int64

var errRings = fmt.Errorf("memory for rings is used up (%d MB)", ringsBytes>>20)

// openRing makes a ring for frames of an MTU, deaf for the time being.
func openRing(ifindex, mtu int) (*ring, error) {
	if rings.Add(ringBytes) > ringsBytes {
		rings.Add(-ringBytes)
		return nil, errRings
	}
	fd, err := newSocket(optionsRx)
	if err != nil {
		rings.Add(-ringBytes)
		return nil, err
	}
	r := &ring{slot: minSlot, long: &mmsg{}}
	for r.slot < maxSlot && r.slot < mtu+18+slotExtra {
		r.slot *= 2
	}
	r.n = ringBytes / r.slot
	block := max(r.slot, unix.Getpagesize())
	err = deaf(fd)
	for _, o := range []option{
		{unix.PACKET_VERSION, unix.TPACKET_V2, "PACKET_VERSION"},
		{unix.PACKET_COPY_THRESH, 1, "PACKET_COPY_THRESH"},
	} {
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_PACKET, o.opt, o.val)
		}
	}
	if err == nil {
		err = setRing(fd, &unix.TpacketReq{
			Block_size: uint32(block), Block_nr: uint32(ringBytes / block), Frame_size: uint32(r.slot), Frame_nr: uint32(r.n),
		})
	}
	if err == nil {
		r.mem, err = unix.Mmap(fd, 0, ringBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err == nil {
		err = bindTo(fd, ifindex, unix.ETH_P_ALL)
	}
	r.fd = linux.NewFD(fd)
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func setRing(fd int, req *unix.TpacketReq) error {
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_PACKET, unix.PACKET_RX_RING,
		uintptr(unsafe.Pointer(req)), unsafe.Sizeof(*req), 0)
	if e != 0 {
		return e
	}
	return nil
}

// close waits until nobody reads.
func (r *ring) close() {
	r.end.Do(func() {
		r.fd.Close()
		if r.mem != nil {
			unix.Munmap(r.mem)
		}
		rings.Add(-ringBytes)
	})
}

// slotHdr is struct tpacket2_hdr of linux/if_packet.h.
type slotHdr struct {
	status       uint32
	len, snaplen uint32
	mac, net     uint16
	sec, nsec    uint32
	tci, tpid    uint16
	_            uint32
}

const statusCopy = 1 << 1 // TP_STATUS_COPY

// ahead is how many slots before its turn one is fetched.
const ahead = 8

// fetch begins to load a slot from the other processor's cache, which takes
// longer than receiving a packet.
func (r *ring) fetch(i int) {
	if i >= r.n {
		i -= r.n
	}
	prefetch.Lines(unsafe.Pointer(&r.mem[i*r.slot]), 3) // its header and a small frame
}

// release gives the last n slots that were read back to the kernel.
func (r *ring) release(n int) {
	if first := r.head - n; first < 0 {
		giveBack(r.status(first+r.n), r.slot, -first)
		n = r.head
	}
	if n > 0 {
		giveBack(r.status(r.head-n), r.slot, n)
	}
}

// status returns whose slot i is.
func (r *ring) status(i int) *uint32 {
	return (*uint32)(unsafe.Pointer(&r.mem[i*r.slot]))
}

// recv is RxQueue.Recv of a ring. Frames that cannot be had count as bad.
func (r *ring) recv(batch []*packet.Packet) (got int, bytes, bad int64, err error) {
	fd, ok := r.fd.Acquire()
	if !ok {
		return 0, 0, 0, netdev.ErrClosed
	}
	defer r.fd.Release()
	seen := 0
	for got < len(batch) && seen < r.n {
		s := r.mem[r.head*r.slot:][:r.slot]
		h := (*slotHdr)(unsafe.Pointer(&s[0]))
		status := atomic.LoadUint32(&h.status)
		if status&unix.TP_STATUS_USER == 0 {
			break
		}
		r.fetch(r.head + ahead)
		p := batch[got]
		n, mac := int(h.len), int(h.mac)
		switch {
		case status&statusCopy != 0:
			if k := r.long.recv(fd, batch[got:got+1]); k.got == 1 {
				got++
				bytes += int64(p.Len())
			} else {
				bad++
				err = k.err
			}
		case h.snaplen != h.len || n < 14 || mac < packet.VNetHdrLen || mac+n > len(s):
			bad++
		default:
			p.Reset(n)
			copy(p.Bytes(), s[mac:mac+n])
			if !p.Offload.ReadVNetHdr(s[mac-packet.VNetHdrLen:mac], n) {
				bad++
				break
			}
			if status&statusVLANValid != 0 {
				tpid := uint16(unix.ETH_P_8021Q)
				if status&statusVLANTPIDValid != 0 {
					tpid = h.tpid
				}
				p.PushVLAN(tpid, h.tci)
			}
			got++
			bytes += int64(p.Len())
		}
		seen++
		if r.head++; r.head == r.n {
			r.head = 0
		}
		if err != nil {
			break
		}
	}
	r.release(seen)
	if got == 0 && bad == 0 {
		// The socket may have woken us with an error, such as the interface's
		// going down.
		if e, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); e != 0 {
			err = unix.Errno(e)
		}
	}
	return got, bytes, bad, err
}
