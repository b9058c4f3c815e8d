package userspace

import (
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/packet"
)

// strained is a queue that has other means until it is told that there is little to
// do, with a frame left in them.
type strained struct {
	fd, other int
	calm      atomic.Bool
	left      atomic.Int32
}

func (q *strained) FD() int {
	if q.calm.Load() {
		return q.fd
	}
	return q.other
}

func (q *strained) Recv(batch []*packet.Packet) (int, error) {
	if q.calm.Load() && q.left.CompareAndSwap(1, 0) {
		batch[0].Reset(60)
		return 1, nil
	}
	return 0, nil
}

func (q *strained) Pending() bool  { return false }
func (q *strained) Strained() bool { return !q.calm.Load() }
func (q *strained) Calm()          { q.calm.Store(true) }

type strainedDevice struct {
	sink
	q *strained
}

func (d *strainedDevice) RxQueues() []netdev.RxQueue { return []netdev.RxQueue{d.q} }

// A queue that hardly works is told so, polled for what is left, and then by its
// new descriptor.
func TestCalm(t *testing.T) {
	fds := [2]int{}
	for i := range fds {
		fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		fds[i] = fd
	}
	dp, err := New(Config{Name: "calm"})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	q := &strained{fd: fds[0], other: fds[1]}
	q.left.Store(1)
	no, err := dp.PortAdd("p", &strainedDevice{q: q}, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := dp.ports.Load().get(no).rx[0]
	dp.mu.Lock()
	dp.note()
	at := r.at
	dp.mu.Unlock()
	for end := time.Now().Add(5 * time.Second); q.left.Load() != 0 || at.fd.Load() != int64(fds[0]); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("calm %v, %d left, polled by %d of %v", q.calm.Load(), q.left.Load(), at.fd.Load(), fds)
		}
	}
}
