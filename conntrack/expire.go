package conntrack

// The wheel of a shard has its connections in slots by the time at which they
// may be due. A packet only moves its connection's expiry; the slot follows when
// its turn comes, or at once when the new time is earlier.
const (
	slotTime = 4096 // milliseconds
	numSlots = 64
)

type wheel struct {
	slots [][]*conn // nil while empty
	at    int64     // slots before this one were looked at
	n     int
}

func (w *wheel) add(c *conn, now int64) {
	if w.n == 0 {
		if w.slots == nil {
			w.slots = make([][]*conn, numSlots)
		}
		w.at = now / slotTime
	}
	w.n++
	w.put(c, now)
}

// put puts c into the slot after its expiry, or the farthest there is.
func (w *wheel) put(c *conn, now int64) {
	at := c.expires.Load()/slotTime + 1
	at = max(w.at+1, min(at, now/slotTime+numSlots-1, w.at+numSlots-1))
	i := int32(at % numSlots)
	c.slot, c.at = i, int32(len(w.slots[i]))
	w.slots[i] = append(w.slots[i], c)
}

func (w *wheel) unlink(c *conn) {
	slot := w.slots[c.slot]
	last := len(slot) - 1
	slot[c.at] = slot[last]
	slot[c.at].at = c.at
	slot[last] = nil
	if w.slots[c.slot] = slot[:last]; last == 0 {
		w.slots[c.slot] = nil
	}
	c.slot = -1
}

func (w *wheel) remove(c *conn) {
	if c.slot < 0 {
		return
	}
	w.unlink(c)
	if w.n--; w.n == 0 {
		w.slots = nil
	}
}

// extend sets when c expires. The caller holds the lock of its home.
func (s *shard) extend(c *conn, expires, now int64) {
	old := c.expires.Load()
	if old == expires {
		return
	}
	c.expires.Store(expires)
	if expires < old-slotTime && c.slot >= 0 {
		s.wheel.unlink(c)
		s.wheel.put(c, now)
	}
}

// sweepStep is how many connections Sweep looks at before it lets others have
// the shard.
const sweepStep = 256

// Sweep removes connections whose time is over and returns how many. It holds
// each lock for some microseconds at most.
func (t *Tracker) Sweep(now int64) int {
	removed := 0
	for i := range t.shards {
		for {
			n, more := t.sweepShard(&t.shards[i], now)
			removed += n
			if !more {
				break
			}
		}
	}
	return removed
}

// sweepShard does one step; more says that something is left to do.
func (t *Tracker) sweepShard(s *shard, now int64) (removed int, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := 0
	to := now / slotTime
	for s.wheel.n > 0 && s.wheel.at < to {
		at := s.wheel.at + 1
		if to-at >= numSlots { // time jumped: every slot is due
			s.wheel.at = to - numSlots
			continue
		}
		for len(s.wheel.slots[at%numSlots]) > 0 {
			slot := s.wheel.slots[at%numSlots]
			c := slot[len(slot)-1]
			if seen++; seen > sweepStep {
				return removed, true
			}
			if !c.expired(now) {
				// Its slot cannot be this one again: that has just passed.
				s.wheel.unlink(c)
				s.wheel.at = at
				s.wheel.put(c, now)
				s.wheel.at = at - 1
				continue
			}
			t.kill(c, s)
			s.mu.Lock()
			removed++
			if s.wheel.n == 0 {
				return removed, false
			}
		}
		s.wheel.at = at
	}
	return removed, false
}
