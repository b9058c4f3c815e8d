package classifier

import (
	"math/rand/v2"
	"testing"

	"govs/flow"
)

// twin is a classifier that looks at every rule.
type twin []*Rule[int]

func (t twin) lookup(v Version, k *flow.Key) (best *Rule[int], tie bool) {
	for _, r := range t {
		if !r.VisibleIn(v) || !r.Covers(k) {
			continue
		}
		switch {
		case best == nil || r.priority > best.priority:
			best, tie = r, false
		case r.priority == best.priority:
			tie = true
		}
	}
	return best, tie
}

// randomKey draws from a small universe, so that rules do match.
func randomKey(r *rand.Rand) flow.Key {
	var k flow.Key
	k.InPort = r.Uint32N(4)
	k.Metadata = r.Uint64N(2)
	k.Tunnel.ID = r.Uint64N(3)
	k.EthDst[5] = byte(r.UintN(3))
	k.EthSrc[0] = byte(r.UintN(2))
	k.EthType = []uint16{0x0800, 0x0806, 0x86dd}[r.UintN(3)]
	k.VLANs[0].TCI = uint16(r.UintN(2)) * 0x1001
	k.NwSrc = 0x0a000000 | r.Uint32N(2)<<16 | r.Uint32N(4)
	k.NwDst = 0x0a000000 | r.Uint32N(4)<<14 | r.Uint32N(4)
	k.IPv6Dst[0] = 0xfe
	k.IPv6Dst[15] = byte(r.UintN(4))
	k.NwProto = byte(r.UintN(2))
	k.TPSrc = uint16(r.UintN(3))
	k.TPDst = uint16(r.UintN(5)) << 7
	return k
}

