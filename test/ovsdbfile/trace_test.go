//go:build linux && amd64

package ovsdbfile

import (
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// traced is a process whose system calls are watched.
type traced struct {
	calls int    // that change files, so far
	last  string // the one it was killed before
	gone  atomic.Bool
	done  chan struct{}
	pid   int
	once  sync.Once
}

// changing are the system calls that change files.
var changing = map[uint64]string{
	unix.SYS_PWRITE64: "pwrite", unix.SYS_FTRUNCATE: "ftruncate", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename",
	unix.SYS_UNLINKAT: "unlink", unix.SYS_FSYNC: "fsync", unix.SYS_FDATASYNC: "fdatasync", unix.SYS_OPENAT: "create",
}

// trace starts a process and kills it before its at-th system call that
// changes a file; 0: never.
func trace(t *testing.T, cmd *exec.Cmd, at int) *traced {
	t.Helper()
	p := &traced{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Only the thread that began to trace may go on.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		defer p.gone.Store(true)
		cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
			var ws unix.WaitStatus
			if _, err = unix.Wait4(p.pid, &ws, 0, nil); err == nil {
				err = unix.PtraceSetOptions(p.pid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL)
			}
		}
		started <- err
		if err == nil {
			p.follow(at)
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// follow lets the process run from system call to system call.
func (p *traced) follow(at int) {
	unix.PtraceSyscall(p.pid, 0)
	inside := map[int]bool{} // a call, by thread
	for {
		var ws unix.WaitStatus
		tid, err := unix.Wait4(-1, &ws, unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return
		}
		switch {
		case ws.Exited() || ws.Signaled():
			if tid == p.pid {
				return
			}
			continue
		case !ws.Stopped():
			continue
		}
		sig := ws.StopSignal()
		switch {
		case sig == unix.SIGTRAP|0x80:
			inside[tid] = !inside[tid]
			if name := call(tid); inside[tid] && name != "" {
				p.calls++
				if p.calls == at {
					p.last = name
					unix.Kill(p.pid, unix.SIGKILL)
					continue
				}
			}
			sig = 0
		case sig == unix.SIGTRAP || sig == unix.SIGSTOP:
			sig = 0 // a new thread
		}
		unix.PtraceSyscall(tid, int(sig))
	}
}

// call returns the name of the system call that a thread is about to make, if
// it changes a file.
func call(tid int) string {
	var regs unix.PtraceRegs
	if unix.PtraceGetRegs(tid, &regs) != nil {
		return ""
	}
	name := changing[regs.Orig_rax]
	if regs.Orig_rax == unix.SYS_OPENAT && regs.Rdx&unix.O_CREAT == 0 {
		return ""
	}
	return name
}

func (p *traced) alive() bool { return !p.gone.Load() }

// kill ends the process, if it still runs, and waits until it has ended.
func (p *traced) kill() {
	p.once.Do(func() { unix.Kill(p.pid, unix.SIGKILL) })
	<-p.done
}
