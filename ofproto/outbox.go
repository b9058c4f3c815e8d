package ofproto

import "sync"

// Limits of an outbox, in bytes.
const (
	outboxBatch = 64 << 10 // what is written at once, at least
	outboxReply = 1 << 20  // replies beyond wait, and with them the requests
	outboxMost  = 64 << 20 // a peer that lets more pile up is given up
)

// outbox is the one queue of what goes to the other end of a connection, so that
// replies, and what nobody asked for, arrive in the order of what they tell.
// Whoever flushes writes; others only add.
type outbox struct {
	write func([]byte) error
	kick  chan struct{} // something was added that nobody flushes

	mu      sync.Mutex
	room    sync.Cond // signalled when writing has made room
	buf     []byte    // to be written; guarded by mu, as is all below
	spare   []byte
	flying  int    // bytes being written
	watch   [2]int // bytes of watched messages in buf, and being written
	drained func() // to be called once none is left
	packets int    // packet-ins in buf
	err     error
}

func newOutbox(write func([]byte) error) *outbox {
	x := &outbox{write: write, kick: make(chan struct{}, 1)}
	x.room.L = &x.mu
	return x
}

// reply adds an answer. It waits while too much lies before it; nothing that
// others wait for may be locked.
func (x *outbox) reply(b []byte) error {
	x.mu.Lock()
	for len(x.buf) > outboxReply && x.err == nil {
		if x.flying == 0 {
			x.flushLocked()
		} else {
			x.room.Wait()
		}
	}
	x.buf = append(x.buf, b...)
	n, err := len(x.buf), x.err
	x.mu.Unlock()
	if n > outboxBatch && err == nil {
		err = x.flush()
	}
	return err
}

// post adds what nobody asked for and returns at once. It reports false when the
// other end has not read for so long that it must be given up.
func (x *outbox) post(b []byte) bool {
	x.mu.Lock()
	ok := len(x.buf)+len(b) <= outboxMost
	if ok && x.err == nil {
		x.buf = append(x.buf, b...)
	}
	x.mu.Unlock()
	x.wake()
	return ok
}

// postPacket is post for a packet-in, of which at most limit may wait.
func (x *outbox) postPacket(b []byte, limit int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.packets >= limit || x.err != nil {
		return false
	}
	x.packets++
	x.buf = append(x.buf, b...)
	x.wake()
	return true
}

// postWatched is post for a message whose way out is watched.
func (x *outbox) postWatched(b []byte) {
	x.mu.Lock()
	if x.err == nil {
		x.buf = append(x.buf, b...)
		x.watch[0] += len(b)
	}
	x.mu.Unlock()
	x.wake()
}

// watched returns how many bytes of watched messages have not been written.
func (x *outbox) watched() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.watch[0] + x.watch[1]
}

// whenDrained calls fn once no watched message is left.
func (x *outbox) whenDrained(fn func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.drained = fn
}

func (x *outbox) wake() {
	select {
	case x.kick <- struct{}{}:
	default:
	}
}

// flush writes what was added, unless another goroutine is doing so.
func (x *outbox) flush() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.flushLocked()
}

func (x *outbox) flushLocked() error {
	for x.flying == 0 && len(x.buf) > 0 && x.err == nil {
		b := x.buf
		x.buf, x.spare, x.flying, x.packets = x.spare[:0], nil, len(b), 0
		x.watch[0], x.watch[1] = 0, x.watch[0]
		x.mu.Unlock()
		err := x.write(b)
		x.mu.Lock()
		x.flying, x.watch[1] = 0, 0
		if x.watch[0] == 0 && x.drained != nil {
			x.drained()
			x.drained = nil
		}
		if cap(b) <= 1<<20 {
			x.spare = b
		}
		x.fail(err)
		x.room.Broadcast()
	}
	return x.err
}

func (x *outbox) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// close ends waiting; nothing more is written.
func (x *outbox) close(err error) {
	x.mu.Lock()
	x.fail(err)
	x.buf = nil
	x.mu.Unlock()
	x.room.Broadcast()
}
