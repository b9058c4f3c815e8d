// Package dptest is the suite that every implementation of dpif.Datapath
// passes: what ports, flows, upcalls and actions mean. For tests only.
package dptest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// Run runs the suite on datapaths that open makes; each test gets a fresh one.
func Run(t *testing.T, open func(t *testing.T) dpif.Datapath) {
	for _, c := range []struct {
		name string
		fn   func(*testing.T, *world)
	}{
		{"Ports", testPorts},
		{"FlowErrors", testFlowErrors},
		{"FlowDump", testFlowDump},
		{"Miss", testMiss},
		{"Execute", testExecute},
		{"Counters", testCounters},
		{"Actions", testActions},
		{"Userspace", testUserspace},
		{"Recirc", testRecirc},
		{"Hash", testHash},
		{"Sample", testSample},
		{"BadActions", testBadActions},
		{"Masks", testMasks},
		{"PortGone", testPortGone},
		{"Concurrent", testConcurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t: t, dp: open(t)}
			t.Cleanup(func() { w.dp.Close() })
			c.fn(t, w)
		})
	}
}

// world is a datapath with devices.
type world struct {
	t    testing.TB
	dp   dpif.Datapath
	devs []*Device
}

// port adds a port in memory.
func (w *world) port(name string, want dpif.PortNo) (*Device, dpif.PortNo) {
	w.t.Helper()
	d, err := NewDevice(name)
	if err != nil {
		w.t.Fatal(err)
	}
	no, err := w.dp.PortAdd(name, d, want)
	if err != nil {
		w.t.Fatal(err)
	}
	w.devs = append(w.devs, d)
	return d, no
}

// put installs a flow for packets from a port (and recirculation 0).
func (w *world) put(in dpif.PortNo, a dpif.Actions) dpif.UFID { return w.putRecirc(in, 0, a) }

func (w *world) putRecirc(in dpif.PortNo, recirc uint32, a dpif.Actions) dpif.UFID {
	w.t.Helper()
	f := dpif.Flow{Actions: a, UFID: dpif.UFID{byte(in), byte(recirc), 1}}
	f.Match.Key.InPort, f.Match.Key.RecircID = uint32(in), recirc
	f.Match.Mask.InPort, f.Match.Mask.RecircID = ^uint32(0), ^uint32(0)
	if err := w.dp.FlowPut(&f, dpif.PutCreate|dpif.PutModify, nil); err != nil {
		w.t.Fatal(err)
	}
	return f.UFID
}

func testPorts(t *testing.T, w *world) {
	_, a := w.port("one", dpif.NoPort)
	_, b := w.port("two", 17)
	if a == dpif.NoPort || a == 0 || b != 17 {
		t.Errorf("numbers %d, %d", a, b)
	}
	d, err := NewDevice("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.dp.PortAdd("one", d, dpif.NoPort); !errors.Is(err, dpif.ErrExist) {
		t.Errorf("same name: %v", err)
	}
	if _, err := w.dp.PortAdd("three", d, 17); !errors.Is(err, dpif.ErrBusy) {
		t.Errorf("same number: %v", err)
	}
	d.Close()
	l := w.dp.Ports()
	if len(l) != 2 || l[0].No > l[1].No || l[1].Name != "two" || l[1].No != 17 || l[1].Type != "system" {
		t.Errorf("%+v", l)
	}
	if err := w.dp.PortDel(17); err != nil {
		t.Error(err)
	}
	if err := w.dp.PortDel(17); !errors.Is(err, dpif.ErrNoDevice) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := w.devs[1].RxQueues()[0].Recv([]*packet.Packet{{}}); err == nil {
		t.Error("the device of a deleted port is open")
	}
	if l := w.dp.Ports(); len(l) != 1 {
		t.Errorf("%+v", l)
	}
}

