package daemon

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
)

// stage is which of the processes of one daemon this is. Go cannot fork, so
// each stage runs the program again and finds its stage in the environment.
type stage string

const (
	stageFront   stage = ""        // as the user called it
	stageMonitor stage = "monitor" // restarts the daemon
	stageDaemon  stage = "daemon"  // the daemon itself
)

// stageEnv holds the stage and, when the starter waits, the word "pipe" for
// the descriptor right after the standard streams.
const stageEnv = "GOVS_DAEMON_STAGE"

const (
	pipeFD    = 3
	readyByte = 'r'
)

func stageFromEnv() (stage, *os.File) {
	word, pipe, _ := strings.Cut(os.Getenv(stageEnv), ",")
	os.Unsetenv(stageEnv) // not for what the daemon starts
	var f *os.File
	if pipe != "" {
		syscall.CloseOnExec(pipeFD)
		f = os.NewFile(pipeFD, "readiness")
	}
	switch s := stage(word); s {
	case stageMonitor, stageDaemon:
		return s, f
	}
	return stageFront, nil
}

// spawn runs this program again as the given stage and returns the reading end
// of its readiness pipe.
func (p *Process) spawn(s stage) (*exec.Cmd, *os.File, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	cmd := &exec.Cmd{
		Path:       path,
		Args:       p.argv,
		Env:        append(os.Environ(), stageEnv+"="+string(s)+",pipe"),
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		ExtraFiles: []*os.File{w},
	}
	if p.detach && p.stage == stageFront {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, nil, err
	}
	return cmd, r, nil
}

// awaitReady waits until the child serves or has died.
func awaitReady(r *os.File) bool {
	defer r.Close()
	b := make([]byte, 1)
	_, err := io.ReadFull(r, b)
	return err == nil && b[0] == readyByte
}

// launch is --detach in the process the user called: it returns when the
// daemon serves, or with its failure.
func (p *Process) launch() int {
	next := stageDaemon
	if p.monitor {
		next = stageMonitor
	}
	cmd, r, err := p.spawn(next)
	if err != nil {
		return p.Fail("could not start daemon (%s)", cli.Strerror(err))
	}
	if awaitReady(r) {
		return 0
	}
	cmd.Wait()
	switch ws := cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case ws.Exited() && ws.ExitStatus() != 0:
		return ws.ExitStatus() // it has said why
	default:
		return p.Fail("daemon child died before signaling startup (%s)", statusText(ws))
	}
}

// restartAfter says whether a death by this signal is a crash.
func restartAfter(s syscall.Signal) bool {
	switch s {
	case syscall.SIGABRT, syscall.SIGALRM, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL,
		syscall.SIGPIPE, syscall.SIGSEGV, syscall.SIGXCPU, syscall.SIGXFSZ:
		return true
	}
	return false
}

// minRestart is the least time between two restarts of a daemon that crashes
// right away.
const minRestart = 10 * time.Second

// watch is --monitor: it keeps a daemon running until it ends by itself.
func (p *Process) watch() int {
	vlog.SetSubprogram("monitor")
	setName(p.name)
	stop := p.forwardSignals()
	defer stop()
	crashes, status := 0, "healthy"
	var last time.Time
	for {
		cmd, r, err := p.spawn(stageDaemon)
		if err != nil {
			return p.Fail("could not start daemon (%s)", cli.Strerror(err))
		}
		p.child(cmd.Process)
		started := awaitReady(r)
		if started {
			title(fmt.Sprintf("%s: monitoring pid %d (%s)", p.name, cmd.Process.Pid, status))
			p.Ready()
			vlog.CloseFile() // so that logs can be rotated
		}
		cmd.Wait()
		p.child(nil)
		vlog.Reopen()
		ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !started && crashes == 0 {
			if ws.Exited() && ws.ExitStatus() != 0 {
				return ws.ExitStatus()
			}
			return p.Fail("daemon child died before signaling startup (%s)", statusText(ws))
		}
		if !ws.Signaled() || !restartAfter(ws.Signal()) {
			log.Info("pid %d died, %s, exiting", cmd.Process.Pid, statusText(ws))
			return 0
		}
		crashes++
		status = fmt.Sprintf("%d crashes: pid %d died, %s", crashes, cmd.Process.Pid, statusText(ws))
		if wait := minRestart - time.Since(last); !last.IsZero() && wait > 0 {
			log.Warn("%s, waiting until %d seconds since last restart", status, int(minRestart.Seconds()))
			time.Sleep(wait)
		}
		last = time.Now()
		log.Err("%s, restarting", status)
	}
}

// statusText describes how a process ended, in OVS's words.
func statusText(ws syscall.WaitStatus) string {
	var s string
	switch {
	case ws.Exited():
		s = fmt.Sprintf("exit status %d", ws.ExitStatus())
	case ws.Signaled():
		s = "killed (" + SignalText(ws.Signal()) + ")"
	default:
		s = fmt.Sprintf("terminated abnormally (%x)", uint32(ws))
	}
	if ws.CoreDump() {
		s += ", core dumped"
	}
	return s
}

// crashHard makes a Go panic look like a crash to the monitor.
func crashHard() { debug.SetTraceback("crash") }

// closeStandard points the standard streams at /dev/null, but for those kept.
func closeStandard(keep [3]bool) {
	f, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return
	}
	for fd := range 3 {
		if keep[fd] {
			continue
		}
		syscall.Dup3(int(f.Fd()), fd, 0)
	}
	f.Close()
}

// setName gives the process the tool's name, which the kernel took from the
// binary when the program ran itself again.
func setName(name string) {
	os.WriteFile("/proc/self/comm", []byte(name[:min(len(name), 15)]), 0)
}

// title shows a monitor's state in the process name, as far as it fits.
func title(s string) { setName(s) }
