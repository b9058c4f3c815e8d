package ofproto

import (
	"fmt"
	"strings"
	"testing"
)

// TestMirrorWhenItComesBack: a packet that no mirror may have as it comes in, for
// its VLAN, is mirrored when it comes back from the datapath in another.
func TestMirrorWhenItComesBack(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, 2}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	if err := h.Ofproto("br9").SetMirrors([]MirrorSpec{{Name: "m", All: true, Out: "p3", OutVLAN: -1}}); err != nil {
		t.Fatal(err)
	}
	h.flows(t, "br9", "table=0,in_port=1,ip,actions=strip_vlan,ct(commit,table=1)\ntable=1,actions=output:2")
	s := h.command("ofproto/trace", "br9", "in_port=1,dl_vlan=3,tcp", "-generate")
	first, back, _ := strings.Cut(s, "resume conntrack")
	if !strings.Contains(first, "dropping VLAN 3 tagged packet received on port p1") || strings.Contains(first, "actions: 3") {
		t.Error(s)
	}
	if !strings.Contains(back, "Datapath actions: push_vlan(vid=2,pcp=0),3,pop_vlan,2") {
		t.Error(s)
	}
}

// TestTraceFollowsAllCopies: a trace follows as many copies as there are, but each
// for some rounds only.
func TestTraceFollowsAllCopies(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "in_port=1,ip,actions="+strings.Repeat("ct(table=1),", 99)+"ct(table=1)\nin_port=2,ip,actions=ct(table=0)")
	copies := func(port int) (int, bool) {
		s := h.command("ofproto/trace", "br9", fmt.Sprintf("in_port=%d,tcp", port))
		return strings.Count(s, "resume conntrack"), strings.Contains(s, "tracing stops here")
	}
	if n, stopped := copies(1); n != 100 || stopped {
		t.Errorf("%d of 100 copies are followed (stopped: %v)", n, stopped)
	}
	if n, stopped := copies(2); n != maxRounds || !stopped {
		t.Errorf("one that comes back for ever is followed %d times (stopped: %v)", n, stopped)
	}
}
