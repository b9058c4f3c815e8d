package classifier

import (
	"math/rand/v2"
	"testing"
)

type prefix struct {
	v value
	n int
}

func (p prefix) covers(v value) bool {
	m := prefixMask(p.n)
	return (p.v.hi^v.hi)&m.hi == 0 && (p.v.lo^v.lo)&m.lo == 0
}

// randomPrefix draws from few values, so that prefixes nest and come again.
func randomPrefix(r *rand.Rand) prefix {
	p := prefix{value{r.Uint64N(2)<<63 | r.Uint64N(2)<<40 | r.Uint64N(4)<<30, r.Uint64N(4) << 31}, 1 + r.IntN(128)}
	m := prefixMask(p.n)
	return prefix{value{p.v.hi & m.hi, p.v.lo & m.lo}, p.n}
}

func nodes(t *trieNode) int {
	if t == nil {
		return 0
	}
	return 1 + nodes(t.edges[0].Load()) + nodes(t.edges[1].Load())
}

// TestTrieAgainstTwin compares a trie that changes with all its prefixes one by
// one, and the bits that it says an answer depends on with keys that agree in
// these. A trie keeps no nodes for prefixes that are gone: any two of a path have more bits together than one has room for.
func TestTrieAgainstTwin(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		var root trie
		var all []prefix
		for step := range 600 {
			if r.IntN(600) > step || len(all) == 0 {
				p := randomPrefix(r)
				insertPrefix(&root, p.v, p.n)
				all = append(all, p)
			} else {
				i := r.IntN(len(all))
				removePrefix(&root, all[i].v, all[i].n)
				all = append(all[:i], all[i+1:]...)
			}
			distinct := map[prefix]bool{}
			for _, p := range all {
				distinct[p] = true
			}
			if n := nodes(root.Load()); n > 8*len(distinct) {
				t.Fatalf("seed %d step %d: %d nodes for %d prefixes", seed, step, n, len(distinct))
			}
			k := randomPrefix(r).v
			got, need := lookupPrefix(&root, k, 128)
			var want lengths
			for _, p := range all {
				if p.covers(k) {
					want.add(p.n)
				}
			}
			if got != want {
				t.Fatalf("seed %d step %d: lengths %x, want %x", seed, step, got, want)
			}
			m := prefixMask(need)
			o := value{k.hi&m.hi | r.Uint64()&^m.hi, k.lo&m.lo | r.Uint64()&^m.lo}
			if other, _ := lookupPrefix(&root, o, 128); other != got {
				t.Fatalf("seed %d step %d: %d bits do not settle the answer: %x, %x", seed, step, need, got, other)
			}
		}
		for _, p := range all {
			removePrefix(&root, p.v, p.n)
		}
		if root.Load() != nil {
			t.Fatalf("seed %d: %d nodes are left", seed, nodes(root.Load()))
		}
	}
}

// TestTrieReaders: a prefix that stays is found while others come and go.
func TestTrieReaders(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var root trie
	stays := prefix{value{1<<63 | 1<<40 | 1<<31, 0}, 50}
	stays.v.hi &= prefixMask(stays.n).hi
	insertPrefix(&root, stays.v, stays.n)
	done, bad := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-done:
				bad <- n
				return
			default:
			}
			if got, need := lookupPrefix(&root, stays.v, 128); !got.has(stays.n) || need < stays.n {
				n++
			}
		}
	}()
	var all []prefix
	for range 50000 {
		if len(all) < 60 && r.IntN(2) == 0 {
			p := randomPrefix(r)
			insertPrefix(&root, p.v, p.n)
			all = append(all, p)
		} else if len(all) > 0 {
			i := r.IntN(len(all))
			removePrefix(&root, all[i].v, all[i].n)
			all = append(all[:i], all[i+1:]...)
		}
	}
	close(done)
	if n := <-bad; n != 0 {
		t.Errorf("%d lookups missed a prefix that was there", n)
	}
}
