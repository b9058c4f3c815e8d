package daemon_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/ovsref"
)

// The test binary is also the daemon under test, when called by its name.
const prog = "ovs-testd"

func TestMain(m *testing.M) {
	if cli.Name(os.Args) == prog {
		os.Exit(testd(os.Args, cli.Std()))
	}
	os.Exit(m.Run())
}

func testd(argv []string, io cli.IO) int {
	p := daemon.New(argv, io)
	args, err := cli.Parse(argv[1:], cli.Permute, p.Options(), vlog.Options(p.Name()))
	if err != nil {
		return io.Fail(p.Name(), err)
	}
	p.KeepNetwork()
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	p.OnExit(func() { os.WriteFile(filepath.Join(daemon.RunDir(), "ran-at-exit"), nil, 0o600) })
	if len(args) > 0 && args[0] == "fail" {
		return p.Fail("cannot do %s", "it")
	}
	if len(args) > 0 && args[0] == "crash" {
		panic("on purpose")
	}
	p.Ready()
	<-p.Context().Done()
	return 0
}

type run struct {
	t   *testing.T
	dir string
}

func newRun(t *testing.T) *run {
	dir := t.TempDir()
	r := &run{t, dir}
	t.Cleanup(func() {
		if pid := r.pid(); pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return r
}

func (r *run) cmd(args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	return &exec.Cmd{
		Path: exe, Args: append([]string{prog}, args...),
		Env: append(os.Environ(), "OVS_RUNDIR="+r.dir, "OVS_LOGDIR="+r.dir, "OVS_SYSLOG_METHOD=null"),
	}
}

// do runs to the end and returns output and status.
func (r *run) do(args ...string) (string, int) {
	c := r.cmd(args...)
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	c.Wait()
	return b.String(), c.ProcessState.ExitCode()
}

func (r *run) pid() int {
	b, _ := os.ReadFile(r.dir + "/" + prog + ".pid")
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}

func (r *run) files() string {
	es, _ := os.ReadDir(r.dir)
	var names []string
	for _, e := range es {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func (r *run) wait(what string, ok func() bool) {
	r.t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("%s did not happen; files: %s", what, r.files())
}

func (r *run) log() string {
	b, _ := os.ReadFile(r.dir + "/" + prog + ".log")
	return string(b)
}

func TestDetach(t *testing.T) {
	r := newRun(t)
	out, code := r.do("-vconsole:off", "--detach", "--pidfile", "--no-chdir", "--log-file")
	if out != "" || code != 0 {
		t.Fatalf("%q, %d", out, code)
	}
	pid := r.pid()
	if want := fmt.Sprintf("%s.%d.ctl %s.log %s.pid", prog, pid, prog, prog); r.files() != want {
		t.Errorf("files %q, want %q", r.files(), want)
	}
	if n := strings.Count(r.log(), "opened log file"); n != 1 {
		t.Errorf("log:\n%s", r.log())
	}
	if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(comm) != prog+"\n" {
		t.Errorf("comm %q", comm)
	}

	out, code = r.do("--detach", "--pidfile")
	if want := fmt.Sprintf("%s: %s/%s.pid: already running as pid %d, aborting\n", prog, r.dir, prog, pid); out != want || code != 1 {
		t.Errorf("second daemon: %q, %d", out, code)
	}

	if appctl, err := exec.LookPath("/usr/bin/ovs-appctl"); err == nil {
		c := exec.Command(appctl, "-t", prog, "version")
		c.Env = append(os.Environ(), "OVS_RUNDIR="+r.dir)
		if b, err := c.CombinedOutput(); err != nil || !strings.HasPrefix(string(b), prog+" (Open vSwitch) ") {
			t.Errorf("ovs-appctl version: %q, %v", b, err)
		}
	}

	syscall.Kill(pid, syscall.SIGTERM)
	r.wait("cleaning up", func() bool { return r.files() == prog+".log ran-at-exit" })
	if !strings.HasSuffix(r.log(), "|fatal_signal|WARN|terminating with signal 15 (Terminated)\n") {
		t.Errorf("log:\n%s", r.log())
	}
}

// TestExitCommand uses the reference's client on our daemon.
func TestExitCommand(t *testing.T) {
	appctl := ovsref.Path(t, "ovs-appctl")
	r := newRun(t)
	if out, code := r.do("--detach", "--pidfile", "--no-chdir"); out != "" || code != 0 {
		t.Fatalf("%q, %d", out, code)
	}
	c := exec.Command(appctl, "-t", prog, "exit")
	c.Env = append(os.Environ(), "OVS_RUNDIR="+r.dir)
	if b, err := c.CombinedOutput(); err != nil || len(b) != 0 {
		t.Errorf("%q, %v", b, err)
	}
	r.wait("exit", func() bool { return r.files() == "ran-at-exit" })
}

func TestStartFailures(t *testing.T) {
	r := newRun(t)
	for _, tt := range []struct {
		args, want string
	}{
		{"--detach --pidfile fail", prog + ": cannot do it\n"},
		{"--pidfile fail", prog + ": cannot do it\n"},
		{"--detach --monitor --pidfile fail", prog + ": cannot do it\n"},
		{"--unixctl=/nope/x.ctl", prog + ": /nope/x.ctl: could not initialize control socket (No such file or directory)\n"},
		{"--user=nosuchuser", prog + ": user nosuchuser not found, aborting.\n"},
		{"--detach --pidfile=/nope/x.pid", prog + ": /nope/x.pid.tmp"},
	} {
		out, code := r.do(strings.Fields(tt.args)...)
		if !strings.HasPrefix(out, tt.want) || code != 1 {
			t.Errorf("%s: %q, %d", tt.args, out, code)
		}
		os.Remove(r.dir + "/ran-at-exit")
		if r.files() != "" {
			t.Errorf("%s leaves %s", tt.args, r.files())
		}
	}
}

// TestPanicIsLogged: the trace of a crash goes to the log file.
func TestPanicIsLogged(t *testing.T) {
	r := newRun(t)
	if _, code := r.do("-vconsole:off", "--log-file", "crash"); code == 0 {
		t.Error("a crash ends with status 0")
	}
	if !strings.Contains(r.log(), "panic: on purpose\n") || !strings.Contains(r.log(), "goroutine 1 ") {
		t.Errorf("log:\n%s", r.log())
	}
}

func TestForegroundSignal(t *testing.T) {
	r := newRun(t)
	c := r.cmd("--pidfile", "--unixctl=here.ctl")
	var b bytes.Buffer
	c.Stderr = &b
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.wait("start", func() bool { _, err := os.Stat(r.dir + "/here.ctl"); return err == nil && r.pid() > 0 })
	time.Sleep(20 * time.Millisecond)
	c.Process.Signal(syscall.SIGINT)
	c.Wait()
	ws := c.ProcessState.Sys().(syscall.WaitStatus)
	if !ws.Signaled() || ws.Signal() != syscall.SIGINT {
		t.Errorf("ended with %v", c.ProcessState)
	}
	if !strings.HasSuffix(b.String(), "|00001|fatal_signal|WARN|terminating with signal 2 (Interrupt)\n") {
		t.Errorf("stderr %q", b.String())
	}
	if r.files() != "ran-at-exit" {
		t.Errorf("left %s", r.files())
	}
}

func TestMonitor(t *testing.T) {
	r := newRun(t)
	out, code := r.do("-vconsole:off", "--detach", "--monitor", "--pidfile", "--no-chdir", "--log-file")
	if out != "" || code != 0 {
		t.Fatalf("%q, %d", out, code)
	}
	first := r.pid()
	parent := func(pid int) int {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(b), ") ")
		n := 0
		fmt.Sscanf(rest, "%*c %d", &n)
		if f := strings.Fields(rest); len(f) > 1 {
			n, _ = strconv.Atoi(f[1])
		}
		return n
	}
	mon := parent(first)
	syscall.Kill(first, syscall.SIGSEGV)
	r.wait("restart", func() bool { return r.pid() != 0 && r.pid() != first })
	if parent(r.pid()) != mon {
		t.Error("the new daemon is not the monitor's child")
	}
	if want := fmt.Sprintf("|daemon_unix(monitor)|ERR|1 crashes: pid %d died, killed (", first); !strings.Contains(r.log(), want) {
		t.Errorf("log:\n%s", r.log())
	}
	syscall.Kill(r.pid(), syscall.SIGTERM)
	r.wait("end", func() bool { return syscall.Kill(mon, 0) != nil || zombie(mon) })
	if !strings.Contains(r.log(), "died, killed (Terminated), exiting") {
		t.Errorf("log:\n%s", r.log())
	}
}

// zombie: whoever adopted the monitor may be slow to reap it.
func zombie(pid int) bool {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "Z")
}

// TestUser drops to another user and keeps the powers a switch needs.
func TestUser(t *testing.T) {
	ovsref.Root(t)
	r := newRun(t)
	os.Chmod(r.dir, 0o777)
	for d := r.dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o777)
	}
	if out, code := r.do("--detach", "--pidfile", "--no-chdir", "--user=nobody"); strings.Contains(out, "Operation not supported") {
		t.Skip("built with cgo, where Go cannot act on all threads; govs is built without")
	} else if out != "" || code != 0 {
		t.Fatalf("%q, %d", out, code)
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", r.pid()))
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		if !strings.Contains(string(b), "\nUid:\t65534\t65534\t65534\t65534\n") || !strings.Contains(string(b), "\nCapEff:\t0000000000007c00\n") {
			t.Errorf("%s:\n%s", task, b)
		}
	}
	if len(tasks) == 0 {
		t.Error("no threads seen")
	}
}
