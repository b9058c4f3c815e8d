package afpacket

import (
	"bytes"
	"encoding/binary"
	"fmt"
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

func open(t *testing.T, name string) *Device {
	t.Helper()
	d, err := Open(netdev.Config{Name: name, Type: "system"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
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

var mine = []byte{2, 0x60, 0x76, 0, 0, 2, 2, 0x60, 0x76, 0, 0, 1}

func frame(n int) *packet.Packet {
	b := append(append([]byte(nil), mine...), 0x88, 0xb5)
	for len(b) < n {
		b = append(b, byte(len(b)))
	}
	return packet.New(b)
}

func TestFrames(t *testing.T) {
	for _, ring := range []bool{false, true} {
		t.Run(fmt.Sprintf("ring=%v", ring), func(t *testing.T) { testFrames(t, ring) })
	}
}

func testFrames(t *testing.T, ring bool) {
	veth(t, "pa", "pb")
	a, b := open(t, "pa"), open(t, "pb")
	if ring {
		b.rx.change(true)
		if b.rx.ring == nil {
			t.Fatal(b.ringErr)
		}
	}
	tagged, twice, unfinished := frame(200), frame(300), frame(100)
	tagged.PushVLAN(0x8100, 0x6005)
	twice.PushVLAN(0x8100, 7)
	twice.PushVLAN(0x88a8, 9)
	unfinished.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: 6}
	super := frame(60000)
	copy(super.Bytes()[12:], []byte{8, 0, 0x45, 0, 0xea, 0x52, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
	packet.IPv4(super.Bytes()[14:]).Checksum()
	super.Bytes()[46] = 0x50
	super.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: 16, GSOType: packet.GSOTCPv4, GSOSize: 1400, HdrLen: 54}
	superTagged := &packet.Packet{}
	super.CopyTo(superTagged)
	superTagged.PushVLAN(0x8100, 5)
	in := []*packet.Packet{frame(14), frame(60), frame(1514), tagged, twice, unfinished, super, superTagged}
	if n, err := a.Send(3, in); n != len(in) || err != nil {
		t.Fatalf("sent %d: %v", n, err)
	}
	got := receive(t, b, len(in))
	if len(got) != len(in) {
		t.Fatalf("%d of %d frames", len(got), len(in))
	}
	for i, p := range got {
		if !bytes.Equal(p.Bytes(), in[i].Bytes()) {
			t.Errorf("frame %d differs: %d bytes % x, sent %d bytes % x", i, p.Len(), p.Bytes()[:14], in[i].Len(), in[i].Bytes()[:14])
		}
		x, y := p.Offload, in[i].Offload
		x.CsumValid, y.CsumValid = false, false
		if x != y {
			t.Errorf("frame %d: offload %+v, sent %+v", i, x, y)
		}
	}
	if l := receive(t, a, 1); len(l) != 0 {
		t.Error("received what it sent itself")
	}
	if n, err := a.Send(0, []*packet.Packet{frame(3000), frame(60)}); n != 1 || netdev.Strerror(err) != "Message too long" {
		t.Errorf("too long: %d, %v", n, err)
	}
	if s, err := a.Stats(); err != nil || s.TxPackets < int64(len(in)) || s.TxDropped < 1 {
		t.Errorf("%+v %v", s, err)
	}
}

// TestLoad has a queue change to its ring and back, while frames are on their
// way: none is lost but those between two means, and all are in order.
func TestLoad(t *testing.T) {
	veth(t, "la", "lb")
	a, b := open(t, "la"), open(t, "lb")
	q := b.RxQueues()[0]
	batch := make([]*packet.Packet, 32)
	for i := range batch {
		batch[i] = &packet.Packet{}
	}
	var sent, got, last uint32
	take := func() {
		for {
			n, err := q.Recv(batch)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 && !b.rx.Pending() {
				b.rx.Settled()
				return
			}
			for _, p := range batch[:n] {
				if !bytes.HasPrefix(p.Bytes(), mine) {
					continue
				}
				got++
				if no := binary.BigEndian.Uint32(p.Bytes()[16:]); no <= last {
					t.Fatalf("%d after %d", no, last)
				} else {
					last = no
				}
			}
		}
	}
	out := make([]*packet.Packet, 64)
	for i := range out {
		out[i] = frame(60)
	}
	blow := func() {
		for _, p := range out {
			sent++
			binary.BigEndian.PutUint32(p.Bytes()[16:], sent)
		}
		if n, err := a.Send(0, out); n != len(out) {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		blow()
		switch i {
		case 30:
			b.rx.change(true)
		case 60:
			b.rx.change(false)
		}
		if i%7 == 0 {
			take()
		}
	}
	take()
	if got < sent-2 {
		t.Errorf("%d of %d frames", got, sent)
	}
	if n := rings.Load(); n != 0 {
		t.Errorf("%d bytes of rings are left", n)
	}
	fd := q.FD()
	for end := time.Now().Add(10 * time.Second); q.FD() == fd; {
		if time.Now().After(end) {
			t.Skip("this machine is too slow for a ring")
		}
		blow()
		take()
	}
	if s := b.Status()["rx"]; s != "TPACKET_V2 ring" {
		t.Errorf("status says %q", s)
	}
	if n := testing.AllocsPerRun(100, func() { blow(); take() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	b.Close()
	if n := rings.Load(); n != 0 {
		t.Errorf("%d bytes of rings are left", n)
	}
}

// A queue that is calm again gives its ring back with the next call.
func TestCalm(t *testing.T) {
	veth(t, "xa", "xb")
	a, b := open(t, "xa"), open(t, "xb")
	q := &b.rx
	q.change(true)
	if q.ring == nil {
		t.Fatal(b.ringErr)
	}
	batch := []*packet.Packet{{}}
	for range 3 { // what waited for the other means is read first
		q.Recv(batch)
	}
	if !q.Strained() {
		t.Error("a ring is no strain")
	}
	a.Send(0, []*packet.Packet{frame(60)})
	q.Calm()
	for end := time.Now().Add(3 * time.Second); ; {
		if n, _ := q.Recv(batch); n == 1 && bytes.HasPrefix(batch[0].Bytes(), mine) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the frame in the ring is lost")
		}
	}
	for range 2 {
		q.Recv(batch)
	}
	if q.Strained() || q.old != nil || q.ring != nil || q.Pending() {
		t.Error("the ring is still there")
	}
	// Whoever polls may not have looked: the number is not given to another ring.
	if q.done == nil {
		t.Fatal("the ring's descriptor is closed while it is polled")
	}
	q.frames, q.since = loadFrames, time.Now()
	if q.look(); q.ring != nil {
		t.Error("a new ring, while the last one's descriptor is polled")
	}
	q.Settled()
	q.frames, q.since = loadFrames, time.Now()
	if q.look(); q.done != nil || q.ring == nil {
		t.Errorf("no new ring: %v", b.ringErr)
	}
}

// TestReturn takes the interface away and makes it again.
func TestReturn(t *testing.T) {
	veth(t, "ra", "rb")
	b := open(t, "rb")
	if st, err := b.State(); err != nil || !st.AdminUp || !st.Carrier || st.SpeedMbps != 10000 {
		t.Errorf("%+v %v", st, err)
	}
	unlink("ra")
	if _, err := b.State(); netdev.Strerror(err) != "No such device" {
		t.Errorf("state of none: %v", err)
	}
	veth(t, "ra", "rb")
	a := open(t, "ra")
	for end := time.Now().Add(3 * time.Second); ; {
		a.Send(0, []*packet.Packet{frame(60)})
		q := b.RxQueues()[0]
		batch := []*packet.Packet{{}}
		if n, _ := q.Recv(batch); n == 1 && bytes.HasPrefix(batch[0].Bytes(), mine) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing received after the interface returned")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if s := b.Status(); s["host_stack"] != "isolated by tcx" && s["host_stack"] != "isolated by a tc filter" {
		t.Errorf("%v", s)
	}
}

func TestOpenErrors(t *testing.T) {
	nstest.Need(t)
	_, err := Open(netdev.Config{Name: "nosuch", Type: "system"})
	if netdev.Strerror(err) != "No such device" {
		t.Errorf("%v", err)
	}
}

func TestClose(t *testing.T) {
	veth(t, "ca", "cb")
	d := open(t, "ca")
	d.Close()
	d.Close()
	if _, err := d.RxQueues()[0].Recv([]*packet.Packet{{}}); err != netdev.ErrClosed {
		t.Errorf("%v", err)
	}
	if _, err := d.Send(0, []*packet.Packet{frame(60)}); err != netdev.ErrClosed {
		t.Errorf("%v", err)
	}
}
