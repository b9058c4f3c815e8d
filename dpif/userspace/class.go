package userspace

import (
	"cmp"
	"math/bits"
	"slices"
	"sync/atomic"

	"govs/flow"
)

// wordSet is a mask reduced to the words of a key that it looks at.
type wordSet struct {
	idx  []uint8
	mask []uint64
}

func newWordSet(m *flow.Mask) *wordSet {
	w := &wordSet{}
	for i, v := range m.Words() {
		if v != 0 {
			w.idx = append(w.idx, uint8(i))
			w.mask = append(w.mask, v)
		}
	}
	return w
}

// is reports whether w is the set of m.
func (w *wordSet) is(m *flow.Mask) bool {
	n := 0
	for i, v := range m.Words() {
		if v == 0 {
			continue
		}
		if n == len(w.idx) || int(w.idx[n]) != i || w.mask[n] != v {
			return false
		}
		n++
	}
	return n == len(w.idx)
}

// hashMask returns a hash by which masks are told apart.
func hashMask(m *flow.Mask) uint64 {
	h := uint64(mixer)
	for i, v := range m.Words() {
		if v != 0 {
			hi, lo := bits.Mul64(h^v, mixer+uint64(i)<<1)
			h = hi ^ lo
		}
	}
	return h
}

// covers reports whether every bit of m is in w.
func (w *wordSet) covers(m *flow.Mask) bool {
	full := w.full()
	for i, v := range m.Words() {
		if v&^full.Words()[i] != 0 {
			return false
		}
	}
	return true
}

func (w *wordSet) full() *flow.Mask {
	var m flow.Mask
	for i, x := range w.idx {
		m.Words()[x] = w.mask[i]
	}
	return &m
}

const mixer = 0x9e3779b97f4a7c15

// hash folds the masked words of k; each word costs one multiplication.
func (w *wordSet) hash(k *flow.Words) uint64 {
	h := uint64(mixer)
	mask := w.mask[:len(w.idx)]
	for i, x := range w.idx {
		hi, lo := bits.Mul64(h^k[x]&mask[i], mixer)
		h = hi ^ lo
	}
	return h
}

// equal reports whether k under the mask is vals.
func (w *wordSet) equal(k *flow.Words, vals []uint64) bool {
	mask := w.mask[:len(w.idx)]
	vals = vals[:len(w.idx)]
	for i, x := range w.idx {
		if k[x]&mask[i] != vals[i] {
			return false
		}
	}
	return true
}

// pack appends k under the mask to dst.
func (w *wordSet) pack(dst []uint64, k *flow.Words) []uint64 {
	for i, x := range w.idx {
		dst = append(dst, k[x]&w.mask[i])
	}
	return dst
}

// subtable holds the flows of one mask in an open hash table. Readers take no
// lock; the writer holds the datapath's mutex.
type subtable struct {
	*wordSet
	tab  atomic.Pointer[[]slot] // length is a power of two
	n    int                    // live flows
	used int                    // slots that are not empty: live flows and tombs
	kin  *subtable              // another one whose mask has the same hash
	// What its flows counted up to the dump before the last one, since then,
	// and, while one goes on, so far. Whoever dumps owns them.
	pkts, recent, sum uint64
}

// slot is empty with a nil flow; tag, the upper half of the flow's hash, says
// where it belongs and spares readers a look at most other flows.
type slot struct {
	tag atomic.Uint32
	f   atomic.Pointer[flowEntry]
}

// tomb stands where a flow was deleted, so that probing goes on.
var tomb = &flowEntry{}

func newSubtable(w *wordSet) *subtable {
	st := &subtable{wordSet: w}
	tab := make([]slot, 8)
	st.tab.Store(&tab)
	return st
}

func (st *subtable) lookup(k *flow.Words) *flowEntry {
	h := st.hash(k)
	tab := *st.tab.Load()
	m := uint64(len(tab) - 1)
	for i := h >> 32 & m; ; i = (i + 1) & m {
		s := &tab[i]
		f := s.f.Load()
		if f == nil {
			return nil
		}
		if s.tag.Load() == uint32(h>>32) && f != tomb && st.equal(k, f.vals) {
			return f
		}
	}
}

func (st *subtable) insert(f *flowEntry) {
	tab := *st.tab.Load()
	if (st.used+1)*4 > len(tab)*3 {
		size := 8
		for size*3 < (st.n+1)*4*2 {
			size *= 2
		}
		bigger := make([]slot, size)
		for i := range tab {
			if old := tab[i].f.Load(); old != nil && old != tomb {
				place(bigger, tab[i].tag.Load(), old)
			}
		}
		st.used = st.n
		tab = bigger
		st.tab.Store(&tab)
	}
	place(tab, uint32(f.hash>>32), f)
	st.n++
	st.used++
}

