// Package maclearn is the table of an Ethernet switch that learns behind which
// port an address lives: keyed by VLAN and address, aging, bounded, with static
// entries. It has no clock: whoever calls passes the time in.
//
// A Table may be used from any goroutine.
package maclearn

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"govs/flow"
)

// Defaults and limits, those of ovs-vswitchd.conf.db(5) for mac-aging-time and
// mac-table-size.
const (
	DefaultIdle = 300 * time.Second
	MinIdle     = 15 * time.Second
	MaxIdle     = 3600 * time.Second
	DefaultMax  = 8192
	MinMax      = 10
	MaxMax      = 1000 * 1000

	// gratuitousLock is how long a gratuitous ARP keeps an address where it
	// is while bonds may reflect it.
	gratuitousLock = 5 * time.Second
)

// Entry is what the table knows of one address in one VLAN.
type Entry[P comparable] struct {
	MAC    flow.MAC
	VLAN   uint16
	Port   P
	Static bool
	Used   time.Time // last refresh; without meaning for a static entry

	locked time.Time // until when reflected packets may not move it
}

// Stats count what happened to entries.
type Stats struct {
	Entries, Max, Static             int
	Learned, Expired, Evicted, Moved uint64
}

type key uint64

func keyOf(mac flow.MAC, vlan uint16) key {
	return key(vlan)<<48 | key(mac[0])<<40 | key(mac[1])<<32 | key(mac[2])<<24 | key(mac[3])<<16 | key(mac[4])<<8 | key(mac[5])
}

type node[P comparable] struct {
	Entry[P]
	age    *list.Element // in Table.byAge; static entries too
	atPort *list.Element // in ports[Port]; nil for static entries
}

// Table learns addresses. P identifies a port of the switch.
type Table[P comparable] struct {
	seq atomic.Uint64

	mu         sync.RWMutex
	idle       time.Duration
	max        int
	floodVLANs map[uint16]bool
	entries    map[key]*node[P]
	byAge      *list.List // *node, least recently used first
	ports      map[P]*list.List
	static     int
	stats      Stats
}

// New returns an empty table with the default aging time and size.
func New[P comparable]() *Table[P] {
	return &Table[P]{idle: DefaultIdle, max: DefaultMax, entries: map[key]*node[P]{}, byAge: list.New(), ports: map[P]*list.List{}}
}

// Seq changes each time an address appears, moves or goes: whatever was
// concluded from lookups before may be wrong then.
func (t *Table[P]) Seq() uint64 { return t.seq.Load() }

// SetIdle sets the aging time, cut to MinIdle..MaxIdle.
func (t *Table[P]) SetIdle(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.idle = min(max(d, MinIdle), MaxIdle)
}

// SetMax sets the size limit, cut to MinMax..MaxMax. Run enforces it.
func (t *Table[P]) SetMax(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.max = min(max(n, MinMax), MaxMax)
}

// SetFloodVLANs names the VLANs in which nothing is learned, and reports
// whether that changed the table.
func (t *Table[P]) SetFloodVLANs(vlans map[uint16]bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	same := len(vlans) == len(t.floodVLANs)
	for v := range vlans {
		same = same && t.floodVLANs[v]
	}
	if same {
		return false
	}
	t.floodVLANs = vlans
	t.flush(func(n *node[P]) bool { return !n.Static })
	return true
}

// Lookup returns where mac lives in vlan. Nothing lives in a flooded VLAN.
func (t *Table[P]) Lookup(mac flow.MAC, vlan uint16) (port P, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.floodVLANs[vlan] {
		return port, false
	}
	if n := t.entries[keyOf(mac, vlan)]; n != nil {
		return n.Port, true
	}
	return port, false
}

// Sighting is a packet seen with source address MAC in VLAN, coming in by Port.
type Sighting[P comparable] struct {
	MAC        flow.MAC
	VLAN       uint16
	Port       P
	Gratuitous bool // it is a gratuitous ARP
	Bond       bool // Port is a bond, which may reflect what we sent
}

// learnable reports whether s can be learned at all.
func (t *Table[P]) learnable(s *Sighting[P]) bool {
	return s.MAC[0]&1 == 0 && !t.floodVLANs[s.VLAN]
}

// Needs reports, holding up nobody, whether Learn would change anything.
func (t *Table[P]) Needs(s *Sighting[P], now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if !t.learnable(s) {
		return false
	}
	n := t.entries[keyOf(s.MAC, s.VLAN)]
	if n == nil {
		return true
	}
	if n.Static {
		return false
	}
	if now.Sub(n.Used) >= time.Second {
		return true
	}
	if s.Gratuitous {
		if !s.Bond {
			return true
		}
		if now.Before(n.locked) {
			return false
		}
	}
	return n.Port != s.Port
}

