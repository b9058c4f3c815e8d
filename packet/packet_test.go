package packet

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowSum is the checksum of RFC 1071 done word by word.
func slowSum(parts ...[]byte) uint16 {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if len(all)%2 == 1 {
		all = append(all, 0)
	}
	var acc uint32
	for i := 0; i < len(all); i += 2 {
		acc += uint32(all[i])<<8 | uint32(all[i+1])
		acc = acc>>16 + acc&0xffff
	}
	return ^uint16(acc)
}

func randBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestChecksum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 1600 {
		b := randBytes(r, n)
		if n%7 == 0 { // carries
			for i := range b {
				b[i] = 0xff
			}
		}
		if got, want := Checksum(b), slowSum(b); got != want {
			t.Fatalf("%d bytes: %#04x, want %#04x", n, got, want)
		}
	}
}

func TestUpdateChecksum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := randBytes(r, 20)
		old := Checksum(b)
		was := be.Uint16(b[4:])
		be.PutUint16(b[4:], uint16(r.Uint32()))
		if got, want := UpdateChecksum(old, was, be.Uint16(b[4:])), Checksum(b); got != want && got^want != 0xffff {
			t.Fatalf("%#04x, want %#04x", got, want)
		}
	}
}

const (
	vTCP4 = iota
	vTCP6
	vUDP4
	vUDP6
	numKinds
)

// build returns a frame of the kind with n bytes of payload and right checksums.
func build(r *rand.Rand, kind, n int) *Packet {
	hl := TCPLen + 12
	proto := byte(protoTCP)
	if kind >= vUDP4 {
		hl, proto = UDPLen, protoUDP
	}
	b := randBytes(r, EthernetLen)
	l3 := EthernetLen
	v6 := kind == vTCP6 || kind == vUDP6
	if v6 {
		be.PutUint16(b[12:], typeIPv6)
		h := randBytes(r, IPv6Len)
		h[0] = 0x60
		be.PutUint16(h[4:], uint16(hl+n))
		h[6] = proto
		b = append(b, h...)
	} else {
		be.PutUint16(b[12:], typeIPv4)
		h := randBytes(r, IPv4Len)
		h[0], h[6], h[7], h[9] = 0x45, 0x40, 0, proto
		be.PutUint16(h[2:], uint16(IPv4Len+hl+n))
		b = append(b, h...)
	}
	l4 := len(b)
	h := randBytes(r, hl)
	if proto == protoTCP {
		h[12], h[13] = 0x80, TCPCwr|TCPPsh|TCPFin|0x10
	} else {
		be.PutUint16(h[4:], uint16(hl+n))
	}
	b = append(append(b, h...), randBytes(r, n)...)
	p := New(b)
	p.L3, p.L4 = l3, l4
	fix(p)
	return p
}

// fix makes all checksums of a built frame right, the slow way.
func fix(p *Packet) {
	b := p.Bytes()
	if isV6(p) {
		h := b[p.L3:]
		fixL4(b[p.L4:], slowPseudo6(h, b[p.L4:]), h[6])
		return
	}
	h := b[p.L3:]
	h[10], h[11] = 0, 0
	be.PutUint16(h[10:], slowSum(h[:20]))
	fixL4(b[p.L4:], slowPseudo4(h, b[p.L4:]), h[9])
}

func isV6(p *Packet) bool { return p.Bytes()[p.L3]>>4 == 6 }

func slowPseudo4(ip, l4 []byte) []byte {
	return append(append([]byte(nil), ip[12:20]...), 0, ip[9], byte(len(l4)>>8), byte(len(l4)))
}

func slowPseudo6(ip, l4 []byte) []byte {
	return append(append([]byte(nil), ip[8:40]...), 0, 0, byte(len(l4)>>8), byte(len(l4)), 0, 0, 0, ip[6])
}

func fixL4(h, pseudo []byte, proto byte) {
	at := 16
	if proto == protoUDP {
		at = 6
	}
	h[at], h[at+1] = 0, 0
	c := slowSum(pseudo, h)
	if c == 0 && proto == protoUDP {
		c = 0xffff
	}
	be.PutUint16(h[at:], c)
}

