package tunnel

import (
	"testing"

	"govs/internal/nstest"
	"govs/netdev"
	"govs/packet"
	"govs/route"
)

func TestMain(m *testing.M) { nstest.Main(m) }

// tcpFrame is a TCP SYN over IPv4 over Ethernet with right checksums.
func tcpFrame() []byte {
	b := make([]byte, 14+20+20)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0})
	ip := packet.IPv4(b[14:])
	copy(ip, []byte{0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
	ip.Checksum()
	tcp := b[34:]
	copy(tcp, []byte{0x12, 0x34, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff})
	be.PutUint16(tcp[16:], ^packet.Fold(packet.Sum(tcp, packet.PseudoV4(ip, 6, 20))))
	return b
}

func TestUnfinished(t *testing.T) {
	b := tcpFrame()
	p := packet.New(b)
	if unfinished(p); p.Offload != (packet.Offload{}) {
		t.Errorf("finished: %+v", p.Offload)
	}
	ip := packet.IPv4(b[14:])
	be.PutUint16(b[50:], packet.Fold(packet.PseudoV4(ip, 6, 20)))
	p = packet.New(b)
	if unfinished(p); !p.Offload.CsumPartial || p.Offload.CsumStart != 34 || p.Offload.CsumOffset != 16 {
		t.Errorf("open: %+v", p.Offload)
	}
	p.FinishChecksum()
	if string(p.Bytes()) != string(tcpFrame()) {
		t.Error("finishing did not give the right checksum")
	}
}

func TestOuter(t *testing.T) {
	d := &Device{kind: kindOf("vxlan"), port: 4789}
	w := &path{l2l3: append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0,
		0x45, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0}, 10, 10, 0, 51, 10, 10, 0, 52)}
	inner := tcpFrame()
	var buf [maxOuter]byte
	tun := &packet.Tunnel{ID: 7, TTL: 9, TOS: 4, Flags: packet.TunDF | packet.TunCsum}
	h, ok := w.outer(buf[:], d, &outgoing{t: tun, inner: inner})
	if !ok {
		t.Fatal("refused")
	}
	all := append(append([]byte(nil), h...), inner...)
	ip := packet.IPv4(all[14:])
	if !ip.Valid() || packet.Checksum(ip[:20]) != 0 || ip.TTL() != 9 || ip.TOS() != 4 || ip.Frag() != 0x4000 ||
		ip.TotalLen() != len(all)-14 {
		t.Errorf("outer IP % x", ip[:20])
	}
	udp := packet.UDP(ip[20:])
	if udp.Len() != len(udp) || packet.Fold(packet.Sum(udp, packet.PseudoV4(ip, 17, len(udp)))) != 0xffff {
		t.Errorf("outer UDP % x", udp[:8])
	}
	if src := be.Uint16(udp); src < 32768 || src > 61000 {
		t.Errorf("source port %d", src)
	}
}

func TestOpenErrors(t *testing.T) {
	nstest.Need(t)
	rt, err := route.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	for _, c := range []struct {
		cfg  netdev.Config
		text string
	}{
		{netdev.Config{Name: "x", Type: "lisp"}, "Address family not supported by protocol"},
		{netdev.Config{Name: "x", Type: "vxlan", Options: map[string]string{"dst_port": "70000"}}, "Invalid argument"},
	} {
		if _, err := Open(c.cfg, rt); err == nil || netdev.Strerror(err) != c.text {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
	d, err := Open(netdev.Config{Name: "a", Type: "vxlan"}, rt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(netdev.Config{Name: "b", Type: "vxlan"}, rt); err == nil || netdev.Strerror(err) != "Address already in use" {
		t.Errorf("second: %v", err)
	}
	d.Close()
	d.Close()
	if _, err := d.RxQueues()[0].Recv([]*packet.Packet{{}}); err != netdev.ErrClosed {
		t.Errorf("receive after close: %v", err)
	}
	if _, err := d.Send(0, []*packet.Packet{{}}); err != netdev.ErrClosed {
		t.Errorf("send after close: %v", err)
	}
}

func TestPortRange(t *testing.T) {
	defer portRange.Store(0)
	if SetPortRange(0, 9) == nil || SetPortRange(9, 8) == nil {
		t.Error("bad range taken")
	}
	if err := SetPortRange(4000, 4010); err != nil {
		t.Fatal(err)
	}
	for i := range uint32(1000) {
		if p := sourcePort(i * 0x3fffff1); p < 4000 || p > 4010 {
			t.Fatalf("source port %d", p)
		}
	}
}