// Learn notes a sighting and reports whether the address is new or has moved.
func (t *Table[P]) Learn(s *Sighting[P], now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.learnable(s) {
		return false
	}
	k := keyOf(s.MAC, s.VLAN)
	n := t.entries[k]
	if n == nil {
		if len(t.entries) >= t.max {
			t.evict()
		}
		n = t.add(k, Entry[P]{MAC: s.MAC, VLAN: s.VLAN, Port: s.Port, Used: now})
		t.attach(n)
		if s.Gratuitous && !s.Bond {
			n.locked = now.Add(gratuitousLock)
		}
		t.stats.Learned++
		t.seq.Add(1)
		return true
	}
	if n.Static {
		return false
	}
	if s.Gratuitous {
		if !s.Bond {
			n.locked = now.Add(gratuitousLock)
		} else if now.Before(n.locked) {
			return false
		}
	}
	n.Used = now
	t.byAge.MoveToBack(n.age)
	t.ports[n.Port].MoveToBack(n.atPort)
	if n.Port == s.Port {
		return false
	}
	t.detach(n)
	n.Port = s.Port
	t.attach(n)
	t.stats.Moved++
	t.seq.Add(1)
	return true
}

// AddStatic pins an address to a port. An entry that was learned becomes static.
func (t *Table[P]) AddStatic(mac flow.MAC, vlan uint16, port P) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := keyOf(mac, vlan)
	if n := t.entries[k]; n != nil {
		if n.Static && n.Port == port {
			return
		}
		t.drop(n)
	}
	t.add(k, Entry[P]{MAC: mac, VLAN: vlan, Port: port, Static: true})
	t.static++
	t.seq.Add(1)
}

// Delete removes an address and reports whether it was there.
func (t *Table[P]) Delete(mac flow.MAC, vlan uint16) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.entries[keyOf(mac, vlan)]
	if n == nil {
		return false
	}
	t.drop(n)
	t.seq.Add(1)
	return true
}

// Flush removes everything that was learned; static entries stay.
func (t *Table[P]) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush(func(n *node[P]) bool { return !n.Static })
}

// FlushPort removes everything at a port, static entries too.
func (t *Table[P]) FlushPort(p P) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush(func(n *node[P]) bool { return n.Port == p })
}

func (t *Table[P]) flush(which func(*node[P]) bool) {
	changed := false
	for e := t.byAge.Front(); e != nil; {
		n := e.Value.(*node[P])
		e = e.Next()
		if which(n) {
			t.drop(n)
			changed = true
		}
	}
	if changed {
		t.seq.Add(1)
	}
}

// Run removes what has aged by now or is beyond the size limit.
func (t *Table[P]) Run(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := false
	for e := t.byAge.Front(); e != nil; {
		n := e.Value.(*node[P])
		e = e.Next()
		if n.Static {
			continue
		}
		if len(t.entries) <= t.max && now.Sub(n.Used) < t.idle {
			break
		}
		t.drop(n)
		t.stats.Expired++
		changed = true
	}
	if changed {
		t.seq.Add(1)
	}
}

// NextRun returns when Run will next have something to remove; the zero time
// stands for never.
func (t *Table[P]) NextRun() time.Time {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for e := t.byAge.Front(); e != nil; e = e.Next() {
		if n := e.Value.(*node[P]); !n.Static {
			return n.Used.Add(t.idle)
		}
	}
	return time.Time{}
}

// Entries returns all entries, least recently used first.
func (t *Table[P]) Entries() []Entry[P] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]Entry[P], 0, len(t.entries))
	for e := t.byAge.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(*node[P]).Entry)
	}
	return out
}

// Stats returns the counters.
func (t *Table[P]) Stats() Stats {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.stats
	s.Entries, s.Max, s.Static = len(t.entries), t.max, t.static
	return s
}

// ClearStats zeroes the counters of events.
func (t *Table[P]) ClearStats() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats = Stats{}
}

func (t *Table[P]) add(k key, e Entry[P]) *node[P] {
	n := &node[P]{Entry: e}
	n.age = t.byAge.PushBack(n)
	t.entries[k] = n
	return n
}

func (t *Table[P]) attach(n *node[P]) {
	l := t.ports[n.Port]
	if l == nil {
		l = list.New()
		t.ports[n.Port] = l
	}
	n.atPort = l.PushBack(n)
}

func (t *Table[P]) detach(n *node[P]) {
	if n.atPort == nil {
		return
	}
	l := t.ports[n.Port]
	l.Remove(n.atPort)
	if l.Len() == 0 {
		delete(t.ports, n.Port)
	}
	n.atPort = nil
}

func (t *Table[P]) drop(n *node[P]) {
	t.detach(n)
	t.byAge.Remove(n.age)
	delete(t.entries, keyOf(n.MAC, n.VLAN))
	if n.Static {
		t.static--
	}
}

// evict removes the least recently used entry of the port that has the most, so
// that a flood of addresses at one port does not push out those of others.
func (t *Table[P]) evict() {
	var most *list.List
	for _, l := range t.ports {
		if most == nil || l.Len() > most.Len() {
			most = l
		}
	}
	if most != nil {
		t.drop(most.Front().Value.(*node[P]))
		t.stats.Evicted++
	}
}
