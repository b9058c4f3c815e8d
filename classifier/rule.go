package classifier

import (
	"math"
	"sync/atomic"
	"unsafe"

	"govs/flow"
)

// Version numbers states of a classifier. A rule is visible in the versions
// from the one it was added in up to, but not including, the one it was removed
// in. A reader that looks everything up in one version sees a change of many
// rules whole or not at all.
type Version uint64

// Latest is the version in which every rule not yet removed is visible.
const Latest Version = math.MaxUint64 - 1

const never = math.MaxUint64

// maskWord is one word of a key that a mask looks at.
type maskWord struct {
	word uint32
	bits uint64
}

// tunWord is where the tunnel options begin, the last words of a key. A lookup
// looks at them first, as part of the metadata: position 0 is tunWord.
const tunWord = uint32(unsafe.Offsetof(flow.Key{}.TunPresent) / 8)

// position is when a lookup comes to a word of a key.
func position(word uint32) uint32 {
	return (word + uint32(flow.KeyWords) - tunWord) % uint32(flow.KeyWords)
}

// compact appends the words of m that are not zero, in order of positions, and
// returns a hash of them, too.
func compact(to []maskWord, m *flow.Mask) ([]maskWord, uint64) {
	words := m.Words()
	for i := tunWord; i < uint32(flow.KeyWords); i++ {
		if w := words[i]; w != 0 {
			to = append(to, maskWord{i, w})
		}
	}
	for i, w := range words[:tunWord] {
		if w != 0 {
			to = append(to, maskWord{uint32(i), w})
		}
	}
	return to, hashMask(to)
}

func hashMask(m []maskWord) uint64 {
	h := uint64(seed)
	for _, w := range m {
		h = mix(h^uint64(w.word), w.bits)
	}
	return h
}

// Rule is a match with a priority and a value of the classifier's user. It
// belongs to at most one classifier and, once removed, cannot be inserted again.
// Match and priority never change. It may be a part of what it is the rule of,
// see Init, and must not be copied.
type Rule[T any] struct {
	Value T

	priority int32
	hash     uint32
	mask     *[]maskWord // the subtable's once inserted
	words    *uint64     // the first of the key's words under mask

	soft *[]Clause // nil unless part of conjunctive matches

	added   Version
	removed atomic.Uint64 // Version

	lower atomic.Pointer[Rule[T]] // same match, lower or equal priority
	next  atomic.Pointer[Rule[T]] // subtable's list, in order of insertion
	prev  *Rule[T]                // writer only, as what follows
	sub   *subtable[T]            // where it belongs, if that is known
	in    bool                    // it is there
}

// NewRule returns a rule for the packets that match m. Of two rules that match a
// packet the one with the higher priority wins.
func NewRule[T any](m *flow.Match, priority int, v T) *Rule[T] {
	r := &Rule[T]{}
	mask, _ := compact(nil, &m.Mask)
	r.init(&mask, m, priority, v)
	return r
}

// init makes r the rule that NewRule returns, with m's mask, which it keeps.
func (r *Rule[T]) init(mask *[]maskWord, m *flow.Match, priority int, v T) {
	r.Value, r.priority, r.mask = v, int32(priority), mask
	r.removed.Store(never)
	if len(*mask) == 0 {
		return
	}
	key, bits := m.Key.Words(), make([]uint64, len(*mask))
	for i, w := range *mask {
		bits[i] = key[w.word] & w.bits
	}
	r.words = &bits[0]
}

// bits returns the key's words under the mask, as many as that has.
func (r *Rule[T]) bits() []uint64 { return unsafe.Slice(r.words, len(*r.mask)) }

// Priority returns the rule's priority.
func (r *Rule[T]) Priority() int { return int(r.priority) }

// Match returns the rule's match.
func (r *Rule[T]) Match() flow.Match {
	var m flow.Match
	bits := r.bits()
	for i, w := range *r.mask {
		m.Mask.Words()[w.word] = w.bits
		m.Key.Words()[w.word] = bits[i]
	}
	return m
}

func (r *Rule[T]) fullMask() flow.Mask {
	var m flow.Mask
	for _, w := range *r.mask {
		m.Words()[w.word] = w.bits
	}
	return m
}

// VisibleIn reports whether the rule exists in version v.
func (r *Rule[T]) VisibleIn(v Version) bool {
	return r.added <= v && uint64(v) < r.removed.Load()
}

// RemoveIn makes the rule invisible from version v on. The rule stays in the
// classifier, for readers of older versions, until Remove.
func (r *Rule[T]) RemoveIn(v Version) { r.removed.Store(uint64(v)) }

// RestoreRemoved undoes RemoveIn.
func (r *Rule[T]) RestoreRemoved() { r.removed.Store(never) }

// Covers reports whether the rule matches a packet with key k.
func (r *Rule[T]) Covers(k *flow.Key) bool { return equal(*r.mask, r.bits(), k.Words()) }

func equal(mask []maskWord, bits []uint64, key *flow.Words) bool {
	bits = bits[:len(mask)]
	for i := range mask {
		if key[mask[i].word]&mask[i].bits != bits[i] {
			return false
		}
	}
	return true
}

// MoreSpecific reports whether every packet that the rule matches also matches m
// and the rule's mask has all the bits of m's: OpenFlow's loose matching.
func (r *Rule[T]) MoreSpecific(m *flow.Match) bool {
	var buf [16]maskWord
	mask, _ := compact(buf[:0], &m.Mask)
	return r.within(mask, m.Key.Words())
}

// within is MoreSpecific for a mask that is compact.
func (r *Rule[T]) within(mask []maskWord, key *flow.Words) bool {
	own, bits := *r.mask, r.bits()
	j := 0
	for _, want := range mask {
		for j < len(own) && own[j].word != want.word {
			j++
		}
		if j == len(own) || own[j].bits&want.bits != want.bits || (bits[j]^key[want.word])&want.bits != 0 {
			return false
		}
	}
	return true
}

// overlaps reports whether some packet could match both the rule and m.
func (r *Rule[T]) overlaps(m *flow.Match) bool {
	mask, key, bits := m.Mask.Words(), m.Key.Words(), r.bits()
	for j, w := range *r.mask {
		if (bits[j]^key[w.word])&w.bits&mask[w.word] != 0 {
			return false
		}
	}
	return true
}
