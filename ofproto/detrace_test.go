package ofproto

import (
	"strings"
	"testing"

	"govs/dpif"
)

// TestDetrace asks by which flows and groups two datapath flows were made: one of
// a packet, and one put by hand.
func TestDetrace(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{
		{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"pa", "pb", 3, -1}}},
		{"br1", true, []portDef{{"pb", "pa", 1, -1}, {"q2", "", 2, -1}}},
	})
	h.groups(t, "br0", "group_id=7,type=indirect,bucket=weight:0,actions=resubmit(,1)", "group_id=8,type=all,bucket=actions=2,bucket=actions=3")
	h.flows(t, "br0", "cookie=0x12345678,priority=100,ip,in_port=1,nw_dst=10.0.0.2,actions=group:7\ntable=1,actions=group:8")
	h.flows(t, "br1", "priority=0,actions=drop")
	h.receive(t, "br0", "p1", "in_port=1,udp,nw_dst=10.0.0.2,nw_ttl=64", 1)
	const want = `cookie=0x12345678, table=0 priority=100,ip,in_port=1,nw_dst=10.0.0.2,actions=group:7
group_id=7,bucket=bucket_id:0,actions=resubmit(,1)
cookie=0x0, table=1 actions=group:8
group_id=8,bucket=bucket_id:0,actions=output:2,bucket=bucket_id:1,actions=output:3
cookie=0x0, table=0 priority=0,actions=drop
`
	ufid := func() (s string) {
		h.backer.dp.FlowDump(func(f *dpif.Flow) bool {
			s = "ufid:" + f.UFID.String()
			return false
		})
		return s
	}
	u := ufid()
	for _, args := range [][]string{{u}, {u, "pmd=0"}} {
		if got, err := h.cmdDetrace(args); err != nil || got != want {
			t.Errorf("%q: %v\n%s", args, err, got)
		}
	}
	for args, want := range map[string]string{
		"ufid:1234": "failed to parse ufid",
		u + ",x":    "failed to parse ufid",
		u + " foo":  "Invalid pmd argument format. Expecting 'pmd=PMD-ID'",
		"ufid:00000000-0000-0000-0000-000000000001": "UFID was not found",
	} {
		if got, err := h.cmdDetrace(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%s: %v %q", args, err, got)
		}
	}

	// By hand.
	var f dpif.Flow
	h.backer.dp.FlowDump(func(have *dpif.Flow) bool {
		f = *have
		f.Actions = append([]byte(nil), have.Actions...)
		return false
	})
	h.backer.Flush()
	if err := h.backer.dp.FlowPut(&f, dpif.PutCreate, nil); err != nil {
		t.Fatal(err)
	}
	h.backer.revalidate(h.clock.Now(), false)
	if got, err := h.cmdDetrace([]string{ufid()}); err != nil || got != want {
		t.Errorf("by hand: %v\n%s", err, got)
	}
}
