package conntrack

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"govs/flow"
	"govs/packet"
)

// make returns a packet as a datapath has it.
func make4(proto uint8, src, dst string, sport, dport uint16, l4 []byte) *packet.Packet {
	k := &flow.Key{EthType: 0x0800, NwProto: proto, NwTTL: 64, TPSrc: sport, TPDst: dport}
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	k.NwSrc, k.NwDst = be.Uint32(s[:]), be.Uint32(d[:])
	p := flow.Compose(k, &flow.ComposeOptions{Payload: l4})
	flow.Extract(p, &flow.Key{})
	return p
}

// tcp4 is a TCP segment.
func tcp4(src, dst string, sport, dport uint16, seq, ack uint32, flags uint16, data string) *packet.Packet {
	k := &flow.Key{EthType: 0x0800, NwProto: 6, NwTTL: 64, TPSrc: sport, TPDst: dport, TCPFlags: flags}
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	k.NwSrc, k.NwDst = be.Uint32(s[:]), be.Uint32(d[:])
	p := flow.Compose(k, &flow.ComposeOptions{Payload: []byte(data)})
	flow.Extract(p, &flow.Key{})
	h := p.Transport()
	be.PutUint32(h[4:], seq)
	be.PutUint32(h[8:], ack)
	be.PutUint16(h[14:], 60000)
	h[16], h[17] = 0, 0
	be.PutUint16(h[16:], ^packet.Fold(packet.Sum(h, packet.PseudoV4(p.IPv4(), 6, len(h)))))
	return p
}

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

func addr16(s string) (a [16]byte) {
	x := netip.MustParseAddr(s)
	if x.Is4() {
		b := x.As4()
		copy(a[:], b[:])
		return a
	}
	return x.As16()
}

// sound fails the test if a checksum of p is wrong.
func sound(t *testing.T, p *packet.Packet) {
	t.Helper()
	flow.Extract(p, &flow.Key{})
	var v view
	if !New().read(p, 0, &v) {
		t.Errorf("not a sound packet: %x", p.Bytes())
	}
}

// TestStates takes a TCP connection through its life.
func TestStates(t *testing.T) {
	tr := New()
	commit := &Action{Zone: 3, Commit: true, SetMark: true, Mark: 7, MarkMask: 0xff}
	const c, s = "10.0.0.1", "10.0.0.2"
	now := int64(1000)
	for i, step := range []struct {
		p     *packet.Packet
		state uint16
		tcp   [2]TCPState
		left  uint32
	}{
		{tcp4(c, s, 1000, 80, 100, 0, syn, ""), StateNew, [2]TCPState{TCPSynSent, TCPClosed}, 30},
		{tcp4(s, c, 80, 1000, 500, 101, syn|ack, ""), StateEstablished | StateReply, [2]TCPState{TCPEstablished, TCPSynSent}, 30},
		{tcp4(c, s, 1000, 80, 101, 501, ack, ""), StateEstablished, [2]TCPState{TCPEstablished, TCPEstablished}, 86400},
		{tcp4(c, s, 1000, 80, 101, 501, ack|psh, "hello"), StateEstablished, [2]TCPState{TCPEstablished, TCPEstablished}, 86400},
		{tcp4(s, c, 80, 1000, 900501, 106, ack, "far"), StateInvalid, [2]TCPState{TCPEstablished, TCPEstablished}, 86400},
		{tcp4(s, c, 80, 1000, 501, 106, ack|fin, "bye"), StateEstablished | StateReply, [2]TCPState{TCPEstablished, TCPClosing}, 900},
		{tcp4(c, s, 1000, 80, 106, 505, ack|fin, ""), StateEstablished, [2]TCPState{TCPClosing, TCPFinWait2}, 45},
		{tcp4(s, c, 80, 1000, 505, 107, ack, ""), StateEstablished | StateReply, [2]TCPState{TCPFinWait2, TCPFinWait2}, 30},
		{tcp4(c, s, 1000, 80, 9100, 0, syn, ""), StateNew, [2]TCPState{TCPSynSent, TCPClosed}, 30},
		{tcp4(s, c, 80, 1000, 0, 9101, ack|rst, ""), StateEstablished | StateReply, [2]TCPState{TCPTimeWait, TCPTimeWait}, 30},
	} {
		tr.Process(step.p, commit, now)
		if step.p.CtState != step.state|StateTracked || step.p.CtZone != 3 {
			t.Errorf("step %d: state %#x zone %d, want %#x", i, step.p.CtState, step.p.CtZone, step.state|StateTracked)
		}
		var list []Entry
		tr.Dump(nil, now, func(e *Entry) bool { list = append(list, *e); return true })
		if len(list) != 1 || list[0].TCP[0].State != step.tcp[0] || list[0].TCP[1].State != step.tcp[1] || list[0].Timeout != step.left || list[0].Mark != 7 {
			t.Errorf("step %d: %+v", i, list)
		}
		if o := step.p.CtOrig; o.Src != 0x0a000001 || o.TPSrc != 1000 {
			t.Errorf("step %d: original tuple %+v", i, o)
		}
	}
	if n := tr.Sweep(now + 10*60*1000); n != 1 || tr.Len() != 0 {
		t.Errorf("swept %d, %d left", n, tr.Len())
	}
}

