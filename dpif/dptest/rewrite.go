package dptest

import (
	"bytes"
	"encoding/binary"
	"testing"

	"govs/dpif"
	"govs/packet"
)

// edit changes bytes of a frame at their offsets.
type edit struct {
	at  int
	val []byte
}

func ff(n int) []byte { return bytes.Repeat([]byte{0xff}, n) }

// open makes a frame's transport checksum one that is left to the way out.
func open(p *packet.Packet) *packet.Packet {
	ip := packet.IPv4(p.Bytes()[14:])
	off := 6
	if ip.Proto() == 6 {
		off = 16
	}
	binary.BigEndian.PutUint16(p.Bytes()[34+off:], packet.Fold(packet.PseudoV4(ip, ip.Proto(), len(ip)-20)))
	p.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: uint16(off)}
	return p
}

// testActions runs each action and compares what leaves with the frame edited
// by hand; checksums must be right whatever they are.
func testActions(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	tagged := func() *packet.Packet { p := udp(); p.PushVLAN(0x8100, 5); return p }
	mac := []byte{2, 9, 9, 9, 9, 9}
	eth := append(append([]byte(nil), mac...), mac...)
	ip4 := []byte{1, 2, 3, 4, 5, 6, 7, 8, 0, 0x10, 33, 0}
	ip6 := append(append(append(append([]byte(nil), bytes.Repeat([]byte{0xfd}, 16)...), bytes.Repeat([]byte{0xfc}, 16)...),
		0, 1, 2, 3), 0, 0x20, 9, 0)
	for _, c := range []struct {
		name  string
		p     *packet.Packet
		acts  dpif.Actions
		want  *packet.Packet
		edits []edit
	}{
		{"output", udp(), nil, udp(), nil},
		{"push_vlan", udp(), pushVLAN(0x8100, 0x1005), tagged(), nil},
		{"pop_vlan", tagged(), popVLAN(), udp(), nil},
		{"eth", udp(), set(4, eth...), udp(), []edit{{0, eth}}},
		{"eth masked", udp(), setMasked(4, append(make([]byte, 6), mac...), append(make([]byte, 6), ff(6)...)), udp(), []edit{{0, mac}}},
		{"ipv4", udp(), set(7, ip4...), udp(), []edit{{26, ip4[:8]}, {15, []byte{0x10}}, {22, []byte{33}}}},
		{"ipv4 open checksum", open(tcp(2)), set(7, ip4...), tcp(2), []edit{{26, ip4[:8]}, {15, []byte{0x10}}, {22, []byte{33}}}},
		{"ipv4 masked", icmp(), setMasked(7, []byte{0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0}, []byte{0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0}), icmp(),
			[]edit{{30, ip4[4:8]}}},
		{"ipv6", ipv6(), set(8, ip6...), ipv6(), []edit{{22, ip6[:32]}, {14, []byte{0x62, 1, 2, 3}}, {21, []byte{9}}}},
		{"tcp", tcp(2), set(9, 1, 2, 3, 4), tcp(2), []edit{{34, []byte{1, 2, 3, 4}}}},
		{"udp", udp(), set(10, 1, 2, 3, 4), udp(), []edit{{34, []byte{1, 2, 3, 4}}}},
		{"udp open checksum", open(udp()), set(10, 1, 2, 3, 4), udp(), []edit{{34, []byte{1, 2, 3, 4}}}},
		{"udp masked", udp(), setMasked(10, []byte{0, 0, 3, 4}, []byte{0, 0, 255, 255}), udp(), []edit{{36, []byte{3, 4}}}},
		{"icmp", icmp(), set(11, 0, 0), icmp(), []edit{{34, []byte{0, 0}}}},
		{"arp", arp(), set(13, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 2, 9, 9, 9, 9, 9, 2, 8, 8, 8, 8, 8, 0, 0), arp(),
			[]edit{{20, []byte{0, 2, 2, 9, 9, 9, 9, 9, 1, 2, 3, 4, 2, 8, 8, 8, 8, 8, 5, 6, 7, 8}}}},
		{"nd", solicitation(), set(14, append(append(bytes.Repeat([]byte{0xfd}, 16), mac...), 0, 0, 0, 0, 0, 0)...), solicitation(),
			[]edit{{62, bytes.Repeat([]byte{0xfd}, 16)}, {80, mac}}},
		{"tagged ipv4", tagged(), set(7, ip4...), tagged(), []edit{{30, ip4[:8]}, {19, []byte{0x10}}, {26, []byte{33}}}},
		{"mark and priority", udp(), seq(set(15, 1, 0, 0, 0), set(2, 1, 0, 0, 0)), udp(), nil},
		{"clone", udp(), clone(pushVLAN(0x8100, 0x1001), set(10, 1, 2, 3, 4)), udp(), nil},
		{"check_pkt_len greater", udp(), checkLen(20, nil, output(b)), udp(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.put(a, seq(c.acts, output(b)))
			in.Inject(c.p)
			l := out.Sent()
			if len(l) != 1 {
				t.Fatalf("%d packets", len(l))
			}
			want := c.want.Bytes()
			for _, e := range c.edits {
				copy(want[e.at:], e.val)
			}
			if !sound(l[0]) {
				t.Errorf("wrong checksum: % x", l[0].Bytes())
			}
			l[0].FinishChecksum()
			got := l[0].Bytes()
			if len(got) != len(want) {
				t.Fatalf("%d bytes, want %d", len(got), len(want))
			}
			diff := 0
			for i := range got {
				if got[i] != want[i] && len(c.edits) == 0 {
					t.Errorf("byte %d: %02x, want %02x", i, got[i], want[i])
				} else if got[i] != want[i] {
					diff++
				}
			}
			if diff > 4 { // the checksums of two headers
				t.Errorf("got  % x\nwant % x but for checksums", got, want)
			}
		})
	}
	t.Run("order", func(t *testing.T) {
		w.t = t
		w.put(a, seq(output(b), pushVLAN(0x8100, 0x1005), output(b), clone(set(10, 9, 9, 9, 9), output(b)), trunc(30), output(b), popVLAN(), output(b)))
		in.Inject(udp())
		l := out.Sent()
		ported := tagged()
		copy(ported.Bytes()[38:], []byte{9, 9, 9, 9})
		if len(l) != 5 || !bytes.Equal(l[0].Bytes(), udp().Bytes()) || !bytes.Equal(l[1].Bytes(), tagged().Bytes()) ||
			!bytes.Equal(l[2].Bytes()[:42], ported.Bytes()[:42]) || !bytes.Equal(l[3].Bytes(), tagged().Bytes()[:30]) ||
			!bytes.Equal(l[4].Bytes(), udp().Bytes()) {
			for _, p := range l {
				t.Errorf("% x", p.Bytes())
			}
		}
	})
	for _, c := range []struct {
		name string
		acts dpif.Actions
	}{
		{"drop", seq(drop(), output(b))},
		{"pop_vlan without a tag", seq(popVLAN(), output(b))},
		{"tcp ports of udp", seq(set(9, 1, 2, 3, 4), output(b))},
		{"unknown", seq(attr(99, 1, 2, 3, 4), output(b))},
		{"no such port", output(b + 1000)},
		{"empty", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.put(a, c.acts)
			in.Inject(udp())
			if l := out.Sent(); len(l) != 0 {
				t.Errorf("sent % x", l[0].Bytes())
			}
		})
	}
}
