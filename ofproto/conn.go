package ofproto

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"govs/daemon/vlog"
	"govs/ofproto/flowtable"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

var (
	connLog = vlog.New("connmgr")
	badRL   = vlog.RateLimit{Rate: 60, Burst: 5}
)

// vconnLog is where the codec's warnings go.
func vconnLog(module, text string) {
	name, level, _ := strings.Cut(module, "|")
	m := vlog.New(name)
	if level == "INFO" {
		m.InfoRL(&badRL, "%s", text)
		return
	}
	m.WarnRL(&badRL, "%s", text)
}

// ControllerSpec is one Controller row.
type ControllerSpec struct {
	Target string // "tcp:IP:PORT", "ptcp:...", "unix:...", ...
}

// ControllerStatus is the live state of a controller, by target.
type ControllerStatus struct {
	Target    string
	Connected bool
	Role      openflow.Role
	Pairs     map[string]string // Controller:status
}

// connManager holds a switch's OpenFlow connections: those that ovs-ofctl makes
// to BR.mgmt, those that look on at BR.snoop, and those of controllers.
type connManager struct {
	p      *Ofproto
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex
	versions  openflow.Versions
	listeners []stream.Listener
	conns     []*ofConn
	control   map[string]*controller
	genID     uint64 // of the last primary's role request
	genSet    bool
}

// spoken are the versions of OpenFlow that the switch speaks.
var spoken = openflow.VersionsOf(openflow.V10, openflow.V11, openflow.V12, openflow.V13, openflow.V14)

// controller is one configured controller, to call or to listen for.
type controller struct {
	spec   ControllerSpec
	cancel context.CancelFunc

	// Guarded by connManager.mu.
	conn  *ofConn
	since time.Time // of the state
	err   string    // why the last connection ended
}

func newConnManager(p *Ofproto) *connManager {
	c := &connManager{p: p, versions: spoken, control: map[string]*controller{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// listen opens BR.mgmt and BR.snoop in the given directory.
func (c *connManager) listen(dir string) error {
	if dir == "" {
		return nil
	}
	for _, kind := range []connKind{connService, connSnoop} {
		suffix := ".mgmt"
		if kind == connSnoop {
			suffix = ".snoop"
		}
		l, err := stream.Listen("punix:" + filepath.Join(dir, c.p.name+suffix))
		if err != nil {
			c.close()
			return err
		}
		c.mu.Lock()
		c.listeners = append(c.listeners, l)
		c.mu.Unlock()
		c.wg.Go(func() { c.accept(l, kind, nil) })
	}
	return nil
}

func (c *connManager) accept(l stream.Listener, kind connKind, ctl *controller) {
	for {
		s, err := l.Accept()
		if err != nil {
			return
		}
		c.wg.Go(func() { c.serve(c.ctx, s, kind, ctl) })
	}
}

// serve speaks OpenFlow over s until it ends.
func (c *connManager) serve(ctx context.Context, s stream.Conn, kind connKind, ctl *controller) error {
	c.mu.Lock()
	versions := c.versions
	c.mu.Unlock()
	hello, stop := context.WithTimeout(ctx, 10*time.Second)
	oc := conn.New(s, s.Name())
	err := oc.Handshake(hello, versions)
	stop()
	if err != nil {
		s.Close()
		return err
	}
	o := newOfConn(c.p, oc, kind)
	c.mu.Lock()
	if c.ctx.Err() != nil {
		c.mu.Unlock()
		oc.Close()
		return c.ctx.Err()
	}
	c.conns = append(c.conns, o)
	if ctl != nil {
		ctl.conn, ctl.since, ctl.err = o, time.Now(), ""
	}
	c.mu.Unlock()
	if kind == connPrimary {
		connLog.Info("%s<->%s: connected", c.p.name, s.Name())
		c.missChanged()
	}
	err = o.run()
	c.mu.Lock()
	c.conns = slices.DeleteFunc(c.conns, func(x *ofConn) bool { return x == o })
	if ctl != nil && ctl.conn == o {
		ctl.conn, ctl.since = nil, time.Now()
		if err != nil {
			ctl.err = err.Error()
		}
	}
	c.mu.Unlock()
	if kind == connPrimary {
		c.missChanged()
	}
	return err
}

// all returns the connections at the moment.
func (c *connManager) all() []*ofConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.conns)
}

// close ends everything and waits for it.
func (c *connManager) close() {
	c.cancel()
	c.mu.Lock()
	for _, l := range c.listeners {
		l.Close()
	}
	for _, t := range c.control {
		t.cancel()
	}
	for _, o := range c.conns {
		o.c.Close()
	}
	c.mu.Unlock()
	c.wg.Wait()
}

// reconnect drops the controllers' connections, which are made anew.
func (c *connManager) reconnect() {
	for _, o := range c.all() {
		if o.kind == connPrimary {
			o.c.Close()
		}
	}
}

// controlled reports whether there are controllers that the switch calls.
func (c *connManager) controlled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.control {
		if stream.IsActive(t.spec.Target) {
			return true
		}
	}
	return false
}

// missChanged works out anew whether packets without a flow go to a controller.
func (c *connManager) missChanged() {
	wants := false
	for _, o := range c.all() {
		if o.kind == connPrimary && o.c.Version() < openflow.V13 && o.missSendLen.Load() > 0 && o.getRole() != openflow.RoleSecondary {
			wants = true
		}
	}
	c.p.locked(func() {
		if c.p.missToController != wants {
			c.p.missToController = wants
			c.p.backer.changed()
		}
	})
}

