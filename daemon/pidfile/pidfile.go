// Package pidfile makes and reads the files that say which process is a
// daemon: a number and a newline, under an fcntl write lock for as long as the
// daemon lives. A File is used by one goroutine.
package pidfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"govs/cli"
	"govs/daemon/vlog"
)

var log = vlog.New("daemon_unix")

// File is a pidfile that this process holds.
type File struct {
	path string
	f    *os.File
}

// locker returns the pid of the process that holds the file's lock, 0 if none
// does. fcntl locks belong to a process: our own is not seen.
func locker(f *os.File) (int, error) {
	lk := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lk); err != nil {
		return 0, err
	}
	if lk.Type == syscall.F_UNLCK {
		return 0, nil
	}
	return int(lk.Pid), nil
}

// Create writes this process's pid to path and locks it. With overwrite it
// takes the place of a running daemon's. The error names the path and has
// OVS's words.
func Create(path string, overwrite bool) (*File, error) {
	if !overwrite {
		if err := Check(path); err != nil {
			return nil, err
		}
	}
	// Written and locked aside, then renamed: a reader never sees it half done.
	tmp := fmt.Sprintf("%s.tmp%d", path, os.Getpid())
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%s.tmp: create failed (%s)", path, cli.Strerror(err))
	}
	p := &File{path: path, f: f}
	fail := func(format string, args ...any) (*File, error) {
		f.Close()
		os.Remove(tmp)
		return nil, fmt.Errorf(format, args...)
	}
	lk := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lk); err != nil {
		return fail("%s: fcntl(F_SETLK) failed (%s)", tmp, cli.Strerror(err))
	}
	if _, err := fmt.Fprintf(f, "%d\n", os.Getpid()); err != nil {
		return fail("%s: write failed (%s)", tmp, cli.Strerror(err))
	}
	if err := os.Rename(tmp, path); err != nil {
		return fail("failed to rename \"%s\" to \"%s\" (%s)", tmp, path, cli.Strerror(err))
	}
	return p, nil
}

// Check returns the error Create would give because another daemon runs.
func Check(path string) error {
	pid, err := running(path)
	if err == nil && pid != 0 {
		err = fmt.Errorf("%s: already running as pid %d, aborting", path, pid)
	}
	return err
}

// running returns the pid of a live daemon that holds the pidfile, else 0.
func running(path string) (int, error) {
	pid, err := read(path, true)
	switch {
	case err == nil:
		return pid, nil
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return 0, nil
	}
	return 0, fmt.Errorf("%s: pidfile check failed (%s), aborting", path, cli.Strerror(err))
}

// Remove deletes the file if it is still ours and gives up the lock.
func (p *File) Remove() {
	if p == nil || p.f == nil {
		return
	}
	var mine, there syscall.Stat_t
	if syscall.Fstat(int(p.f.Fd()), &mine) == nil && syscall.Stat(p.path, &there) == nil && mine.Ino == there.Ino {
		os.Remove(p.path)
	}
	p.f.Close()
	p.f = nil
}

// Path returns the file's path.
func (p *File) Path() string { return p.path }

// Read returns the pid of the daemon that holds the pidfile. ESRCH means that
// the file is there but the daemon is not; failures are logged. A process must
// not read its own pidfile: closing it again would give up the lock.
func Read(path string) (int, error) { return read(path, false) }

func read(path string, quiet bool) (int, error) {
	warn := func(format string, args ...any) {
		if !quiet {
			log.Warn(format, args...)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		warn("%s: open: %s", path, cli.Strerror(err))
		return 0, err
	}
	defer f.Close()
	holder, err := locker(f)
	if err != nil {
		warn("%s: fcntl: %s", path, cli.Strerror(err))
		return 0, err
	}
	if holder == 0 {
		return 0, syscall.ESRCH
	}
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		warn("%s: read: %s", path, cli.Strerror(err))
		return 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		warn("%s does not contain a pid", path)
		return 0, syscall.EINVAL
	}
	if pid != holder {
		// The lock's owner is seen with the pid of another namespace, or
		// the file changes under us: the lock is the truth.
		warn("%s: stale pidfile for pid %d being deleted by pid %d", path, pid, holder)
		return 0, syscall.ESRCH
	}
	return pid, nil
}
