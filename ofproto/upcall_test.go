//go:build !race

package ofproto

import (
	"os"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// TestUpcallAllocates: a packet that came up, through the seed's br-tun and on its
// way, when no flow may be put. Translation takes nothing; carrying out actions that
// no flow has takes a list of them, and as much for each that sets many bits.
func TestUpcallAllocates(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br-tun", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	text, err := os.ReadFile("testdata/seed.flows")
	if err != nil {
		t.Fatal(err)
	}
	h.flows(t, "br-tun", string(text))
	h.backer.reval.limit.Store(0)
	odp := dpif.NoPort
	for no, x := range h.backer.config().ByODP {
		if x.Name == "p2" {
			odp = no
		}
	}
	for _, tt := range []struct {
		most float64
		flow string
	}{
		{2, "tcp,dl_vlan=1,dl_src=fa:16:3e:f4:18:f5,dl_dst=fa:16:3e:d3:4f:c1,nw_src=192.168.1.12,nw_dst=192.168.1.6,nw_ttl=64,tp_dst=80"},
		{7, "arp,dl_vlan=1,dl_src=fa:16:3e:f4:18:f5,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=192.168.1.12,arp_tpa=192.168.1.6,arp_sha=fa:16:3e:f4:18:f5"},
		{1, "tcp,dl_vlan=2,dl_src=fa:16:3e:f4:18:f5,dl_dst=fa:16:3e:d3:4f:c1,nw_src=192.168.1.12,nw_dst=192.168.1.6,nw_ttl=64,tp_dst=80"},
	} {
		k, err := flow.ParseKey(tt.flow, nil)
		if err != nil {
			t.Fatal(err)
		}
		frame := flow.Compose(k, nil).Bytes()
		pkt := packet.New(frame)
		var key flow.Key
		batch := []dpif.Upcall{{Reason: dpif.UpcallMiss, Packet: pkt, Key: &key}}
		missed := h.backer.stats.misses.Load()
		up := func() {
			pkt.Reset(len(frame))
			copy(pkt.Bytes(), frame)
			pkt.InPort = uint32(odp)
			flow.Extract(pkt, &key)
			h.backer.upcalls(batch)
		}
		up()
		n := testing.AllocsPerRun(200, up)
		if h.backer.stats.misses.Load() == missed || h.backer.ukeys.len() != 0 {
			t.Errorf("%s: %d upcalls, %d flows", tt.flow, h.backer.stats.misses.Load()-missed, h.backer.ukeys.len())
		}
		t.Logf("%s: %v allocations", tt.flow, n)
		if n > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.flow, n, tt.most)
		}
	}
}

// TestFailureTeachesNothing: a packet that cannot be translated is not learned from,
// not even as one of the OpenFlow port that has the number of its datapath port.
func TestFailureTeachesNothing(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}})
	h.flows(t, "br9", "actions=NORMAL\npriority=65535,in_port=1,actions=resubmit(,0)")
	const src = ",dl_src=00:00:00:00:00:07,dl_dst=00:00:00:00:00:09,dl_type=0x1234"
	h.receive(t, "br9", "p1", "in_port=1"+src, 2)
	h.backer.Step(h.clock.Now())
	if l := h.Ofproto("br9").macs.Entries(); len(l) != 0 {
		t.Errorf("learned %v", l)
	}
	h.receive(t, "br9", "p2", "in_port=2"+src, 1)
	if l := h.Ofproto("br9").macs.Entries(); len(l) != 1 {
		t.Errorf("learned %v, want one address", l)
	}
}
