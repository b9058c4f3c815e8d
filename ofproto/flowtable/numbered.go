package flowtable

import (
	"iter"
	"slices"
)

// shards is of how many maps a Numbered is made, so that a change copies little.
const shards = 128

// Numbered are things with numbers, such as groups, at one moment; it does not
// change. The zero value and nil have none.
type Numbered[T any] struct{ shards [shards]map[uint32]*T }

// Get returns the one with a number, or nil.
func (n *Numbered[T]) Get(id uint32) *T {
	if n == nil {
		return nil
	}
	return n.shards[id%shards][id]
}

// All yields all in the order of their numbers.
func (n *Numbered[T]) All() iter.Seq2[uint32, *T] {
	var ids []uint32
	if n != nil {
		for _, m := range n.shards {
			for id := range m {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return func(yield func(uint32, *T) bool) {
		for _, id := range ids {
			if !yield(id, n.Get(id)) {
				return
			}
		}
	}
}

// with returns all with one put in or, if x is nil, taken out.
func (n *Numbered[T]) with(id uint32, x *T) *Numbered[T] {
	out := &Numbered[T]{}
	if n != nil {
		*out = *n
	}
	old := out.shards[id%shards]
	m := make(map[uint32]*T, len(old)+1)
	for k, v := range old {
		m[k] = v
	}
	if x != nil {
		m[id] = x
	} else {
		delete(m, id)
	}
	out.shards[id%shards] = m
	return out
}

// pick yields the one with a number, or all of them for the number all.
func (n *Numbered[T]) pick(id, all uint32) iter.Seq2[uint32, *T] {
	if id == all {
		return n.All()
	}
	return func(yield func(uint32, *T) bool) {
		if x := n.Get(id); x != nil {
			yield(id, x)
		}
	}
}
