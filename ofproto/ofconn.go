package ofproto

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

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

// String returns the name that Controller:type has for it.
func (k connKind) String() string { return [...]string{"service", "primary", "snoop"}[k] }

// defaultMissSendLen is how much of a packet a controller gets unless it says
// otherwise (OpenFlow 1.0, OFP_DEFAULT_MISS_SEND_LEN).
const defaultMissSendLen = 128

// ofConn is one OpenFlow connection. One goroutine reads and answers, with the
// help of a modPipe, another sends what nobody asked for.
type ofConn struct {
	p    *Ofproto
	c    *conn.Conn
	kind connKind
	ctl  *controller // whose target it is of
	box  *outbox
	re   conn.Reconnect // of who called us; connManager.mu guards it
	done chan struct{}
	once sync.Once

	since     time.Time // when it came up
	acted     atomic.Bool
	mods      flowModLog
	monitors  flowMonitors
	monitored atomic.Bool // there are any

	bundles map[uint32]*msgBundle // run's alone, or its modPipe's

	// flowMods and adds are where run decodes what nobody keeps.
	flowMods openflow.FlowMod
	adds     openflow.BundleAdd
	from     origin         // of the flow-mod under way
	decoding openflow.Names // see names

	sched        packetScheds
	async        atomic.Pointer[openflow.AsyncConfig]
	heard        atomic.Int64  // when something came last, nanoseconds since 1970
	proto        atomic.Uint32 // openflow.Protocols
	missSendLen  atomic.Uint32
	controllerID atomic.Uint32
	pinFormat    atomic.Uint32 // openflow.PacketInFormat
	role         atomic.Uint32
}

func newOfConn(p *Ofproto, c *conn.Conn, kind connKind, ctl *controller) *ofConn {
	o := &ofConn{p: p, c: c, kind: kind, ctl: ctl, box: newOutbox(c.Send), done: make(chan struct{}), since: p.now()}
	o.proto.Store(uint32(openflow.ProtocolOf(c.Version())))
	o.role.Store(uint32(openflow.RoleEqual))
	o.async.Store(defaultAsync(c.Version()))
	o.heard.Store(p.now().UnixNano())
	if kind == connPrimary {
		o.missSendLen.Store(defaultMissSendLen)
	}
	o.configure(&ctl.spec)
	if ctl.spec.NoAsync {
		o.async.Store(&openflow.AsyncConfig{})
	}
	return o
}

// configure applies the settings of the connection's Controller row.
func (o *ofConn) configure(s *ControllerSpec) {
	o.re.Probe = s.probe()
	o.sched.configure(s, o.p.now())
}

func (o *ofConn) protocol() openflow.Protocols { return openflow.Protocols(o.proto.Load()) }

func (o *ofConn) setProtocol(p openflow.Protocols) { o.proto.Store(uint32(p)) }

func (o *ofConn) getRole() openflow.Role { return openflow.Role(o.role.Load()) }

func (o *ofConn) lastHeard() time.Time { return time.Unix(0, o.heard.Load()) }

// run reads and answers until the connection ends. It returns io.EOF's like as
// nil.
func (o *ofConn) run() error {
	o.p.conns.wg.Go(o.writer)
	defer o.stop()
	pipe := newModPipe(o)
	defer pipe.drain()
	for {
		b, err := o.c.Next()
		if err != nil {
			if err := pipe.drain(); err != nil {
				return err
			}
			if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		if o.kind == connSnoop {
			o.heard.Store(o.p.now().UnixNano())
			continue
		}
		o.snoop(b)
		if pipe.takes(b) {
			err = pipe.add(b)
		} else if err = pipe.drain(); err == nil {
			o.heard.Store(o.p.now().UnixNano())
			if !openflow.IsFlowMod(b) {
				b = bytes.Clone(b) // something may be kept of it
			}
			err = o.handle(b)
		}
		if err == nil && !o.c.Buffered() {
			if err = pipe.pause(); err == nil {
				err = o.box.flush()
			}
		}
		if err != nil {
			return err
		}
	}
}

// stop ends the connection. It may be called from anywhere and more than once.
func (o *ofConn) stop() {
	o.once.Do(func() {
		close(o.done)
		o.c.Close()
		o.box.close(errClosed)
	})
}

// writer sends unsolicited messages.
func (o *ofConn) writer() {
	for {
		select {
		case <-o.done:
			return
		case <-o.box.kick:
			if o.box.flush() != nil {
				o.stop()
				return
			}
		}
	}
}

// send sends an answer.
func (o *ofConn) send(b []byte) error {
	o.snoop(b)
	return o.box.reply(b)
}

// post sends a message nobody asked for; versions without it leave it out.
func (o *ofConn) post(m openflow.Message) {
	p := o.protocol()
	if !openflow.Encodable(m, p) {
		return
	}
	b := openflow.Encode(m, p, 0)
	o.snoop(b)
	if !o.box.post(b) {
		connLog.WarnRL(&badRL, "%s: does not read what is sent to it, disconnecting", o.c.Name())
		o.stop()
	}
}

// postPacket sends an encoded packet-in, or drops it if limit of them wait.
func (o *ofConn) postPacket(b []byte, limit int) {
	if o.box.postPacket(b, limit) {
		o.snoop(b)
	}
}

// probe asks the other end whether it is there.
func (o *ofConn) probe() {
	o.box.post(openflow.Encode(&openflow.EchoRequest{}, o.protocol(), 0))
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
	connLog.InfoRL(&badRL, "%s: sending %s error reply to message", o.c.Name(), code)
	const most = 65535 - openflow.HeaderLen - 16
	return o.reply(&openflow.ErrorMsg{Code: code, Data: request[:min(len(request), most)]}, h.Xid)
}
