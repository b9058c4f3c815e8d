package ofproto

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLimits compares what becomes of packets in tables that loop, explode, or
// nest as deep as they may: the reference's verdict, and at once.
func TestLimits(t *testing.T) {
	r := startReference(t)
	bridges := []bridgeDef{{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"pa", "pb", 3, -1}}},
		{"br1", true, []portDef{{"pb", "pa", 1, -1}, {"p5", "", 2, -1}}}}
	r.build(bridges)
	h := newTestHost(t)
	h.build(t, bridges)
	explode := ""
	for i := range 20 {
		explode += fmt.Sprintf("table=%d,actions=resubmit(,%d),resubmit(,%d)\n", i, i+1, i+1)
	}
	wide := func(n int, end string) string { // n doublings of output
		s := ""
		for i := range n {
			s += fmt.Sprintf("table=%d,actions=resubmit(,%d),resubmit(,%d)\n", i, i+1, i+1)
		}
		return s + fmt.Sprintf("table=%d,actions=%s\n", n, end)
	}
	chain := ""
	for i := range 200 {
		chain += fmt.Sprintf("table=%d,actions=resubmit(,%d)\n", i, i+1)
	}
	for _, c := range []struct{ name, flows, other string }{
		{"loop", "actions=resubmit(,0)", ""},
		{"loop that sends", "actions=output:2,resubmit(,0)", ""},
		{"loop of two", "table=0,actions=resubmit(,1)\ntable=1,actions=resubmit(,0)", ""},
		{"loop through a patch", "actions=output:3", "actions=in_port"},
		{"loop in clones", "actions=clone(resubmit(,0)),output:2", ""},
		{"chain of tables", chain + "table=200,actions=output:2", ""},
		{"too many resubmits", explode, ""},
		{"many outputs", wide(10, "output:2"), ""},
		{"many actions", wide(11, strings.TrimSuffix(strings.Repeat("output:2,mod_dl_src:00:00:00:00:00:01,output:2,mod_dl_src:00:00:00:00:00:02,", 8), ",")), ""},
		{"action set of a loop through a patch", "actions=output:3", "actions=resubmit(,1),resubmit(,0)\ntable=1,actions=write_actions(output:2)"},
		{"end for longer packets", "actions=resubmit(,1),output:2\ntable=1,actions=check_pkt_larger(65)->NXM_NX_REG2[0],resubmit(,2)\n" +
			"table=2,reg2=1,actions=exit\ntable=2,reg2=0,actions=output:LOCAL", ""},
		{"end for others", "actions=resubmit(,1),output:2\ntable=1,actions=check_pkt_larger(65)->NXM_NX_REG2[0],resubmit(,2)\n" +
			"table=2,reg2=1,actions=output:LOCAL\ntable=2,reg2=0,actions=exit", ""},
		{"stack", "actions=" + strings.TrimSuffix(strings.Repeat("push:NXM_NX_REG0[],", 400), ",") + ",resubmit(,0)", ""},
		{"empty stack", "actions=pop:NXM_NX_REG0[],output:2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			sameFlows(t, r, h, "br0", strings.Split(strings.TrimSpace(c.flows), "\n"))
			var other []string
			if c.other != "" {
				other = strings.Split(c.other, "\n")
			}
			sameFlows(t, r, h, "br1", other)
			begin := time.Now()
			compareTrace(t, r, h, "br0", "in_port=1,udp,dl_src=00:00:00:00:00:09")
			compareTrace(t, r, h, "br0", "in_port=1,udp,dl_src=00:00:00:00:00:09", "-generate")
			t.Log(time.Since(begin))
		})
	}
}
