package classifier

import "govs/flow"

// Clause says that a rule is one way to satisfy dimension K (from 0) of the N
// dimensions of the conjunctive match ID (ovs-actions(7), "conjunction"). A
// packet that matches rules of all N dimensions at one priority is looked up
// again with conj_id=ID.
type Clause struct {
	ID   uint32
	K, N uint8
}

// SetClauses makes r part of conjunctive matches: it is no longer an answer by
// itself. It must be called before r is inserted.
func (r *Rule[T]) SetClauses(c []Clause) {
	if len(c) > 0 {
		own := c
		r.soft = &own
	}
}

// nextVisible returns the rule of the next lower priority with the same match.
func (r *Rule[T]) nextVisible(v Version) *Rule[T] {
	for n := r.lower.Load(); n != nil; n = n.lower.Load() {
		if n.VisibleIn(v) {
			return n
		}
	}
	return nil
}

// conjunction finds the answer when rules of conjunctive matches, in soft, have
// a higher priority than hard, the best of the others (nil for none). Each rule
// in soft is the best of its subtable.
func (c *Classifier[T]) conjunction(v Version, key *flow.Key, wc *flow.Mask, hard *Rule[T], soft []*Rule[T]) *Rule[T] {
	for {
		// Rules below the best hard one do not matter.
		n := 0
		top := int32(0)
		for _, r := range soft {
			if hard == nil || r.priority > hard.priority {
				soft[n] = r
				n++
				if n == 1 || r.priority > top {
					top = r.priority
				}
			}
		}
		if soft = soft[:n]; n == 0 {
			return hard
		}
		if r := c.satisfied(v, key, wc, soft, top); r != nil {
			return r
		}
		// Go on below: where the rule's match has another of lower priority,
		// that one takes its place.
		n = 0
		for _, r := range soft {
			if r.priority == top {
				if r = r.nextVisible(v); r == nil {
					continue
				}
				if r.soft == nil {
					if hard == nil || r.priority > hard.priority {
						hard = r
					}
					continue
				}
			}
			soft[n] = r
			n++
		}
		soft = soft[:n]
	}
}

// satisfied looks for conjunctive matches all of whose dimensions are among the
// rules of a priority, and returns the rule for the first that has one.
func (c *Classifier[T]) satisfied(v Version, key *flow.Key, wc *flow.Mask, soft []*Rule[T], priority int32) *Rule[T] {
	type progress struct {
		id   uint32
		seen uint64
	}
	var buf [16]progress
	found := buf[:0]
	for _, r := range soft {
		if r.priority != priority {
			continue
		}
	clauses:
		for _, cl := range *r.soft {
			bit := uint64(1) << cl.K
			i := 0
			for ; i < len(found); i++ {
				if found[i].id != cl.ID {
					continue
				}
				if found[i].seen&bit != 0 {
					continue clauses
				}
				break
			}
			if i == len(found) {
				found = append(found, progress{id: cl.ID})
			}
			if found[i].seen |= bit; found[i].seen != uint64(1)<<cl.N-1 {
				continue
			}
			again := *key
			again.ConjID = cl.ID
			if r := c.lookup(v, &again, wc, false); r != nil {
				return r
			}
		}
	}
	return nil
}
