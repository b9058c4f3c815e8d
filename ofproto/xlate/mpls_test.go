package xlate

import (
	"testing"

	"govs/flow"
)

// TestBottomlessStack: how many entries a stack without a bottom has depends on
// which of them are there, and its mask says so.
func TestBottomlessStack(t *testing.T) {
	for _, c := range []struct {
		lse  [3]uint32
		n    int
		mask [3]uint32
	}{
		{[3]uint32{0x00001140, 0, 0}, 1, [3]uint32{0x100}}, // with one, behind which nobody looks
		{[3]uint32{}, 0, [3]uint32{^uint32(0), ^uint32(0), ^uint32(0)}},
		{[3]uint32{0x00001040, 0, 0}, 1, [3]uint32{0x140, ^uint32(0), ^uint32(0)}},
		{[3]uint32{0x00001040, 0x00002000, 0x00003000}, 3, [3]uint32{0x100, 0x100, 0x1100}},
	} {
		k := flow.Key{EthType: flow.EthTypeMPLS, MPLS: c.lse}
		var wc flow.Mask
		n := mplsCount(&k, &wc)
		if n != c.n || wc.MPLS != c.mask {
			t.Errorf("%x: %d entries, mask %x", c.lse, n, wc.MPLS)
		}
	}
}
