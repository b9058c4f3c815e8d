package classifier

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"govs/flow"
)

// stageEnds are the words of a key where the stages of a lookup end: metadata,
// L2, L3; the rest is L4, with TCP flags, ARP's hardware addresses and the like.
var stageEnds = [...]uintptr{
	unsafe.Offsetof(flow.Key{}.EthDst) / 8,
	unsafe.Offsetof(flow.Key{}.NwSrc) / 8,
	unsafe.Offsetof(flow.Key{}.NDTarget) / 8,
}

// portsWord is the word that holds TPSrc and TPDst.
const portsWord = uint32(unsafe.Offsetof(flow.Key{}.TPSrc) / 8)

// subtable holds all rules that share a mask. A lookup hashes the masked key in
// stages; after each but the last it asks whether any rule has this hash so far,
// and gives up, having looked at no more of the packet, when none has.
type subtable[T any] struct {
	owner    *Classifier[T] // nil once it is empty and out of it; writer only, as what follows
	maskHash uint64
	other    *subtable[T] // with the same maskHash

	mask   []maskWord
	full   flow.Mask
	stages []int        // ends of the stages in mask; the last is len(mask)
	index  []hashCounts // for each stage but the last
	rules  slots[T]

	plen      []int // per trie of the classifier: prefix length in mask, or 0
	trieStage []int // per trie: the stage that looks at its field
	hasPrefix bool  // some plen is not 0
	portsMask flow.Mask
	portsLen  int // bits of tp_src+tp_dst up to the last one in mask; 0 for none
	ports     trie

	first atomic.Pointer[Rule[T]] // all rules, in order of insertion
	last  *Rule[T]
	prios priorities
}

func newSubtable[T any](mask []maskWord, full *flow.Mask, prefixes []Prefix) *subtable[T] {
	s := &subtable[T]{mask: mask, full: *full}
	s.rules.init()
	i := 0
	for _, end := range stageEnds {
		start := i
		for i < len(mask) && position(mask[i].word) < position(uint32(end)) {
			i++
		}
		if i > start {
			s.stages = append(s.stages, i)
		}
	}
	if i < len(mask) || len(s.stages) == 0 {
		s.stages = append(s.stages, len(mask))
	}
	s.index = make([]hashCounts, len(s.stages)-1)
	for i := range s.index {
		s.index[i].init()
	}
	s.plen = make([]int, len(prefixes))
	s.trieStage = make([]int, len(prefixes))
	for i, p := range prefixes {
		s.plen[i] = p.length(full)
		if s.plen[i] > 0 {
			s.hasPrefix = true
			for w := position(p.word()); position(mask[s.stages[s.trieStage[i]]-1].word) < w; {
				s.trieStage[i]++
			}
		}
	}
	if v := uint32(full.TPSrc)<<16 | uint32(full.TPDst); v != 0 {
		s.portsLen = 32 - bits.TrailingZeros32(v)
		s.portsMask.TPSrc, s.portsMask.TPDst = full.TPSrc, full.TPDst
	}
	s.prios.init()
	return s
}

// mix adds a word to a hash.
func mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^w, 0x9e3779b97f4a7c15)
	return hi ^ lo
}

const seed = 0x5bd1e9955bd1e995

func fold(h uint64) uint32 { return uint32(h>>32) ^ uint32(h) }

// hashes fills in the hash after each stage for a rule's masked words.
func (s *subtable[T]) hashes(b []uint64, out *[len(stageEnds) + 1]uint32) {
	h, i := uint64(seed), 0
	for n, end := range s.stages {
		for ; i < end; i++ {
			h = mix(h, b[i])
		}
		out[n] = fold(h)
	}
}

// lookup returns the rule in version v with the key's masked words, or nil, and
// adds to wc, if it is not nil, the bits looked at.
func (s *subtable[T]) lookup(v Version, key *flow.Key, wc *flow.Mask, tries *trieContext) *Rule[T] {
	words := key.Words()
	h, i := uint64(seed), 0
	for n, end := range s.stages {
		from := i
		if wc != nil && excludes(tries, s, n, key, wc) {
			s.fold(wc, from)
			return nil
		}
		for ; i < end; i++ {
			m := &s.mask[i]
			h = mix(h, words[m.word]&m.bits)
		}
		if n < len(s.index) && !s.index[n].has(fold(h)) {
			if wc != nil {
				s.fold(wc, i)
			}
			return nil
		}
	}
	r := s.find(fold(h), v, words)
	if wc == nil {
		return r
	}
	if r == nil && s.portsLen > 0 {
		// Not all bits of the ports are to blame, only those that tell this
		// packet's from all that have rules.
		s.fold(wc, len(s.mask)-1) // the ports are the last word
		t := value{hi: uint64(uint32(key.TPSrc&s.portsMask.TPSrc)<<16|uint32(key.TPDst&s.portsMask.TPDst)) << 32}
		_, need := lookupPrefix(&s.ports, t, 32)
		m := uint32(prefixMask(need).hi >> 32)
		wc.TPSrc |= s.portsMask.TPSrc & uint16(m>>16)
		wc.TPDst |= s.portsMask.TPDst & uint16(m)
		wc.IGMPGroup |= s.full.IGMPGroup // which is in the same word
		return nil
	}
	s.fold(wc, len(s.mask))
	return r
}

