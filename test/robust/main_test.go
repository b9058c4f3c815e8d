// Package robust mistreats the built programs: damaged files, wrong text,
// malformed messages and packets, missing privileges, crashes. Each must get
// a clear error in the reference's form, change nothing, lose nothing, and
// never end in a panic. The tests run in a network namespace of their own and
// own every file and process they make.
package robust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/internal/nstest"
	"govs/internal/ovsref"
)

// binDir holds the program under test, and its names.
var binDir string

const binEnv = "GOVS_TEST_ROBUST_BIN"

func TestMain(m *testing.M) {
	// nstest.Main runs this program again inside the namespace: the outer one
	// builds, and clears away.
	if binDir = os.Getenv(binEnv); binDir != "" {
		nstest.Main(m)
		return
	}
	os.Exit(outer())
}

func outer() int {
	dir, err := os.MkdirTemp("", "govs-robust-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // some of the daemons are not root's
	build := exec.Command("go", "build", "-o", dir+"/govs", "govs/cmd/govs")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building govs: %v\n%s", err, out)
		return 1
	}
	for _, t := range []string{"ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovs-vswitchd", "ovsdb-server", "ovsdb-client", "ovsdb-tool"} {
		if err := os.Symlink("govs", filepath.Join(dir, t)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), binEnv+"="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// site is one set of directories with the programs of one maker.
type site struct {
	t    testing.TB
	dir  string
	prog func(tool string) string
	ref  bool
}

func newSite(t testing.TB, prog func(string) string) *site {
	t.Helper()
	nstest.Need(t)
	dir, err := os.MkdirTemp("", "r") // short: socket paths are
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	return &site{t: t, dir: dir, prog: prog}
}

// ours is a site with the programs under test.
func ours(t testing.TB) *site {
	return newSite(t, func(tool string) string { return filepath.Join(binDir, tool) })
}

// reference is a site with Debian's programs.
func reference(t testing.TB) *site {
	s := newSite(t, func(tool string) string { return ovsref.Path(t, tool) })
	s.ref = true
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, content string) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

func (s *site) read(name string) string {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// command makes one that runs in the site's directory; cut short at 10 s.
func (s *site) command(ctx context.Context, tool string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.prog(tool), args...)
	cmd.Args[0] = tool
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+s.dir, "OVS_LOGDIR="+s.dir, "OVS_DBDIR="+s.dir, "OVS_SYSCONFDIR="+s.dir)
	if !s.ref {
		// Another release's schema on this machine is not ours.
		cmd.Env = append(cmd.Env, "OVS_PKGDATADIR="+s.path("share"))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

var panicWords = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d+ \[)`)

// run runs a tool to its end and returns all it printed and its exit code.
func (s *site) run(tool string, args ...string) (string, int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.finish(s.command(ctx, tool, args...))
}

func (s *site) finish(cmd *exec.Cmd) (string, int) {
	s.t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatalf("%v: %v", cmd.Args, err)
	}
	if panicWords.Match(out) {
		s.t.Errorf("%v panics:\n%s", cmd.Args, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// must is run for what has to succeed.
func (s *site) must(tool string, args ...string) string {
	s.t.Helper()
	out, code := s.run(tool, args...)
	if code != 0 {
		s.t.Fatalf("%s %s: exit %d: %s", tool, strings.Join(args, " "), code, out)
	}
	return out
}

// proc is a daemon of a site.
type proc struct {
	s      *site
	name   string
	cmd    *exec.Cmd
	stderr string // file with what it says
	ended  chan struct{}
}

func (s *site) start(cmd *exec.Cmd) *proc {
	s.t.Helper()
	name := cmd.Args[0]
	f, err := os.CreateTemp(s.dir, "said-"+name+"-")
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	cmd.Stderr, cmd.Stdout = f, f
	// The kernel ends it with the thread that started it: that of a test may
	// go any time, so let a goroutine hold its own.
	p := &proc{s: s, name: name, cmd: cmd, stderr: f.Name(), ended: make(chan struct{})}
	cmd.SysProcAttr.Pdeathsig = 0
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { cmd.Wait(); close(p.ended) }()
	s.t.Cleanup(func() {
		p.kill()
		if b, _ := os.ReadFile(p.stderr); panicWords.Match(b) {
			s.t.Errorf("%s panics:\n%s", name, b)
		}
	})
	return p
}

func (p *proc) said() string { b, _ := os.ReadFile(p.stderr); return string(b) }

func (p *proc) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *proc) kill() { p.cmd.Process.Kill(); <-p.ended }

// term ends it politely and returns its exit status.
func (p *proc) term() syscall.WaitStatus {
	p.s.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.wait(5 * time.Second)
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func (p *proc) wait(d time.Duration) {
	p.s.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(d):
		p.s.t.Fatalf("%s does not end", p.name)
	}
}

// await waits until ok, for at most five seconds.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func answers(path string) bool {
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// createDB makes conf.db with the reference's schema if the site is its.
func (s *site) createDB() {
	s.t.Helper()
	args := []string{"create", s.path("conf.db")}
	if s.ref {
		args = append(args, ovsref.Schema(s.t, "vswitch.ovsschema"))
	}
	s.must("ovsdb-tool", args...)
}

// server starts the site's database server and waits until it serves.
func (s *site) server(more ...string) *proc {
	s.t.Helper()
	args := append([]string{s.path("conf.db"), "--remote=punix:" + s.path("db.sock"), "--pidfile", "--log-file=" + s.path("ovsdb-server.log")}, more...)
	p := s.start(s.command(context.Background(), "ovsdb-server", args...))
	await(s.t, "ovsdb-server serves", func() bool {
		if !p.alive() {
			s.t.Fatalf("ovsdb-server ended: %s", p.said())
		}
		return answers(s.path("db.sock"))
	})
	return p
}

// vswitchd starts the site's switch and waits until it has configured itself.
func (s *site) vswitchd(more ...string) *proc {
	s.t.Helper()
	args := append([]string{"unix:" + s.path("db.sock"), "--pidfile", "--log-file=" + s.path("ovs-vswitchd.log")}, more...)
	cmd := s.command(context.Background(), "ovs-vswitchd", args...)
	if s.ref {
		// Away from our devices of the same names.
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
	}
	p := s.start(cmd)
	await(s.t, "ovs-vswitchd answers", func() bool {
		if !p.alive() {
			s.t.Fatalf("ovs-vswitchd ended: %s", p.said())
		}
		return answers(s.path(fmt.Sprintf("ovs-vswitchd.%d.ctl", p.cmd.Process.Pid)))
	})
	return p
}

// up starts both daemons on a new database.
func (s *site) up() (db, sw *proc) {
	s.t.Helper()
	s.createDB()
	db = s.server()
	s.must("ovs-vsctl", "--no-wait", "init")
	return db, s.vswitchd()
}

// complaints are the lines of a log file that warn.
func (s *site) complaints(log string) []string {
	var out []string
	for l := range strings.Lines(s.read(log)) {
		if strings.Contains(l, "|WARN|") || strings.Contains(l, "|ERR|") || strings.Contains(l, "|EMER|") {
			out = append(out, strings.TrimSpace(l))
		}
	}
	return out
}

var stamps = regexp.MustCompile(`(?m)^\S+T\S+Z\|\d+\|`)

// plain takes from a text what differs from run to run.
func (s *site) plain(text string) string {
	text = strings.ReplaceAll(text, s.dir, "DIR")
	text = stamps.ReplaceAllString(text, "")
	return string(bytes.TrimSpace([]byte(text)))
}
