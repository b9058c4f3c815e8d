package ofproto

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"govs/flow"
	"govs/netdev/dummy"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// client connects to a switch's socket as ovs-ofctl does.
func client(t testing.TB, path string) *conn.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := conn.Dial(ctx, stream.Config{}, "unix:"+path, openflow.VersionsOf(openflow.V10))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func ask(t testing.TB, c *conn.Conn, m openflow.Message) {
	t.Helper()
	if err := c.Send(openflow.Encode(m, openflow.ProtoOF10, c.NewXid())); err != nil {
		t.Fatal(err)
	}
}

// next returns the next message of type M, passing over others.
func next[M openflow.Message](t testing.TB, c *conn.Conn) M {
	t.Helper()
	for {
		b, err := c.Recv()
		if err != nil {
			t.Fatal(err)
		}
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := d.Message.(M); ok {
			return m
		}
	}
}

// TestPacketInAndOut: a packet goes up to who asked for packets, and one comes
// down and out.
func TestPacketInAndOut(t *testing.T) {
	h, mgmt := newSocketHost(t)
	h.flows(t, "br9", "cookie=0x77,in_port=1,actions=load:5->NXM_NX_REG3[],CONTROLLER:32")
	quiet, c := client(t, mgmt), client(t, mgmt)
	ask(t, c, &openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{MissSendLen: 64}})
	ask(t, c, &openflow.SetPacketInFormat{Format: openflow.PacketInNXT})
	for _, x := range []*conn.Conn{quiet, c} {
		ask(t, x, &openflow.BarrierRequest{})
		next[*openflow.BarrierReply](t, x)
	}
	h.receive(t, "br9", "p1", "in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64", 1)
	in := next[*openflow.PacketIn](t, c)
	if len(in.Packet) != 32 || in.TotalLen < 60 || in.Cookie != 0x77 || in.Reason != openflow.ReasonAction || in.Buffer != openflow.NoBuffer {
		t.Errorf("packet-in %+v", in)
	}
	if k := in.Metadata.Key; k.InPort != 1 || k.Regs[3] != 5 {
		t.Errorf("packet-in metadata %s", in.Metadata.String())
	}

	k, _ := flow.ParseKey("in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_ttl=64", nil)
	out := &openflow.PacketOut{Packet: flow.Compose(k, nil).Bytes(), Buffer: openflow.NoBuffer, Actions: []openflow.Action{&openflow.Output{Port: 2}}}
	out.Metadata.Set(flow.InPort, flow.U(uint64(openflow.PortNone)))
	ask(t, c, out)
	ask(t, c, &openflow.BarrierRequest{})
	next[*openflow.BarrierReply](t, c)
	if i, _ := h.Ofproto("br9").PortInfo(2); i.Stats.TxPackets != 1 {
		t.Errorf("%d packets came out", i.Stats.TxPackets)
	}

	// The other connection has not asked for packets: nothing but its answer.
	ask(t, quiet, &openflow.EchoRequest{Data: []byte("x")})
	b, err := quiet.Recv()
	if err != nil || openflow.ParseHeader(b).Type != 3 {
		t.Errorf("the quiet connection got % x, %v", b, err)
	}

	// Ports that come and go are told.
	d, _ := dummy.Open(dummyConfig("p5"))
	if _, err := h.Ofproto("br9").PortAdd(PortSpec{Name: "p5", Type: "dummy", Device: d}); err != nil {
		t.Fatal(err)
	}
	if s := next[*openflow.PortStatus](t, c); s.Reason != openflow.PortAdd || s.Desc.Name != "p5" {
		t.Errorf("port status %+v", s)
	}
	// So are flows that asked for it.
	h.flows(t, "br9", "table=3,hard_timeout=5,actions=drop")
	ask(t, c, &openflow.FlowMod{Command: openflow.FlowAdd, Priority: 9, Flags: openflow.FlagSendFlowRem, HardTimeout: 5, Buffer: openflow.NoBuffer, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny})
	ask(t, c, &openflow.BarrierRequest{})
	next[*openflow.BarrierReply](t, c)
	h.clock.add(6 * time.Second)
	h.backer.Step(h.clock.Now())
	if f := next[*openflow.FlowRemoved](t, c); f.Reason != openflow.RemovedHardTimeout || f.Priority != 9 {
		t.Errorf("flow removed %+v", f)
	}
}

// FuzzHandle feeds a switch messages; it must answer or hang up, not fall.
func FuzzHandle(f *testing.F) {
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	add := func(m openflow.Message, p openflow.Protocols) { f.Add(openflow.Encode(m, p, 1)) }
	add(&openflow.FeaturesRequest{}, openflow.ProtoOF10)
	add(&openflow.FlowMod{Buffer: openflow.NoBuffer, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Actions: []openflow.Action{&openflow.Output{Port: 1}}}, openflow.ProtoNXM)
	add(&openflow.FlowStatsRequest{OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Table: 255}, openflow.ProtoNXM)
	add(&openflow.PacketOut{Packet: make([]byte, 60), Buffer: openflow.NoBuffer, Actions: []openflow.Action{&openflow.Output{Port: openflow.PortNormal}}}, openflow.ProtoOF10)
	add(&openflow.PortMod{Port: 1}, openflow.ProtoOF10)
	add(&openflow.PortStatsRequest{Port: openflow.PortNone}, openflow.ProtoOXM13)
	add(&openflow.RoleRequest{Role: openflow.RolePrimary}, openflow.ProtoOXM13)
	h := &Host{clock: &testClock{now: time.Now()}}
	b := newBacker(h, nopDatapath{}, Options{})
	p, err := b.NewOfproto("br", 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		if len(msg) < openflow.HeaderLen {
			return
		}
		server, peer := net.Pipe()
		peer.Close()
		o := newOfConn(p, conn.New(server, "fuzz"), connService, &controller{})
		o.proto.Store(uint32(openflow.ProtocolOf(max(openflow.V10, min(openflow.Version(msg[0]), openflow.V14)))))
		o.handle(msg)
		server.Close()
	})
}

// TestOldConnectionsGo: when the last connections of a version before 1.3 go at once,
// packets without a flow go to no controller any more.
func TestOldConnectionsGo(t *testing.T) {
	h, mgmt := newSocketHost(t)
	p := h.Ofproto("br9")
	for range 100 {
		open := [...]*conn.Conn{client(t, mgmt), client(t, mgmt), client(t, mgmt)}
		for _, c := range open {
			go c.Close()
		}
		for end := time.Now().Add(5 * time.Second); p.missToController.Load() || len(p.conns.all()) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d connections are left, and one counts for old", len(p.conns.all()))
			}
		}
	}
}
