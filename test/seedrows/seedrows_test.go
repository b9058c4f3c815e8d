// Package seedrows holds what the article that govs began with says about Open
// vSwitch, statement by statement: commands and what they must print. The
// switch runs on dummy devices; what needs packets is shown by "govs lab".
package seedrows

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"govs/internal/nstest"
)

func TestMain(m *testing.M) { nstest.Main(m) }

// programs builds govs and returns a directory with it under its tools' names.
func programs(t *testing.T) string {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/govs", "govs/cmd/govs")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building govs: %v\n%s", err, out)
	}
	for _, tool := range []string{"ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovs-dpctl", "ovs-pki", "ovs-tcpundump"} {
		if err := os.Symlink("govs", filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A host is a directory with a running switch's sockets and files.
type host struct {
	t   *testing.T
	dir string
	env []string
}

// newHost starts a switch and stops it at the end of the test.
func newHost(t *testing.T) *host {
	h := &host{t: t, dir: t.TempDir()}
	h.env = append(os.Environ(), "PATH="+programs(t)+":"+os.Getenv("PATH"))
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"} {
		h.env = append(h.env, v+"="+h.dir)
	}
	if out, code := h.sh("govs up --detach --memory --pidfile --log-file --enable-dummy=override"); code != 0 {
		t.Fatalf("govs up: exit status %d\n%s", code, out)
	}
	t.Cleanup(func() {
		if out, code := h.sh("ovs-appctl exit"); code != 0 {
			t.Errorf("exit: exit status %d\n%s", code, out)
		}
	})
	return h
}

// sh runs a line of shell in the host's directory and returns what it prints
// on both outputs, and its exit status.
func (h *host) sh(line string) (string, int) {
	cmd := exec.Command("sh", "-c", line)
	cmd.Env, cmd.Dir = h.env, h.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil {
			h.t.Fatal(err)
		}
		return out.String(), cmd.ProcessState.ExitCode()
	}
	return out.String(), 0
}

// A step is a line of shell and what it must print: want is a regular
// expression for the whole of it, without the space around; "!" before it asks
// for a failure too. No want means silence and success.
type step struct{ line, want string }

// check runs steps in order.
func (h *host) check(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		out, code := h.sh(s.line)
		want, fails := strings.CutPrefix(s.want, "!")
		if fails != (code != 0) || !regexp.MustCompile(`(?s)\A(?:`+want+`)\z`).MatchString(strings.TrimSpace(out)) {
			t.Errorf("%s\nexit status %d, printed:\n%swant: %s", s.line, code, out, s.want)
		}
	}
}

// A row is one statement of the article, or a few.
type row struct {
	name  string
	steps []step
}

// flows is the article's table of br-tun.
const flows = "../../tools/lab/flows/10.10.0.52.flows"

func TestRows(t *testing.T) {
	nstest.Need(t) // the switch listens for tunnelled packets
	h := newHost(t)
	path, err := filepath.Abs(flows)
	if err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "FLOWS="+path)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { h.check(t, r.steps) })
	}
}
