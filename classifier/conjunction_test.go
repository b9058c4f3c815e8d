package classifier

import (
	"math/rand/v2"
	"slices"
	"testing"

	"govs/flow"
)

// answers returns all rules that may be the answer for a key, by the definition:
// going down the priorities, a rule of its own, or else what a conjunctive match
// satisfied there leads to. Nil stands for no rule.
func (t twin) answers(v Version, k *flow.Key, conjunctions bool) []*Rule[int] {
	type progress struct {
		n    uint8
		seen uint64
	}
	for p := 20; p >= 0; p-- {
		var hard []*Rule[int]
		ids := map[uint32]*progress{}
		for _, r := range t {
			if r.Priority() != p || !r.VisibleIn(v) || !r.Covers(k) {
				continue
			}
			if r.soft == nil {
				hard = append(hard, r)
				continue
			}
			for _, c := range *r.soft {
				if ids[c.ID] == nil {
					ids[c.ID] = &progress{n: c.N}
				}
				ids[c.ID].seen |= 1 << c.K
			}
		}
		if len(hard) > 0 {
			return hard
		}
		var found []*Rule[int]
		for id, x := range ids {
			if conjunctions && x.seen == 1<<x.n-1 {
				again := *k
				again.ConjID = id
				found = append(found, t.answers(v, &again, false)...)
			}
		}
		if found = slices.DeleteFunc(found, func(r *Rule[int]) bool { return r == nil }); len(found) > 0 {
			return found
		}
	}
	return []*Rule[int]{nil}
}

// TestConjunctions compares random tables with conjunctive matches with their
// definition; a key changed only outside the reported bits must get the same
// answer.
func TestConjunctions(t *testing.T) {
	conjunctive := 0
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 9))
		c := New[int](DefaultPrefixes...)
		var all twin
		for i := range 60 {
			m := randomMatch(r)
			var clauses []Clause
			switch r.UintN(5) {
			case 0, 1:
				for range 1 + r.UintN(2) {
					id := 1 + r.Uint32N(3)
					n := uint8(2 + id%2)
					clauses = append(clauses, Clause{id, uint8(r.UintN(uint(n))), n})
				}
			case 2:
				m = &flow.Match{}
				m.Key.ConjID, m.Mask.ConjID = 1+r.Uint32N(3), ^uint32(0)
				if r.UintN(2) == 0 {
					m.Key.EthType, m.Mask.EthType = 0x0800, 0xffff
				}
			}
			rule := NewRule(m, int(r.UintN(6)), i)
			rule.SetClauses(clauses)
			if old := c.Insert(rule); old != nil {
				all = slices.DeleteFunc(all, func(x *Rule[int]) bool { return x == old })
			}
			all = append(all, rule)
			if r.UintN(10) == 0 {
				gone := all[r.IntN(len(all))]
				c.Remove(gone)
				all = slices.DeleteFunc(all, func(x *Rule[int]) bool { return x == gone })
			}
		}
		for range 300 {
			k := randomKey(r)
			want := all.answers(Latest, &k, true)
			var wc flow.Mask
			got := c.Lookup(Latest, &k, &wc)
			if !slices.Contains(want, got) {
				t.Fatalf("seed %d: %+v, want one of %d", seed, got, len(want))
			}
			if got != nil && got.fullMask().ConjID != 0 {
				conjunctive++
			}
			if len(want) > 1 {
				continue
			}
			other := randomKey(r)
			for i, w := range wc.Words() {
				if i < len(k.Words()) {
					other.Words()[i] = k.Words()[i]&w | other.Words()[i]&^w
				}
			}
			other.ConjID = 0
			if again := c.Lookup(Latest, &other, nil); again != got {
				t.Fatalf("seed %d: a key equal in all reported bits gets another answer", seed)
			}
		}
	}
	if conjunctive < 500 {
		t.Errorf("only %d answers by conjunctive matches", conjunctive)
	}
}

func TestConjunctionAllocates(t *testing.T) {
	c := New[int]()
	add := func(priority int, clauses []Clause, f func(*flow.Match)) {
		var m flow.Match
		f(&m)
		r := NewRule(&m, priority, priority)
		r.SetClauses(clauses)
		c.Insert(r)
	}
	add(5, []Clause{{7, 0, 2}}, func(m *flow.Match) { m.Key.NwSrc, m.Mask.NwSrc = 1, ^uint32(0) })
	add(5, []Clause{{7, 1, 2}}, func(m *flow.Match) { m.Key.NwDst, m.Mask.NwDst = 2, ^uint32(0) })
	add(1, nil, func(m *flow.Match) { m.Key.ConjID, m.Mask.ConjID = 7, ^uint32(0) })
	k := flow.Key{NwSrc: 1, NwDst: 2}
	var wc flow.Mask
	if n := testing.AllocsPerRun(100, func() {
		if r := c.Lookup(Latest, &k, &wc); r == nil || r.Value != 1 {
			t.Fatal(r)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
