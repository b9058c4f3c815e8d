package tunnel

import (
	"net/netip"
	"sync"
	"time"

	"govs/packet"
	"govs/route"
)

const (
	maxWaiting   = 16 // packets that wait for one neighbour
	maxNeighbors = 64 // neighbours that are waited for
	waitFor      = 3 * time.Second
)

// waiting holds packets whose neighbour is being resolved.
type waiting struct {
	d *Device

	mu   sync.Mutex
	list map[hop]*waiter // guarded by mu

	txmu sync.Mutex
	tx   txScratch // of those sent late; guarded by txmu
}

type hop struct {
	ifindex int
	ip      netip.Addr
}

type waiter struct {
	until   time.Time
	pkts    []*packet.Packet
	retried bool
}

// add keeps a copy of p until the neighbour of w is known.
func (q *waiting) add(w *path, p *packet.Packet, now time.Time) {
	h := hop{w.eg.Ifindex, w.hop}
	c := &packet.Packet{}
	p.CopyTo(c)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.list == nil {
		q.list = map[hop]*waiter{}
	}
	e := q.list[h]
	if e == nil {
		q.expire(now)
		if len(q.list) >= maxNeighbors {
			q.lose(1)
			return
		}
		e = &waiter{}
		q.list[h] = e
	}
	e.until = now.Add(waitFor)
	if len(e.pkts) >= maxWaiting {
		q.lose(1)
		return
	}
	e.pkts = append(e.pkts, c)
	// The answer may have come just before the packet was put down.
	if _, ok := q.d.rt.Neighbor(h.ifindex, h.ip); ok {
		q.release(h)
	}
}

func (q *waiting) lose(n int) {
	q.d.noNeigh.Add(int64(n))
	q.d.cnt.TxDropped.Add(int64(n))
}

// expire drops packets whose neighbour never answered. The caller holds mu.
func (q *waiting) expire(now time.Time) {
	for h, e := range q.list {
		if now.After(e.until) {
			q.lose(len(e.pkts))
			delete(q.list, h)
		}
	}
}

// news takes what the route table learned of a neighbour.
func (q *waiting) news(n route.NeighborNews) {
	h := hop{n.Ifindex, n.IP}
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.list[h]
	switch {
	case e == nil:
	case n.Failed && !e.retried:
		// What failed may be an attempt from before these packets came; the
		// answer to a new one may be there at once.
		e.retried = true
		if _, ok := q.d.rt.Neighbor(h.ifindex, h.ip); ok {
			q.release(h)
		}
	case n.Failed:
		q.lose(len(e.pkts))
		delete(q.list, h)
	default:
		q.release(h)
	}
}

// release sends what waited for h, from another goroutine: sending may lead
// back to add. The caller holds mu.
func (q *waiting) release(h hop) {
	e := q.list[h]
	delete(q.list, h)
	go func() {
		q.txmu.Lock()
		defer q.txmu.Unlock()
		q.d.send(&q.tx, e.pkts)
	}()
}
