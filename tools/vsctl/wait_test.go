package vsctl

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/ovsdb/ctl/ctltest"
)

// refSwitch runs the reference's ovs-vswitchd, with dummy devices only, on p's
// database.
func refSwitch(t testing.TB, p *ctltest.Place) {
	t.Helper()
	cmd := exec.Command(ovsref.Path(t, "ovs-vswitchd"), "unix:"+filepath.Join(p.Dir, "db.sock"), "--enable-dummy=override",
		"--disable-system", "--pidfile="+filepath.Join(p.Dir, "ovs-vswitchd.pid"), "-vconsole:off", "--no-chdir",
		"--unixctl="+filepath.Join(p.Dir, "vs.ctl"))
	cmd.Env = p.Env()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// Changes return when the switch has carried them out, and what it could not
// set up is reported with status 65.
func TestWaitForSwitch(t *testing.T) {
	for _, p := range []*ctltest.Place{tool.Reference(t), tool.Ours(t)} {
		refSwitch(t, p)
		run := func(status int, args ...string) string {
			t.Helper()
			a := p.Run(t, "", append([]string{"--timeout=15"}, args...)...)
			if a.Status != status {
				t.Errorf("%v: status %d, %s", args, a.Status, a.Err)
			}
			return a.Out + a.Err
		}
		run(0, "add-br", "br0")
		run(0, "add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=7")
		if got := run(0, "get", "interface", "p1", "ofport"); got != "7\n" {
			t.Errorf("ofport is %q at once", got)
		}
		got := run(65, "add-port", "br0", "p2", "--", "set", "interface", "p2", "type=nonsense", "--", "list-ports", "br0")
		want := "p1\np2\novs-vsctl: Error detected while setting up 'p2': could not open network device p2 (Address family not supported by protocol).  See ovs-vswitchd log for details.\n" +
			"ovs-vsctl: The default log directory is \"DIR\".\n"
		if got != want {
			t.Errorf("got %s", got)
		}
		if got := run(0, "get", "interface", "p2", "ofport"); got != "-1\n" {
			t.Errorf("ofport is %q", got)
		}
		if got := run(0, "get", "open", ".", "next_cfg", "cur_cfg"); got != "3\n3\n" {
			t.Errorf("next_cfg, cur_cfg: %q", got)
		}
		// A dry run does not wait for what never comes.
		run(0, "--dry-run", "add-br", "dry")
	}
}

// --timeout ends the tool by the signal.
func TestTimeout(t *testing.T) {
	p := tool.Ours(t)
	for _, c := range []struct {
		env  string
		args []string
	}{
		{"", []string{"--timeout=1", "add-br", "br0"}},
		{"", []string{"--timeout=1", "wait-until", "bridge", "nope"}},
		{"", []string{"-t1", "--retry", "--db=unix:" + filepath.Join(p.Dir, "none"), "list-br"}},
		{"OVS_VSCTL_TIMEOUT=1", []string{"add-br", "br1"}},
		{"OVS_CTL_TIMEOUT=1", []string{"add-br", "br2"}},
	} {
		t.Run(c.env+strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			cmd := p.Command(c.args...)
			cmd.Env = append(cmd.Env, c.env)
			out, err := cmd.CombinedOutput()
			if err == nil || cmd.ProcessState.String() != "signal: alarm clock" {
				t.Errorf("%v: %s", cmd.ProcessState, out)
			}
			if !strings.HasSuffix(string(out), "|fatal_signal|WARN|terminating with signal 14 (Alarm clock)\n") {
				t.Errorf("%s", out)
			}
		})
	}
}

// Whoever waits long is told what for.
func TestPatience(t *testing.T) {
	t.Parallel()
	p := tool.Ours(t)
	for _, tt := range []struct{ want, args string }{
		{"\"wait-until bridge nope name=x\" to come true", "wait-until bridge nope name=x"},
		{"ovs-vswitchd to carry out the change (DIR/ovs-vswitchd.pid: No such file or directory; cur_cfg is 0, to become 1)", "add-br br0"},
		{"a connection to unix:DIR/none", "--retry --db=unix:DIR/none list-br"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			a := p.Run(t, "", append([]string{"--timeout=6"}, strings.Fields(strings.ReplaceAll(tt.args, "DIR", p.Dir))...)...)
			if !strings.Contains(a.Err, "ovs-vsctl: waiting for "+tt.want+"\n") || strings.Count(a.Err, "waiting for") != 1 {
				t.Errorf("%s", a.Err)
			}
		})
	}
}

