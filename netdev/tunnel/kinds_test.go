package tunnel

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"govs/internal/nstest"
	"govs/netdev"
	"govs/packet"
	"govs/route"
)

// device returns a device of a kind without sockets.
func device(name string, ext uint32) *Device {
	d := &Device{kind: kindOf(name), began: time.Now()}
	d.port = d.kind.port
	d.ext.Store(ext)
	d.payload.Store(0x0800)
	return d
}

// ipFrame is the IP packet of tcpFrame.
func ipFrame() []byte { return tcpFrame()[packet.EthernetLen:] }

func ip6Frame() []byte {
	b := make([]byte, 40+8)
	copy(b, []byte{0x60, 1, 2, 3, 0, 8, 17, 64})
	b[8], b[23], b[24], b[39] = 0xfd, 1, 0xfd, 2
	be.PutUint16(b[44:], 8)
	return b
}

// cases are headers of all kinds: what is sent and, where it differs, received.
var cases = []struct {
	name, kind string
	ext        uint32
	t          packet.Tunnel
	opts       []byte
	typ        uint32
	inner      func() []byte
	want       func(t *packet.Tunnel) // changes the received tunnel into the sent one
	n          int                    // length of the header
}{
	{"vxlan", "vxlan", 0, packet.Tunnel{ID: 5007, Flags: packet.TunKey}, nil, 0, tcpFrame, nil, 8},
	{"vxlan gbp", "vxlan", extGBP, packet.Tunnel{ID: 1<<24 - 1, Flags: packet.TunKey, GBPID: 77, GBPFlags: 0x48}, nil, 0, tcpFrame, nil, 8},
	{"vxlan gbp zero", "vxlan", extGBP, packet.Tunnel{ID: 1, Flags: packet.TunKey}, nil, 0, tcpFrame, nil, 8},
	{"vxlan gpe", "vxlan", extGPE, packet.Tunnel{ID: 9, Flags: packet.TunKey | packet.TunOAM}, nil, 0, tcpFrame, nil, 8},
	{"vxlan gpe IPv4", "vxlan", extGPE, packet.Tunnel{ID: 9, Flags: packet.TunKey}, nil, typeIPv4, ipFrame, nil, 8},
	{"vxlan gpe IPv6", "vxlan", extGPE, packet.Tunnel{ID: 9, Flags: packet.TunKey}, nil, typeIPv6, ip6Frame, nil, 8},
	{"vxlan gpe MPLS", "vxlan", extGPE, packet.Tunnel{ID: 9, Flags: packet.TunKey}, nil, typeMPLS, ipFrame, nil, 8},
	{"geneve", "geneve", 0, packet.Tunnel{ID: 5007, Flags: packet.TunKey}, nil, 0, tcpFrame, nil, 8},
	{"geneve options", "geneve", 0, packet.Tunnel{ID: 5007, Flags: packet.TunKey | packet.TunOAM},
		[]byte{1, 2, 0x83, 1, 9, 9, 9, 9, 0, 1, 5, 0}, 0, tcpFrame, nil, 20},
	{"geneve IPv4", "geneve", 0, packet.Tunnel{Flags: packet.TunKey}, nil, typeIPv4, ipFrame, nil, 8},
	{"gre", "gre", 0, packet.Tunnel{}, nil, 0, tcpFrame, nil, 4},
	{"gre all", "gre", 0, packet.Tunnel{ID: 0xfedcba98, Flags: packet.TunKey | packet.TunCsum | packet.TunSeq}, nil, 0, tcpFrame,
		func(t *packet.Tunnel) { t.Flags |= packet.TunSeq }, 16},
	{"gre IPv6", "ip6gre", 0, packet.Tunnel{ID: 3, Flags: packet.TunKey}, nil, typeIPv6, ip6Frame, nil, 8},
	{"gre MPLS", "gre", 0, packet.Tunnel{Flags: packet.TunCsum}, nil, typeMPLS, ipFrame, nil, 8},
	{"erspan 1", "erspan", 0, packet.Tunnel{ID: 1023, Flags: packet.TunKey, ErspanVer: 1, ErspanIdx: 0xfffff}, nil, 0, tcpFrame, nil, 16},
	{"erspan 2", "ip6erspan", 0, packet.Tunnel{ID: 7, Flags: packet.TunKey, ErspanVer: 2, ErspanDir: 1, ErspanHwid: 0x3f}, nil, 0, tcpFrame, nil, 20},
	{"gtpu", "gtpu", 0, packet.Tunnel{ID: 0xdeadbeef, Flags: packet.TunKey, GTPUFlags: 0x30, GTPUMsgtype: 255}, nil, typeIPv4, ipFrame, nil, 8},
	{"gtpu seq", "gtpu", 0, packet.Tunnel{ID: 2, Flags: packet.TunKey | packet.TunSeq, GTPUFlags: 0x32, GTPUMsgtype: 255}, nil, typeIPv6, ip6Frame,
		func(t *packet.Tunnel) { t.Flags |= packet.TunSeq }, 12},
	{"bareudp", "bareudp", 0, packet.Tunnel{}, nil, typeIPv6, ip6Frame, nil, 0},
	{"srv6", "srv6", 0, packet.Tunnel{IPv6Dst: [16]byte{0xfd, 15: 1}}, nil, typeIPv4, ipFrame, nil, 24},
}

