package tap

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"govs/internal/nstest"
	"govs/netdev"
	"govs/packet"
)

func TestMain(m *testing.M) { nstest.Main(m) }

func open(t *testing.T, name string) *Device {
	t.Helper()
	nstest.Need(t)
	d, err := Open(netdev.Config{Name: name, Type: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestLife(t *testing.T) {
	d := open(t, "tp0")
	st, err := d.State()
	if err != nil || st.AdminUp || st.Ifindex == 0 {
		t.Errorf("a new tap is down: %+v %v", st, err)
	}
	if _, err := Open(netdev.Config{Name: "tp0"}); netdev.Strerror(err) != "Device or resource busy" {
		t.Errorf("opened twice: %v", err)
	}
	three := []*packet.Packet{packet.New(make([]byte, 60)), packet.New(make([]byte, 60)), packet.New(make([]byte, 60))}
	if n, err := d.Send(0, three); n != 0 || netdev.Strerror(err) != "Input/output error" || d.cnt.TxDropped.Load() != 3 {
		t.Errorf("sent by a tap that is down: %d %v, %d dropped", n, err, d.cnt.TxDropped.Load())
	}
	mac := [6]byte{2, 1, 2, 3, 4, 5}
	for _, err := range []error{d.SetMAC(mac), d.SetMTU(1400), d.SetUp(true)} {
		if err != nil {
			t.Error(err)
		}
	}
	if m, err := d.MAC(); err != nil || m != mac {
		t.Errorf("%x %v", m, err)
	}
	if m, err := d.MTU(); err != nil || m != 1400 {
		t.Errorf("%d %v", m, err)
	}
	if s := d.Status(); s["driver_name"] != "tun" {
		t.Errorf("%v", s)
	}
	d.Close()
	if _, err := netlink.LinkByName("tp0"); err == nil {
		t.Error("the tap outlives its port")
	}
	if _, err := d.State(); netdev.Strerror(err) != "No such device" {
		t.Errorf("%v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	nstest.Need(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "br7"
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		t.Skip(err)
	}
	for name, want := range map[string]string{"br7": "Invalid argument", "a-name-of-16-bytes": "Invalid argument", "": "Invalid argument"} {
		if _, err := Open(netdev.Config{Name: name}); netdev.Strerror(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestQueues has a tap of several queues, each of which sends and receives.
func TestQueues(t *testing.T) {
	nstest.Need(t)
	for _, n := range []string{"0", "65", "x"} {
		if _, err := Open(netdev.Config{Name: "tq", Options: map[string]string{"n_rxq": n}}); netdev.Strerror(err) != "Invalid argument" {
			t.Errorf("n_rxq=%s: %v", n, err)
		}
	}
	d, err := Open(netdev.Config{Name: "tq", Options: map[string]string{"n_rxq": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := len(d.RxQueues()); n != 3 {
		t.Fatalf("%d queues", n)
	}
	if err := d.SetUp(true); err != nil {
		t.Fatal(err)
	}
	for txq := range 7 {
		p := packet.New(make([]byte, 60))
		if n, err := d.Send(txq, []*packet.Packet{p}); n != 1 || err != nil {
			t.Errorf("queue %d: %d %v", txq, n, err)
		}
	}
	if s, err := d.Stats(); err != nil || s.TxPackets != 7 {
		t.Errorf("%+v %v", s, err)
	}
	told := 0
	d.OnRequeue(func() { told++ })
	for i, n := range []int{1, 5, 2, 2} {
		if err := d.Requeue(map[string]string{"n_rxq": strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
		if want := min(i+1, 3); len(d.RxQueues()) != n || told != want {
			t.Errorf("%d queues of %d, told %d times, want %d", len(d.RxQueues()), n, told, want)
		}
		for txq := range 7 {
			if sent, err := d.Send(txq, []*packet.Packet{packet.New(make([]byte, 60))}); sent != 1 || err != nil {
				t.Errorf("%d queues, queue %d: %d %v", n, txq, sent, err)
			}
		}
	}
	if err := d.Requeue(map[string]string{"n_rxq": "0"}); netdev.Strerror(err) != "Invalid argument" || len(d.RxQueues()) != 2 {
		t.Errorf("n_rxq=0: %v", err)
	}
	// A tap that was there before, and one that somebody has.
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "tq1"
	if err := netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: attrs, Mode: netlink.TUNTAP_MODE_TAP, Queues: 0, Flags: netlink.TUNTAP_NO_PI | netlink.TUNTAP_VNET_HDR}); err != nil {
		t.Skip(err)
	}
	old, err := Open(netdev.Config{Name: "tq1"})
	if err != nil || len(old.RxQueues()) != 1 {
		t.Fatalf("a tap that was there: %v", err)
	}
	defer old.Close()
	if err := old.Requeue(map[string]string{"n_rxq": "2"}); err != nil || len(old.RxQueues()) != 1 {
		t.Errorf("more queues of it: %v", err)
	}
	for _, name := range []string{"tq", "tq1"} {
		if _, err := Open(netdev.Config{Name: name}); netdev.Strerror(err) != "Device or resource busy" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSelf has the host send by the tap and receive from it.
func TestSelf(t *testing.T) {
	d := open(t, "tp1")
	if err := d.SetUp(true); err != nil {
		t.Fatal(err)
	}
	// An interface that comes up solicits its router by itself.
	var p packet.Packet
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := 0
		for _, q := range d.RxQueues() {
			n, err := q.Recv([]*packet.Packet{&p})
			if err != nil {
				t.Fatal(err)
			}
			if got += n; n == 1 {
				break
			}
		}
		if got == 1 {
			break
		}
		if time.Now().After(end) {
			t.Skip("the host sends nothing by itself")
		}
	}
	mac, err := d.MAC()
	if err != nil || !bytes.Equal(p.Bytes()[6:12], mac[:]) {
		t.Errorf("from % x, %v", p.Bytes()[6:12], err)
	}
	if n, err := d.Send(0, []*packet.Packet{&p}); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	s, err := d.Stats()
	if err != nil || s.RxPackets != 1 || s.TxPackets != 1 || s.RxBytes != int64(p.Len()) {
		t.Errorf("%+v %v", s, err)
	}
}
