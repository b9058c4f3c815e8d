package ofproto

import (
	"encoding/hex"
	"strings"
	"testing"

	"govs/dpif"
	"govs/netdev/dummy"
	"govs/openflow"
)

// traced returns the megaflow and the actions of a trace.
func (h *testHost) traced(t *testing.T, bridge, packet string) (megaflow, actions string) {
	t.Helper()
	s := h.command("ofproto/trace", bridge, packet)
	_, m, ok := strings.Cut(s, "Megaflow: ")
	m, a, ok2 := strings.Cut(m, "\nDatapath actions: ")
	if !ok || !ok2 {
		t.Fatal(s)
	}
	return m, strings.TrimSpace(a)
}

// megaflow returns the key of the only datapath flow.
func (h *testHost) megaflow(t *testing.T) string {
	t.Helper()
	var l []string
	h.backer.dp.FlowDump(func(f *dpif.Flow) bool {
		l = append(l, string(dpif.AppendKeyText(nil, &f.Match.Key, &f.Match.Mask, dpif.KeyTextOptions{})))
		return true
	})
	if len(l) != 1 {
		t.Fatalf("flows %q", l)
	}
	return l[0]
}

// TestLabelMasks: what is done to MPLS entries is in the masks, what is not is not.
func TestLabelMasks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.groups(t, "br9", "group_id=1,type=select,bucket=output:1,bucket=output:1")
	h.flows(t, "br9", `in_port=1,actions=push_mpls:0x8847,output:2
		in_port=2,actions=pop_mpls:0x0800,group:1`)
	// The labels of a packet that has no room for one more say nothing.
	p := h.Ofproto("br9")
	info, _ := p.PortInfo(1)
	<-info.Device.(*dummy.Device).Receive(append(make([]byte, 12), 0x88, 0x47, 0, 0, 0x10, 1, 0, 0, 0x20, 2, 0, 0, 0x31, 3, 0x45))
	if m := h.megaflow(t); strings.Contains(m, "label=0,") || !strings.Contains(m, "bos=0/1") {
		t.Error(m)
	}
	// Behind the labels that are gone there may be something to be hashed.
	if _, a := h.traced(t, "br9", "in_port=2,mpls,mpls_bos=1"); !strings.HasPrefix(a, "pop_mpls(eth_type=0x800),recirc(") {
		t.Error(a)
	}
	h.backer.Flush()
	h.receive(t, "br9", "p2", "in_port=2,mpls,mpls_bos=1", 1)
	if n := h.datapathFlows(); n != 3 {
		t.Errorf("%d flows, want one each for the labels, what is behind them and its hash", n)
	}
	// Pushing twice rewrites no header of IP.
	h.backer.Flush()
	h.flows(t, "br9", "in_port=1,actions=push_mpls:0x8847,output:2,push_mpls:0x8847,output:2")
	h.receive(t, "br9", "p1", "in_port=1,ip,nw_proto=99,nw_ttl=64", 1)
	if m := h.megaflow(t); strings.Contains(m, "proto=") || !strings.Contains(m, "ttl=64") {
		t.Error(m)
	}
	// What a header of MPLS hid is not rewritten, so its protocol says nothing.
	h.flows(t, "br9", "in_port=1,actions=push_mpls:0x8848,pop_mpls:0x0800,push:NXM_NX_REG0[]")
	h.backer.Flush()
	for _, proto := range []string{"6", "17"} {
		h.receive(t, "br9", "p1", "in_port=1,ip,nw_tos=4,nw_ttl=3,nw_proto="+proto, 1)
	}
	if n := h.datapathFlows(); n != 2 {
		t.Errorf("%d flows, want one before the recirculation and one after it", n)
	}
}