func testFlowErrors(t *testing.T, w *world) {
	_, a := w.port("one", dpif.NoPort)
	f := dpif.Flow{UFID: dpif.UFID{1}, Actions: output(a)}
	f.Match.Key.InPort, f.Match.Mask.InPort = uint32(a), ^uint32(0)
	var old dpif.FlowStats
	for _, c := range []struct {
		what string
		got  error
		want error
	}{
		{"modify none", w.dp.FlowPut(&f, dpif.PutModify, nil), dpif.ErrNotFound},
		{"create", w.dp.FlowPut(&f, dpif.PutCreate, nil), nil},
		{"create again", w.dp.FlowPut(&f, dpif.PutCreate, nil), dpif.ErrExist},
		{"modify", w.dp.FlowPut(&f, dpif.PutModify, &old), nil},
		{"put", w.dp.FlowPut(&f, dpif.PutCreate|dpif.PutModify|dpif.PutZeroStats, &old), nil},
		{"delete", second(w.dp.FlowDel(f.UFID)), nil},
		{"delete again", second(w.dp.FlowDel(f.UFID)), dpif.ErrNotFound},
		{"get none", second(w.dp.FlowGet(f.UFID)), dpif.ErrNotFound},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func testFlowDump(t *testing.T, w *world) {
	_, a := w.port("one", dpif.NoPort)
	want := map[dpif.UFID]uint16{}
	for i := range 100 {
		f := dpif.Flow{UFID: dpif.UFID{byte(i), 9}, Actions: output(a)}
		f.Match.Key.InPort, f.Match.Key.EthType = uint32(a), uint16(i)
		f.Match.Mask.InPort, f.Match.Mask.EthType = ^uint32(0), 0xffff
		if err := w.dp.FlowPut(&f, dpif.PutCreate, nil); err != nil {
			t.Fatal(err)
		}
		want[f.UFID] = uint16(i)
	}
	seen := 0
	w.dp.FlowDump(func(f *dpif.Flow) bool {
		typ, ok := want[f.UFID]
		if !ok || f.Match.Key.EthType != typ || f.Match.Mask.EthType != 0xffff || !bytes.Equal(f.Actions, output(a)) {
			t.Errorf("%+v", f.UFID)
		}
		seen++
		return true
	})
	if seen != 100 || w.dp.Stats().Flows != 100 || w.dp.Stats().Masks != 1 {
		t.Errorf("%d flows, %+v", seen, w.dp.Stats())
	}
	counted := 0
	w.dp.FlowCounters(func(u dpif.UFID, s *dpif.FlowStats) bool {
		if _, ok := want[u]; !ok || s.Packets != 0 {
			t.Errorf("%v: %+v", u, s)
		}
		counted++
		return true
	})
	if counted != 100 {
		t.Errorf("counters of %d flows", counted)
	}
	stopped := 0
	w.dp.FlowDump(func(*dpif.Flow) bool { stopped++; return false })
	w.dp.FlowCounters(func(dpif.UFID, *dpif.FlowStats) bool { stopped++; return false })
	if stopped != 2 {
		t.Errorf("dump went on after false")
	}
	w.dp.FlowFlush()
	if s := w.dp.Stats(); s.Flows != 0 || s.Masks != 0 {
		t.Errorf("after flush %+v", s)
	}
}

// testExecute: several packets at once go out in their order; one that cannot be
// executed is an error and does not keep the others.
func testExecute(t *testing.T, w *world) {
	out, b := w.port("two", dpif.NoPort)
	var batch []*dpif.Execute
	for i := range 70 {
		p := udp()
		p.Bytes()[5] = byte(i)
		batch = append(batch, &dpif.Execute{Packet: p, Actions: output(b)})
	}
	batch[40].Actions = dpif.Actions{1}
	if err := w.dp.Execute(batch...); !errors.Is(err, dpif.ErrInvalid) {
		t.Errorf("an error among them: %v", err)
	}
	sent := out.Sent()
	if len(sent) != 69 {
		t.Fatalf("%d of 69 packets sent", len(sent))
	}
	for i, f := range sent {
		want := i
		if i >= 40 {
			want++
		}
		if f.Bytes()[5] != byte(want) {
			t.Fatalf("packet %d went out as number %d", f.Bytes()[5], i)
		}
	}
	if err := w.dp.Execute(); err != nil {
		t.Error(err)
	}
}

func testMiss(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	in.Inject(udp())
	if s := w.dp.Stats(); s.Misses != 1 || s.Lost != 1 {
		t.Errorf("without handler: %+v", s)
	}
	var mu sync.Mutex
	var ups []dpif.Upcall
	w.dp.SetHandler(func(batch []dpif.Upcall) {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range batch {
			key := *u.Key
			p := &packet.Packet{}
			u.Packet.CopyTo(p)
			ups = append(ups, dpif.Upcall{Reason: u.Reason, Packet: p, Key: &key, UFID: u.UFID})
			if err := w.dp.Execute(&dpif.Execute{Packet: u.Packet, Key: u.Key, Actions: output(b)}); err != nil {
				t.Error(err)
			}
		}
	})
	in.Inject(udp(), udp())
	if len(ups) != 2 {
		t.Fatalf("%d upcalls", len(ups))
	}
	u := ups[0]
	if u.Reason != dpif.UpcallMiss || u.Key.InPort != uint32(a) || u.Key.EthType != 0x0800 || u.Key.TPDst != 4242 ||
		!bytes.Equal(u.Packet.Bytes(), udp().Bytes()) || u.UFID == (dpif.UFID{}) || u.UFID != ups[1].UFID {
		t.Errorf("%+v %+v", u, u.Key)
	}
	if n := len(out.Sent()); n != 2 {
		t.Errorf("%d sent", n)
	}
}

func testCounters(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	_, b := w.port("two", dpif.NoPort)
	u := w.put(a, output(b))
	begin := time.Now().Add(-time.Second)
	in.Inject(tcp(0x02), tcp(0x10), udp())
	f, err := w.dp.FlowGet(u)
	want := uint64(2*tcp(0).Len() + udp().Len())
	if err != nil || f.Stats.Packets != 3 || f.Stats.Bytes != want || f.Stats.TCPFlags != 0x12 || f.Stats.Used.Before(begin) {
		t.Errorf("%+v %v", f.Stats, err)
	}
	if s := w.dp.Stats(); s.Hits != 3 || s.Misses != 0 {
		t.Errorf("%+v", s)
	}
	var old dpif.FlowStats
	f.Actions = nil
	if err := w.dp.FlowPut(&f, dpif.PutModify|dpif.PutZeroStats, &old); err != nil || old.Packets != 3 {
		t.Errorf("%+v %v", old, err)
	}
	in.Inject(udp())
	if st, err := w.dp.FlowDel(u); err != nil || st.Packets != 1 {
		t.Errorf("%+v %v", st, err)
	}
}

func testUserspace(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	var ups []dpif.Upcall
	w.dp.SetHandler(func(batch []dpif.Upcall) {
		for _, u := range batch {
			u.Userdata = append([]byte(nil), u.Userdata...)
			p := &packet.Packet{}
			u.Packet.CopyTo(p)
			ups = append(ups, dpif.Upcall{Reason: u.Reason, Packet: p, Userdata: u.Userdata})
			clear(u.Packet.Bytes()) // it is the handler's now
		}
	})
	w.put(a, seq(userspace(1, 2, 3, 4), output(b), trunc(20), userspace(5)))
	in.Inject(udp())
	if len(ups) != 2 || ups[0].Reason != dpif.UpcallAction || !bytes.Equal(ups[0].Userdata, []byte{1, 2, 3, 4}) ||
		!bytes.Equal(ups[0].Packet.Bytes(), udp().Bytes()) || ups[1].Packet.Len() != 20 {
		t.Errorf("%+v", ups)
	}
	if l := out.Sent(); len(l) != 1 || !bytes.Equal(l[0].Bytes(), udp().Bytes()) {
		t.Errorf("sent %v", l)
	}
}

func testRecirc(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	other, c := w.port("three", dpif.NoPort)
	w.put(a, seq(pushVLAN(0x8100, 0x1005), recirc(7), output(c)))
	f := dpif.Flow{UFID: dpif.UFID{99}, Actions: output(b)}
	f.Match.Key.InPort, f.Match.Key.RecircID = uint32(a), 7
	f.Match.Key.VLANs[0] = flow.VLAN{TPID: 0x8100, TCI: 0x1005}
	f.Match.Mask.InPort, f.Match.Mask.RecircID = ^uint32(0), ^uint32(0)
	f.Match.Mask.VLANs[0] = flow.VLAN{TPID: 0xffff, TCI: 0xffff}
	if err := w.dp.FlowPut(&f, dpif.PutCreate, nil); err != nil {
		t.Fatal(err)
	}
	in.Inject(udp())
	tagged := udp()
	tagged.PushVLAN(0x8100, 5)
	for _, d := range []*Device{out, other} {
		if l := d.Sent(); len(l) != 1 || !bytes.Equal(l[0].Bytes(), tagged.Bytes()) {
			t.Errorf("%s: %v", d.Name(), l)
		}
	}
	// A loop ends.
	w.putRecirc(a, 8, recirc(8))
	w.put(a, recirc(8))
	in.Inject(udp())
	if s := w.dp.Stats(); s.Hits > 20 {
		t.Errorf("recirculated %d times", s.Hits)
	}
}

func testHash(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	var hashes []uint32
	w.dp.SetHandler(func(batch []dpif.Upcall) {
		for _, u := range batch {
			hashes = append(hashes, u.Key.DPHash)
		}
	})
	w.put(a, seq(hash(0, 1), recirc(7)))
	in.Inject(udp())
	in.Inject(udp(), tcp(2))
	if len(hashes) != 3 || hashes[0] == 0 || hashes[0] != hashes[1] || hashes[1] == hashes[2] {
		t.Errorf("%x", hashes)
	}
}

func testSample(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	for _, c := range []struct {
		prob   uint32
		lo, hi int
	}{{0, 0, 0}, {1 << 31, 300, 700}, {^uint32(0), 1000, 1000}} {
		w.put(a, sample(c.prob, output(b)))
		for range 100 {
			in.Inject(udp(), udp(), udp(), udp(), udp(), udp(), udp(), udp(), udp(), udp())
		}
		if n := len(out.Sent()); n < c.lo || n > c.hi {
			t.Errorf("probability %#x: %d of 1000", c.prob, n)
		}
	}
}

func testBadActions(t *testing.T, w *world) {
	_, a := w.port("one", dpif.NoPort)
	for _, acts := range []dpif.Actions{{1}, {1, 0, 1, 0}, {200, 0, 1, 0, 0, 0, 0, 0}, attr(1, 1), attr(3), attr(8, 1, 2, 3, 4),
		attr(20, 1), set(7, 1, 2), attr(4, 1)} {
		f := dpif.Flow{UFID: dpif.UFID{1}, Actions: acts}
		f.Match.Key.InPort, f.Match.Mask.InPort = uint32(a), ^uint32(0)
		if err := w.dp.FlowPut(&f, dpif.PutCreate, nil); !errors.Is(err, dpif.ErrInvalid) {
			t.Errorf("% x: %v", []byte(acts), err)
		}
		if err := w.dp.Execute(&dpif.Execute{Packet: udp(), Actions: acts}); !errors.Is(err, dpif.ErrInvalid) {
			t.Errorf("execute % x: %v", []byte(acts), err)
		}
	}
}

// testMasks has flows of many masks, so that caches and every kind of lookup
// are in play, and checks which one packets hit.
func testMasks(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	outs := map[uint16]*Device{}
	for i := range 40 {
		d, no := w.port(fmt.Sprint("out", i), dpif.NoPort)
		tpdst := uint16(1000 + i)
		outs[tpdst] = d
		f := dpif.Flow{UFID: dpif.UFID{byte(i), 1}, Actions: output(no)}
		k, m := &f.Match.Key, &f.Match.Mask
		k.InPort, m.InPort = uint32(a), ^uint32(0)
		k.EthType, m.EthType = 0x0800, 0xffff
		k.TPDst, m.TPDst = tpdst, 0xffff
		k.NwSrc, m.NwSrc = 0x0a000001, ^uint32(0)<<(i%20) // twenty masks
		f.Match.Canon()
		if i%2 == 0 { // half of them for any port
			k.InPort, m.InPort = 0, 0
		}
		if err := w.dp.FlowPut(&f, dpif.PutCreate, nil); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 3 {
		for tpdst, d := range outs {
			p := udp()
			binary.BigEndian.PutUint16(p.Bytes()[36:], tpdst)
			in.Inject(p)
			if n := len(d.Sent()); n != 1 {
				t.Errorf("round %d: port %d: %d packets", round, tpdst, n)
			}
		}
		if round == 1 { // what was cached must not outlive the flow
			w.dp.FlowDump(func(f *dpif.Flow) bool {
				g := *f
				if f.Match.Key.TPDst == 1003 {
					w.dp.FlowDel(g.UFID)
				}
				return true
			})
			delete(outs, 1003)
			p := udp()
			binary.BigEndian.PutUint16(p.Bytes()[36:], 1003)
			before := w.dp.Stats().Misses
			in.Inject(p)
			if w.dp.Stats().Misses != before+1 {
				t.Error("a deleted flow was hit")
			}
		}
	}
}

func testPortGone(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	_, b := w.port("two", dpif.NoPort)
	third, c := w.port("three", dpif.NoPort)
	w.put(a, seq(output(b), output(c)))
	if err := w.dp.PortDel(b); err != nil {
		t.Fatal(err)
	}
	in.Inject(udp())
	if n := len(third.Sent()); n != 1 {
		t.Errorf("%d packets", n)
	}
	d, no := w.port("again", b)
	in.Inject(udp())
	if n := len(d.Sent()); n != 1 || no != b {
		t.Errorf("%d packets at the new port %d", n, no)
	}
}

// testConcurrent changes everything while packets flow; the race detector and
// the absence of wrong packets are the test.
func testConcurrent(t *testing.T, w *world) {
	in, a := w.port("one", dpif.NoPort)
	out, b := w.port("two", dpif.NoPort)
	w.dp.SetHandler(func(batch []dpif.Upcall) {
		for i := range batch {
			w.dp.Execute(&dpif.Execute{Packet: batch[i].Packet, Key: batch[i].Key, Actions: output(b)})
		}
	})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	churn := func(fn func(i int)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					fn(i)
				}
			}
		}()
	}
	churn(func(i int) { w.put(a, seq(pushVLAN(0x8100, 0x1001), popVLAN(), output(b))) })
	churn(func(i int) { w.dp.FlowFlush() })
	churn(func(i int) {
		if d, err := NewDevice("x"); err == nil {
			no, err := w.dp.PortAdd("x", d, dpif.NoPort)
			if err != nil {
				d.Close()
				return
			}
			w.dp.PortDel(no)
		}
	})
	churn(func(i int) { w.dp.FlowDump(func(*dpif.Flow) bool { return true }); w.dp.Stats(); w.dp.Ports() })
	want := udp().Bytes()
	total := 0
	for range 300 {
		in.Inject(udp(), udp(), udp())
		for _, p := range out.Sent() {
			if !bytes.Equal(p.Bytes(), want) {
				t.Fatalf("% x", p.Bytes())
			}
			total++
		}
	}
	close(stop)
	wg.Wait()
	if total != 900 {
		t.Errorf("%d of 900 packets", total)
	}
}
