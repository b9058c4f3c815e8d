package classifier

import (
	"iter"

	"govs/flow"
)

// exact returns the rule with these masked words and priority in version v.
func (s *subtable[T]) exact(bits []uint64, priority int, v Version) *Rule[T] {
	probe := Rule[T]{bits: bits}
	var hs [len(stageEnds) + 1]uint32
	s.hashes(bits, &hs)
	probe.hash = hs[len(s.stages)-1]
	sl := s.rules.find(&probe)
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
	s := c.byMask[m.Mask]
	if s == nil {
		return nil
	}
	bits := make([]uint64, len(s.mask))
	for i, w := range s.mask {
		bits[i] = m.Key.Words()[w.word] & w.bits
	}
	return s.exact(bits, priority, v)
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
		want := m.Mask.Words()
	subtables:
		for _, e := range *c.order.Load() {
			s := e.sub
			have := s.full.Words()
			for i, w := range want {
				if w&^have[i] != 0 {
					continue subtables
				}
			}
			for r := s.first.Load(); r != nil; r = r.next.Load() {
				if r.VisibleIn(v) && r.MoreSpecific(m) && !yield(r) {
					return
				}
			}
		}
	}
}
