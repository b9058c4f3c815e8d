package log

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"govs/cli"
	"govs/daemon/vlog"
)

// A file FILE is locked by a record lock on .FILE.~lock~ beside it, as every
// release of Open vSwitch does. Such locks are the process's: what this process
// holds is kept here, too.
var locks struct {
	sync.Mutex
	held map[string]bool
}

type fileLock struct {
	f    *os.File
	path string
}

func lockName(name string) string {
	if p, err := filepath.EvalSymlinks(name); err == nil {
		name = p
	}
	dir, base := filepath.Split(name)
	return dir + "." + base + ".~lock~"
}

func lockFile(name string) (*fileLock, error) {
	path := lockName(name)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	locks.Lock()
	defer locks.Unlock()
	if locks.held[abs] {
		vlog.New("lockfile").Warn("%s: cannot lock file because this process has already locked it", path)
		return nil, syscall.EDEADLK
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		vlog.New("lockfile").Warn("%s: failed to open lock file: %s", path, cli.Strerror(err))
		return nil, err
	}
	l := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &l); err != nil {
		if err == syscall.EACCES {
			err = syscall.EAGAIN
		}
		owner := syscall.Flock_t{Type: syscall.F_WRLCK}
		if syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &owner) == nil && owner.Type != syscall.F_UNLCK {
			vlog.New("lockfile").Warn("%s: cannot lock file because it is already locked by pid %d", path, owner.Pid)
		}
		f.Close()
		return nil, err
	}
	if locks.held == nil {
		locks.held = map[string]bool{}
	}
	locks.held[abs] = true
	return &fileLock{f, abs}, nil
}

func (l *fileLock) unlock() {
	if l == nil {
		return
	}
	locks.Lock()
	defer locks.Unlock()
	l.f.Close()
	delete(locks.held, l.path)
}
