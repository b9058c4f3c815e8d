package ofproto

import (
	"context"
	"os"
	"testing"
	"time"

	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// TestControllerComesAndGoes: a switch calls its controller, again after the
// controller has gone, and probes one that falls silent.
func TestControllerComesAndGoes(t *testing.T) {
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newTestHostIn(t, dir)
	h.build(t, []bridgeDef{{"br9", true, nil}})
	p := h.Ofproto("br9")
	l, err := stream.Listen("punix:" + dir + "/ctl")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accept := func() *conn.Conn {
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c := conn.New(s, "ctl")
		if err := c.Handshake(context.Background(), openflow.VersionsOf(openflow.V13)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	target := "unix:" + dir + "/ctl"
	p.SetControllers([]ControllerSpec{{Target: target, MaxBackoff: time.Second, Probe: 5 * time.Second}})
	c := accept()
	if err := c.Send(openflow.Encode(&openflow.FeaturesRequest{}, openflow.ProtoOXM13, 7)); err != nil {
		t.Fatal(err)
	}
	next[*openflow.SwitchFeatures](t, c)
	s := p.Controllers()
	if len(s) != 1 || !s[0].Connected || s[0].Role != openflow.RoleEqual || s[0].Pairs["state"] != "ACTIVE" {
		t.Fatalf("while connected: %+v", s)
	}

	// Silence: a probe, and without an answer the end. The clock is turned.
	turn := func(d time.Duration) {
		h.clock.add(d)
		p.conns.wake()
	}
	turn(6 * time.Second)
	next[*openflow.EchoRequest](t, c)
	turn(6 * time.Second)
	if b, err := c.Recv(); err == nil {
		t.Fatalf("a silent controller got %x", b)
	}
	connected := func(want bool) {
		for p.Controllers()[0].Connected != want {
			time.Sleep(time.Millisecond)
		}
	}
	turn(2 * time.Second)
	c = accept()
	connected(true)
	c.Close()
	connected(false)
	turn(5 * time.Second)
	c = accept()
	connected(true)

	// The settings that come with the row's change.
	p.SetControllers([]ControllerSpec{{Target: target, NoAsync: true}, {Target: "ptcp:0:127.0.0.1"}})
	if s := p.Controllers(); len(s) != 2 || s[1].Connected {
		t.Errorf("two targets: %+v", s)
	}
	p.SetControllers(nil)
	if _, err := c.Recv(); err == nil {
		t.Error("a controller that was taken away stays connected")
	}
	if s := p.Controllers(); len(s) != 0 {
		t.Errorf("no targets: %+v", s)
	}
}

// TestPacketSched: what is beyond the rate waits, port by port, and the longest
// queue loses.
func TestPacketSched(t *testing.T) {
	now := time.Unix(1000, 0)
	var s packetSched
	s.configure(10, 3, now)
	for i := range 3 {
		if !s.offer(1, nil, now) {
			t.Fatalf("packet %d of the burst waits", i)
		}
	}
	for range 3 {
		if s.offer(1, []byte{1}, now) {
			t.Fatal("a packet goes beyond the burst")
		}
	}
	s.offer(2, []byte{2}, now)
	if s.queued != 3 || s.dropped != 1 || s.limited != 4 {
		t.Fatalf("%+v", s)
	}
	if b, at := s.next(now); b != nil || at != now.Add(100*time.Millisecond) {
		t.Fatalf("next: %v in %v", b, at.Sub(now))
	}
	now = now.Add(200 * time.Millisecond)
	a, _ := s.next(now)
	b, _ := s.next(now)
	if a == nil || b == nil || a[0] != 1 || b[0] != 2 {
		t.Fatalf("ports do not take turns: %v %v", a, b)
	}
}
