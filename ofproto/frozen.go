package ofproto

import (
	"sync"
	"time"

	"govs/ofproto/xlate"
)

// frozenTable holds the states of packets that are on their way through the
// datapath again or to a controller, by number (recirc_id).
type frozenTable struct {
	mu   sync.Mutex
	next uint32
	by   map[uint32]*frozenEntry
	ids  map[string]uint32 // by Frozen.AppendKey
	buf  []byte
}

type frozenEntry struct {
	state *xlate.Frozen
	key   string
	used  time.Time
}

// frozenIdle is how long a state lives that no flow, translation or packet uses.
// The flows of the datapath keep theirs at each revalidation.
const frozenIdle = 30 * time.Second

func (t *frozenTable) init() {
	t.by, t.ids = map[uint32]*frozenEntry{}, map[string]uint32{}
}

// put returns the number of a state; equal states share one, so that a flow
// translated again has the same actions.
func (t *frozenTable) put(f *xlate.Frozen, now time.Time) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = f.AppendKey(t.buf[:0])
	if id := t.ids[string(t.buf)]; id != 0 {
		t.by[id].used = now
		return id
	}
	for {
		t.next++
		if t.next != 0 && t.by[t.next] == nil {
			break
		}
	}
	key := string(t.buf)
	t.by[t.next] = &frozenEntry{state: f, key: key, used: now}
	t.ids[key] = t.next
	return t.next
}

func (t *frozenTable) get(id uint32, now time.Time) *xlate.Frozen {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.by[id]
	if e == nil {
		return nil
	}
	e.used = now
	return e.state
}

// keep notes that flows still lead to the states.
func (t *frozenTable) keep(ids []uint32, now time.Time) {
	if len(ids) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if e := t.by[id]; e != nil {
			e.used = now
		}
	}
}

// expire forgets states that nobody has used for long.
func (t *frozenTable) expire(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, e := range t.by {
		if now.Sub(e.used) > frozenIdle {
			delete(t.by, id)
			delete(t.ids, e.key)
		}
	}
}
