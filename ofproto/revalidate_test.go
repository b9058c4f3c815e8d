package ofproto

import (
	"strings"
	"testing"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/netdev/dummy"
	"govs/openflow"
)

// receive puts n equal packets into a port and waits until they are through.
func (h *testHost) receive(t *testing.T, bridge, port, text string, n int) {
	t.Helper()
	k, err := flow.ParseKey(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := h.Ofproto(bridge)
	no, _ := p.PortByName(port)
	info, ok := p.PortInfo(no)
	if !ok {
		t.Fatal("no port ", port)
	}
	for range n {
		<-info.Device.(*dummy.Device).Receive(flow.Compose(k, nil).Bytes())
	}
}

func (h *testHost) dump(bridge, cls string) (out []openflow.FlowStats) {
	m, _ := flow.ParseMatch("", nil)
	seq, _ := h.Ofproto(bridge).tables.Flows(&openflow.FlowStatsRequest{Match: m, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Table: openflow.TableAny})
	for r := range seq {
		f := r.FlowStats(h.clock.Now())
		if strings.Contains(f.Match.String(), cls) {
			out = append(out, f)
		}
	}
	return out
}

func (h *testHost) datapathFlows() (n int) {
	h.backer.dp.FlowDump(func(*dpif.Flow) bool { n++; return true })
	return n
}

// TestLearnedFlowLivesOnCachedTraffic: a learned flow with a hard timeout must
// not die while packets that would teach it go through the datapath alone, and
// must die when they stop. Counters reach the teacher.
func TestLearnedFlowLivesOnCachedTraffic(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", `table=0,actions=learn(table=1,hard_timeout=10,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2`)
	const pkt = "in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64"
	h.receive(t, "br9", "p1", pkt, 1)
	if n := h.datapathFlows(); n != 1 {
		t.Fatalf("%d datapath flows after the first packet", n)
	}
	if l := h.dump("br9", "dl_dst=00:00:00:00:00:01"); len(l) != 1 {
		t.Fatalf("learned: %v", l)
	}
	misses := h.backer.stats.misses.Load()
	for range 8 {
		h.clock.add(5 * time.Second)
		h.receive(t, "br9", "p1", pkt, 3)
		h.backer.Step(h.clock.Now())
		l := h.dump("br9", "dl_dst=00:00:00:00:00:01")
		if len(l) != 1 {
			t.Fatalf("the learned flow is gone after %v", h.clock.Now())
		}
	}
	if m := h.backer.stats.misses.Load(); m != misses {
		t.Errorf("%d packets missed the datapath flow", m-misses)
	}
	if l := h.dump("br9", ""); l[0].Packets != 25 {
		t.Errorf("the teacher counted %d packets, want 25", l[0].Packets)
	}
	h.clock.add(11 * time.Second)
	h.backer.Step(h.clock.Now())
	if l := h.dump("br9", "dl_dst=00:00:00:00:00:01"); len(l) != 0 {
		t.Error("the learned flow outlives its traffic")
	}
	if n := h.datapathFlows(); n != 0 {
		t.Errorf("%d idle datapath flows", n)
	}
}

// TestChangesReachTheDatapath: a deleted flow's megaflow is gone, or does what
// the tables say now, after one revalidation.
func TestChangesReachTheDatapath(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.flows(t, "br9", "table=0,in_port=1,actions=resubmit(,5)\ntable=5,actions=output:2")
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 2)
	actions := func() (s string) {
		h.backer.dp.FlowDump(func(f *dpif.Flow) bool { s += f.Actions.String() + ";"; return true })
		return s
	}
	if got := actions(); got != "2;" {
		t.Fatalf("datapath flows: %q", got)
	}
	h.flows(t, "br9", "table=5,actions=output:3")
	h.backer.Step(h.clock.Now())
	if got := actions(); got != "3;" {
		t.Errorf("after a change: %q", got)
	}
	h.flows(t, "br9", "table=5,priority=40000,tcp,actions=output:2")
	h.backer.Step(h.clock.Now())
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 1)
	if got := actions(); got != "3;" {
		t.Errorf("after a more specific flow: %q", got)
	}
	h.Ofproto("br9").PortDel(3)
	h.backer.Step(h.clock.Now())
	if got := actions(); got != "drop;" {
		t.Errorf("after the port went: %q", got)
	}
	h.Ofproto("br9").PortDel(1)
	h.backer.Step(h.clock.Now())
	if got := actions(); got != "" {
		t.Errorf("after the way in went: %q", got)
	}
}

