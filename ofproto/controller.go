package ofproto

import (
	"context"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"govs/cli"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// ControllerSpec is one Controller row. A zero value stands for its default.
type ControllerSpec struct {
	Target    string // "tcp:IP:PORT", "ptcp:...", "unix:...", ...
	Service   bool   // Controller:type is "service"
	OutOfBand bool   // connection_mode

	MaxBackoff time.Duration // max_backoff; 0 is 8 s
	Probe      time.Duration // inactivity_probe; 0 is 5 s, below 0 is none
	RateLimit  int           // controller_rate_limit: packet-ins a second; 0 is no limit
	BurstLimit int           // controller_burst_limit
	QueueSize  int           // controller_queue_size: packet-ins that wait; 0 is 100
	NoAsync    bool          // enable_async_messages is false
	DSCP       int           // other_config:dscp, of TCP connections; 0 to 63
}

const (
	defaultProbe     = 5 * time.Second
	defaultQueueSize = 100
)

// ControllerStatus is the live state of a controller, by target.
type ControllerStatus struct {
	Target    string
	Connected bool
	Role      openflow.Role     // RoleNoChange when not known
	Pairs     map[string]string // Controller:status
}

// controller is a configured target: one to call or one to listen on.
// connManager.mu guards what changes.
type controller struct {
	spec   ControllerSpec
	kind   connKind
	hidden bool // BR.mgmt and BR.snoop, which no row asks for

	// To call:
	re       conn.Reconnect
	conn     *ofConn
	attempt  int
	giveUp   context.CancelFunc        // of the attempt under way
	snoopers atomic.Pointer[[]*ofConn] // who looks on

	admittedAt time.Time // when it was last seen to control

	// To listen on:
	listener stream.Listener
}

// probe returns how long a connection may be silent; the least is 5 s.
func (s *ControllerSpec) probe() time.Duration {
	switch {
	case s.Probe < 0:
		return 0
	case s.Probe == 0:
		return defaultProbe
	}
	return max(s.Probe.Truncate(time.Second), defaultProbe)
}

// configure applies changed settings to the target and its connections.
// connManager.mu is held.
func (t *controller) configure(s ControllerSpec, c *connManager) {
	if s.DSCP != t.spec.DSCP {
		for _, o := range c.conns {
			if o.ctl == t {
				stream.SetDSCP(o.c.NetConn(), s.DSCP)
			}
		}
	}
	t.spec = s
	t.re.MaxBackoff, t.re.Probe = max(s.MaxBackoff, 0), s.probe()
	for _, o := range c.conns {
		if o.ctl == t {
			o.configure(&s)
		}
	}
}

// call makes a connection to an active target and serves it.
func (c *connManager) call(ctx context.Context, t *controller, attempt int, versions openflow.Versions) {
	s, err := stream.Config{Port: stream.OpenFlowPort, TLS: c.p.backer.opts.TLS, DSCP: t.spec.DSCP}.Dial(ctx, t.spec.Target)
	var oc *conn.Conn
	if err == nil {
		oc = conn.New(s, t.re.Name)
		if err = oc.Handshake(ctx, versions); err != nil {
			s.Close()
		}
	}
	c.mu.Lock()
	if t.attempt != attempt || c.ctx.Err() != nil {
		c.mu.Unlock()
		if err == nil {
			s.Close()
		}
		return
	}
	now := c.p.now()
	if err != nil {
		t.re.Failed(now, err)
		c.mu.Unlock()
		c.wake()
		return
	}
	t.re.Connected(now)
	o := newOfConn(c.p, oc, t.kind, t)
	t.conn = o
	c.conns = append(c.conns, o)
	c.mu.Unlock()
	c.connsChanged()
	err = o.run()
	c.forget(o)
	c.mu.Lock()
	if t.conn == o {
		t.conn = nil
		if err == nil {
			err = io.EOF
		}
		t.re.Failed(c.p.now(), err)
	}
	c.mu.Unlock()
	c.connsChanged()
}

// step does what is due at now and returns when it wants to be called again,
// zero if it does not know. It is called by loop only.
func (c *connManager) step(now time.Time) (next time.Time) {
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.targets {
		if t.listener != nil || !stream.IsActive(t.spec.Target) {
			continue
		}
		if t.conn != nil {
			t.re.Heard(t.conn.lastHeard())
		}
		do, at, why := t.re.Run(now)
		switch do {
		case conn.Connect:
			t.attempt++
			ctx, cancel := context.WithCancel(c.ctx)
			t.giveUp = cancel
			attempt, versions := t.attempt, c.versions
			c.wg.Go(func() {
				defer cancel()
				c.call(ctx, t, attempt, versions)
			})
		case conn.Probe:
			t.conn.probe()
		case conn.Disconnect:
			t.drop(now, why)
			c.wake()
		}
		sooner(at)
	}
	for _, o := range c.conns {
		sooner(o.mods.report(o.c.Name(), now, false))
		if o.ctl != nil && o.ctl.conn == o {
			sooner(o.sched.run(now, o))
			continue
		}
		o.re.Heard(o.lastHeard())
		do, at, _ := o.re.Run(now)
		switch do {
		case conn.Probe:
			o.probe()
		case conn.Disconnect:
			o.stop()
		}
		sooner(at)
		sooner(o.sched.run(now, o))
	}
	return next
}

// drop ends the target's connection or attempt. connManager.mu is held.
func (t *controller) drop(now time.Time, why error) {
	t.attempt++
	if t.giveUp != nil {
		t.giveUp()
	}
	if t.conn != nil {
		t.conn.stop()
		t.conn = nil
	}
	t.re.Failed(now, why)
}

// status describes a target for the database. connManager.mu is held.
func (t *controller) status(c *connManager, now time.Time) ControllerStatus {
	s := ControllerStatus{Target: t.spec.Target, Pairs: map[string]string{}}
	if !stream.IsActive(t.spec.Target) {
		n := 0
		for _, o := range c.conns {
			if o.ctl == t {
				n++
				s.Role = o.getRole()
			}
		}
		if s.Connected = n > 0; n != 1 {
			s.Role = openflow.RoleNoChange
		}
		return s
	}
	s.Connected = t.conn != nil
	if t.conn != nil {
		s.Role = t.conn.getRole()
		t.conn.sched.status(s.Pairs)
	}
	state, _ := t.re.State()
	s.Pairs["state"] = state.String()
	if err, ok := t.re.LastError(); ok && err != nil {
		s.Pairs["last_error"] = cli.Strerror(err)
	}
	since := func(key string, at time.Time) {
		if !at.IsZero() {
			s.Pairs[key] = strconv.Itoa(int(now.Sub(at) / time.Second))
		}
	}
	since("sec_since_connect", t.re.LastUp())
	since("sec_since_disconnect", t.re.LastDown())
	return s
}
