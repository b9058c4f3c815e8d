package conntrack

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"govs/packet"
)

// established returns a tracker with n UDP connections and a packet of each,
// whose checksums a device has verified.
func established(n int) (*Tracker, []*packet.Packet) {
	tr := New()
	commit := &Action{Zone: 1, Commit: true}
	list := make([]*packet.Packet, n)
	for i := range list {
		src := fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
		p := make4(17, src, "192.168.0.1", uint16(i), 53, nil)
		p.Offload.CsumValid = true
		tr.Process(p, commit, 1)
		tr.Process(make4(17, "192.168.0.1", src, 53, uint16(i), nil), commit, 1)
		list[i] = p
	}
	return tr, list
}

func TestNoAllocation(t *testing.T) {
	tr, list := established(100)
	a := &Action{Zone: 1, Commit: true}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		p := list[i%len(list)]
		i++
		Clear(p)
		tr.Process(p, a, 2)
		tr.Process(p, a, 2) // finds the connection by the packet's note
	}); n != 0 {
		t.Errorf("a packet of a known connection allocates %v times", n)
	}
	tcp := New()
	seg := tcp4("10.0.0.1", "10.0.0.2", 1, 2, 1, 1, ack, "x")
	nat := &Action{Commit: true, NAT: &NAT{Src: true, Addr: true, Min: addr16("10.9.9.9"), Max: addr16("10.9.9.9")}}
	tcp.Process(seg, nat, 1)
	work := &packet.Packet{}
	if n := testing.AllocsPerRun(1000, func() {
		seg := seg
		seg.CopyTo(work)
		work.SetIPv4(0x0a000001, 0x0a000002, 0, 64)
		Clear(work)
		tcp.Process(work, nat, 2)
	}); n != 0 {
		t.Errorf("a translated segment allocates %v times", n)
	}
}

// TestConcurrent has several threads open, use, flush and sweep the same
// connections; at the end the table is sound.
func TestConcurrent(t *testing.T) {
	tr := New()
	tr.SetDefaultLimit(500)
	var wg sync.WaitGroup
	actions := []*Action{
		{Zone: 1, Commit: true},
		{Zone: 2, Commit: true, Force: true, SetMark: true, Mark: 1, MarkMask: 1},
		{Zone: 1, Commit: true, NAT: &NAT{Src: true, Addr: true, Min: addr16("10.9.0.1"), Max: addr16("10.9.0.1")}},
		{Zone: 2, Commit: true, NAT: &NAT{Dst: true, Addr: true, Min: addr16("10.9.0.1"), Max: addr16("10.9.0.2"), PortMin: 80, PortMax: 90}},
		{Zone: 3, Commit: true, Helper: "ftp", NAT: &NAT{Src: true, Addr: true, Min: addr16("10.9.0.1"), Max: addr16("10.9.0.1")}},
	}
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 7))
			for i := range 4000 {
				now := int64(i) * 20
				a := actions[r.IntN(len(actions))]
				src, dst := fmt.Sprintf("10.0.0.%d", r.IntN(20)), fmt.Sprintf("10.9.0.%d", r.IntN(3))
				if r.IntN(2) == 0 {
					src, dst = dst, src
				}
				p := make4(17, src, dst, uint16(50+r.IntN(40)), uint16(50+r.IntN(40)), nil)
				if r.IntN(3) == 0 {
					p = tcp4(src, dst, uint16(20+r.IntN(3)), uint16(20+r.IntN(3)), r.Uint32N(50), 0, uint16(pick(r, syn, ack, rst, ack|fin)),
						pick(r, "", "PORT 10,0,0,1,4,5\r\n"))
				}
				tr.Process(p, a, now)
				if r.IntN(3) == 0 {
					tr.Process(p, actions[r.IntN(len(actions))], now)
				}
				switch r.IntN(200) {
				case 0:
					tr.Flush(&Filter{Orig: TupleFilter{Tuple: Tuple{SrcPort: uint16(50 + r.IntN(40))}}})
				case 1:
					tr.Sweep(now)
				case 2:
					tr.Dump(nil, now, func(*Entry) bool { return true })
				}
			}
		})
	}
	wg.Wait()
	tr.check(t)
	tr.Flush(nil)
	tr.check(t)
	if tr.Len() != 0 || len(tr.Expectations()) != 0 {
		t.Errorf("%d connections, %d expectations left", tr.Len(), len(tr.Expectations()))
	}
}

