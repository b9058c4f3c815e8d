package openflow

import (
	"testing"

	"govs/flow"
)

// TestSpanOfOption: a subfield lies within the switch's own option, not within the
// longest that there could be.
func TestSpanOfOption(t *testing.T) {
	m, err := flow.NewTLVMap([]flow.TLV{{Class: 1, Type: 1, Len: 4, Index: 0}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sf   flow.Subfield
		want error
	}{
		{flow.Subfield{Field: flow.TunMetadata0, N: 32}, nil},
		{flow.Subfield{Field: flow.TunMetadata0, N: 33}, ErrBadActionBadSetLen},
		{flow.Subfield{Field: flow.TunMetadata0, Ofs: 31, N: 2}, ErrBadActionBadSetLen},
		{flow.Subfield{Field: flow.TunMetadata0, Ofs: 32, N: 1}, ErrBadActionBadSetLen},
	} {
		match := flow.Match{}
		m.Begin(&match.Key)
		_, err := Check([]Action{&Push{Field: c.sf}}, &match, CheckParams{Names: &Names{TLVs: m}})
		if err != c.want {
			t.Errorf("%s: %v, want %v", c.sf, err, c.want)
		}
	}
}
