package flowtable

import (
	"math/bits"

	"govs/dpif"
	"govs/openflow"
)

// Selection is how a group of type select chooses a bucket.
type Selection uint8

// Ways to choose.
const (
	SelectSymmetricL4  Selection = iota // by a hash of addresses and ports, among live buckets
	SelectFields                        // the same over fields that the group names
	SelectDatapathHash                  // by a hash that the datapath computes, and HashBuckets
)

// maxHashValues is how far the hash of packets is told apart for a group.
const maxHashValues = 256

// prepareSelection decides how the group chooses. Hashing in the datapath, which
// keeps the number of its flows small, is what groups get that do not ask for
// anything else; it can only be had if the buckets' weights come out well enough
// among few hash values.
func (g *Group) prepareSelection() {
	g.Select = SelectSymmetricL4
	if g.Type != openflow.GroupTypeSelect {
		return
	}
	s := &g.GroupDesc.Selection
	switch s.Method {
	case "hash":
		if len(s.Fields) > 0 {
			g.Select = SelectFields
		}
		return
	case "":
		g.HashAlg = dpif.HashSymL4
	default:
		// The parameter names algorithm and basis.
		g.HashAlg, g.HashBasis = uint32(s.Param>>32), uint32(s.Param)
		if g.HashAlg > dpif.HashSymL4 {
			g.HashAlg = dpif.HashL4
		}
	}
	if g.HashBuckets = spread(g.Buckets); g.HashBuckets != nil {
		g.Select = SelectDatapathHash
	}
}

// spread gives each of a number of hash values, a power of two, to a bucket, by
// Webster's method of apportionment: each value goes to the bucket that has got
// the least for its weight. It returns nil if that takes too many values.
func spread(buckets []openflow.Bucket) []uint16 {
	total, least := uint64(0), uint64(0)
	for i := range buckets {
		w := uint64(buckets[i].Weight)
		total += w
		if w > 0 && (least == 0 || w < least) {
			least = w
		}
	}
	if total == 0 {
		return nil
	}
	n := max(16, uint64(1)<<bits.Len64((total+least-1)/least-1))
	if n > maxHashValues {
		return nil
	}
	got := make([]uint64, len(buckets))
	out := make([]uint16, n)
	for i := range out {
		best := -1
		for j := range buckets {
			// weight/(2*got+1), compared without division.
			if w := uint64(buckets[j].Weight); w > 0 && (best < 0 || w*(2*got[best]+1) > uint64(buckets[best].Weight)*(2*got[j]+1)) {
				best = j
			}
		}
		got[best]++
		out[i] = uint16(best)
	}
	return out
}
