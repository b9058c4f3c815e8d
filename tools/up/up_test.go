package up_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/tools/appctl"
	"govs/tools/up"
	"govs/tools/vsctl"
)

// run runs a tool and returns its output, errors behind, and exit status.
func run(m cli.Main, argv ...string) (string, int) {
	var out, errs bytes.Buffer
	code := m(argv, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.String() + errs.String(), code
}

// start runs "govs up" with dummy ports until the returned function ends it.
func start(t *testing.T, args ...string) (stop func()) {
	t.Helper()
	done := make(chan int, 1)
	out, in := io.Pipe()
	go func() {
		code := up.Main(append([]string{"up", "--enable-dummy=override", "-vconsole:off"}, args...),
			cli.IO{In: strings.NewReader(""), Out: in, Err: in})
		in.Close()
		done <- code
	}()
	said := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for told := false; lines.Scan(); {
			if !told && strings.Contains(lines.Text(), "govs is up") {
				told = true
				close(said)
			}
		}
	}()
	// A change that is waited for: the switch is up when it is carried out.
	if out, code := run(vsctl.Main, "ovs-vsctl", "--retry", "--timeout=10", "set", "open", ".", "external_ids:up=yes"); code != 0 {
		t.Fatalf("govs up does not serve: %s", out)
	}
	select {
	case <-said:
	case <-time.After(10 * time.Second):
		t.Fatal("govs up does not say that it is up")
	}
	return func() {
		target := filepath.Join(os.Getenv("OVS_RUNDIR"), "ctl")
		if out, code := run(appctl.Main, "ovs-appctl", "-t", target, "exit"); code != 0 {
			t.Fatalf("exit: %s", out)
		}
		select {
		case code := <-done:
			if code != 0 {
				t.Errorf("govs up: exit status %d", code)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("govs up does not end")
		}
	}
}

func TestUp(t *testing.T) {
	dir, err := os.MkdirTemp("", "up") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("OVS_RUNDIR", dir)
	t.Setenv("OVS_DBDIR", dir)
	ctl := "--unixctl=" + filepath.Join(dir, "ctl")

	stop := start(t, ctl)
	if out, code := run(vsctl.Main, "ovs-vsctl", "--timeout=10", "add-br", "br0", "--", "add-port", "br0", "p1"); code != 0 {
		t.Fatalf("add-br: %s", out)
	}
	if out, _ := run(vsctl.Main, "ovs-vsctl", "get", "interface", "p1", "ofport"); out != "1\n" {
		t.Errorf("ofport: %q", out)
	}
	stop()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		// The lock file stays, as the reference's does.
		if n := e.Name(); n != "conf.db" && n != ".conf.db.~lock~" {
			t.Errorf("left behind: %s", n)
		}
	}

	// The configuration is there again.
	stop = start(t, ctl)
	if out, _ := run(vsctl.Main, "ovs-vsctl", "list-ports", "br0"); out != "p1\n" {
		t.Errorf("after a restart list-ports prints %q", out)
	}
	stop()

	// And not with --memory.
	stop = start(t, ctl, "--memory")
	if out, _ := run(vsctl.Main, "ovs-vsctl", "list-br"); out != "" {
		t.Errorf("with --memory list-br prints %q", out)
	}
	stop()
}

func TestUsage(t *testing.T) {
	out, code := run(up.Main, "up", "--help")
	if lines := strings.Count(out, "\n"); code != 0 || lines > 24 {
		t.Errorf("--help: exit status %d, %d lines do not fit a screen", code, lines)
	}
	for _, args := range [][]string{{"br0"}, {"--memory", "--db=x"}, {"--bogus"}} {
		if out, code := run(up.Main, append([]string{"up"}, args...)...); code == 0 || out == "" {
			t.Errorf("%q: exit status %d, %q", args, code, out)
		}
	}
}