// TestFTP has a client behind source NAT ask for active transfers: the address
// in the command grows, sequence numbers follow, and the data connection finds
// its way back.
func TestFTP(t *testing.T) {
	tr := New()
	nat := &NAT{Src: true, Addr: true, Min: addr16("10.200.200.200"), Max: addr16("10.200.200.200")}
	out := &Action{Commit: true, Helper: "ftp", NAT: nat}
	in := &Action{NAT: &NAT{}}
	const c, s, outside = "10.0.0.1", "10.0.0.2", "10.200.200.200"
	send := func(a *Action, p *packet.Packet) *packet.Packet {
		t.Helper()
		tr.Process(p, a, 5)
		if p.CtState&StateInvalid != 0 {
			t.Errorf("%#x: %x", p.CtState, p.Bytes())
		}
		sound(t, p)
		return p
	}
	send(out, tcp4(c, s, 1000, 21, 100, 0, syn, ""))
	send(in, tcp4(s, outside, 21, 1000, 500, 101, syn|ack, ""))
	send(out, tcp4(c, s, 1000, 21, 101, 501, ack, ""))
	const was, is = "PORT 10,0,0,1,4,210\r\n", "PORT 10,200,200,200,4,210\r\n"
	for range 2 { // sent again
		p := send(out, tcp4(c, s, 1000, 21, 101, 501, ack, was))
		h := packet.TCP(p.Transport())
		if got := string(h[h.HeaderLen():]); got != is || h.Seq() != 101 || p.IPv4().TotalLen() != 40+len(is) {
			t.Fatalf("%q seq %d", got, h.Seq())
		}
	}
	grown := uint32(len(is) - len(was))
	p := send(in, tcp4(s, outside, 21, 1000, 501, 101+uint32(len(is)), ack, "200 ok\r\n"))
	if got := be.Uint32(p.Transport()[8:]); got != 101+uint32(len(was)) {
		t.Errorf("acknowledges %d", got)
	}
	p = send(out, tcp4(c, s, 1000, 21, 101+uint32(len(was)), 509, ack, "LIST\r\n"))
	if got := packet.TCP(p.Transport()).Seq(); got != 101+uint32(len(was))+grown {
		t.Errorf("sequence number %d", got)
	}
	if l := tr.Expectations(); len(l) != 1 || l[0].Expected.Dst.String() != outside || l[0].Expected.DstPort != 1234 || l[0].Parent.Src.String() != c {
		t.Fatalf("expectations %+v", l)
	}
	p = send(&Action{Commit: true, NAT: &NAT{}}, tcp4(s, outside, 20, 1234, 7000, 0, syn, ""))
	if p.CtState != StateNew|StateRelated|StateTracked|StateDstNAT || p.IPv4().Dst() != 0x0a000001 || p.CtOrig.TPDst != 21 {
		t.Errorf("data connection: %#x to %#x, of %+v", p.CtState, p.IPv4().Dst(), p.CtOrig)
	}
	p = send(&Action{NAT: &NAT{}}, tcp4(c, s, 1234, 20, 1, 7001, syn|ack, ""))
	if p.CtState&(StateReply|StateRelated|StateSrcNAT) != StateReply|StateRelated|StateSrcNAT || p.IPv4().Src() != 0x0ac8c8c8 {
		t.Errorf("its answer: %#x from %#x", p.CtState, p.IPv4().Src())
	}
	tr.Flush(nil)
	if l := tr.Expectations(); len(l) != 0 || tr.Len() != 0 {
		t.Errorf("after flush %+v, %d", l, tr.Len())
	}
}

