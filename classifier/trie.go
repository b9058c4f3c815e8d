package classifier

import (
	"math/bits"
	"sync/atomic"

	"govs/flow"
)

// Prefix names a field on which the classifier keeps a prefix trie, so that a
// packet that matches no prefix of a subtable is told apart by a few leading
// bits of the field and not by all that the subtable's mask has.
type Prefix uint8

// Fields that can have a trie.
const (
	PrefixIPDst Prefix = iota
	PrefixIPSrc
	PrefixIPv6Dst
	PrefixIPv6Src
	PrefixTunID
	PrefixTunSrc
	PrefixTunDst
)

// value is a bit string of up to 128 bits, first bit in hi's top.
type value struct{ hi, lo uint64 }

func be64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 |
		uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
}

// get returns the field of k as a bit string and its length.
func (p Prefix) get(k *flow.Key) (value, int) {
	switch p {
	case PrefixIPDst:
		return value{uint64(k.NwDst) << 32, 0}, 32
	case PrefixIPSrc:
		return value{uint64(k.NwSrc) << 32, 0}, 32
	case PrefixIPv6Dst:
		return value{be64(k.IPv6Dst[:8]), be64(k.IPv6Dst[8:])}, 128
	case PrefixIPv6Src:
		return value{be64(k.IPv6Src[:8]), be64(k.IPv6Src[8:])}, 128
	case PrefixTunID:
		return value{k.Tunnel.ID, 0}, 64
	case PrefixTunSrc:
		return value{uint64(k.Tunnel.Src) << 32, 0}, 32
	case PrefixTunDst:
		return value{uint64(k.Tunnel.Dst) << 32, 0}, 32
	}
	panic("classifier: no such prefix field")
}

// applies reports whether k's bytes really hold the field.
func (p Prefix) applies(k *flow.Key) bool {
	switch p {
	case PrefixIPDst, PrefixIPSrc:
		// ARP keeps its protocol addresses in the same place, but they are
		// other fields, without a trie.
		return k.EthType == 0x0800
	case PrefixIPv6Dst, PrefixIPv6Src:
		return k.EthType == 0x86dd
	}
	return true
}

// word is the word of the key where the field starts.
func (p Prefix) word() uint32 {
	var m flow.Mask
	p.set(&m, 1)
	for i, w := range m.Words() {
		if w != 0 {
			return uint32(i)
		}
	}
	panic("classifier: empty field")
}

// set puts ones in the first n bits of the field in m.
func (p Prefix) set(m *flow.Mask, n int) {
	v := prefixMask(n)
	switch p {
	case PrefixIPDst:
		m.NwDst |= uint32(v.hi >> 32)
	case PrefixIPSrc:
		m.NwSrc |= uint32(v.hi >> 32)
	case PrefixIPv6Dst:
		orBytes(&m.IPv6Dst, v)
	case PrefixIPv6Src:
		orBytes(&m.IPv6Src, v)
	case PrefixTunID:
		m.Tunnel.ID |= v.hi
	case PrefixTunSrc:
		m.Tunnel.Src |= uint32(v.hi >> 32)
	case PrefixTunDst:
		m.Tunnel.Dst |= uint32(v.hi >> 32)
	}
}

func orBytes(b *[16]byte, v value) {
	for i := range 8 {
		b[i] |= byte(v.hi >> (56 - 8*i))
		b[8+i] |= byte(v.lo >> (56 - 8*i))
	}
}

// hasPrefix reports whether the first n bits of the field in m are set.
func (p Prefix) hasPrefix(m *flow.Mask, n int) bool {
	v, _ := p.get((*flow.Key)(m))
	want := prefixMask(n)
	return v.hi&want.hi == want.hi && v.lo&want.lo == want.lo
}

// length returns n if the field's mask in m is exactly its first n bits, else 0.
func (p Prefix) length(m *flow.Mask) int {
	v, _ := p.get((*flow.Key)(m))
	n := bits.OnesCount64(v.hi) + bits.OnesCount64(v.lo)
	if v != prefixMask(n) {
		return 0
	}
	return n
}

func prefixMask(n int) value {
	switch {
	case n <= 0:
		return value{}
	case n <= 64:
		return value{^uint64(0) << (64 - n), 0}
	case n < 128:
		return value{^uint64(0), ^uint64(0) << (128 - n)}
	}
	return value{^uint64(0), ^uint64(0)}
}

func (v value) shl(n int) value {
	if n >= 64 {
		return value{v.lo << (n - 64), 0}
	}
	return value{v.hi<<n | v.lo>>(64-n), v.lo << n}
}

func (v value) first() int { return int(v.hi >> 63) }

// trie is the root of a binary trie of prefixes with path compression; nil in it
// is a trie of nothing. The one writer publishes each change by one store, of a
// pointer or a count, and leaves the nodes that it takes out as they are, so
// readers need no lock: each sees the prefixes that are there all the time.
type trie = atomic.Pointer[trieNode]

// trieNode has at most nodeBits bits of the path, so that one is half a cache
// line and IPv4's tries, of which there are most, are as deep as they would be
// without this limit. Its path never changes.
type trieNode struct {
	bits  uint32 // nbits bits from the top on, the rest zero
	nbits uint8
	rules atomic.Uint32 // rules whose prefix ends here
	edges [2]trie
}

const nodeBits = 32

func (t *trieNode) leaf() bool { return t.edges[0].Load() == nil && t.edges[1].Load() == nil }

