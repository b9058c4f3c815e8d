package userspace

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"

	"govs/dpif"
	"govs/flow"
)

// flowEntry is one flow. What identifies it is immutable; actions are replaced
// whole, counters only grow (or are zeroed).
type flowEntry struct {
	ufid dpif.UFID
	vals []uint64 // key under the subtable's mask
	// The key as it was given if it says more than the mask has it say, as one
	// that somebody wrote may; it is shown again.
	orig *flow.Key
	hash uint64
	st   *subtable
	cls  *class
	acts atomic.Pointer[program]
	dead atomic.Bool

	packets, bytes atomic.Uint64
	used           atomic.Int64 // Unix nanoseconds, 0 never
	tcpFlags       atomic.Uint32
}

// flowShards finds flows by identity. The shards share the datapath's mutex;
// there are several so that whoever goes over all flows holds it for a moment
// at a time.
type flowShards struct {
	by [64]dpif.UFIDMap[*flowEntry]
	n  int
}

// ID is the flow's identity, for dpif.UFIDMap.
func (f *flowEntry) ID() *dpif.UFID { return &f.ufid }

func (s *flowShards) shard(u *dpif.UFID) *dpif.UFIDMap[*flowEntry] {
	return &s.by[(u[0]^u[15])%uint8(len(s.by))]
}

func (s *flowShards) get(u *dpif.UFID) *flowEntry { return s.shard(u).Get(u) }

func (s *flowShards) add(e *flowEntry) {
	s.shard(&e.ufid).Add(e)
	s.n++
}

func (s *flowShards) remove(e *flowEntry) {
	s.shard(&e.ufid).Delete(&e.ufid)
	s.n--
}

func (f *flowEntry) stats() dpif.FlowStats {
	s := dpif.FlowStats{Packets: f.packets.Load(), Bytes: f.bytes.Load(), TCPFlags: uint16(f.tcpFlags.Load())}
	if u := f.used.Load(); u != 0 {
		s.Used = time.Unix(0, u)
	}
	return s
}

func (f *flowEntry) zero() {
	f.packets.Store(0)
	f.bytes.Store(0)
	f.used.Store(0)
	f.tcpFlags.Store(0)
}

// fill writes the flow into out.
func (f *flowEntry) fill(out *dpif.Flow) {
	*out = dpif.Flow{UFID: f.ufid, Actions: f.acts.Load().attrs, Stats: f.stats()}
	out.Match.Mask = *f.st.full()
	if f.orig != nil {
		out.Match.Key = *f.orig
		return
	}
	for i, x := range f.st.idx {
		out.Match.Key.Words()[x] = f.vals[i]
	}
}

// canonical reports whether m's key has no bits outside the mask.
func canonical(m *flow.Match) bool {
	mask := m.Mask.Words()
	for i, w := range m.Key.Words() {
		if w&^mask[i] != 0 {
			return false
		}
	}
	return true
}

