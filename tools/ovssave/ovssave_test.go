package ovssave

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govs/cli"
	"govs/internal/nstest"
	"govs/internal/ovsref"
)

func TestMain(m *testing.M) { nstest.Main(m) }

func ours(args ...string) (out, errs string, code int) {
	var o, e strings.Builder
	code = Main(append([]string{"ovs-save"}, args...), cli.IO{Out: &o, Err: &e})
	return o.String(), e.String(), code
}

func sh(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return string(out)
}

// TestInterfaces saves an interface, wipes it, and runs what was saved.
func TestInterfaces(t *testing.T) {
	nstest.Need(t)
	sh(t, `ip link add vz0 type veth peer name vz1
ip addr add 10.99.0.1/24 brd + dev vz0
ip addr add 10.99.1.1 peer 10.99.1.2/32 dev vz0
ip link set vz0 mtu 1400; ip link set vz0 up; ip link set vz1 up
ip -6 addr add fd00::1/64 dev vz0 nodad
ip route add 10.98.0.0/16 via 10.99.0.2
ip route add default via 10.99.0.9 metric 500
ip -6 route add fd01::/64 via fd00::2 metric 77`)
	defer sh(t, "ip link del vz0")
	state := func() string {
		var lines []string
		for _, cmd := range []string{"ip -o -4 addr show vz0", "ip -o -6 addr show vz0 scope global", "ip route show dev vz0",
			"ip -6 route show dev vz0 proto boot", "ip -o link show vz0 | grep -o 'mtu [0-9]*\\|ether [0-9a-f:]*'"} {
			l := strings.Split(sh(t, cmd), "\n")
			slices.Sort(l)
			lines = append(lines, l...)
		}
		return strings.NewReplacer("nodad ", "", "tentative ", "").Replace(strings.Join(lines, "\n"))
	}
	before := state()
	script, errs, code := ours("save-interfaces", "nosuch", "vz0")
	if code != 0 || errs != "ovs-save: device \"nosuch\" does not exist\n" {
		t.Fatalf("%d %s", code, errs)
	}
	sh(t, "ip addr flush dev vz0; ip link set vz0 mtu 1500")
	sh(t, script)
	if diff := cmp.Diff(before, state()); diff != "" {
		t.Errorf("%s\n%s", diff, script)
	}
}

// TestFlows saves the state of bridges of a real switch, wipes it, and runs
// what was saved.
func TestFlows(t *testing.T) {
	dir := t.TempDir()
	for v, d := range map[string]string{"OVS_RUNDIR": dir, "OVS_LOGDIR": dir, "OVS_DBDIR": dir, "OVS_SYSCONFDIR": dir,
		"OVS_BINDIR": "/usr/bin", "OVS_SBINDIR": "/usr/sbin", "TMPDIR": dir} {
		t.Setenv(v, d)
	}
	ovsref.Path(t, "ovs-vswitchd")
	schema := ovsref.Schema(t, "vswitch.ovsschema")
	t.Cleanup(func() {
		exec.Command("sh", "-c", "ovs-appctl -t ovs-vswitchd exit; ovs-appctl -t ovsdb-server exit").Run()
	})
	sh(t, `ovsdb-tool create `+dir+`/conf.db `+schema+`
/usr/sbin/ovsdb-server --detach --no-chdir --pidfile --log-file -vconsole:off --remote=punix:`+dir+`/db.sock
ovs-vsctl --no-wait init
/usr/sbin/ovs-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:off --enable-dummy=override --disable-system
for br in br0 br1; do ovs-vsctl add-br $br -- set bridge $br datapath_type=dummy; done
ovs-vsctl set bridge br1 protocols=OpenFlow10,OpenFlow13
ovs-ofctl add-tlv-map br0 '{class=0xffff,type=0,len=4}->tun_metadata0'
ovs-ofctl -O OpenFlow14 add-group br0 group_id=1,type=all,bucket=output:1,bucket=output:2
ovs-ofctl -O OpenFlow14 add-flow br0 'table=3,cookie=0x7,priority=7,tun_metadata0=5,actions=group:1'
ovs-ofctl -O OpenFlow13 add-group br1 group_id=2,type=indirect,bucket=output:1
ovs-ofctl -O OpenFlow13 add-flow br1 'idle_timeout=300,ip,actions=group:2'`)
	const dump = `for br in br0 br1; do ovs-ofctl -O OpenFlow13,OpenFlow14 dump-groups $br
ovs-ofctl -O OpenFlow13,OpenFlow14 --no-stats dump-flows $br; done; ovs-ofctl dump-tlv-map br0`
	strip := func(s string) string { return s[strings.Index(s, "\n"):] }
	before := sh(t, dump)
	script, errs, code := ours("save-flows", "br0", "br1")
	if code != 0 || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	sh(t, `for br in br0 br1; do ovs-ofctl del-flows $br; ovs-ofctl -O OpenFlow13,OpenFlow14 del-groups $br; done; ovs-ofctl del-tlv-map br0`)
	sh(t, script)
	if diff := cmp.Diff(strip(before), strip(sh(t, dump))); diff != "" {
		t.Errorf("%s\n%s", diff, script)
	}
	if left, _ := os.ReadDir(dir); slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "ovs-save.") }) {
		t.Error("the saved files are still there")
	}
	if _, errs, code := ours("save-flows", "nosuch"); code != 1 || !strings.Contains(errs, "ovs-save: nosuch: ovs-vsctl") {
		t.Errorf("%d %s", code, errs)
	}
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":    "ovs-save: missing command name (use --help for help)\n",
		"foo": "ovs-save: unknown command \"foo\" (use --help for help)\n",
	} {
		if _, errs, code := ours(strings.Fields(args)...); errs != want || code != 1 {
			t.Errorf("%q: %d %q", args, code, errs)
		}
	}
	if out, _, code := ours("save-flows"); out != "" || code != 0 {
		t.Errorf("no bridges: %d %q", code, out)
	}
}
