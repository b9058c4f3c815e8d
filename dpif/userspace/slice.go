package userspace

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux, from 6.12 on, lets a thread say how long it wants to run at a time. Who
// asks for less goes before who asks for more when it wakes up; without that it has
// to wait until the other's turn, of some milliseconds, is over. They are the least
// and the most that the kernel takes.
const (
	// turnWork is a packet thread's: packets go before other programs' work.
	turnWork = 100 * time.Microsecond
	// turnLook is its when it only looks for packets: everybody goes before that.
	turnLook = 100 * time.Millisecond
)

// askTurn says so for the calling thread. It reports whether the kernel listens.
func askTurn(d time.Duration) bool {
	var a unix.SchedAttr
	size := unsafe.Sizeof(a)
	get := func() bool {
		_, _, e := unix.RawSyscall6(unix.SYS_SCHED_GETATTR, 0, uintptr(unsafe.Pointer(&a)), size, 0, 0, 0)
		return e == 0 && a.Policy == unix.SCHED_NORMAL
	}
	if !get() {
		return false // real time, as somebody wanted it
	}
	a.Runtime = uint64(d)
	_, _, e := unix.RawSyscall(unix.SYS_SCHED_SETATTR, 0, uintptr(unsafe.Pointer(&a)), 0)
	return e == 0 && get() && a.Runtime == uint64(d)
}

// displaced returns how often the calling thread lost its processor to others.
func displaced() int64 {
	var u unix.Rusage
	unix.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&u)), 0)
	return u.Nivcsw
}

// origin is what away counts from.
var origin = time.Now()

// away returns how long, since some time, the calling thread did not run until now.
func away(now time.Time) time.Duration {
	var ts unix.Timespec
	unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&ts)), 0)
	return now.Sub(origin) - time.Duration(ts.Nano())
}
