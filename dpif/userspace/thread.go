package userspace

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/packet"
)

// batchSize is the most packets one pass handles: large enough to share the
// price of system calls and of counters, small enough that keys stay in the
// processor's own cache.
const batchSize = 64

// retryAfter is how long a queue in error is left alone: an interface that was
// deleted or taken away reports readiness for ever.
const retryAfter = time.Second

// burst is the most batches of one queue before the others have their turn.
const burst = 4

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
	busy  int       // packets since
	since time.Time // the rate was last looked at
	high  bool      // it was high then
	stay  stay
	// window began at some time, and worked is the work since; see note.
	window time.Time
	worked time.Duration
	cpu    int // that it is pinned to, or anyCPU
	node   int // of NUMA
	born   time.Time
	load   history // of work, and
	total  history // of work and idling; written under the datapath's lock
	// isolated: its queues are named by settings, others stay away.
	isolated atomic.Bool
	nap      atomic.Int64 // nanoseconds at a time under load, 0 none
	base     counted      // counters when they were cleared; guarded by the datapath's mu

	mu   sync.Mutex
	free []int32                 // guarded by mu
	tab  atomic.Pointer[[]*seat] // by id; replaced under mu
	gone map[int32]*time.Timer   // queues in error, out of epoll; guarded by mu
}

// newThread starts a thread that sends by transmit queues of number txq.
func newThread(dp *Datapath, txq, cpu int) (*thread, error) {
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
	t := &thread{dp: dp, ep: ep, wake: wake, done: make(chan struct{}), gone: map[int32]*time.Timer{}, cpu: cpu, node: dp.nodeOf(cpu), born: time.Now()}
	t.tab.Store(&[]*seat{})
	t.x.init(dp, txq)
	for j := range t.batch {
		t.batch[j] = &packet.Packet{}
	}
	go t.run()
	return t, nil
}

// seat is a queue's place in a thread. A queue that moves gets a new one, so that
// a thread that is still at work on it cannot mistake the other's for its own.
type seat struct {
	*rx
	id int32        // in the thread's table
	fd atomic.Int64 // what is polled; written under the thread's lock
}

// rxs returns the queues that it polls.
func (t *thread) rxs() (l []*rx) {
	for _, e := range *t.tab.Load() {
		if e != nil {
			l = append(l, e.rx)
		}
	}
	return l
}

// queues returns how many it polls.
func (t *thread) queues() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(*t.tab.Load()) - len(t.free)
}

// idle returns for how many nanoseconds it had nothing to do.
func (t *thread) idle() int64 { return int64(time.Since(t.born)) - t.x.count.busy.Load() }

// add begins to poll r. A queue without a descriptor is not polled.
func (t *thread) add(r *rx) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := &seat{rx: r}
	r.t, r.at = t, e
	old := *t.tab.Load()
	tab := append(make([]*seat, 0, len(old)+1), old...)
	if n := len(t.free); n > 0 {
		e.id = t.free[n-1]
		t.free = t.free[:n-1]
		tab[e.id] = e
	} else {
		e.id = int32(len(tab))
		tab = append(tab, e)
	}
	t.tab.Store(&tab)
	fd := r.q.FD()
	e.fd.Store(int64(fd))
	if fd >= 0 {
		return epollAdd(t.ep, fd, e.id)
	}
	return nil
}

// has reports whether e is still polled, and not at rest. The caller holds mu.
func (t *thread) has(e *seat) bool { return (*t.tab.Load())[e.id] == e && t.gone[e.id] == nil }

// follow polls the descriptor that a queue has now, and tells it so. If another
// thread has the queue by now, that will do it; see moved.
func (t *thread) follow(e *seat) {
	if fd := e.q.FD(); fd != int(e.fd.Load()) && !t.change(e, fd) {
		return
	}
	if e.settled != nil {
		e.settled()
	}
}

