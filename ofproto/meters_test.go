package ofproto

import (
	"testing"
	"time"

	"govs/openflow"
)

// TestMeterTraffic: a meter limits what a flow forwards, by the switch's clock,
// and its counters and the flow's end up where they are asked for.
func TestMeterTraffic(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}})
	p := h.Ofproto("br9")
	meter := func(cmd openflow.MeterCommand, text string) {
		t.Helper()
		mm, _, err := openflow.ParseMeterMod(text, cmd)
		if err == nil {
			err = p.tables.ApplyMeter(mm, h.clock.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	meter(openflow.MeterAdd, "meter=5,pktps,stats,bands=type=drop,rate=2")
	fm, _, err := openflow.ParseFlowMod("in_port=1,actions=meter:5,output:2", openflow.FlowAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.tables.Apply(fm, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 5)
	h.backer.Step(h.clock.Now())
	sent := func() int64 {
		i, _ := p.PortInfo(2)
		return i.Stats.TxPackets
	}
	if n := sent(); n != 2 {
		t.Errorf("%d packets got through, want 2", n)
	}
	s, ok := p.tables.MeterStats(5, h.clock.Now())
	if !ok || s[0].Packets != 5 || s[0].Flows != 1 || s[0].Bands[0].Packets != 3 {
		t.Errorf("counted %+v", s)
	}
	meter(openflow.MeterModify, "meter=5,pktps,stats,bands=type=drop,rate=100")
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 5)
	if n := sent(); n != 7 {
		t.Errorf("%d packets got through, want 7", n)
	}
	meter(openflow.MeterDelete, "meter=5")
	h.backer.Step(h.clock.Now())
	if n := len(h.dump("br9", "")); n != 0 {
		t.Errorf("%d flows outlive the meter", n)
	}
	h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 5)
	if n := sent(); n != 7 {
		t.Errorf("%d packets got through, want 7", n)
	}
}

// TestMeterMarks: what is above the rate of a band of type dscp_remark gets a
// higher drop precedence, which tables behind the meter see, and what was set
// before it; a meter at the end of everything is the end.
func TestMeterMarks(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}, {"p4", "", 4, -1}}}})
	p := h.Ofproto("br9")
	if f := p.tables.MeterFeatures(); f.BandTypes != 1<<openflow.BandDrop|1<<openflow.BandDSCPRemark {
		t.Errorf("types of bands: %#x", f.BandTypes)
	}
	for _, m := range []string{"meter=5,pktps,stats,bands=type=dscp_remark,rate=2,prec_level=1", "meter=6,pktps,bands=type=dscp_remark,rate=1,prec_level=9"} {
		mm, _, err := openflow.ParseMeterMod(m, openflow.MeterAdd)
		if err == nil {
			err = p.tables.ApplyMeter(mm, h.clock.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{
		"in_port=1,actions=meter:5,resubmit(,1)",
		"in_port=4,actions=mod_nw_tos:40,resubmit(,5),output:2,resubmit(,6)",
		"table=5,actions=meter:6,resubmit(,1)",
		"table=6,actions=meter:6",
		"table=1,ip,nw_tos=48,actions=3",
		"table=1,ipv6,nw_tos=48,actions=3",
		"table=1,ip,nw_tos=56,actions=3,3",
		"table=1,priority=1,actions=2",
	} {
		fm, _, err := openflow.ParseFlowMod(f, openflow.FlowAdd, nil)
		if err == nil {
			err = p.tables.Apply(fm, h.clock.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sent := func() (n [2]int64) {
		for i := range n {
			info, _ := p.PortInfo(openflow.Port(2 + i))
			n[i] = info.Stats.TxPackets
		}
		return n
	}
	for _, x := range []struct {
		port, flow string
		want       [2]int64
	}{
		{"p1", "udp,nw_src=1.2.3.4,nw_tos=40", [2]int64{2, 3}},
		{"p1", "udp6,ipv6_src=fc00::1,nw_tos=40", [2]int64{4, 6}},
		{"p1", "udp,nw_src=1.2.3.4,nw_tos=184", [2]int64{9, 6}},
		{"p1", "arp", [2]int64{14, 6}},
		{"p4", "udp,nw_src=1.2.3.4", [2]int64{20, 14}},
	} {
		h.clock.add(2 * time.Second)
		h.receive(t, "br9", x.port, "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,"+x.flow, 5)
		h.backer.Step(h.clock.Now())
		if got := sent(); got != x.want {
			t.Errorf("%s: %v packets by ports 2 and 3, want %v", x.flow, got, x.want)
		}
	}
	if s, _ := p.tables.MeterStats(5, h.clock.Now()); s[0].Packets != 20 || s[0].Bands[0].Packets != 12 {
		t.Errorf("counted %+v", s)
	}
}