// fold adds the first n words of the mask to wc.
func (s *subtable[T]) fold(wc *flow.Mask, n int) {
	w := wc.Words()
	for _, m := range s.mask[:n] {
		w[m.word] |= m.bits
	}
}

func (s *subtable[T]) find(hash uint32, v Version, words *flow.Words) *Rule[T] {
	a := *s.rules.array.Load()
	m := uint32(len(a) - 1)
	t := tag(hash)
	for i := hash & m; ; i = (i + 1) & m {
		switch a[i].tag.Load() {
		case tagEmpty:
			return nil
		case t:
			r := a[i].head.Load()
			if r == nil || !equal(s.mask, r.bits(), words) {
				continue
			}
			for ; r != nil; r = r.lower.Load() {
				if r.VisibleIn(v) {
					return r
				}
			}
			return nil
		}
	}
}

// insert adds r, which takes the place of old if that is not nil.
func (s *subtable[T]) insert(r, old *Rule[T]) {
	r.mask, r.sub, r.in = &s.mask, s, true
	var hs [len(stageEnds) + 1]uint32
	s.hashes(r.bits(), &hs)
	r.hash = hs[len(s.stages)-1]
	if s.portsLen > 0 {
		v, n := s.portsValue(r)
		insertPrefix(&s.ports, v, n)
	}
	for i := range s.index {
		s.index[i].add(hs[i])
	}
	if old != nil {
		r.lower.Store(old.lower.Load())
	}
	if sl := s.rules.find(r.hash, r.bits()); sl == nil {
		s.rules.put(r)
	} else {
		link := &sl.head
		for at := link.Load(); at != nil && at != old && at.priority > r.priority; at = link.Load() {
			link = &at.lower
		}
		if old == nil {
			r.lower.Store(link.Load())
		}
		link.Store(r)
	}
	if old != nil {
		s.unlinkList(old, r)
		s.forget(old)
	} else {
		r.prev = s.last
		if s.last == nil {
			s.first.Store(r)
		} else {
			s.last.next.Store(r)
		}
		s.last = r
	}
	s.prios.add(r.Priority())
}

// unlinkList takes r out of the list of all rules, or puts by in its place.
func (s *subtable[T]) unlinkList(r, by *Rule[T]) {
	next := r.next.Load()
	to := next
	if by != nil {
		by.prev = r.prev
		by.next.Store(next)
		to = by
	}
	if r.prev == nil {
		s.first.Store(to)
	} else {
		r.prev.next.Store(to)
	}
	switch {
	case by != nil && next != nil:
		next.prev = by
	case by != nil:
		s.last = by
	case next != nil:
		next.prev = r.prev
	default:
		s.last = r.prev
	}
}

// forget undoes what insert noted of r outside the tables of rules.
func (s *subtable[T]) forget(r *Rule[T]) {
	var hs [len(stageEnds) + 1]uint32
	s.hashes(r.bits(), &hs)
	for i := range s.index {
		s.index[i].remove(hs[i])
	}
	if s.portsLen > 0 {
		v, n := s.portsValue(r)
		removePrefix(&s.ports, v, n)
	}
	s.prios.remove(r.Priority())
	r.in = false
}

func (s *subtable[T]) remove(r *Rule[T]) {
	sl := s.rules.find(r.hash, r.bits())
	if head := sl.head.Load(); head == r {
		if lower := r.lower.Load(); lower != nil {
			sl.head.Store(lower)
		} else {
			s.rules.drop(sl)
		}
	} else {
		for at := head; ; at = at.lower.Load() {
			if at.lower.Load() == r {
				at.lower.Store(r.lower.Load())
				break
			}
		}
	}
	s.unlinkList(r, nil)
	s.forget(r)
}

func (s *subtable[T]) portsValue(r *Rule[T]) (value, int) {
	for i, w := range s.mask {
		if w.word == portsWord {
			k := &s.owner.key
			k.Words()[portsWord] = r.bits()[i]
			ports := uint32(k.TPSrc)<<16 | uint32(k.TPDst)
			k.Words()[portsWord] = 0
			return value{hi: uint64(ports) << 32}, s.portsLen
		}
	}
	panic("classifier: no ports in mask")
}
