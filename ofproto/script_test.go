package ofproto

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// scriptVolatile is what differs between two runs of one switch.
var scriptVolatile = regexp.MustCompile(`duration:?=?[0-9.]+s|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z\|[0-9]+\||(idle|hard)_age=[0-9]+, |unix:[^ ]*/br[01]`)

// runScript runs each line of a file, which is a command of ovs-ofctl or "trace"
// with its arguments, on the reference's switch and on ours, and compares what
// they print. In a dump of groups or meters, the order does not count.
func runScript(t *testing.T, file string, prepare ...func(dir string)) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bridges := []bridgeDef{
		{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}, {"pa", "pb", 4, -1}}},
		{"br1", true, []portDef{{"pb", "pa", 1, -1}, {"q2", "", 2, -1}}},
	}
	r := startReference(t)
	r.build(bridges)
	for _, b := range bridges {
		r.run("ovs-vsctl", "set", "bridge", b.name, "protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15")
	}
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, f := range prepare {
		f(dir)
	}
	h := newTestHostIn(t, dir)
	h.build(t, bridges)
	run := func(env, args []string) string {
		cmd := exec.Command(ovsref.Path(t, "ovs-ofctl"), args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		s := string(out)
		if err != nil {
			s += err.Error() + "\n"
		}
		lines := strings.SplitAfter(scriptVolatile.ReplaceAllString(s, ""), "\n")
		if c := strings.Join(args, " "); strings.Contains(c, "dump-group") || strings.Contains(c, "dump-meter") || strings.Contains(c, "meter-stats") {
			slices.Sort(lines)
		}
		return strings.Join(lines, "")
	}
	ours := append(os.Environ(), "OVS_RUNDIR="+dir)
	n := 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		n++
		args := strings.Fields(strings.ReplaceAll(line, "$DIR", dir))
		if args[0] == "trace" {
			compareTrace(t, r, h, append([]string{"br0"}, args[1:]...)...)
			continue
		}
		want, got := run(r.env, args), run(ours, args)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	t.Logf("%d commands", n)
}

// TestConntrackReference compares ct and ct_clear, and traces that follow packets
// through the connection tracker.
func TestConntrackReference(t *testing.T) { runScript(t, "testdata/conntrack.script") }

// TestSelectionReference compares what multipath, bundle and select groups choose.
func TestSelectionReference(t *testing.T) { runScript(t, "testdata/selection.script") }

// TestLearnReference compares flows that packets teach.
func TestLearnReference(t *testing.T) { runScript(t, "testdata/learn.script") }

// TestPacketTypesReference compares what puts headers on and takes them off.
func TestPacketTypesReference(t *testing.T) { runScript(t, "testdata/nsh.script") }

// TestGroupsReference compares groups: commands, errors, and which buckets
// packets take.
func TestGroupsReference(t *testing.T) { runScript(t, "testdata/groups.script") }

// TestMetersReference compares meters: commands, errors, and translation.
func TestMetersReference(t *testing.T) { runScript(t, "testdata/meters.script") }

// TestBundlesReference compares bundles: what they do, whole or not at all, and
// the errors.
func TestBundlesReference(t *testing.T) {
	runScript(t, "testdata/bundles.script", func(dir string) {
		for name, text := range map[string]string{
			"all":     "group add group_id=78,type=all\nflow add table=3,actions=group:78\nflow modify table=3 actions=drop\ngroup delete group_id=78\npacket-out in_port=1 packet=505400000007505400000008080045000028000000004006f97bc0a80001c0a800020008000900000000000000005000000061730000 actions=2\n",
			"wrong":   "flow add table=3,priority=7,actions=drop\ngroup add group_id=78,type=all\nflow delete table=3\nflow add table=3,actions=group:78\nflow add table=4,actions=group:99\nflow add table=5,actions=drop\n",
			"groups":  "group_id=5,type=all,bucket=1\ngroup_id=6,type=all\ngroup_id=5,type=all",
			"flows":   "table=9,priority=3,in_port=3,actions=2\ntable=8,in_port=1,actions=drop\n",
			"unknown": "flow table=1,actions=drop\nfoo x\n",
			"nothing": "",
		} {
			if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
}
