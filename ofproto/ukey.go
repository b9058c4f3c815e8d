package ofproto

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
)

// ukey is what the switch remembers of a datapath flow it has put: the packet it
// was made for, so that it can be translated again, and what forwarding a packet
// means for tables and counters.
type ukey struct {
	key     packedKey // the whole packet's key, with the datapath's port
	mask    packedKey
	ufid    dpif.UFID
	actions uint64 // hash of the datapath actions
	created int64  // Unix nanoseconds
	epoch   uint64 // the revalidator's round when it was made

	// Written by the revalidator only, under Backer.round.
	seen    dpif.FlowStats
	effects []xlate.Effect
	tables  xlate.TableSet
	cfgSeq  uint64
	macs    bool
	checked bool     // since it was made
	states  []uint32 // frozen, that the actions lead to
	mark    uint64
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

// ukeyMap finds ukeys by the flow's identity; packet threads add to it.
type ukeyMap struct {
	shards [64]struct {
		mu sync.Mutex
		m  map[dpif.UFID]*ukey
	}
	n atomic.Int64
}

func (m *ukeyMap) init() {
	for i := range m.shards {
		m.shards[i].m = map[dpif.UFID]*ukey{}
	}
}

func (m *ukeyMap) len() int { return int(m.n.Load()) }

func (m *ukeyMap) get(u dpif.UFID) *ukey {
	s := &m.shards[u[0]&63]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[u]
}

// add puts k in unless there is one of that identity.
func (m *ukeyMap) add(k *ukey) bool {
	s := &m.shards[k.ufid[0]&63]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m[k.ufid] != nil {
		return false
	}
	s.m[k.ufid] = k
	m.n.Add(1)
	return true
}

func (m *ukeyMap) remove(u dpif.UFID) {
	s := &m.shards[u[0]&63]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m[u] != nil {
		delete(s.m, u)
		m.n.Add(-1)
	}
}

// each calls fn with every ukey; fn may remove it.
func (m *ukeyMap) each(fn func(*ukey)) {
	var list []*ukey
	for i := range m.shards {
		s := &m.shards[i]
		list = list[:0]
		s.mu.Lock()
		for _, k := range s.m {
			list = append(list, k)
		}
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
		v := uint64(a[0]) | uint64(a[1])<<8 | uint64(a[2])<<16 | uint64(a[3])<<24
		hi, lo := bits.Mul64(h^v, 0xd6e8feb86659fd93)
		h = hi ^ lo
		a = a[4:]
	}
	return h
}
