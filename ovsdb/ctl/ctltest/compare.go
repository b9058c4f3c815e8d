package ctltest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"govs/internal/ovsref"
	"govs/ovsdb/ctl"
)

var (
	uuidText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	logTime  = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT[\d:]+Z\|\d+\|`)
)

// canon makes answers comparable: UUIDs and times become the same words, and
// what comes in the order of UUIDs is sorted.
func canon(a Answer) Answer {
	clean := func(s string) string {
		return logTime.ReplaceAllString(uuidText.ReplaceAllString(s, "UUID"), "TIME|")
	}
	a.Out, a.Err = clean(a.Out), clean(a.Err)
	switch {
	case strings.HasPrefix(a.Out, "UUID\n    "):
		a.Out = sortTree(a.Out)
	case strings.HasPrefix(a.Out, "UUID\\n    "):
		a.Out = sortTree(strings.ReplaceAll(a.Out, "\\n", "\n"))
	case strings.Contains(a.Out, "\n\n"):
		blocks := strings.Split(strings.TrimSuffix(a.Out, "\n"), "\n\n")
		slices.Sort(blocks)
		a.Out = strings.Join(blocks, "\n\n") + "\n"
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

// Compare runs scripts, each on databases of its own, with our tool and the
// reference's, on our server and the reference's. Every command must print the
// same, and end with the same status, as the reference's tool on the
// reference's server. Each line gets the options in front.
//
// "$DIR" in a line is the run directory.
// A line that begins with "differs REASON: " need not be the same with our tool,
// and must be with our server.
func (tool Tool) Compare(t *testing.T, files []string, options ...string) {
	ref := ovsref.Path(t, tool.Name)
	if len(files) == 0 {
		t.Fatal("no scripts")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			lines := Script(t, file)
			sides := []struct {
				name, path string
				place      *Place
				answers    []Answer
			}{
				{"reference", ref, tool.Reference(t), nil},
				{"our tool, reference server", "", tool.Reference(t), nil},
				{"reference tool, our server", ref, tool.Ours(t), nil},
				{"our tool, our server", "", tool.Ours(t), nil},
			}
			var wg sync.WaitGroup
			for i := range sides {
				s := &sides[i]
				wg.Go(func() { s.answers = play(t, s.place, s.path, lines, options) })
			}
			wg.Wait()
			want := sides[0].answers
			for _, s := range sides[1:] {
				for i, got := range s.answers {
					if got != want[i] && (s.path != "" || !strings.HasPrefix(lines[i], differs)) {
						t.Errorf("%s: %s\nstatus %d, want %d\n%s", s.name, lines[i], got.Status, want[i].Status,
							differing(got.Out+got.Err, want[i].Out+want[i].Err))
					}
				}
			}
		})
	}
}

const differs = "differs "

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

// unlike are what differs between any two runs, or releases.
var unlike = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(` +`), " "},
	{regexp.MustCompile(`--+`), "--"},
	{regexp.MustCompile(`timed out after \d+ ms`), "timed out after N ms"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`), "DATE"},
	{regexp.MustCompile(`\b[0-9a-f]{8}\b`), "ID"},
	{regexp.MustCompile(`\bovsdb-tool 3\.\d+\.\d+`), "ovsdb-tool VERSION"},
}

func unordered(s string) string {
	for _, u := range unlike {
		s = u.re.ReplaceAllString(s, u.by)
	}
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func play(t *testing.T, p *Place, tool string, lines, options []string) []Answer {
	t.Helper()
	var all []Answer
	for _, l := range lines {
		if strings.HasPrefix(l, differs) {
			_, l, _ = strings.Cut(l, ": ")
		}
		a := canon(p.Run(t, tool, append(slices.Clone(options), Words(t, strings.ReplaceAll(l, "$DIR", p.Dir))...)...))
		if p.Unordered {
			a.Out, a.Err = unordered(a.Out), unordered(a.Err)
		}
		all = append(all, a)
	}
	return all
}

// Words splits a line as a shell does.
func Words(t testing.TB, line string) []string {
	t.Helper()
	var all []string
	var w []byte
	in := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ':
			if in {
				all, w, in = append(all, string(w)), nil, false
			}
		case '\'':
			in = true
			for i++; i < len(line) && line[i] != '\''; i++ {
				w = append(w, line[i])
			}
		case '"':
			in = true
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' && i+1 < len(line) {
					i++
				}
				w = append(w, line[i])
			}
		case '\\':
			i++
			fallthrough
		default:
			in = true
			w = append(w, line[i])
		}
	}
	if in {
		all = append(all, string(w))
	}
	return all
}

// Script returns the commands of a script.
func Script(t testing.TB, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(b), "\n"), func(l string) bool {
		return strings.HasPrefix(l, "#") || strings.TrimSpace(l) == ""
	})
}

// Covers fails for commands of an app, and options of theirs, that no script
// uses. The reference has no newer commands: they need tests of their own.
func (tool Tool) Covers(t *testing.T, a *ctl.App, pattern string, newer ...string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	used := map[string]bool{}
	for _, file := range files {
		for _, line := range Script(t, file) {
			for call := range strings.SplitSeq(line, " -- ") {
				var options []string
				for _, w := range strings.Fields(call) {
					if strings.HasPrefix(w, "-") {
						o, _, _ := strings.Cut(w, "=")
						options = append(options, o)
						continue
					}
					used[w] = true
					for _, o := range options {
						used[w+" "+o] = true
					}
				}
			}
		}
	}
	for c := range a.All() {
		if slices.Contains(newer, c.Name) {
			continue
		}
		if !used[c.Name] {
			t.Errorf("no script has the command %s", c.Name)
		}
		for _, o := range c.Options {
			if o = strings.TrimSuffix(o, "="); !used[c.Name+" "+o] {
				t.Errorf("no script has the command %s with %s", c.Name, o)
			}
		}
	}
}
