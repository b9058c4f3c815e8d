package flowtable

import (
	"cmp"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"govs/openflow"
)

// Group is one group. All but its counters never changes: a group that is
// modified becomes a new Group.
type Group struct {
	openflow.GroupDesc
	Created time.Time

	Packets, Bytes atomic.Uint64
	buckets        []BucketCounters
}

// BucketCounters count what one bucket of a group did.
type BucketCounters struct {
	group          *Group
	packets, bytes atomic.Uint64
}

// Add counts packets that the bucket got, for the group, too.
func (c *BucketCounters) Add(packets, bytes uint64) {
	c.packets.Add(packets)
	c.bytes.Add(bytes)
	c.group.Packets.Add(packets)
	c.group.Bytes.Add(bytes)
}

// Bucket returns the counters of the bucket at index i.
func (g *Group) Bucket(i int) *BucketCounters { return &g.buckets[i] }

// Add counts packets of which every bucket got a copy.
func (g *Group) Add(packets, bytes uint64) {
	g.Packets.Add(packets)
	g.Bytes.Add(bytes)
	for i := range g.buckets {
		g.buckets[i].packets.Add(packets)
		g.buckets[i].bytes.Add(bytes)
	}
}

func newGroup(d openflow.GroupDesc, now time.Time) *Group {
	g := &Group{GroupDesc: d, Created: now, buckets: make([]BucketCounters, len(d.Buckets))}
	for i := range g.buckets {
		g.buckets[i].group = g
	}
	return g
}

// groupShards is a power of two: of how many maps Groups are made, so that a
// change copies little.
const groupShards = 128

// Groups are the groups of a switch at one moment; they do not change. The zero
// value and nil have none.
type Groups struct {
	shards [groupShards]map[uint32]*Group
}

// Get returns the group with a number, or nil.
func (gs *Groups) Get(id uint32) *Group {
	if gs == nil {
		return nil
	}
	return gs.shards[id%groupShards][id]
}

// All yields the groups in the order of their numbers.
func (gs *Groups) All() iter.Seq[*Group] {
	var all []*Group
	if gs != nil {
		for _, m := range gs.shards {
			for _, g := range m {
				all = append(all, g)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Group) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Values(all)
}

// with returns the groups with one put in or, if g is nil, taken out.
func (gs *Groups) with(id uint32, g *Group) *Groups {
	out := &Groups{}
	if gs != nil {
		*out = *gs
	}
	old := out.shards[id%groupShards]
	m := make(map[uint32]*Group, len(old)+1)
	for k, v := range old {
		m[k] = v
	}
	if g != nil {
		m[id] = g
	} else {
		delete(m, id)
	}
	out.shards[id%groupShards] = m
	return out
}

// Groups returns the groups as they are now.
func (t *Tables) Groups() *Groups { return t.groups.Load() }

// GroupSeq changes with every change of a group.
func (t *Tables) GroupSeq() uint64 { return t.groupSeq.Load() }

// GroupStats returns the counters of one group, or of all with
// openflow.GroupAll.
func (t *Tables) GroupStats(id uint32, now time.Time) []openflow.GroupStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []openflow.GroupStats
	for g := range t.pick(id) {
		s := openflow.GroupStats{
			ID: g.ID, Refs: uint32(len(t.users[use{useGroup, g.ID}])), Packets: g.Packets.Load(), Bytes: g.Bytes.Load(),
			Duration: now.Sub(g.Created).Truncate(time.Millisecond),
		}
		for i := range g.buckets {
			s.Buckets = append(s.Buckets, openflow.BucketStats{Packets: g.buckets[i].packets.Load(), Bytes: g.buckets[i].bytes.Load()})
		}
		out = append(out, s)
	}
	return out
}

// GroupDescs returns one group, or all with openflow.GroupAll.
func (t *Tables) GroupDescs(id uint32) []openflow.GroupDesc {
	var out []openflow.GroupDesc
	for g := range t.pick(id) {
		out = append(out, g.GroupDesc)
	}
	return out
}

func (t *Tables) pick(id uint32) iter.Seq[*Group] {
	gs := t.Groups()
	if id == openflow.GroupAll {
		return gs.All()
	}
	return func(yield func(*Group) bool) {
		if g := gs.Get(id); g != nil {
			yield(g)
		}
	}
}
