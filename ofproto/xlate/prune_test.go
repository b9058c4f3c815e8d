package xlate

import (
	"testing"

	"govs/dpif"
)

func TestWithoutOutputs(t *testing.T) {
	for _, c := range []struct{ all, kept string }{
		{"1,ct(commit),2", "ct(commit)"},
		{"clone(ct(commit),3),recirc(0x4)", "clone(ct(commit))"},
		{"check_pkt_len(size=66,gt(ct(commit),1),le(2,hash(l4(0)),recirc(0x5))),3", "check_pkt_len(size=66,gt(ct(commit)),le(hash(l4(0))))"},
		{"check_pkt_len(size=66,gt(check_pkt_len(size=99,gt(1),le(drop))),le(drop))", "check_pkt_len(size=66,gt(check_pkt_len(size=99,gt(drop),le(drop))),le(drop))"},
	} {
		a, err := dpif.ParseActions(c.all, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(dpif.AppendActions(nil, WithoutOutputs(a), nil)); got != c.kept {
			t.Errorf("of %s is kept %s, not %s", c.all, got, c.kept)
		}
	}
}