// Many tools at once get in each other's way, and none loses its change.
func TestParallelChanges(t *testing.T) {
	for _, p := range []*ctltest.Place{tool.Reference(t), tool.Ours(t)} {
		p.Run(t, "", "--no-wait", "add-br", "br0")
		const n = 12
		var wg sync.WaitGroup
		for i := range n {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if a := p.Run(t, "", "--no-wait", "add-port", "br0", fmt.Sprintf("p%02d", i), "--", "set", "bridge", "br0", fmt.Sprintf("external_ids:k%d=v", i)); a.Status != 0 {
					t.Error(a.Err)
				}
			}()
			wg.Add(1)
			go func() {
				defer wg.Done()
				if a := p.Run(t, "", "--no-wait", "--may-exist", "add-br", "shared"); a.Status != 0 {
					t.Error(a.Err)
				}
			}()
		}
		wg.Wait()
		if a := p.Run(t, "", "list-ports", "br0"); strings.Count(a.Out, "\n") != n {
			t.Errorf("ports: %s", a.Out)
		}
		if a := p.Run(t, "", "get", "bridge", "br0", "external_ids"); strings.Count(a.Out, "=v") != n {
			t.Errorf("external ids: %s", a.Out)
		}
	}
}

// The tool waits in a transaction for a condition that another one makes true.
func TestWaitUntil(t *testing.T) {
	p := tool.Ours(t)
	p.Run(t, "", "--no-wait", "add-br", "br0")
	done := make(chan ctltest.Answer)
	go func() {
		done <- p.Run(t, "", "--timeout=10", "wait-until", "interface", "p9", "ofport>=0", "--", "get", "interface", "p9", "ofport")
	}()
	p.Run(t, "", "--no-wait", "add-port", "br0", "p9")
	time.Sleep(50 * time.Millisecond)
	p.Run(t, "", "--no-wait", "set", "interface", "p9", "ofport=4")
	if a := <-done; a.Out != "4\n" || a.Status != 0 {
		t.Errorf("%+v", a)
	}
}

// What the database logs of a change.
func TestComment(t *testing.T) {
	p := tool.Reference(t)
	p.Run(t, "", "--no-wait", "add-br", "a b")
	out, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "-m", "show-log", filepath.Join(p.Dir, "conf.db")).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), `(invoked by vsctl.test): ovs-vsctl --no-wait add-br "a b""`) {
		t.Errorf("%s", out)
	}
}

// The reference does not read these zones as numbers; we say so.
func TestZones(t *testing.T) {
	p := tool.Ours(t)
	ok := func(want string, args ...string) {
		t.Helper()
		if a := p.Run(t, "", append([]string{"--no-wait"}, args...)...); a.Out+a.Err != want {
			t.Errorf("%v: %s%s", args, a.Out, a.Err)
		}
	}
	p.Run(t, "", "--no-wait", "--id=@d", "create", "datapath", "datapath_version=0", "--", "set", "open", ".", "datapaths:netdev=@d")
	ok("ovs-vsctl: zone=x: expected zone=ID\n", "add-zone-tp", "netdev", "zone=x", "icmp_first=2")
	ok("", "set-zone-limit", "netdev", "zone=5", "10")
	ok("", "set-zone-limit", "netdev", "default", "7")
	ok("Default, Limit: 7\nZone: 5, Limit: 10\n", "list-zone-limits", "netdev")
	ok("Zone:5, Timeout Policies: system default\n", "list-zone-tp", "netdev")
	ok("", "add-zone-tp", "netdev", "zone=5", "icmp_first=2")
	ok("", "del-zone-limit", "netdev", "zone=5")
	ok("Zone:5, Timeout Policies: icmp_first=2\n", "list-zone-tp", "netdev")
	ok("ovs-vsctl: zone_id 5 does not have a limit\n", "del-zone-limit", "netdev", "zone=5")
	ok("", "--if-exists", "del-zone-limit", "netdev", "zone=5")
	ok("", "del-zone-limit", "netdev", "default")
	ok("", "list-zone-limits", "netdev")
	ok("", "del-zone-tp", "netdev", "zone=5")
	ok("", "list-zone-tp", "netdev")
}

