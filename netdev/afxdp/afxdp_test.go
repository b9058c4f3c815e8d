package afxdp

import (
	"bytes"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"govs/internal/nstest"
	"govs/netdev"
	"govs/packet"
)

func TestMain(m *testing.M) { nstest.Main(m) }

// veth makes a pair of interfaces that are up.
func veth(t *testing.T, a, b string) {
	nstest.Need(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = a
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: b}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unlink(a) })
	for _, n := range []string{a, b} {
		l, err := netlink.LinkByName(n)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func unlink(name string) {
	if l, err := netlink.LinkByName(name); err == nil {
		netlink.LinkDel(l)
	}
}

func open(t *testing.T, name string, options map[string]string) *Device {
	t.Helper()
	d, err := Open(netdev.Config{Name: name, Type: "afxdp", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

var mine = []byte{2, 0x60, 0x76, 0, 0, 2, 2, 0x60, 0x76, 0, 0, 1}

func frame(n int) *packet.Packet {
	b := append(append([]byte(nil), mine...), 0x88, 0xb5)
	for len(b) < n {
		b = append(b, byte(len(b)))
	}
	return packet.New(b)
}

// send sends a batch at once.
func send(d *Device, txq int, batch []*packet.Packet) (int, error) {
	n, err := d.Send(txq, batch)
	if e := d.Flush(txq); err == nil {
		err = e
	}
	return n, err
}

// receive returns the frames of our own that arrive, among the host's chatter.
func receive(t *testing.T, d *Device, want int) []*packet.Packet {
	t.Helper()
	var got []*packet.Packet
	for end := time.Now().Add(2 * time.Second); len(got) < want && time.Now().Before(end); {
		batch := []*packet.Packet{{}, {}, {}, {}}
		n, err := d.RxQueues()[0].Recv(batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range batch[:n] {
			if bytes.HasPrefix(p.Bytes(), mine) {
				got = append(got, p)
			}
		}
		if n == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return got
}

func TestModes(t *testing.T) {
	for mode, want := range map[string]string{"best-effort": "native", "native": "native", "generic": "generic"} {
		t.Run(mode, func(t *testing.T) {
			veth(t, "xa", "xb")
			a := open(t, "xa", map[string]string{"xdp-mode": mode})
			b := open(t, "xb", map[string]string{"xdp-mode": mode, "use-need-wakeup": "false"})
			if got := a.Status()["xdp-mode-in-use"]; got != want {
				t.Errorf("%s in use, not %s", got, want)
			}
			super := frame(4000)
			copy(super.Bytes()[12:], []byte{8, 0, 0x45, 0, 0x0f, 0x92, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
			packet.IPv4(super.Bytes()[14:]).Checksum()
			super.Bytes()[46] = 0x50
			super.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: 16, GSOType: packet.GSOTCPv4, GSOSize: 1400, HdrLen: 54}
			segs, err := super.Segment(nil)
			if err != nil {
				t.Fatal(err)
			}
			in := []*packet.Packet{frame(14), frame(60), frame(1514), super}
			if n, err := send(a, 3, in); n != len(in) || err != nil {
				t.Fatalf("sent %d: %v", n, err)
			}
			want := append(in[:3:3], segs...)
			got := receive(t, b, len(want))
			if len(got) != len(want) {
				t.Fatalf("%d of %d frames", len(got), len(want))
			}
			for i, p := range got {
				if !bytes.Equal(p.Bytes(), want[i].Bytes()) {
					t.Errorf("frame %d differs: %d bytes, sent %d", i, p.Len(), want[i].Len())
				}
			}
			// Through every piece of memory more than once.
			batch := []*packet.Packet{frame(60), frame(61), frame(62), frame(63)}
			for range 3 * depth / len(batch) {
				if n, err := send(b, 0, batch); n != len(batch) || err != nil {
					t.Fatalf("sent %d: %v", n, err)
				}
				for _, p := range receive(t, a, len(batch)) {
					if p.Len() < 60 || p.Len() > 63 {
						t.Fatalf("%d bytes", p.Len())
					}
				}
			}
			if n := a.queues[0].sock.Load().Unsent(); n != 0 {
				t.Errorf("%d frames wait", n)
			}
			if n, err := send(a, 0, []*packet.Packet{frame(3000), frame(60)}); n != 1 || netdev.Strerror(err) != "No buffer space available" {
				t.Errorf("too long: %d, %v", n, err)
			}
			if s, err := a.Stats(); err != nil || s.TxDropped < 1 {
				t.Errorf("%+v %v", s, err)
			}
			if l := a.CustomStats(); len(l) != 3 || l[0].Name != "xsk_queue_0_rx_dropped" {
				t.Errorf("%v", l)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	veth(t, "oa", "ob")
	for _, o := range []map[string]string{{"xdp-mode": "fast"}, {"n_rxq": "0"}, {"n_rxq": "many"}, {"n_rxq": "65"}} {
		if _, err := Open(netdev.Config{Name: "oa", Options: o}); netdev.Strerror(err) != "Invalid argument" {
			t.Errorf("%v: %v", o, err)
		}
	}
	if _, err := Open(netdev.Config{Name: "oa", Options: map[string]string{"xdp-mode": "native-with-zerocopy"}}); err == nil {
		t.Error("a veth has no zero-copy")
	}
	if _, err := Open(netdev.Config{Name: "nosuch"}); netdev.Strerror(err) != "No such device" {
		t.Errorf("%v", err)
	}
	a := open(t, "oa", nil)
	if err := a.SetOptions(map[string]string{"xdp-mode": "generic"}); err != nil || a.Options()["xdp-mode-in-use"] != "generic" {
		t.Errorf("%v %v", err, a.Options())
	}
	if err := a.SetOptions(map[string]string{"xdp-mode": "native-with-zerocopy"}); err == nil || a.Options()["xdp-mode-in-use"] != "generic" {
		t.Errorf("%v %v", err, a.Options())
	}
	if err := a.SetOptions(map[string]string{"n_rxq": "2"}); netdev.Strerror(err) != "Device or resource busy" {
		t.Errorf("%v", err)
	}
	for s, want := range map[string]string{"false": "false", "true": "true", "foo": "true"} { // as OVS reads it
		if err := a.SetOptions(map[string]string{"use-need-wakeup": s}); err != nil || a.Options()["use-need-wakeup"] != want {
			t.Errorf("use-need-wakeup=%s: %v %v", s, err, a.Options())
		}
	}
	if err := a.SetMTU(9000); netdev.Strerror(err) != "Invalid argument" {
		t.Errorf("%v", err)
	}
	if err := a.SetMTU(3000); err != nil || a.queues[0].sock.Load().frame != 4096 {
		t.Errorf("%v", err)
	}
}

// TestReturn takes the interface away and makes it again.
func TestReturn(t *testing.T) {
	veth(t, "ra", "rb")
	b := open(t, "rb", nil)
	unlink("ra")
	veth(t, "ra", "rb")
	a := open(t, "ra", nil)
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		send(a, 0, []*packet.Packet{frame(60)})
		batch := []*packet.Packet{{}}
		if n, err := b.RxQueues()[0].Recv(batch); err != nil {
			t.Fatal(err)
		} else if n == 1 && bytes.HasPrefix(batch[0].Bytes(), mine) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing received after the interface returned")
		}
	}
	b.Close()
	b.Close()
	if _, err := b.RxQueues()[0].Recv([]*packet.Packet{{}}); err != netdev.ErrClosed {
		t.Errorf("%v", err)
	}
	if _, err := b.Send(0, []*packet.Packet{frame(60)}); err != netdev.ErrClosed {
		t.Errorf("%v", err)
	}
}
