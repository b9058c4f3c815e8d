package dummy

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// conns are the stream connections of a device. A packet travels as its length
// in two bytes, most significant first, and its bytes. A nil *conns is a device
// without streams, which is always connected.
type conns struct {
	d      *Device
	ln     net.Listener
	target string // of an active connection, else ""

	mu     sync.Mutex
	list   map[net.Conn]bool // guarded by mu
	closed bool              // guarded by mu
	stop   chan struct{}
}

// openConns takes the options pstream (listen) and stream (connect), each
// "unix:PATH", "punix:PATH", "tcp:HOST:PORT" or "ptcp:PORT".
func openConns(d *Device, options map[string]string) (*conns, error) {
	p, s := options["pstream"], options["stream"]
	if p == "" && s == "" {
		return nil, nil
	}
	c := &conns{d: d, list: map[net.Conn]bool{}, stop: make(chan struct{})}
	if p != "" {
		network, addr, err := target(p, "p")
		if err != nil {
			return nil, err
		}
		if c.ln, err = net.Listen(network, addr); err != nil {
			return nil, err
		}
		go c.accept()
		return c, nil
	}
	if _, _, err := target(s, ""); err != nil {
		return nil, err
	}
	c.target = s
	go c.connect()
	return c, nil
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
	return "", "", fmt.Errorf("%s: unknown kind of stream", s)
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
func (c *conns) connect() {
	network, addr, _ := target(c.target, "")
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

// connected reports the carrier.
func (c *conns) connected() bool {
	if c == nil || c.target == "" {
		return true
	}
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
