package tunnel

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"govs/netdev/linux"
	"govs/packet"
	"govs/route"
)

// superFrame is count segments of a stream as one.
func superFrame(port uint16, seq uint32, mss, count, last int) *packet.Packet {
	n := mss*(count-1) + last
	b := tcpSegment(port, seq, n, tcpAck)
	p := packet.New(b)
	be.PutUint16(p.Bytes()[50:], packet.Fold(packet.PseudoV4(packet.IPv4(b[14:]), 6, 20+n)))
	p.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: 16, GSOType: packet.GSOTCPv4,
		GSOSize: uint16(mss), HdrLen: 54}
	return p
}

// outerFrames reads what was sent, cut as the kernel cuts it: VXLAN's payload.
func outerFrames(t *testing.T, fd int, messages *int) (inner [][]byte) {
	buf := make([]byte, 1<<17)
	for {
		n, err := unix.Read(fd, buf)
		if err != nil {
			return inner
		}
		*messages++
		p := packet.New(buf[packet.VNetHdrLen:n])
		if !p.Offload.ReadVNetHdr(buf, p.Len()) {
			t.Fatalf("bad vnet header % x", buf[:packet.VNetHdrLen])
		}
		super := p.Offload.GSOType != packet.GSONone
		segs, err := p.Segment(nil)
		if err != nil || super != (len(segs) > 1) {
			t.Fatalf("%d datagrams, %v", len(segs), err)
		}
		for _, s := range segs {
			s.FinishChecksum()
			b := s.Bytes()
			var udp packet.UDP
			var acc uint64
			good := false
			if b[14]>>4 == 6 {
				ip := packet.IPv6(b[14:])
				udp, good = packet.UDP(ip[40:]), ip.PayloadLen() == len(ip)-40
				acc = packet.PseudoV6(ip, 17, len(udp))
			} else {
				ip := packet.IPv4(b[14:])
				udp, good = packet.UDP(ip[20:]), packet.Checksum(ip[:20]) == 0 && ip.TotalLen() == len(ip)
				acc = packet.PseudoV4(ip, 17, len(udp))
			}
			if !good || udp.Len() != len(udp) || be.Uint16(udp[6:]) != 0 && packet.Fold(packet.Sum(udp, acc)) != 0xffff {
				t.Fatalf("outer headers % x", b[:62])
			}
			inner = append(inner, bare(packet.New(udp[16:])))
		}
	}
}

// outerPath is a path of a VXLAN tunnel whose frames can be read from peer.
func outerPath(t *testing.T, v6 bool) (d *Device, w *path, peer int) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[1]) })
	fd := linux.NewFD(fds[0])
	t.Cleanup(fd.Close)
	unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20)
	w = &path{fd: fd, eg: route.Egress{MTU: 1500}, v6: v6}
	macs := []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8}
	if v6 {
		w.src = netip.MustParseAddr("fd00::52")
		w.l2l3 = append(macs, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, 17, 0)
		w.l2l3 = append(append(w.l2l3, w.src.AsSlice()...), netip.MustParseAddr("fd00::51").AsSlice()...)
	} else {
		w.src = netip.MustParseAddr("10.10.0.52")
		w.l2l3 = append(macs, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 10, 10, 0, 52, 10, 10, 0, 51)
	}
	return device("vxlan", 0), w, fds[1]
}

// TestOuterSuperFrames: segments of super-frames, with single frames of other streams
// between, leave in order, many by one message.
func TestOuterSuperFrames(t *testing.T) {
	d, w, peer := outerPath(t, false)
	s := &txScratch{}
	send := func(ps []*packet.Packet) {
		for _, p := range ps {
			p.Tunnel = packet.Tunnel{ID: 7, Flags: packet.TunKey | packet.TunDF, TTL: 64}
			if !d.super(s, w, p) {
				segs, err := p.Segment(nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, q := range segs {
					q.Tunnel = p.Tunnel
					d.frame(s, w, q)
				}
				d.flush(s)
			}
		}
		d.flush(s)
	}

	// The first tells whether the kernel takes such a thing.
	messages := 0
	send([]*packet.Packet{superFrame(7, 0, 1398, 2, 1398)})
	outerFrames(t, peer, &messages)
	if d.supers.Load() != supersTaken {
		t.Fatal("a message that was taken tells nothing")
	}

	// Three super-frames of one stream that need 46 datagrams each go in four messages.
	var ps []*packet.Packet
	for i := range 3 {
		ps = append(ps, superFrame(7, uint32(i*46*1398), 1398, 46, 1398))
	}
	messages = 0
	send(ps)
	got := outerFrames(t, peer, &messages)
	if len(got) != 138 || messages != 4 {
		t.Errorf("%d frames in %d messages", len(got), messages)
	}

	r := rand.New(rand.NewPCG(5, 6))
	for i := range 500 {
		ps, s.sent, s.bytes, s.lost = ps[:0], 0, 0, 0
		seq := [3]uint32{}
		for range 1 + r.IntN(5) {
			k := r.IntN(8) / 6
			mss := []int{1398, 500}[r.IntN(8)/7]
			n := 1 + r.IntN(20)
			p := superFrame(uint16(k), seq[k], mss, n, 1+r.IntN(mss))
			if r.IntN(2) == 0 {
				p = superFrame(uint16(k), seq[k], mss, n, mss)
			}
			seq[k] += uint32(p.Len() - 54)
			ps = append(ps, p)
		}
		want := cutAll(t, ps)
		messages = 0
		send(ps)
		got = outerFrames(t, peer, &messages)
		var bytesIn int
		for _, f := range want {
			bytesIn += len(f)
		}
		if len(got) != len(want) || s.sent != int64(len(want)) || s.bytes != int64(bytesIn) || s.lost != 0 {
			t.Fatalf("round %d: %d frames of %d; sent %d, %d bytes of %d, lost %d", i, len(got), len(want), s.sent, s.bytes, bytesIn, s.lost)
		}
		for j := range got {
			if !bytes.Equal(got[j], want[j]) {
				t.Fatalf("round %d: frame %d\n% x\n% x", i, j, got[j][:60], want[j][:60])
			}
		}
	}

	ps = ps[:0]
	for i := range 3 {
		ps = append(ps, superFrame(7, uint32(i*46*1398), 1398, 46, 1398))
	}
	buf := make([]byte, 1<<17)
	if n := testing.AllocsPerRun(20, func() {
		for _, p := range ps {
			d.super(s, w, p)
		}
		d.flush(s)
		for {
			if _, err := unix.Read(peer, buf); err != nil {
				break
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
