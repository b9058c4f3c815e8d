package ofproto

import (
	"context"
	"slices"
	"time"

	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// listen opens a passive target. c.mu is held.
func (c *connManager) listen(t *controller) error {
	l, err := stream.Config{Port: stream.OpenFlowPort, TLS: c.p.backer.opts.TLS, DSCP: t.spec.DSCP}.Listen(t.spec.Target)
	if err != nil {
		return err
	}
	t.listener = l
	c.wg.Go(func() {
		for {
			s, err := l.Accept()
			if err != nil {
				return
			}
			c.wg.Go(func() { c.serve(s, t) })
		}
	})
	return nil
}

// serve speaks OpenFlow with one who called us, until it ends.
func (c *connManager) serve(s stream.Conn, t *controller) {
	c.mu.Lock()
	versions := c.versions
	c.mu.Unlock()
	hello, stop := context.WithTimeout(c.ctx, 10*time.Second)
	name := c.p.name + "<->" + s.Name()
	oc := conn.New(s, name)
	err := oc.Handshake(hello, versions)
	stop()
	if err != nil {
		s.Close()
		return
	}
	o := newOfConn(c.p, oc, t.kind, t)
	o.re = conn.Reconnect{Name: name, Probe: t.spec.probe()}
	o.re.Connected(c.p.now())
	c.mu.Lock()
	if c.ctx.Err() != nil || t.kind == connSnoop && !c.attach(o) {
		c.mu.Unlock()
		oc.Close()
		return
	}
	c.conns = append(c.conns, o)
	c.mu.Unlock()
	c.countOld()
	c.wake()
	o.run()
	c.forget(o)
	c.countOld()
	if t.kind == connSnoop {
		c.detach(o)
	} else if o.missSendLen.Load() != 0 {
		c.connsChanged()
	}
}

// attach lets a connection look on at a controller's: at that of the most
// powerful one. It reports false when there is none. c.mu is held.
func (c *connManager) attach(o *ofConn) bool {
	var best *controller
	rank := func(t *controller) int {
		if t.conn == nil {
			return 0
		}
		return map[openflow.Role]int{openflow.RoleSecondary: 1, openflow.RoleEqual: 2, openflow.RolePrimary: 3}[t.conn.getRole()]
	}
	for _, t := range c.targets {
		if t.kind == connPrimary && (best == nil || rank(t) > rank(best)) {
			best = t
		}
	}
	if best == nil {
		connLog.InfoRL(&badRL, "no controller connection to snoop")
		return false
	}
	list := append(slices.Clone(best.lookers()), o)
	best.snoopers.Store(&list)
	return true
}

func (c *connManager) detach(o *ofConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.targets {
		if old := t.lookers(); slices.Contains(old, o) {
			list := slices.DeleteFunc(slices.Clone(old), func(x *ofConn) bool { return x == o })
			t.snoopers.Store(&list)
		}
	}
}

func (t *controller) lookers() []*ofConn {
	if l := t.snoopers.Load(); l != nil {
		return *l
	}
	return nil
}

// snoop shows a message of a controller's connection to those who look on.
func (o *ofConn) snoop(b []byte) {
	for _, x := range o.ctl.lookers() {
		x.box.post(b)
	}
}
