package vsctl

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

var (
	uuidText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	logTime  = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT[\d:]+Z\|\d+\|`)
)

// canon makes answers comparable: UUIDs and times become the same words, and
// what comes in the order of UUIDs is sorted.
func canon(a answer) answer {
	clean := func(s string) string {
		return logTime.ReplaceAllString(uuidText.ReplaceAllString(s, "UUID"), "TIME|")
	}
	a.out, a.err = clean(a.out), clean(a.err)
	switch {
	case strings.HasPrefix(a.out, "UUID\n    "):
		a.out = sortTree(a.out)
	case strings.HasPrefix(a.out, "UUID\\n    "):
		a.out = sortTree(strings.ReplaceAll(a.out, "\\n", "\n"))
	case strings.Contains(a.out, "\n\n"):
		blocks := strings.Split(strings.TrimSuffix(a.out, "\n"), "\n\n")
		slices.Sort(blocks)
		a.out = strings.Join(blocks, "\n\n") + "\n"
	}
	return a
}

// sortTree sorts the branches of an indented tree.
func sortTree(s string) string {
	type node struct {
		text string
		sub  []string
	}
	var walk func(lines []string) []string
	walk = func(lines []string) []string {
		var nodes []node
		depth := func(l string) int { return len(l) - len(strings.TrimLeft(l, " ")) }
		for i := 0; i < len(lines); {
			j := i + 1
			for j < len(lines) && depth(lines[j]) > depth(lines[i]) {
				j++
			}
			nodes = append(nodes, node{lines[i], walk(lines[i+1 : j])})
			i = j
		}
		slices.SortStableFunc(nodes, func(a, b node) int {
			// Only rows change places: columns stay where they are.
			if strings.Contains(a.text, ": ") || strings.Contains(b.text, ": ") {
				return 0
			}
			return strings.Compare(a.text, b.text)
		})
		var out []string
		for _, n := range nodes {
			out = append(append(out, n.text), n.sub...)
		}
		return out
	}
	return strings.Join(walk(strings.Split(s, "\n")), "\n")
}

// TestLikeReference runs each script of testdata on databases of their own with
// our tool and the reference's, on our server and the reference's. Every command
// must print the same, and end with the same status, as the reference's tool on
// the reference's server.
func TestLikeReference(t *testing.T) {
	ref := ovsref.Path(t, "ovs-vsctl")
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	if raceEnabled {
		// A tool under the race detector takes ten times as long to start, and
		// has few goroutines.
		files = []string{"testdata/multi.txt", "testdata/options.txt"}
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			lines := script(t, file)
			want := play(t, refServer(t), ref, lines)
			for _, other := range []struct {
				name, tool string
				place      *place
			}{
				{"our tool, reference server", "", refServer(t)},
				{"reference tool, our server", ref, ourServer(t)},
				{"our tool, our server", "", ourServer(t)},
			} {
				for i, got := range play(t, other.place, other.tool, lines) {
					if got != want[i] {
						t.Errorf("%s: %s\nstatus %d, want %d\n%s", other.name, lines[i], got.status, want[i].status,
							differing(got.out+got.err, want[i].out+want[i].err))
					}
				}
			}
		})
	}
}

// differing returns the lines that only one of two texts has.
func differing(got, want string) string {
	var b strings.Builder
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, l := range g {
		if !slices.Contains(w, l) {
			b.WriteString(" got " + l + "\n")
		}
	}
	for _, l := range w {
		if !slices.Contains(g, l) {
			b.WriteString("want " + l + "\n")
		}
	}
	if b.Len() == 0 {
		return "the same lines in another order:\n" + got
	}
	return b.String()
}

func play(t *testing.T, p *place, tool string, lines []string) []answer {
	t.Helper()
	var all []answer
	for _, l := range lines {
		all = append(all, canon(p.tool(t, tool, append([]string{"--no-wait"}, words(t, l)...)...)))
	}
	return all
}
