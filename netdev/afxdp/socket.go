package afxdp

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/internal/prefetch"
	"govs/netdev/linux"
)

// SocketConfig says what socket to open.
type SocketConfig struct {
	Ifindex int
	Queue   int
	// Frame is the size of the pieces that frames are kept in, a power of two
	// from 2048 to the page size.
	Frame int
	// Depth is the length of each ring, a power of two. There are twice as many
	// pieces of memory: half of them receive, half send.
	Depth      int
	ZeroCopy   bool
	NeedWakeup bool
}

// Socket is an AF_XDP socket with memory of its own. Receive methods belong to
// one goroutine at a time, those that send to one, too, which may be another.
type Socket struct {
	fd    *linux.FD
	send  int // the descriptor that sends, -1 before there is one; see openTx
	frame int
	umem  []byte
	maps  [][]byte
	end   sync.Once

	rx, fill, tx, comp ring

	free   []uint64 // pieces to send with
	staged uint32   // descriptors written, not shown to the kernel yet
}

// ring is one of the four rings shared with the kernel (linux/if_xdp.h): we
// produce for it or consume from it, and keep our own position.
type ring struct {
	prod, cons, flags *uint32
	mask              uint32
	desc              unsafe.Pointer // [depth]uint64 or [depth]unix.XDPDesc
}

func (r *ring) addr(i uint32) *uint64 {
	return (*uint64)(unsafe.Add(r.desc, uintptr(i&r.mask)*8))
}

func (r *ring) at(i uint32) *unix.XDPDesc {
	return (*unix.XDPDesc)(unsafe.Add(r.desc, uintptr(i&r.mask)*unsafe.Sizeof(unix.XDPDesc{})))
}

func (r *ring) needWakeup() bool { return atomic.LoadUint32(r.flags)&unix.XDP_RING_NEED_WAKEUP != 0 }

// OpenSocket opens a socket on a queue of an interface.
func OpenSocket(cfg SocketConfig) (*Socket, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open AF_XDP socket: %w", err)
	}
	s := &Socket{fd: linux.NewFD(fd), send: -1, frame: cfg.Frame}
	if err := s.open(fd, &cfg); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Socket) open(fd int, cfg *SocketConfig) (err error) {
	s.umem, err = unix.Mmap(-1, 0, 2*cfg.Depth*cfg.Frame, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return fmt.Errorf("map frames: %w", err)
	}
	// Each frame is on another page, more pages than the processor remembers.
	unix.Madvise(s.umem, unix.MADV_HUGEPAGE)
	reg := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&s.umem[0]))), Len: uint64(len(s.umem)), Size: uint32(cfg.Frame)}
	if err := setsockopt(fd, unix.XDP_UMEM_REG, unsafe.Pointer(&reg), unsafe.Sizeof(reg)); err != nil {
		return fmt.Errorf("register frames: %w", err)
	}
	for _, o := range []int{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_COMPLETION_RING, unix.XDP_RX_RING} {
		if err := unix.SetsockoptInt(fd, unix.SOL_XDP, o, cfg.Depth); err != nil {
			return fmt.Errorf("make ring: %w", err)
		}
	}
	var off unix.XDPMmapOffsets
	size := uint32(unsafe.Sizeof(off))
	if _, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_MMAP_OFFSETS,
		uintptr(unsafe.Pointer(&off)), uintptr(unsafe.Pointer(&size)), 0); e != 0 {
		return fmt.Errorf("offsets of rings: %w", e)
	}
	for _, m := range []struct {
		r    *ring
		off  *unix.XDPRingOffset
		page int64
		elem int
	}{
		{&s.rx, &off.Rx, unix.XDP_PGOFF_RX_RING, 16},
		{&s.fill, &off.Fr, unix.XDP_UMEM_PGOFF_FILL_RING, 8},
		{&s.comp, &off.Cr, unix.XDP_UMEM_PGOFF_COMPLETION_RING, 8},
	} {
		if err := s.mapRing(m.r, fd, m.off, m.page, cfg.Depth, m.elem); err != nil {
			return err
		}
	}
	for i := range cfg.Depth {
		*s.fill.addr(uint32(i)) = uint64(i * cfg.Frame)
		s.free = append(s.free, uint64((cfg.Depth+i)*cfg.Frame))
	}
	atomic.StoreUint32(s.fill.prod, uint32(cfg.Depth))
	sa := &unix.SockaddrXDP{Ifindex: uint32(cfg.Ifindex), QueueID: uint32(cfg.Queue), Flags: unix.XDP_COPY}
	if cfg.ZeroCopy {
		sa.Flags = unix.XDP_ZEROCOPY
	}
	if cfg.NeedWakeup {
		sa.Flags |= unix.XDP_USE_NEED_WAKEUP
	}
	for range 100 {
		// The kernel lets go of a socket that was closed a little later.
		if err = unix.Bind(fd, sa); err != unix.EBUSY {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("bind to queue %d: %w", cfg.Queue, err)
	}
	return s.openTx(fd, cfg, &off.Tx)
}

