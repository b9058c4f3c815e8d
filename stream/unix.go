package stream

import (
	"fmt"
	"sync/atomic"

	"govs/internal/dirs"
	"govs/internal/unixsock"
)

func (c Config) path(p string) string {
	if c.Dir != "" {
		return dirs.Abs(c.Dir, p)
	}
	return dirs.Abs(dirs.Run(), p)
}

type unixListener struct {
	*unixsock.Listener
	name string
	n    atomic.Int64
}

func listenUnix(name, path string) (Listener, error) {
	l, err := unixsock.Listen(path)
	if err != nil {
		return nil, err
	}
	return &unixListener{Listener: l, name: name}, nil
}

func (l *unixListener) Name() string { return l.name }

func (l *unixListener) Accept() (Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: nc, name: fmt.Sprintf("unix#%d", l.n.Add(1)-1)}, nil
}
