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
}

// evictGroup is a heap. What a flow is worth only grows while it is in use, so
// positions are put right when a flow comes to the top.
type evictGroup struct {
	rules []*Rule
}

func (g *evictGroup) Len() int { return len(g.rules) }

func (g *evictGroup) Less(i, j int) bool { return g.rules[i].worth < g.rules[j].worth }

func (g *evictGroup) Swap(i, j int) {
	g.rules[i], g.rules[j] = g.rules[j], g.rules[i]
	g.rules[i].evictAt, g.rules[j].evictAt = i+1, j+1
}

// Push and Pop are for package heap.
func (g *evictGroup) Push(x any) {
	r := x.(*Rule)
	g.rules = append(g.rules, r)
	r.evictAt = len(g.rules)
}

// Pop is for package heap.
func (g *evictGroup) Pop() any {
	n := len(g.rules) - 1
	r := g.rules[n]
	g.rules[n] = nil
	g.rules = g.rules[:n]
	r.evictAt = 0
	return r
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
	k := e.key(r)
	g := e.groups[k]
	if g == nil {
		g = &evictGroup{}
		e.groups[k] = g
	}
	r.worth = r.worthNow()
	heap.Push(g, r)
}

func (e *evictor) remove(r *Rule) {
	if r.evictAt == 0 {
		return
	}
	k := e.key(r)
	if g := e.groups[k]; g != nil {
		heap.Remove(g, r.evictAt-1)
		if g.Len() == 0 {
			delete(e.groups, k)
		}
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
		if biggest == nil || g.Len() > biggest.Len() || g.Len() == biggest.Len() && g.rules[0].worth < biggest.rules[0].worth {
			biggest = g
		}
	}
	if biggest == nil {
		return nil
	}
	for {
		r := biggest.rules[0]
		w := r.worthNow()
		if w == r.worth {
			return r
		}
		r.worth = w
		heap.Fix(biggest, 0)
	}
}

// setEvictor turns eviction on, off, or to other groups. t.mu is held.
func (tb *Table) setEvictor() {
	for r := range tb.rules() {
		r.evictAt = 0
	}
	tb.evict = nil
	if !tb.limits.Evict && !tb.mod.Eviction {
		return
	}
	tb.evict = &evictor{groups: map[string]*evictGroup{}}
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
