package flowtable

import (
	"testing"
	"time"

	"govs/flow"
	"govs/openflow"
)

// TestDeleteAll: deleting all flows at once leaves what deleting them one by one
// leaves, and tells of the same.
func TestDeleteAll(t *testing.T) {
	for _, how := range []struct {
		name   string
		delete func(tb *Tables)
	}{
		{"at once", func(tb *Tables) { tb.Apply(mod(openflow.FlowDelete, openflow.TableAny, 0, 0), t0) }},
		{"one by one", func(tb *Tables) {
			for _, r := range all(tb) {
				if !r.Hidden() {
					tb.Delete(r, openflow.RemovedDelete)
				}
			}
		}},
	} {
		tb := New()
		tb.ApplyGroup(groupMod(t, openflow.GroupAdd, "group_id=1,type=all"), t0)
		tb.Configure(2, Limits{Limited: true, Max: 10, Evict: true})
		var m flow.Match
		tb.AddHidden(0, &m, 180000, nil, t0)
		add := func(table uint8, port uint32, acts ...openflow.Action) {
			fm := mod(openflow.FlowAdd, table, 7, port, acts...)
			fm.IdleTimeout = uint16(port % 2)
			if err := tb.Apply(fm, t0); err != nil {
				t.Fatal(err)
			}
		}
		for port := range uint32(8) {
			add(0, port)
			add(1, port, &openflow.Group{ID: 1})
			add(2, port+1, &openflow.Learn{Table: 4, Cookie: 0x99, Flags: openflow.LearnDeleteLearned})
		}
		taught := mod(openflow.FlowAdd, 4, 1, 3)
		taught.NewCookie = 0x99
		tb.Apply(taught, t0)
		// What a bundle hid is still in the classifier.
		tb.Bundle(nil, t0, func(b Bundle) error { return b.Flow(mod(openflow.FlowModify, 1, 0, 5)) })
		before := all(tb)
		var told []uint8
		tb.Removed = func(r *Rule, why openflow.FlowRemovedReason) { told = append(told, r.Table) }
		seq := tb.Table(1).Seq()
		how.delete(tb)
		if left := all(tb); len(left) != 1 || !left[0].Hidden() || left[0].Removed() {
			t.Errorf("%s: %d flows left", how.name, len(left))
		}
		if len(told) != 25 || told[0] != 0 || told[24] != 4 || len(tb.users) != 0 || len(tb.expirable) != 0 || len(tb.toUnlearn) != 0 {
			t.Errorf("%s: told %v, %d uses, %d to expire, %d teachers", how.name, told, len(tb.users), len(tb.expirable), len(tb.toUnlearn))
		}
		if tb.Table(1).Seq() == seq || tb.Table(1).Len() != 0 || tb.GroupStats(1, t0)[0].Refs != 0 {
			t.Errorf("%s: table 1 has not changed", how.name)
		}
		for _, r := range before {
			if !r.Hidden() && !r.Removed() {
				t.Errorf("%s: a flow of table %d does not know that it is gone", how.name, r.Table)
			}
			tb.Delete(r, openflow.RemovedIdleTimeout) // changes nothing more, but for the hidden one
		}
		if len(told) != 25 {
			t.Errorf("%s: flows go twice", how.name)
		}
		add(2, 1)
		tb.Expire(t0.Add(time.Hour))
		if n := len(all(tb)); n != 0 {
			t.Errorf("%s: %d flows at the end", how.name, n)
		}
	}
}
