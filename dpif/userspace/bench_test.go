package userspace

import (
	"fmt"
	"testing"

	"govs/dpif"
	"govs/netdev"
	"govs/packet"
)

// sink is a device that swallows packets.
type sink struct{ netdev.Device }

func (sink) Type() string                                { return "sink" }
func (sink) RxQueues() []netdev.RxQueue                  { return nil }
func (sink) Send(_ int, b []*packet.Packet) (int, error) { return len(b), nil }
func (sink) Close() error                                { return nil }

func frame(tpdst uint16) []byte {
	b := make([]byte, 60)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 46, 0, 7, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, byte(tpdst >> 8), byte(tpdst), 0, 26})
	packet.IPv4(b[14:]).Checksum()
	return b
}

// forwarder is a datapath with flows of several masks, and a batch that hits
// them.
func forwarder(tb testing.TB, masks int, actions func(out dpif.PortNo) dpif.Actions) (*exec, *port, []*packet.Packet) {
	dp, err := New(Config{Threads: 1})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { dp.Close() })
	in, _ := dp.PortAdd("in", sink{}, dpif.NoPort)
	out, _ := dp.PortAdd("out", sink{}, dpif.NoPort)
	for i := range masks {
		f := dpif.Flow{UFID: dpif.UFID{byte(i), 1}, Actions: actions(out)}
		k, m := &f.Match.Key, &f.Match.Mask
		k.InPort, m.InPort, m.RecircID = uint32(in), ^uint32(0), ^uint32(0)
		k.EthType, m.EthType = 0x0800, 0xffff
		k.TPDst, m.TPDst = uint16(i), 0xffff
		m.NwSrc = ^uint32(0) << i
		k.NwSrc = 0x0a000001
		f.Match.Canon()
		if err := dp.FlowPut(&f, dpif.PutCreate, nil); err != nil {
			tb.Fatal(err)
		}
	}
	x := &exec{}
	x.init(dp, 99)
	batch := make([]*packet.Packet, batchSize)
	for i := range batch {
		batch[i] = packet.New(frame(uint16(i % masks)))
	}
	return x, dp.ports.Load().get(in), batch
}

func TestNoAllocation(t *testing.T) {
	set := attr(nil, dpif.ActSet, attr(nil, dpif.KeyUDP, 1, 2, 3, 4)...)
	for _, masks := range []int{1, 10} {
		x, in, batch := forwarder(t, masks, func(out dpif.PortNo) dpif.Actions {
			return output(append(output(append(output(nil, out), attr(nil, dpif.ActPushVLAN, 0x81, 0, 0x10, 5)...), out), set...), out)
		})
		x.receive(in, batch)
		for _, p := range batch { // undo what the actions did
			p.Reset(60)
			copy(p.Bytes(), frame(0))
		}
		if n := testing.AllocsPerRun(100, func() {
			x.receive(in, batch)
		}); n != 0 {
			t.Errorf("%d masks: %v allocations a batch", masks, n)
		}
	}
}

// A clone that reads its packet anew has a key of its own, which is used again.
func TestCloneNoAllocation(t *testing.T) {
	x, in, batch := forwarder(t, 1, func(out dpif.PortNo) dpif.Actions {
		a := dpif.Actions(attr(nil, dpif.ActPushVLAN, 0x81, 0, 0x10, 5)).Hash(0, 1)
		return output(dpif.Actions(nil).Clone(output(a, out)), out)
	})
	x.receive(in, batch)
	if n := testing.AllocsPerRun(100, func() { x.receive(in, batch) }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

// keeper is a device that keeps packets back until they are flushed.
type keeper struct {
	sink
	kept, sent int
}

func (k *keeper) Send(_ int, b []*packet.Packet) (int, error) {
	k.kept += len(b)
	return len(b), nil
}

func (k *keeper) Flush(int) error {
	k.sent += k.kept
	k.kept = 0
	return nil
}

// A burst of some batches goes to devices that keep packets back, and by one call
// on from there.
func TestFlushNoAllocation(t *testing.T) {
	const burst = 8
	var a, b dpif.PortNo
	x, in, batch := forwarder(t, 1, func(out dpif.PortNo) dpif.Actions {
		a, b = out+1, out+2
		return output(output(nil, a), b)
	})
	ka, kb := &keeper{}, &keeper{}
	for no, k := range map[dpif.PortNo]*keeper{a: ka, b: kb} {
		if got, err := x.dp.PortAdd(fmt.Sprint("keeper", no), k, no); err != nil || got != no {
			t.Fatal(got, err)
		}
	}
	run := func() {
		for range burst {
			x.receive(in, batch)
		}
		x.flush()
	}
	run()
	if want := burst * batchSize; ka.sent != want || kb.sent != want || ka.kept != 0 || kb.kept != 0 {
		t.Fatalf("%+v and %+v, want %d sent by each", ka, kb, want)
	}
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations a burst", n)
	}
}

func BenchmarkForward(b *testing.B) {
	for _, masks := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprintf("masks=%d", masks), func(b *testing.B) {
			x, in, batch := forwarder(b, masks, func(out dpif.PortNo) dpif.Actions { return output(nil, out) })
			b.ReportAllocs()
			for b.Loop() {
				x.receive(in, batch)
			}
			ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(len(batch))
			b.ReportMetric(ns, "ns/packet")
			b.ReportMetric(1e3/ns, "Mpps")
		})
	}
}

// FuzzActions runs arbitrary actions on an arbitrary frame: nothing may panic.
func FuzzActions(f *testing.F) {
	f.Add([]byte(output(attr(nil, dpif.ActPushVLAN, 0x81, 0, 0x10, 5), 2)), frame(7))
	f.Add([]byte(attr(nil, dpif.ActSet, attr(nil, dpif.KeyUDP, 1, 2, 3, 4)...)), frame(7))
	f.Add([]byte(attr(nil, dpif.ActSetMasked, attr(nil, dpif.KeyIPv4, make([]byte, 24)...)...)), frame(7))
	f.Add([]byte(attr(nil, dpif.ActSet, attr(nil, dpif.KeyTunnel, attr(nil, 0, 0, 0, 0, 0, 0, 0, 0, 7)...)...)), frame(7)[:20])
	f.Add([]byte(attr(nil, dpif.ActSample, append(attr(nil, 1, 0xff, 0xff, 0xff, 0xff), attr(nil, 2, attr(nil, dpif.ActPopVLAN)...)...)...)), frame(7))
	dp, err := New(Config{Threads: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { dp.Close() })
	for i := range 3 {
		dp.PortAdd(fmt.Sprint(i), sink{}, dpif.NoPort)
	}
	f.Fuzz(func(t *testing.T, acts, frame []byte) {
		if len(frame) < 14 {
			return
		}
		dp.Execute(&dpif.Execute{Packet: packet.New(frame), Actions: acts})
	})
}