// shuffled is established with the packets in no order.
func shuffled(n int) (*Tracker, []*packet.Packet) {
	tr, list := established(n)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return tr, list
}

// BenchmarkEstablished is a packet of one of 100,000 known connections.
func BenchmarkEstablished(b *testing.B) {
	tr, list := shuffled(100_000)
	a := &Action{Zone: 1, Commit: true}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := list[i%len(list)]
		p.CtConn = nil
		tr.Process(p, a, 2)
	}
}

// BenchmarkSetup opens connections, with 100,000 in the table.
func BenchmarkSetup(b *testing.B) {
	tr, _ := established(100_000)
	a := &Action{Zone: 1, Commit: true}
	p := make4(17, "172.16.0.1", "192.168.0.1", 1, 53, nil)
	p.Offload.CsumValid = true
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		be.PutUint32(p.Bytes()[p.L3+12:], 0xac100000|uint32(i)&0xfffff)
		be.PutUint16(p.Bytes()[p.L4:], uint16(1+i>>20))
		p.CtConn, p.CtState = nil, 0
		tr.Process(p, a, int64(i)/1000)
		if tr.Len() > 1_000_000 {
			b.StopTimer()
			tr.Flush(&Filter{Orig: TupleFilter{}})
			b.StartTimer()
		}
	}
}

// BenchmarkSetupNAT does so with source NAT to one address.
func BenchmarkSetupNAT(b *testing.B) {
	tr, _ := established(100_000)
	a := &Action{Zone: 2, Commit: true, NAT: &NAT{Src: true, Addr: true, Min: addr16("10.9.0.1"), Max: addr16("10.9.0.1")}}
	b.ReportAllocs()
	p := make4(17, "172.16.0.1", "192.168.0.1", 1, 53, nil)
	p.Offload.CsumValid = true
	for i := 0; b.Loop(); i++ {
		p.SetIPv4(0xac100001, 0xc0000000|uint32(i)>>10, 0, 64)
		p.SetUDPPorts(uint16(2000+i&1023), 53)
		p.CtConn, p.CtState = nil, 0
		tr.Process(p, a, 1)
		if tr.Len() > 1_000_000 {
			b.StopTimer()
			tr.Flush(&Filter{HasZone: true, Zone: 2})
			b.StartTimer()
		}
	}
}

// Packets of all kinds can be fetched, and it changes nothing.
func TestFetch(t *testing.T) {
	tr, list := established(fetchFrom + 100)
	short := make4(17, "10.0.0.1", "10.0.0.2", 1, 53, nil)
	short.SetLen(short.L4 + 3)
	batch := append([]*packet.Packet{packet.New(nil), packet.New(make([]byte, 14)), short}, list[1:101]...)
	for _, p := range list[1:101] {
		var v view
		if !tr.read(p, 1, &v) || tr.guess(p, 1) != v.hash {
			t.Fatal("the guess is wrong")
		}
	}
	if n := testing.AllocsPerRun(10, func() { tr.Fetch(batch, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	tr.check(t)
}

// BenchmarkFetch is BenchmarkEstablished of packets that come in batches.
func BenchmarkFetch(b *testing.B) {
	tr, list := shuffled(100_000)
	a := &Action{Zone: 1, Commit: true}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := i % len(list)
		if at%fetchMost == 0 {
			tr.Fetch(list[at:min(at+fetchMost, len(list))], 1)
		}
		p := list[at]
		p.CtConn = nil
		tr.Process(p, a, 2)
	}
}