// verify fails unless all checksums of the frame are right.
func verify(t *testing.T, p *Packet, what string) {
	t.Helper()
	b := p.Bytes()
	l4 := b[p.L4:]
	pseudo := slowPseudo4(b[p.L3:], l4)
	if isV6(p) {
		pseudo = slowPseudo6(b[p.L3:], l4)
	} else if c := slowSum(b[p.L3 : p.L3+20]); c != 0 {
		t.Fatalf("%s: IPv4 header checksum off by %#04x", what, c)
	}
	if c := slowSum(pseudo, l4); c != 0 {
		t.Fatalf("%s: transport checksum off by %#04x", what, c)
	}
}

// makePartial turns the transport checksum into what a local sender leaves: the
// sum of the pseudo-header.
func makePartial(p *Packet) {
	b := p.Bytes()
	at, pseudo := 16, slowPseudo4(b[p.L3:], b[p.L4:])
	proto := b[p.L3+9]
	if isV6(p) {
		pseudo, proto = slowPseudo6(b[p.L3:], b[p.L4:]), b[p.L3+6]
	}
	if proto == protoUDP {
		at = 6
	}
	be.PutUint16(b[p.L4+at:], ^slowSum(pseudo))
	p.Offload.CsumPartial = true
	p.Offload.CsumStart, p.Offload.CsumOffset = uint16(p.L4), uint16(at)
}

func TestSetters(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for i := range 4000 {
		kind := i % numKinds
		p := build(r, kind, r.IntN(40))
		partial := i/numKinds%2 == 1
		if partial {
			makePartial(p)
		}
		if isV6(p) {
			p.SetIPv6([16]byte(randBytes(r, 16)), [16]byte(randBytes(r, 16)), byte(r.Uint32()), r.Uint32()&0xfffff, byte(r.Uint32()))
		} else {
			p.SetIPv4(r.Uint32(), r.Uint32(), byte(r.Uint32()), byte(r.Uint32()))
		}
		if kind >= vUDP4 {
			p.SetUDPPorts(uint16(r.Uint32()), uint16(r.Uint32()))
		} else {
			p.SetTCPPorts(uint16(r.Uint32()), uint16(r.Uint32()))
		}
		p.PushVLAN(typeVLAN, 0x1005)
		if got := be.Uint32(p.Bytes()[12:]); got != typeVLAN<<16|5 {
			t.Fatalf("tag %#x", got)
		}
		if !p.PopVLAN() || p.PopVLAN() {
			t.Fatal("PopVLAN")
		}
		if partial {
			p.FinishChecksum()
			if p.Offload.CsumPartial {
				t.Fatal("still partial")
			}
		}
		verify(t, p, "setters")
	}
}

func TestUDPWithoutChecksumStaysSo(t *testing.T) {
	p := build(rand.New(rand.NewPCG(3, 1)), vUDP4, 10)
	be.PutUint16(p.Bytes()[p.L4+6:], 0)
	p.SetIPv4(1, 2, 3, 4)
	p.SetUDPPorts(1, 2)
	if UDP(p.Transport()).HasChecksum() {
		t.Error("a checksum appeared")
	}
}

func TestSetSCTPPorts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	b := randBytes(r, 60)
	p := New(b)
	p.L3, p.L4 = 14, 34
	h := p.Transport()
	clear(h[8:12])
	c := crc32.Checksum(h, crc32.MakeTable(crc32.Castagnoli))
	h[8], h[9], h[10], h[11] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
	p.SetSCTPPorts(7, 8)
	got := [4]byte(h[8:12])
	clear(h[8:12])
	c = crc32.Checksum(h, crc32.MakeTable(crc32.Castagnoli))
	if got != [4]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)} || be.Uint32(h) != 7<<16|8 {
		t.Errorf("%x", got)
	}
}

func TestMPLS(t *testing.T) {
	p := build(rand.New(rand.NewPCG(5, 1)), vTCP4, 10)
	p.PushVLAN(typeVLAN, 5)
	was := append([]byte(nil), p.Bytes()...)
	p.PushMPLS(0x8847, 0x00005140)
	if b := p.Bytes(); be.Uint16(b[16:]) != 0x8847 || be.Uint32(b[18:]) != 0x5140 || be.Uint16(b[12:]) != typeVLAN {
		t.Fatalf("%x", b[:22])
	}
	if l := p.TopLabel(); len(l) != 4 || be.Uint32(l) != 0x5140 {
		t.Fatalf("top label %x", l)
	}
	if l := New(append(make([]byte, 12), 0, 20, 0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0x47, 1, 2, 3, 4)).TopLabel(); len(l) != 4 || be.Uint32(l) != 0x01020304 {
		t.Fatalf("top label behind SNAP %x", l)
	}
	// Entries behind a tag that is not looked at are not those of the packet.
	q := New(append(make([]byte, 12), 0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x88, 0x47, 0, 0, 1, 0x40, 0x45))
	q.L3 = 18
	q.PushMPLS(0x8847, 0x00005140)
	if got := fmt.Sprintf("%x", q.Bytes()[12:]); got != "81000005884700005140000688470000014045" {
		t.Fatalf("%s", got)
	}
	if l := New(was).TopLabel(); l != nil {
		t.Fatalf("top label %x of a packet without", l)
	}
	if !p.PopMPLS(typeIPv4) || !bytes.Equal(p.Bytes(), was) || p.PopMPLS(typeIPv4) {
		t.Fatalf("%x", p.Bytes())
	}
}

