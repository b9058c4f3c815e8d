package testcontroller

import (
	"strings"
	"testing"
	"time"

	"govs/flow"
	"govs/openflow"
	"govs/proto/maclearn"
)

// testSwitch is a switch of 3 ports past its handshake, and what talks to it.
type testSwitch struct {
	*lswitch
	t   *testing.T
	xid uint32
	now time.Time
}

func controlled(t *testing.T, cfg config, p openflow.Protocols) *testSwitch {
	if cfg.queues == nil {
		cfg.queue = noQueue
	}
	s := &testSwitch{t: t, now: time.Unix(1000, 0)}
	s.lswitch = &lswitch{cfg: &cfg, name: "test", proto: p, xid: func() uint32 { s.xid++; return s.xid }, now: func() time.Time { return s.now },
		macs: maclearn.New[openflow.Port](), queues: map[openflow.Port]uint32{}}
	s.Begin(nil)
	features := &openflow.SwitchFeatures{DatapathID: 7, HasPorts: true, Ports: []openflow.PortDesc{{Port: 1, Name: "p1"}, {Port: 2, Name: "p2"}}}
	s.Message(nil, openflow.Encode(features, p, 1))
	return s
}

// hear gives the switch's controller a packet and returns what it says, in
// words.
func (s *testSwitch) hear(in int, src, dst string) string {
	var k flow.Key
	smac, _ := flow.ParseMAC(src)
	dmac, _ := flow.ParseMAC(dst)
	k.EthSrc, k.EthDst, k.EthType = smac, dmac, 0x88b5
	p := flow.Compose(&k, nil)
	pin := &openflow.PacketIn{Packet: p.Bytes(), TotalLen: p.Len(), Buffer: openflow.NoBuffer, Reason: openflow.ReasonNoMatch}
	pin.Metadata.Set(flow.InPort, flow.U(uint64(in)))
	return s.words(s.Message(nil, openflow.Encode(pin, s.proto, 0)))
}

// words prints messages without what is the same in all.
func (s *testSwitch) words(out []byte) string {
	var all []string
	for len(out) > 0 {
		n := openflow.ParseHeader(out).Length
		text, _, _ := strings.Cut(openflow.Print(out[:n], openflow.PrintOptions{}), "\n")
		_, text, _ = strings.Cut(text, "): ")
		all = append(all, text)
		out = out[n:]
	}
	return strings.Join(all, "; ")
}

const (
	m1, m2 = "50:54:00:00:00:01", "50:54:00:00:00:02"
	many   = "ff:ff:ff:ff:ff:ff"
)

func TestLearning(t *testing.T) {
	const v13 = openflow.ProtoOXM13
	for _, tt := range []struct {
		name  string
		cfg   config
		wants [3]string // 1 to all, 2 to 1, 1 to 2
	}{
		{"learning", config{maxIdle: 60}, [3]string{
			"in_port=1 actions=FLOOD data_len=14",
			"ADD priority=1,in_port=2,vlan_tci=0x0000/0x1fff,dl_src=50:54:00:00:00:02,dl_dst=50:54:00:00:00:01,dl_type=0x88b5 idle:60 actions=output:1; in_port=2 actions=output:1 data_len=14",
			"ADD priority=1,in_port=1,vlan_tci=0x0000/0x1fff,dl_src=50:54:00:00:00:01,dl_dst=50:54:00:00:00:02,dl_type=0x88b5 idle:60 actions=output:2; in_port=1 actions=output:2 data_len=14"}},
		{"no flows", config{noFlow: true}, [3]string{"in_port=1 actions=FLOOD data_len=14", "in_port=2 actions=output:1 data_len=14", "in_port=1 actions=output:2 data_len=14"}},
		{"hub", config{mode: hub, wildcards: 0x3fffff}, [3]string{"ADD priority=1 actions=FLOOD; in_port=1 actions=FLOOD data_len=14",
			"ADD priority=1 actions=FLOOD; in_port=2 actions=FLOOD data_len=14", "ADD priority=1 actions=FLOOD; in_port=1 actions=FLOOD data_len=14"}},
		{"normal", config{mode: normal, noFlow: true}, [3]string{"in_port=1 actions=FLOOD data_len=14", "in_port=2 actions=NORMAL data_len=14", "in_port=1 actions=NORMAL data_len=14"}},
		{"mute", config{mute: true}, [3]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := controlled(t, tt.cfg, v13)
			for i, got := range []string{s.hear(1, m1, many), s.hear(2, m2, m1), s.hear(1, m1, m2)} {
				if got != tt.wants[i] {
					t.Errorf("packet %d:\n got %s\nwant %s", i, got, tt.wants[i])
				}
			}
		})
	}
}

func TestLearningEdges(t *testing.T) {
	s := controlled(t, config{noFlow: true, queue: 3, queues: map[string]uint32{"p1": 8}}, openflow.ProtoOF10)
	s.hear(1, m1, many)
	for _, tt := range []struct{ got, want string }{
		{s.hear(2, m2, "01:80:c2:00:00:0e"), ""},                                    // a bridge's own protocol
		{s.hear(1, m2, m1), ""},                                                     // it is where it came from
		{s.hear(2, m2, m1), "in_port=2 actions=enqueue:1:3 data_len=14"},            // the queue of all
		{s.hear(1, m1, m2), "in_port=1 actions=enqueue:2:8 data_len=14"},            // the queue of port p1
		{s.hear(2, m2, "01:00:5e:00:00:01"), "in_port=2 actions=FLOOD data_len=14"}, // never learned

		{s.words(s.Message(nil, []byte{1, 99, 0, 8, 0, 0, 0, 1})), ""},              // no such message
		{s.words(s.Message(nil, []byte{1, 10, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0})), ""}, // a packet-in cut short
		{s.words(s.Message(nil, []byte{1, 1, 0, 12, 0, 0, 0, 1, 0, 1, 0, 1})), ""},  // an error
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	s.now = s.now.Add(time.Hour)
	if got := s.hear(2, "50:54:00:00:00:09", m1); got != "in_port=2 actions=FLOOD data_len=14" {
		t.Errorf("after an hour: %s", got)
	}
	if got := s.Message(nil, []byte{1, openflow.TypeEchoRequest, 0, 9, 0, 0, 0, 1, 5}); string(got) != "\x01\x03\x00\x09\x00\x00\x00\x01\x05" {
		t.Errorf("an echo is answered by %x", got)
	}
}

func TestBegin(t *testing.T) {
	fm, usable, err := openflow.ParseFlowMod("table=3,actions=drop", openflow.FlowAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config{queue: noQueue, flows: []openflow.FlowLine{{Mod: fm, Usable: usable}}, usable: usable}
	for _, tt := range []struct {
		proto openflow.Protocols
		want  string
	}{
		{openflow.ProtoOF10, "frags=normal miss_send_len=128; enable; ADD table:3 actions=drop"},
		{openflow.ProtoOXM14, "frags=normal miss_send_len=128; ADD priority=0 actions=CONTROLLER:128; ADD table:3 actions=drop"},
	} {
		s := &testSwitch{t: t}
		s.lswitch = &lswitch{cfg: &cfg, proto: tt.proto, xid: func() uint32 { return 1 }}
		if got := strings.TrimPrefix(s.words(s.Begin(nil)), "; "); got != tt.want {
			t.Errorf("%s: %s", tt.proto, got)
		}
	}
}
