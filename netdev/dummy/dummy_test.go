package dummy

import (
	"bytes"
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
		if st, _ := b.State(); st.Carrier {
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
