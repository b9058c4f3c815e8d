package datapath

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"govs/internal/netlab"
	"govs/test/sandbox"
)

// lab is two hosts with a forwarder between them:
//
//	a: g0 ---- f0 :s: f1 ---- g1 :b
//
// All cables have one queue. Addresses are 10.9.0.1 and 10.9.0.2. In the seed's
// network (see twoHosts) there are two forwarders, s is nil, and the ends have
// other names and addresses.
type lab struct {
	tb      *testing.B
	f       *forwarder
	a, s, b *netlab.Namespace
	out, in string                             // the load leaves by out of a and arrives by in of b
	dst     netip.Addr                         // b's
	frame   []byte                             // the load's
	near    func() (*netlab.Namespace, string) // the forwarder's end of a's cable, if it is not f0 of s
	sw      *sandbox.Switch                    // nil if the forwarder is none
	pids    []int                              // of the forwarder, or both; none if it is the kernel
	work    float64                            // seconds that a frame of the last measurement took
}

var labs int

func newLab(tb *testing.B, f *forwarder) *lab {
	l := &lab{tb: tb, f: f, out: "g0", in: "g1", dst: addrs[1]}
	l.frame = loadFrame(macOf(0), macOf(1), addrs[0], addrs[1])
	labs++
	for _, n := range []struct {
		at   **netlab.Namespace
		name string
	}{{&l.a, "a"}, {&l.s, "s"}, {&l.b, "b"}} {
		ns, err := netlab.New(fmt.Sprintf("govsbench%d-%d%s", os.Getpid(), labs, n.name))
		l.must(err)
		tb.Cleanup(func() {
			netlab.Clear(ns.Name)
			ns.Close()
		})
		*n.at = ns
	}
	return l
}

// cables lays the cables.
func (l *lab) cables() {
	for i, host := range []*netlab.Namespace{l.a, l.b} {
		l.must(cable(host, fmt.Sprint("g", i), l.s, fmt.Sprint("f", i)))
		l.host(host, i)
	}
}

// host gives host i its addresses.
func (l *lab) host(host *netlab.Namespace, i int) {
	name := fmt.Sprint("g", i)
	l.must(host.MAC(name, macOf(i)))
	l.must(host.Addr(name, netip.PrefixFrom(addrs[i], 24)))
	l.must(host.Up(name))
}

// taps moves the switch's internal ports g0 and g1 to the hosts, instead of
// cables.
func (l *lab) taps() {
	for i, host := range []*netlab.Namespace{l.a, l.b} {
		l.must(l.s.Move(fmt.Sprint("g", i), host))
		l.host(host, i)
	}
}

func macOf(host int) string { return fmt.Sprintf("02:00:00:00:00:%02x", host+1) }

var addrs = [2]netip.Addr{netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.2")}

// cable is a veth pair of one queue, as the load of one processor needs it.
func cable(a *netlab.Namespace, aName string, b *netlab.Namespace, bName string) error {
	if err := a.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.NumTxQueues, attrs.NumRxQueues = aName, 1, 1
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: bName, PeerNumTxQueues: 1, PeerNumRxQueues: 1})
	}); err != nil {
		return err
	}
	if err := a.Move(bName, b); err != nil {
		return err
	}
	if err := a.Up(aName); err != nil {
		return err
	}
	return b.Up(bName)
}

func (l *lab) must(err error) {
	l.tb.Helper()
	if err != nil {
		l.tb.Fatal(err)
	}
}

