package ovsctl

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
)

// place gives a test directories of its own and the reference's programs.
func place(t *testing.T) string {
	t.Helper()
	ovsref.Path(t, "ovsdb-server")
	dir := t.TempDir()
	for v, d := range map[string]string{
		"OVS_RUNDIR": dir + "/run", "OVS_LOGDIR": dir + "/log", "OVS_DBDIR": dir + "/db", "OVS_SYSCONFDIR": dir + "/etc",
		"OVS_BINDIR": "/usr/bin", "OVS_SBINDIR": "/usr/sbin",
	} {
		t.Setenv(v, d)
		if strings.HasPrefix(d, dir) {
			if err := os.Mkdir(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	os.Mkdir(dir+"/etc/openvswitch", 0o755)
	t.Cleanup(func() { ours("stop") })
	return dir
}

func ours(args ...string) (string, int) {
	var b bytes.Buffer
	code := Main(append([]string{"ovs-ctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &b, Err: &b})
	return b.String(), code
}

var numbers = regexp.MustCompile(`(\(|pid )\d+`)

// same compares with what the reference printed, but for pids and what the
// machine's kernel has to say.
func same(t *testing.T, args string, want string, code int) {
	t.Helper()
	got, gotCode := ours(strings.Fields(args)...)
	var lines []string
	for l := range strings.SplitSeq(got, "\n") {
		if !strings.Contains(l, "core files") {
			lines = append(lines, l)
		}
	}
	got = numbers.ReplaceAllString(strings.Join(lines, "\n"), "${1}N")
	if got != want || gotCode != code {
		t.Errorf("ovs-ctl %s: %d\n%swant: %d\n%s", args, gotCode, got, code, want)
	}
}

func TestLife(t *testing.T) {
	dir := place(t)
	db := dir + "/db/conf.db"
	// The switch runs without touching the machine.
	const dummy = " --no-monitor --ovs-vswitchd-options=--enable-dummy=override"
	same(t, "status", "ovsdb-server is not running\novs-vswitchd is not running\n", 1)
	same(t, "--system-id=random start"+dummy, db+" does not exist ... (warning).\nCreating empty database "+db+".\nStarting ovsdb-server.\n"+
		"Configuring Open vSwitch system IDs.\nStarting ovs-vswitchd.\nEnabling remote OVSDB managers.\n", 0)
	same(t, "status", "ovsdb-server is running with pid N\novs-vswitchd is running with pid N\n", 0)
	same(t, "start"+dummy, "ovsdb-server is already running.\novs-vswitchd is already running.\nEnabling remote OVSDB managers.\n", 0)

	id, err := os.ReadFile(dir + "/etc/openvswitch/system-id.conf")
	if err != nil {
		t.Fatal(err)
	}
	vsctl := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("/usr/bin/ovs-vsctl", append([]string{"--timeout=5"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("ovs-vsctl %v: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := vsctl("get", "open", ".", "external_ids:system-id"); got != `"`+strings.TrimSpace(string(id))+`"` {
		t.Errorf("system-id %s, file %s", got, id)
	}
	host, _ := os.Hostname()
	if got := strings.Trim(vsctl("get", "open", ".", "external_ids:hostname"), `"`); got != host {
		t.Errorf("hostname %s", got)
	}
	vsctl("add-br", "b0", "--", "add-br", "b1")
	vsctl("add-port", "b0", "p1", "--", "set", "port", "p1", "other_config:transient=true")
	if out, err := exec.Command("/usr/bin/ovs-ofctl", "add-flow", "b0", "table=3,priority=7,actions=drop").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	same(t, "delete-transient-ports", "", 0)
	if got := vsctl("list-ports", "b0"); got != "" {
		t.Errorf("ports: %s", got)
	}
	same(t, "restart"+dummy, "Saving flows.\nExiting ovsdb-server (N).\nStarting ovsdb-server.\nConfiguring Open vSwitch system IDs.\n"+
		"Exiting ovs-vswitchd (N).\nStarting ovs-vswitchd.\nRestoring saved flows.\nEnabling remote OVSDB managers.\n", 0)
	out, _ := exec.Command("/usr/bin/ovs-ofctl", "--no-stats", "dump-flows", "b0", "table=3").CombinedOutput()
	if !strings.Contains(string(out), "table=3, priority=7 actions=drop") {
		t.Errorf("the flow is gone: %s", out)
	}
	if got := vsctl("get", "open", ".", "other_config"); got != "{}" {
		t.Errorf("other_config: %s", got)
	}
	same(t, "--delete-bridges restart"+dummy, "Exiting ovsdb-server (N).\nStarting ovsdb-server.\nConfiguring Open vSwitch system IDs.\n"+
		"Exiting ovs-vswitchd (N).\nStarting ovs-vswitchd.\nEnabling remote OVSDB managers.\n", 0)
	if got := vsctl("list-br"); got != "" {
		t.Errorf("bridges: %s", got)
	}
	same(t, "--no-ovs-vswitchd stop", "Exiting ovsdb-server (N).\n", 0)
	same(t, "stop", "Exiting ovs-vswitchd (N).\novsdb-server is not running.\n", 0)
	same(t, "stop", "ovs-vswitchd is not running.\novsdb-server is not running.\n", 0)
	if left, _ := filepath.Glob(dir + "/run/*"); len(left) > 0 {
		// The reference's database socket outlives it no longer than its pidfile.
		t.Errorf("left: %v", left)
	}
}

func TestStaleAndMissing(t *testing.T) {
	dir := place(t)
	os.WriteFile(dir+"/run/ovsdb-server.pid", []byte("999999\n"), 0o644)
	same(t, "status", "Pidfile for ovsdb-server ("+dir+"/run/ovsdb-server.pid) is stale\novs-vswitchd is not running\n", 1)
	same(t, "stop", "ovs-vswitchd is not running.\n", 0)
	same(t, "--no-ovs-vswitchd --no-monitor start", dir+"/db/conf.db does not exist ... (warning).\nCreating empty database "+dir+"/db/conf.db.\n"+
		"Starting ovsdb-server.\nsystem ID not configured, please use --system-id ... failed!\nConfiguring Open vSwitch system IDs.\nEnabling remote OVSDB managers.\n", 0)
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "ovs-ctl: missing command name (use --help for help)\n",
		"foo":                      "ovs-ctl: unknown command \"foo\" (use --help for help)\n",
		"start stop":               "ovs-ctl: exactly one command argument is required (use --help for help)\n",
		"--external-id=x start":    "ovs-ctl: --external-id argument must be in the form \"key=value\" (use --help for help)\n",
		"force-reload-kmod":        "ovs-ctl: force-reload-kmod is not supported: govs runs without the kernel module\n",
		"--ovs-vswitchd-wrapper=x": "ovs-ctl: wrappers are not supported: they look into C programs (use --help for help)\n",
	} {
		if got, code := ours(strings.Fields(args)...); got != want || code != 1 {
			t.Errorf("%q: %q, %d", args, got, code)
		}
	}
	if got, code := ours("--help"); code != 0 || !strings.Contains(got, "--system-id=ID") {
		t.Errorf("%s", got)
	}
}
