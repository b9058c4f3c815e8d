package classifier

import (
	"iter"

	"govs/flow"
)

// exact returns the rule with these masked words and priority in version v.
func (s *subtable[T]) exact(bits []uint64, priority int, v Version) *Rule[T] {
	var hs [len(stageEnds) + 1]uint32
	s.hashes(bits, &hs)
	sl := s.rules.find(hs[len(s.stages)-1], bits)
	if sl == nil {
		return nil
	}
	for r := sl.head.Load(); r != nil && r.Priority() >= priority; r = r.lower.Load() {
		if r.Priority() == priority && r.VisibleIn(v) {
			return r
		}
	}
	return nil
}

// FindExact returns the rule with exactly this match and priority in version v,
// or nil. Unlike the other searches it must take turns with the writer.
func (c *Classifier[T]) FindExact(v Version, m *flow.Match, priority int) *Rule[T] {
	s := c.withMask(&m.Mask)
	if s == nil {
		return nil
	}
	var buf [16]uint64
	bits, key := buf[:0], m.Key.Words()
	for _, w := range s.mask {
		bits = append(bits, key[w.word]&w.bits)
	}
	return s.exact(bits, priority, v)
}

// FindSame returns the rule in version v with the match and the priority of r,
// which need not be in c, or nil. It must take turns with the writer, too.
func (c *Classifier[T]) FindSame(v Version, r *Rule[T]) *Rule[T] {
	if s := c.existing(r); s != nil {
		return s.exact(r.bits(), r.Priority(), v)
	}
	return nil
}

// FindOverlap returns a rule of this priority in version v that some packet could
// match that also matches m, or nil.
func (c *Classifier[T]) FindOverlap(v Version, m *flow.Match, priority int) *Rule[T] {
	for _, e := range *c.order.Load() {
		if e.max < priority {
			break
		}
		for r := e.sub.first.Load(); r != nil; r = r.next.Load() {
			if r.Priority() == priority && r.VisibleIn(v) && r.overlaps(m) {
				return r
			}
		}
	}
	return nil
}

// All returns the rules of version v: by mask, those with the highest priorities
// first, and within a mask in the order in which they came, as OVS lists flows.
// Rules may be inserted and removed meanwhile.
func (c *Classifier[T]) All(v Version) iter.Seq[*Rule[T]] {
	return func(yield func(*Rule[T]) bool) {
		for _, e := range *c.order.Load() {
			for r := e.sub.first.Load(); r != nil; r = r.next.Load() {
				if r.VisibleIn(v) && !yield(r) {
					return
				}
			}
		}
	}
}

// Matching returns, in the order of All, the rules of version v that match m
// loosely: whose masks have at least m's bits, with m's values.
func (c *Classifier[T]) Matching(v Version, m *flow.Match) iter.Seq[*Rule[T]] {
	return func(yield func(*Rule[T]) bool) {
		want, _ := compact(nil, &m.Mask)
		key := m.Key.Words()
	subtables:
		for _, e := range *c.order.Load() {
			s := e.sub
			have := s.full.Words()
			for _, w := range want {
				if w.bits&^have[w.word] != 0 {
					continue subtables
				}
			}
			for r := s.first.Load(); r != nil; r = r.next.Load() {
				if r.VisibleIn(v) && r.within(want, key) && !yield(r) {
					return
				}
			}
		}
	}
}