func (dp *Datapath) newSecret() {
	var b [16]byte
	rand.Read(b[:])
	dp.secret = [2]uint64{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
}

// ufid returns the identity of the flow to be put for a packet with key k, or,
// with a mask, of the flow with that match.
func (dp *Datapath) ufid(k *flow.Key, m *flow.Mask) (u dpif.UFID) {
	a, b := dp.secret[0], dp.secret[1]
	mix := func(v uint64) {
		hi, lo := bits.Mul64(a^v, mixer)
		a = hi ^ lo
		hi, lo = bits.Mul64(b+v, 0xd6e8feb86659fd93)
		b = bits.RotateLeft64(hi^lo, 29)
	}
	for i, v := range k.Words() {
		if v != 0 {
			mix(v ^ uint64(i)<<56)
		}
	}
	if m != nil {
		for i, v := range m.Words() {
			if v != 0 {
				mix(v ^ uint64(i)<<48)
			}
		}
	}
	mix(0x5bd1e995)
	binary.LittleEndian.PutUint64(u[:], a)
	binary.LittleEndian.PutUint64(u[8:], b)
	return u
}

// FlowPut implements dpif.Datapath. A flow without UFID gets one from its match,
// one that does not match recirc_id is for packets that were not recirculated.
func (dp *Datapath) FlowPut(f *dpif.Flow, flags dpif.PutFlags, old *dpif.FlowStats) error {
	match := &f.Match
	if match.Mask.RecircID != ^uint32(0) {
		// A flow always says which pass through the datapath it is for.
		m := *match
		m.Mask.RecircID = ^uint32(0)
		match = &m
	}
	ufid := f.UFID
	if ufid == (dpif.UFID{}) {
		m := *match
		m.Canon()
		ufid = dp.ufid(&m.Key, &m.Mask)
	}
	prog, err := dp.programs.take(f.Actions)
	if err != nil {
		return err
	}

	dp.mu.Lock()
	defer dp.mu.Unlock()
	cls := dp.classOf(match, false)
	e := dp.flows.get(&ufid)
	var st *subtable
	if cls != nil {
		st = cls.find(&match.Mask)
	}
	if e == nil && st != nil {
		e = st.lookup(match.Key.Words())
	}
	if e != nil {
		if flags&dpif.PutModify == 0 {
			dp.programs.give(prog)
			return dpif.ErrExist
		}
		if old != nil {
			*old = e.stats()
		}
		dp.programs.give(e.acts.Swap(prog))
		if flags&dpif.PutZeroStats != 0 {
			e.zero()
		}
		return nil
	}
	if flags&dpif.PutCreate == 0 {
		dp.programs.give(prog)
		return dpif.ErrNotFound
	}
	if cls == nil {
		cls = dp.classOf(match, true)
	}
	fresh := st == nil
	if fresh {
		st = newSubtable(newWordSet(&match.Mask))
		dp.widen(&match.Mask)
	}
	e = &flowEntry{ufid: ufid, st: st, cls: cls, hash: st.wordSet.hash(match.Key.Words())}
	e.vals = st.pack(make([]uint64, 0, len(st.idx)), match.Key.Words())
	if !canonical(match) {
		k := match.Key
		e.orig = &k
	}
	e.acts.Store(prog)
	st.insert(e)
	if fresh {
		cls.add(st)
	}
	dp.flows.add(e)
	if old != nil {
		*old = dpif.FlowStats{}
	}
	return nil
}

// widen adds mask to the bits that caches compare. It happens before a flow
// that looks at those bits can be found. The caller holds mu.
func (dp *Datapath) widen(m *flow.Mask) {
	u := dp.union.Load()
	if u.covers(m) {
		return
	}
	full := u.full()
	for i, v := range m.Words() {
		full.Words()[i] |= v
	}
	dp.union.Store(newWordSet(full))
}

// FlowDel implements dpif.Datapath.
func (dp *Datapath) FlowDel(u dpif.UFID) (dpif.FlowStats, error) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	e := dp.flows.get(&u)
	if e == nil {
		return dpif.FlowStats{}, dpif.ErrNotFound
	}
	dp.unlink(e)
	return e.stats(), nil
}

// unlink takes e out of all tables. The caller holds mu.
func (dp *Datapath) unlink(e *flowEntry) {
	e.dead.Store(true)
	e.st.remove(e)
	if e.st.n == 0 {
		e.cls.drop(e.st)
	}
	dp.flows.remove(e)
	dp.programs.give(e.acts.Load())
	if dp.flows.n == 0 {
		dp.union.Store(&wordSet{}) // a good moment to forget bits nobody looks at
	}
}

// FlowGet implements dpif.Datapath.
func (dp *Datapath) FlowGet(u dpif.UFID) (dpif.Flow, error) {
	dp.mu.Lock()
	e := dp.flows.get(&u)
	dp.mu.Unlock()
	var f dpif.Flow
	if e == nil {
		return f, dpif.ErrNotFound
	}
	e.fill(&f)
	return f, nil
}

// FlowDump implements dpif.Datapath.
func (dp *Datapath) FlowDump(fn func(*dpif.Flow) bool) error {
	var f dpif.Flow
	dp.eachFlow(func(e *flowEntry) bool {
		e.fill(&f)
		return fn(&f)
	})
	return nil
}

// FlowCounters implements dpif.Datapath. It also puts the busiest subtables in
// front, since it looks at all counters anyway.
func (dp *Datapath) FlowCounters(fn func(dpif.UFID, *dpif.FlowStats) bool) error {
	sort := dp.sorting.CompareAndSwap(false, true) // one at a time
	var s dpif.FlowStats
	whole := true
	dp.eachFlow(func(e *flowEntry) bool {
		s = e.stats()
		if sort {
			e.st.sum += s.Packets
		}
		whole = fn(e.ufid, &s)
		return whole
	})
	if !sort {
		return nil
	}
	dp.mu.Lock()
	dp.classes.Load().each(func(c *class) {
		for _, st := range c.list() {
			if whole {
				st.recent = st.sum - min(st.pkts, st.sum)
				st.pkts = st.sum
			}
			st.sum = 0
		}
		c.sort()
	})
	dp.mu.Unlock()
	dp.sorting.Store(false)
	return nil
}

// eachFlow calls fn with every flow until it returns false.
func (dp *Datapath) eachFlow(fn func(*flowEntry) bool) {
	var list []*flowEntry
	for i := range dp.flows.by {
		list = list[:0]
		dp.mu.Lock()
		list = slices.AppendSeq(list, dp.flows.by[i].All())
		dp.mu.Unlock()
		for _, e := range list {
			if !e.dead.Load() && !fn(e) {
				return
			}
		}
	}
}

// FlowFlush implements dpif.Datapath.
func (dp *Datapath) FlowFlush() error {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	for i := range dp.flows.by {
		for _, e := range slices.Collect(dp.flows.by[i].All()) {
			dp.unlink(e)
		}
	}
	return nil
}
