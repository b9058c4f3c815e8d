package flowtable

import (
	"testing"
	"time"

	"govs/openflow"
)

func groupMod(t *testing.T, cmd openflow.GroupCommand, text string) *openflow.GroupMod {
	t.Helper()
	gm, _, err := openflow.ParseGroupMod(text, cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	return gm
}

// TestGroupAndItsFlows: flows need the group they use, as often as they do, and
// go with it.
func TestGroupAndItsFlows(t *testing.T) {
	tb := New()
	var why []openflow.FlowRemovedReason
	tb.Removed = func(_ *Rule, r openflow.FlowRemovedReason) { why = append(why, r) }
	uses := []openflow.Action{&openflow.WriteActions{Actions: []openflow.Action{&openflow.Group{ID: 5}}}, &openflow.Group{ID: 5}}
	if err := tb.Apply(mod(openflow.FlowAdd, 1, 1, 1, uses...), t0); err != openflow.ErrBadActionBadOutGroup {
		t.Fatalf("a flow without its group: %v", err)
	}
	if err := tb.ApplyGroup(groupMod(t, openflow.GroupAdd, "group_id=5,type=all,bucket=1"), t0); err != nil {
		t.Fatal(err)
	}
	for port := uint32(1); port < 4; port++ {
		if err := tb.Apply(mod(openflow.FlowAdd, 1, 1, port, uses...), t0); err != nil {
			t.Fatal(err)
		}
	}
	tb.Apply(mod(openflow.FlowAdd, 1, 1, 9), t0)
	tb.Apply(mod(openflow.FlowModify, 1, 1, 3, &openflow.Output{Port: 1}), t0)
	if s := tb.GroupStats(openflow.GroupAll, t0.Add(time.Second)); len(s) != 1 || s[0].Refs != 4 || s[0].Duration != time.Second {
		t.Errorf("%+v", s)
	}
	if err := tb.ApplyGroup(groupMod(t, openflow.GroupDelete, "group_id=5"), t0); err != nil {
		t.Fatal(err)
	}
	if len(all(tb)) != 2 || len(why) != 2 || why[0] != openflow.RemovedGroupDelete {
		t.Errorf("%d flows left, %v", len(all(tb)), why)
	}
	if len(tb.users) != 0 {
		t.Errorf("%d uses kept", len(tb.users))
	}
}

// TestGroupsDoNotChange: who looks at groups sees them as they were.
func TestGroupsDoNotChange(t *testing.T) {
	tb := New()
	for i := range uint32(1000) {
		gm := groupMod(t, openflow.GroupAdd, "group_id=1,type=select,bucket=1,bucket=2")
		gm.ID = i
		if err := tb.ApplyGroup(gm, t0); err != nil {
			t.Fatal(err)
		}
	}
	seen := tb.Groups()
	seen.Get(7).Bucket(1).Add(3, 300)
	tb.ApplyGroup(groupMod(t, openflow.GroupDelete, "group_id=all"), t0)
	n := 0
	for _, g := range seen.All() {
		if g.ID != uint32(n) {
			t.Fatalf("group %d at %d", g.ID, n)
		}
		n++
	}
	if n != 1000 || tb.Groups().Get(7) != nil || seen.Get(7).Packets.Load() != 3 {
		t.Errorf("%d groups, %v", n, seen.Get(7))
	}
}
