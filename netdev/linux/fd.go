package linux

import (
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// FD is a descriptor that may be closed while packet threads use it: Close
// waits until those inside have left, so the number is never reused under them.
// Users must not block between Acquire and Release.
type FD struct {
	fd    int
	state atomic.Int64 // users, plus closing when Close was called
}

const closing = 1 << 62

// NewFD takes ownership of fd.
func NewFD(fd int) *FD { return &FD{fd: fd} }

// Num returns the number, for epoll; it may be closed.
func (f *FD) Num() int { return f.fd }

// Acquire returns the descriptor, or false after Close.
func (f *FD) Acquire() (int, bool) {
	if f.state.Add(1) >= closing {
		f.state.Add(-1)
		return -1, false
	}
	return f.fd, true
}

// Release ends what Acquire began.
func (f *FD) Release() { f.state.Add(-1) }

// Closed reports whether Close was called.
func (f *FD) Closed() bool { return f.state.Load() >= closing }

// Close closes the descriptor once nobody uses it; only the first call does
// anything.
func (f *FD) Close() {
	for {
		s := f.state.Load()
		if s >= closing {
			return
		}
		if f.state.CompareAndSwap(s, s+closing) {
			break
		}
	}
	for f.state.Load() != closing {
		runtime.Gosched()
	}
	unix.Close(f.fd)
}
