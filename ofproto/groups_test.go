package ofproto

import (
	"testing"

	"govs/openflow"
)

// groups loads groups in ovs-ofctl's text.
func (h *testHost) groups(t *testing.T, bridge string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		gm, _, err := openflow.ParseGroupMod(s, openflow.GroupAddOrModify, nil)
		if err == nil {
			err = h.Ofproto(bridge).applyGroup(gm)
		}
		if err != nil {
			t.Fatal(s, err)
		}
	}
}

// TestGroupTraffic: packets of the datapath's own flows are counted for group
// and bucket, a changed group and a lost port reach the datapath.
func TestGroupTraffic(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.groups(t, "br9", "group_id=1,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3")
	h.flows(t, "br9", "in_port=1,actions=group:1")
	p := h.Ofproto("br9")
	send := func(want ...uint64) {
		t.Helper()
		h.receive(t, "br9", "p1", "in_port=1,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02", 3)
		h.backer.Step(h.clock.Now())
		s := p.tables.GroupStats(1, h.clock.Now())[0]
		got := []uint64{s.Packets}
		for _, b := range s.Buckets {
			got = append(got, b.Packets)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("group and buckets counted %d, want %d", got, want)
			}
		}
	}
	send(3, 3, 0)
	info, _ := p.PortInfo(2)
	if err := info.Device.SetUp(false); err != nil {
		t.Fatal(err)
	}
	p.PortChanged(2)
	h.backer.Step(h.clock.Now())
	send(6, 3, 3)
	h.groups(t, "br9", "group_id=1,type=all,bucket=output:2,bucket=output:3")
	h.backer.Step(h.clock.Now())
	send(3, 3, 3)
}
