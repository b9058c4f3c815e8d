package interop

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/tools/lab"
)

// hosts makes two namespaces, each with a cable to the switch's namespace, and
// returns them with the names of the cables' other ends.
func (s *Switch) hosts() (hosts [2]*netlab.Namespace, ports [2]string) {
	s.t.Helper()
	for i := range hosts {
		ns, err := netlab.New(fmt.Sprintf("%s-h%d", s.NS.Name, i+1))
		if err != nil {
			s.t.Fatal(err)
		}
		hosts[i], ports[i] = ns, fmt.Sprintf("v%d", i+1)
		s.t.Cleanup(func() {
			_ = netlab.Clear(ns.Name)
			_ = ns.Close()
		})
		for _, err := range []error{
			netlab.Veth(ns, "e0", s.NS, ports[i]),
			ns.NoOffload("e0"),
			ns.Addr("e0", netip.MustParsePrefix(fmt.Sprintf("10.9.0.%d/24", i+1))),
		} {
			if err != nil {
				s.t.Fatal(err)
			}
		}
	}
	return hosts, ports
}

// reach pings from one host to the other until an answer comes, and then wants
// three more.
func reach(t *testing.T, from *netlab.Namespace, to string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	dst := netip.MustParseAddr(to)
	for ctx.Err() == nil {
		if got, err := from.Ping(ctx, dst, 1, time.Second, time.Second); err == nil && len(got) == 1 {
			if got, _ := from.Ping(ctx, dst, 3, 50*time.Millisecond, 5*time.Second); len(got) != 3 {
				t.Errorf("%d of 3 pings were answered", len(got))
			}
			return
		}
	}
	t.Fatalf("%s does not answer", to)
}

// controlled starts a switch of one maker with two hosts, which only its
// controller lets reach each other.
func controlled(t *testing.T, m lab.Maker, protocols string) (*Switch, [2]*netlab.Namespace) {
	s := start(t, m, &m)
	hosts, ports := s.hosts()
	s.must(m, "ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure",
		"protocols="+protocols, "--", "add-port", "br0", ports[0], "--", "set", "interface", ports[0], "ofport_request=1", "--",
		"add-port", "br0", ports[1], "--", "set", "interface", ports[1], "ofport_request=2")
	return s, hosts
}

// control starts one maker's ovs-testcontroller and gives it the bridge br0 of
// the other's switch. The returned function ends it.
func (s *Switch) control(controller, daemon lab.Maker, args ...string) (stop func()) {
	s.t.Helper()
	s.must(controller, "ovs-testcontroller", append(args, "--detach", "--no-chdir", "--pidfile=tc.pid", "-vconsole:off", "punix:"+s.path("run/tc.sock"))...)
	s.must(daemon, "ovs-vsctl", "set-controller", "br0", "unix:"+s.path("run/tc.sock"), "--", "set", "controller", "br0", "max_backoff=1000")
	return func() {
		s.t.Helper()
		file := s.path("run/tc.pid")
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGTERM)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		// It removes socket and pidfile before it goes, in this order.
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(file); os.IsNotExist(err) {
				if _, err := os.Stat(s.path("run/tc.sock")); os.IsNotExist(err) {
					return
				}
			}
		}
		s.t.Fatal("the controller does not end")
	}
}

// TestTestController has each maker's controller control the other's switch in
// every version of OpenFlow that both speak.
func TestTestController(t *testing.T) {
	o, d := ours(t), debian(t)
	for _, tt := range []struct {
		name               string
		controller, daemon lab.Maker
		protocols          []string
	}{
		{"ours controls Debian's", o, d, []string{"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"}},
		{"Debian's controls ours", d, o, []string{"OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, hosts := controlled(t, tt.daemon, tt.protocols[0])
			for _, p := range tt.protocols {
				s.must(tt.daemon, "ovs-vsctl", "del-controller", "br0", "--", "set", "bridge", "br0", "protocols="+p)
				s.must(tt.daemon, "ovs-ofctl", "-O", p, "del-flows", "br0")
				stop := s.control(tt.controller, tt.daemon)
				reach(t, hosts[0], "10.9.0.2")
				if out := s.must(tt.daemon, "ovs-ofctl", "-O", p, "dump-flows", "br0"); !strings.Contains(out, "idle_timeout=60, priority=1,icmp") &&
					!strings.Contains(out, "idle_timeout=60, idle_age=") {
					t.Errorf("%s: the controller added no flow:\n%s", p, out)
				}
				stop()
			}
		})
	}
}

