package ovsdb

import "math/bits"

// trie is a persistent map from UUID to *Row in UUID order: a change copies
// the few nodes on the way to it and leaves older versions as they were. Nodes
// that a transaction has copied itself (their edit is its own) are changed in
// place.
type trie struct {
	root *trieNode
	n    int
}

// edit is the identity of a transaction. It has a size so that each is unique.
type edit struct{ _ byte }

const (
	trieBits = 5
	trieMask = 1<<trieBits - 1
)

// trieNode has, for each of 32 values of the next five bits of the UUID, a row
// or a node or nothing. rows and nodes hold only what is there.
type trieNode struct {
	rowMap, nodeMap uint32
	owner           *edit
	rows            []*Row
	nodes           []*trieNode
}

// chunk returns the five bits of u at the given depth.
func chunk(u *UUID, depth int) uint32 {
	bit := depth * trieBits
	i := bit / 8
	w := uint32(u[i]) << 8
	if i+1 < len(u) {
		w |= uint32(u[i+1])
	}
	return w >> (16 - trieBits - bit%8) & trieMask
}

func (t trie) get(u UUID) *Row {
	n := t.root
	for depth := 0; n != nil; depth++ {
		bit := uint32(1) << chunk(&u, depth)
		if n.rowMap&bit != 0 {
			if r := n.rows[bits.OnesCount32(n.rowMap&(bit-1))]; r.uuid == u {
				return r
			}
			return nil
		}
		if n.nodeMap&bit == 0 {
			return nil
		}
		n = n.nodes[bits.OnesCount32(n.nodeMap&(bit-1))]
	}
	return nil
}

func (n *trieNode) own(e *edit) *trieNode {
	if n.owner == e {
		return n
	}
	c := *n
	c.owner = e
	c.rows = append(make([]*Row, 0, len(n.rows)+1), n.rows...)
	c.nodes = append(make([]*trieNode, 0, len(n.nodes)+1), n.nodes...)
	return &c
}

func insertAt[T any](s []T, i int, v T) []T {
	var zero T
	s = append(s, zero)
	copy(s[i+1:], s[i:])
	s[i] = v
	return s
}

func removeAt[T any](s []T, i int) []T {
	copy(s[i:], s[i+1:])
	var zero T
	s[len(s)-1] = zero
	return s[:len(s)-1]
}

// put inserts or replaces a row.
func (t *trie) put(r *Row, e *edit) {
	if t.root == nil {
		t.root = &trieNode{owner: e}
	}
	var added bool
	t.root, added = t.root.put(r, 0, e)
	if added {
		t.n++
	}
}

func (n *trieNode) put(r *Row, depth int, e *edit) (*trieNode, bool) {
	n = n.own(e)
	bit := uint32(1) << chunk(&r.uuid, depth)
	switch {
	case n.nodeMap&bit != 0:
		i := bits.OnesCount32(n.nodeMap & (bit - 1))
		c, added := n.nodes[i].put(r, depth+1, e)
		n.nodes[i] = c
		return n, added
	case n.rowMap&bit != 0:
		i := bits.OnesCount32(n.rowMap & (bit - 1))
		old := n.rows[i]
		if old.uuid == r.uuid {
			n.rows[i] = r
			return n, false
		}
		c := &trieNode{owner: e}
		c, _ = c.put(old, depth+1, e)
		c, _ = c.put(r, depth+1, e)
		n.rows = removeAt(n.rows, i)
		n.rowMap &^= bit
		n.nodes = insertAt(n.nodes, bits.OnesCount32(n.nodeMap&(bit-1)), c)
		n.nodeMap |= bit
		return n, true
	}
	n.rows = insertAt(n.rows, bits.OnesCount32(n.rowMap&(bit-1)), r)
	n.rowMap |= bit
	return n, true
}

// remove deletes a row that must be there.
func (t *trie) remove(u UUID, e *edit) {
	t.root = t.root.remove(&u, 0, e)
	t.n--
}

func (n *trieNode) remove(u *UUID, depth int, e *edit) *trieNode {
	n = n.own(e)
	bit := uint32(1) << chunk(u, depth)
	if n.rowMap&bit != 0 {
		n.rows = removeAt(n.rows, bits.OnesCount32(n.rowMap&(bit-1)))
		n.rowMap &^= bit
		return n
	}
	i := bits.OnesCount32(n.nodeMap & (bit - 1))
	c := n.nodes[i].remove(u, depth+1, e)
	switch {
	case len(c.nodes) > 0 || len(c.rows) > 1:
		n.nodes[i] = c
		return n
	case len(c.rows) == 1:
		// A node with one row moves up.
		n.rows = insertAt(n.rows, bits.OnesCount32(n.rowMap&(bit-1)), c.rows[0])
		n.rowMap |= bit
	}
	n.nodes = removeAt(n.nodes, i)
	n.nodeMap &^= bit
	return n
}

// all yields the rows in UUID order.
func (t trie) all(yield func(*Row) bool) {
	if t.root != nil {
		t.root.all(yield)
	}
}

func (n *trieNode) all(yield func(*Row) bool) bool {
	r, c := 0, 0
	for m := n.rowMap | n.nodeMap; m != 0; m &= m - 1 {
		if n.rowMap&(m&-m) != 0 {
			if !yield(n.rows[r]) {
				return false
			}
			r++
		} else {
			if !n.nodes[c].all(yield) {
				return false
			}
			c++
		}
	}
	return true
}
