// Package stream makes connections from the names OVS uses: unix:PATH,
// tcp:HOST:PORT, ssl:HOST:PORT to call, punix:PATH, ptcp:[PORT][:HOST],
// pssl:[PORT][:HOST] to be called. Errors carry the system's error number, so
// that cli.Strerror gives OVS's words. Package stream/reconnect decides when
// to call again. All functions may be called from any goroutine.
package stream

import (
	"context"
	"net"
)

// Conn is one connection with the name OVS gives it: what was dialled, or for
// an accepted one "unix" (with a number for uniqueness: "unix#3") or
// "tcp:ADDRESS:PORT".
type Conn interface {
	net.Conn
	Name() string
}

// Listener accepts connections.
type Listener interface {
	// Accept waits for the next connection.
	Accept() (Conn, error)
	// Close stops listening and removes a Unix socket's file. It may be
	// called twice and ends a waiting Accept.
	Close() error
	// Name returns the name it was made from, with a port chosen by the
	// system filled in.
	Name() string
	// Addr returns the bound address.
	Addr() net.Addr
}

// Default ports, as OVS's databases and controllers use them.
const (
	OVSDBPort    = 6640
	OpenFlowPort = 6653
)

// Config holds what names leave open. The zero value is ready for use.
type Config struct {
	Port int    // for tcp, ssl, ptcp and pssl without a port; 0: the name must have one
	Dir  string // for relative socket paths; "": the run directory
	TLS  *TLS   // for ssl and pssl; nil: those names give an error
}

// TLS names the files of --private-key, --certificate, --ca-cert and
// --bootstrap-ca-cert.
type TLS struct {
	PrivateKey, Certificate, CACert string
	Bootstrap                       bool
}

// Dial connects to an active name with the zero Config.
func Dial(ctx context.Context, name string) (Conn, error) { return Config{}.Dial(ctx, name) }

// Listen listens on a passive name with the zero Config.
func Listen(name string) (Listener, error) { return Config{}.Listen(name) }

// Dial connects to an active name.
func (c Config) Dial(ctx context.Context, name string) (Conn, error) { return nil, net.ErrClosed }

// Listen listens on a passive name.
func (c Config) Listen(name string) (Listener, error) { return nil, net.ErrClosed }

// IsActive reports whether name begins as a name to dial.
func IsActive(name string) bool { return false }

// IsPassive reports whether name begins as a name to listen on.
func IsPassive(name string) bool { return false }
