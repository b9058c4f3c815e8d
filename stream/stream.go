// Package stream makes connections from the names OVS uses: unix:PATH,
// tcp:HOST:PORT, ssl:HOST:PORT to call, punix:PATH, ptcp:[PORT][:HOST],
// pssl:[PORT][:HOST] to be called. Errors carry the system's error number, so
// that cli.Strerror gives OVS's words. Package stream/reconnect decides when
// to call again. All functions may be called from any goroutine.
package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/internal/unixsock"
)

// Conn is one connection with the name OVS gives it: what was dialled, or for
// an accepted one "unix#N" or "tcp:ADDRESS:PORT" ("ssl:..." with TLS).
type Conn interface {
	net.Conn
	Name() string
}

// Listener accepts connections.
type Listener interface {
	// Accept waits for the next connection. With TLS the handshake happens
	// at the first read or write.
	Accept() (Conn, error)
	// Close stops listening and removes a Unix socket's file. It may be
	// called twice and ends a waiting Accept.
	Close() error
	// Name returns the name it was made from.
	Name() string
	// Addr returns the bound address, with the port the system chose.
	Addr() net.Addr
}

// Default ports of databases and OpenFlow controllers.
const (
	OVSDBPort    = 6640
	OpenFlowPort = 6653
)

// Config holds what names leave open. The zero value is ready for use.
type Config struct {
	Port int    // for tcp, ssl, ptcp and pssl without a port; 0: the name must have one
	Dir  string // for relative socket paths; "": the run directory
	TLS  *TLS   // for ssl and pssl; nil: those names give an error
	// DSCP is the differentiated services code point of TCP connections, from
	// the first packet on; see SetDSCP.
	DSCP int
	// TLSFrom, if set, is asked for TLS at each connection.
	TLSFrom func() *TLS
}

func (c *Config) tls(server bool) (*tls.Config, error) {
	if c.TLSFrom != nil {
		return c.TLSFrom().config(server)
	}
	return c.TLS.config(server)
}

// Dial connects to an active name with the zero Config.
func Dial(ctx context.Context, name string) (Conn, error) { return Config{}.Dial(ctx, name) }

// Listen listens on a passive name with the zero Config.
func Listen(name string) (Listener, error) { return Config{}.Listen(name) }

// Dial connects to an active name. With TLS the handshake is done when it
// returns.
func (c Config) Dial(ctx context.Context, name string) (Conn, error) {
	k, rest, err := split(name, false)
	if err != nil {
		return nil, err
	}
	if k.network == "unix" {
		nc, err := unixsock.Dial(ctx, c.path(rest))
		if err != nil {
			return nil, err
		}
		return &conn{Conn: nc, name: name}, nil
	}
	addr, err := hostPort(rest, c.Port)
	if err != nil {
		return nil, err
	}
	var cfg *tls.Config
	if k.tls {
		if cfg, err = c.tls(false); err != nil {
			return nil, err
		}
	}
	d := net.Dialer{Control: c.control}
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, plain(err)
	}
	if cfg == nil {
		return &conn{Conn: nc, name: name}, nil
	}
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return &conn{Conn: tc, name: name}, nil
}

// Listen listens on a passive name. A dead Unix socket in the way is removed;
// one that still answers is EADDRINUSE.
func (c Config) Listen(name string) (Listener, error) {
	k, rest, err := split(name, true)
	if err != nil {
		return nil, err
	}
	if k.network == "unix" {
		return listenUnix(name, c.path(rest))
	}
	addr, err := portHost(rest, c.Port)
	if err != nil {
		return nil, err
	}
	l := &listener{name: name, word: "tcp"}
	if k.tls {
		l.word = "ssl"
		if _, err = c.tls(true); err != nil {
			return nil, err
		}
		l.tls = &c
	}
	if l.Listener, err = (&net.ListenConfig{Control: c.control}).Listen(context.Background(), "tcp", addr); err != nil {
		return nil, plain(err)
	}
	return l, nil
}

type conn struct {
	net.Conn
	name string
}

func (c *conn) Name() string { return c.name }

// SyscallConn returns the socket itself, where nothing stands between it and
// the bytes.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, syscall.ENOTSUP
}

// CloseWrite ends the sending half where the transport can.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return syscall.ENOTSUP
}

type listener struct {
	net.Listener
	name string
	word string  // method in the names of accepted connections
	tls  *Config // nil without TLS
}

func (l *listener) Name() string { return l.name }

func (l *listener) Accept() (Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		name := l.word + ":" + nc.RemoteAddr().String()
		if l.tls == nil {
			return &conn{Conn: nc, name: name}, nil
		}
		// The files are read anew: they may have been renewed.
		cfg, err := l.tls.tls(true)
		if err != nil {
			vlog.New("stream_ssl").Warn("%s: %s", name, cli.Strerror(err))
			nc.Close()
			continue
		}
		return &conn{Conn: tls.Server(nc, cfg), name: name}, nil
	}
}

func (l *listener) Close() error {
	if err := l.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// plain strips net's operation and addresses down to the system's error, which
// is all that OVS prints; what has no error number stays as it is.
func plain(err error) error {
	var no syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &no):
		return no
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return syscall.ETIMEDOUT
	}
	return err
}