// TestTestControllerModes says what the options make of a switch.
func TestTestControllerModes(t *testing.T) {
	o, d := ours(t), debian(t)
	s, hosts := controlled(t, d, "OpenFlow10,OpenFlow13")
	if err := os.WriteFile(s.path("flows"), []byte("# for tests\ntable=7,priority=3,actions=drop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args       []string
		want, deny string
	}{
		{[]string{"--hub"}, "icmp,in_port=1,vlan_tci=0x0000,dl_src", "actions=output"},
		{[]string{"--noflow"}, "", "idle_timeout"},
		{[]string{"-w", "--max-idle=33"}, "idle_timeout=33, priority=1,in_port=1,vlan_tci=0x0000/0x1fff,dl_src", "icmp"},
		{[]string{"--normal"}, "actions=NORMAL", "actions=output"},
		{[]string{"-q", "4", "--max-idle=permanent"}, "actions=set_queue:4,output:2,pop_queue", "idle_timeout"},
		{[]string{"-Q", "v2:9"}, "actions=set_queue:9,output:1,pop_queue", "set_queue:9,output:2"},
		{[]string{"--with-flows", s.path("flows")}, "table=7, n_packets=0, n_bytes=0, priority=3 actions=drop", "NORMAL"},
	} {
		s.must(d, "ovs-vsctl", "del-controller", "br0")
		s.must(d, "ovs-ofctl", "-O", "OpenFlow13", "del-flows", "br0")
		stop := s.control(o, d, append(tt.args, "-OOpenFlow13")...)
		reach(t, hosts[0], "10.9.0.2")
		reach(t, hosts[1], "10.9.0.1")
		out := s.must(d, "ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "br0")
		plain := reDuration.ReplaceAllString(out, "")
		if !strings.Contains(strings.ReplaceAll(plain, "vlan_tci=0x0000/0x1fff", "vlan_tci=0x0000"), strings.ReplaceAll(tt.want, "0x0000/0x1fff", "0x0000")) || strings.Contains(plain, tt.deny) {
			t.Errorf("%v: want %q and not %q:\n%s", tt.args, tt.want, tt.deny, plain)
		}
		stop()
	}
}

// TestOSKen has an application of os-ken, a controller framework in wide use,
// control our switch.
func TestOSKen(t *testing.T) {
	manager := "/usr/bin/osken-manager"
	if _, err := os.Stat(manager); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("package python3-os-ken is missing")
		}
		t.Skip("package python3-os-ken is missing")
	}
	ovsref.Root(t)
	o := ours(t)
	s, hosts := controlled(t, o, "OpenFlow13")
	cmd := exec.Command(manager, "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", "6653", "testdata/learning.py")
	log := s.file()
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.NS.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("osken-manager:\n%s", content(log))
		}
	})
	s.must(o, "ovs-vsctl", "set-controller", "br0", "tcp:127.0.0.1:6653", "--", "set", "controller", "br0", "max_backoff=1000")
	reach(t, hosts[0], "10.9.0.2")
	reach(t, hosts[1], "10.9.0.1")
	out := s.must(o, "ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "br0")
	for _, want := range []string{"priority=1,in_port=1,", "priority=1,in_port=2,", "priority=0 actions=CONTROLLER:65535"} {
		if !strings.Contains(out, want) {
			t.Errorf("the application's flow %q is missing:\n%s", want, out)
		}
	}
}
