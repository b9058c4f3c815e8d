package jsonrpc

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// Queue holds what is to be written to a connection. Push never waits for the
// peer: a peer that does not read makes the queue grow until its limit, which
// then is the queue's error.
type Queue struct {
	w io.WriteCloser
	// limits; 0 means none
	maxMsgs, maxBytes int

	mu      sync.Mutex
	bufs    [][]byte // guarded by mu
	bytes   int      // guarded by mu
	largest int      // guarded by mu; the largest message that waits
	writing bool     // guarded by mu
	err     error    // guarded by mu
	spare   [][]byte // guarded by mu; memory for bufs
	idle    *sync.Cond

	raw     syscall.RawConn // nil: nothing can be written without waiting
	tryFunc func(fd uintptr) bool
	try     struct { // of tryFunc, guarded by writing
		b   []byte
		n   int
		err error
	}

	wake chan struct{}
}

// BacklogError is the error of a queue that grew beyond its limit.
type BacklogError struct {
	Msgs, MaxMsgs, Bytes, MaxBytes int
}

func (e *BacklogError) Error() string {
	if e.MaxMsgs > 0 && e.Msgs > e.MaxMsgs {
		return fmt.Sprintf("sending backlog exceeded maximum number of messages (%d > %d), disconnecting", e.Msgs, e.MaxMsgs)
	}
	return fmt.Sprintf("sending backlog exceeded maximum size (%d > %d bytes), disconnecting", e.Bytes, e.MaxBytes)
}

// NewQueue returns a queue in front of w, which it closes when a limit is
// passed. A limit of 0 means none.
func NewQueue(w io.WriteCloser, maxMsgs, maxBytes int) *Queue {
	q := &Queue{w: w, maxMsgs: maxMsgs, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
	q.idle = sync.NewCond(&q.mu)
	if c, ok := w.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			q.raw, q.tryFunc = raw, q.tryFD
		}
	}
	return q
}

// Push appends the text of a message, whole or in parts. The queue keeps the
// slices, which may be shared with other queues. Nothing is written before
// Flush or Kick.
func (q *Queue) Push(parts ...[]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return
	}
	for _, b := range parts {
		q.bufs = append(q.bufs, b)
		q.bytes += len(b)
		q.largest = max(q.largest, len(b))
	}
	// One message may be of any size: it is what was asked for.
	if q.maxMsgs > 0 && len(q.bufs) > q.maxMsgs || q.maxBytes > 0 && q.bytes-q.largest > q.maxBytes {
		q.err = &BacklogError{len(q.bufs), q.maxMsgs, q.bytes, q.maxBytes}
		q.bufs, q.bytes = nil, 0
		q.w.Close()
		q.idle.Broadcast()
	}
}

// Backlog returns how many bytes wait.
func (q *Queue) Backlog() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// Err returns why the queue takes no more.
func (q *Queue) Err() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// Kick makes Run write what is queued.
func (q *Queue) Kick() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// coalesce is how much small messages are gathered into one write.
const coalesce = 64 << 10

// Flush writes what is queued on the caller's goroutine, unless another one is
// at it already, and returns when the peer's socket has taken it.
func (q *Queue) Flush() error { return q.flush(false) }

// TryFlush writes as much of what is queued as the peer's socket takes without
// waiting, and leaves the rest to Run.
func (q *Queue) TryFlush() error { return q.flush(true) }

func (q *Queue) flush(try bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.writing {
		return q.err
	}
	if try && q.raw == nil {
		q.Kick()
		return q.err
	}
	q.writing = true
	for len(q.bufs) > 0 && q.err == nil {
		bufs := q.bufs
		q.bufs = q.spare
		q.mu.Unlock()
		n, rest, err := q.write(bufs, try)
		q.mu.Lock()
		if q.bytes = max(0, q.bytes-n); q.bytes == 0 {
			q.largest = 0
		}
		if err != nil && q.err == nil {
			q.err = err
			q.bufs, q.bytes = nil, 0
		}
		if len(rest) > 0 {
			if q.err == nil {
				q.bufs = append(rest, q.bufs...)
				q.Kick()
			}
			break
		}
		if q.spare = nil; cap(bufs) <= 64 {
			clear(bufs)
			q.spare = bufs[:0]
		}
	}
	q.writing = false
	q.idle.Broadcast()
	return q.err
}

// write writes messages and returns how many bytes it wrote and, if it may
// not wait, what is left.
func (q *Queue) write(bufs [][]byte, try bool) (n int, rest [][]byte, err error) {
	var scratch *[]byte
	defer func() {
		if scratch != nil {
			scratches().Put(scratch)
		}
	}()
	for i := 0; i < len(bufs); {
		b := bufs[i]
		bufs[i] = nil
		i++
		gathered := i < len(bufs) && len(b)+len(bufs[i]) <= coalesce
		if gathered {
			if scratch == nil {
				scratch = scratches().Get().(*[]byte)
			}
			b = append((*scratch)[:0], b...)
			for i < len(bufs) && len(b)+len(bufs[i]) <= coalesce {
				b = append(b, bufs[i]...)
				bufs[i] = nil
				i++
			}
		}
		var m int
		if try {
			m, err = q.tryWrite(b)
		} else {
			m, err = q.w.Write(b)
		}
		n += m
		if err != nil {
			return n, nil, err
		}
		if b = b[m:]; len(b) > 0 {
			if gathered {
				b = bytes.Clone(b)
			}
			return n, append([][]byte{b}, bufs[i:]...), nil
		}
	}
	return n, nil, nil
}

var scratches = sync.OnceValue(func() *sync.Pool {
	return &sync.Pool{New: func() any {
		b := make([]byte, 0, coalesce)
		return &b
	}}
})

// tryWrite writes what the socket takes at once.
func (q *Queue) tryWrite(b []byte) (n int, err error) {
	q.try.b, q.try.n, q.try.err = b, 0, nil
	err = q.raw.Write(q.tryFunc)
	if err == nil {
		err = q.try.err
	}
	q.try.b = nil
	return q.try.n, err
}

func (q *Queue) tryFD(fd uintptr) bool {
	for len(q.try.b) > 0 {
		n, err := syscall.Write(int(fd), q.try.b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			q.try.err = err
			return true
		}
		q.try.n += n
		q.try.b = q.try.b[n:]
	}
	return true
}

// Drain waits until all is written, or the queue has failed.
func (q *Queue) Drain() error {
	err := q.Flush()
	q.mu.Lock()
	defer q.mu.Unlock()
	for err == nil && q.err == nil && (q.writing || len(q.bufs) > 0) {
		q.idle.Wait()
	}
	return q.err
}

// Run writes what is queued at every Kick until stop is closed or writing
// fails.
func (q *Queue) Run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-q.wake:
			if q.Flush() != nil {
				return
			}
		}
	}
}
