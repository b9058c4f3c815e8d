// Package pmd compares the commands of packet threads with the reference's.
package pmd

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }

// TestPMDCommands compares what dpif-netdev/* say of a switch with one polled
// port: the same packets, the same words.
func TestPMDCommands(t *testing.T) {
	var out [2]string
	for i, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
		s := sandbox.Start(t, m, sandbox.Config{Dummy: "override"})
		s.Must("ovs-vsctl", "--timeout=20", "set", "open", ".", "other_config:pmd-cpu-mask=1", "--",
			"add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "--",
			"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy-pmd", "ofport_request=1", "--",
			"add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy-pmd", "ofport_request=2", "options:n_rxq=3", "options:n_txq=2")
		s.Must("ovs-ofctl", "add-flow", "br0", "in_port=1,actions=2")
		for range 3 {
			s.Must("ovs-appctl", "netdev-dummy/receive", "p1", "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,proto=1,tos=0,ttl=64,frag=no),icmp(type=8,code=0)")
			time.Sleep(100 * time.Millisecond)
		}
		var b strings.Builder
		for _, c := range []string{
			"pmd-stats-show -pmd 0", "pmd-stats-show -pmd 7", "pmd-rxq-show -pmd 0", "pmd-rxq-show -secs 7 -pmd 9", "pmd-perf-show -pmd 5",
			"dpctl/show", "netdev-dummy/receive p2 --qid 2 in_port(2),eth()", "netdev-dummy/receive p2 --qid 3 in_port(2),eth()",
			"pmd-rxq-rebalance", "bond-show", "pmd-stats-clear", "pmd-stats-show nosuch -pmd 4",
			"dpif-impl-get", "dpif-impl-set scalar", "dpif-impl-set dpif_scalar",
			"miniflow-parser-set foo", "miniflow-parser-set scalar", "subtable-lookup-prio-set foo 3", "subtable-lookup-prio-set generic 999",
			"pmd-perf-log-set foo", "odp-execute/action-impl-set foo", "odp-execute/action-impl-set scalar",
		} {
			args := strings.Fields(c)
			if !strings.Contains(c, "/") {
				args[0] = "dpif-netdev/" + args[0]
			}
			text, ok := s.Appctl(args[0], args[1:]...)
			b.WriteString("== " + c + "\n" + text)
			if !ok {
				b.WriteString("\nfailed\n")
			}
		}
		s.Must("ovs-vsctl", "set", "interface", "p2", "options:n_rxq=2")
		text, _ := s.Appctl("dpif-netdev/pmd-rxq-show")
		b.WriteString("== with two queues\n" + text + s.Must("ovs-vsctl", "get", "interface", "p2", "error"))
		// Threads may still have packets before them, and the reference's clears its
		// counters when it comes to it.
		for range 50 {
			s.Must("ovs-appctl", "dpif-netdev/pmd-stats-clear")
			time.Sleep(20 * time.Millisecond)
			shown, _ := s.Appctl("dpctl/show")
			text, _ = s.Appctl("dpif-netdev/pmd-stats-show", "-pmd", "0")
			if text += regexp.MustCompile(`lookups: .*`).FindString(shown); strings.Contains(text, "received: 0\n") {
				break
			}
		}
		b.WriteString("== cleared\n" + text)
		out[i] = strings.Join(common(b.String()), "\n")
	}
	ours, theirs := strings.Split(out[0], "\n"), strings.Split(out[1], "\n")
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) || ours[i] != theirs[i] {
			i = max(i-3, 0)
			t.Fatalf("ours:\n%s\n\nthe reference:\n%s", strings.Join(ours[i:], "\n"), strings.Join(theirs[i:], "\n"))
		}
	}
}

