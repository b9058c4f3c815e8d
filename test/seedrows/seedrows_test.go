// Package seedrows holds what the article that govs began with says about Open
// vSwitch, statement by statement: commands, what they must print, and that both
// makers' switches print the same. The switches run on dummy devices, each in a
// network namespace; what needs real frames is shown by scripts that run on both
// too, and a row points to them.
package seedrows

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
	"govs/tools/lab"
)

func TestMain(m *testing.M) { sandbox.Main(m) }

// A step is a line of shell and what it must print: want is a regular
// expression for the whole of it, without the space around; "!" before it asks
// for a failure too. No want means silence and success. Besides, both switches
// must print the same.
type step struct {
	line, want string
	// differs says why the two do not print the same words.
	differs string
	// only is the maker that can run the line, and why the other cannot:
	// "govs: lint/show is ours".
	only string
}

// A row is one statement of the article.
type row struct {
	n     int
	says  string
	steps []step
	// shown are scripts that show it with real frames on both switches: files
	// of test/traffic or test/interop, or the title of one of the lab's checks.
	shown []string
}

// A host is a switch, and a shell beside it.
type host struct {
	*sandbox.Switch
	ns  *netlab.Namespace
	env []string
}

// flows is the article's table of br-tun.
const flows = "../../tools/lab/flows/10.10.0.52.flows"

// newHost starts a switch that ends with the test.
func newHost(t *testing.T, m sandbox.Maker) *host {
	ns, err := netlab.New(fmt.Sprintf("govsrow%d%s", os.Getpid(), m.Name[:2]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		netlab.Clear(ns.Name)
		ns.Close()
	})
	if err := ns.Up("lo"); err != nil {
		t.Fatal(err)
	}
	// The host's own devices must be out of it: a switch with dummies for
	// system ports knows of no others.
	h := &host{sandbox.Start(t, m, sandbox.Config{Dummy: "system", Namespace: ns}), ns, nil}
	bin := filepath.Join(t.TempDir(), "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovs-dpctl", "ovs-pki", "ovs-pcap", "ovs-tcpundump"} {
		if err := os.Symlink(m.Program(tool), filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	path, err := filepath.Abs(flows)
	if err != nil {
		t.Fatal(err)
	}
	h.env = append(h.Env(), "PATH="+bin+":"+os.Getenv("PATH"), "FLOWS="+path, "LC_ALL=C.UTF-8")
	return h
}

// sh runs a line of shell in the host's directory and returns what it prints
// on both outputs, and its exit status. "stop-switch" and "start-switch" are
// the two lines that are no shell's.
func (h *host) sh(t *testing.T, line string) (string, int) {
	switch line {
	case "stop-switch":
		h.StopSwitch()
		return "", 0
	case "start-switch":
		h.StartSwitch()
		return "", 0
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Env, cmd.Dir = h.env, h.Dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := h.ns.Run(cmd); err != nil {
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return out.String(), cmd.ProcessState.ExitCode()
	}
	return out.String(), 0
}

// own are the words that are another at each run, and what stands for them.
var own = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\(xid=0x[0-9a-f]+\)`), "(xid=X)"},
	{regexp.MustCompile(`duration=[0-9.]+s`), "duration=Ns"},
	{regexp.MustCompile(`(idle|hard)_age=[0-9]+`), "${1}_age=N"},
	{regexp.MustCompile(`used:[0-9.]+s`), "used:Ns"},
	{regexp.MustCompile(`\.[0-9]+\.ctl`), ".PID.ctl"},
	{regexp.MustCompile(`, dp-extra-info:[^\n]*`), ""},
}

func normal(h *host, s string) string {
	s = strings.ReplaceAll(s, h.Dir, "<dir>")
	for _, o := range own {
		s = o.what.ReplaceAllString(s, o.as)
	}
	return s
}

// TestRows runs every row on both switches.
func TestRows(t *testing.T) {
	ovsref.Root(t)
	hosts := []*host{newHost(t, sandbox.Reference(t)), newHost(t, sandbox.Ours(t))}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%02d", r.n), func(t *testing.T) {
			for _, s := range r.steps {
				check(t, r, s, hosts)
			}
		})
	}
}

// check runs one step on the switches that can.
func check(t *testing.T, r row, s step, hosts []*host) {
	t.Helper()
	want, fails := strings.CutPrefix(s.want, "!")
	re := regexp.MustCompile(`(?s)\A(?:` + want + `)\z`)
	var said []string
	for _, h := range hosts {
		if maker, _, _ := strings.Cut(s.only, ":"); maker != "" && maker != h.Maker.Name {
			continue
		}
		out, code := h.sh(t, s.line)
		if fails != (code != 0) || !re.MatchString(strings.TrimSpace(out)) {
			t.Errorf("7.%d, %s, by %s: %s\nexit status %d, printed:\n%swant: %s", r.n, r.says, h.Maker.Name, s.line, code, out, s.want)
		}
		said = append(said, fmt.Sprintf("%sexit status %d\n", normal(h, out), code))
	}
	if len(said) == 2 && (said[0] == said[1]) != (s.differs == "") {
		t.Errorf("7.%d: %s (may differ: %q)\n--- reference\n%s--- govs\n%s", r.n, s.line, s.differs, said[0], said[1])
	}
}

// TestEveryRow says that no row of the article's is without a line here or a
// script that shows it, and that those scripts are there. The scripts of
// test/traffic and test/interop and the checks of the lab are run with both
// makers' programs by their own tests.
func TestEveryRow(t *testing.T) {
	const all = 53
	for i, r := range rows {
		if r.n != i+1 {
			t.Fatalf("row 7.%d stands at place %d", r.n, i+1)
		}
		if r.says == "" || len(r.steps)+len(r.shown) == 0 {
			t.Errorf("7.%d: %q shows nothing", r.n, r.says)
		}
		for _, s := range r.steps {
			if maker, why, _ := strings.Cut(s.only, ": "); s.only != "" && (maker != "govs" && maker != "reference" || why == "") {
				t.Errorf("7.%d: %s: only %q", r.n, s.line, s.only)
			}
		}
		for _, name := range r.shown {
			if slices.Contains(lab.Titles(), name) {
				continue
			}
			text, err := os.ReadFile(filepath.Join("..", name))
			if err != nil {
				t.Errorf("7.%d: %v", r.n, err)
			}
			if bytes.Contains(text, []byte("\nonly govs")) {
				t.Errorf("7.%d: parts of %s are not run on both", r.n, name)
			}
		}
	}
	if len(rows) != all {
		t.Errorf("%d rows of %d", len(rows), all)
	}
}
