package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"govs/tools/lab"
	"govs/tools/ofctl"
)

// TestScripts runs each file of testdata by Debian's tools on Debian's daemons,
// and then with govs in the place of either or both. Everything printed and
// every exit status must be the same.
//
// A file is a txtar archive. Its comment is the script: a line is a command;
// "sleep DURATION" waits; "#" begins a remark. A line "differs REASON" lets the
// next command differ, and says why; "unordered" lets its lines come in any
// order. The archive's files are there when the script runs.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".txt")
		t.Run(name, func(t *testing.T) {
			a, err := txtar.ParseFile(script)
			if err != nil {
				t.Fatal(err)
			}
			compareScript(t, a, string(a.Comment))
		})
	}
}

// TestOpenFlowVersions runs every command of ovs-ofctl in several versions of
// OpenFlow, by each maker's tools on each one's switch.
func TestOpenFlowVersions(t *testing.T) {
	for _, v := range []string{"OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"} {
		t.Run(v, func(t *testing.T) {
			a, err := txtar.ParseFile("testdata/openflow.script")
			if err != nil {
				t.Fatal(err)
			}
			compareScript(t, a, strings.ReplaceAll(string(a.Comment), "$V", v))
		})
	}
}

// TestEveryCommand says that each command of ovs-ofctl is in a script, but
// for those that the reference does not have.
func TestEveryCommand(t *testing.T) {
	used := map[string]bool{}
	for _, file := range []string{"openflow.script", "openflow_watch.txt", "first_bridge.txt", "flow_tables.txt"} {
		a, err := txtar.ParseFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range parseScript(t, string(a.Comment)) {
			if st.tool == "ovs-ofctl" {
				for _, w := range st.args {
					used[w] = true
				}
			}
		}
	}
	for _, g := range ofctl.Manual().Groups {
		for _, e := range g.Entries {
			name, _, _ := strings.Cut(e.Term, " ")
			if !used[name] && name != "bundle" && name != "sync" {
				t.Errorf("%s is in no line", name)
			}
		}
	}
}

// compareScript plays a script with each maker's tools on each one's daemons.
func compareScript(t *testing.T, a *txtar.Archive, script string) {
	steps := parseScript(t, script)
	o, d := ours(t), debian(t)
	want := play(t, a, steps, d, d)
	for _, side := range []struct {
		name         string
		tool, daemon lab.Maker
	}{
		{"our daemons, Debian's tools", d, o},
		{"Debian's daemons, our tools", o, d},
		{"ours", o, o},
	} {
		t.Run(side.name, func(t *testing.T) {
			got := play(t, a, steps, side.tool, side.daemon)
			for i, st := range steps {
				if st.differs != "" || st.tool == "sleep" {
					continue
				}
				if diff := cmp.Diff(want[i], got[i]); diff != "" {
					t.Errorf("line %d: %s\n%s", st.line, st.text, diff)
				}
			}
		})
	}
}

type step struct {
	line    int
	text    string
	tool    string
	args    []string
	differs string // the reason, if it may
	// unordered: the order of lines follows hashes and means nothing.
	unordered bool
}

func parseScript(t *testing.T, s string) (steps []step) {
	t.Helper()
	differs, unordered := "", false
	for i, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if reason, ok := strings.CutPrefix(line, "differs "); ok {
			differs = reason
			continue
		}
		if line == "unordered" {
			unordered = true
			continue
		}
		words := split(line)
		steps = append(steps, step{i + 1, line, words[0], words[1:], differs, unordered})
		differs, unordered = "", false
	}
	return steps
}

// split cuts a line into words as a shell does, with both kinds of quotes.
func split(line string) (words []string) {
	var w strings.Builder
	in, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			w.WriteByte(c)
		case c == '\'' || c == '"':
			quote, in = c, true
		case c == ' ' || c == '\t':
			if in {
				words = append(words, w.String())
				w.Reset()
			}
			in = false
		default:
			w.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, w.String())
	}
	return words
}

// play runs the script and returns what each command left, made comparable.
func play(t *testing.T, a *txtar.Archive, steps []step, tools, daemons lab.Maker) []string {
	t.Helper()
	s := start(t, daemons, &daemons)
	for _, f := range a.Files {
		if err := os.WriteFile(s.path(f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	n := normalizer{uuids: map[string]string{}, dir: s.Dir}
	var out []string
	for _, st := range steps {
		if st.tool == "sleep" {
			d, err := time.ParseDuration(st.args[0])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			out = append(out, "")
			continue
		}
		r := s.Run(tools, st.tool, st.args...)
		text := n.text(fmt.Sprintf("%s%sstatus %d\n", r.Out, r.Err, r.Code))
		if st.unordered {
			lines := strings.Split(text, "\n")
			slices.Sort(lines)
			text = strings.Join(lines, "\n")
		}
		out = append(out, text)
	}
	return out
}

// normalizer makes the texts of two runs comparable: what cannot be the same
// twice gets a name.
type normalizer struct {
	uuids map[string]string
	dir   string
}

var (
	reUUID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	reDuration = regexp.MustCompile(`(duration[=:])[0-9.]+(s?)`)
	reAge      = regexp.MustCompile(`((?:idle|hard)_age=)[0-9]+`)
	reXid      = regexp.MustCompile(`\(xid=0x[0-9a-f]+\)`)
	reMAC      = regexp.MustCompile(`\b(addr:)([0-9a-f]{2}:){5}[0-9a-f]{2}`)
	reDPID     = regexp.MustCompile(`dpid:[0-9a-f]{16}`)
	reLog      = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|`)
	// Our schema is newer than Debian's database, and the tools say so.
	rePing     = regexp.MustCompile(`xid=[0-9a-f]{8} time=[0-9.]+ ms`)
	reSpeed    = regexp.MustCompile(`Finished in .*`)
	reTimedOut = regexp.MustCompile(`timed out after [0-9]+ ms`)
	reUpgrade  = regexp.MustCompile(`(?m)^.*\(database needs upgrade\?\)\n`)
	reVersion  = regexp.MustCompile(`\b3\.(1\.0|7\.1)\b`)
)

func (n *normalizer) text(s string) string {
	s = reUpgrade.ReplaceAllString(s, "")
	s = reUUID.ReplaceAllStringFunc(s, func(u string) string {
		if n.uuids[u] == "" {
			n.uuids[u] = fmt.Sprintf("<uuid %d>", len(n.uuids)+1)
		}
		return n.uuids[u]
	})
	s = strings.ReplaceAll(s, n.dir, "<dir>")
	s = rePing.ReplaceAllString(s, "xid=X time=T ms")
	s = reSpeed.ReplaceAllString(s, "Finished in T")
	s = reTimedOut.ReplaceAllString(s, "timed out after N ms")
	s = reDuration.ReplaceAllString(s, "${1}T$2")
	s = reAge.ReplaceAllString(s, "${1}T")
	s = reXid.ReplaceAllString(s, "(xid=X)")
	s = reMAC.ReplaceAllString(s, "${1}MAC")
	s = reDPID.ReplaceAllString(s, "dpid:DPID")
	s = reLog.ReplaceAllString(s, "TIME|")
	return reVersion.ReplaceAllString(s, "VERSION")
}