// header returns the case's header and frame.
func header(t testing.TB, i int) (d *Device, h, inner []byte) {
	c := &cases[i]
	d = device(c.kind, c.ext)
	inner = c.inner()
	tun := c.t
	h, ok := d.kind.put(d, nil, &outgoing{&tun, c.opts, c.typ, inner})
	if !ok {
		t.Fatalf("%s: refused", c.name)
	}
	return d, h, inner
}

func TestHeaders(t *testing.T) {
	for i := range cases {
		c := &cases[i]
		d, h, inner := header(t, i)
		if len(h) != c.n {
			t.Errorf("%s: header of %d bytes", c.name, len(h))
		}
		p := packet.New(append(bytes.Clone(h), inner...))
		p.Tunnel.IPv6Dst = c.t.IPv6Dst
		if v := d.kind.get(d, p); v != verdictGood {
			t.Errorf("%s: verdict %d of % x", c.name, v, h)
			continue
		}
		if c.want != nil {
			c.want(&p.Tunnel)
		}
		if p.Tunnel != c.t || p.PacketType != c.typ || !bytes.Equal(p.TunOpts(), c.opts) || !bytes.Equal(p.Bytes(), inner) {
			t.Errorf("%s: type %x, options % x, %+v", c.name, p.PacketType, p.TunOpts(), p.Tunnel)
		}
		// What is cut within the header is no packet.
		for n := range len(h) {
			if v := d.kind.get(d, packet.New(h[:n])); v == verdictGood {
				t.Errorf("%s: %d bytes are enough", c.name, n)
			}
		}
	}
}

// TestHeadersChanged: no change of a header's bits, and no random bytes, make a
// decoder fail in any other way than by its verdict.
func TestHeadersChanged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range cases {
		d, h, inner := header(t, i)
		whole := append(bytes.Clone(h), inner...)
		for range 2000 {
			b := bytes.Clone(whole)
			for range 1 + r.IntN(3) {
				b[r.IntN(max(len(h), 4))] ^= 1 << r.IntN(8)
			}
			decapsulate(d, b[:r.IntN(len(b)+1)])
		}
	}
}

// decapsulate does all that is done with a received packet.
func decapsulate(d *Device, b []byte) {
	p := packet.New(b)
	p.Tunnel.Src, p.Tunnel.Dst = 1, 2
	if d.kind.get(d, p) != verdictGood {
		return
	}
	unfinished(p)
	innerHash(p.Bytes(), p.PacketType)
	var m merger
	m.start(p)
	m.add(bytes.Clone(p.Bytes()), p.Offload.CsumPartial)
	m.finish()
	if p.Offload.GSOType != packet.GSONone {
		p.Segment(nil)
	} else {
		p.FinishChecksum()
	}
	if _, l3 := network(p.Bytes(), p.PacketType); l3 >= 0 && l3 <= p.Len() {
		answer(&packet.Packet{}, p, l3, 1400)
	}
}

