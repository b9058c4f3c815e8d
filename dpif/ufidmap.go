package dpif

import (
	"encoding/binary"
	"iter"
	"math/bits"
)

// UFIDMap finds values by the identity of the flow they belong to. There may be
// hundreds of thousands, each looked up when it is made, so a slot holds no more
// than a hash and the value, and looking and adding are one step. The zero value
// is empty. It does not lock.
type UFIDMap[T interface {
	comparable
	ID() *UFID
}] struct {
	slots []ufidSlot[T] // length 0 or a power of two
	n     int
}

type ufidSlot[T any] struct {
	hash uint64
	v    T // zero: free
}

func (u *UFID) hash() uint64 {
	// Identities that people choose may differ in a few bits only.
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(u[:])^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(u[8:])^0xd6e8feb86659fd93)
	return hi ^ lo ^ binary.LittleEndian.Uint64(u[:])
}

// Len returns the number of values.
func (m *UFIDMap[T]) Len() int { return m.n }

// find returns the slot of u, or the free one where it belongs.
func (m *UFIDMap[T]) find(u *UFID, hash uint64) (*ufidSlot[T], bool) {
	var none T
	mask := uint64(len(m.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &m.slots[i]
		if s.v == none {
			return s, false
		}
		if s.hash == hash && *s.v.ID() == *u {
			return s, true
		}
	}
}

// Get returns the value of u, or the zero one.
func (m *UFIDMap[T]) Get(u *UFID) (v T) {
	if m.n > 0 {
		if s, ok := m.find(u, u.hash()); ok {
			v = s.v
		}
	}
	return v
}

// Add puts v in unless there is a value of the same identity.
func (m *UFIDMap[T]) Add(v T) bool {
	if (m.n+1)*4 > len(m.slots)*3 {
		m.grow()
	}
	h := v.ID().hash()
	s, ok := m.find(v.ID(), h)
	if !ok {
		*s = ufidSlot[T]{h, v}
		m.n++
	}
	return !ok
}

func (m *UFIDMap[T]) grow() {
	var none T
	old := m.slots
	m.slots = make([]ufidSlot[T], max(8, 2*len(old)))
	mask := uint64(len(m.slots) - 1)
	for i := range old {
		if old[i].v == none {
			continue
		}
		j := old[i].hash & mask
		for m.slots[j].v != none {
			j = (j + 1) & mask
		}
		m.slots[j] = old[i]
	}
}

// Delete takes the value of u out.
func (m *UFIDMap[T]) Delete(u *UFID) {
	if m.n == 0 {
		return
	}
	s, ok := m.find(u, u.hash())
	if !ok {
		return
	}
	var none T
	m.n--
	if m.n == 0 {
		m.slots = nil
		return
	}
	// Those behind move up, so that no search ends at the gap.
	mask := uint64(len(m.slots) - 1)
	gap := s.hash & mask
	for &m.slots[gap] != s {
		gap = (gap + 1) & mask
	}
	for i := (gap + 1) & mask; m.slots[i].v != none; i = (i + 1) & mask {
		if home := m.slots[i].hash & mask; (i-home)&mask >= (i-gap)&mask {
			m.slots[gap] = m.slots[i]
			gap = i
		}
	}
	m.slots[gap] = ufidSlot[T]{}
}

// All iterates over the values; nothing may be added or deleted meanwhile.
func (m *UFIDMap[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		var none T
		for i := range m.slots {
			if v := m.slots[i].v; v != none && !yield(v) {
				return
			}
		}
	}
}
