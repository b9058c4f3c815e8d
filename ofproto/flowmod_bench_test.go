package ofproto

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"govs/openflow"
	"govs/openflow/conn"
)

// flowMods returns the wire form of n flow-mods that set up connections of
// hosts over four tables, each in a bundle if bundled, and what they add to.
func flowMods(t testing.TB, n int, bundled bool) (msgs [][]byte) {
	t.Helper()
	for i := range n {
		fm, _, err := openflow.ParseFlowMod(fmt.Sprintf("table=%d,cookie=0x%x,priority=%d,tcp,nw_src=10.%d.%d.%d,tp_dst=%d,actions=load:0x%x->NXM_NX_REG5[],output:%d",
			i%4, i, 100+i%3, i>>16, i>>8&255, i&255, 1+i%1000, i, 1+i%2), openflow.FlowAdd, &openflow.Names{})
		if err != nil {
			t.Fatal(err)
		}
		b := openflow.Encode(fm, openflow.ProtocolOf(openflow.V14), uint32(i))
		if bundled {
			b = openflow.Encode(&openflow.BundleAdd{Flags: openflow.BundleAtomic | openflow.BundleOrdered, Raw: b}, openflow.ProtocolOf(openflow.V14), uint32(i))
		}
		msgs = append(msgs, b)
	}
	return msgs
}

// benchConn returns a connection to a switch of its own that speaks OpenFlow
// 1.4 and whose other end is not there.
func benchConn(t testing.TB) *ofConn {
	t.Helper()
	h := NewHost(&testClock{now: time.Now()})
	backer := h.Open(nopDatapath{}, Options{})
	t.Cleanup(func() { backer.Close(true) })
	p, err := backer.NewOfproto("br9", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.SetFailMode(FailSecure)
	ours, theirs := net.Pipe()
	go theirs.Write(openflow.Encode(&openflow.Hello{Versions: openflow.VersionsOf(openflow.V14)}, openflow.ProtocolOf(openflow.V14), 1))
	go io.Copy(io.Discard, theirs)
	c := conn.New(ours, "bench")
	if err := c.Handshake(t.Context(), openflow.VersionsOf(openflow.V14)); err != nil {
		t.Fatal(err)
	}
	return newOfConn(p, c, connService, &controller{})
}

const benchFlows = 100000

// cpuTime returns the processor time that the process has used: on a busy machine
// it says more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perFlow reports what one flow takes: real time of the benchmark, and processor
// time of all that was measured by timed.
func perFlow(b *testing.B, cpu time.Duration) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchFlows, "ns/flow")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/benchFlows, "cpu-ns/flow")
}

// timed runs f with the timer on and returns the processor time.
func timed(b *testing.B, f func()) time.Duration {
	b.StartTimer()
	begin := cpuTime()
	f()
	used := cpuTime() - begin
	b.StopTimer()
	return used
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// give lets the switch handle messages, none of which it refuses.
func (o *ofConn) give(t testing.TB, msgs ...[]byte) {
	for _, b := range msgs {
		if err := o.handle(b); err != nil {
			t.Fatal(err)
		}
	}
}

func bundleControl(typ openflow.BundleType) []byte {
	return openflow.Encode(&openflow.BundleControl{Type: typ, Flags: openflow.BundleAtomic | openflow.BundleOrdered}, openflow.ProtocolOf(openflow.V14), 1)
}

// BenchmarkFlowMods adds flows by flow-mods, one by one.
func BenchmarkFlowMods(b *testing.B) {
	msgs := flowMods(b, benchFlows, false)
	benchAdd(b, func(o *ofConn) { o.give(b, msgs...) })
}

// BenchmarkBundle adds flows by one bundle.
func BenchmarkBundle(b *testing.B) {
	msgs := flowMods(b, benchFlows, true)
	benchAdd(b, func(o *ofConn) {
		o.give(b, bundleControl(openflow.BundleOpen))
		o.give(b, msgs...)
		o.give(b, bundleControl(openflow.BundleCommit))
	})
}

// benchAdd measures what adds benchFlows flows to an empty switch, and the room
// they take.
func benchAdd(b *testing.B, add func(o *ofConn)) {
	b.StopTimer()
	var cpu time.Duration
	var room uint64
	for range b.N {
		o := benchConn(b)
		before := heapInUse()
		cpu += timed(b, func() { add(o) })
		room += heapInUse() - before
		if n := o.p.tables.Table(0).Len(); n != benchFlows/4 {
			b.Fatalf("%d flows", n)
		}
	}
	perFlow(b, cpu)
	b.ReportMetric(float64(room)/float64(b.N)/benchFlows, "B/flow")
}

// BenchmarkDeleteAll deletes all flows by one flow-mod.
func BenchmarkDeleteAll(b *testing.B) {
	msgs := flowMods(b, benchFlows, false)
	all := openflow.Encode(&openflow.FlowMod{Command: openflow.FlowDelete, Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}, openflow.ProtocolOf(openflow.V14), 1)
	o := benchConn(b)
	b.StopTimer()
	var cpu time.Duration
	for range b.N {
		o.give(b, msgs...)
		cpu += timed(b, func() { o.give(b, all) })
		if n := o.p.tables.Table(0).Len(); n != 0 {
			b.Fatalf("%d flows", n)
		}
	}
	perFlow(b, cpu)
}