// SetProtocols restricts the OpenFlow versions spoken (Bridge:protocols); 0
// allows all that are built in.
func (p *Ofproto) SetProtocols(vs openflow.Versions) {
	if vs == 0 {
		vs = spoken
	}
	vs &= spoken
	p.conns.mu.Lock()
	changed := p.conns.versions != vs
	p.conns.versions = vs
	p.conns.mu.Unlock()
	if changed {
		p.conns.reconnect()
	}
}

// SetControllers sets the controllers to connect to and to listen for. When the
// first one that is called comes, or the last one goes, the flow tables of a
// standalone switch start over.
func (p *Ofproto) SetControllers(cs []ControllerSpec) {
	c := p.conns
	before := c.controlled()
	want := map[string]bool{}
	for _, s := range cs {
		want[s.Target] = true
	}
	c.mu.Lock()
	for target, t := range c.control {
		if !want[target] {
			t.cancel()
			if t.conn != nil {
				t.conn.c.Close()
			}
			delete(c.control, target)
		}
	}
	for _, s := range cs {
		if c.control[s.Target] != nil || c.ctx.Err() != nil {
			continue
		}
		ctx, cancel := context.WithCancel(c.ctx)
		t := &controller{spec: s, cancel: cancel, since: time.Now()}
		c.control[s.Target] = t
		if stream.IsActive(s.Target) {
			c.wg.Go(func() { c.call(ctx, t) })
		} else {
			c.wg.Go(func() { c.listenFor(ctx, t) })
		}
	}
	c.mu.Unlock()
	if after := c.controlled(); after != before {
		p.locked(func() {
			if p.failMode == FailStandalone {
				p.resetFlows()
			}
		})
	}
}

// call keeps a connection to a controller up.
func (c *connManager) call(ctx context.Context, t *controller) {
	const most = 8 * time.Second
	backoff := time.Duration(0)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(backoff):
		}
		backoff = min(max(time.Second, 2*backoff), most)
		connLog.Info("%s<->%s: connecting...", c.p.name, t.spec.Target)
		dial, stop := context.WithTimeout(ctx, 10*time.Second)
		s, err := stream.Config{Port: stream.OpenFlowPort}.Dial(dial, t.spec.Target)
		stop()
		if err == nil {
			start := time.Now()
			err = c.serve(ctx, s, connPrimary, t)
			if time.Since(start) > most {
				backoff = 0 // it lasted for a while: call again at once
			}
		}
		if err != nil && ctx.Err() == nil {
			connLog.WarnRL(&badRL, "%s<->%s: connection failed (%v)", c.p.name, t.spec.Target, err)
			c.mu.Lock()
			t.err = err.Error()
			c.mu.Unlock()
		}
	}
}

// listenFor takes connections at a passive controller target.
func (c *connManager) listenFor(ctx context.Context, t *controller) {
	l, err := stream.Config{Port: stream.OpenFlowPort}.Listen(t.spec.Target)
	if err != nil {
		connLog.Err("failed to listen on %s: %v", t.spec.Target, err)
		return
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	c.accept(l, connService, nil)
}

// Controllers returns the state of each controller.
func (p *Ofproto) Controllers() []ControllerStatus {
	c := p.conns
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []ControllerStatus
	for target, t := range c.control {
		s := ControllerStatus{Target: target, Connected: t.conn != nil, Pairs: map[string]string{}}
		if t.conn != nil {
			s.Role = t.conn.getRole()
			s.Pairs["state"] = "ACTIVE"
		} else {
			s.Pairs["state"] = "BACKOFF"
		}
		if t.err != "" {
			s.Pairs["last_error"] = t.err
		}
		out = append(out, s)
	}
	return out
}

// packetIn sends a packet to the controllers with the given id.
func (c *connManager) packetIn(pin *openflow.PacketIn, id, maxLen uint16) {
	for _, o := range c.all() {
		if o.wantsAsync() && uint16(o.controllerID.Load()) == id {
			o.sendPacketIn(pin, maxLen)
		}
	}
}

// flowRemoved tells controllers of a flow that asked for it.
func (p *Ofproto) flowRemoved(r *flowtable.Rule, why openflow.FlowRemovedReason) {
	if r.Flags&openflow.FlagSendFlowRem == 0 || p.conns == nil {
		return
	}
	m := &openflow.FlowRemoved{
		Match: r.Match(), Cookie: r.Cookie, Priority: uint16(r.Priority()), Reason: why, Table: r.Table,
		Duration: p.now().Sub(r.Created).Truncate(time.Millisecond), IdleTimeout: r.IdleTimeout(), HardTimeout: r.HardTimeout(),
		Packets: r.Stats.Packets.Load(), Bytes: r.Stats.Bytes.Load(),
	}
	for _, o := range p.conns.all() {
		if o.wantsAsync() && o.getRole() != openflow.RoleSecondary {
			o.queue(m)
		}
	}
}

// portStatus tells controllers of a port. backer.mu is held.
func (p *Ofproto) portStatus(x *port, why openflow.PortReason) {
	conns := p.conns.all()
	if len(conns) == 0 {
		return
	}
	m := &openflow.PortStatus{Reason: why, Desc: p.portDesc(x)}
	for _, o := range conns {
		if o.wantsAsync() {
			o.queue(m)
		}
	}
}

// snoop shows a message of a controller's connection to those who look on.
func (c *connManager) snoop(b []byte) {
	for _, o := range c.all() {
		if o.kind == connSnoop {
			o.queueRaw(b)
		}
	}
}

var errClosed = errors.New("connection closed")
