package ofproto

import (
	"runtime"
	"testing"

	"govs/dpif"
	"govs/dpif/userspace"
	"govs/flow"
	"govs/netdev/dummy"
	"govs/packet"
)

// storm sets up a switch where each address needs a datapath flow of its own,
// and returns a function that brings up the n-th packet.
func storm(b *testing.B) (*testHost, func(n int)) {
	b.Helper()
	h := &testHost{clock: &testClock{}}
	h.clock.now = h.clock.now.AddDate(2020, 0, 0)
	h.Host = NewHost(h.clock)
	dp, err := userspace.New(userspace.Config{Name: "ovs-system", Type: "system", NamedPorts: true, Threads: 1, Now: h.clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	h.backer = h.Open(dp, Options{})
	h.backer.SetLimits(Limits{FlowLimit: 1 << 30, MaxIdle: 1 << 60})
	b.Cleanup(func() { h.backer.Close(true) })
	p, err := h.backer.NewOfproto("br9", 1)
	if err != nil {
		b.Fatal(err)
	}
	p.SetFailMode(FailSecure)
	for _, name := range []string{"p1", "p2"} {
		d, _ := dummy.Open(dummyConfig(name))
		if _, err := p.PortAdd(PortSpec{Name: name, Type: "dummy", Device: d}); err != nil {
			b.Fatal(err)
		}
	}
	h.flows(b, "br9", "ip,nw_src=10.0.0.0/8,actions=resubmit(,1)\ntable=1,udp,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],move:NXM_OF_UDP_SRC[]->NXM_NX_REG1[0..15],resubmit(,2)\ntable=2,actions=output:2")
	key, err := flow.ParseKey("in_port=1,udp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.0.0,nw_ttl=64", nil)
	if err != nil {
		b.Fatal(err)
	}
	pkt := flow.Compose(key, nil)
	// Batches as packet threads make them.
	batch := make([]dpif.Upcall, 32)
	keys := make([]flow.Key, len(batch))
	pkts := make([]packet.Packet, len(batch))
	fill := 0
	return h, func(n int) {
		k, u := &keys[fill], &batch[fill]
		*k = *key
		k.NwSrc = 10<<24 | uint32(n)&0xffffff
		k.TPSrc = uint16(n >> 24)
		pkt.CopyTo(&pkts[fill])
		*u = dpif.Upcall{Reason: dpif.UpcallMiss, Packet: &pkts[fill], Key: k}
		u.UFID[0], u.UFID[1], u.UFID[2], u.UFID[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
		if fill++; fill == len(batch) {
			fill = 0
			h.backer.upcalls(batch)
		}
	}
}

// BenchmarkFlowSetup brings up packets that each need their own datapath flow.
func BenchmarkFlowSetup(b *testing.B) {
	_, up := storm(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		up(n)
		n++
	}
}

// BenchmarkRevalidateQuiet goes over 200,000 datapath flows when nothing has
// changed.
func BenchmarkRevalidateQuiet(b *testing.B) {
	h, up := storm(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n := range 200000 {
		up(n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	h.backer.Step(h.clock.Now())
	h.backer.Step(h.clock.Now())
	for b.Loop() {
		h.backer.Step(h.clock.Now())
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/200000, "B/flow")
	b.ReportMetric(float64(h.backer.ukeys.len()), "flows")
}