func TestParseFTP(t *testing.T) {
	for _, c := range []struct {
		msg  string
		want string // port, address and where it stands; "" malformed
	}{
		{"PORT 10,0,0,1,4,210\r\n", "1234 10.0.0.1 \"10,0,0,1\""},
		{"port 1,2,3,4,0,80\r\n", "80 1.2.3.4 \"1,2,3,4\""},
		{"PORT 10,0,0,1,4\r\n", ""},
		{"PORT 10,0,0,256,4,210\r\n", ""},
		{"PORT 10,0,0,1,0,0\r\n", ""},
		{"PORT 10,0,0,1,256,1\r\n", ""},
		{"227 Entering Passive Mode (192,168,10,1,19,137).\r\n", "5001 192.168.10.1 \"192,168,10,1\""},
		{"EPRT |2|fd00::1|4000|\r\n", "4000 fd00::1 \"fd00::1\""},
		{"EPRT |1|10.0.0.1|4000|\r\n", "4000 10.0.0.1 \"10.0.0.1\""},
		{"EPRT !1!10.0.0.1!4000!\r\n", "4000 10.0.0.1 \"10.0.0.1\""},
		{"EPRT |1|fd00::1|4000|\r\n", ""},
		{"EPRT |2|fd00::1|66000|\r\n", ""},
		{"229 Entering Extended Passive Mode (|||6446|)\r\n", "6446 invalid IP \"\""},
		{"229 Extended Passive Mode 6446\r\n", ""},
	} {
		a, ok := parseFTP([]byte(c.msg))
		got := ""
		if ok {
			got = fmt.Sprintf("%d %s %q", a.port, a.addr, c.msg[a.at:a.at+a.n])
		}
		if got != c.want || !isAnnouncement([]byte(c.msg), true) && !isAnnouncement([]byte(c.msg), false) {
			t.Errorf("%q: %s, want %s", c.msg, got, c.want)
		}
	}
}

// TestNATExhausted fills a range of ports.
func TestNATExhausted(t *testing.T) {
	tr := New()
	a := &Action{Commit: true, NAT: &NAT{Src: true, Addr: true, Min: addr16("10.9.0.1"), Max: addr16("10.9.0.2"), PortMin: 5000, PortMax: 5009}}
	seen := map[string]bool{}
	for i := range 25 {
		p := make4(17, "10.0.0.1", "10.0.0.2", uint16(1000+i), 53, nil)
		tr.Process(p, a, 1)
		sound(t, p)
		h := p.Transport()
		from := fmt.Sprintf("%x:%d", p.IPv4().Src(), be.Uint16(h))
		if i < 20 && (seen[from] || p.CtState&StateSrcNAT == 0) || i >= 20 && p.CtState != StateNew|StateTracked {
			t.Errorf("%d: %s %#x", i, from, p.CtState)
		}
		seen[from] = true
	}
	if tr.Len() != 20 {
		t.Errorf("%d connections", tr.Len())
	}
	persistent := &Action{Commit: true, NAT: &NAT{Src: true, Addr: true, Min: addr16("10.8.0.0"), Max: addr16("10.8.255.255"), Persistent: true}}
	seen = map[string]bool{}
	for i := range 50 {
		p := make4(17, "10.0.0.1", fmt.Sprintf("10.0.7.%d", i), uint16(1000+i), 53, nil)
		tr.Process(p, persistent, 1)
		seen[fmt.Sprint(p.IPv4().Src())] = true
	}
	if len(seen) != 1 {
		t.Errorf("one source got %d addresses", len(seen))
	}
}