// TestNUMA has both make believe that there are four processors on two NUMA nodes, and
// compares on which threads queues are.
func TestNUMA(t *testing.T) {
	t.Parallel()
	steps := []string{
		"set interface p1 options:numa_id=1",
		"add-port br0 p2 -- set interface p2 type=dummy-pmd options:n_rxq=2",
		"set open . other_config:pmd-cpu-mask=f",
		"set open . other_config:pmd-cpu-mask=ff",
		"set open . other_config:pmd-cpu-mask=7",
		"set open . other_config:pmd-cpu-mask=3",
		"set open . other_config:pmd-cpu-mask=f0c",
		"set interface p2 options:numa_id=5",
		"set open . other_config:pmd-rxq-assign=roundrobin other_config:pmd-cpu-mask=f",
		"set interface p2 options:numa_id=0",
		"set interface p1 options:n_rxq=6",
		"set open . other_config:pmd-rxq-assign=group",
		"add-port br0 p3 -- set interface p3 type=dummy-pmd options:n_rxq=3 options:numa_id=1",
		"set interface p1 other_config:pmd-rxq-affinity=0:3,1:0",
		"set open . other_config:pmd-rxq-isolate=false",
		"del-port p1",
		"set open . other_config:pmd-rxq-assign=cycles -- remove open . other_config pmd-rxq-isolate",
		"remove open . other_config pmd-cpu-mask",
		"del-port p2 -- del-port p3",
	}
	var switches [2]*sandbox.Switch
	for i, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
		switches[i] = sandbox.Start(t, m, sandbox.Config{Dummy: "override", Args: []string{"--dummy-numa=0,0,1,1"}})
		switches[i].Must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "--",
			"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy-pmd", "options:n_rxq=4")
	}
	show := func(s *sandbox.Switch) string {
		var b strings.Builder
		for _, c := range []string{"pmd-rxq-show", "pmd-stats-show"} {
			text, _ := s.Appctl("dpif-netdev/" + c)
			for _, line := range common(text) {
				if strings.Contains(line, " thread") || strings.Contains(line, "isolated") || strings.Contains(line, "port:") {
					line, _, _ = strings.Cut(line, "  pmd usage")
					fmt.Fprintln(&b, line)
				}
			}
		}
		return b.String()
	}
	for _, step := range append([]string{""}, steps...) {
		var got [2]string
		for i, s := range switches {
			if step != "" {
				s.Must("ovs-vsctl", strings.Fields(step)...)
			}
			got[i] = show(s)
		}
		if got[0] != got[1] {
			t.Errorf("%s\nours:\n%s\nthe reference:\n%s", step, got[0], got[1])
		}
	}
}

// common leaves out what is not the same in two runs: measured times; and where
// the two differ by design: the reference has a cache of its own for flows of
// one port, and threads here also poll the ports that it polls in the main
// thread.
func common(text string) (l []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n ")
		switch {
		case strings.Contains(line, "cycles"), strings.HasPrefix(line, "  simple match"), strings.HasPrefix(line, "  megaflow hits"),
			strings.Contains(line, "subtable lookups"), strings.HasPrefix(line, "  emc hits"),
			strings.Contains(line, "port: br0 "), strings.Contains(line, "port: ovs-dummy "):
			continue
		}
		l = append(l, line)
	}
	return l
}

