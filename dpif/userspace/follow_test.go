package userspace

import (
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"govs/dpif"
	"govs/netdev"
	"govs/packet"
)

// changing is a queue that has another descriptor after its first Recv, which takes
// until the test says so.
type changing struct {
	fd       atomic.Int64
	next     int64
	in, goOn chan struct{}
	once     atomic.Bool
	settled  atomic.Int64 // what FD said when it was told so last
}

func (q *changing) FD() int  { return int(q.fd.Load()) }
func (q *changing) Settled() { q.settled.Store(q.fd.Load()) }

func (q *changing) Recv([]*packet.Packet) (int, error) {
	if !q.once.Swap(true) {
		var b [8]byte
		unix.Read(int(q.fd.Load()), b[:]) // it is not readable again
		close(q.in)
		<-q.goOn
		q.fd.Store(q.next)
	}
	return 0, nil
}

type changingDevice struct {
	sink
	q *changing
}

func (d *changingDevice) RxQueues() []netdev.RxQueue { return []netdev.RxQueue{d.q} }

// A queue that gets another descriptor while it moves to another thread is polled by
// that one.
func TestFollowMoved(t *testing.T) {
	for _, moves := range []bool{false, true} {
		var fds [2]int
		for i := range fds {
			fd, err := unix.Eventfd(1, unix.EFD_NONBLOCK) // readable
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			fds[i] = fd
		}
		dp, err := New(Config{Name: "follow", Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer dp.Close()
		q := &changing{next: int64(fds[1]), in: make(chan struct{}), goOn: make(chan struct{})}
		q.fd.Store(int64(fds[0]))
		no, err := dp.PortAdd("p", &changingDevice{q: q}, dpif.NoPort)
		if err != nil {
			t.Fatal(err)
		}
		<-q.in
		r := dp.ports.Load().get(no).rx[0]
		if moves {
			dp.mu.Lock()
			other := dp.loops()[0]
			if other == r.t {
				other = dp.loops()[1]
			}
			if err := carryOut(map[*rx]*thread{r: other}); err != nil {
				t.Error(err)
			}
			dp.mu.Unlock()
			if n := q.settled.Load(); n != 0 {
				t.Errorf("told of %d too soon", n)
			}
		}
		close(q.goOn)
		dp.mu.Lock()
		at := r.at
		dp.mu.Unlock()
		for end := time.Now().Add(5 * time.Second); at.fd.Load() != int64(fds[1]) || q.settled.Load() != int64(fds[1]); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("moves %v: polled by %d of %v, told of %d", moves, at.fd.Load(), fds, q.settled.Load())
			}
		}
	}
}
