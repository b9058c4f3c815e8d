package flow

import "math/bits"

// miniMap has a bit for each word of a Key.
type miniMap [(KeyWords + 63) / 64]uint64

func (m *miniMap) set(i int)      { m[i/64] |= 1 << (i % 64) }
func (m *miniMap) has(i int) bool { return m[i/64]>>(i%64)&1 != 0 }

// rank returns how many bits below i are set.
func (m *miniMap) rank(i int) int {
	n := bits.OnesCount64(m[i/64] & (1<<(i%64) - 1))
	for _, w := range m[:i/64] {
		n += bits.OnesCount64(w)
	}
	return n
}

// MiniMatch is a Match in little room, for keeping many: of all words only those
// with a mask. It is immutable; compare with Equal, not ==.
type MiniMatch struct {
	words miniMap
	vals  []uint64 // for each word in words: its value, then its mask
}

// Mini returns the match in little room. Bits of the key outside the mask are
// dropped.
func (m *Match) Mini() MiniMatch {
	k, x := m.Key.Words(), m.Mask.live()
	n := 0
	for _, w := range x {
		if w != 0 {
			n++
		}
	}
	mm := MiniMatch{vals: make([]uint64, 0, 2*n)}
	for i, w := range x {
		if w != 0 {
			mm.words.set(i)
			mm.vals = append(mm.vals, k[i]&w, w)
		}
	}
	return mm
}

// Expand makes m the match that mm was made of.
func (mm *MiniMatch) Expand(m *Match) {
	*m = Match{}
	k, x := m.Key.Words(), m.Mask.Words()
	v := mm.vals
	for j, w := range mm.words {
		for ; w != 0; w &= w - 1 {
			i := j*64 + bits.TrailingZeros64(w)
			k[i], x[i] = v[0], v[1]
			v = v[2:]
		}
	}
}

// Match is Expand into a new Match.
func (mm *MiniMatch) Match() (m Match) {
	mm.Expand(&m)
	return m
}

// Equal reports whether mm and o are the same match.
func (mm *MiniMatch) Equal(o *MiniMatch) bool {
	if mm.words != o.words || len(mm.vals) != len(o.vals) {
		return false
	}
	for i, v := range mm.vals {
		if o.vals[i] != v {
			return false
		}
	}
	return true
}

// Word returns word i of key and mask.
func (mm *MiniMatch) Word(i int) (v, mask uint64) {
	if !mm.words.has(i) {
		return 0, 0
	}
	r := 2 * mm.words.rank(i)
	return mm.vals[r], mm.vals[r+1]
}

// Matches reports whether mm matches packets with key k.
func (mm *MiniMatch) Matches(k *Key) bool {
	kw, v := k.Words(), mm.vals
	for j, w := range mm.words {
		for ; w != 0; w &= w - 1 {
			i := j*64 + bits.TrailingZeros64(w)
			if (kw[i]^v[0])&v[1] != 0 {
				return false
			}
			v = v[2:]
		}
	}
	return true
}

// Hash returns a hash of the match; equal matches have equal hashes.
func (mm *MiniMatch) Hash() uint64 {
	h := uint64(len(mm.vals)) ^ 0x9e3779b97f4a7c15
	for _, w := range mm.words {
		h = mix(h ^ w)
	}
	for _, v := range mm.vals {
		h = mix(h ^ v)
	}
	return h
}

// HashMasked returns a hash of the bits of k under m.
func (k *Key) HashMasked(m *Mask) uint64 {
	kw, mw := k.Words(), m.live()
	h := uint64(0x9e3779b97f4a7c15)
	for i, w := range mw {
		if w != 0 {
			h = mix(h ^ kw[i]&w)
		}
	}
	return h
}

// mix spreads every bit of x over all of the result.
func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0xd6e8feb86659fd93, 0xa0761d6478bd642f)
	return hi ^ lo
}
