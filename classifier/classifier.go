// Package classifier finds, among many rules with priorities, the one that a
// packet matches, by tuple-space search, and reports which bits of the packet
// the answer depends on. It knows flow keys and masks but no OpenFlow.
//
// Any number of goroutines may look up, search and iterate at any time without
// waiting; those that change a Classifier must take turns.
package classifier

import (
	"cmp"
	"slices"
	"sync/atomic"

	"govs/flow"
)

// Classifier is a table of rules.
//
// Rules with equal masks share a subtable, a hash table over the masked key.
// Subtables are searched in the order of their highest priorities, so the
// search ends where no later subtable can hold a better rule. Three things keep
// the reported bits few: the stages of a subtable (metadata, L2, L3, L4), the
// prefix tries over address fields, and a trie over transport ports.
type Classifier[T any] struct {
	order    atomic.Pointer[[]entry[T]] // highest priority first
	next     []entry[T]                 // what order is to be, unsorted, while it is deferred; nil if no different
	deferred int
	byMask   map[uint64]*subtable[T] // by the hash of the mask
	scratch  []maskWord
	key      flow.Key               // scratch, zero but while it is used
	fresh    map[uint64]*[]maskWord // masks of rules made before there was a subtable; by hash
	prefixes []Prefix
	tries    []trie
	rules    atomic.Int64
}

type entry[T any] struct {
	max int
	sub *subtable[T]
}

// DefaultPrefixes are the fields with tries that OVS 3.7 uses unless
// Flow_Table:prefixes says otherwise.
var DefaultPrefixes = []Prefix{PrefixIPDst, PrefixIPSrc, PrefixIPv6Dst, PrefixIPv6Src}

// maxTries bounds the fields with tries.
const maxTries = 4

// New returns an empty classifier with tries on the given fields, at most four.
func New[T any](prefixes ...Prefix) *Classifier[T] {
	if len(prefixes) > maxTries {
		prefixes = prefixes[:maxTries]
	}
	c := &Classifier[T]{byMask: map[uint64]*subtable[T]{}, prefixes: prefixes, tries: make([]trie, len(prefixes))}
	c.order.Store(&[]entry[T]{})
	return c
}

// Len returns the number of rules, of all versions.
func (c *Classifier[T]) Len() int { return int(c.rules.Load()) }

// Subtables returns the number of distinct masks.
func (c *Classifier[T]) Subtables() int { return len(*c.order.Load()) }

// MaxPriority returns the highest priority of any rule; 0 if there are none.
func (c *Classifier[T]) MaxPriority() int {
	if order := *c.order.Load(); len(order) > 0 {
		return order[0].max
	}
	return 0
}

// trieContext keeps the answers of the tries during one lookup.
type trieContext struct {
	prefixes []Prefix
	roots    []trie
	done     [maxTries]bool
	need     [maxTries]int
	lens     [maxTries]lengths
}

// excludes reports whether some trie shows that no rule of s matches, where the
// trie's field is looked at in stage n of s. The bits that show it are then in wc.
func excludes[T any](t *trieContext, s *subtable[T], n int, key *flow.Key, wc *flow.Mask) bool {
	for i, p := range t.prefixes {
		plen := s.plen[i]
		if plen == 0 || s.trieStage[i] != n {
			continue
		}
		if !t.done[i] {
			t.done[i] = true
			if p.applies(key) {
				v, size := p.get(key)
				t.lens[i], t.need[i] = lookupPrefix(&t.roots[i], v, size)
			} else {
				t.lens[i] = lengths{^uint64(0), ^uint64(0)}
			}
		}
		if t.lens[i].has(plen) {
			continue
		}
		// The trie is shared by all subtables, so it may ask for more bits
		// than this subtable's mask has: then it is no gain.
		if t.need[i] <= plen {
			p.set(wc, t.need[i])
			return true
		}
		if p.hasPrefix(wc, t.need[i]) {
			return true
		}
	}
	return false
}

