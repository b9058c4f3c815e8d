package tunnel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"govs/packet"
)

// udpFrame is a UDP datagram over IPv4 over Ethernet, of n bytes altogether.
func udpFrame(port uint16, n int, fill byte) *packet.Packet {
	b := bytes.Repeat([]byte{fill}, n)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, byte((n - 14) >> 8), byte(n - 14), 0, 7, 0x40, 0, 64, 17, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2, byte(port >> 8), byte(port), 0, 9, byte((n - 34) >> 8), byte(n - 34), 0, 0})
	packet.IPv4(b[14:]).Checksum()
	return packet.New(b)
}

// TestJoinedFrames: frames that are alike leave by few messages, all in order, with
// headers as they would have had alone.
func TestJoinedFrames(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, flags := range []uint16{packet.TunKey, packet.TunKey | packet.TunDF, packet.TunKey | packet.TunCsum} {
			d, w, peer := outerPath(t, v6)
			s := &txScratch{}
			send := func(ps []*packet.Packet) {
				s.sent, s.bytes, s.lost = 0, 0, 0
				for _, p := range ps {
					p.Tunnel = packet.Tunnel{ID: 7, Flags: flags, TTL: 64}
					d.frame(s, w, p)
				}
				d.flush(s)
			}
			for _, c := range []struct{ frames, messages int }{{1, 1}, {joinFrom - 1, joinFrom - 1}, {joinFrom, 1}, {64, 1}, {65, 2}, {200, 3 + 1}} {
				var ps []*packet.Packet
				for i := range c.frames {
					ps = append(ps, udpFrame(5, 60, byte(i)))
				}
				messages := 0
				send(ps)
				if got := outerFrames(t, peer, &messages); len(got) != c.frames || s.sent != int64(c.frames) {
					t.Errorf("%d frames of %d", len(got), c.frames)
				}
				want := c.messages
				if rest := c.frames % 64; c.frames > 64 && rest > 0 && rest < joinFrom {
					want = c.frames/64 + rest
				}
				if messages != want {
					t.Errorf("v6 %v, flags %#x: %d frames in %d messages, want %d", v6, flags, c.frames, messages, want)
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			for round := range 200 {
				var ps []*packet.Packet
				var bytesIn int
				for range r.IntN(6) {
					port, n := uint16(r.IntN(2)), []int{60, 61, 1400}[r.IntN(3)]
					for range 1 + r.IntN(70) {
						ps = append(ps, udpFrame(port, n, byte(len(ps))))
						bytesIn += n
					}
				}
				send(ps)
				messages := 0
				got := outerFrames(t, peer, &messages)
				if len(got) != len(ps) || s.sent != int64(len(ps)) || s.bytes != int64(bytesIn) || s.lost != 0 {
					t.Fatalf("round %d: %d frames of %d; sent %d, %d bytes of %d, lost %d", round, len(got), len(ps), s.sent, s.bytes, bytesIn, s.lost)
				}
				for i := range got {
					if !bytes.Equal(got[i], bare(ps[i])) {
						t.Fatalf("round %d: frame %d\n% x\n% x", round, i, got[i], ps[i].Bytes())
					}
				}
			}
			ps := []*packet.Packet{}
			for i := range 64 {
				ps = append(ps, udpFrame(5, 60, byte(i)))
			}
			buf := make([]byte, 1<<16)
			if n := testing.AllocsPerRun(20, func() {
				send(ps)
				unix.Read(peer, buf)
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
		}
	}
}

// TestManySmallDatagrams: what the kernel joined of small frames is delivered in order,
// what does not fit at first with the next calls, without allocating anything.
func TestManySmallDatagrams(t *testing.T) {
	q := &rxQueue{d: device("vxlan", 0)}
	vxlan := []byte{8, 0, 0, 0, 0, 0, 7, 0}
	var in []received
	no := byte(0)
	for range 3 {
		d := received{each: 68}
		for range 64 {
			d.b = append(append(d.b, vxlan...), udpFrame(5, 60, no).Bytes()...)
			no++
		}
		in = append(in, d)
	}
	batch := newBatch(maxBatch)
	next := byte(0)
	check := func(ps []*packet.Packet) {
		for _, p := range ps {
			if b := p.Bytes(); len(b) != 60 || b[59] != next || p.Tunnel.ID != 7 {
				t.Fatalf("frame %d: % x", next, b)
			}
			next++
		}
	}
	all := func() {
		next = 0
		check(deliver(q, batch, in))
		for len(q.rest) > 0 {
			check(batch[:q.leftover(batch)])
		}
	}
	all()
	if next != no || q.bad != 0 {
		t.Errorf("%d frames of %d, %d bad", next, no, q.bad)
	}
	if n := testing.AllocsPerRun(20, all); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