// TestDeletedFlowForwardsNothing: once a flow is deleted and one revalidation has
// gone by, its megaflows forward nothing, and its last packets have been counted
// for those who hear of the deletion.
func TestDeletedFlowForwardsNothing(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "table=0,priority=5,udp,actions=resubmit(,3)\ntable=0,priority=1,actions=drop\ntable=3,actions=output:2")
	const pkt = "in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64"
	h.receive(t, "br9", "p1", pkt, 5)
	p := h.Ofproto("br9")
	out, _ := p.PortInfo(2)
	sent := func() int64 { s, _ := out.Device.Stats(); return s.TxPackets }
	if n := sent(); n != 5 {
		t.Fatalf("%d packets forwarded", n)
	}
	del := parseFlow(t, "table=3,actions=drop")
	del.Command = openflow.FlowDelete
	if err := p.tables.Apply(del, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.backer.Step(h.clock.Now())
	h.backer.dp.FlowDump(func(f *dpif.Flow) bool {
		if f.Actions.String() != "drop" {
			t.Errorf("a megaflow still does %s", f.Actions)
		}
		return true
	})
	misses := h.backer.stats.misses.Load()
	h.receive(t, "br9", "p1", pkt, 3)
	if n := sent(); n != 5 {
		t.Errorf("%d packets forwarded after the flow was deleted", n-5)
	}
	if m := h.backer.stats.misses.Load(); m != misses {
		t.Logf("%d packets missed the datapath flow", m-misses)
	}
	if l := h.dump("br9", "udp"); len(l) != 1 || l[0].Packets != 5 {
		h.backer.Step(h.clock.Now())
		if l = h.dump("br9", "udp"); l[0].Packets != 8 {
			t.Errorf("the flow in table 0 counted %+v", l)
		}
	}
}

// TestNormalMovesWithTheMAC: when an address shows up elsewhere, flows towards it
// follow.
func TestNormalMovesWithTheMAC(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", false, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.receive(t, "br9", "p2", "in_port=2,dl_src=00:00:00:00:00:02,dl_dst=00:00:00:00:00:01,dl_type=0x1234", 1)
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_type=0x1234", 1)
	to := func() (s string) {
		h.backer.dp.FlowDump(func(f *dpif.Flow) bool {
			if f.Match.Key.InPort == 1 {
				s = f.Actions.String()
			}
			return true
		})
		return s
	}
	if got := to(); got != "2" {
		t.Fatalf("towards p2: %q", got)
	}
	h.receive(t, "br9", "p3", "in_port=3,dl_src=00:00:00:00:00:02,dl_dst=00:00:00:00:00:01,dl_type=0x1234", 1)
	h.backer.Step(h.clock.Now())
	if got := to(); got != "3" {
		t.Errorf("after the move: %q", got)
	}
	h.clock.add(301 * time.Second)
	h.backer.Step(h.clock.Now())
	if n := h.Ofproto("br9").macs.Stats().Entries; n != 0 {
		t.Errorf("%d addresses after the aging time", n)
	}
}

// TestSlowPath: rewriting ARP is done by the switch for each packet.
func TestSlowPath(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "arp,actions=load:2->NXM_OF_ARP_OP[],output:2")
	h.receive(t, "br9", "p1", "in_port=1,arp,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1", 3)
	h.backer.dp.FlowDump(func(f *dpif.Flow) bool {
		if s := f.Actions.String(); s != "userspace(pid=0,slow_path(action))" {
			t.Errorf("datapath actions %s", s)
		}
		return true
	})
	i, _ := h.Ofproto("br9").PortInfo(2)
	if i.Stats.TxPackets != 3 {
		t.Errorf("%d packets came out", i.Stats.TxPackets)
	}
	h.backer.Step(h.clock.Now())
	if l := h.dump("br9", "arp"); l[0].Packets != 3 {
		t.Errorf("counted %d packets", l[0].Packets)
	}
}

// TestLearnWithinLimit: a flow whose packets learn nothing more, as the limit is
// reached, goes with the next change: the next packet tells whether there is room.
func TestLearnWithinLimit(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "table=0,actions=learn(table=1,limit=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2")
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01", 1)
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 1 {
		t.Fatalf("%d datapath flows when all has been learned, want 1", n)
	}
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:02", 1)
	if n := h.datapathFlows(); n != 2 {
		t.Fatalf("%d datapath flows, want 2", n)
	}
	h.flows(t, "br9", "table=7,actions=drop") // of no concern to either
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 1 {
		t.Errorf("%d datapath flows after a change, want that which has learned", n)
	}
	// What was learned is gone, and nobody comes to learn it again.
	fm := parseFlow(t, "table=1,actions=drop")
	fm.Command = openflow.FlowDelete
	if err := h.Ofproto("br9").tables.Apply(fm, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 0 {
		t.Errorf("%d datapath flows, want none", n)
	}
}

// TestComesToLookAtVLAN: a flow goes when its translation comes to look at the VLAN,
// although the datapath's mask has had that all along, and stays when it ceases to.
func TestComesToLookAtVLAN(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	const plain, vlan = "in_port=1,actions=output:2", "in_port=1,actions=move:NXM_OF_VLAN_TCI[0..11]->NXM_NX_REG0[0..11],output:2"
	for _, c := range []struct {
		was, is string
		flows   int
	}{{plain, vlan, 0}, {vlan, plain, 1}} {
		h.backer.Flush()
		h.flows(t, "br9", c.was)
		h.receive(t, "br9", "p1", "in_port=1,dl_vlan=5,dl_type=0x1234", 1)
		h.flows(t, "br9", c.is)
		h.backer.Step(h.clock.Now())
		if n := h.datapathFlows(); n != c.flows {
			t.Errorf("from %s to %s: %d flows, want %d", c.was, c.is, n, c.flows)
		}
	}
}
