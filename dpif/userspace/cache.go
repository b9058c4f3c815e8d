package userspace

import "govs/flow"

const (
	cacheBits = 12
	cacheSize = 1 << cacheBits
	// cacheFrom is the number of subtables from which a look into the cache is
	// cheaper than a walk through them.
	cacheFrom = 4
)

// cache remembers which flow recent packets hit. It is one executor's own. Its
// key is the bits that any flow looks at, so packets that no flow can tell apart
// share an entry. It starts over when that set of bits changes.
type cache struct {
	set  *wordSet
	ents []cacheEntry
	vals []uint64 // len(set.idx) words an entry
	// signs is the signature cache, nil until it is used: flows by hash alone.
	// It holds more flows in less room, and what it finds is compared with the
	// flow itself.
	signs []cacheEntry
}

type cacheEntry struct {
	hash uint64
	f    *flowEntry
}

// prepare makes the cache fit the bits in set.
func (c *cache) prepare(set *wordSet) {
	if c.set == set {
		return
	}
	c.set = set
	if c.ents == nil {
		c.ents = make([]cacheEntry, cacheSize)
	} else {
		clear(c.ents)
		clear(c.signs)
	}
	if n := len(set.idx) * cacheSize; cap(c.vals) < n {
		c.vals = make([]uint64, n)
	} else {
		c.vals = c.vals[:n]
	}
}

// lookup returns the flow that k hit before, and k's hash for store.
func (c *cache) lookup(k *flow.Words) (*flowEntry, uint64) {
	h := c.set.hash(k)
	i := h & (cacheSize - 1)
	e := &c.ents[i]
	if e.hash != h || e.f == nil || e.f.dead.Load() {
		return nil, h
	}
	w := len(c.set.idx)
	if !c.set.equal(k, c.vals[int(i)*w:int(i+1)*w]) {
		return nil, h
	}
	return e.f, h
}

func (c *cache) store(k *flow.Words, h uint64, f *flowEntry) {
	i := h & (cacheSize - 1)
	w := len(c.set.idx)
	c.ents[i] = cacheEntry{h, f}
	c.set.pack(c.vals[int(i)*w:int(i)*w], k)
}

const signSize = 1 << 16

// sign returns a flow that k matches, if one of that hash was seen.
func (c *cache) sign(k *flow.Words, h uint64) *flowEntry {
	if c.signs == nil {
		return nil
	}
	e := &c.signs[h>>32%signSize]
	if e.hash != h || e.f == nil || e.f.dead.Load() || !e.f.st.equal(k, e.f.vals) {
		return nil
	}
	return e.f
}

func (c *cache) storeSign(h uint64, f *flowEntry) {
	if c.signs == nil {
		c.signs = make([]cacheEntry, signSize)
	}
	c.signs[h>>32%signSize] = cacheEntry{h, f}
}
