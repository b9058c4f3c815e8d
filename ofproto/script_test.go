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
var scriptVolatile = regexp.MustCompile(`duration:?=?[0-9.]+s|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z\|[0-9]+\||(idle|hard)_age=[0-9]+, |unix:[^ ]*/br0`)

// runScript runs each line of a file, which is a command of ovs-ofctl or "trace"
// with its arguments, on the reference's switch and on ours, and compares what
// they print. In a dump of groups or meters, the order does not count.
func runScript(t *testing.T, file string, prepare ...func(dir string)) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bridges := []bridgeDef{{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}}}}
	r := startReference(t)
	r.build(bridges)
	r.run("ovs-vsctl", "set", "bridge", "br0", "protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15")
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

// TestGroupsReference compares groups: commands, errors, and which buckets
// packets take.
func TestGroupsReference(t *testing.T) { runScript(t, "testdata/groups.script") }

// TestMetersReference compares meters: commands, errors, and translation.
func TestMetersReference(t *testing.T) { runScript(t, "testdata/meters.script") }
