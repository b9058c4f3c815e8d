package ofproto

import (
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
// a patch port.
func TestPacketOutComesBack(t *testing.T) {
	h, mgmt := newSocketHost(t)
	h.build(t, []bridgeDef{{"br8", true, []portDef{{"pb", "pa", 1, -1}}}})
	if _, err := h.Ofproto("br9").PortAdd(PortSpec{Name: "pa", Type: "patch", Peer: "pb", Request: 5}); err != nil {
		t.Fatal(err)
	}
	h.flows(t, "br9", "udp,actions=ct(table=1)\ntable=1,actions=output:2")
	c := client(t, mgmt)
	k, _ := flow.ParseKey("in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64", nil)
	acts, _, _ := openflow.ParseActionList("resubmit(,0)", nil)
	for port, want := range map[openflow.Port]int64{openflow.PortController: 1, openflow.PortLocal: 1, 1: 1, 5: 0, 77: 0} {
		info, _ := h.Ofproto("br9").PortInfo(2)
		before := info.Stats.TxPackets
		m := &openflow.PacketOut{Packet: flow.Compose(k, nil).Bytes(), Buffer: openflow.NoBuffer, Actions: acts}
		m.Metadata.Set(flow.InPort, flow.U(uint64(port)))
		ask(t, c, m)
		ask(t, c, &openflow.BarrierRequest{})
		if _, err := c.Recv(); err != nil {
			t.Fatal(err)
		}
		info, _ = h.Ofproto("br9").PortInfo(2)
		if n := info.Stats.TxPackets - before; n != want {
			t.Errorf("from port %s: port 2 has sent %d packets, want %d", port, n, want)
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
