package xlate

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/netdev"
	"govs/netdev/afpacket"
	"govs/packet"
	"govs/test/bench/ratios"
	"govs/test/sandbox"
)

var (
	rounds = flag.Int("rounds", 3, "how often each switch is measured; medians are printed")
	storm  = flag.Duration("storm", 1500*time.Millisecond, "how long a storm of new connections lasts")
	// The reference's userspace datapath has no room for more than 65,536 flows.
	enough = flag.Int("connections", 50000, "how many connections are set up when only that is measured")
	offer  = flag.Int("offer", 250000, "new connections a second that are offered")
)

// Names of the measurements.
const (
	upcalls   = "flow setups, a storm of new connections"
	setups    = "flow setups, the first of them, no flow limit"
	resident  = "resident per datapath flow then"
	revalTime = "revalidation of 200,000 flows at that pace, nothing changed"
)

var measures = []ratios.Measure{
	{Name: upcalls, Unit: "/s", Goal: 3},
	{Name: setups, Unit: "/s", Goal: 2},
	{Name: resident, Unit: "B", LessIsBetter: true, Limit: 1000},
	{Name: revalTime, Unit: "ms", LessIsBetter: true, Limit: 0.5},
}

// pipeline looks at addresses and ports, so that each connection is a datapath
// flow of its own, in three tables.
var pipeline = []string{
	"table=0,priority=10,udp,in_port=1,actions=resubmit(,1)",
	"table=0,priority=0,actions=drop",
	"table=1,udp,nw_src=10.0.0.0/8,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],move:NXM_OF_IP_DST[]->NXM_NX_REG1[]," +
		"move:NXM_OF_UDP_SRC[]->NXM_NX_REG2[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG2[16..31],resubmit(,2)",
	"table=2,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,actions=output:2",
}

// BenchmarkStorm prints how both switches stand the same storm, in turns.
func BenchmarkStorm(b *testing.B) {
	ovsref.Root(b)
	makers := []sandbox.Maker{sandbox.Ours(b), sandbox.Reference(b)}
	for b.Loop() {
		figures := []ratios.Figures{{}, {}}
		var notes []string
		for round := range *rounds {
			for i := range makers {
				i = (i + round) % len(makers) // who is first takes turns, too
				b.Run(fmt.Sprintf("%s/%d", makers[i].Name, round), func(b *testing.B) {
					figures[i].Add(whole(b, makers[i]))
				})
				b.Run(fmt.Sprintf("%s/%d/first", makers[i].Name, round), func(b *testing.B) {
					f, note := first(b, makers[i])
					figures[i].Add(f)
					if note != "" {
						notes = append(notes, fmt.Sprintf("%s, round %d: %s", makers[i].Name, round, note))
					}
				})
			}
		}
		fmt.Println()
		ratios.Print(os.Stdout, measures, figures[0], figures[1])
		fmt.Printf("%d connections offered a second, for %v or until %d are set up; medians of %d rounds; a ratio above 1 is for govs\n", *offer, *storm, *enough, *rounds)
		for _, n := range notes {
			fmt.Println(n)
		}
	}
}

// whole has a storm go through a switch as it is by default.
func whole(b *testing.B, m sandbox.Maker) map[string]float64 {
	s, dev := start(b, m)
	before := misses(b, s)
	begin := time.Now()
	blow(dev, func() bool { return time.Since(begin) >= *storm })
	return map[string]float64{upcalls: (misses(b, s) - before) / time.Since(begin).Seconds()}
}

