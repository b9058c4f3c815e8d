package flowtable

import (
	"errors"
	"testing"
	"time"

	"govs/flow"
	"govs/openflow"
)

// TestBundleWholeOrNot: who looks up during a bundle sees nothing of it; one that
// fails leaves all as it was.
func TestBundleWholeOrNot(t *testing.T) {
	tb := New()
	tb.ApplyGroup(groupMod(t, openflow.GroupAdd, "group_id=1,type=all"), t0)
	tb.Apply(mod(openflow.FlowAdd, 1, 5, 1, &openflow.Group{ID: 1}), t0)
	idle := mod(openflow.FlowAdd, 1, 5, 2)
	idle.IdleTimeout = 9
	tb.Apply(idle, t0)
	lookup := func(port uint32) *Rule {
		k := &flow.Key{InPort: port}
		return tb.Table(1).Lookup(tb.State().Version, k, nil)
	}
	one, two := lookup(1), lookup(2)
	told := 0
	tb.Removed = func(*Rule, openflow.FlowRemovedReason) { told++ }
	work := func(fail error) error {
		return tb.Bundle(nil, t0, func(b Bundle) error {
			for _, fm := range []*openflow.FlowMod{
				mod(openflow.FlowAdd, 1, 5, 3), mod(openflow.FlowModify, 1, 0, 0, &openflow.Output{Port: 7}),
				mod(openflow.FlowDelete, 1, 0, 2), mod(openflow.FlowAdd, 1, 5, 2), mod(openflow.FlowDelete, 1, 0, 2),
			} {
				if err := b.Flow(fm); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Group(groupMod(t, openflow.GroupDelete, "group_id=all")); err != nil {
				t.Fatal(err)
			}
			if lookup(1) != one || lookup(2) != two || lookup(3) != nil || tb.Groups().Get(1) == nil || len(all(tb)) != 2 {
				t.Error("a bundle is seen before it is done")
			}
			return fail
		})
	}
	failure := errors.New("no")
	if err := work(failure); err != failure {
		t.Fatal(err)
	}
	if lookup(1) != one || lookup(2) != two || lookup(3) != nil || len(all(tb)) != 2 || one.Removed() || two.Removed() ||
		tb.GroupStats(1, t0)[0].Refs != 1 || len(tb.expirable) != 1 || told != 0 || tb.Table(1).Len() != 2 {
		t.Errorf("a bundle that failed left something: %d flows, %d told, %d to expire", len(all(tb)), told, len(tb.expirable))
	}
	if err := work(nil); err != nil {
		t.Fatal(err)
	}
	if r := lookup(1); r == nil || r == one || r.Stats != one.Stats || lookup(2) != nil || lookup(3) == nil || tb.Groups().Get(1) != nil {
		t.Error("the bundle is not seen")
	}
	if tb.Table(1).Len() != 2 || told != 2 || len(tb.users) != 0 || len(tb.expirable) != 0 {
		t.Errorf("%d flows, %d told, %d uses, %d to expire", tb.Table(1).Len(), told, len(tb.users), len(tb.expirable))
	}
	tb.Expire(t0.Add(time.Second))
	if tb.Table(1).cls.Load().Len() != 2 || tb.Table(1).Len() != 2 {
		t.Errorf("%d flows kept", tb.Table(1).cls.Load().Len())
	}
}
