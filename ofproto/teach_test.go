package ofproto

import (
	"encoding/hex"
	"strings"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// frameOf returns a packet in hex.
func frameOf(t *testing.T, text string) string {
	t.Helper()
	k, err := flow.ParseKey(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(flow.Compose(k, nil).Bytes())
}

// TestPacketTeachesOnItsWay: what a packet teaches it finds when it comes by again.
func TestPacketTeachesOnItsWay(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{
		{"br0", true, []portDef{{"pa", "pb", 4, -1}}},
		{"br1", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"pb", "pa", 4, -1}}},
	})
	h.flows(t, "br0", "actions=IN_PORT")
	h.flows(t, "br1", "actions=NORMAL")
	frame := frameOf(t, "dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_type=0x1234")
	for range 2 {
		s := h.command("ofproto/trace", "br1", "in_port=1", frame)
		if n := strings.Count(s, "learned that 00:00:00:00:00:01 is on port pb"); n != 1 {
			t.Errorf("the address moves back %d times:\n%s", n, s)
		}
	}
	// So it is when the translation fails.
	h.flows(t, "br1", "priority=40000,in_port=2,actions=NORMAL,resubmit(,0)\npriority=40000,in_port=4,actions=drop")
	if s := h.command("ofproto/trace", "br1", "in_port=2", frame); !strings.Contains(s, "Translation failed") {
		t.Fatal(s)
	}
	if s := h.command("ofproto/trace", "br1", "in_port=2", frame); strings.Contains(s, "is on port p2") {
		t.Errorf("what a failing translation shows was not learned:\n%s", s)
	}
}

// TestTeacherDoesNotMeetItsPupil: a packet does not match the flow that it teaches,
// but its mask shows that the flow is there, so that the megaflow stays.
func TestTeacherDoesNotMeetItsPupil(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "actions=learn(table=1,NXM_OF_ETH_DST[0..15]=NXM_OF_ETH_SRC[0..15],output:NXM_OF_IN_PORT[]),resubmit(,1)")
	h.receive(t, "br9", "p2", "dl_src=00:00:00:00:00:03,dl_dst=02:00:00:00:00:03,dl_type=0x1234", 3)
	if m := h.megaflow(t); !strings.Contains(m, "dst=00:00:00:00:00:03/00:00:00:00:ff:ff") {
		t.Error(m)
	}
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 1 {
		t.Errorf("%d flows, want that of the teacher", n)
	}
	// What came by the megaflow counts where it would go now.
	if l := h.dump("br9", "dl_dst=00:00:00:00:00:03/"); len(l) != 1 || l[0].Packets != 2 {
		t.Errorf("%d pupils, which counted %d packets", len(l), l[0].Packets)
	}
	s := h.command("ofproto/trace", "br9", "in_port=1", frameOf(t, "dl_src=00:00:00:00:00:01,dl_dst=02:00:00:00:00:01,dl_type=0x1234"))
	if !strings.Contains(s, " 1. No match.") {
		t.Error(s)
	}
}

// TestFailedFlowIsJudgedAnew: a flow whose translation failed is translated again
// with every change, and goes if it fails again before its action set.
func TestFailedFlowIsJudgedAnew(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.flows(t, "br9", "in_port=1,actions=resubmit(,0)\nin_port=2,actions=resubmit(,0)")
	both := func() {
		t.Helper()
		h.receive(t, "br9", "p1", "dl_type=0x1234", 1)
		h.receive(t, "br9", "p2", "dl_type=0x1234", 1)
		if n := h.datapathFlows(); n != 2 {
			t.Fatalf("%d flows", n)
		}
	}
	both()
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 2 {
		t.Errorf("%d flows when nothing has changed", n)
	}
	const push = "push_mpls:0x8847,"
	late, _, err := openflow.ParseFlowMod("in_port=3,actions="+push+push+push+"write_actions("+push+"output:1)", openflow.FlowAdd, nil)
	if err == nil {
		err = h.Ofproto("br9").tables.Apply(late, h.clock.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 0 {
		t.Errorf("%d flows when something has", n)
	}
	h.receive(t, "br9", "p3", "dl_type=0x1234", 1)
	h.flows(t, "br9", "table=7,actions=drop")
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 1 {
		t.Errorf("%d flows that fail in their action set", n)
	}
	h.flows(t, "br9", "priority=65535,in_port=3,actions=resubmit(,0)")
	h.backer.Step(h.clock.Now())
	// A flow that fails no more stays.
	both()
	fm := parseFlow(t, "in_port=2,actions=drop")
	fm.Command = openflow.FlowDelete
	if err := h.Ofproto("br9").tables.Apply(fm, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.backer.Step(h.clock.Now())
	if m := h.megaflow(t); !strings.Contains(m, "in_port(2)") {
		t.Error(m)
	}
}

// TestFailedFlowIsOfAllItDrops: the flow of a translation that failed matches nothing
// that only the actions before that would have depended on.
func TestFailedFlowIsOfAllItDrops(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "actions=output:2,set_mpls_ttl(9),resubmit(,0)")
	h.receive(t, "br9", "p1", "dl_type=0x8847,mpls_label=1,mpls_ttl=1,mpls_bos=1", 1)
	h.receive(t, "br9", "p1", "dl_type=0x8847,mpls_label=2,mpls_ttl=1,mpls_bos=1", 1)
	if m := h.megaflow(t); !strings.Contains(m, "mpls(label=0/0x0,tc=0/0,ttl=1/0xff,bos=0/0)") {
		t.Error(m)
	}
}

// TestLimitReachedBefore: a flow whose packets learn nothing stays while nothing
// changes, and one that is there but not as it would be learned counts, too.
func TestLimitReachedBefore(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", `table=1,dl_dst=00:00:00:00:00:01,idle_timeout=7,actions=drop
		actions=learn(table=1,priority=32768,limit=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])`)
	h.receive(t, "br9", "p1", "dl_src=00:00:00:00:00:01,dl_type=0x1234", 1)
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 1 {
		t.Errorf("%d flows when nothing has changed", n)
	}
	if l := h.dump("br9", "dl_dst"); len(l) != 1 || len(l[0].Actions) != 0 {
		t.Errorf("%d flows that are taught, and what they do is %v", len(l), l[0].Actions)
	}
}
