package ofproto

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"govs/daemon/vlog"
	"govs/openflow"
	"govs/stream"
)

var (
	connLog = vlog.New("connmgr")
	openLog = vlog.New("fail_open")
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

// connManager holds a switch's OpenFlow connections: those that ovs-ofctl makes
// to BR.mgmt, those that look on at BR.snoop, and those of controllers.
type connManager struct {
	p      *Ofproto
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	kick   chan struct{} // wakes loop

	monitoring atomic.Int32 // connections with flow monitors

	mu       sync.Mutex
	versions openflow.Versions
	targets  []*controller
	conns    []*ofConn // that are up
	genID    uint64    // of the last primary's role request
	genSet   bool

	inBand   InBand
	open     bool // in fail-open mode
	openSaid time.Time
}

// spoken are the versions of OpenFlow that the switch speaks.
var spoken = openflow.VersionsOf(openflow.V10, openflow.V11, openflow.V12, openflow.V13, openflow.V14, openflow.V15)

func newConnManager(p *Ofproto) *connManager {
	c := &connManager{p: p, versions: spoken, kick: make(chan struct{}, 1), inBand: InBand{Queue: -1}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// start opens BR.mgmt and BR.snoop in the given directory and begins to serve.
func (c *connManager) start(dir string) error {
	c.wg.Go(c.loop)
	if dir == "" {
		return nil
	}
	for _, t := range []*controller{
		{kind: connService, spec: ControllerSpec{Target: "punix:" + filepath.Join(dir, c.p.name+".mgmt"), Probe: 60 * time.Second}},
		{kind: connSnoop, spec: ControllerSpec{Target: "punix:" + filepath.Join(dir, c.p.name+".snoop"), Probe: -1}},
	} {
		t.hidden = true
		c.mu.Lock()
		err := c.listen(t)
		if err == nil {
			c.targets = append(c.targets, t)
		}
		c.mu.Unlock()
		if err != nil {
			c.close()
			return err
		}
	}
	return nil
}

// loop runs what is due, whenever something is due or has happened.
func (c *connManager) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.kick:
		case <-timer.C:
		}
		c.resumeMonitors()
		now := c.p.now()
		wait := time.Hour
		next := c.step(now)
		if at := c.hiddenFlows(now); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
		if !next.IsZero() {
			wait = max(next.Sub(now), time.Millisecond)
		}
		timer.Reset(wait)
	}
}

// wake makes loop look for what is due.
func (c *connManager) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// forget takes a connection that has ended out of the list.
func (c *connManager) forget(o *ofConn) {
	o.mods.report(o.c.Name(), c.p.now(), true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = slices.DeleteFunc(c.conns, func(x *ofConn) bool { return x == o })
	if o.monitored.Swap(false) {
		c.monitoring.Add(-1)
	}
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
	for _, t := range c.targets {
		if t.listener != nil {
			t.listener.Close()
		}
	}
	for _, o := range c.conns {
		o.stop()
	}
	c.mu.Unlock()
	c.wg.Wait()
}

// reconnect drops the connections; those that the switch made are made anew.
func (c *connManager) reconnect() {
	now := c.p.now()
	c.mu.Lock()
	for _, t := range c.targets {
		if t.conn != nil {
			t.drop(now, nil)
		}
	}
	for _, o := range c.conns {
		o.stop()
	}
	c.mu.Unlock()
	c.wake()
}

// controlled reports whether there are controllers that the switch calls.
func (c *connManager) controlled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.targets, func(t *controller) bool {
		return t.kind == connPrimary && stream.IsActive(t.spec.Target)
	})
}

// connsChanged works out anew what depends on who is connected: whether packets
// without a flow go to a controller. No lock is held.
func (c *connManager) connsChanged() {
	if c.countOld() {
		c.p.locked(func() {
			if !c.p.dead {
				c.p.backer.changed()
			}
		})
	}
	c.wake()
}

