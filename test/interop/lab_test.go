package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/tools/lab"
)

// labCommand is "govs lab ARGS" as a person starts it.
func labCommand(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(filepath.Join(binDir, "govs"), append([]string{"lab"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd, &out
}

// nothingLeft fails the test if the lab of process pid left a trace.
func nothingLeft(t *testing.T, pid int) {
	t.Helper()
	if left := netlab.List(lab.DefaultPrefix(pid)); len(left) > 0 {
		t.Errorf("namespaces left behind: %v", left)
	}
	dir := fmt.Sprintf("govs-lab-%d", pid)
	for _, p := range []string{filepath.Join(os.TempDir(), dir), fmt.Sprintf("/run/govs-lab/%d", pid)} {
		if _, err := os.Stat(p); err == nil {
			t.Errorf("left behind: %s", p)
		}
	}
	cmdlines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range cmdlines {
		if b, _ := os.ReadFile(f); bytes.Contains(b, []byte(dir+"/")) {
			t.Errorf("process left behind: %s %q", f, b)
		}
	}
}

var reTally = regexp.MustCompile(`(?m)^(\d+) passed, 0 failed\n\z`)

func TestLab(t *testing.T) {
	ovsref.Root(t)
	for _, args := range [][]string{nil, {"--lang=zh"}, {"--broken"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			cmd, out := labCommand(args...)
			err := cmd.Run()
			if err != nil || !reTally.MatchString(out.String()) {
				t.Errorf("%v\n%s", err, out)
			}
			nothingLeft(t, cmd.Process.Pid)
		})
	}
}

func TestLabInterrupted(t *testing.T) {
	ovsref.Root(t)
	for i, after := range []time.Duration{5, 100, 250, 500, 1000, 2000, 3500} {
		sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i%2]
		t.Run(fmt.Sprint(after*time.Millisecond, sig), func(t *testing.T) {
			cmd, out := labCommand()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after * time.Millisecond)
			_ = cmd.Process.Signal(sig)
			err := cmd.Wait()
			if err == nil && !reTally.MatchString(out.String()) {
				t.Errorf("status 0 and no tally:\n%s", out)
			}
			nothingLeft(t, cmd.Process.Pid)
		})
	}
}

// TestLabKilled kills a lab outright: the next one tidies up after it.
func TestLabKilled(t *testing.T) {
	ovsref.Root(t)
	cmd, _ := labCommand()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	next, out := labCommand()
	if err := next.Run(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	nothingLeft(t, cmd.Process.Pid)
	nothingLeft(t, next.Process.Pid)
}

func TestLabKept(t *testing.T) {
	ovsref.Root(t)
	cmd, out := labCommand("--keep")
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	pid := cmd.Process.Pid
	rundir := regexp.MustCompile(`OVS_RUNDIR=(\S+)`).FindStringSubmatch(out.String())
	if rundir == nil {
		t.Fatalf("no directions:\n%s", out)
	}
	show := exec.Command(filepath.Join(binDir, "ovs-vsctl"), "show")
	show.Env = append(os.Environ(), "OVS_RUNDIR="+rundir[1])
	if b, err := show.CombinedOutput(); err != nil || !strings.Contains(string(b), "br-tun") {
		t.Errorf("ovs-vsctl show in the kept lab: %v\n%s", err, b)
	}
	stop, out := labCommand("--stop")
	if err := stop.Run(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	nothingLeft(t, pid)
}

// network builds the lab in this process with the given makers.
func network(t *testing.T, ctx context.Context, m51, m52 lab.Maker) *lab.Network {
	t.Helper()
	ovsref.Root(t)
	k := serial.Add(1)
	n, err := lab.Build(ctx, lab.Config{
		Prefix: fmt.Sprintf("govsit%d-%d-", os.Getpid(), k),
		Dir:    fmt.Sprintf("/tmp/govsit%d-%d", os.Getpid(), k),
		Makers: map[string]lab.Maker{"10.10.0.51": m51, "10.10.0.52": m52},
	})
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMixedLab runs the lab with Debian's switch on one host and ours on the
// other: every check must pass.
func TestMixedLab(t *testing.T) {
	o, d := ours(t), debian(t)
	for _, tt := range []struct {
		name     string
		m51, m52 lab.Maker
	}{{"ours on 52", d, o}, {"ours on 51", o, d}} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			n := network(t, ctx, tt.m51, tt.m52)
			var out bytes.Buffer
			if passed, failed := n.Show(ctx, &out); failed > 0 || passed == 0 {
				t.Errorf("%d passed, %d failed\n%s", passed, failed, out.String())
			}
		})
	}
}

// TestCrash kills each daemon outright while VM2 pings VM1, starts it again,
// and expects the same configuration and the pings back.
func TestCrash(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	n := network(t, ctx, ours(t), ours(t))
	h := n.Hosts[1]
	show := func() string {
		out, err := h.Tool(ctx, "ovs-vsctl", "show")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	answers := func(what string, count int) {
		t.Helper()
		pongs, err := n.Ping(ctx, "vm2", "vm1", count)
		if err != nil || pongs < count-1 {
			t.Errorf("%s: %d of %d pings answered (%v)", what, pongs, count, err)
		}
	}
	before := show()
	answers("before", 3)

	load := make(chan int, 1)
	pinging, stop := context.WithCancel(ctx)
	go func() {
		got, _ := n.Ping(pinging, "vm2", "vm1", 1000)
		load <- got
	}()
	for _, daemon := range []string{"ovsdb-server", "ovs-vswitchd"} {
		if err := h.Kill(daemon); err != nil {
			t.Fatal(err)
		}
		if daemon == "ovsdb-server" {
			answers("without a database", 3)
			if err := h.StartServer(ctx); err != nil {
				t.Fatal(err)
			}
		} else {
			if err := h.StartSwitch(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Tool(ctx, "ovs-vsctl", "--timeout=20", "set", "bridge", "br-ex", "external_ids:started=1"); err != nil {
				t.Fatal(err)
			}
			// OpenFlow rules live in the switch; whoever installed them
			// installs them again, as Neutron's agent does.
			if _, err := h.Tool(ctx, "ovs-ofctl", "add-flows", "br-tun", filepath.Join(h.Dir, "br-tun.flows")); err != nil {
				t.Fatal(err)
			}
		}
		if after := show(); after != before {
			t.Errorf("after kill -9 of %s the configuration is\n%s\nit was\n%s", daemon, after, before)
		}
		// The switch has the database again when it has done what is asked.
		if _, err := h.Tool(ctx, "ovs-vsctl", "--timeout=20", "set", "bridge", "br-ex", "external_ids:seen="+daemon); err != nil {
			t.Error(err)
		}
		before = show()
		answers("after kill -9 of "+daemon, 5)
	}
	stop()
	if got := <-load; got == 0 {
		t.Error("no ping under load was answered")
	}
}

// TestMemory holds both daemons of an idle host with the seed's configuration
// below 40 MB of resident memory.
func TestMemory(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	n := network(t, ctx, ours(t), ours(t))
	time.Sleep(2 * time.Second)
	for _, h := range n.Hosts {
		sum := 0
		for _, d := range []string{"ovsdb-server", "ovs-vswitchd"} {
			kb := resident(t, h.Pid(d))
			t.Logf("%s %s: %d kB", h.NS.Name, d, kb)
			sum += kb
		}
		if sum >= 40<<10 {
			t.Errorf("%s: %d kB resident, want less than 40 MB", h.NS.Name, sum)
		}
	}
}

func resident(t *testing.T, pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, _ := strconv.Atoi(f[1])
			return kb
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
