package jsonrpc

import (
	"fmt"
	"io"
	"sync"
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
	idle    *sync.Cond

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
func (q *Queue) Flush() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.writing {
		return q.err
	}
	q.writing = true
	var scratch []byte
	for len(q.bufs) > 0 && q.err == nil {
		bufs, size := q.bufs, q.bytes
		q.bufs = nil
		q.mu.Unlock()
		var err error
		for i := 0; i < len(bufs) && err == nil; {
			b := bufs[i]
			bufs[i] = nil
			i++
			if i < len(bufs) && len(b) < coalesce {
				scratch = append(scratch[:0], b...)
				for i < len(bufs) && len(scratch)+len(bufs[i]) <= coalesce {
					scratch = append(scratch, bufs[i]...)
					bufs[i] = nil
					i++
				}
				b = scratch
			}
			_, err = q.w.Write(b)
		}
		q.mu.Lock()
		if q.bytes = max(0, q.bytes-size); q.bytes == 0 {
			q.largest = 0
		}
		if err != nil && q.err == nil {
			q.err = err
			q.bufs, q.bytes = nil, 0
		}
	}
	q.writing = false
	q.idle.Broadcast()
	return q.err
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