// TestOptions changes options of ports that are there: what can be carried out is,
// under the number that the port has, and the rest is told in the log.
func TestOptions(t *testing.T) {
	ovsref.Root(t)
	ns, err := netlab.New(fmt.Sprintf("govspmd%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		netlab.Clear(ns.Name)
		ns.Close()
	})
	for _, l := range [][2]string{{"xa", "xb"}, {"sa", "sb"}} {
		ip := exec.Command("ip", "link", "add", l[0], "numrxqueues", "2", "numtxqueues", "2", "type", "veth",
			"peer", "name", l[1], "numrxqueues", "2", "numtxqueues", "2")
		if err := ns.Run(ip); err != nil {
			t.Fatal(err)
		}
	}
	s := sandbox.Start(t, sandbox.Ours(t), sandbox.Config{Dummy: "no", Namespace: ns})
	s.Must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
		"--", "add-port", "br0", "sa", "--", "add-port", "br0", "in1", "--", "set", "interface", "in1", "type=internal",
		"--", "add-port", "br0", "xa", "--", "set", "interface", "xa", "type=afxdp",
		"--", "add-port", "br0", "xb", "--", "set", "interface", "xb", "type=afxdp-nonpmd", "options:use-need-wakeup=false")
	for _, c := range []string{"dpctl/show", "dpif/show"} {
		text, _ := s.Appctl(c)
		for _, want := range []string{"(afxdp: n_rxq=1, use-need-wakeup=true, ", "(afxdp-nonpmd: n_rxq=1, use-need-wakeup=false, "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", c, want, text)
			}
		}
	}
	queues := func() int {
		text, _ := s.Appctl("dpif-netdev/pmd-rxq-show")
		return strings.Count(text, "port: xa ")
	}
	no := s.Must("ovs-vsctl", "get", "interface", "xa", "ofport")
	for _, n := range []int{2, 1, 2} {
		s.Must("ovs-vsctl", "set", "interface", "xa", fmt.Sprint("options:n_rxq=", n))
		if got := queues(); got != n {
			t.Errorf("%d queues, want %d", got, n)
		}
		if got := s.Must("ovs-vsctl", "get", "interface", "xa", "ofport", "error"); got != no+"[]\n" {
			t.Errorf("n_rxq=%d: %q", n, got)
		}
	}
	r := s.Run("ovs-vsctl", "set", "interface", "xa", "options:n_rxq=99")
	if got := s.Must("ovs-vsctl", "get", "interface", "xa", "error"); queues() != 2 || !strings.Contains(got, "Invalid argument") {
		t.Errorf("%d queues, %s, %+v", queues(), got, r)
	}
	s.Must("ovs-vsctl", "set", "interface", "sa", "options:n_rxq=2")
	log, err := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sa: arguments provided to device that is not configurable"} {
		if n := strings.Count(string(log), want); n != 1 {
			t.Errorf("%q is %d times in the log", want, n)
		}
	}
}

// TestTapQueues changes how many queues an internal port has that was moved to another
// namespace, under another name, while it is in use.
func TestTapQueues(t *testing.T) {
	ovsref.Root(t)
	t.Parallel()
	var ns [2]*netlab.Namespace
	for i := range ns {
		var err error
		if ns[i], err = netlab.New(fmt.Sprintf("govspmd%d-%d", os.Getpid(), i)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			netlab.Clear(ns[i].Name)
			ns[i].Close()
		})
	}
	s := sandbox.Start(t, sandbox.Ours(t), sandbox.Config{Dummy: "no", Namespace: ns[0]})
	s.Must("ovs-vsctl", "set", "open", ".", "other_config:pmd-cpu-mask=3", "--", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
		"--", "add-port", "br0", "in1", "--", "set", "interface", "in1", "type=internal", "options:n_rxq=2")
	for _, line := range []string{
		"ip -n %[1]s addr add 10.5.0.1/24 dev br0", "ip -n %[1]s link set br0 up", "ip -n %[1]s link set in1 netns %[2]s",
		"ip -n %[2]s link set in1 name eth9", "ip -n %[2]s addr add 10.5.0.2/24 dev eth9", "ip -n %[2]s link set eth9 up",
	} {
		words := strings.Fields(fmt.Sprintf(line, ns[0].Name, ns[1].Name))
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", words, err, out)
		}
	}
	no := s.Must("ovs-vsctl", "get", "interface", "in1", "ofport")
	for _, n := range []int{2, 4, 1, 3} {
		s.Must("ovs-vsctl", "set", "interface", "in1", fmt.Sprint("options:n_rxq=", n))
		if got := s.Must("ovs-vsctl", "get", "interface", "in1", "ofport", "error"); got != no+"[]\n" {
			t.Errorf("n_rxq=%d: %q", n, got)
		}
		text, _ := s.Appctl("dpif-netdev/pmd-rxq-show")
		if got := strings.Count(text, "port: in1 "); got != n {
			t.Errorf("%d queues, want %d:\n%s", got, n, text)
		}
		got, err := netlab.Transfer(t.Context(), ns[1], ns[0], netip.MustParseAddr("10.5.0.1"), 3_000_000)
		if err != nil || got.Sent != got.Received {
			t.Errorf("n_rxq=%d: %+v %v", n, got, err)
		}
	}
	s.Must("ovs-vsctl", "set", "interface", "in1", "options:n_rxq=65")
	if got := s.Must("ovs-vsctl", "get", "interface", "in1", "error"); !strings.Contains(got, "Invalid argument") {
		t.Errorf("n_rxq=65: %s", got)
	}
}

