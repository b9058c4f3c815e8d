package afpacket

import (
	"sync/atomic"
	"time"

	"govs/netdev"
	"govs/packet"
)

// How much load makes a queue change between ordinary receive and a ring: it is
// looked at every loadFrames frames, and a ring begins when they came within
// ringFrom and ends when they took ringTo.
const (
	loadFrames = 4096
	ringFrom   = 50 * time.Millisecond
	ringTo     = 2 * time.Second
)

// rxQueue receives by ordinary means while there is little to do, and from a
// ring under load. What waits in the one is read before what comes by the other.
type rxQueue struct {
	d     *Device
	plain mmsg
	ring  *ring // changes under d.mu, by the queue's reader or by Close
	// draining: the other means still has frames.
	draining bool
	old      *ring // the ring that has some; as ring
	done     *ring // has none left, but its descriptor may still be polled; as ring
	frames   int
	since    time.Time
	fd       atomic.Int64 // what is to be polled
}

// FD implements netdev.RxQueue. It may be another one after Recv; who polls tells by
// Settled that it is what is polled now.
func (q *rxQueue) FD() int { return int(q.fd.Load()) }

// Pending says whether there may be frames that the descriptor does not show.
func (q *rxQueue) Pending() bool { return q.draining }

// Recv implements netdev.RxQueue.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	var r received
	if q.draining {
		if r = q.drain(batch); r.got == 0 && r.bad == 0 {
			q.endDrain()
		}
	}
	if r.got == 0 && r.err == nil {
		r = q.recv(batch)
	}
	if r.got > 0 {
		q.d.cnt.RxPackets.Add(int64(r.got))
		q.d.cnt.RxBytes.Add(r.bytes)
		if q.frames += r.got; q.frames >= loadFrames {
			q.look()
		}
	}
	if r.bad > 0 {
		q.d.cnt.RxErrors.Add(r.bad)
	}
	return r.got, r.err
}

func (q *rxQueue) recv(batch []*packet.Packet) (r received) {
	if q.ring != nil {
		r.got, r.bytes, r.bad, r.err = q.ring.recv(batch)
		return r
	}
	return q.recvPlain(batch)
}

func (q *rxQueue) recvPlain(batch []*packet.Packet) (r received) {
	fd, ok := q.d.fd.Acquire()
	if !ok {
		r.err = netdev.ErrClosed
		return r
	}
	defer q.d.fd.Release()
	return q.plain.recv(fd, batch)
}

// drain reads from what was left.
func (q *rxQueue) drain(batch []*packet.Packet) (r received) {
	if q.old != nil {
		r.got, r.bytes, r.bad, r.err = q.old.recv(batch)
		return r
	}
	return q.recvPlain(batch)
}

func (q *rxQueue) endDrain() {
	q.draining = false
	if r := q.old; r != nil {
		q.d.mu.Lock()
		q.old, q.done = nil, r
		q.d.mu.Unlock()
	}
}

// Settled says that what FD says is what is polled. A ring that is no longer needed
// ends here: if it did before, its number might already be the next ring's, or another
// port's, when whoever polls looks. The queue's reader calls it.
func (q *rxQueue) Settled() {
	if r := q.done; r != nil {
		q.d.mu.Lock()
		q.done = nil
		q.d.mu.Unlock()
		r.close()
	}
}

// Strained reports whether it receives from a ring, or still reads one's last frames.
func (q *rxQueue) Strained() bool { return q.FD() != q.d.fd.Num() }

// Calm says that hardly anything has come for seconds: there need be no ring. The
// queue's reader calls it and then Recv, which sees to what was left.
func (q *rxQueue) Calm() {
	if q.ring != nil && !q.draining {
		q.change(false)
	}
}

// look changes the means to the load.
func (q *rxQueue) look() {
	now := time.Now()
	took := now.Sub(q.since)
	q.frames, q.since = 0, now
	switch {
	case q.draining || q.done != nil:
	case q.ring == nil && took < ringFrom && q.d.wantRing():
		q.change(true)
	case q.ring != nil && took > ringTo:
		q.change(false)
	}
}

func (q *rxQueue) change(toRing bool) {
	d := q.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if !toRing {
		if deaf(q.ring.fd.Num()) == nil && listen(d.fd.Num()) == nil {
			q.old, q.ring, q.draining = q.ring, nil, true
			q.fd.Store(int64(d.fd.Num()))
		}
		return
	}
	mtu, err := d.link.MTU()
	if err != nil {
		return
	}
	r, err := openRing(d.ifindex, mtu)
	if err == nil {
		// Between the two calls a frame may be lost; the other way round one
		// might come twice, out of order.
		if err = deaf(d.fd.Num()); err == nil {
			if err = listen(r.fd.Num()); err != nil {
				listen(d.fd.Num())
			}
		}
		if err != nil {
			r.close()
		}
	}
	if d.ringErr = err; err == nil {
		q.ring, q.draining = r, true
		q.fd.Store(int64(r.fd.Num()))
	}
}