// Lookup returns the rule with the highest priority among those that match key
// and exist in version v, or nil. Into wc, unless it is nil, it adds the bits of
// the key that the answer depends on: any key that agrees in them gets the same
// answer. It does not allocate. Rules of conjunctive matches count together, see
// Clause.
func (c *Classifier[T]) Lookup(v Version, key *flow.Key, wc *flow.Mask) *Rule[T] {
	return c.lookup(v, key, wc, true)
}

// lookup is Lookup; without conjunctions rules with clauses are passed over.
func (c *Classifier[T]) lookup(v Version, key *flow.Key, wc *flow.Mask, conjunctions bool) *Rule[T] {
	tries := trieContext{prefixes: c.prefixes, roots: c.tries}
	var best *Rule[T]
	var buf [16]*Rule[T]
	soft := buf[:0]
	for _, e := range *c.order.Load() {
		if best != nil && int(best.priority) >= e.max {
			break
		}
		r := e.sub.lookup(v, key, wc, &tries)
		for r != nil && r.soft != nil && !conjunctions {
			r = r.nextVisible(v)
		}
		switch {
		case r == nil || best != nil && r.priority <= best.priority:
		case r.soft != nil:
			soft = append(soft, r)
		default:
			best = r
		}
	}
	if len(soft) > 0 {
		return c.conjunction(v, key, wc, best, soft)
	}
	return best
}

// Insert makes r visible from now on and returns the rule with the same match
// and priority that it replaces, if there is one.
func (c *Classifier[T]) Insert(r *Rule[T]) (old *Rule[T]) {
	old = c.FindSame(Latest, r)
	c.Replace(r, old)
	return old
}

// Replace is Insert for who knows what FindSame finds of r: old, or nil.
func (c *Classifier[T]) Replace(r, old *Rule[T]) {
	s := c.subtable(r)
	s.insert(r, old)
	if old == nil {
		c.eachTrie(s, r, insertPrefix)
		c.rules.Add(1)
		c.reorder(s)
	}
}

// InsertIn adds r beside any other rule of the same match and priority, visible
// from version v on. The caller sees to it that the other is not visible then.
func (c *Classifier[T]) InsertIn(r *Rule[T], v Version) {
	r.added = v
	s := c.subtable(r)
	c.eachTrie(s, r, insertPrefix)
	s.insert(r, nil)
	c.rules.Add(1)
	c.reorder(s)
}

// Remove takes r out of the classifier at once. It reports false if r is not in.
func (c *Classifier[T]) Remove(r *Rule[T]) bool {
	s := r.sub
	if !r.in || s.owner != c {
		return false
	}
	r.removed.CompareAndSwap(never, 0)
	s.remove(r)
	c.eachTrie(s, r, removePrefix)
	c.rules.Add(-1)
	c.reorder(s)
	return true
}

// eachTrie changes those tries on whose field r has a prefix.
func (c *Classifier[T]) eachTrie(s *subtable[T], r *Rule[T], change func(*trie, value, int)) {
	if !s.hasPrefix {
		return
	}
	key, bits := c.key.Words(), r.bits()
	for i, w := range s.mask {
		key[w.word] = bits[i]
	}
	for i, p := range c.prefixes {
		if s.plen[i] > 0 {
			v, _ := p.get(&c.key)
			change(&c.tries[i], v, s.plen[i])
		}
	}
	for _, w := range s.mask {
		key[w.word] = 0
	}
}