// The reference prints, and even stores, the old value where get follows add in
// one command line.
func TestAddThenGet(t *testing.T) {
	for _, p := range []*ctltest.Place{tool.Reference(t), tool.Ours(t)} {
		p.Run(t, "", "--no-wait", "add-br", "b", "--", "set", "bridge", "b", "external_ids:k=1", "flood_vlans=5")
		a := p.Run(t, "", "--no-wait", "add", "bridge", "b", "external_ids", "k=2", "j=3", "--", "get", "bridge", "b", "external_ids", "--",
			"add", "bridge", "b", "flood_vlans", "6", "--", "get", "bridge", "b", "flood_vlans")
		if want := "{j=\"3\", k=\"2\"}\n[5, 6]\n"; a.Out != want {
			t.Errorf("%s%s, want %s", a.Out, a.Err, want)
		}
		if a := p.Run(t, "", "get", "bridge", "b", "external_ids", "flood_vlans"); a.Out != "{j=\"3\", k=\"2\"}\n[5, 6]\n" {
			t.Error(a.Out)
		}
	}
}

// show prints what leads to the rows that are asked for, and what is below
// them. The reference has the option since 3.6.
func TestShowFilter(t *testing.T) {
	p := tool.Ours(t)
	p.Run(t, "", "--no-wait", "add-br", "br0", "--", "add-port", "br0", "vx0", "tag=7", "--", "set", "interface", "vx0", "type=vxlan", "options:remote_ip=10.0.0.1",
		"--", "add-br", "br1", "--", "add-port", "br1", "eth1")
	for _, tt := range []struct{ filter, want, err string }{
		{"interface(vxlan)", "Bridge br0/Port vx0/tag: 7/Interface vx0/type: vxlan/options: {remote_ip=\"10.0.0.1\"}", ""},
		{"port(eth1)", "Bridge br1/Port eth1/Interface eth1", ""},
		{"bridge(br1|zz)", "Bridge br1/Port br1/Interface br1/type: internal/Port eth1/Interface eth1", ""},
		{"interface(nothing)", "", ""},
		{"port(eth)|interface(10.0.0)", "Bridge br0/Port vx0/tag: 7/Interface vx0/type: vxlan/options: {remote_ip=\"10.0.0.1\"}/Bridge br1/Port eth1/Interface eth1", ""},
		{"manager", "", ""},
		{"bridge(br1", "", "--filter=bridge(br1: missing ')'"},
		{"bridge()", "", "--filter=bridge(): empty word"},
		{"bridge(a)x", "", "--filter=bridge(a)x: unexpected \"x\""},
		{"nope", "", "unknown table \"nope\""},
		{"", "", "unknown table \"\""},
		{"qos", "", "--filter=qos: show does not print table QoS"},
	} {
		a := p.Run(t, "", "--", "--filter="+tt.filter, "show")
		var lines []string
		for _, l := range strings.Split(strings.TrimSuffix(a.Out, "\n"), "\n")[1:] {
			lines = append(lines, strings.TrimSpace(l))
		}
		// Which bridge or port comes first follows from UUIDs.
		want := strings.Split(tt.want, "/")
		slices.Sort(want)
		slices.Sort(lines)
		if strings.Join(lines, "/") != strings.Join(want, "/") && a.Out+tt.want != "" || strings.TrimPrefix(strings.TrimSpace(a.Err), "ovs-vsctl: ") != tt.err {
			t.Errorf("%s: %s%s", tt.filter, a.Out, a.Err)
		}
	}
}

// A slip in a key is stored, and pointed at.
func TestHint(t *testing.T) {
	p := tool.Ours(t)
	a := p.Run(t, "", "--no-wait", "add-br", "br0", "--", "add-port", "br0", "vx0", "--", "set", "interface", "vx0", "type=vxlan", "options:remote_op=10.0.0.1", "options:key=flow")
	if want := "|vsctl|WARN|remote_op in column options of table Interface is not a key ovs-vswitchd knows; did you mean remote_ip?\n"; !strings.HasSuffix(a.Err, want) || strings.Count(a.Err, "\n") != 1 || a.Status != 0 {
		t.Errorf("%+v", a)
	}
	if a := p.Run(t, "", "get", "interface", "vx0", "options"); a.Out != "{key=flow, remote_op=\"10.0.0.1\"}\n" {
		t.Errorf("%+v", a)
	}
	// The type that the row has already counts, too.
	if a := p.Run(t, "", "--no-wait", "set", "interface", "vx0", "options:peers=x"); a.Err != "" {
		t.Errorf("%+v", a)
	}
}