// TestPriorityMasks: the priority of a tag without a VLAN is in the mask from the
// beginning, wherever the packet goes, so that the flow can follow its destination.
func TestPriorityMasks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", "actions=NORMAL")
	// The destination is where the packet comes from.
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:02,dl_dst=00:00:00:00:00:09,dl_type=0x1234", 1)
	h.backer.Flush()
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_vlan=0,dl_vlan_pcp=3", 2)
	was := h.megaflow(t)
	if !strings.Contains(was, "vlan(vid=0,pcp=3)") {
		t.Error(was)
	}
	misses := h.backer.stats.misses.Load()
	h.receive(t, "br9", "p2", "in_port=2,dl_src=00:00:00:00:00:02,dl_dst=ff:ff:ff:ff:ff:ff,dl_type=0x1234", 1)
	h.backer.Step(h.clock.Now())
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,dl_vlan=0,dl_vlan_pcp=3", 1)
	if n := h.backer.stats.misses.Load() - misses; n != 1 {
		t.Errorf("%d misses, want the moved address's only", n)
	}
}

// TestMissFlow: what a table-miss flow sends to controllers is an explicit miss.
func TestMissFlow(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	h.flows(t, "br9", `priority=0,actions=controller(max_len=20,id=3)
		priority=1,in_port=2,actions=controller(max_len=20,id=3)`)
	for port, want := range map[string]string{"in_port=1": "reason=6,", "in_port=2": "reason=1,"} {
		if _, a := h.traced(t, "br9", port); !strings.Contains(a, want) {
			t.Error(port, a)
		}
	}
}

// TestHalfMasks: the parts of ICMP's header are in a mask by their eight bits, also
// when the header is hidden behind another by then.
func TestHalfMasks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	h.flows(t, "br9", "actions=mod_tp_dst:2,push_mpls:0x8847")
	if m, _ := h.traced(t, "br9", "in_port=1,icmp6,icmpv6_type=136"); !strings.Contains(m, "icmp_type=0x88/0xff,icmp_code=0x0/0xff") {
		t.Error(m)
	}
}

// TestNeighbourMasks: what neighbour discovery is about is shown of a mask only if all of
// its type and code are in it, but is there also if not.
func TestNeighbourMasks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	for match, want := range map[string]string{
		"icmp6,icmp_type=135,nd_target=fe80::1":             "icmpv6(type=135)",
		"icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1": "icmpv6(type=135,code=0),nd(target=fe80::1)",
	} {
		h.Ofproto("br9").tables.Flush()
		h.flows(t, "br9", match+",actions=LOCAL")
		h.backer.Flush()
		const packet = "in_port=1,icmp6,icmpv6_type=135,icmpv6_code=0,nd_target="
		h.receive(t, "br9", "p1", packet+"fe80::1", 1)
		if m := h.megaflow(t); !strings.HasSuffix(m, want) {
			t.Errorf("%s: %s, want %s", match, m, want)
		}
		h.receive(t, "br9", "p1", packet+"fe80::2", 1)
		if n := h.datapathFlows(); n != 2 {
			t.Errorf("%s: %d flows, want one for each target", match, n)
		}
	}
}

// TestLearnedPorts: packets that came from a controller teach no way out.
func TestLearnedPorts(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	h.flows(t, "br9", "actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])")
	for _, c := range []struct{ port, want string }{{"1", "actions=output:1"}, {"CONTROLLER", "actions=drop"}, {"LOCAL", "actions=LOCAL"}} {
		s := h.command("ofproto/trace", "br9", "in_port="+c.port+",dl_src=00:00:00:00:00:01", "-generate")
		if !strings.Contains(s, c.want) {
			t.Error(s)
		}
	}
}

// TestFloodThroughPatch: what a bridge behind a patch port does to its copy of a
// flooded packet, and translation cannot undo, happens to a clone.
func TestFloodThroughPatch(t *testing.T) {
	h := newTestHost(t)
	h.build(t, randomBridges)
	h.flows(t, "brB", "actions=FLOOD")
	h.flows(t, "brA", "tcp,actions=ct(commit),output:2")
	_, a := h.traced(t, "brB", "in_port=5,tcp")
	if strings.Count(a, "clone(ct(commit),") != 1 {
		t.Error(a)
	}
}

