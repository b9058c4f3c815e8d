package conntrack

import (
	"testing"

	"govs/flow"
	"govs/packet"
)

// FuzzProcess sends arbitrary frames through all kinds of actions: nothing may
// panic, a frame stays a frame, and what was sound stays sound.
func FuzzProcess(f *testing.F) {
	f.Add(make4(17, "10.0.0.1", "10.0.0.2", 1, 2, nil).Bytes(), uint8(0))
	f.Add(make4(1, "10.0.0.1", "10.0.0.2", 8, 0, nil).Bytes(), uint8(1))
	f.Add(tcp4("10.0.0.1", "10.0.0.2", 1000, 21, 1, 1, ack, "PORT 10,0,0,1,4,210\r\n").Bytes(), uint8(2))
	f.Add(tcp4("10.0.0.2", "10.0.0.1", 21, 1000, 1, 1, ack, "227 ok (10,0,0,2,4,210)\r\n").Bytes(), uint8(3))
	inner := make4(17, "10.0.0.1", "10.0.0.2", 1, 2, nil).Bytes()[14:]
	f.Add(make4(1, "10.0.0.2", "10.0.0.1", 3, 1, append([]byte{0, 0, 0, 0}, inner...)).Bytes(), uint8(4))
	nat := func(a, b string, src bool) *NAT {
		n := &NAT{Src: src, Dst: !src, Addr: true, Min: addr16(a), Max: addr16(b)}
		n.V6 = len(a) > 10
		return n
	}
	actions := []*Action{
		{Commit: true, Helper: "ftp"},
		{Commit: true, NAT: nat("10.9.0.1", "10.9.0.9", true)},
		{Commit: true, NAT: nat("10.99.100.101", "10.99.100.101", true), Helper: "ftp"},
		{Commit: true, NAT: nat("10.9.0.1", "10.9.0.9", false), Helper: "tftp"},
		{NAT: &NAT{}},
		{Commit: true, Force: true},
		{Commit: true, NAT: nat("fd00::1:0:0:1", "fd00::1:0:0:2", true), Helper: "ftp"},
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		tr := New()
		for round := range 4 {
			p := packet.New(b)
			flow.Extract(p, &flow.Key{})
			var before view
			sound := New().read(p, 0, &before)
			tr.Process(p, actions[int(n)%len(actions)], int64(round))
			if p.CtState&StateTracked == 0 {
				t.Fatalf("state %#x", p.CtState)
			}
			tr.Process(p, actions[(int(n)+round)%len(actions)], int64(round))
			flow.Extract(p, &flow.Key{})
			// A carried packet's own addresses need not match any more.
			var after view
			if sound && !before.related && !New().read(p, 0, &after) {
				t.Fatalf("spoilt: %x to %x", b, p.Bytes())
			}
		}
		tr.Flush(nil)
		tr.check(t)
	})
}

// FuzzFTP parses arbitrary messages; what is found lies within them.
func FuzzFTP(f *testing.F) {
	for _, s := range []string{"PORT 10,0,0,1,4,210\r\n", "227 Entering Passive Mode (192,168,10,1,19,137).\r\n",
		"EPRT |2|fd00::1|4000|\r\n", "229 Entering Extended Passive Mode (|||6446|)\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		isAnnouncement(b, true)
		a, ok := parseFTP(b)
		if !ok {
			return
		}
		if a.port == 0 || a.addr.IsValid() && (a.at < 0 || a.n <= 0 || a.at+a.n > len(b)) {
			t.Fatalf("%q: %+v", b, a)
		}
		if a.addr.IsValid() {
			again := append(append(append([]byte(nil), b[:a.at]...), a.text(a.addr)...), b[a.at+a.n:]...)
			if c, ok := parseFTP(again[:min(len(again), ftpMessage)]); ok && c.addr != a.addr {
				t.Fatalf("%q: %v, then %v", b, a.addr, c.addr)
			}
		}
	})
}