// Init makes r, a zero Rule, what NewRule returns, to be inserted into c later. A
// rule that is made for its classifier takes less room and time. It must take
// turns with those that change c.
func (c *Classifier[T]) Init(r *Rule[T], m *flow.Match, priority int, v T) {
	mask, h := compact(c.scratch[:0], &m.Mask)
	c.scratch = mask
	if s := c.find(h, mask); s != nil {
		r.sub = s
		r.init(&s.mask, m, priority, v)
		return
	}
	own := c.fresh[h]
	if own == nil || !slices.Equal(*own, mask) {
		mask = slices.Clone(mask)
		own = &mask
		if c.fresh == nil || len(c.fresh) >= maxFresh {
			c.fresh = map[uint64]*[]maskWord{}
		}
		c.fresh[h] = own
	}
	r.init(own, m, priority, v)
}

// maxFresh bounds the masks that rules without a subtable share.
const maxFresh = 64

// withMask returns the subtable with a mask, or nil.
func (c *Classifier[T]) withMask(m *flow.Mask) *subtable[T] {
	var h uint64
	c.scratch, h = compact(c.scratch[:0], m)
	return c.find(h, c.scratch)
}

func (c *Classifier[T]) find(hash uint64, mask []maskWord) *subtable[T] {
	s := c.byMask[hash]
	for s != nil && !slices.Equal(s.mask, mask) {
		s = s.other
	}
	return s
}

// existing returns the subtable for r's mask, or nil.
func (c *Classifier[T]) existing(r *Rule[T]) *subtable[T] {
	if r.sub != nil && r.sub.owner == c {
		return r.sub
	}
	return c.find(hashMask(*r.mask), *r.mask)
}

// subtable returns the subtable for r's mask, made if need be.
func (c *Classifier[T]) subtable(r *Rule[T]) *subtable[T] {
	s := c.existing(r)
	if s == nil {
		full := r.fullMask()
		s = newSubtable[T](*r.mask, &full, c.prefixes)
		s.owner, s.maskHash = c, hashMask(s.mask)
		s.other, c.byMask[s.maskHash] = c.byMask[s.maskHash], s
	}
	return s
}

// forget takes out a subtable without rules.
func (c *Classifier[T]) forget(s *subtable[T]) {
	s.owner = nil
	if first := c.byMask[s.maskHash]; first != s {
		for first.other != s {
			first = first.other
		}
		first.other = s.other
	} else if s.other != nil {
		c.byMask[s.maskHash] = s.other
	} else {
		delete(c.byMask, s.maskHash)
	}
}

// reorder publishes the order of subtables after a change to s. Subtables of
// equal priority stay in the order they had, but that the last one takes the place
// of one that goes, as in OVS.
func (c *Classifier[T]) reorder(s *subtable[T]) {
	old := *c.order.Load()
	if c.next != nil {
		old = c.next
	}
	at := slices.IndexFunc(old, func(e entry[T]) bool { return e.sub == s })
	if s.prios.empty() {
		c.forget(s)
		order := slices.Clone(old)
		order[at] = order[len(order)-1]
		c.setOrder(order[:len(order)-1])
		return
	}
	top := s.prios.max()
	if at >= 0 && old[at].max == top {
		return
	}
	order := make([]entry[T], len(old), len(old)+1)
	copy(order, old)
	if at < 0 {
		order = append(order, entry[T]{top, s})
	} else {
		order[at].max = top
	}
	c.setOrder(order)
}

// Defer has the order of subtables stay as it is, whatever is removed, until Publish
// has been called as often; only then they are sorted. Of subtables of equal priority
// another may come first than after the same changes one by one, as in OVS. What is
// inserted meanwhile may not be found before.
func (c *Classifier[T]) Defer() { c.deferred++ }

// Publish ends what Defer began.
func (c *Classifier[T]) Publish() {
	if c.deferred--; c.deferred == 0 && c.next != nil {
		order := c.next
		c.next = nil
		c.setOrder(order)
	}
}

// setOrder makes the subtables' order what it is to be.
func (c *Classifier[T]) setOrder(order []entry[T]) {
	if c.deferred > 0 {
		c.next = order
		return
	}
	slices.SortStableFunc(order, func(a, b entry[T]) int { return cmp.Compare(b.max, a.max) })
	c.order.Store(&order)
}