// countOld notes whether a connection is left that speaks a version in which
// packets without a flow go to the controller, whether it cares for them or
// not, and reports whether that is new. For what has come and goes with every
// call of ovs-ofctl the datapath's flows are not judged anew, as in OVS.
func (c *connManager) countOld() (changed bool) {
	c.mu.Lock() // until it is noted: of two that go at once the last one counts
	defer c.mu.Unlock()
	wants := slices.ContainsFunc(c.conns, func(o *ofConn) bool {
		return o.kind != connSnoop && o.c.Version() < openflow.V13 && o.controllerID.Load() == 0
	})
	return c.p.missToController.Swap(wants) != wants
}

// SetProtocols restricts the OpenFlow versions spoken (Bridge:protocols); 0
// allows all that are built in.
func (p *Ofproto) SetProtocols(vs openflow.Versions) {
	if vs == 0 {
		vs = spoken
	}
	vs &= spoken
	c := p.conns
	c.mu.Lock()
	changed := c.versions != vs
	c.versions = vs
	c.mu.Unlock()
	if changed {
		c.reconnect()
	}
}

// SetControllers sets the controllers to connect to and to listen for. When the
// first one that is called comes, or the last one goes, the flow tables start
// over.
func (p *Ofproto) SetControllers(specs []ControllerSpec) {
	c := p.conns
	before := c.controlled()
	want := map[string]*ControllerSpec{}
	for i := range specs {
		s := &specs[i]
		switch {
		case want[s.Target] != nil:
		case stream.IsActive(s.Target) || stream.IsPassive(s.Target):
			want[s.Target] = s
		default:
			connLog.WarnRL(&badRL, "%s: unsupported controller \"%s\"", p.name, s.Target)
		}
	}
	now := p.now()
	c.mu.Lock()
	c.targets = slices.DeleteFunc(c.targets, func(t *controller) bool {
		s := want[t.spec.Target]
		if t.hidden || s != nil && t.kind == s.kind() {
			return false
		}
		c.remove(t, now)
		return true
	})
	for _, t := range c.targets {
		if s := want[t.spec.Target]; s != nil {
			if t.spec != *s {
				t.configure(*s, c)
			}
			delete(want, t.spec.Target)
		}
	}
	for i := range specs {
		s := &specs[i]
		if want[s.Target] != s || c.ctx.Err() != nil {
			continue
		}
		t := &controller{spec: *s, kind: s.kind(), admittedAt: now}
		if stream.IsActive(s.Target) {
			t.re.Name = p.name + "<->" + s.Target
			t.configure(*s, c)
			t.re.Enable(now)
		} else if err := c.listen(t); err != nil {
			connLog.Err("%s: failed to listen on %s: %v", p.name, s.Target, err)
			continue
		}
		connLog.Info("%s: added %s controller \"%s\"", p.name, t.kind, s.Target)
		c.targets = append(c.targets, t)
	}
	c.mu.Unlock()
	if after := c.controlled(); after != before {
		p.locked(p.resetFlows)
	}
	c.connsChanged()
	c.hiddenFlows(now) // the way to the controllers is open when the configuration is done
}

// kind says what the target's connections are; who calls us is a service.
func (s *ControllerSpec) kind() connKind {
	if s.Service || !stream.IsActive(s.Target) {
		return connService
	}
	return connPrimary
}

// remove ends a target and its connections. c.mu is held.
func (c *connManager) remove(t *controller, now time.Time) {
	if t.listener != nil {
		t.listener.Close()
	}
	t.re.Disable()
	t.drop(now, nil)
	for _, o := range c.conns {
		if o.ctl == t {
			o.stop()
		}
	}
	connLog.Info("%s: removed %s controller \"%s\"", c.p.name, t.kind, t.spec.Target)
}

// Controllers returns the state of each controller.
func (p *Ofproto) Controllers() []ControllerStatus {
	c := p.conns
	now := p.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []ControllerStatus
	for _, t := range c.targets {
		if !t.hidden {
			out = append(out, t.status(c, now))
		}
	}
	return out
}

var errClosed = errors.New("connection closed")
