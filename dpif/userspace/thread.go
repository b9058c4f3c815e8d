package userspace

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/packet"
)

// batchSize is the most packets one pass handles: large enough to share the
// price of system calls and of counters, small enough that keys stay in the
// first-level cache.
const batchSize = 32

// retryAfter is how long a queue in error is left alone: an interface that was
// deleted or taken away reports readiness for ever.
const retryAfter = time.Second

// burst is the most batches of one queue before the others have their turn.
const burst = 4

// napFor is how long a nap is: at a million packets a second, a batch or two.
const napFor = 20 * time.Microsecond

// wakeID is the epoll identity of the wake-up descriptor.
const wakeID = -1

// thread is one packet thread: it sleeps in epoll until a queue of its ports has
// packets. Batch and buffers belong to it, not to the queues, so that ports cost
// no memory while they are silent.
type thread struct {
	dp    *Datapath
	x     exec
	ep    int
	wake  int
	done  chan struct{}
	quit  atomic.Bool
	batch [batchSize]*packet.Packet
	busy  int // packets since the last nap or sleep

	mu   sync.Mutex
	free []int32               // guarded by mu
	tab  atomic.Pointer[[]*rx] // by id; replaced under mu
	n    int                   // queues; guarded by mu
	gone map[int32]*time.Timer // queues in error, out of epoll; guarded by mu
}

func newThread(dp *Datapath, i int) (*thread, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err == nil {
		if err = epollAdd(ep, wake, wakeID); err != nil {
			unix.Close(wake)
		}
	}
	if err != nil {
		unix.Close(ep)
		return nil, err
	}
	t := &thread{dp: dp, ep: ep, wake: wake, done: make(chan struct{}), gone: map[int32]*time.Timer{}}
	t.tab.Store(&[]*rx{})
	t.x.init(dp, i)
	for j := range t.batch {
		t.batch[j] = &packet.Packet{}
	}
	go t.run()
	return t, nil
}

func (t *thread) queues() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

// add begins to poll r. A queue without a descriptor is not polled.
func (t *thread) add(r *rx) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.t = t
	old := *t.tab.Load()
	tab := append(make([]*rx, 0, len(old)+1), old...)
	if n := len(t.free); n > 0 {
		r.id = t.free[n-1]
		t.free = t.free[:n-1]
		tab[r.id] = r
	} else {
		r.id = int32(len(tab))
		tab = append(tab, r)
	}
	t.tab.Store(&tab)
	t.n++
	if r.fd = r.q.FD(); r.fd >= 0 {
		return epollAdd(t.ep, r.fd, r.id)
	}
	return nil
}

// follow polls the descriptor that r has now.
func (t *thread) follow(r *rx, fd int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if (*t.tab.Load())[r.id] != r || t.gone[r.id] != nil {
		return
	}
	epollDel(t.ep, r.fd)
	r.fd = fd
	epollAdd(t.ep, fd, r.id)
}

// del ends polling r; a batch that is being received may still be handled.
func (t *thread) del(r *rx) {
	if t == nil {
		return // add was not reached
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	tab := append([]*rx(nil), *t.tab.Load()...)
	if tab[r.id] != r {
		return
	}
	tab[r.id] = nil
	t.tab.Store(&tab)
	t.free = append(t.free, r.id)
	t.n--
	if tm := t.gone[r.id]; tm != nil {
		tm.Stop()
		delete(t.gone, r.id)
	} else if r.fd >= 0 {
		epollDel(t.ep, r.fd)
	}
}

// rest takes a queue in error out of epoll for a while.
func (t *thread) rest(r *rx) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if (*t.tab.Load())[r.id] != r || t.gone[r.id] != nil {
		return
	}
	epollDel(t.ep, r.fd)
	t.gone[r.id] = time.AfterFunc(retryAfter, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if (*t.tab.Load())[r.id] != r || t.gone[r.id] == nil {
			return
		}
		delete(t.gone, r.id)
		r.fd = r.q.FD()
		epollAdd(t.ep, r.fd, r.id)
	})
}

func (t *thread) stop() {
	t.quit.Store(true)
	one := [8]byte{1}
	unix.Write(t.wake, one[:])
	<-t.done
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tm := range t.gone {
		tm.Stop()
	}
	clear(t.gone)
	unix.Close(t.ep)
	unix.Close(t.wake)
	t.ep = -1
}

func (t *thread) run() {
	runtime.LockOSThread() // left locked: the thread ends with the goroutine
	// Naps are to be as short as they say.
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	defer close(t.done)
	var events [64]unix.EpollEvent
	for !t.quit.Load() {
		n := t.wait(events[:])
		tab := *t.tab.Load()
		for _, ev := range events[:n] {
			if ev.Fd == wakeID || int(ev.Fd) >= len(tab) || tab[ev.Fd] == nil {
				continue
			}
			t.poll(tab[ev.Fd])
		}
	}
}

// wait returns ready queues. It looks first without telling the Go scheduler,
// which is cheap under load, and then sleeps. After much work it takes a nap
// before: whoever sends to a sleeper pays for waking it, at this rate with nearly
// every packet.
func (t *thread) wait(events []unix.EpollEvent) int {
	if n := t.ready(events); n > 0 {
		return n
	}
	if busy := t.busy; busy >= batchSize {
		t.busy = 0
		ts := unix.Timespec{Nsec: int64(napFor)}
		unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
		if n := t.ready(events); n > 0 {
			return n
		}
	}
	t.busy = 0
	n, err := unix.EpollWait(t.ep, events, -1)
	if err != nil {
		return 0 // EINTR
	}
	return n
}

// ready returns the queues that are ready now.
func (t *thread) ready(events []unix.EpollEvent) int {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(t.ep), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), 0, 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

// poll handles a few batches of a queue; what is left is reported again.
func (t *thread) poll(r *rx) {
	n, err := r.q.Recv(t.batch[:])
	for i := 1; n == batchSize && err == nil && i < burst; i++ {
		t.busy += n
		t.x.receive(r.port, t.batch[:n])
		n, err = r.q.Recv(t.batch[:])
	}
	t.busy += n
	if n > 0 {
		t.x.receive(r.port, t.batch[:n])
	}
	for r.more != nil && err == nil && r.more() {
		if n, err = r.q.Recv(t.batch[:]); n > 0 {
			t.x.receive(r.port, t.batch[:n])
		}
	}
	if fd := r.q.FD(); fd != r.fd {
		t.follow(r, fd)
	}
	if err != nil && !errors.Is(err, netdev.ErrClosed) && !errors.Is(err, unix.ENETDOWN) && !errors.Is(err, unix.ENOBUFS) {
		t.rest(r)
	}
}
