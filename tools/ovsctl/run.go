package ovsctl

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"govs/internal/dirs"
	"govs/internal/programs"
)

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// output runs a tool and returns what it printed on its standard output, and
// whether it succeeded.
func (c *ctl) output(tool string, args ...string) (string, bool) {
	cmd := programs.Command(tool, args...)
	cmd.Stderr = c.Err
	b, err := cmd.Output()
	return string(b), err == nil
}

// word is output for one word, "" for a failure.
func (c *ctl) word(tool string, args ...string) string {
	s, _ := c.output(tool, args...)
	return strings.TrimSpace(s)
}

// quiet runs a tool whose failure matters but whose words do not.
func (c *ctl) quiet(tool string, args ...string) bool {
	return programs.Command(tool, args...).Run() == nil
}

// action runs a tool and prints a line on how it went, as system start-up
// scripts do.
func (c *ctl) action(what string, cmd *exec.Cmd) bool {
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	// What the daemon inherits must not hold the pipe open.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	c.Err.Write(b.Bytes())
	if err != nil {
		fmt.Fprintf(c.Out, "%s ... failed!\n", what)
		return false
	}
	fmt.Fprintf(c.Out, "%s.\n", what)
	return true
}

// vsctl changes the database without waiting for the switch.
func (c *ctl) vsctl(args ...string) *exec.Cmd {
	return programs.Command("ovs-vsctl", append([]string{"--db=unix:" + c.dbSock, "--no-wait"}, args...)...)
}

// lines runs ovs-vsctl and returns the lines it printed.
func (c *ctl) lines(args ...string) []string {
	cmd := c.vsctl(args...)
	cmd.Stderr = c.Err
	b, err := cmd.Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}

func pidfile(daemon string) string { return dirs.Abs(dirs.Run(), daemon+".pid") }

// pid returns the number in a daemon's pidfile, 0 if there is none, and
// whether such a process lives.
func pid(daemon string) (n int, alive bool) {
	b, err := os.ReadFile(pidfile(daemon))
	if err != nil {
		return 0, false
	}
	n, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	if n <= 0 {
		return 0, false
	}
	return n, living(n)
}

// living is unset for a zombie too, which nobody may have reaped yet.
func living(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func (c *ctl) status() int {
	code := 0
	for _, d := range c.daemons() {
		switch n, alive := pid(d); {
		case alive:
			fmt.Fprintf(c.Out, "%s is running with pid %d\n", d, n)
		case n != 0:
			fmt.Fprintf(c.Out, "Pidfile for %s (%s) is stale\n", d, pidfile(d))
			code = 1
		default:
			fmt.Fprintf(c.Out, "%s is not running\n", d)
			code = 1
		}
	}
	return code
}

// startDaemon runs a daemon in the background with the options all have.
func (c *ctl) startDaemon(daemon string, args ...string) bool {
	args = append(args, "-vconsole:emer", "-vsyslog:err", "-vfile:info")
	if c.noConfine {
		args = append(args, "--no-self-confinement")
	}
	if c.user != "" {
		args = append(args, "--user", c.user)
	}
	args = append(args, strings.Fields(c.more[daemon])...)
	args = append(args, "--no-chdir",
		"--log-file="+filepath.Join(dirs.Log(), daemon+".log"),
		"--pidfile="+pidfile(daemon), "--detach")
	if !c.noMonitor {
		args = append(args, "--monitor")
	}
	for _, d := range []string{dirs.Log(), dirs.Run()} {
		os.MkdirAll(d, 0o755)
	}
	if !c.noCores {
		lim := syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)}
		if syscall.Setrlimit(syscall.RLIMIT_CORE, &lim) != nil {
			fmt.Fprintf(c.Err, "%s: cannot lift the limit of core files (Operation not permitted)\n", c.name)
		}
	}
	cmd := programs.Command(daemon, args...)
	cmd.Dir = c.cwd
	// A new process takes its niceness from the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if n := c.nice[daemon]; n != 0 && syscall.Setpriority(syscall.PRIO_PROCESS, 0, n) == nil {
		defer syscall.Setpriority(syscall.PRIO_PROCESS, 0, 0)
	}
	return c.action("Starting "+daemon, cmd)
}

// patience is how a daemon is asked to end: by its control socket, then by
// signals, each with some time to obey.
var patience = []struct {
	sig  syscall.Signal // 0: the exit command
	wait time.Duration
}{{0, 4 * time.Second}, {syscall.SIGTERM, 3 * time.Second}, {syscall.SIGKILL, time.Second}}

func (c *ctl) stopDaemon(daemon string) bool {
	n, alive := pid(daemon)
	if n == 0 {
		fmt.Fprintf(c.Out, "%s is not running.\n", daemon)
		return true
	}
	if !alive {
		os.Remove(pidfile(daemon)) // left by a crash
		return true
	}
	for _, p := range patience {
		if p.sig == 0 {
			c.action(fmt.Sprintf("Exiting %s (%d)", daemon, n),
				programs.Command("ovs-appctl", "-T", "1", "-t", dirs.Abs(dirs.Run(), fmt.Sprintf("%s.%d.ctl", daemon, n)), "exit"))
		} else {
			fmt.Fprintf(c.Out, "Killing %s (%d) with %s.\n", daemon, n, map[syscall.Signal]string{
				syscall.SIGTERM: "SIGTERM", syscall.SIGKILL: "SIGKILL"}[p.sig])
			syscall.Kill(n, p.sig)
		}
		for end := time.Now().Add(p.wait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if !living(n) {
				return true
			}
		}
	}
	return false
}