// TestTunnelFlagMasks: whoever sets the flags of a tunnel looks at all of them, as the
// mask of a translation that fails shows.
func TestTunnelFlagMasks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	for flow, want := range map[string]string{
		"actions=set_field:0->tun_flags,resubmit(,0)": "recirc_id=0,eth,tun_flags=0,in_port=1,dl_type=0x0000",
		"tun_flags=0,actions=resubmit(,0)":            "recirc_id=0,eth,tun_flags=-oam,in_port=1,dl_type=0x0000",
	} {
		h.flows(t, "br9", flow)
		if m, _ := h.traced(t, "br9", "in_port=1"); m != want {
			t.Errorf("%s: %s, want %s", flow, m, want)
		}
		fm := parseFlow(t, "actions=drop")
		fm.Command = openflow.FlowDelete
		if err := h.Ofproto("br9").tables.Apply(fm, h.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLearnedThoughFailed: what a traced packet teaches before it fails is learned.
func TestLearnedThoughFailed(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	h.flows(t, "br9", "actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),resubmit(,0)")
	if s := h.command("ofproto/trace", "br9", "in_port=1,dl_src=00:00:00:00:00:01", "-generate"); !strings.Contains(s, "Translation failed") {
		t.Fatal(s)
	}
	if l := h.dump("br9", "dl_dst=00:00:00:00:00:01"); len(l) != 1 {
		t.Errorf("%d flows learned", len(l))
	}
}

// TestTablesBehindLabels: flows that may look at what was behind a popped label are
// looked up when the datapath has looked there, also those of another bridge.
func TestTablesBehindLabels(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{
		{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"pa", "pb", 4, -1}}},
		{"br1", true, []portDef{{"p3", "", 1, -1}, {"pb", "pa", 4, -1}}},
	})
	h.flows(t, "br0", `in_port=1,mpls,actions=pop_mpls:0x0800,output:4,mod_dl_dst:00:00:00:00:00:07,output:2
		in_port=2,mpls,actions=pop_mpls:0x0800,TABLE,output:1
		in_port=2,ip,actions=IN_PORT`)
	h.flows(t, "br1", "tcp,actions=output:1")
	for port, want := range map[string]string{
		"1": "pop_mpls(eth_type=0x800),recirc(0x1),set(eth(dst=00:00:00:00:00:07)),2",
		"2": "pop_mpls(eth_type=0x800),recirc(0x2)",
	} {
		if _, a := h.traced(t, "br0", "in_port="+port+",mpls,mpls_bos=1"); strings.ReplaceAll(a, "recirc(0x2)", "recirc(0x1)") != strings.ReplaceAll(want, "recirc(0x2)", "recirc(0x1)") {
			t.Errorf("from port %s: %s, want %s", port, a, want)
		}
	}
	frame := append(make([]byte, 12), 0x88, 0x47, 0, 0, 1, 64)
	ip := "4500002800000000400600000a0000010a000002" + "00010002000000000000000050020000"
	b, err := hex.DecodeString(ip + "000000000000000000000000")
	if err != nil {
		t.Fatal(err)
	}
	p := h.Ofproto("br0")
	info, _ := p.PortInfo(1)
	<-info.Device.(*dummy.Device).Receive(append(frame, b...))
	h.backer.Step(h.clock.Now())
	out, _ := h.Ofproto("br1").PortInfo(1)
	if out.Stats.TxPackets != 1 || len(h.dump("br1", "tcp")) != 1 || h.dump("br1", "tcp")[0].Packets != 1 {
		t.Errorf("the other bridge sent %d packets out by the flow that looks behind the label", out.Stats.TxPackets)
	}
}