// start runs a process in a namespace until the returned function is called.
func (l *lab) start(ns *netlab.Namespace, cmd *exec.Cmd) (stop func()) {
	l.must(ns.Start(cmd))
	if ns == l.s && ns != nil {
		l.pids = []int{cmd.Process.Pid}
	}
	done := false
	stop = func() {
		if !done {
			done = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	l.tb.Cleanup(stop)
	return stop
}

// frames returns how many frames per second of a number of flows get through,
// and how long the forwarder's process works on one. The column is what the
// measurement is for.
func (l *lab) frames(column string, flows int) (rate, work float64) {
	c := newCounter(l.tb, l.b, l.in)
	defer c.close()
	stop := l.start(l.a, role("generate", l.out, strconv.Itoa(flows), hex.EncodeToString(l.frame)))
	defer stop()
	for end := time.Now().Add(20 * time.Second); c.total() == 0; time.Sleep(10 * time.Millisecond) {
		if !time.Now().After(end) {
			continue
		}
		if strings.HasPrefix(l.f.name, "OVS") {
			// With many rules it sometimes forwards nothing under such a load.
			l.tb.Logf("%s, %s: no frame gets through", l.f.name, column)
		} else {
			l.tb.Errorf("%s, %s: no frame gets through", l.f.name, column)
		}
		return 0, 0
	}
	time.Sleep(warmUp)
	profiled := l.profile(column)
	n, ran, begin := c.total(), l.ran(), time.Now()
	time.Sleep(*window)
	frames := float64(c.total() - n)
	rate, work = frames/time.Since(begin).Seconds(), (l.ran()-ran).Seconds()/frames
	stop()
	profiled()
	return rate, work
}

// ran returns how long the forwarder's processes were on a processor.
func (l *lab) ran() (d time.Duration) {
	for _, pid := range l.pids {
		list, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, f := range list {
			b, _ := os.ReadFile(f)
			s, _, _ := strings.Cut(string(b), " ")
			n, _ := strconv.ParseInt(s, 10, 64)
			d += time.Duration(n)
		}
	}
	return d
}

// sleep has the forwarder's processes do nothing, and wake go on: some poll without
// end.
func (l *lab) sleep() { l.signal(unix.SIGSTOP) }
func (l *lab) wake()  { l.signal(unix.SIGCONT) }

func (l *lab) signal(s unix.Signal) {
	for _, pid := range l.pids {
		unix.Kill(pid, s)
	}
}

// warmUp is how long a load lasts before it is looked at.
const warmUp = 250 * time.Millisecond

// offloads says whether the hosts leave checksums and segments to the forwarder,
// which not every one can do.
func (l *lab) offloads(on string) {
	l.must(l.a.Run(exec.Command("ethtool", "-K", "g0", "tx", on)))
	l.must(l.b.Run(exec.Command("ethtool", "-K", "g1", "tx", on)))
	l.gro(on)
}

// gro says whether the forwarder's end of the first cable puts segments together.
// Frames that XDP sends arrive only where the driver polls, as it does for that.
func (l *lab) gro(on string) {
	ns, ifname := l.s, "f0"
	if l.near != nil {
		ns, ifname = l.near()
	}
	l.must(ns.Run(exec.Command("ethtool", "-K", ifname, "gro", on)))
}

// tcp returns the bits per second of one TCP stream.
func (l *lab) tcp() float64 {
	stop := l.start(l.b, exec.Command("iperf3", "-s", "-1"))
	defer stop()
	secs := strconv.Itoa(max(1, int(window.Seconds()+0.5)))
	var out []byte
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for ctx.Err() == nil { // until the server listens
		cmd := exec.CommandContext(ctx, "iperf3", "-c", l.dst.String(), "-C", "cubic", "-t", secs, "-J")
		l.must(l.a.Do(func() error {
			out, _ = cmd.Output() // what it printed tells
			return nil
		}))
		var r struct {
			End struct {
				Received struct {
					Rate float64 `json:"bits_per_second"`
				} `json:"sum_received"`
			} `json:"end"`
		}
		if json.Unmarshal(out, &r) == nil && r.End.Received.Rate > 0 {
			return r.End.Received.Rate
		}
		time.Sleep(100 * time.Millisecond)
	}
	l.tb.Errorf("iperf3: %s", out)
	return 0
}

// answered waits until b has answered a, so that switches know where it is.
func (l *lab) answered() {
	l.must(l.a.Run(exec.Command("ping", "-q", "-c", "1", "-w", "5", l.dst.String())))
}

// ping returns the median round trip in seconds.
func (l *lab) ping() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var out []byte
	l.must(l.a.Do(func() error {
		out, _ = exec.CommandContext(ctx, "ping", "-q", "-f", "-c", "2000", l.dst.String()).CombinedOutput()
		return nil
	}))
	// rtt min/avg/max/mdev = 0.014/0.020/0.300/0.010 ms
	if _, s, ok := strings.Cut(string(out), "mdev = "); ok {
		if f := strings.Split(s, "/"); len(f) > 2 {
			if ms, err := strconv.ParseFloat(f[1], 64); err == nil {
				return ms / 1000
			}
		}
	}
	l.tb.Errorf("ping: %s", out)
	return 0
}

// rules gives the switch n rules, of which the first ones are hit by the load's
// flows.
func (l *lab) rules(n int) {
	if l.sw == nil {
		return
	}
	path := filepath.Join(l.sw.Dir, "rules")
	f, err := os.Create(path)
	l.must(err)
	fmt.Fprintln(f, "priority=1,in_port=1,actions=output:2")
	fmt.Fprintln(f, "priority=1,in_port=2,actions=output:1")
	for i := range n {
		fmt.Fprintf(f, "priority=10,in_port=1,udp,nw_dst=10.9.%d.2,tp_src=%d,actions=output:2\n", i/50000, i%50000+1)
	}
	l.must(f.Close())
	l.sw.Must("ovs-ofctl", "del-flows", "br0")
	l.sw.Must("ovs-ofctl", "add-flows", "br0", path)
}

// track has the switch track connections, one for each flow of the load, and let
// through what belongs to one.
func (l *lab) track() {
	if l.sw == nil {
		return
	}
	l.sw.Must("ovs-ofctl", "del-flows", "br0")
	for _, f := range []string{"in_port=1,udp,actions=ct(commit,zone=1,table=1)", "table=1,ct_state=+trk-inv,udp,actions=output:2"} {
		l.sw.Must("ovs-ofctl", "add-flow", "br0", f)
	}
}

// connections returns how many connections the switch knows.
func (l *lab) connections() (n int) {
	text, ok := l.sw.Appctl("dpctl/ct-get-nconns")
	if _, err := fmt.Sscan(text, &n); !ok || err != nil {
		l.tb.Errorf("dpctl/ct-get-nconns: %q", text)
	}
	return n
}

// tracked returns how many frames per second of known connections get through; a
// few frames of the first ones may have been lost.
func (l *lab) tracked(column string, conns int) float64 {
	c := newCounter(l.tb, l.b, l.in)
	stop := l.start(l.a, role("generate", l.out, strconv.Itoa(conns), hex.EncodeToString(l.frame)))
	for end := time.Now().Add(10 * time.Second); l.connections() < conns*95/100; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			l.tb.Errorf("%d connections of %d", l.connections(), conns)
			break
		}
	}
	stop()
	c.close()
	rate, _ := l.frames(column, conns)
	return rate
}

// setups returns how many connections per second are set up, each by one frame.
func (l *lab) setups() float64 {
	defer newCounter(l.tb, l.b, l.in).close() // the host's stack would answer
	l.sw.Must("ovs-appctl", "dpctl/flush-conntrack")
	stop := l.start(l.a, role("generate", l.out, strconv.Itoa(newOnly), hex.EncodeToString(l.frame)))
	defer stop()
	for end := time.Now().Add(10 * time.Second); l.connections() == 0; {
		if time.Now().After(end) {
			l.tb.Error("no connection is set up")
			return 0
		}
	}
	profiled := l.profile(setups)
	n, begin := l.connections(), time.Now()
	time.Sleep(*window)
	rate := float64(l.connections()-n) / time.Since(begin).Seconds()
	stop()
	profiled()
	return rate
}
