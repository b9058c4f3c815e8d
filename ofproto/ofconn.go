package ofproto

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"govs/openflow"
	"govs/openflow/conn"
)

// connKind says who is at the other end of a connection.
type connKind uint8

const (
	connService connKind = iota // ovs-ofctl and its like: asks and goes
	connPrimary                 // a controller
	connSnoop                   // only looks on
)

// defaultMissSendLen is how much of a packet a controller gets unless it says
// otherwise (OpenFlow 1.0, OFP_DEFAULT_MISS_SEND_LEN).
const defaultMissSendLen = 128

// queueLen is how many unsolicited messages wait for a slow reader.
const queueLen = 512

// ofConn is one OpenFlow connection. One goroutine reads and answers, another
// sends what nobody asked for.
type ofConn struct {
	p    *Ofproto
	c    *conn.Conn
	kind connKind

	out  chan func() []byte // unsolicited messages, encoded when sent
	done chan struct{}
	once sync.Once

	mu  sync.Mutex
	buf []byte // guarded by mu: messages to be sent together

	proto        atomic.Uint32 // openflow.Protocols
	missSendLen  atomic.Uint32
	controllerID atomic.Uint32
	pinFormat    atomic.Uint32 // openflow.PacketInFormat
	role         atomic.Uint32
	dropped      atomic.Uint64
}

func newOfConn(p *Ofproto, c *conn.Conn, kind connKind) *ofConn {
	o := &ofConn{p: p, c: c, kind: kind, out: make(chan func() []byte, queueLen), done: make(chan struct{})}
	o.proto.Store(uint32(openflow.ProtocolOf(c.Version())))
	o.role.Store(uint32(openflow.RoleEqual))
	if kind == connPrimary {
		o.missSendLen.Store(defaultMissSendLen)
	}
	return o
}

func (o *ofConn) protocol() openflow.Protocols { return openflow.Protocols(o.proto.Load()) }

func (o *ofConn) getRole() openflow.Role { return openflow.Role(o.role.Load()) }

// wantsAsync reports whether the other end gets messages it did not ask for:
// controllers do, and others once they have set a miss send length.
func (o *ofConn) wantsAsync() bool {
	switch o.kind {
	case connPrimary:
		return true
	case connService:
		return o.missSendLen.Load() > 0
	}
	return false
}

// run reads and answers until the connection ends.
func (o *ofConn) run() error {
	go o.writer()
	defer o.stop()
	for {
		b, err := o.c.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				return errClosed
			}
			return err
		}
		if o.kind == connSnoop {
			continue
		}
		if o.kind == connPrimary {
			o.p.conns.snoop(b)
		}
		if err := o.handle(b); err != nil {
			return err
		}
		if !o.c.Buffered() {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
}

func (o *ofConn) stop() {
	o.once.Do(func() {
		close(o.done)
		o.c.Close()
	})
}

// writer sends unsolicited messages.
func (o *ofConn) writer() {
	for {
		select {
		case <-o.done:
			return
		case encode := <-o.out:
			if b := encode(); b != nil {
				o.send(b)
			}
			if len(o.out) == 0 && o.flush() != nil {
				o.stop()
				return
			}
		}
	}
}

func (o *ofConn) send(b []byte) error {
	if o.kind == connPrimary {
		o.p.conns.snoop(b)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = append(o.buf, b...)
	if len(o.buf) > 64<<10 {
		return o.flushLocked()
	}
	return nil
}

// flush sends what send has collected.
func (o *ofConn) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.flushLocked()
}

func (o *ofConn) flushLocked() error {
	if len(o.buf) == 0 {
		return nil
	}
	err := o.c.Send(o.buf)
	if o.buf = o.buf[:0]; cap(o.buf) > 1<<20 {
		o.buf = nil
	}
	return err
}

// queue sends m when the connection gets to it, or drops it if the other end
// does not read.
func (o *ofConn) queue(m openflow.Message) {
	o.push(func() []byte {
		p := o.protocol()
		if !openflow.Encodable(m, p) {
			return nil
		}
		return openflow.Encode(m, p, 0)
	})
}

func (o *ofConn) queueRaw(b []byte) { o.push(func() []byte { return b }) }

func (o *ofConn) push(encode func() []byte) {
	select {
	case o.out <- encode:
	default:
		o.dropped.Add(1)
	}
}

func (o *ofConn) sendPacketIn(pin *openflow.PacketIn, maxLen uint16) {
	m := *pin
	m.Format = openflow.PacketInFormat(o.pinFormat.Load())
	if m.Reason == openflow.ReasonNoMatch || m.Reason == openflow.ReasonImplicitMiss {
		maxLen = uint16(o.missSendLen.Load())
	}
	if n := int(maxLen); n < len(m.Packet) && maxLen != 0xffff {
		m.Packet = m.Packet[:n]
	}
	o.queue(&m)
}

// reply answers the request with transaction id xid.
func (o *ofConn) reply(m openflow.Message, xid uint32) error {
	p := o.protocol()
	if !openflow.Encodable(m, p) {
		m = &openflow.ErrorMsg{Code: openflow.ErrBadRequestBadType}
	}
	return o.send(openflow.Encode(m, p, xid))
}

// fail answers a request with an error and the request itself.
func (o *ofConn) fail(code openflow.ErrorCode, request []byte) error {
	h := openflow.ParseHeader(request)
	connLog.InfoRL(&badRL, "%s<->%s: sending %s error reply to message", o.p.name, o.c.Name(), code)
	const most = 65535 - openflow.HeaderLen - 16
	return o.reply(&openflow.ErrorMsg{Code: code, Data: request[:min(len(request), most)]}, h.Xid)
}
