package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/tools/lab"
)

// Switch is a database server and a switch daemon in a network namespace and
// directories of their own.
type Switch struct {
	t   *testing.T
	NS  *netlab.Namespace
	Dir string
}

var serial atomic.Int32

// start starts one maker's database server and one's switch; they end with the
// test. A nil daemon starts the server only.
func start(t *testing.T, server lab.Maker, daemon *lab.Maker) *Switch {
	t.Helper()
	ovsref.Root(t)
	n := serial.Add(1)
	s := &Switch{t: t, Dir: fmt.Sprintf("/tmp/govsit%d-%d", os.Getpid(), n)}
	t.Cleanup(func() { os.RemoveAll(s.Dir) })
	for _, d := range []string{"run", "log", "db", "etc/openvswitch"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ns, err := netlab.New(fmt.Sprintf("govsit%d-%d", os.Getpid(), n))
	if err != nil {
		t.Fatal(err)
	}
	s.NS = ns
	t.Cleanup(func() {
		_ = netlab.Clear(ns.Name)
		_ = ns.Close()
	})
	t.Cleanup(func() {
		if t.Failed() {
			s.logs()
		}
	})
	args := []string{"create", s.path("db/conf.db")}
	if server.Schema != "" {
		args = append(args, server.Schema)
	}
	s.must(server, "ovsdb-tool", args...)
	s.must(server, "ovsdb-server", "--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off",
		"--remote=punix:"+s.path("run/db.sock"), s.path("db/conf.db"))
	s.must(server, "ovs-vsctl", "--no-wait", "init")
	if daemon != nil {
		s.must(*daemon, "ovs-vswitchd", "--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off")
	}
	return s
}

func (s *Switch) path(p string) string { return filepath.Join(s.Dir, p) }

// Result is what a tool left behind.
type Result struct {
	Out, Err string
	Code     int
}

// Run runs a tool of a maker against the switch.
func (s *Switch) Run(m lab.Maker, tool string, args ...string) Result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.Program(tool), args...)
	cmd.Args[0] = tool
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+s.path("run"), "OVS_LOGDIR="+s.path("log"),
		"OVS_DBDIR="+s.path("db"), "OVS_SYSCONFDIR="+s.path("etc"), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Files, not pipes: a daemon that keeps its streams open must not make
	// the test wait for ever.
	out, stderr := s.file(), s.file()
	defer out.Close()
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = out, stderr
	err := s.NS.Run(cmd)
	r := Result{Out: content(out), Err: content(stderr)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		s.t.Errorf("%s %s: no end after 30 s", tool, strings.Join(args, " "))
		r.Code = -1
	case errors.As(err, &exit):
		r.Code = exit.ExitCode()
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			r.Code = 128 + int(ws.Signal())
		}
	case err != nil:
		s.t.Fatalf("%s %s: %v", tool, strings.Join(args, " "), err)
	}
	return r
}

func (s *Switch) file() *os.File {
	f, err := os.CreateTemp(s.Dir, "out-")
	if err != nil {
		s.t.Fatal(err)
	}
	os.Remove(f.Name())
	return f
}

func content(f *os.File) string {
	var b bytes.Buffer
	if _, err := f.Seek(0, 0); err == nil {
		_, _ = b.ReadFrom(f)
	}
	return b.String()
}

// must runs a tool that has to succeed.
func (s *Switch) must(m lab.Maker, tool string, args ...string) string {
	s.t.Helper()
	r := s.Run(m, tool, args...)
	if r.Code != 0 {
		s.t.Fatalf("%s %s: status %d\n%s%s", tool, strings.Join(args, " "), r.Code, r.Out, r.Err)
	}
	return r.Out
}

// logs adds what the daemons complained of to the test's output.
func (s *Switch) logs() {
	files, _ := filepath.Glob(s.path("log/*.log"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		var lines []string
		for line := range strings.Lines(string(b)) {
			if !strings.Contains(line, "|INFO|") && !strings.Contains(line, "|DBG|") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			s.t.Logf("%s:\n%s", filepath.Base(f), strings.Join(lines[max(0, len(lines)-15):], ""))
		}
	}
}
