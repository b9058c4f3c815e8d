package daemon

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/daemon/vlog"
)

// fatalSignals end a daemon or tool after cleaning up.
var fatalSignals = []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGALRM}

// signalTexts are strsignal()'s words where Go's differ.
var signalTexts = [...]string{
	1: "Hangup", 2: "Interrupt", 3: "Quit", 4: "Illegal instruction", 5: "Trace/breakpoint trap",
	6: "Aborted", 7: "Bus error", 8: "Floating point exception", 9: "Killed",
	10: "User defined signal 1", 11: "Segmentation fault", 12: "User defined signal 2",
	13: "Broken pipe", 14: "Alarm clock", 15: "Terminated", 24: "CPU time limit exceeded",
	25: "File size limit exceeded",
}

// SignalText names a signal as strsignal(3) does.
func SignalText(s syscall.Signal) string {
	if int(s) < len(signalTexts) && signalTexts[s] != "" {
		return signalTexts[s]
	}
	return fmt.Sprintf("Unknown signal %d", int(s))
}

type signals struct {
	ch   chan os.Signal
	done chan struct{}
	once sync.Once
}

func (s *signals) stop() {
	s.once.Do(func() {
		signal.Stop(s.ch)
		close(s.done)
	})
}

// CatchSignals makes fatal signals log a line, run cleanup (which may be nil)
// and then kill the process as they would have. stop ends that; it may be
// called twice. Daemons have it from Start.
func CatchSignals(cleanup func()) (stop func()) {
	s := &signals{ch: make(chan os.Signal, 1), done: make(chan struct{})}
	signal.Notify(s.ch, fatalSignals...)
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		select {
		case got := <-s.ch:
			sig := got.(syscall.Signal)
			warnSignal(sig)
			if cleanup != nil {
				cleanup()
			}
			Die(sig)
		case <-s.done:
		}
	}()
	return s.stop
}

func warnSignal(sig syscall.Signal) {
	vlog.New("fatal_signal").Warn("terminating with signal %d (%s)", int(sig), SignalText(sig))
}

// Die ends the process by the signal itself, so that its parent sees it. Go
// gives no way to restore the default action of signals such as SIGALRM.
func Die(sig syscall.Signal) {
	var act [4]uintptr // struct kernel_sigaction, all zero: SIG_DFL
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&act)), 0, 8, 0, 0)
	syscall.Kill(os.Getpid(), sig)
	time.Sleep(time.Second)
	os.Exit(128 + int(sig))
}

// Alarm makes the process die of SIGALRM after secs seconds, as -t and
// --timeout do. cleanup, if not nil, runs before.
func Alarm(secs int, cleanup func()) {
	time.AfterFunc(time.Duration(secs)*time.Second, func() {
		warnSignal(syscall.SIGALRM)
		if cleanup != nil {
			cleanup()
		}
		Die(syscall.SIGALRM)
	})
}

// SetTimeout is Alarm for a tool: without an option (0) the environment's
// OVS_CTL_TIMEOUT counts, and without either there is no limit.
func SetTimeout(secs int) {
	if secs == 0 {
		secs, _ = strconv.Atoi(os.Getenv("OVS_CTL_TIMEOUT"))
	}
	if secs > 0 {
		Alarm(secs, nil)
	}
}

// TimeoutOption parses the argument of -t or --timeout of a tool: a number of
// seconds above zero. short is the letter named in the error.
func TimeoutOption(short byte, val string) (int, error) {
	n := 0
	if _, err := fmt.Sscanf(val+"\n", "%d\n", &n); err != nil || n <= 0 {
		return 0, fmt.Errorf("value %s on -%c or --timeout is invalid", val, short)
	}
	return n, nil
}

// forwardSignals makes a monitor pass fatal signals on to its daemon.
func (p *Process) forwardSignals() (stop func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, fatalSignals...)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case got := <-ch:
				sig := got.(syscall.Signal)
				if c := monitored.Load(); c != nil {
					c.Signal(sig)
				}
				warnSignal(sig)
				Die(sig)
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(ch); close(done) }
}

// monitored is the daemon that this monitor runs.
var monitored atomic.Pointer[os.Process]

func (p *Process) child(c *os.Process) { monitored.Store(c) }
