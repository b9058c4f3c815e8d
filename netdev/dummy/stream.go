package dummy

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"govs/cli"
	"govs/daemon/vlog"
)

// conns are the stream connections of a device. A packet travels as its length
// in two bytes, most significant first, and its bytes. A nil *conns is a device
// without streams.
type conns struct {
	d      *Device
	ln     net.Listener
	target string // of an active connection, else ""

	mu     sync.Mutex
	list   map[net.Conn]bool // guarded by mu
	closed bool              // guarded by mu
	stop   chan struct{}
}

var log = vlog.New("netdev_dummy")

// openConns takes the options pstream (listen) and stream (connect), each
// "unix:PATH", "punix:PATH", "tcp:HOST:PORT" or "ptcp:PORT". The device is there
// without one that cannot be, and waits in vain for what it cannot connect to.
func openConns(d *Device, options map[string]string) *conns {
	p, s := options["pstream"], options["stream"]
	c := &conns{d: d, list: map[net.Conn]bool{}, stop: make(chan struct{})}
	switch {
	case p != "" && s != "":
		log.Warn("Open failed: both %s and %s are configured", p, s)
		return nil
	case p != "":
		network, addr, err := target(p, "p")
		if err == nil {
			c.ln, err = net.Listen(network, addr)
		}
		if err != nil {
			log.Warn("%s: open failed (%s)", p, cli.Strerror(err))
			return nil
		}
		go c.accept()
	case s != "":
		c.target = s
		network, addr, err := target(s, "")
		if err != nil {
			log.Warn("%s: open failed (%s)", s, cli.Strerror(err))
			return c
		}
		go c.connect(network, addr)
	default:
		return nil
	}
	return c
}

func target(s, prefix string) (network, addr string, err error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case prefix + "unix":
		return "unix", rest, nil
	case prefix + "tcp":
		if prefix != "" && !strings.Contains(rest, ":") {
			rest = ":" + rest
		}
		return "tcp", rest, nil
	}
	return "", "", unix.EAFNOSUPPORT
}

func (c *conns) accept() {
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			return
		}
		go c.serve(conn)
	}
}

// connect keeps one connection to the target.
func (c *conns) connect(network, addr string) {
	for {
		if conn, err := net.Dial(network, addr); err == nil {
			c.serve(conn)
		}
		select {
		case <-c.stop:
			return
		case <-time.After(time.Second):
		}
	}
}

// serve receives the packets of one connection until it ends.
func (c *conns) serve(conn net.Conn) {
	defer conn.Close()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.list[conn] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.list, conn)
		c.mu.Unlock()
	}()
	for {
		var h [2]byte
		if _, err := io.ReadFull(conn, h[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint16(h[:]))
		if _, err := io.ReadFull(conn, b); err != nil || len(b) < 14 {
			return
		}
		c.d.Receive(b)
	}
}

// send gives a packet to every connection; one that does not take it at once
// is closed rather than waited for.
func (c *conns) send(b []byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	msg := append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(b)), uint16(len(b))), b...)
	for conn := range c.list {
		conn.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := conn.Write(msg); err != nil {
			conn.Close()
		}
	}
}

// connected reports whether there is a connection.
func (c *conns) connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.list) > 0
}

// state is what netdev-dummy/conn-state prints.
func (c *conns) state() string {
	switch {
	case c == nil || c.target == "":
		return "unknown"
	case c.connected():
		return "connected"
	}
	return "disconnected"
}

func (c *conns) close() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	close(c.stop)
	if c.ln != nil {
		c.ln.Close()
	}
	for conn := range c.list {
		conn.Close()
	}
}
