package ofproto

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"govs/flow"
	"govs/netdev"
	"govs/netdev/dummy"
	"govs/openflow"
)

// TestServiceChain sends a frame through NSH headers put on and taken off again
// by the datapath, which looks at it anew behind each: what goes in comes out.
func TestServiceChain(t *testing.T) {
	h := newTestHost(t)
	p, err := h.backer.NewOfproto("br0", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.SetFailMode(FailSecure)
	dir := t.TempDir()
	var ports [3]*dummy.Device
	for i := range ports {
		d, err := dummy.Open(netdev.Config{Name: "sc" + string(rune('1'+i)), Type: "dummy", Options: map[string]string{"tx_pcap": filepath.Join(dir, string(rune('1'+i)))}})
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = d.(*dummy.Device)
		if _, err := p.PortAdd(PortSpec{Name: d.Name(), Type: "dummy", Device: d, Request: openflow.Port(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{
		"in_port=1,ip actions=mod_nw_ttl:9,encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:0x11223344->nsh_c2,encap(ethernet),set_field:02:00:00:00:00:99->eth_dst,output:2",
		"in_port=1,arp actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678))),encap(mpls),set_field:77->mpls_label,encap(ethernet),output:2",
		"in_port=2,dl_type=0x894f,nsh_mdtype=1,nsh_spi=0x1234 actions=set_field:7->nsh_si,dec_nsh_ttl,output:1,decap(),decap(),resubmit(,1)",
		"in_port=2,mpls,mpls_label=77 actions=decap(),decap(packet_type(ns=1,type=0x894f)),decap(),resubmit(,1)",
		"table=1,ip,nw_ttl=9 actions=output:3",
		"table=1,arp actions=output:3",
	} {
		fm := flowMod(t, openflow.FlowAdd, f)
		acts := openflow.EncodeActions(nil, fm.Actions, openflow.V13)
		if fm.Actions, err = openflow.DecodeActions(acts, openflow.V13, nil); err != nil {
			t.Fatal(f, err)
		}
		if err := p.tables.Apply(fm, h.clock.Now()); err != nil {
			t.Fatal(f, err)
		}
	}
	// sent returns the last frame that a port sent.
	sent := func(port int) []byte {
		b, err := os.ReadFile(filepath.Join(dir, string(rune('0'+port))))
		if err != nil {
			t.Fatal(err)
		}
		var last []byte
		for b = b[24:]; len(b) > 16; {
			n := int(b[8]) | int(b[9])<<8
			last, b = b[16:16+n], b[16+n:]
		}
		return last
	}
	receive := func(port int, frame []byte) {
		select {
		case <-ports[port-1].Receive(frame):
		case <-time.After(5 * time.Second):
			t.Fatal("the packet was not taken")
		}
	}
	for _, c := range []struct {
		text, outer string
	}{
		{"udp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=9,udp_src=1,udp_dst=2",
			"\x02\x00\x00\x00\x00\x99\x00\x00\x00\x00\x00\x00\x89\x4f\x0f\xc6\x01\x03\x00\x12\x34\xff\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"arp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2",
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x88\x47\x00\x04\xd1\x40\x0f\xc4\x02\x03\x00\x00\x00\xff\x10\x00\x0a\x04\x12\x34\x56\x78"},
	} {
		k, err := flow.ParseKey(c.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		frame := flow.Compose(k, nil).Bytes()
		for range 2 { // the second is the datapath's own doing
			receive(1, frame)
			outer := sent(2)
			if !bytes.Equal(outer, append([]byte(c.outer), frame...)) {
				t.Fatalf("%s\ngoes out as % x", c.text, outer)
			}
			receive(2, outer)
			if got := sent(3); !bytes.Equal(got, frame) {
				t.Fatalf("%s\ncomes back as % x\nof % x", c.text, got, frame)
			}
		}
	}
	if b := sent(1); len(b) < 24 || b[14] != 0x0f || b[15] != 0x86 || b[21] != 7 {
		t.Errorf("the header with another TTL and index: % x", b)
	}
}
