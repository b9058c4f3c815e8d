package flowtable

import (
	"container/heap"
	"encoding/binary"
	"time"

	"govs/flow"
	"govs/openflow"
)

// evictor picks the flows that make room in a full table: from the group with
// the most flows the one of least importance and, among these, the one that
// would time out first. Flows without a timeout stay. Groups are the flows that
// agree in certain fields, so that no one value can fill the table.
type evictor struct {
	fields []flow.Subfield
	groups map[string]*evictGroup
	at     map[*Rule]*evictEntry
}

// evictEntry is a flow that may go.
type evictEntry struct {
	rule  *Rule
	group string
	worth uint64
	at    int // place in the heap
}

// evictGroup is a heap. What a flow is worth only grows while it is in use, so
// positions are put right when a flow comes to the top.
type evictGroup []*evictEntry

func (g evictGroup) Len() int { return len(g) }

func (g evictGroup) Less(i, j int) bool { return g[i].worth < g[j].worth }

func (g evictGroup) Swap(i, j int) {
	g[i], g[j] = g[j], g[i]
	g[i].at, g[j].at = i, j
}

// Push and Pop are for package heap.
func (g *evictGroup) Push(x any) {
	e := x.(*evictEntry)
	e.at = len(*g)
	*g = append(*g, e)
}

// Pop is for package heap.
func (g *evictGroup) Pop() any {
	n := len(*g) - 1
	e := (*g)[n]
	(*g)[n] = nil
	*g = (*g)[:n]
	return e
}

// worthNow orders flows by importance, then by when they time out, to about a
// second.
func (r *Rule) worthNow() uint64 {
	end := int64(1<<63 - 1)
	if t := r.HardTimeout(); t != 0 {
		end = r.modified.Load() + int64(t)*int64(time.Second)
	}
	if t := r.IdleTimeout(); t != 0 {
		end = min(end, r.Stats.used.Load()+int64(t)*int64(time.Second))
	}
	return uint64(r.Importance)<<48 | uint64(end)>>30&(1<<48-1)
}

// evictable reports whether the flow may ever make room for another.
func (r *Rule) evictable() bool { return !r.Hidden() && (r.IdleTimeout() != 0 || r.HardTimeout() != 0) }

// key is what the flow's group has in common.
func (e *evictor) key(r *Rule) string {
	if len(e.fields) == 0 {
		return ""
	}
	m := r.Match()
	m.Canon()
	var b []byte
	for _, sf := range e.fields {
		v := sf.Get(&m.Key)
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, v.Hi), v.Lo)
	}
	return string(b)
}

func (e *evictor) add(r *Rule) {
	if !r.evictable() {
		return
	}
	x := &evictEntry{rule: r, group: e.key(r), worth: r.worthNow()}
	g := e.groups[x.group]
	if g == nil {
		g = &evictGroup{}
		e.groups[x.group] = g
	}
	e.at[r] = x
	heap.Push(g, x)
}

func (e *evictor) remove(r *Rule) {
	x := e.at[r]
	if x == nil {
		return
	}
	delete(e.at, r)
	g := e.groups[x.group]
	heap.Remove(g, x.at)
	if g.Len() == 0 {
		delete(e.groups, x.group)
	}
}

// changed puts the flow where it belongs after its timeouts were reduced.
func (e *evictor) changed(r *Rule) {
	e.remove(r)
	e.add(r)
}

// pick returns the flow to go, or nil if none may.
func (e *evictor) pick() *Rule {
	var biggest *evictGroup
	for _, g := range e.groups {
		if biggest == nil || g.Len() > biggest.Len() || g.Len() == biggest.Len() && (*g)[0].worth < (*biggest)[0].worth {
			biggest = g
		}
	}
	if biggest == nil {
		return nil
	}
	for {
		x := (*biggest)[0]
		w := x.rule.worthNow()
		if w == x.worth {
			return x.rule
		}
		x.worth = w
		heap.Fix(biggest, 0)
	}
}

// setEvictor turns eviction on, off, or to other groups. t.mu is held.
func (tb *Table) setEvictor() {
	tb.evict = nil
	if !tb.limits.Evict && !tb.mod.Eviction {
		return
	}
	tb.evict = &evictor{groups: map[string]*evictGroup{}, at: map[*Rule]*evictEntry{}}
	if tb.limits.Evict {
		tb.evict.fields = tb.limits.Groups
	}
	for r := range tb.rules() {
		tb.evict.add(r)
	}
}

// makeRoom evicts flows until there is room for n more, and reports whether
// there is. t.mu is held.
func (t *Tables) makeRoom(tb *Table, n int) bool {
	for tb.limits.Limited && tb.Len()+n > tb.limits.Max {
		if tb.evict == nil {
			return false
		}
		r := tb.evict.pick()
		if r == nil {
			return false
		}
		t.remove(r, openflow.RemovedEviction)
	}
	return true
}
