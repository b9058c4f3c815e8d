package ofproto

import (
	"slices"
	"strings"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// TestPacketOutRefused: actions that no flow for the packet could have are refused,
// and so are those that cannot be translated.
func TestPacketOutRefused(t *testing.T) {
	h, mgmt := newSocketHost(t)
	h.flows(t, "br9", "actions=resubmit(,0),resubmit(,0)")
	c := client(t, mgmt)
	k, _ := flow.ParseKey("in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64", nil)
	frame := flow.Compose(k, nil).Bytes()
	for _, x := range []struct {
		acts  string
		frame []byte
		want  openflow.ErrorCode
		sent  int64 // by port 2
	}{
		{"load:1->NXM_OF_TCP_SRC[],output:2", frame, openflow.ErrBadActionMatchInconsistent, 0},
		{"load:1->NXM_OF_UDP_SRC[],output:2", frame, 0, 1},
		{"group:5,output:2", frame, openflow.ErrBadActionBadOutGroup, 1},
		{"resubmit(,0),output:2", frame, openflow.ErrBadRequestUnencodableError, 1},
		{"load:1->NXM_OF_UDP_SRC[]", frame[:9], openflow.ErrBadActionMatchInconsistent, 1},
		{"output:2", frame, 0, 2},
	} {
		acts, _, err := openflow.ParseActionList(x.acts, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := &openflow.PacketOut{Packet: x.frame, Buffer: openflow.NoBuffer, Actions: acts}
		m.Metadata.Set(flow.InPort, flow.U(1))
		ask(t, c, m)
		ask(t, c, &openflow.BarrierRequest{})
		var got openflow.ErrorCode
		for done := false; !done; {
			b, err := c.Recv()
			if err != nil {
				t.Fatal(err)
			}
			d, _ := openflow.Decode(b, openflow.DecodeOptions{})
			switch m := d.Message.(type) {
			case *openflow.ErrorMsg:
				got = m.Code
			case *openflow.BarrierReply:
				done = true
			}
		}
		if got != x.want {
			t.Errorf("%s: %v, want %v", x.acts, got, x.want)
		}
		if i, _ := h.Ofproto("br9").PortInfo(2); i.Stats.TxPackets != x.sent {
			t.Errorf("%s: port 2 has sent %d packets, want %d", x.acts, i.Stats.TxPackets, x.sent)
		}
	}
}

// TestPacketOutComesBack: what a controller sends out comes back from the datapath
// also if it came in by none of its ports, unless there is no such port at all or it is
// a patch port; in another bridge, it still came in where it did.
func TestPacketOutComesBack(t *testing.T) {
	h, mgmt := newSocketHost(t)
	h.build(t, []bridgeDef{{"br8", true, []portDef{{"pb", "pa", 1, -1}, {"p8", "", 2, -1}}}})
	for _, s := range []PortSpec{
		{Name: "pa", Type: "patch", Peer: "pb", Request: 5},
		{Name: "t1", Type: "vxlan", Request: 7, Options: map[string]string{"remote_ip": "1.2.3.4"}},
	} {
		if _, err := h.Ofproto("br9").PortAdd(s); err != nil {
			t.Fatal(err)
		}
	}
	const track = "udp,actions=ct(table=1)\ntable=1,actions=output:2"
	h.flows(t, "br9", track)
	h.flows(t, "br8", track)
	c := client(t, mgmt)
	k, _ := flow.ParseKey("in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64", nil)
	for _, x := range []struct{ actions, bridge, ports string }{
		{"resubmit(,0)", "br9", "CONTROLLER ANY LOCAL 1 7"},
		{"output:5", "br8", "ANY LOCAL 1 7"},
	} {
		acts, _, _ := openflow.ParseActionList(x.actions, nil)
		for _, port := range []openflow.Port{openflow.PortController, openflow.PortNone, openflow.PortLocal, 1, 5, 7, 77} {
			info, _ := h.Ofproto(x.bridge).PortInfo(2)
			before := info.Stats.TxPackets
			m := &openflow.PacketOut{Packet: flow.Compose(k, nil).Bytes(), Buffer: openflow.NoBuffer, Actions: acts}
			m.Metadata.Set(flow.InPort, flow.U(uint64(port)))
			ask(t, c, m)
			ask(t, c, &openflow.BarrierRequest{})
			if _, err := c.Recv(); err != nil {
				t.Fatal(err)
			}
			info, _ = h.Ofproto(x.bridge).PortInfo(2)
			n, want := info.Stats.TxPackets-before, int64(0)
			if slices.Contains(strings.Fields(x.ports), port.String()) {
				want = 1
			}
			if n != want {
				t.Errorf("%s from port %s: port 2 of %s has sent %d packets, want %d", x.actions, port, x.bridge, n, want)
			}
		}
	}
}

// TestPacketOutTeaches: a flow learned from what a controller sends out changes
// datapath flows that are there.
func TestPacketOutTeaches(t *testing.T) {
	h, mgmt := newSocketHost(t)
	h.flows(t, "br9", "actions=resubmit(,1)")
	h.receive(t, "br9", "p2", "in_port=2,dl_type=0x1234", 2)
	h.backer.Step(h.clock.Now())
	c := client(t, mgmt)
	acts, _, _ := openflow.ParseActionList("learn(table=1,NXM_NX_REG0[0..3],output:NXM_OF_IN_PORT[])", nil)
	m := &openflow.PacketOut{Packet: make([]byte, 60), Buffer: openflow.NoBuffer, Actions: acts}
	m.Metadata.Set(flow.InPort, flow.U(1))
	ask(t, c, m)
	ask(t, c, &openflow.BarrierRequest{})
	if _, err := c.Recv(); err != nil {
		t.Fatal(err)
	}
	h.backer.Step(h.clock.Now())
	h.receive(t, "br9", "p2", "in_port=2,dl_type=0x1234", 1)
	if info, _ := h.Ofproto("br9").PortInfo(1); info.Stats.TxPackets != 1 {
		t.Errorf("port 1 has sent %d packets, want the last", info.Stats.TxPackets)
	}
}
