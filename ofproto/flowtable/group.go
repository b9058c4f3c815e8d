package flowtable

import (
	"sync/atomic"
	"time"

	"govs/openflow"
)

// Group is one group. All but its counters never changes: a group that is
// modified becomes a new Group.
type Group struct {
	openflow.GroupDesc
	Created time.Time

	// How a group of type select chooses: with SelectDatapathHash, a packet of
	// hash h has the bucket with the index HashBuckets[h % len(HashBuckets)].
	Select             Selection
	HashAlg, HashBasis uint32
	HashBuckets        []uint16

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

// Of returns the group of the bucket and the bucket's index.
func (c *BucketCounters) Of() (*Group, int) {
	for i := range c.group.buckets {
		if c == &c.group.buckets[i] {
			return c.group, i
		}
	}
	return c.group, -1
}

func newGroup(d openflow.GroupDesc, now time.Time) *Group {
	g := &Group{GroupDesc: d, Created: now, buckets: make([]BucketCounters, len(d.Buckets))}
	for i := range g.buckets {
		g.buckets[i].group = g
	}
	g.prepareSelection()
	return g
}

// Groups are the groups of a switch at one moment.
type Groups = Numbered[Group]

// Groups returns the groups as they are now.
func (t *Tables) Groups() *Groups { return t.State().Groups }

// UseSeq changes with every change of a group or meter.
func (t *Tables) UseSeq() uint64 { return t.useSeq.Load() }

// GroupStats returns the counters of one group, or of all with
// openflow.GroupAll.
func (t *Tables) GroupStats(id uint32, now time.Time) []openflow.GroupStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []openflow.GroupStats
	for _, g := range t.Groups().pick(id, openflow.GroupAll) {
		s := openflow.GroupStats{
			ID: g.ID, Refs: uint32(t.references(use{useGroup, g.ID})), Packets: g.Packets.Load(), Bytes: g.Bytes.Load(),
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
	for _, g := range t.Groups().pick(id, openflow.GroupAll) {
		out = append(out, g.GroupDesc)
	}
	return out
}
