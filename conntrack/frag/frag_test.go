package frag

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"govs/flow"
	"govs/packet"
)

// datagram makes a UDP datagram with n bytes of data.
func datagram(v6 bool, n int) *packet.Packet {
	k := &flow.Key{EthType: 0x0800, NwProto: 17, NwTTL: 64, TPSrc: 1, TPDst: 2, NwSrc: 0x0a000001, NwDst: 0x0a000002}
	if v6 {
		k.EthType = 0x86dd
		k.IPv6Src[15], k.IPv6Dst[15] = 1, 2
	}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8)
	}
	p := flow.Compose(k, &flow.ComposeOptions{Payload: data})
	flow.Extract(p, &flow.Key{})
	return p
}

// split cuts a datagram into fragments of size bytes of data.
func split(p *packet.Packet, size int, id uint16) (l []*packet.Packet) {
	data := append([]byte(nil), p.Bytes()[p.L4:]...)
	head := append([]byte(nil), p.Bytes()[:p.L4]...)
	v6 := head[p.L3]>>4 == 6
	if v6 {
		head = append(head, 17, 0, 0, 0, 0, 0, byte(id>>8), byte(id))
		head[p.L3+6] = 44
	}
	for at := 0; at < len(data); at += size {
		end := min(at+size, len(data))
		b := append(append([]byte(nil), head...), data[at:end]...)
		more := end < len(data)
		if v6 {
			off := uint16(at)
			if more {
				off |= 1
			}
			be.PutUint16(b[p.L3+42:], off)
			packet.IPv6(b[p.L3:]).SetPayloadLen(len(b) - p.L3 - 40)
		} else {
			off := uint16(at / 8)
			if more {
				off |= 0x2000
			}
			h := packet.IPv4(b[p.L3:])
			be.PutUint16(h[4:], id)
			be.PutUint16(h[6:], off)
			be.PutUint16(h[2:], uint16(len(h)))
			h.Checksum()
		}
		q := packet.New(b)
		flow.Extract(q, &flow.Key{})
		l = append(l, q)
	}
	return l
}

func TestReassemble(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, v6 := range []bool{false, true} {
		for n := range 30 {
			want := datagram(v6, 2000+r.IntN(20000))
			frags := split(want, 1280, uint16(n))
			asm := New()
			order := r.Perm(len(frags))
			for i, at := range order {
				g, res := asm.Add(frags[at], 5, 1000)
				if i < len(order)-1 {
					if res != Held {
						t.Fatalf("fragment %d of %d: %v", i, len(order), res)
					}
					if _, res := asm.Add(frags[at], 5, 1000); res != Invalid {
						t.Fatalf("a duplicate: %v", res)
					}
					continue
				}
				if res != Complete {
					t.Fatalf("the last: %v", res)
				}
				p := g.Whole
				var k flow.Key
				flow.Extract(p, &k)
				if k.NwFrag != 0 || k.TPSrc != 1 || !bytes.Equal(p.Transport(), want.Bytes()[want.L4:]) {
					t.Fatalf("v6 %v: %d bytes at %d, want %d", v6, len(p.Transport()), p.L4, want.Len()-want.L4)
				}
				// Translated, it comes apart into fragments that fit together.
				if v6 {
					a := [16]byte{15: 9}
					p.SetIPv6(a, [16]byte(p.IPv6()[24:40]), 0, 0, 64)
				} else {
					p.SetIPv4(0x0a090909, 0x0a000002, 0, 64)
				}
				p.SetUDPPorts(99, 2)
				p.CtState = 0x21
				again := New()
				out := g.Fragments()
				if len(out) != len(frags) {
					t.Fatalf("%d fragments of %d", len(out), len(frags))
				}
				for j, q := range out {
					g, res := again.Add(q, 5, 1)
					if q.Len() != frags[j].Len() || q.CtState != 0x21 {
						t.Fatalf("fragment %d has %d bytes, state %#x", j, q.Len(), q.CtState)
					}
					if j < len(out)-1 {
						continue
					}
					if res != Complete || !bytes.Equal(g.Whole.Bytes(), p.Bytes()) {
						t.Fatalf("put together again: %v\n%x\n%x", res, g.Whole.Bytes()[:60], p.Bytes()[:60])
					}
				}
			}
			if asm.Held() != 0 {
				t.Errorf("%d are held", asm.Held())
			}
		}
	}
}

func TestLimits(t *testing.T) {
	r := New()
	frags := split(datagram(false, 3000), 1280, 1)
	if _, res := r.Add(datagram(false, 100), 0, 0); res != Not {
		t.Error(res)
	}
	small := split(datagram(false, 3000), 800, 2)
	if _, res := r.Add(small[0], 0, 0); res != Invalid {
		t.Error(res)
	}
	if r.SetMin(V4, 399) || !r.SetMin(V4, 500) {
		t.Error("SetMin")
	}
	if _, res := r.Add(small[0], 0, 0); res != Held {
		t.Error(res)
	}
	r.Add(frags[0], 0, 0)
	r.Add(frags[0], 1, 0) // of another zone
	if r.SetMax(MostMax+1) || !r.SetMax(3) {
		t.Error("SetMax")
	}
	if _, res := r.Add(frags[1], 0, 0); res != Not {
		t.Error(res)
	}
	s := r.Status(true)
	if s.Held != 3 || len(s.Lists) != 3 || s.Family[V4].TooSmall != 1 || s.Family[V4].Accepted != 3 || s.Lists[1].Fragments != 1 || !s.Lists[1].First {
		t.Errorf("%+v", s)
	}
	r.Sweep(Timeout - 1)
	if r.Held() != 3 {
		t.Error("expired too early")
	}
	r.Sweep(Timeout)
	if s := r.Status(true); s.Held != 0 || len(s.Lists) != 0 || s.Family[V4].Expired != 3 {
		t.Errorf("%+v", s)
	}
	r.Enable(V4, false)
	if _, res := r.Add(frags[0], 0, 0); res != Not {
		t.Error(res)
	}
}

// FuzzAdd takes arbitrary frames, and their bytes changed a little, as fragments
// of one datagram.
func FuzzAdd(f *testing.F) {
	for _, v6 := range []bool{false, true} {
		for _, p := range split(datagram(v6, 3000), 1280, 1) {
			f.Add(p.Bytes(), uint16(0), uint16(0))
			f.Add(p.Bytes(), uint16(20), uint16(0x2000))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, at, flip uint16) {
		r := New()
		r.SetMin(V4, LeastMin)
		r.SetMin(V6, LeastMin)
		for range 3 {
			p := packet.New(b)
			flow.Extract(p, &flow.Key{})
			if h := p.IPv4(); h != nil {
				h.Checksum()
			}
			if g, res := r.Add(p, 1, 1); res == Complete {
				flow.Extract(g.Whole, &flow.Key{})
				g.Fragments()
			}
			if int(at)+2 <= len(b) {
				b = append([]byte(nil), b...)
				be.PutUint16(b[at:], be.Uint16(b[at:])^flip)
			}
		}
		r.Sweep(1 << 40)
		if r.Held() != 0 {
			t.Fatalf("%d are held", r.Held())
		}
	})
}