// TestLimits holds the limits of the table and of zones.
func TestLimits(t *testing.T) {
	tr := New()
	open := func(zone uint16, n int) {
		for i := range n {
			tr.Process(make4(17, "10.0.0.1", "10.0.0.2", uint16(1+i), zone, nil), &Action{Zone: zone, Commit: true}, 1)
		}
	}
	tr.SetDefaultLimit(3)
	tr.SetZoneLimit(2, 5)
	tr.SetZoneLimit(3, 0)
	for z := uint16(1); z <= 4; z++ {
		open(z, 10)
	}
	for z, want := range map[uint16]ZoneLimit{1: {1, 3, 3}, 2: {2, 5, 5}, 3: {3, 0, 10}, 4: {4, 3, 3}, 5: {5, 3, 0}} {
		if got := tr.ZoneLimit(z); got != want {
			t.Errorf("zone %d: %+v, want %+v", z, got, want)
		}
	}
	if l := tr.ZoneLimits(); len(l) != 2 || !tr.DelZoneLimit(2) || tr.DelZoneLimit(2) || len(tr.ZoneLimits()) != 1 {
		t.Errorf("limits %+v", l)
	}
	if n := tr.Flush(&Filter{HasZone: true, Zone: 3}); n != 10 || tr.ZoneLimit(3).Count != 0 {
		t.Errorf("flushed %d, count %d", n, tr.ZoneLimit(3).Count)
	}
	tr.SetMaxConns(12)
	tr.SetDefaultLimit(0)
	open(9, 10)
	if tr.Len() != 12 {
		t.Errorf("%d connections of 12", tr.Len())
	}
}

// TestPolicy gives connections other time-outs.
func TestPolicy(t *testing.T) {
	tr := New()
	tr.SetPolicy(4, NewPolicy(map[string]uint32{"udp_first": 5, "udp_multiple": 7}))
	a := &Action{Commit: true, Policy: 4}
	left := func() (n uint32) {
		tr.Dump(nil, 0, func(e *Entry) bool { n = e.Timeout; return true })
		return n
	}
	tr.Process(make4(17, "10.0.0.1", "10.0.0.2", 1, 2, nil), a, 0)
	if left() != 5 {
		t.Errorf("first %d", left())
	}
	tr.Process(make4(17, "10.0.0.2", "10.0.0.1", 2, 1, nil), a, 0)
	if left() != 7 {
		t.Errorf("both ways %d", left())
	}
	tr.SetPolicy(4, nil)
	tr.Process(make4(17, "10.0.0.2", "10.0.0.1", 2, 1, nil), a, 0)
	if left() != 30 || len(tr.Policies()) != 0 {
		t.Errorf("without the policy %d", left())
	}
}

