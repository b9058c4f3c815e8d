package ofproto

import (
	"testing"

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
