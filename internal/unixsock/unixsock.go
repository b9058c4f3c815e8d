// Package unixsock binds and dials Unix sockets by paths of any length, for
// the control channel and the streams alike. It knows the process's listeners,
// and may be used by any goroutine.
package unixsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// maxPath is what fits into sockaddr_un with its final zero byte.
const maxPath = 107

// short calls f with a name for path that fits into a socket address: a path
// that is too long goes through an open descriptor of its directory.
func short(path string, f func(path string) error) error {
	if len(path) <= maxPath {
		return f(path)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	s := fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), filepath.Base(path))
	if len(s) > maxPath {
		return syscall.ENAMETOOLONG
	}
	return f(s)
}

// Dial connects to the socket at path.
func Dial(ctx context.Context, path string) (c net.Conn, err error) {
	err = short(path, func(p string) (err error) {
		var d net.Dialer
		c, err = d.DialContext(ctx, "unix", p)
		return err
	})
	if err != nil {
		return nil, plain(err)
	}
	return c, nil
}

// Listener is a listening socket that removes its file when closed, unless
// somebody has put another in its place.
type Listener struct {
	*net.UnixListener
	path string
	ino  uint64
	once sync.Once
	err  error
}

// Path returns the path it was made with.
func (l *Listener) Path() string { return l.path }

// Listen binds path. A dead socket in the way is removed; one that still
// answers is EADDRINUSE, where the reference would take it away from its
// owner. Owner and group may connect as far as the umask lets them.
func Listen(path string) (*Listener, error) {
	l := &Listener{path: path}
	err := short(path, func(p string) error {
		if err := clearDead(p); err != nil {
			return err
		}
		cfg := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { syscall.Fchmod(int(fd), 0o770) })
		}}
		nl, err := cfg.Listen(context.Background(), "unix", p)
		if err != nil {
			return err
		}
		l.UnixListener = nl.(*net.UnixListener)
		l.SetUnlinkOnClose(false)
		return nil
	})
	if err != nil {
		return nil, plain(err)
	}
	l.ino = inode(path)
	open.Store(l, nil)
	return l, nil
}

// open has every listener of the process as a key.
var open sync.Map

// RemoveAll removes the files of all listeners, for a process that is about to
// end without closing them.
func RemoveAll() {
	open.Range(func(l, _ any) bool { l.(*Listener).remove(); return true })
}

func (l *Listener) remove() {
	if l.ino != 0 && inode(l.path) == l.ino {
		os.Remove(l.path)
	}
}

func inode(path string) uint64 {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

func clearDead(path string) error {
	fi, err := os.Lstat(path)
	if err != nil || fi.Mode()&os.ModeSocket == 0 {
		return nil // a missing file is fine; bind complains about any other
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return syscall.EADDRINUSE
	}
	return os.Remove(path)
}

// Close stops listening and removes the file. It may be called twice.
func (l *Listener) Close() error {
	l.once.Do(func() {
		open.Delete(l)
		l.remove()
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// plain strips net's decorations down to the system's error number.
func plain(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}