// TestWheel compares what is in the table with a plain list of expiries while
// time goes on by leaps.
func TestWheel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tr := New()
	tr.SetPolicy(1, NewPolicy(map[string]uint32{"udp_first": 1000, "udp_single": 2, "udp_multiple": 300}))
	expires := map[uint32]int64{}
	now := int64(12345)
	for range 20000 {
		n := r.Uint32N(300)
		a := &Action{Commit: true, Policy: uint32(r.IntN(2))}
		src, dst := "10.0.0.1", "10.0.0.2"
		sp, dp := uint16(1000+n), uint16(7)
		if r.IntN(3) == 0 {
			src, dst, sp, dp = dst, src, dp, sp
		}
		tr.Process(make4(17, src, dst, sp, dp, nil), a, now)
		tr.Dump(&Filter{Orig: TupleFilter{Tuple: Tuple{SrcPort: uint16(1000 + n)}}}, now, func(e *Entry) bool { return true })
		k := key{src: addr16("10.0.0.1"), dst: addr16("10.0.0.2"), srcPort: uint16(1000 + n), dstPort: 7, proto: 17}
		if c, _, home := tr.find(&k, k.hash(tr.seed), now); c == nil {
			t.Fatal("not found")
		} else {
			expires[n] = c.expires.Load()
			home.mu.Unlock()
		}
		if r.IntN(10) == 0 {
			now += int64(r.IntN(pick(r, 100, 10000, 2000000)))
			tr.Sweep(now)
			alive := 0
			for _, at := range expires {
				if at > now {
					alive++
				}
			}
			// A slot is swept when all of it is due.
			late := 0
			for _, at := range expires {
				if at <= now && at > now-2*slotTime {
					late++
				}
			}
			if tr.Len() < alive || tr.Len() > alive+late {
				t.Fatalf("%d in the table, %d alive, %d just expired", tr.Len(), alive, late)
			}
		}
	}
	tr.check(t)
}

func pick[T any](r *rand.Rand, l ...T) T { return l[r.IntN(len(l))] }

// check holds the invariants of the table.
func (tr *Tracker) check(t *testing.T) {
	t.Helper()
	conns, places, want, onWheel := 0, 0, 0, 0
	for i := range tr.shards {
		s := &tr.shards[i]
		n := 0
		for _, p := range s.tab {
			if p.c == nil {
				continue
			}
			n++
			if tr.shard(p.hash) != s || p.hash != p.c.dir[0].hash && p.hash != p.c.dir[1].hash {
				t.Error("a connection in a wrong place")
			}
			for d := range p.c.dir {
				e := &p.c.dir[d]
				if e.hash != e.key.hash(tr.seed) {
					t.Error("a wrong hash")
				}
				if c, _ := tr.shard(e.hash).lookup(&e.key, e.hash); c == nil {
					t.Error("a connection cannot be found")
				}
			}
			if p.hash == p.c.dir[0].hash {
				if want++; p.c.dir[1].hash != p.hash {
					want++ // by the hash of answers, too
				}
			}
			if p.c.life.Load() != live {
				t.Error("a dead connection in the table")
			}
		}
		if n != s.used {
			t.Errorf("shard %d counts %d places, has %d", i, s.used, n)
		}
		w := 0
		for i, slot := range s.wheel.slots {
			for at, c := range slot {
				if w++; int(c.slot) != i || int(c.at) != at {
					t.Error("a connection is not where it says in the wheel")
				}
			}
		}
		if w != s.wheel.n || w != s.conns {
			t.Errorf("shard %d: %d connections, %d on the wheel, which counts %d", i, s.conns, w, s.wheel.n)
		}
		places, conns, onWheel = places+n, conns+s.conns, onWheel+w
	}
	if conns != tr.Len() || places != want || onWheel != conns {
		t.Errorf("%d connections counted, %d at home, %d places of %d, %d on wheels", tr.Len(), conns, places, want, onWheel)
	}
	zones := 0
	for i := range tr.zones.pages {
		if p := tr.zones.pages[i].Load(); p != nil {
			for j := range p {
				zones += int(p[j].count.Load())
			}
		}
	}
	if zones != conns {
		t.Errorf("zones count %d connections of %d", zones, conns)
	}
}