// first has a storm go through a switch until as many connections are set up as
// either switch has room for, and looks at what they cost. When most of the flows are
// gone by then it says so, and not what the others cost: by flow that would be all that
// the storm has left behind.
func first(b *testing.B, m sandbox.Maker) (f map[string]float64, note string) {
	s, dev := start(b, m)
	s.Must("ovs-vsctl", "set", "open", ".", "other_config:max-idle=100000", "other_config:flow-limit=1000000")
	if text, ok := s.Appctl("upcall/set-flow-limit", "1000000"); !ok { // the reference begins low
		b.Fatal(text)
	}
	memory, before := residentMemory(b, s), misses(b, s)
	begin := time.Now()
	var enoughNow atomic.Bool
	done := make(chan struct{})
	go func() { blow(dev, enoughNow.Load); close(done) }()
	var n float64
	for n < float64(*enough) && time.Since(begin) < time.Minute {
		time.Sleep(20 * time.Millisecond)
		n = misses(b, s) - before
	}
	f = map[string]float64{setups: n / time.Since(begin).Seconds()}
	enoughNow.Store(true)
	<-done
	time.Sleep(2 * time.Second) // the switches come to rest
	flows, dump := upcallShow(b, s)
	if flows < n/2 {
		return f, fmt.Sprintf("%.0f of %.0f datapath flows were left when they were looked at: no figures per flow", flows, n)
	}
	f[resident] = (residentMemory(b, s) - memory) / flows
	f[revalTime] = dump / flows * 200000
	return f, ""
}

// start starts a switch with two ports and returns the device from which packets
// come to the first.
func start(b *testing.B, m sandbox.Maker) (*sandbox.Switch, *afpacket.Device) {
	name := fmt.Sprintf("govsstorm%d", os.Getpid())
	ns, err := netlab.New(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		netlab.Clear(name)
		ns.Close()
	})
	for _, v := range []string{"p1", "p2"} {
		if err := netlab.Veth(ns, v, ns, v+"peer"); err != nil {
			b.Fatal(err)
		}
	}
	s := sandbox.Start(b, m, sandbox.Config{Dummy: "no", Namespace: ns})
	s.Must("ovs-vsctl", "--timeout=20", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure", "--",
		"add-port", "br0", "p1", "--", "set", "interface", "p1", "ofport_request=1", "--",
		"add-port", "br0", "p2", "--", "set", "interface", "p2", "ofport_request=2")
	for _, f := range pipeline {
		s.Must("ovs-ofctl", "add-flow", "br0", f)
	}
	var dev *afpacket.Device
	if err := ns.Do(func() (err error) {
		dev, err = afpacket.Open(netdev.Config{Name: "p1peer", Type: "system"})
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { dev.Close() })
	return s, dev
}

// blow offers new connections at a steady rate.
func blow(dev *afpacket.Device, stop func() bool) {
	const size = 64
	var batch [size]*packet.Packet
	for i := range batch {
		batch[i] = packet.New(make([]byte, 60))
	}
	every := time.Second * size / time.Duration(*offer)
	begin := time.Now()
	n := uint32(0)
	for i := 0; ; i++ {
		if stop() {
			return
		}
		now := time.Since(begin)
		if due := time.Duration(i) * every; due > now {
			time.Sleep(due - now)
		}
		for _, p := range batch {
			frame(p.Bytes(), n)
			n++
		}
		dev.Send(0, batch[:])
	}
}

// frame writes the first packet of the n-th connection.
func frame(b []byte, n uint32) {
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 46, 0, 7, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 80, 0, 26, 0, 0})
	binary.BigEndian.PutUint32(b[26:], 10<<24|n>>8)
	binary.BigEndian.PutUint16(b[34:], 1024+uint16(n&0xff))
	packet.IPv4(b[14:34]).Checksum()
}

// misses returns how many packets have come up.
func misses(b *testing.B, s *sandbox.Switch) float64 {
	text, ok := s.Appctl("dpctl/show")
	if !ok {
		b.Fatal(text)
	}
	return number(b, text, "missed:")
}

// upcallShow returns the datapath flows there are and how long going over them
// takes, in seconds.
func upcallShow(b *testing.B, s *sandbox.Switch) (flows, dump float64) {
	text, ok := s.Appctl("upcall/show")
	if !ok {
		b.Fatal(text)
	}
	return number(b, text, "current "), number(b, text, "dump duration : ") / 1000
}

// number returns the number behind a word.
func number(b *testing.B, text, word string) float64 {
	_, rest, _ := strings.Cut(text, word)
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.ParseFloat(rest[:max(end, 0)], 64)
	if err != nil {
		b.Fatalf("no %q in\n%s", word, text)
	}
	return n
}

// residentMemory returns the resident memory of the switch in bytes.
func residentMemory(b *testing.B, s *sandbox.Switch) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID("ovs-vswitchd")))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	return number(b, "="+strings.TrimSpace(rest), "=") * 1024
}