func FuzzDecap(f *testing.F) {
	for i := range cases {
		_, h, inner := header(f, i)
		for k := range kinds {
			if kinds[k].name == cases[i].kind {
				f.Add(uint8(k), uint8(cases[i].ext), append(h, inner...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, k, ext uint8, b []byte) {
		if len(b) < 30000 {
			decapsulate(device(kinds[int(k)%len(kinds)].name, uint32(ext)), b)
		}
	})
}

// TestRefused are frames that a tunnel cannot carry.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		kind string
		ext  uint32
		typ  uint32
		opts []byte
		t    packet.Tunnel
	}{
		{kind: "vxlan", typ: typeIPv4},
		{kind: "vxlan", ext: extGPE, typ: 1<<16 | 0x0806},
		{kind: "geneve", opts: make([]byte, 256)},
		{kind: "geneve", typ: 2 << 16},
		{kind: "gre", typ: 2 << 16},
		{kind: "erspan"},
		{kind: "erspan", typ: typeIPv4, t: packet.Tunnel{ErspanVer: 1}},
		{kind: "gtpu"},
		{kind: "bareudp"},
		{kind: "bareudp", typ: typeMPLS},
		{kind: "srv6"},
		{kind: "srv6", typ: typeIPv4, opts: make([]byte, 15), t: packet.Tunnel{Flags: packet.TunSegments}},
		{kind: "srv6", typ: typeIPv4, opts: make([]byte, 16*7), t: packet.Tunnel{Flags: packet.TunSegments}},
	} {
		d := device(c.kind, c.ext)
		if _, ok := d.kind.put(d, nil, &outgoing{&c.t, c.opts, c.typ, tcpFrame()}); ok {
			t.Errorf("%+v is taken", c)
		}
	}
}

// TestStrange are received headers that are refused, or not ours.
func TestStrange(t *testing.T) {
	eth := string(tcpFrame())
	for _, c := range []struct {
		kind, b string
		ext     uint32
		want    verdict
	}{
		{"vxlan", "\x08\x01\x00\x00\x00\x13\x8f\x00" + eth, 0, verdictBad},
		{"vxlan", "\x88\x00\x00\x01\x00\x13\x8f\x00" + eth, 0, verdictBad},
		{"vxlan", "\x08\x00\x00\x00\x00\x13\x8f\x01" + eth, 0, verdictBad},
		{"vxlan", "\x1c\x00\x00\x03\x00\x13\x8f\x00" + eth, extGPE, verdictBad},
		{"vxlan", "\x0c\x00\x00\x09\x00\x13\x8f\x00" + eth, extGPE, verdictBad},
		{"geneve", "\x40\x00\x65\x58\x00\x00\x01\x00" + eth, 0, verdictBad},
		{"geneve", "\x01\x00\x65\x58\x00\x00\x01\x00\x01\x01\x01\x01" + eth, 0, verdictBad},
		{"gre", "\x40\x00\x65\x58" + eth, 0, verdictBad},
		{"gre", "\x00\x01\x88\x0b" + eth, 0, verdictBad},
		{"gre", "\x80\x00\x65\x58\x00\x00\x00\x00" + eth, 0, verdictBad}, // checksum
		{"gre", "\x10\x00\x88\xbe\x00\x00\x00\x00\x10\x00\x00\x01\x00\x00\x00\x00" + eth, 0, verdictIgnore},
		{"erspan", "\x00\x00\x65\x58" + eth, 0, verdictIgnore},
		{"erspan", "\x10\x00\x88\xbe\x00\x00\x00\x00\x20\x00\x00\x01\x00\x00\x00\x00" + eth, 0, verdictBad},
		{"gtpu", "\x50\xff\x00\x00\x00\x00\x00\x01" + eth, 0, verdictBad},
		{"gtpu", "\x34\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x85\x00" + eth, 0, verdictBad},
		{"bareudp", "\x00" + eth, 0, verdictBad},
		{"srv6", "\x04\x02\x04\x01\x00\x00\x00\x00" + "0123456789abcdef" + string(ipFrame()), 0, verdictIgnore},
		{"srv6", "\x04\x02\x03\x00\x00\x00\x00\x00" + "0123456789abcdef" + string(ipFrame()), 0, verdictBad},
	} {
		d := device(c.kind, c.ext)
		if v := d.kind.get(d, packet.New([]byte(c.b))); v != c.want {
			t.Errorf("%s % x: verdict %d", c.kind, c.b[:8], v)
		}
	}
}

// TestGTPUMessage: what is no user's packet comes as it was on the wire.
func TestGTPUMessage(t *testing.T) {
	d := device("gtpu", 0)
	p := packet.New([]byte{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 7, 0, 0})
	p.Tunnel = packet.Tunnel{Src: 0x0a000001, Dst: 0x0a000002, TTL: 64, TPSrc: 1234, TPDst: 2152}
	if v := d.kind.get(d, p); v != verdictGood || p.PacketType != 0 || p.Tunnel.GTPUMsgtype != 1 {
		t.Fatalf("%d %+v", v, p.Tunnel)
	}
	ip := packet.IPv4(p.Bytes()[ethLen:])
	udp := packet.UDP(ip[20:])
	if packet.Checksum(ip[:20]) != 0 || ip.TotalLen() != len(ip) || be.Uint16(udp) != 1234 || be.Uint16(udp[2:]) != 2152 ||
		packet.Fold(packet.Sum(udp, packet.PseudoV4(ip, 17, len(udp)))) != 0xffff {
		t.Errorf("% x", p.Bytes())
	}
}

// TestPathMTUAnswer: a packet that is too long is answered by a well-formed ICMP
// error to its sender; an ICMP error, and what may be fragmented, is not.
func TestPathMTUAnswer(t *testing.T) {
	b := tcpFrame()
	a := &packet.Packet{}
	if !answer(a, packet.New(b), 14, 1400) {
		t.Fatal("no answer")
	}
	ip := packet.IPv4(a.Bytes()[14:])
	m := ip[20:]
	if string(a.Bytes()[:6]) != string(b[6:12]) || ip.Src() != packet.IPv4(b[14:]).Dst() || packet.Checksum(ip[:20]) != 0 ||
		packet.Checksum(m) != 0 || m[0] != 3 || m[1] != 4 || be.Uint16(m[6:]) != 1400 || string(m[8:]) != string(b[14:]) {
		t.Errorf("% x", a.Bytes())
	}
	if answer(&packet.Packet{}, a, 14, 1400) {
		t.Error("an error is answered")
	}
	packet.IPv4(b[14:]).Valid()
	b[14+6] = 0
	if answer(a, packet.New(b), 14, 1400) {
		t.Error("answered without DF")
	}
	p6 := packet.New(ip6Frame())
	if !answer(a, p6, 0, 1400) {
		t.Fatal("no answer for IPv6")
	}
	h := packet.IPv6(a.Bytes())
	m = packet.IPv4(h[40:])
	if m[0] != 2 || be.Uint32(m[4:]) != 1400 || packet.Fold(packet.Sum(m, packet.PseudoV6(h, 58, len(m)))) != 0xffff {
		t.Errorf("% x", a.Bytes())
	}
}

func TestNoAllocations(t *testing.T) {
	for i := range cases {
		c := &cases[i]
		d, h, inner := header(t, i)
		buf := make([]byte, 0, maxOuter)
		o := outgoing{&cases[i].t, c.opts, c.typ, inner}
		if n := testing.AllocsPerRun(100, func() { d.kind.put(d, buf, &o) }); n != 0 {
			t.Errorf("%s: %v allocations to encapsulate", c.name, n)
		}
		p := packet.New(append(h, inner...))
		whole := bytes.Clone(p.Bytes())
		one := func() {
			p.Reset(len(whole))
			copy(p.Bytes(), whole)
			d.kind.get(d, p)
			unfinished(p)
		}
		one() // room for options
		if n := testing.AllocsPerRun(100, one); n != 0 {
			t.Errorf("%s: %v allocations to decapsulate", c.name, n)
		}
	}
}

// TestLocal sends to an endpoint on this host, which a frame on an interface
// would never reach, by every kind.
func TestLocal(t *testing.T) {
	nstest.Need(t)
	rt, err := route.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	lo(t)
	for i := range cases {
		c := &cases[i]
		for _, v6 := range []bool{false, true} {
			k := kindOf(c.kind)
			if v6 && !k.v6 || !v6 && !k.v4 {
				continue
			}
			exts := map[uint32]string{extGBP: "gbp", extGPE: "gpe"}[c.ext]
			d, err := Open(netdev.Config{Name: "a", Type: c.kind, Options: map[string]string{"exts": exts}}, rt)
			if err != nil {
				t.Fatal(err)
			}
			p := packet.New(c.inner())
			p.Tunnel, p.PacketType = c.t, c.typ
			p.SetTunOpts(c.opts)
			p.Tunnel.TTL, p.Tunnel.TOS = 7, 8
			if v6 {
				p.Tunnel.IPv6Dst = netip.IPv6Loopback().As16()
			} else {
				p.Tunnel.Dst = 0x7f000001
			}
			if n, err := d.Send(0, []*packet.Packet{p}); n != 1 || err != nil {
				t.Fatal(c.name, v6, n, err)
			}
			got := []*packet.Packet{{}}
			n := 0
			for range 100 {
				fds := []unix.PollFd{{Fd: int32(d.queue(v6).FD()), Events: unix.POLLIN}}
				unix.Poll(fds, 50)
				if n, err = d.queue(v6).Recv(got); n != 0 || err != nil {
					break
				}
			}
			r := got[0]
			if n != 1 || err != nil || r.Tunnel.ID != c.t.ID || r.PacketType != c.typ || !bytes.Equal(r.Bytes(), c.inner()) ||
				!bytes.Equal(r.TunOpts(), c.opts) || r.Tunnel.TTL != 7 || r.Tunnel.TOS != 8 ||
				r.Tunnel.Dst != p.Tunnel.Dst || r.Tunnel.IPv6Dst != p.Tunnel.IPv6Dst || r.Tunnel.TPDst != k.port {
				t.Errorf("%s, IPv6 %v: %d %v %+v % x", c.name, v6, n, err, r.Tunnel, r.Bytes())
			}
			d.Close()
		}
	}
}
