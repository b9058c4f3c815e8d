package dummy

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"govs/netdev"
	"govs/packet"
)

func open(t *testing.T, name string, options map[string]string) *Device {
	t.Helper()
	d, err := Open(netdev.Config{Name: name, Type: "dummy", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(*Device)
}

func recv(t *testing.T, d *Device) [][]byte {
	t.Helper()
	batch := []*packet.Packet{{}, {}, {}}
	n, err := d.RxQueues()[0].Recv(batch)
	if err != nil {
		t.Fatal(err)
	}
	var l [][]byte
	for _, p := range batch[:n] {
		l = append(l, p.Bytes())
	}
	return l
}

func TestReceive(t *testing.T) {
	d := open(t, "p1", nil)
	if _, err := Open(netdev.Config{Name: "p1", Type: "dummy"}); netdev.Strerror(err) != "File exists" {
		t.Errorf("opened twice: %v", err)
	}
	f := bytes.Repeat([]byte{7}, 60)
	done := d.Receive(f)
	if l := recv(t, d); len(l) != 1 || !bytes.Equal(l[0], f) {
		t.Errorf("%x", l)
	}
	select {
	case <-done:
		t.Error("handled before the next call")
	default:
	}
	recv(t, d)
	<-done
	d.Close()
	if _, err := d.RxQueues()[0].Recv([]*packet.Packet{{}}); err != netdev.ErrClosed {
		t.Errorf("after close: %v", err)
	}
}

func TestPcap(t *testing.T) {
	dir := t.TempDir()
	tx, rx := filepath.Join(dir, "tx.pcap"), filepath.Join(dir, "rx.pcap")
	d := open(t, "p1", map[string]string{"tx_pcap": tx, "rxq_pcap": rx})
	f := bytes.Repeat([]byte{7}, 60)
	d.Receive(f)
	long := packet.New(bytes.Repeat([]byte{7}, 1600))
	if n, err := d.Send(0, []*packet.Packet{packet.New(f), long}); n != 1 || err == nil {
		t.Errorf("sent %d, %v", n, err)
	}
	for _, name := range []string{tx, rx} {
		b, err := os.ReadFile(name)
		if err != nil || len(b) != 24+16+60 || !bytes.HasSuffix(b, f) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestStream(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "s")
	a := open(t, "a", map[string]string{"pstream": "punix:" + sock})
	b := open(t, "b", map[string]string{"stream": "unix:" + sock})
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if b.connection().connected() {
			break
		}
		if time.Now().After(end) {
			t.Fatal("not connected")
		}
	}
	f := bytes.Repeat([]byte{9}, 60)
	b.Send(0, []*packet.Packet{packet.New(f)})
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if l := recv(t, a); len(l) == 1 && bytes.Equal(l[0], f) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing received")
		}
	}
	if _, err := net.Dial("unix", sock); err != nil {
		t.Error(err)
	}
}

func TestARP(t *testing.T) {
	d := open(t, "p1", nil)
	req := append(bytes.Repeat([]byte{0xff}, 6), 2, 0, 0, 0, 0, 1, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2)
	var a addresses
	if a.answer(req, d.mac) != nil {
		t.Error("answered without an address")
	}
	a.v4 = prefix(t, "10.0.0.2/24")
	r := a.answer(req, d.mac)
	if len(r) != 42 || packet.ARP(r[14:]).Op() != 2 || !bytes.Equal(packet.ARP(r[14:]).SPA(), []byte{10, 0, 0, 2}) {
		t.Errorf("% x", r)
	}
}

func prefix(t *testing.T, s string) netip.Prefix {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestState(t *testing.T) {
	d := open(t, "d0", map[string]string{"ifindex": "777"})
	for _, up := range []bool{true, false, true} {
		d.SetUp(up)
		if s, err := d.State(); err != nil || s.Ifindex != 777 || s.AdminUp != up || s.Carrier != up {
			t.Errorf("up %v: %+v, %v", up, s, err)
		}
	}
}

// TestQueues: a dummy-pmd has the queues that it is given, with counters of their own.
func TestQueues(t *testing.T) {
	for n, want := range map[string]int{"": 1, "3": 3, "0": 1, "-2": 1, "x": 1, "2000": maxQueues} {
		d, err := Open(netdev.Config{Name: "p1", Type: "dummy-pmd", Options: map[string]string{"n_rxq": n, "n_txq": "2"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(d.RxQueues()); got != want {
			t.Errorf("n_rxq=%s: %d queues, want %d", n, got, want)
		}
		d.Close()
	}
	dev, err := Open(netdev.Config{Name: "p1", Type: "dummy-pmd", Options: map[string]string{"n_rxq": "3", "n_txq": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	d := dev.(*Device)
	defer d.Close()
	f := bytes.Repeat([]byte{7}, 60)
	d.rx[2].receive(f)
	for i, want := range []int{0, 0, 1} {
		if n, err := d.RxQueues()[i].Recv([]*packet.Packet{{}}); n != want || err != nil {
			t.Errorf("queue %d: %d, %v", i, n, err)
		}
	}
	d.Send(5, []*packet.Packet{packet.New(f)})
	for _, c := range d.CustomStats() {
		want := map[string]uint64{"rx_custom_packets_1": 1, "rx_custom_packets_2": 1, "rx_q2_packets": 1, "rx_q2_bytes": 60, "tx_q1_packets": 1, "tx_q1_bytes": 60}[c.Name]
		if c.Value != want {
			t.Errorf("%s is %d, want %d", c.Name, c.Value, want)
		}
	}
	if err := d.SetOptions(map[string]string{"n_rxq": "2", "n_txq": "2"}); !errors.Is(err, netdev.ErrReopen) {
		t.Errorf("fewer queues: %v", err)
	}
	if err := d.SetOptions(map[string]string{"n_rxq": "3", "n_txq": "1"}); err != nil || d.Shown()["configured_tx_queues"] != "1" {
		t.Errorf("%v, %v", err, d.Options())
	}
}
