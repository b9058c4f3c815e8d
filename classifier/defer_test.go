package classifier

import (
	"testing"

	"govs/flow"
)

// TestDefer: of which tables of one priority a lookup looks at first when others have
// gone together. The outcomes are Open vSwitch 3.1's for flows that time out at once.
func TestDefer(t *testing.T) {
	type rule struct {
		match    string
		priority int
	}
	none, src, port := rule{"", 20}, rule{"ip,nw_src=1.1.1.1", 20}, rule{"in_port=1", 20}
	higher := func(r rule) rule { r.priority = 201; return r }
	for i, x := range []struct {
		gone []rule
		both bool // the lookup looks at dl_dst, too
	}{
		{[]rule{none, src}, true}, {[]rule{src, none}, true}, {[]rule{src, port}, true}, {[]rule{src}, true},
		{[]rule{src, higher(port)}, false}, {[]rule{higher(src), port}, true},
	} {
		c := New[int]()
		insert := func(r rule) *Rule[int] {
			m, err := flow.ParseMatch(r.match, nil)
			if err != nil {
				t.Fatal(err)
			}
			n := NewRule(&m, r.priority, 0)
			c.Insert(n)
			return n
		}
		var gone []*Rule[int]
		for _, r := range x.gone {
			gone = append(gone, insert(r))
		}
		want := insert(rule{"dl_src=00:00:00:00:00:01", 10})
		insert(rule{"dl_dst=00:00:00:00:00:02", 10})
		for _, r := range gone {
			c.Defer()
			c.Remove(r)
		}
		for range gone {
			c.Publish()
		}
		k, _ := flow.ParseKey("in_port=1,tcp,dl_src=00:00:00:00:00:01", nil)
		var wc flow.Mask
		if r := c.Lookup(Latest, k, &wc); r != want || c.Subtables() != 2 {
			t.Fatalf("case %d: found %v among %d tables", i, r, c.Subtables())
		}
		if both := wc.EthDst != (flow.MAC{}); both != x.both {
			t.Errorf("case %d: looks at dl_dst: %v, want %v", i, both, x.both)
		}
	}
}

// TestBesidePorts: a packet that no rule matches, as what shares a word with the ports
// differs, has been looked at there.
func TestBesidePorts(t *testing.T) {
	c := New[int]()
	m, err := flow.ParseMatch("icmp6,icmp_type=136,icmp_code=0,nd_reserved=5", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Insert(NewRule(&m, 1, 0))
	k, err := flow.ParseKey("icmp6,icmpv6_type=136", nil)
	if err != nil {
		t.Fatal(err)
	}
	var wc flow.Mask
	if r := c.Lookup(Latest, k, &wc); r != nil || wc.IGMPGroup != ^uint32(0) {
		t.Errorf("found %v, having looked at %#x of the reserved bits", r, wc.IGMPGroup)
	}
}
