// Package sandbox starts private switches for tests: a database server and a
// switch daemon, ours or the reference's, with directories of their own, in a
// network namespace if one is given. For tests only; a Switch belongs to the
// goroutine of its test.
//
//	func TestMain(m *testing.M) { sandbox.Main(m) }
//
//	func TestSame(t *testing.T) {
//		for _, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
//			s := sandbox.Start(t, m, sandbox.Config{Dummy: "override"})
//			s.Must("ovs-vsctl", "add-br", "br0")
//		}
//	}
package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/daemon/unixctl"
	"govs/internal/netlab"
)

// Timeout bounds every call of a tool.
const Timeout = 30 * time.Second

// Config says what switch to start.
type Config struct {
	// Dummy is the value of --enable-dummy: "", "system", "override", or "no"
	// for a switch without dummies.
	Dummy string
	// Namespace is where both daemons and all tools run; nil: where the test
	// runs.
	Namespace *netlab.Namespace
	// Args are further arguments of ovs-vswitchd.
	Args []string
	// NoSwitch starts the database server only.
	NoSwitch bool
}

// Switch is a running database server and switch daemon.
type Switch struct {
	Maker Maker
	Dir   string // run, log and database directory in one
	t     testing.TB
	cfg   Config
	ctl   *unixctl.Client
}

// Start starts a switch, which ends with the test. When the test fails its logs
// are shown.
func Start(t testing.TB, m Maker, cfg Config) *Switch {
	t.Helper()
	dir, err := os.MkdirTemp("", "govs-sw-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Switch{Maker: m, Dir: dir, t: t, cfg: cfg}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			s.showLogs()
		}
		os.RemoveAll(dir)
	})
	create := []string{"create", s.path("conf.db")}
	if m.Schema != "" {
		create = append(create, m.Schema)
	}
	s.Must("ovsdb-tool", create...)
	s.Must("ovsdb-server", s.path("conf.db"), "--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off",
		"--remote=punix:"+s.path("db.sock"))
	s.Must("ovs-vsctl", "--no-wait", "init")
	if !cfg.NoSwitch {
		s.StartSwitch()
	}
	return s
}

func (s *Switch) path(name string) string { return filepath.Join(s.Dir, name) }

// StartSwitch starts ovs-vswitchd, for a switch that has none.
func (s *Switch) StartSwitch() {
	s.t.Helper()
	args := []string{"unix:" + s.path("db.sock"), "--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off"}
	switch s.cfg.Dummy {
	case "no":
	case "":
		args = append(args, "--enable-dummy")
	default:
		args = append(args, "--enable-dummy="+s.cfg.Dummy)
	}
	s.Must("ovs-vswitchd", append(args, s.cfg.Args...)...)
}

// StopSwitch ends ovs-vswitchd as its user would, and waits until it is gone.
func (s *Switch) StopSwitch() {
	if s.ctl != nil {
		s.ctl.Close()
		s.ctl = nil
	}
	s.end("ovs-vswitchd")
}

func (s *Switch) stop() {
	s.StopSwitch()
	s.end("ovsdb-server")
}

// PID returns the process id of a daemon ("ovs-vswitchd", "ovsdb-server"), 0
// when it does not run.
func (s *Switch) PID(daemon string) int {
	b, err := os.ReadFile(s.path(daemon + ".pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}

func (s *Switch) end(daemon string) {
	pid := s.PID(daemon)
	if pid == 0 {
		return
	}
	args := []string{"-t", daemon, "exit"}
	if daemon == "ovs-vswitchd" {
		args = append(args, "--cleanup")
	}
	s.Run("ovs-appctl", args...)
	for range 500 {
		if gone(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	syscall.Kill(pid, syscall.SIGKILL)
}

// gone reports whether a process has ended, be it reaped or not.
func gone(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := bytes.Cut(b, []byte(") "))
	return bytes.HasPrefix(rest, []byte("Z"))
}

func (s *Switch) showLogs() {
	for _, name := range []string{"ovs-vswitchd.log", "ovsdb-server.log"} {
		b, _ := os.ReadFile(s.path(name))
		if n := len(b); n > 4000 {
			b = b[n-4000:]
		}
		s.t.Logf("%s %s, the end:\n%s", s.Maker.Name, name, b)
	}
}

// Env is the environment in which tools find this switch.
func (s *Switch) Env() []string {
	env := os.Environ()
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"} {
		env = append(env, v+"="+s.Dir)
	}
	return env
}

// Result is what a tool left behind.
type Result struct {
	Out, Err string
	Code     int
}

// Run runs one of the maker's tools on the switch.
func (s *Switch) Run(tool string, args ...string) Result {
	s.t.Helper()
	return s.RunBy(s.Maker, tool, args...)
}

// RunBy runs a tool of any maker on the switch.
func (s *Switch) RunBy(m Maker, tool string, args ...string) Result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.Program(tool), args...)
	cmd.Env = s.Env()
	cmd.WaitDelay = time.Second // a daemon may keep the outputs open
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	run := cmd.Run
	if ns := s.cfg.Namespace; ns != nil {
		run = func() error { return ns.Run(cmd) }
	}
	err := run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatalf("%s %s: %v", m.Name, tool, err)
	}
	return Result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// Must runs one of the maker's tools, which must succeed, and returns what it
// printed.
func (s *Switch) Must(tool string, args ...string) string {
	s.t.Helper()
	r := s.Run(tool, args...)
	if r.Code != 0 {
		s.t.Fatalf("%s %s %s: exit status %d\n%s%s", s.Maker.Name, tool, strings.Join(args, " "), r.Code, r.Out, r.Err)
	}
	return r.Out
}

// Appctl has ovs-vswitchd carry out a command over a connection that stays open:
// a hundred times faster than a process a command. It returns the answer, and
// whether it was an error.
func (s *Switch) Appctl(command string, args ...string) (text string, ok bool) {
	s.t.Helper()
	if s.ctl == nil {
		c, err := unixctl.Connect(s.path(fmt.Sprintf("ovs-vswitchd.%d.ctl", s.PID("ovs-vswitchd"))))
		if err != nil {
			s.t.Fatalf("%s ovs-vswitchd: %v", s.Maker.Name, err)
		}
		s.ctl = c
	}
	s.ctl.SetDeadline(time.Now().Add(Timeout))
	r, err := s.ctl.Do(command, args)
	if err != nil {
		s.t.Fatalf("%s ovs-vswitchd: %s: %v", s.Maker.Name, command, err)
	}
	raw := r.Result
	if r.Error != nil {
		raw = r.Error
	}
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	return text, r.Error == nil
}
