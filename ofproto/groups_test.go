package ofproto

import (
	"fmt"
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

// TestDatapathHashTraffic sends connections through a group that has the datapath
// hash them: each finds a bucket on its second pass, about as often as its weight
// says, and the datapath needs a flow a hash value and not one a connection.
func TestDatapathHashTraffic(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.groups(t, "br9", "group_id=1,type=select,bucket=bucket_id:1,weight:3,output:2,bucket=bucket_id:2,weight:1,output:3")
	h.flows(t, "br9", "in_port=1,actions=mod_dl_src:02:00:00:00:00:09,group:1")
	const connections = 400
	for i := range connections {
		h.receive(t, "br9", "p1", fmt.Sprintf("in_port=1,tcp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.%d.%d,nw_dst=10.1.0.1,nw_ttl=9,tp_src=%d,tp_dst=80", i/256, i%256, 1000+7*i), 1)
	}
	h.backer.Step(h.clock.Now())
	s := h.Ofproto("br9").tables.GroupStats(1, h.clock.Now())[0]
	if s.Packets != connections || s.Buckets[0].Packets < connections/2 || s.Buckets[1].Packets < connections/10 {
		t.Errorf("of %d packets the group had %d, its buckets %d and %d", connections, s.Packets, s.Buckets[0].Packets, s.Buckets[1].Packets)
	}
	if n := h.backer.ukeys.len(); n > 1+16 {
		t.Errorf("%d datapath flows", n)
	}
}
