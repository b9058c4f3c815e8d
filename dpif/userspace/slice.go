package userspace

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// turnLook is how long a packet thread that only looks for packets asks to run at a
// time. Linux, from 6.12 on, has whoever asks for less go first when it wakes up: by
// default 0.7 to 2.8 ms. Without that it would have to wait until the looker's turn
// is over. Others who look do have to wait that long, so it is not longer.
//
// To ask for less than others as long as there is work was tried, too: packets wait
// less on a busy machine, but programs that send and receive are interrupted by each
// one, and TCP lost a tenth.
const turnLook = 5 * time.Millisecond

// turnUsual is the kernel's.
const turnUsual = 0

// askTurn says so for a thread, 0 the calling one. It reports whether the kernel
// listens.
func askTurn(tid int32, d time.Duration) bool {
	var a unix.SchedAttr
	size := unsafe.Sizeof(a)
	get := func() bool {
		_, _, e := unix.RawSyscall6(unix.SYS_SCHED_GETATTR, uintptr(tid), uintptr(unsafe.Pointer(&a)), size, 0, 0, 0)
		return e == 0 && a.Policy == unix.SCHED_NORMAL
	}
	if !get() {
		return false // real time, as somebody wanted it
	}
	a.Runtime = uint64(d)
	_, _, e := unix.RawSyscall(unix.SYS_SCHED_SETATTR, uintptr(tid), uintptr(unsafe.Pointer(&a)), 0)
	return e == 0 && get() && (d == turnUsual || a.Runtime == uint64(d))
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
