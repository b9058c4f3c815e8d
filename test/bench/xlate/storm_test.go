package xlate

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	// The reference's userspace datapath has no room for more than 65,536 flows.
	enough = flag.Int("connections", 50000, "how many connections are set up")
	offer  = flag.Int("offer", 250000, "new connections a second that are offered")
)

// Names of the measurements.
const (
	upcalls   = "flow setups, a storm of new connections"
	resident  = "resident per datapath flow then"
	revalTime = "revalidation of 200,000 flows at that pace, nothing changed"
)

var measures = []ratios.Measure{
	{Name: upcalls, Unit: "/s", Goal: 3},
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
		for round := range *rounds {
			for i := range makers {
				i = (i + round) % len(makers) // who is first takes turns, too
				b.Run(fmt.Sprintf("%s/%d", makers[i].Name, round), func(b *testing.B) {
					figures[i].Add(measure(b, makers[i]))
				})
			}
		}
		fmt.Println()
		ratios.Print(os.Stdout, measures, figures[0], figures[1])
		fmt.Printf("%d connections offered a second until %d are set up; medians of %d rounds; a ratio above 1 is for govs\n", *offer, *enough, *rounds)
	}
}

// measure has a storm go through a new switch.
func measure(b *testing.B, m sandbox.Maker) map[string]float64 {
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
	s.Must("ovs-vsctl", "--timeout=20", "set", "open", ".", "other_config:max-idle=100000", "other_config:flow-limit=1000000", "--",
		"add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure", "--",
		"add-port", "br0", "p1", "--", "set", "interface", "p1", "ofport_request=1", "--",
		"add-port", "br0", "p2", "--", "set", "interface", "p2", "ofport_request=2")
	for _, f := range pipeline {
		s.Must("ovs-ofctl", "add-flow", "br0", f)
	}
	if text, ok := s.Appctl("upcall/set-flow-limit", "1000000"); !ok { // the reference begins low
		b.Fatal(text)
	}
	var dev *afpacket.Device
	if err := ns.Do(func() (err error) {
		dev, err = afpacket.Open(netdev.Config{Name: "p1peer", Type: "system"})
		return err
	}); err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	before := residentMemory(b, s)
	first := misses(b, s)
	begin := time.Now()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { blow(dev, stop); close(done) }()
	var n float64
	for n < float64(*enough) && time.Since(begin) < time.Minute {
		time.Sleep(20 * time.Millisecond)
		n = misses(b, s) - first
	}
	f := map[string]float64{upcalls: n / time.Since(begin).Seconds()}
	close(stop)
	<-done
	time.Sleep(2 * time.Second) // the switches come to rest
	flows, dump := upcallShow(b, s)
	if flows == 0 {
		b.Fatalf("%s: no datapath flows", m.Name)
	}
	f[resident] = (residentMemory(b, s) - before) / flows
	f[revalTime] = dump / flows * 200000
	return f
}

// blow offers new connections at a steady rate.
func blow(dev *afpacket.Device, stop <-chan struct{}) {
	const size = 64
	var batch [size]*packet.Packet
	for i := range batch {
		batch[i] = packet.New(make([]byte, 60))
	}
	every := time.Second * size / time.Duration(*offer)
	begin := time.Now()
	n := uint32(0)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
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
