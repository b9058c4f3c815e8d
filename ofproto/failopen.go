package ofproto

import (
	"time"

	"govs/openflow"
)

// failOpenPriority is that of the flow that forwards everything as an ordinary
// switch would while no controller of a standalone switch answers.
const failOpenPriority = 0xf0f0f0

// failOpen reports whether a standalone switch does without its controllers:
// when none has spoken to it for three times the time it may be silent. It logs
// changes.
func (c *connManager) failOpen(now time.Time) bool {
	var standalone bool
	c.p.locked(func() { standalone = c.p.failMode == FailStandalone })
	c.mu.Lock()
	defer c.mu.Unlock()
	var lost, limit time.Duration = 1<<63 - 1, 0
	some := false
	for _, t := range c.targets {
		if t.kind != connPrimary || t.hidden {
			continue
		}
		some = true
		limit = max(limit, t.spec.probe())
		if t.conn != nil && t.conn.admitted(now) {
			t.admittedAt = now
		}
		lost = min(lost, now.Sub(t.admittedAt))
	}
	if limit == 0 {
		limit = defaultProbe
	}
	open := standalone && some && lost >= 3*limit
	switch {
	case open && !c.open:
		openLog.Warn("Could not connect to controller (or switch failed controller's post-connection admission control policy) for %d seconds, failing open", int(lost/time.Second))
		c.openSaid = now
	case open && now.Sub(c.openSaid) >= time.Minute:
		openLog.Info("Still in fail-open mode after %d seconds disconnected from controller", int(lost/time.Second))
		c.openSaid = now
	case !open && c.open:
		openLog.Warn("No longer in fail-open mode")
	}
	c.open = open
	return open
}

// admissionTime is after what a controller that only keeps up its connection
// counts as one that controls.
const admissionTime = 30 * time.Second

// admitted reports whether the controller has shown that it controls: by a
// message that does more than greet and ask.
func (o *ofConn) admitted(now time.Time) bool {
	return o.acted.Load() || now.Sub(o.since) >= admissionTime
}

// noteActs keeps in mind that a message shows that a controller controls.
func (o *ofConn) noteActs(m openflow.Message) {
	switch m.(type) {
	case *openflow.Hello, *openflow.ErrorMsg, *openflow.EchoRequest, *openflow.EchoReply, *openflow.FeaturesRequest,
		*openflow.GetConfigRequest, *openflow.SetConfig:
		return
	}
	if o.kind == connPrimary && !o.acted.Swap(true) {
		o.p.conns.wake()
	}
}
