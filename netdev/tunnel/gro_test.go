package tunnel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"govs/packet"
)

// stream returns segments of one TCP stream, finished as they arrive.
func stream(t testing.TB, v6, tagged bool, payload, mss int) []*packet.Packet {
	eth := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}
	ip := []byte{0x45, 0x10, 0, 0, 0, 9, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	kind := packet.GSOTCPv4
	if v6 {
		eth[12], eth[13] = 0x86, 0xdd
		ip = make([]byte, 40)
		copy(ip, []byte{0x60, 0, 0, 0, 0, 0, 6, 64})
		ip[8], ip[23], ip[24], ip[39] = 0xfd, 1, 0xfd, 2
		kind = packet.GSOTCPv6
	}
	tcp := []byte{0x12, 0x34, 0, 80, 0xff, 0xff, 0xfc, 0, 0, 0, 0, 7, 0x80, 0x18, 1, 0, 0, 0, 0, 0,
		1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}
	b := append(append(append([]byte(nil), eth...), ip...), tcp...)
	hdr := len(b)
	for i := range payload {
		b = append(b, byte(i*7))
	}
	l4 := len(eth) + len(ip)
	if v6 {
		packet.IPv6(b[14:]).SetPayloadLen(len(b) - 54)
	} else {
		be.PutUint16(b[16:], uint16(len(b)-14))
	}
	p := packet.New(b)
	p.Offload = packet.Offload{CsumPartial: true, CsumStart: uint16(l4), CsumOffset: 16, GSOType: kind, GSOSize: uint16(mss), HdrLen: uint16(hdr)}
	if tagged {
		p.PushVLAN(0x8100, 5)
	}
	segs, err := p.Segment(nil)
	if err != nil {
		t.Fatal(err)
	}
	return segs
}

// bare is a frame without what segmentation makes anew.
func bare(p *packet.Packet) []byte {
	b := append([]byte(nil), p.Bytes()...)
	l3, _, _, _, ok := tcpAt(b, 0)
	if ok && b[l3]>>4 == 4 {
		copy(b[l3+4:], []byte{0, 0})
		copy(b[l3+10:], []byte{0, 0})
	}
	return b
}

func join(segs []*packet.Packet) []*packet.Packet {
	var out []*packet.Packet
	var m merger
	for _, s := range segs {
		if len(out) > 0 && m.p == out[len(out)-1] && m.add(s.Bytes(), s.Offload.CsumPartial) {
			continue
		}
		m.finish()
		p := &packet.Packet{}
		p.Reset(maxDatagram)
		p.Reset(s.Len())
		copy(p.Bytes(), s.Bytes())
		p.Offload = s.Offload
		m.start(p)
		out = append(out, p)
	}
	m.finish()
	return out
}

func TestJoin(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, tagged := range []bool{false, true} {
			segs := stream(t, v6, tagged, 14000, 1400)
			out := join(segs)
			if len(out) != 1 {
				t.Fatalf("v6 %v, tagged %v: %d frames", v6, tagged, len(out))
			}
			again, err := out[0].Segment(nil)
			if err != nil || len(again) != len(segs) {
				t.Fatalf("%d segments, %v", len(again), err)
			}
			for i := range again {
				if !bytes.Equal(bare(again[i]), bare(segs[i])) {
					t.Errorf("v6 %v, tagged %v: segment %d\n% x\n% x", v6, tagged, i, again[i].Bytes()[:80], segs[i].Bytes()[:80])
				}
			}
		}
	}
	if out := join(stream(t, false, false, 65000, 1400)); len(out) != 1 {
		t.Errorf("64 kB: %d frames", len(out))
	}
}

// TestJoinKeeps changes segments at random: what comes out, cut again, must be
// what went in, whatever was joined.
func TestJoinKeeps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		segs := stream(t, r.IntN(2) == 0, r.IntN(4) == 0, 300+r.IntN(3000), 300)
		for range 1 + r.IntN(2) {
			switch s := segs[r.IntN(len(segs))]; r.IntN(3) {
			case 0:
				s.Bytes()[r.IntN(s.Len())] ^= 1 << r.IntN(8)
			case 1:
				s.SetLen(s.Len() - r.IntN(20))
			case 2:
				i, j := r.IntN(len(segs)), r.IntN(len(segs))
				segs[i], segs[j] = segs[j], segs[i]
			}
		}
		var got []*packet.Packet
		for _, p := range join(segs) {
			again, err := p.Segment(nil)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, again...)
		}
		if len(got) != len(segs) {
			t.Fatalf("%d segments, want %d", len(got), len(segs))
		}
		for i := range got {
			if !bytes.Equal(bare(got[i]), bare(segs[i])) {
				t.Fatalf("segment %d\n% x\n% x", i, got[i].Bytes(), segs[i].Bytes())
			}
		}
	}
}

func FuzzJoin(f *testing.F) {
	s := stream(f, false, false, 600, 300)
	f.Add(s[0].Bytes(), s[1].Bytes())
	s = stream(f, true, true, 600, 300)
	f.Add(s[0].Bytes(), s[1].Bytes())
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a)+len(b) > 60000 {
			return
		}
		out := join([]*packet.Packet{packet.New(a), packet.New(b)})
		if len(out) != 1 {
			return
		}
		segs, err := out[0].Segment(nil)
		if err != nil || len(segs) != 2 {
			t.Fatalf("%d segments, %v", len(segs), err)
		}
	})
}
