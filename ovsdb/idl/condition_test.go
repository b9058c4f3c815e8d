package idl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// names returns a column of strings of all rows, sorted.
func names(s *idl.Snapshot, table string) string {
	var all []string
	for _, r := range s.Rows(table) {
		all = append(all, r.Str("name"))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestConditions(t *testing.T) { onBoth(t, testConditions) }

func testConditions(t *testing.T, s *backend) {
	writer, ctx := connect(t, s, nil)
	txn := writer.Txn()
	root := txn.Insert("Open_vSwitch")
	for i := range 4 {
		br := addBridge(txn, root, fmt.Sprintf("br%d", i))
		txn.SetMap(br, "external_ids", map[string]string{"zone": fmt.Sprint(i % 2)})
	}
	must(t, idl.Success, txn.Commit(ctx))
	c, _ := connect(t, s, func(cfg *idl.Config) {
		cfg.Conditions = map[string][]idl.Clause{"Bridge": {idl.Equal("name", str("br1"))}, "Port": {idl.None()}}
	})
	shows := func(n uint64, want string) {
		t.Helper()
		snap := waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return s.Connected && s.CondSeqno >= n })
		if got := names(snap, "Bridge"); got != want {
			t.Errorf("bridges %q, want %q", got, want)
		}
		if len(snap.Rows("Port")) > 0 {
			t.Error("ports that were not asked for")
		}
	}
	shows(0, "br1")
	zone := func(z string) idl.Clause {
		return idl.Includes("external_ids", ovsdb.StringMap(map[string]string{"zone": z}))
	}
	shows(c.SetCondition("Bridge", idl.Equal("name", str("br1")), idl.Equal("name", str("br3"))), "br1 br3")
	shows(c.SetCondition("Bridge", zone("0"), idl.Equal("name", str("br3"))), "br0 br2 br3")
	shows(c.SetCondition("Bridge", idl.None()), "")
	shows(c.SetCondition("Bridge"), "br0 br1 br2 br3")
	u := idl.Find(writer.Snapshot(), "Bridge", "name", "br2").UUID()
	shows(c.SetCondition("Bridge", idl.UUIDIs(u)), "br2")
	// The same again is no change, and of many in a row the last counts.
	n := c.SetCondition("Bridge", idl.UUIDIs(u))
	shows(n, "br2")
	for range 20 {
		c.SetCondition("Bridge", zone("0"))
		n = c.SetCondition("Bridge", zone("1"))
	}
	shows(n, "br1 br3")
	// Conditions hold for the next connection, whether the server had shown
	// them or not.
	c.Kick()
	n = c.SetCondition("Bridge", zone("0"))
	shows(n, "br0 br2")
	c.Kick()
	waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return !s.Connected })
	shows(n, "br0 br2")
	// A row that begins to match comes.
	txn = writer.Txn()
	txn.SetMap(idl.Find(txn, "Bridge", "name", "br1"), "external_ids", map[string]string{"zone": "0"})
	must(t, idl.Success, txn.Commit(ctx))
	waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return names(s, "Bridge") == "br0 br1 br2" })
}

func TestChanges(t *testing.T) {
	s := startOurs(t)
	c, ctx := connect(t, s, nil)
	txn := c.Txn()
	root := txn.Insert("Open_vSwitch")
	for _, n := range []string{"a", "b", "c"} {
		addBridge(txn, root, n)
	}
	must(t, idl.Success, txn.Commit(ctx))
	check := func(old, new *idl.Snapshot, want string) {
		t.Helper()
		var got []string
		for ch := range idl.Changes(old, new, "Bridge") {
			word := "~"
			if ch.Old == nil {
				word = "+"
			} else if ch.New == nil {
				word = "-"
			}
			got = append(got, word+ch.Row().Str("name"))
		}
		slices.Sort(got)
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q, want %q", g, want)
		}
	}
	before := c.Snapshot()
	check(nil, before, "+a +b +c")
	check(before, nil, "-a -b -c")
	check(before, before, "")
	txn = c.Txn()
	b := idl.Find(txn, "Bridge", "name", "b")
	txn.SetStr(idl.Find(txn, "Bridge", "name", "a"), "datapath_type", "netdev")
	txn.Remove(idl.First(txn, "Open_vSwitch"), "bridges", idl.RefSet(b))
	addBridge(txn, idl.First(txn, "Open_vSwitch"), "d")
	must(t, idl.Success, txn.Commit(ctx))
	after := waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return names(s, "Bridge") == "a c d" })
	check(before, after, "+d -b ~a")
	for ch := range idl.Changes(before, after, "Bridge") {
		if ch.Old != nil && ch.New != nil && (!ch.Changed("datapath_type") || ch.Changed("name")) {
			t.Error("the wrong column has changed")
		}
	}
	// A copy that comes anew after a reconnection changes nothing.
	s.ours.Reconnect()
	waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return s.Seqno > after.Seqno && s.Connected })
	check(after, c.Snapshot(), "")
}
