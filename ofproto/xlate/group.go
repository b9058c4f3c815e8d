package xlate

import (
	"fmt"

	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// maxLiveness bounds how long a chain of groups that watch groups may be.
const maxLiveness = 128

// group sends the packet through a group.
func (t *Translator) group(id uint32, last bool) {
	if !t.mayGoDeeper() {
		return
	}
	t.out.Tables.Add(UsesBit)
	g := t.tables.Groups.Get(id)
	if g == nil {
		// A bucket may name a group that is not there.
		if t.node != nil {
			t.reportWarn(fmt.Sprintf("output to nonexistent group %d", id))
		}
		return
	}
	switch g.Type {
	case openflow.GroupTypeAll, openflow.GroupTypeIndirect:
		t.effect(Effect{kind: effectGroup, ptr: g})
		for i := range g.Buckets {
			t.bucket(&g.Buckets[i], last && i == len(g.Buckets)-1)
		}
	case openflow.GroupTypeSelect:
		t.oneBucket(g, t.selectBucket(g), last)
	case openflow.GroupTypeFastFailover:
		i := 0
		for i < len(g.Buckets) && !t.bucketLive(g, &g.Buckets[i], 0) {
			i++
		}
		if i == len(g.Buckets) {
			i = -1
		}
		t.oneBucket(g, i, last)
	}
}

// UsesBit is the bit of a TableSet that stands for groups and meters; there is
// no table of this number.
const UsesBit = flowtable.N

// oneBucket does the bucket at index i; -1 is none.
func (t *Translator) oneBucket(g *flowtable.Group, i int, last bool) {
	if i < 0 {
		t.report("no live bucket")
		return
	}
	b := &g.Buckets[i]
	t.report("using bucket %d", b.ID)
	t.effect(Effect{kind: effectBucket, ptr: g.Bucket(i)})
	t.bucket(b, last)
}

// bucket does a bucket's actions, in the order of an action set, to a copy of
// the packet.
func (t *Translator) bucket(b *openflow.Bucket, last bool) {
	saved, node, wasMPLS := t.flow, t.node, t.wasMPLS
	if t.node != nil {
		t.node = t.add(NodeBucket, fmt.Sprintf("bucket %d", b.ID))
	}
	// The list must outlive what actions inside do to the scratch space.
	list := append([]openflow.Action(nil), t.ordered(b.Actions)...)
	t.depth++
	t.do(list, last)
	t.finishFrozen()
	t.depth--
	t.flow, t.node, t.wasMPLS = saved, node, wasMPLS
	t.exit = false
}

// bestBucket returns the index of the live bucket with the highest score, or -1.
// Scores are Open vSwitch's, so that both choose alike.
func (t *Translator) bestBucket(g *flowtable.Group, basis uint32) int {
	best, most := -1, uint32(0)
	for i := range g.Buckets {
		b := &g.Buckets[i]
		if !t.bucketLive(g, b, 0) {
			continue
		}
		score := flow.MurmurInt(b.ID, basis) & 0xffff * uint32(b.Weight)
		t.report("bucket %d: score %d", b.ID, score)
		if score >= most {
			best, most = i, score
		}
	}
	return best
}

// selectBucket returns the index of the bucket that a select group sends the
// packet to, or -1. If that takes a hash by the datapath, the packet is to come
// back with it.
func (t *Translator) selectBucket(g *flowtable.Group) int {
	if t.wasMPLS { // what is to be hashed is not known yet
		t.freeze(true)
		return -1
	}
	switch g.Select {
	case flowtable.SelectSymmetricL4:
		return t.bestBucket(g, t.flow.HashSymmetricL4(0, t.wc))
	case flowtable.SelectFields:
		return t.bestBucket(g, t.fieldsHash(&g.GroupDesc.Selection))
	}
	if t.flow.DPHash == 0 { // no hash is zero
		t.wantHash, t.hashAlg, t.hashBasis = true, g.HashAlg, g.HashBasis
		t.freeze(true)
		return -1
	}
	mask := uint32(len(g.HashBuckets)) - 1
	t.wc.DPHash |= mask
	// Of a bucket that is not live the share goes to those of the next values.
	for i := range mask + 1 {
		b := int(g.HashBuckets[(t.flow.DPHash+i)&mask])
		if t.bucketLive(g, &g.Buckets[b], 0) {
			return b
		}
	}
	return -1
}

// fieldsHash hashes the fields by which a select group chooses.
func (t *Translator) fieldsHash(s *openflow.GroupSelection) uint32 {
	basis := flow.MurmurUint64(s.Param)
	for _, f := range s.Fields {
		id := f.Field
		if !id.PrereqsOK(&t.flow, t.wc) {
			continue
		}
		var b [128]byte
		v := id.Get(&t.flow).And(f.Mask).AppendBytes(b[:0], int(id.Info().Bytes))
		basis = flow.MurmurBytes(v, basis)
		id.SetMask(t.wc, id.GetMask(t.wc).Or(f.Mask))
	}
	return basis
}

// bucketLive reports whether a bucket can be chosen: it watches nothing, or
// what it watches is alive. A bucket of a select group also needs a weight.
func (t *Translator) bucketLive(g *flowtable.Group, b *openflow.Bucket, depth int) bool {
	if depth > maxLiveness {
		t.reportError("bucket chaining exceeded %d links", maxLiveness)
		return false
	}
	weighted := g.Type != openflow.GroupTypeSelect || b.Weight > 0
	port, group := b.WatchPort != openflow.PortNone, b.WatchGroup != openflow.GroupAny
	switch {
	case !weighted:
	case !port && !group,
		port && t.portLive(b.WatchPort),
		group && t.groupLive(b.WatchGroup, depth):
		return true
	}
	if t.node != nil {
		// The words are the reference's, which calls a group a port here.
		why := ""
		if port {
			why = "port " + b.WatchPort.String()
		}
		if group {
			if port {
				why += " and "
			}
			why += fmt.Sprintf("port %d", b.WatchGroup)
		}
		t.report("bucket %d: not live due to %s", b.ID, why)
	}
	return false
}

func (t *Translator) portLive(no openflow.Port) bool {
	p := t.bridge.Ports[uint32(no)]
	return p != nil && p.Live
}

// groupLive reports whether some bucket of a group is live.
func (t *Translator) groupLive(id uint32, depth int) bool {
	g := t.tables.Groups.Get(id)
	if g == nil {
		return false
	}
	for i := range g.Buckets {
		if t.bucketLive(g, &g.Buckets[i], depth+1) {
			return true
		}
	}
	return false
}