// openTx opens the socket that sends. The kernel tells whoever polls a socket of
// each frame that was sent, which costs as much as our whole work on it; nobody
// polls this one. It shares the memory and queue of the one that receives, bound
// to rx.
func (s *Socket) openTx(rx int, cfg *SocketConfig, off *unix.XDPRingOffset) (err error) {
	if s.send, err = unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open AF_XDP socket: %w", err)
	}
	if err := unix.SetsockoptInt(s.send, unix.SOL_XDP, unix.XDP_TX_RING, cfg.Depth); err != nil {
		return fmt.Errorf("make ring: %w", err)
	}
	// Frames a call may send; kernels that do not know it send 32.
	unix.SetsockoptInt(s.send, unix.SOL_XDP, unix.XDP_MAX_TX_SKB_BUDGET, min(cfg.Depth, 256))
	if err := s.mapRing(&s.tx, s.send, off, unix.XDP_PGOFF_TX_RING, cfg.Depth, 16); err != nil {
		return err
	}
	err = unix.Bind(s.send, &unix.SockaddrXDP{
		Ifindex: uint32(cfg.Ifindex), QueueID: uint32(cfg.Queue), Flags: unix.XDP_SHARED_UMEM, SharedUmemFD: uint32(rx),
	})
	if err != nil {
		return fmt.Errorf("bind to send by queue %d: %w", cfg.Queue, err)
	}
	return nil
}

// mapRing makes r the ring of a socket that the kernel has at page.
func (s *Socket) mapRing(r *ring, fd int, off *unix.XDPRingOffset, page int64, depth, elem int) error {
	mem, err := unix.Mmap(fd, page, int(off.Desc)+depth*elem, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("map ring: %w", err)
	}
	s.maps = append(s.maps, mem)
	at := func(o uint64) unsafe.Pointer { return unsafe.Pointer(&mem[o]) }
	*r = ring{
		prod: (*uint32)(at(off.Producer)), cons: (*uint32)(at(off.Consumer)), flags: (*uint32)(at(off.Flags)),
		mask: uint32(depth - 1), desc: at(off.Desc),
	}
	return nil
}

func setsockopt(fd, opt int, p unsafe.Pointer, n uintptr) error {
	if _, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(opt), uintptr(p), n, 0); e != 0 {
		return e
	}
	return nil
}

// FD returns the descriptor to poll.
func (s *Socket) FD() int { return s.fd.Num() }

// Close waits until nobody uses the socket; see Enter.
func (s *Socket) Close() {
	s.end.Do(func() {
		s.fd.Close()
		if s.send >= 0 {
			unix.Close(s.send)
		}
		for _, m := range s.maps {
			unix.Munmap(m)
		}
		if s.umem != nil {
			unix.Munmap(s.umem)
		}
	})
}

// Enter keeps Close waiting until Leave; it reports false after Close. The other
// methods must be called between the two.
func (s *Socket) Enter() bool {
	_, ok := s.fd.Acquire()
	return ok
}

// Leave ends what Enter began.
func (s *Socket) Leave() { s.fd.Release() }

// Received returns how many frames there are to read, at most limit.
func (s *Socket) Received(limit int) int {
	return min(limit, int(atomic.LoadUint32(s.rx.prod)-*s.rx.cons))
}

