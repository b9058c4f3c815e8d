package ofproto

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
)

// ukey is what the switch remembers of a datapath flow it has put: the packet it
// was made for, so that it can be translated again, and what came of that. There
// may be as many as the flow limit allows, so what they share is shared.
type ukey struct {
	key     packedKey // the whole packet's key, with the datapath's port
	ufid    dpif.UFID
	created int64 // Unix nanoseconds

	// Written by the revalidator only, under Backer.round.
	mark   uint32 // of the last round that saw it
	seen   uint64 // what changes came to before it was translated
	cfgSeq uint64
	out    *outcome
	// What the flow had counted when that was last passed on, and when it had
	// been used then (Unix nanoseconds, 0 never).
	packets, bytes uint64
	used           int64
}

// outcome is what translations said of a packet: what the flow looks at and
// does, what else forwarding a packet means, and on what all this depends. It is
// immutable and shared by the flows for which it is the same.
type outcome struct {
	hash    uint64
	mask    packedKey
	actions uint64 // hash of the datapath actions
	effects []xlate.Effect
	states  []uint32 // frozen, that the actions lead to
	tables  xlate.TableSet
	macs    bool
	sawVLAN bool // which the mask has of all tagged packets
	// Any change whatever may change it.
	anyChange bool
}

// outcomes remembers some recent outcomes, so that equal ones are shared. It
// belongs to one goroutine at a time.
type outcomes struct {
	recent [256]*outcome
	masks  [64]packedKey
}

// of returns the outcome of a translation whose mask, completed for the
// datapath, is mask; sawVLAN says that it looked at a tag itself.
func (c *outcomes) of(out *xlate.Out, mask *flow.Mask, sawVLAN bool, actions uint64) *outcome {
	m := mask.Words()
	mh := hashWords(m)
	h := actions ^ mh ^ xlate.HashEffects(out.Effects)
	p := &c.recent[(h^h>>32)%uint64(len(c.recent))]
	if o := *p; o != nil && o.hash == h && o.actions == actions && o.macs == out.MACs && o.sawVLAN == sawVLAN && o.anyChange == (out.Limited || out.Failed) && o.tables == out.Tables &&
		o.mask.equal(m) && slices.Equal(o.effects, out.Effects) && slices.Equal(o.states, out.States) {
		return o
	}
	pm := &c.masks[(mh^mh>>32)%uint64(len(c.masks))]
	if !pm.equal(m) {
		*pm = pack(m)
	}
	*p = &outcome{
		hash: h, mask: *pm, actions: actions, effects: slices.Clone(out.Effects), states: slices.Clone(out.States),
		tables: out.Tables, macs: out.MACs, sawVLAN: sawVLAN, anyChange: out.Limited || out.Failed,
	}
	return *p
}

func hashWords(k *flow.Words) uint64 {
	h := uint64(flow.KeyWords)
	for i, w := range k {
		if w != 0 {
			hi, lo := bits.Mul64(h^w^uint64(i)<<57, 0xd6e8feb86659fd93)
			h = hi ^ lo
		}
	}
	return h
}

// packedKey is a key without its zero words.
type packedKey struct {
	present [(flow.KeyWords + 63) / 64]uint64
	words   []uint64
}

func pack(k *flow.Words) (p packedKey) {
	n := 0
	for i, w := range k {
		if w != 0 {
			p.present[i>>6] |= 1 << (i & 63)
			n++
		}
	}
	p.words = make([]uint64, 0, n)
	for _, w := range k {
		if w != 0 {
			p.words = append(p.words, w)
		}
	}
	return p
}

func (p *packedKey) unpack(k *flow.Words) {
	*k = flow.Words{}
	n := 0
	for i, set := range p.present {
		for ; set != 0; set &= set - 1 {
			k[i<<6+bits.TrailingZeros64(set)] = p.words[n]
			n++
		}
	}
}

// equal reports whether p is k packed.
func (p *packedKey) equal(k *flow.Words) bool {
	n := 0
	for i, w := range k {
		if w == 0 {
			continue
		}
		if p.present[i>>6]>>(i&63)&1 == 0 || p.words[n] != w {
			return false
		}
		n++
	}
	return n == len(p.words)
}

// covers reports whether every bit of k is in p.
func (p *packedKey) covers(k *flow.Words) bool {
	n := 0
	for i, w := range k {
		have := p.present[i>>6]>>(i&63)&1 != 0
		if w != 0 && (!have || w&^p.words[n] != 0) {
			return false
		}
		if have {
			n++
		}
	}
	return true
}

// ukeyMap finds ukeys by the flow's identity; packet threads add to it.
type ukeyMap struct {
	shards [64]ukeyShard
	n      atomic.Int64
}

type ukeyShard struct {
	mu sync.Mutex
	m  dpif.UFIDMap[*ukey] // guarded by mu
}

// ID is the flow's identity, for dpif.UFIDMap.
func (k *ukey) ID() *dpif.UFID { return &k.ufid }

func (m *ukeyMap) shard(u *dpif.UFID) *ukeyShard { return &m.shards[(u[0]^u[15])%uint8(len(m.shards))] }

func (m *ukeyMap) len() int { return int(m.n.Load()) }

func (m *ukeyMap) get(u dpif.UFID) *ukey {
	s := m.shard(&u)
	s.mu.Lock()
	k := s.m.Get(&u)
	s.mu.Unlock()
	return k
}

// add puts k in unless there is one of that identity.
func (m *ukeyMap) add(k *ukey) bool {
	s := m.shard(&k.ufid)
	s.mu.Lock()
	ok := s.m.Add(k)
	s.mu.Unlock()
	if ok {
		m.n.Add(1)
	}
	return ok
}

// remove takes k out, if it is still there.
func (m *ukeyMap) remove(k *ukey) {
	s := m.shard(&k.ufid)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m.Get(&k.ufid) == k {
		s.m.Delete(&k.ufid)
		m.n.Add(-1)
	}
}

// each calls fn with every ukey; fn may remove it.
func (m *ukeyMap) each(fn func(*ukey)) {
	var list []*ukey
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		list = slices.AppendSeq(list[:0], s.m.All())
		s.mu.Unlock()
		for _, k := range list {
			fn(k)
		}
	}
}

// hashActions returns a hash by which changed actions are told.
func hashActions(a []byte) uint64 {
	h := uint64(len(a)) + 0x9e3779b97f4a7c15
	for len(a) >= 4 {
		v := uint64(binary.LittleEndian.Uint32(a))
		hi, lo := bits.Mul64(h^v, 0xd6e8feb86659fd93)
		h = hi ^ lo
		a = a[4:]
	}
	return h
}