// TestTunnelledComesBack: a packet that got the header of a tunnel to go out by, and
// then goes through the datapath again, still came in where it did.
func TestTunnelledComesBack(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"pa", "pb", 3, -1}}}, {"br8", true, []portDef{{"pb", "pa", 1, -1}}}})
	if _, err := h.Ofproto("br8").PortAdd(PortSpec{Name: "t1", Type: "vxlan", Request: 7, Options: map[string]string{"remote_ip": "1.2.3.4"}}); err != nil {
		t.Fatal(err)
	}
	h.flows(t, "br9", "in_port=1,actions=output:3")
	h.flows(t, "br8", "ip,actions=set_tunnel:5,output:7,ct(table=1)")
	h.flows(t, "br8", "table=1,actions=output:1")
	h.flows(t, "br9", "in_port=3,actions=output:2")
	h.receive(t, "br9", "p1", "in_port=1,ip,nw_src=1.1.1.1,dl_src=00:00:00:00:00:01", 1)
	h.backer.Step(h.clock.Now())
	if n := h.datapathFlows(); n != 2 {
		t.Errorf("%d datapath flows, want 2", n)
	}
	if l := h.dump("br8", ""); len(l) != 2 || l[0].Packets+l[1].Packets != 2 {
		t.Errorf("%d flows, not 2 packets in all", len(l))
	}
}

// TestMarkStays: what sets a type of service behind a tunnel's header leaves the
// congestion mark alone unless that changes, too. As measured of OVS 3.1.
func TestMarkStays(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	if _, err := h.Ofproto("br9").PortAdd(PortSpec{Name: "t1", Type: "vxlan", Request: 7, Options: map[string]string{"remote_ip": "1.2.3.4"}}); err != nil {
		t.Fatal(err)
	}
	h.flows(t, "br9", `table=1,ip,actions=mod_nw_tos:8,output:2
table=1,ipv6,actions=mod_nw_tos:8,output:2
table=2,ip,actions=mod_nw_ecn:2,output:2
table=2,ipv6,actions=mod_nw_ecn:2,output:2
dl_src=00:00:00:00:00:01,actions=output:7,resubmit(,1)
dl_src=00:00:00:00:00:02,actions=output:7,resubmit(,2)`)
	for packet, want := range map[string]string{
		"udp,dl_src=00:00:00:00:00:01":  "set(ipv4(tos=0x8/0xfc)),2",
		"udp6,dl_src=00:00:00:00:00:01": "set(ipv6(tclass=0x8/0xfc)),2",
		"udp,dl_src=00:00:00:00:00:02":  "set(ipv4(tos=0x2/0x3)),2",
		"udp6,dl_src=00:00:00:00:00:02": "set(ipv6(tclass=0x2/0x3)),2",
	} {
		if _, a := h.traced(t, "br9", "in_port=1,"+packet+",nw_tos=4,nw_ecn=1"); !strings.HasSuffix(a, want) {
			t.Errorf("%s: %s, want %s", packet, a, want)
		}
	}
}

// TestTypeOfTagStays: a tag that NORMAL took off leaves its type to the one that is put
// on next. As measured of OVS 3.1.
func TestTypeOfTagStays(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{
		{"br0", true, []portDef{{"pa", "pb", 1, -1}, {"p1", "", 2, -1}}},
		{"br1", true, []portDef{{"pb", "pa", 1, 5}, {"q1", "", 2, -1}}},
	})
	h.flows(t, "br1", "actions=NORMAL")
	h.flows(t, "br0", "vlan_tci=0,actions=mod_vlan_vid:3,output:2")
	s := h.command("ofproto/trace", "br1", "in_port=2", "ffffffffffff000000000001"+"88a800051234"+"00000000")
	if want := "pop_vlan,push_vlan(tpid=0x88a8,vid=3,pcp=0),"; !strings.Contains(s, want) {
		t.Errorf("no %s in\n%s", want, s)
	}
}
