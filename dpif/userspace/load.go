package userspace

import "sync/atomic"

// history is the work of the last spans of measureEvery each, in nanoseconds.
// One goroutine notes; anybody may read.
type history struct {
	spans [12]atomic.Int64
	n     atomic.Int64 // spans noted so far
	last  int64        // the counter at the last note
}

// note ends a span, at the end of which the counter of work was total.
func (h *history) note(total int64) {
	n := h.n.Load()
	h.spans[n%int64(len(h.spans))].Store(total - h.last)
	h.last = total
	h.n.Store(n + 1)
}

// sum returns the work of the last spans, at most as many as there are.
func (h *history) sum(spans int) (t int64) {
	n := h.n.Load()
	for i := n - min(n, int64(spans), int64(len(h.spans))); i < n; i++ {
		t += h.spans[i%int64(len(h.spans))].Load()
	}
	return t
}

// recent returns the work of the last minute and since. The caller holds the
// datapath's lock.
func (r *rx) recent() int64 { return r.load.sum(len(r.load.spans)) + r.work.Load() - r.load.last }

// counters are one executor's; padded against sharing a cache line. They are
// added to once a batch.
type counters struct {
	hits, misses, lost, maskHits    atomic.Uint64
	received, recircs, exact, signs atomic.Uint64 // packets, second passes, hits of the two caches
	sent, batches                   atomic.Uint64
	turns, idleTurns                atomic.Uint64 // rounds of a thread, and those without a packet
	busy                            atomic.Int64  // nanoseconds of work
	_                               [4]uint64
}

// counted are counters as they were at one time.
type counted struct {
	hits, misses, lost, maskHits    uint64
	received, recircs, exact, signs uint64
	sent, batches                   uint64
	turns, idleTurns                uint64
	busy, idle                      int64
}

func (c *counters) read() counted {
	return counted{
		hits: c.hits.Load(), misses: c.misses.Load(), lost: c.lost.Load(), maskHits: c.maskHits.Load(),
		received: c.received.Load(), recircs: c.recircs.Load(), exact: c.exact.Load(), signs: c.signs.Load(),
		sent: c.sent.Load(), batches: c.batches.Load(), turns: c.turns.Load(), idleTurns: c.idleTurns.Load(),
		busy: c.busy.Load(),
	}
}

// fold adds o, whose executor is gone.
func (c *counters) fold(o *counters) {
	for _, x := range []struct{ to, from *atomic.Uint64 }{
		{&c.hits, &o.hits}, {&c.misses, &o.misses}, {&c.lost, &o.lost}, {&c.maskHits, &o.maskHits},
		{&c.received, &o.received}, {&c.recircs, &o.recircs}, {&c.exact, &o.exact}, {&c.signs, &o.signs},
		{&c.sent, &o.sent}, {&c.batches, &o.batches},
	} {
		x.to.Add(x.from.Load())
	}
}

// add returns the sum of c and o times sign.
func (c counted) add(o counted, sign int64) counted {
	u := uint64(sign)
	c.hits += u * o.hits
	c.misses += u * o.misses
	c.lost += u * o.lost
	c.maskHits += u * o.maskHits
	c.received += u * o.received
	c.recircs += u * o.recircs
	c.exact += u * o.exact
	c.signs += u * o.signs
	c.sent += u * o.sent
	c.batches += u * o.batches
	c.turns += u * o.turns
	c.idleTurns += u * o.idleTurns
	c.busy += sign * o.busy
	c.idle += sign * o.idle
	return c
}