// Frame returns the i-th frame that was received. It is valid until Release.
func (s *Socket) Frame(i int) []byte {
	d := s.rx.at(*s.rx.cons + uint32(i))
	if d.Addr+uint64(d.Len) > uint64(len(s.umem)) {
		return nil
	}
	return s.umem[d.Addr : d.Addr+uint64(d.Len)]
}

// Fetch begins to load the i-th frame from the other processor's cache.
func (s *Socket) Fetch(i int) {
	prefetch.Line(unsafe.Pointer(unsafe.SliceData(s.Frame(i))))
}

// Release gives the first n frames back to the kernel to receive in.
func (s *Socket) Release(n int) {
	cons, prod := *s.rx.cons, *s.fill.prod
	for i := range uint32(n) {
		// A driver may put frames at an offset in their piece.
		*s.fill.addr(prod + i) = s.rx.at(cons+i).Addr &^ uint64(s.frame-1)
	}
	atomic.StoreUint32(s.fill.prod, prod+uint32(n))
	atomic.StoreUint32(s.rx.cons, cons+uint32(n))
}

// Wake has the driver look at the pieces that were given back, where it asks for
// that.
func (s *Socket) Wake() {
	if s.fill.needWakeup() {
		unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd.Num()), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	}
}

// Put stages a frame to be sent; false when there is no room, or the frame is too
// long for a piece.
func (s *Socket) Put(b []byte) bool {
	if len(s.free) == 0 {
		if s.reap(); len(s.free) == 0 {
			return false
		}
	}
	if len(b) > s.frame {
		return false
	}
	i := *s.tx.prod + s.staged
	if i-atomic.LoadUint32(s.tx.cons) > s.tx.mask {
		return false
	}
	a := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	copy(s.umem[a:], b)
	*s.tx.at(i) = unix.XDPDesc{Addr: a, Len: uint32(len(b))}
	s.staged++
	return true
}

// reap takes back the pieces of frames that were sent.
func (s *Socket) reap() {
	cons := *s.comp.cons
	n := atomic.LoadUint32(s.comp.prod) - cons
	for i := range n {
		s.free = append(s.free, *s.comp.addr(cons + i)&^uint64(s.frame-1))
	}
	atomic.StoreUint32(s.comp.cons, cons+n)
}

// Errors of Flush, boxed once.
var (
	errNetdown error = unix.ENETDOWN
	errIO      error = unix.EIO
)

// kicks bounds the calls for one Flush; 32 frames go with each where the kernel
// knows no other budget.
const kicks = 16

// Flush sends what was staged. What an error leaves behind goes with the next
// Flush.
func (s *Socket) Flush() error {
	if s.staged > 0 {
		atomic.StoreUint32(s.tx.prod, *s.tx.prod+s.staged)
		s.staged = 0
	}
	for range kicks {
		if atomic.LoadUint32(s.tx.cons) == *s.tx.prod || !s.tx.needWakeup() {
			break
		}
		_, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.send), 0, 0, unix.MSG_DONTWAIT, 0, 0)
		switch e {
		case 0, unix.EAGAIN, unix.EBUSY, unix.ENOBUFS:
		case unix.ENETDOWN:
			return errNetdown
		default:
			return errIO
		}
		if e == unix.EBUSY || e == unix.ENOBUFS {
			break
		}
	}
	s.reap() // pieces that were just used are still near
	return nil
}

// Unsent returns how many frames wait in the ring.
func (s *Socket) Unsent() int { return int(*s.tx.prod - atomic.LoadUint32(s.tx.cons)) }

// Statistics returns the kernel's counters of both directions.
func (s *Socket) Statistics() (st unix.XDPStatistics, err error) {
	if st, err = statistics(s.fd.Num()); err != nil {
		return st, err
	}
	tx, err := statistics(s.send)
	st.Tx_invalid_descs, st.Tx_ring_empty_descs = tx.Tx_invalid_descs, tx.Tx_ring_empty_descs
	return st, err
}

func statistics(fd int) (st unix.XDPStatistics, err error) {
	size := uint32(unsafe.Sizeof(st))
	if _, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_STATISTICS,
		uintptr(unsafe.Pointer(&st)), uintptr(unsafe.Pointer(&size)), 0); e != 0 {
		err = e
	}
	return st, err
}