// TestAutoBalance has two queues of one thread get packets for a minute: then they are
// on two. The reference measures loads in whole percents of what its threads poll, which
// commands cannot bring up to one.
func TestAutoBalance(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	t.Parallel()
	s := sandbox.Start(t, sandbox.Ours(t), sandbox.Config{Dummy: "override", Args: []string{"--dummy-numa=0,0"}})
	s.Must("ovs-vsctl", "set", "open", ".", "other_config:pmd-cpu-mask=3", "other_config:pmd-auto-lb=true", "other_config:pmd-auto-lb-load-threshold=0", "--",
		"add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "--",
		"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy-pmd", "options:n_rxq=4")
	s.Must("ovs-ofctl", "add-flow", "br0", "actions=drop")
	threads := func() (l []string) {
		text, _ := s.Appctl("dpif-netdev/pmd-rxq-show")
		for _, one := range strings.Split(text, "pmd thread ")[1:] {
			for _, q := range []string{"0", "3"} {
				if strings.Contains(one, "port: p1                queue-id:  "+q+" ") {
					l = append(l, one[:len("numa_id 0 core_id 0")])
				}
			}
		}
		return l
	}
	if l := threads(); len(l) != 2 || l[0] != l[1] {
		t.Fatalf("at first the queues are on %q", l)
	}
	said := func() string {
		log, _ := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
		return string(log)
	}
	if want := "|INFO|PMD auto load balance is enabled, interval 1 mins, pmd load threshold 0%, improvement threshold 25%."; !strings.Contains(said(), want) {
		t.Errorf("the log has no %q", want)
	}
	const anew = "|INFO|PMD auto load balance: queues are assigned anew"
	for end := time.Now().Add(150 * time.Second); !strings.Contains(said(), anew); {
		if time.Now().After(end) {
			t.Fatal("no queue has moved")
		}
		for _, q := range []string{"0", "3"} {
			s.Appctl("netdev-dummy/receive", "p1", "--qid", q, "in_port(1),eth()", "in_port(1),eth()", "in_port(1),eth()")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if l := threads(); len(l) != 2 || l[0] == l[1] {
		t.Errorf("then the queues are on %q", l)
	}
}

// TestSteering compares by which queues packets leave where a hash of theirs says so.
func TestSteering(t *testing.T) {
	t.Parallel()
	var out [2]string
	for i, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
		s := sandbox.Start(t, m, sandbox.Config{Dummy: "override"})
		s.Must("ovs-vsctl", "set", "open", ".", "other_config:pmd-cpu-mask=1", "--", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "--",
			"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy-pmd", "ofport_request=1", "--",
			"add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy-pmd", "options:n_txq=4", "other_config:tx-steering=hash")
		for _, mode := range []string{"thread", "nonsense", "hash"} {
			s.Must("ovs-vsctl", "set", "interface", "p2", "other_config:tx-steering="+mode)
		}
		s.Must("ovs-ofctl", "add-flow", "br0", "in_port=1,actions=output:p2")
		const packets = 40
		for n := range packets {
			s.Appctl("netdev-dummy/receive", "p1", fmt.Sprintf("in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),"+
				"eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,proto=17,tos=0,ttl=64,frag=no),udp(src=%d,dst=80)", n+1))
		}
		for n := 0; n < 40 && !strings.Contains(out[i], fmt.Sprintf("tx_packets=%d\n", packets)); n++ {
			time.Sleep(500 * time.Millisecond)
			text := s.Must("ovs-vsctl", "get", "interface", "p2", "statistics")
			out[i] = strings.Join(regexp.MustCompile(`tx_(q\d_)?packets=\d+`).FindAllString(text, -1), "\n") + "\n"
		}
		log, _ := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
		for _, line := range regexp.MustCompile(`(?m)dpif_netdev\|.*steering.*$`).FindAllString(string(log), -1) {
			out[i] += line + "\n"
		}
	}
	if out[0] != out[1] {
		t.Errorf("ours:\n%s\nthe reference:\n%s", out[0], out[1])
	}
}