func randomMatch(r *rand.Rand) *flow.Match {
	var m flow.Match
	set := func() bool { return r.UintN(4) == 0 }
	if set() {
		m.Mask.InPort = ^uint32(0)
	}
	if set() {
		m.Mask.Metadata = 1
	}
	if set() {
		m.Mask.Tunnel.ID = ^uint64(0)
	}
	if set() {
		m.Mask.EthDst = flow.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	if set() {
		m.Mask.EthSrc[0] = 1
	}
	if set() {
		m.Mask.EthType = 0xffff
	}
	if set() {
		m.Mask.VLANs[0].TCI = 0x1fff
	}
	if set() {
		m.Mask.NwSrc = ^uint32(0) << r.UintN(20)
	}
	if set() {
		m.Mask.NwDst = ^uint32(0) << r.UintN(20)
	}
	if set() {
		for i := range r.UintN(17) {
			m.Mask.IPv6Dst[i] = 0xff
		}
	}
	if set() {
		m.Mask.NwProto = 0xff
	}
	if set() {
		m.Mask.TPSrc = 0xffff
	}
	if set() {
		m.Mask.TPDst = 0xffff << r.UintN(10)
	}
	m.Key = randomKey(r)
	for i := range m.Key.Words() {
		m.Key.Words()[i] &= m.Mask.Words()[i]
	}
	return &m
}

// TestAgainstTwin changes a classifier at random and compares each kind of
// search with one that looks at every rule; a key changed only outside the
// reported bits must get the same answer.
func TestAgainstTwin(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var c *Classifier[int]
		if seed%2 == 0 {
			c = New[int](DefaultPrefixes...)
		} else {
			c = New[int](PrefixTunID, PrefixIPDst)
		}
		var slow twin
		for step := range 400 {
			switch op := r.UintN(3); {
			case op < 2 || len(slow) == 0:
				m := randomMatch(r)
				n := NewRule(m, int(r.UintN(12)), step)
				old := c.Insert(n)
				for i, s := range slow {
					if s.priority == n.priority && s.Match() == *m {
						if old != s {
							t.Fatalf("seed %d step %d: insert replaced %v, want %v", seed, step, old, s)
						}
						slow = append(slow[:i], slow[i+1:]...)
						old = nil
						break
					}
				}
				if old != nil {
					t.Fatalf("seed %d step %d: insert replaced a rule that was not there", seed, step)
				}
				slow = append(slow, n)
			default:
				i := r.IntN(len(slow))
				m := slow[i].Match()
				if got := c.FindExact(Latest, &m, slow[i].Priority()); got != slow[i] {
					t.Fatalf("seed %d step %d: FindExact %v", seed, step, got)
				}
				c.Remove(slow[i])
				slow = append(slow[:i], slow[i+1:]...)
			}
			if c.Len() != len(slow) {
				t.Fatalf("seed %d step %d: %d rules, want %d", seed, step, c.Len(), len(slow))
			}
			for range 5 {
				k := randomKey(r)
				var wc flow.Mask
				got := c.Lookup(Latest, &k, &wc)
				want, tie := slow.lookup(Latest, &k)
				if got != want && !(tie && got != nil && got.priority == want.priority && got.Covers(&k)) {
					t.Fatalf("seed %d step %d: got %v want %v", seed, step, got, want)
				}
				if plain := c.Lookup(Latest, &k, nil); plain != got {
					t.Fatalf("seed %d step %d: without wildcards %v, with %v", seed, step, plain, got)
				}
				for range 5 {
					o := randomKey(r)
					for i := range o.Words() {
						m := wc.Words()[i]
						o.Words()[i] = o.Words()[i]&^m | k.Words()[i]&m
					}
					if other := c.Lookup(Latest, &o, nil); other != got {
						t.Fatalf("seed %d step %d: bits outside the mask changed the answer: %v, %v", seed, step, got, other)
					}
				}
			}
		}
		m := randomMatch(r)
		n := 0
		for range c.Matching(Latest, m) {
			n++
		}
		for _, s := range slow {
			if s.MoreSpecific(m) {
				n--
			}
		}
		if n != 0 {
			t.Fatalf("seed %d: Matching is off by %d", seed, n)
		}
		n = 0
		for x := range c.All(Latest) {
			n++
			m := x.Match()
			over := c.FindOverlap(Latest, &m, x.Priority())
			if over == nil || over.priority != x.priority {
				t.Fatalf("seed %d: a rule must overlap itself", seed)
			}
		}
		if n != len(slow) {
			t.Fatalf("seed %d: All gives %d of %d", seed, n, len(slow))
		}
		for _, s := range slow {
			c.Remove(s)
		}
		if c.Len() != 0 || c.Subtables() != 0 {
			t.Fatalf("seed %d: not empty at the end", seed)
		}
		for i := range c.tries {
			if c.tries[i].Load() != nil {
				t.Fatalf("seed %d: trie %d keeps nodes", seed, i)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	c := New[string]()
	var m flow.Match
	m.Mask.InPort, m.Key.InPort = ^uint32(0), 1
	a := NewRule(&m, 5, "a")
	c.InsertIn(a, 1)
	b := NewRule(&m, 5, "b")
	c.InsertIn(b, 2)
	a.RemoveIn(2)
	k := flow.Key{InPort: 1}
	for _, x := range []struct {
		v    Version
		want string
	}{{1, "a"}, {2, "b"}, {Latest, "b"}} {
		if r := c.Lookup(x.v, &k, nil); r == nil || r.Value != x.want {
			t.Errorf("version %d: %v, want %s", x.v, r, x.want)
		}
	}
	if r := c.Lookup(0, &k, nil); r != nil {
		t.Errorf("version 0 sees %v", r.Value)
	}
	c.Remove(a)
	if r := c.Lookup(Latest, &k, nil); r != b {
		t.Error("b is gone with a")
	}
}

// TestReadersDuringChanges lets readers run while rules that they do not ask for
// come and go; the one they ask for must always be found.
func TestReadersDuringChanges(t *testing.T) {
	c := New[int](DefaultPrefixes...)
	var m flow.Match
	m.Mask.InPort, m.Key.InPort = ^uint32(0), 9
	c.Insert(NewRule(&m, 20, 42))
	done := make(chan struct{})
	bad := make(chan int, 2)
	for range 2 {
		go func() {
			k := flow.Key{InPort: 9, EthType: 0x0800, NwDst: 0x0a000001}
			n := 0
			for {
				select {
				case <-done:
					bad <- n
					return
				default:
				}
				var wc flow.Mask
				if r := c.Lookup(Latest, &k, &wc); r == nil || r.Value != 42 {
					n++
				}
			}
		}()
	}
	r := rand.New(rand.NewPCG(7, 7))
	var rules []*Rule[int]
	for range 20000 {
		if len(rules) < 100 && r.UintN(2) == 0 {
			n := NewRule(randomMatch(r), int(r.UintN(12)), 0)
			if old := c.Insert(n); old != nil {
				for i := range rules {
					if rules[i] == old {
						rules[i] = n
					}
				}
			} else {
				rules = append(rules, n)
			}
		} else if len(rules) > 0 {
			i := r.IntN(len(rules))
			c.Remove(rules[i])
			rules = append(rules[:i], rules[i+1:]...)
		}
	}
	close(done)
	if n := <-bad + <-bad; n != 0 {
		t.Errorf("%d lookups went wrong", n)
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	c, keys := big(1000)
	var wc flow.Mask
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		wc = flow.Mask{}
		c.Lookup(Latest, &keys[i%len(keys)], &wc)
		i++
	}); n != 0 {
		t.Errorf("%v allocations per lookup", n)
	}
}

// big returns a classifier with n rules over 20 masks, and keys that match.
func big(n int) (*Classifier[int], []flow.Key) {
	r := rand.New(rand.NewPCG(1, 2))
	c := New[int](DefaultPrefixes...)
	var keys []flow.Key
	for i := range n {
		var m flow.Match
		m.Key = flow.Key{InPort: r.Uint32N(64), EthType: 0x0800, NwProto: 6, NwSrc: r.Uint32(), NwDst: r.Uint32(), TPSrc: uint16(r.Uint32()), TPDst: uint16(r.Uint32())}
		if i%97 == 0 {
			keys = append(keys, m.Key)
		}
		m.Mask.EthType = 0xffff
		kind := i % 20
		m.Mask.NwDst = ^uint32(0) << (kind % 10)
		if kind%2 == 0 {
			m.Mask.InPort = ^uint32(0)
		}
		if kind >= 10 {
			m.Mask.NwProto, m.Mask.TPDst = 0xff, 0xffff
		}
		for i := range m.Key.Words() {
			m.Key.Words()[i] &= m.Mask.Words()[i]
		}
		c.Insert(NewRule(&m, i%100, i))
	}
	return c, keys
}

func BenchmarkLookup100k20masks(b *testing.B) {
	c, keys := big(100000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		var wc flow.Mask
		c.Lookup(Latest, &keys[i%len(keys)], &wc)
		i++
	}
}

func BenchmarkInsertRemove(b *testing.B) {
	c, _ := big(100000)
	var m flow.Match
	m.Mask.InPort, m.Mask.NwDst, m.Mask.EthType = ^uint32(0), ^uint32(0), 0xffff
	b.ReportAllocs()
	for b.Loop() {
		r := NewRule(&m, 50, 1)
		c.Insert(r)
		c.Remove(r)
	}
}

// TestOrderOfEquals: among subtables of one priority the last one takes the place
// of one that goes, which decides what else a lookup looks at.
func TestOrderOfEquals(t *testing.T) {
	c := New[int]()
	rules := map[string]*Rule[int]{}
	for _, text := range []string{"reg3=2", "tcp", "ip"} {
		m, err := flow.ParseMatch(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := 30
		if text == "reg3=2" {
			p = 40
		}
		rules[text] = NewRule(&m, p, 0)
		c.Insert(rules[text])
	}
	k, err := flow.ParseKey("ip,nw_proto=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	proto := func() uint8 {
		var wc flow.Mask
		if r := c.Lookup(Latest, k, &wc); r != rules["ip"] {
			t.Fatal("found", r)
		}
		return wc.NwProto
	}
	if proto() != 0xff {
		t.Error("the older table comes first")
	}
	c.Remove(rules["reg3=2"])
	if proto() != 0 {
		t.Error("the last table took the place of the first")
	}
}
