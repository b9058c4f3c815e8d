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
		x := Translator{flow: flow.Key{EthType: flow.EthTypeMPLS, MPLS: c.lse}, wc: new(flow.Mask)}
		if n := x.labels(); n != c.n || x.wc.MPLS != c.mask {
			t.Errorf("%x: %d entries, mask %x", c.lse, n, x.wc.MPLS)
		}
		// What is taken away leaves nothing new to look at.
		x.flow.MPLS = [3]uint32{}
		if x.wc.MPLS = [3]uint32{}; x.labels() != 0 || x.wc.MPLS != [3]uint32{0x100, 0x100, 0x100} {
			t.Errorf("%x, the second time: mask %x", c.lse, x.wc.MPLS)
		}
	}
}