// change polls another descriptor of a queue, if the queue is still this thread's.
func (t *thread) change(e *seat, fd int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.has(e) {
		return false
	}
	epollDel(t.ep, int(e.fd.Load()))
	e.fd.Store(int64(fd))
	epollAdd(t.ep, fd, e.id)
	return true
}

// del ends polling r; a batch that is being received may still be handled.
func (t *thread) del(r *rx) {
	if t == nil {
		return // add was not reached
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e := r.at
	tab := append([]*seat(nil), *t.tab.Load()...)
	if tab[e.id] != e {
		return
	}
	tab[e.id] = nil
	t.tab.Store(&tab)
	t.free = append(t.free, e.id)
	if tm := t.gone[e.id]; tm != nil {
		tm.Stop()
		delete(t.gone, e.id)
	} else if fd := int(e.fd.Load()); fd >= 0 {
		epollDel(t.ep, fd)
	}
}

// rest takes a queue in error out of epoll for a while.
func (t *thread) rest(e *seat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.has(e) {
		return
	}
	epollDel(t.ep, int(e.fd.Load()))
	t.gone[e.id] = time.AfterFunc(retryAfter, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if (*t.tab.Load())[e.id] != e || t.gone[e.id] == nil {
			return
		}
		delete(t.gone, e.id)
		fd := e.q.FD()
		e.fd.Store(int64(fd))
		epollAdd(t.ep, fd, e.id)
	})
}

// wakeUp ends the thread's wait.
func (t *thread) wakeUp() {
	one := [8]byte{1}
	unix.Write(t.wake, one[:])
}

// woken tells queues that there is little to do, who may then receive by other means,
// and looks what descriptor those have that have come from another thread.
func (t *thread) woken() {
	var b [8]byte
	unix.Read(t.wake, b[:])
	for _, r := range *t.tab.Load() { // also of those who woke it just now
		if r == nil {
			continue
		}
		calm, moved := r.told.Swap(false), r.moved.Swap(false)
		if calm {
			r.mu.Lock()
			r.rx.calm.Calm()
			r.mu.Unlock()
		}
		if calm || moved {
			t.poll(r)
		}
	}
}

func (t *thread) stop() {
	t.quit.Store(true)
	t.wakeUp()
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
	defer close(t.done)
	// The Go scheduler takes the processor from whoever had it for 10 ms. A
	// goroutine that is wired to its thread comes back only after another thread
	// has run in between, which may take milliseconds on a busy machine; any other
	// goes on at once. So only pinned threads are wired.
	if t.cpu != anyCPU && t.dp.cfg.Nodes == nil {
		runtime.LockOSThread() // left locked: the thread ends with the goroutine
		if err := pin(t.cpu); err != nil {
			t.dp.cfg.Log("packet thread cannot be pinned to processor %d: %v", t.cpu, err)
		}
	}
	var events [64]unix.EpollEvent
	for !t.quit.Load() {
		n := t.wait(events[:])
		tab := *t.tab.Load()
		begin := time.Now()
		woke := begin
		before := t.busy
		for _, ev := range events[:n] {
			if ev.Fd == wakeID {
				t.woken()
				continue
			}
			if int(ev.Fd) >= len(tab) || tab[ev.Fd] == nil {
				continue
			}
			r := tab[ev.Fd]
			t.poll(r)
			now := time.Now()
			took := int64(now.Sub(begin))
			begin = now
			r.work.Add(took)
			t.x.count.busy.Add(took)
		}
		t.x.count.turns.Add(1)
		if t.busy == before {
			t.x.count.idleTurns.Add(1)
		}
		t.note(begin, begin.Sub(woke))
	}
}

// poll handles a few batches of a queue; what is left is reported again.
func (t *thread) poll(r *seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
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
	t.x.flush()
	t.follow(r)
	if err != nil && !errors.Is(err, netdev.ErrClosed) && !errors.Is(err, unix.ENETDOWN) && !errors.Is(err, unix.ENOBUFS) {
		t.rest(r)
	}
}
