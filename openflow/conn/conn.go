// Package conn carries OpenFlow messages over a byte stream: it frames them and
// agrees with the peer on a version (OpenFlow 1.3.5 section 6.3.1).
//
// One goroutine may receive while others send.
package conn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"govs/daemon/vlog"
	"govs/openflow"
	"govs/stream"
)

var (
	log   = vlog.New("vconn")
	limit = vlog.RateLimit{Rate: 600, Burst: 60}
)

// ErrProtocol means that the peer does not speak OpenFlow.
var ErrProtocol = fmt.Errorf("vconn: %w", syscall.EPROTO)

// VersionError means that the two sides have no version in common. It unwraps
// to EPIPE.
type VersionError struct {
	Name        string // of the connection
	Ours, Peers openflow.Versions
}

// Error is what OVS logs of it.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: version negotiation failed (we support %s, peer supports %s)", e.Name, e.Ours.WireList(), e.Peers.WireList())
}

// Unwrap returns the system's error that stands for it.
func (e *VersionError) Unwrap() error { return syscall.EPIPE }

// Conn is one OpenFlow connection.
type Conn struct {
	nc      net.Conn
	name    string
	r       *bufio.Reader
	version openflow.Version
	skip    int // bytes at the front of r that Next has returned

	mu  sync.Mutex
	xid uint32 // guarded by mu
}

// receiveBuffer holds any message, and many of the usual size.
const receiveBuffer = 64 << 10

// NetConn returns the connection that New was given.
func (c *Conn) NetConn() net.Conn { return c.nc }

// New returns a connection over nc, named for the log. Nothing is sent before
// Handshake.
func New(nc net.Conn, name string) *Conn {
	return &Conn{nc: nc, name: name, r: bufio.NewReaderSize(nc, receiveBuffer), xid: 1}
}

// Dial connects to an active stream name and agrees on one of the versions
// allowed.
func Dial(ctx context.Context, cfg stream.Config, name string, allowed openflow.Versions) (*Conn, error) {
	if cfg.Port == 0 {
		cfg.Port = stream.OpenFlowPort
	}
	nc, err := cfg.Dial(ctx, name)
	if err != nil {
		return nil, err
	}
	c := New(nc, name)
	if err := c.Handshake(ctx, allowed); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Name returns the connection's name, Version what was agreed on.
func (c *Conn) Name() string              { return c.name }
func (c *Conn) Version() openflow.Version { return c.version }

// NewXid returns a transaction id that this connection has not used.
func (c *Conn) NewXid() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.xid++
	return c.xid
}

// Close ends the connection and a waiting Recv. It may be called twice.
func (c *Conn) Close() error { return c.nc.Close() }

// Send writes one or more whole messages.
func (c *Conn) Send(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.nc.Write(b)
	return err
}

// Recv returns the next whole message; the caller owns it. io.EOF is the
// peer's orderly end. ErrProtocol means that what came cannot be a message;
// the connection is of no use then.
func (c *Conn) Recv() ([]byte, error) {
	b, err := c.Next()
	return bytes.Clone(b), err
}

// Next is Recv for who is done with each message when it asks for the next one:
// until then the message is lent.
func (c *Conn) Next() ([]byte, error) {
	if c.skip > 0 {
		_, _ = c.r.Discard(c.skip) // it is in the buffer
		c.skip = 0
	}
	head, err := c.r.Peek(openflow.HeaderLen)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) > 0 {
			err = ErrProtocol
		}
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(head[2:]))
	if n < openflow.HeaderLen {
		log.WarnRL(&limit, "%s: received too-short ofp_header (%d bytes)", c.name, n)
		return nil, ErrProtocol
	}
	b, err := c.r.Peek(n) // the buffer has room for the longest
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrProtocol
		}
		return nil, err
	}
	c.skip = n
	return b[:n:n], nil
}

// Buffered reports whether more bytes have been received already: who answers
// in batches may send what it has when there are none.
func (c *Conn) Buffered() bool { return c.r.Buffered()-c.skip >= openflow.HeaderLen }

// Handshake exchanges hellos and picks the newest version both sides allow. If
// there is none, the peer is told so, a warning is logged, and the error is a
// *VersionError, or what a peer that refused first gives.
func (c *Conn) Handshake(ctx context.Context, allowed openflow.Versions) error {
	err := c.quietHandshake(ctx, allowed)
	if v, ok := errors.AsType[*VersionError](err); ok {
		log.WarnRL(&limit, "%s", v)
	}
	return err
}

func (c *Conn) quietHandshake(ctx context.Context, allowed openflow.Versions) error {
	defer context.AfterFunc(ctx, func() { _ = c.nc.SetDeadline(time.Unix(1, 0)) })()
	err := c.handshake(allowed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *Conn) handshake(allowed openflow.Versions) error {
	ours := &openflow.Hello{Versions: allowed}
	if err := c.Send(openflow.Encode(ours, openflow.ProtocolOf(allowed.Max()), 1)); err != nil {
		return err
	}
	b, err := c.Recv()
	if err != nil {
		return err
	}
	if openflow.ParseHeader(b).Type != 0 {
		log.WarnRL(&limit, "%s: received message type %d while expecting hello", c.name, b[1])
		return ErrProtocol
	}
	if openflow.Version(b[0]) > openflow.V15 {
		// A version of the future is worth as much as all we know.
		b[0] = byte(openflow.V15)
	}
	d, err := openflow.Decode(b, openflow.DecodeOptions{})
	hello, ok := d.Message.(*openflow.Hello)
	if err != nil || !ok {
		return ErrProtocol
	}
	peer := hello.Versions
	c.version = (allowed & peer).Max()
	if c.version == 0 {
		_ = c.refuse(allowed, peer) // the peer may have gone for the same reason
		return &VersionError{c.name, allowed, peer}
	}
	return nil
}

// refuse tells the peer that there is no common version.
func (c *Conn) refuse(allowed, peer openflow.Versions) error {
	text := fmt.Sprintf("We support %s, you support %s, no common versions.", allowed.WireList(), peer.WireList())
	b := []byte{byte(allowed.Max()), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE
	b = append(b, text...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return c.Send(b)
}

// SetReadDeadline bounds all later receiving; the zero time is no bound.
func (c *Conn) SetReadDeadline(t time.Time) { _ = c.nc.SetReadDeadline(t) }