// common returns how many leading bits the node's path and v share.
func (t *trieNode) common(v value) int {
	return min(bits.LeadingZeros32(t.bits^uint32(v.hi>>32)), int(t.nbits))
}

// chain returns new nodes for the n-bit prefix of v, with one rule.
func chain(v value, n int) *trieNode {
	t := &trieNode{nbits: uint8(min(n, nodeBits))}
	t.bits = head(v, int(t.nbits))
	if n <= nodeBits {
		t.rules.Store(1)
		return t
	}
	rest := v.shl(nodeBits)
	t.edges[rest.first()].Store(chain(rest, n-nodeBits))
	return t
}

// insertPrefix adds one more rule at the n-bit prefix of v.
func insertPrefix(at *trie, v value, n int) {
	for {
		t := at.Load()
		if t == nil {
			at.Store(chain(v, n))
			return
		}
		eq := min(t.common(v), n)
		rest := v.shl(eq)
		if eq < int(t.nbits) {
			at.Store(t.split(eq, rest, n-eq))
			return
		}
		if eq == n {
			t.rules.Add(1)
			return
		}
		at, v, n = &t.edges[rest.first()], rest, n-eq
	}
}

// split returns two nodes for t, the upper one with eq bits, and one more rule n
// bits below that.
func (t *trieNode) split(eq int, rest value, n int) *trieNode {
	up, lower := &trieNode{bits: head(value{hi: uint64(t.bits) << 32}, eq), nbits: uint8(eq)}, t.after(t.bits<<eq, t.nbits-uint8(eq))
	up.edges[lower.bits>>31].Store(lower)
	if n == 0 {
		up.rules.Store(1)
	} else {
		up.edges[rest.first()].Store(chain(rest, n))
	}
	return up
}

// after returns a node with what is below t, and another path.
func (t *trieNode) after(path uint32, nbits uint8) *trieNode {
	c := &trieNode{bits: path, nbits: nbits}
	c.rules.Store(t.rules.Load())
	for i := range c.edges {
		c.edges[i].Store(t.edges[i].Load())
	}
	return c
}

// head returns the first n bits of v, which are at most nodeBits.
func head(v value, n int) uint32 { return uint32(v.hi >> 32 & (prefixMask(n).hi >> 32)) }

// removePrefix takes one rule away from the n-bit prefix of v, which is there.
func removePrefix(at *trie, v value, n int) {
	var owner *trie // of the node that has cut
	cut := at       // below it is nothing but this prefix
	for {
		t := at.Load()
		if n == int(t.nbits) {
			if t.rules.Add(^uint32(0)) == 0 {
				t.prune(at, cut, owner)
			}
			return
		}
		v, n = v.shl(int(t.nbits)), n-int(t.nbits)
		next := &t.edges[v.first()]
		if t.rules.Load() > 0 || t.other(next) != nil {
			owner, cut = at, next
		}
		at = next
	}
}

// prune takes out what tells nothing apart now that t, which at leads to, has
// lost its last rule.
func (t *trieNode) prune(at, cut, owner *trie) {
	if only, n := t.only(); n > 0 {
		if n == 1 {
			t.join(at, only)
		}
		return
	}
	if owner != nil {
		up := owner.Load()
		if other := up.other(cut); other != nil && up.rules.Load() == 0 && up.join(owner, other) {
			return // in one step
		}
	}
	cut.Store(nil)
}

// only returns an edge of t, and how many it has.
func (t *trieNode) only() (edge *trieNode, n int) {
	for i := range t.edges {
		if e := t.edges[i].Load(); e != nil {
			edge = e
			n++
		}
	}
	return edge, n
}

// other returns the edge of t that is not at.
func (t *trieNode) other(at *trie) *trieNode {
	if at == &t.edges[0] {
		return t.edges[1].Load()
	}
	return t.edges[0].Load()
}

// join puts one node in the place of t, which has no rule, and only, its one edge
// that counts. It reports false where a node has no room for both paths.
func (t *trieNode) join(at *trie, only *trieNode) bool {
	n := t.nbits + only.nbits
	if n > nodeBits {
		return false
	}
	at.Store(only.after(t.bits|only.bits>>t.nbits, n))
	return true
}

// lengths is a set of prefix lengths; bit n-1 stands for length n.
type lengths struct{ lo, hi uint64 }

func (l *lengths) add(n int) {
	if n > 64 {
		l.hi |= 1 << (n - 65)
	} else if n > 0 {
		l.lo |= 1 << (n - 1)
	}
}

func (l *lengths) has(n int) bool {
	if n > 64 {
		return l.hi>>(n-65)&1 != 0
	}
	return l.lo>>(n-1)&1 != 0
}

// lookupPrefix returns the lengths of the prefixes in a trie that v has, and how many of
// v's first bits (of size) must be known to be sure of this answer.
func lookupPrefix(root *trie, v value, size int) (lens lengths, need int) {
	n := 0
	t := root.Load()
	for prev := (*trieNode)(nil); ; {
		if t == nil {
			if prev == nil || prev.leaf() {
				return lens, n
			}
			return lens, n + 1
		}
		eq := t.common(v)
		n += eq
		if eq < int(t.nbits) {
			return lens, n + 1
		}
		if t.rules.Load() > 0 {
			lens.add(n)
		}
		if n >= size {
			return lens, size
		}
		v = v.shl(eq)
		prev, t = t, t.edges[v.first()].Load()
	}
}