// place puts f into the first empty slot; the tag is there before the flow is.
func place(tab []slot, tag uint32, f *flowEntry) {
	m := uint32(len(tab) - 1)
	i := tag & m
	for tab[i].f.Load() != nil {
		i = (i + 1) & m
	}
	tab[i].tag.Store(tag)
	tab[i].f.Store(f)
}

func (st *subtable) remove(f *flowEntry) {
	tab := *st.tab.Load()
	m := uint64(len(tab) - 1)
	for i := f.hash >> 32 & m; ; i = (i + 1) & m {
		switch tab[i].f.Load() {
		case f:
			tab[i].f.Store(tomb)
			st.n--
			return
		case nil:
			return
		}
	}
}

// class is the subtables of the flows that match one input port exactly (or,
// for one class, of those that do not). Nearly every flow names its port, and a
// packet need not visit the masks of others.
type class struct {
	subtables atomic.Pointer[[]*subtable]
	byMask    map[uint64]*subtable // by hashMask; the datapath's mutex guards it
}

func (c *class) list() []*subtable {
	if c == nil {
		return nil
	}
	if l := c.subtables.Load(); l != nil {
		return *l
	}
	return nil
}

// find returns the subtable of mask m, or nil.
func (c *class) find(m *flow.Mask) *subtable {
	st := c.byMask[hashMask(m)]
	for st != nil && !st.is(m) {
		st = st.kin
	}
	return st
}

func (c *class) add(st *subtable) {
	h := hashMask(st.full())
	st.kin, c.byMask[h] = c.byMask[h], st
	// Readers see no further than the length they loaded, so the new end of
	// the same array is nobody's.
	l := append(c.list(), st)
	c.subtables.Store(&l)
}

func (c *class) drop(st *subtable) {
	h := hashMask(st.full())
	if c.byMask[h] == st {
		if c.byMask[h] = st.kin; st.kin == nil {
			delete(c.byMask, h)
		}
	} else {
		for p := c.byMask[h]; p != nil; p = p.kin {
			if p.kin == st {
				p.kin = st.kin
				break
			}
		}
	}
	old := c.list()
	l := make([]*subtable, 0, len(old))
	for _, o := range old {
		if o != st {
			l = append(l, o)
		}
	}
	c.subtables.Store(&l)
}

// sort orders the subtables by the packets they took lately. The caller holds
// mu.
func (c *class) sort() {
	old := c.list()
	if slices.IsSortedFunc(old, busier) {
		return
	}
	l := slices.Clone(old)
	slices.SortStableFunc(l, busier)
	c.subtables.Store(&l)
}

func busier(a, b *subtable) int { return cmp.Compare(b.recent, a.recent) }

// classTable is an immutable snapshot of the classes by input port.
type classTable struct {
	byPort []*class
	any    *class
}

func (t *classTable) get(inPort uint32) *class {
	if int64(inPort) < int64(len(t.byPort)) {
		return t.byPort[inPort]
	}
	return nil
}

func (t *classTable) masks() int {
	n := len(t.any.list())
	for _, c := range t.byPort {
		n += len(c.list())
	}
	return n
}

// each calls fn with every class.
func (t *classTable) each(fn func(*class)) {
	if t.any != nil {
		fn(t.any)
	}
	for _, c := range t.byPort {
		if c != nil {
			fn(c)
		}
	}
}

// classOf returns the class that flows of match m belong to, making it if needed.
// The caller holds mu.
func (dp *Datapath) classOf(m *flow.Match, make_ bool) *class {
	t := dp.classes.Load()
	exact := m.Mask.InPort == ^uint32(0) && m.Key.InPort <= maxPort
	var c *class
	if exact {
		c = t.get(m.Key.InPort)
	} else {
		c = t.any
	}
	if c != nil || !make_ {
		return c
	}
	c = &class{byMask: map[uint64]*subtable{}}
	n := &classTable{any: t.any, byPort: t.byPort}
	if exact {
		n.byPort = make([]*class, max(len(t.byPort), int(m.Key.InPort)+1))
		copy(n.byPort, t.byPort)
		n.byPort[m.Key.InPort] = c
	} else {
		n.any = c
	}
	dp.classes.Store(n)
	return c
}