func TestSegment(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for i := range 400 {
		kind := i % numKinds
		mss := 500 + r.IntN(1000)
		n := 1 + r.IntN(20000)
		p := build(r, kind, n)
		payload := append([]byte(nil), p.Bytes()[p.Len()-n:]...)
		src := append([]byte(nil), p.Bytes()...)
		p.Offload.GSOType = [numKinds]GSOType{GSOTCPv4, GSOTCPv6, GSOUDPL4, GSOUDPL4}[kind]
		p.Offload.GSOSize, p.Offload.HdrLen = uint16(mss), uint16(p.Len()-n)
		makePartial(p)
		if i%3 == 0 {
			p.L3, p.L4 = -1, -1 // found from the frame
		}
		if i%5 == 0 {
			p.Push(50) // as encapsulation of the whole would
			p.Pull(50)
		}
		segs, err := p.Segment(nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Offload.HdrLen = 14 // a hint that is not counted on
		checkSegments(t, p, segs)
		if len(segs) != (n+mss-1)/mss {
			t.Fatalf("%d segments of %d in %d bytes", len(segs), mss, n)
		}
		front := []byte("front")
		headers, hl, err := p.SegmentHeaders([]byte("before"), front)
		if err != nil || len(headers) != len("before")+len(segs)*(len(front)+hl) {
			t.Fatalf("%d bytes of headers: %v", len(headers), err)
		}
		headers = headers[len("before"):]
		for j, s := range segs {
			h := headers[j*(len(front)+hl):][:len(front)+hl]
			rest := p.Bytes()[hl+j*mss:]
			if want := slices.Concat(front, s.Bytes()); !bytes.Equal(slices.Concat(h, rest[:min(mss, len(rest))]), want) {
				t.Fatalf("segment %d: headers % x, want % x", j, h, want[:len(h)])
			}
		}
		var got []byte
		for j, s := range segs {
			verify(t, s, "segment")
			h := s.Transport()
			last := j == len(segs)-1
			if kind < vUDP4 {
				hl := TCP(h).HeaderLen()
				if TCP(h).Seq() != TCP(src[s.L4:]).Seq()+uint32(len(got)) {
					t.Fatalf("segment %d: sequence", j)
				}
				f := TCP(h).Flags()
				if f&(TCPFin|TCPPsh) != 0 != last || f&TCPCwr != 0 != (j == 0) {
					t.Fatalf("segment %d of %d: flags %#x", j, len(segs), f)
				}
				got = append(got, h[hl:]...)
			} else {
				if UDP(h).Len() != len(h) {
					t.Fatal("UDP length")
				}
				got = append(got, h[UDPLen:]...)
			}
			if ip := s.IPv4(); ip != nil {
				if ip.TotalLen() != s.Len()-s.L3 || ip.ID() != IPv4(src[s.L3:]).ID()+uint16(j) {
					t.Fatalf("segment %d: length %d, id %d", j, ip.TotalLen(), ip.ID())
				}
			} else if s.IPv6().PayloadLen() != s.Len()-s.L4 {
				t.Fatal("IPv6 payload length")
			}
			if s.Offload.CsumPartial || s.Offload.GSOType != GSONone {
				t.Fatal("offload left")
			}
		}
		if !bytes.Equal(got, payload) {
			t.Fatal("payload differs")
		}
	}
}

func TestSegmentReusesPackets(t *testing.T) {
	p := build(rand.New(rand.NewPCG(7, 1)), vTCP4, 10000)
	p.Offload.GSOType, p.Offload.GSOSize = GSOTCPv4, 1448
	segs, _ := p.Segment(nil)
	if n := testing.AllocsPerRun(20, func() { segs, _ = p.Segment(segs[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	headers, _, _ := p.SegmentHeaders(nil, nil)
	if n := testing.AllocsPerRun(20, func() { headers, _, _ = p.SegmentHeaders(headers[:0], nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSegmentMalformed(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for n := range 80 {
		p := New(randBytes(r, n))
		p.Offload.GSOType, p.Offload.GSOSize = GSOTCPv4, 1
		_, _ = p.Segment(nil)
		p = build(r, vTCP6, 30)
		p.SetLen(n)
		p.Offload.GSOType, p.Offload.GSOSize = GSOTCPv6, 7
		if p.L4 > n {
			p.L4 = -1
		}
		_, _ = p.Segment(nil)
		p.FinishChecksum()
		p.SetIPv6([16]byte{}, [16]byte{}, 0, 0, 0)
		p.SetTCPPorts(1, 2)
		p.PopVLAN()
		p.PushVLAN(typeVLAN, 1)
	}
}

func TestVNetHdr(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for range 200 {
		o := Offload{}
		if r.IntN(2) == 0 {
			o.CsumPartial, o.CsumStart, o.CsumOffset = true, 34, 16
		} else {
			o.CsumValid = r.IntN(2) == 0
		}
		if r.IntN(2) == 0 {
			o.GSOType, o.GSOSize, o.HdrLen, o.ECN = GSOTCPv4, 1448, 54, r.IntN(2) == 0
		}
		var b [VNetHdrLen]byte
		o.WriteVNetHdr(b[:])
		var got Offload
		if !got.ReadVNetHdr(b[:], 100) || got != o {
			t.Fatalf("%+v reads as %+v", o, got)
		}
		if o.CsumPartial && got.ReadVNetHdr(b[:], 51) {
			t.Fatal("offset beyond the frame accepted")
		}
	}
	var o Offload
	if o.ReadVNetHdr(make([]byte, 9), 100) {
		t.Fatal("short header accepted")
	}
}

// checkSegments compares what Segments says of p with its segments.
func checkSegments(t *testing.T, p *Packet, segs []*Packet) {
	t.Helper()
	longest, all := 0, 0
	for _, s := range segs {
		longest = max(longest, s.Len())
		all += s.Len()
	}
	if n, l, a := p.Segments(); n != len(segs) || l != longest || a != all {
		t.Fatalf("%d segments, longest %d, together %d; Segments says %d, %d, %d", len(segs), longest, all, n, l, a)
	}
}

func FuzzSegment(f *testing.F) {
	r := rand.New(rand.NewPCG(10, 1))
	for kind := range numKinds {
		f.Add(build(r, kind, 100).Bytes(), uint8(kind), uint16(30))
	}
	f.Fuzz(func(t *testing.T, b []byte, kind uint8, mss uint16) {
		p := New(b)
		p.Offload.GSOType = [...]GSOType{GSOTCPv4, GSOTCPv6, GSOUDPL4, GSOUDP}[kind%4]
		p.Offload.GSOSize = max(mss, 8)
		segs, err := p.Segment(nil)
		if err == nil {
			checkSegments(t, p, segs)
		}
		headers, hl, err2 := p.SegmentHeaders(nil, nil)
		if p.Offload.GSOType != GSONone && (err == nil) != (err2 == nil) || err2 == nil && len(headers) != len(segs)*hl {
			t.Fatalf("%d segments, %v; %d bytes of headers of %d, %v", len(segs), err, len(headers), hl, err2)
		}
	})
}

func BenchmarkChecksum1500(b *testing.B) {
	d := make([]byte, 1500)
	for b.Loop() {
		Checksum(d)
	}
}

func BenchmarkSegment64k(b *testing.B) {
	p := build(rand.New(rand.NewPCG(7, 1)), vTCP4, 64000)
	p.Offload.GSOType, p.Offload.GSOSize = GSOTCPv4, 1448
	segs, _ := p.Segment(nil)
	for b.Loop() {
		segs, _ = p.Segment(segs[:0])
	}
}

func BenchmarkSegmentHeaders64k(b *testing.B) {
	p := build(rand.New(rand.NewPCG(7, 1)), vTCP4, 64000)
	p.Offload.GSOType, p.Offload.GSOSize = GSOTCPv4, 1448
	var headers []byte
	for b.Loop() {
		headers, _, _ = p.SegmentHeaders(headers[:0], nil)
	}
}
