package ofproto

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"govs/netdev"
	"govs/netdev/dummy"
	"govs/openflow"
)

// TestRecirculate has packets whose IP header is behind an MPLS header go
// through the datapath twice: only then is there a TTL to decrement.
func TestRecirculate(t *testing.T) {
	h := newTestHost(t)
	out := filepath.Join(t.TempDir(), "out.pcap")
	p, err := h.backer.NewOfproto("br0", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.SetFailMode(FailSecure)
	var in *dummy.Device
	for i, o := range []map[string]string{nil, {"tx_pcap": out}} {
		name := []string{"rc1", "rc2"}[i]
		d, err := dummy.Open(netdev.Config{Name: name, Type: "dummy", Options: o})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			in = d.(*dummy.Device)
		}
		if _, err := p.PortAdd(PortSpec{Name: name, Type: "dummy", Device: d, Request: openflow.Port(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	h.flows(t, "br0", `in_port=1,mpls actions=pop_mpls:0x0800,resubmit(,1),mod_dl_src:02:00:00:00:00:99,output:2
table=1,priority=0 actions=dec_ttl`)
	frame := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0x47, 0, 0, 0x71, 9},
		0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x66, 0xcf, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 8, 0, 0)
	want := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0x99, 8, 0}, frame[18:]...)
	want[14+8], want[14+10] = 63, 0x67 // TTL, checksum
	const packets = 3
	for range packets {
		select {
		case <-in.Receive(frame):
		case <-time.After(5 * time.Second):
			t.Fatal("the packet was not taken")
		}
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(b, want); got != packets || len(b) != 24+packets*(16+len(want)) {
		t.Errorf("%d of %d packets as they should be\n% x", got, packets, b)
	}
	if n := h.backer.ukeys.len(); n != 2 {
		t.Errorf("%d datapath flows for two passes", n)
	}
	// As long as flows lead to a state it is kept.
	states := func() int {
		h.backer.frozen.mu.Lock()
		defer h.backer.frozen.mu.Unlock()
		return len(h.backer.frozen.by)
	}
	for range 4 {
		h.clock.add(frozenIdle / 2)
		<-in.Receive(frame)
		h.backer.revalidate(h.clock.Now(), false)
	}
	if states() != 1 {
		t.Errorf("%d states for one place to go on from", states())
	}
	h.backer.revalidate(h.clock.Now(), true)
	h.clock.add(2 * frozenIdle)
	h.backer.revalidate(h.clock.Now(), false)
	if states() != 0 {
		t.Error("states that no flow leads to are kept")
	}
}
