package ofproto

import (
	"cmp"
	"slices"

	"govs/ofproto/flowtable"
	"govs/openflow"
)

// monitorBacklog is how many bytes of updates may wait before the monitors of a
// connection are paused.
const monitorBacklog = 128 << 10

// flowMonitors are the monitors of a connection. The flow tables' lock guards
// them: they are only touched in flowtable.View and the tables' callbacks.
type flowMonitors struct {
	by      map[uint32]*openflow.FlowMonitor
	updates []openflow.FlowUpdate // of the request under way
	abbrev  bool                  // its own changes have been told in short
	paused  bool
	since   uint64 // paused after this change
}

// origin is on whose request flows change.
type origin struct {
	o   *ofConn
	xid uint32
}

// monitorFlows sets up, changes and ends flow monitors.
func (o *ofConn) monitorFlows(m *openflow.FlowMonitorRequest, xid uint32, b []byte) error {
	var failed error
	var b1 []byte
	o.p.tables.View(func(v flowtable.View) {
		var made []*openflow.FlowMonitor
		for i := range m.Monitors {
			q := &m.Monitors[i]
			if failed = o.monitor(q); failed != nil {
				break
			}
			if q.Command != openflow.MonitorCommandDelete {
				made = append(made, q)
			}
		}
		if failed != nil {
			for _, q := range made {
				delete(o.monitors.by, q.ID)
			}
			return
		}
		o.countMonitored()
		r := &openflow.FlowMonitorReply{}
		for _, f := range monitored(v, made, nil) {
			u := update(f.rule, openflow.FlowEventInitial, f.flags)
			if o.c.Version() < openflow.V13 {
				u.Event = openflow.FlowEventAdded
			}
			r.Updates = append(r.Updates, u)
		}
		b1 = openflow.Encode(r, o.protocol(), xid)
		o.snoop(b1)
		o.box.post(b1) // in order with what changes next
	})
	if failed != nil {
		return o.fail(errorCode(failed, openflow.ErrFlowMonitorFailedUnknown), b)
	}
	return nil
}

// monitor does one command of a request.
func (o *ofConn) monitor(q *openflow.FlowMonitor) error {
	ms := &o.monitors
	if ms.by == nil {
		ms.by = map[uint32]*openflow.FlowMonitor{}
	}
	switch q.Command {
	case openflow.MonitorCommandAdd, openflow.MonitorCommandModify:
		if q.Table != openflow.TableAny && q.Table >= flowtable.N {
			return openflow.ErrBadRequestBadTableID
		}
		exists := ms.by[q.ID] != nil
		switch modify := q.Command == openflow.MonitorCommandModify; {
		case exists && !modify:
			return openflow.ErrFlowMonitorFailedMonitorExists
		case !exists && modify:
			return openflow.ErrFlowMonitorFailedUnknownMonitor
		}
		ms.by[q.ID] = q
		return nil
	case openflow.MonitorCommandDelete:
		return o.endMonitor(q.ID)
	}
	return openflow.ErrFlowMonitorFailedBadCommand
}

func (o *ofConn) endMonitor(id uint32) error {
	if o.monitors.by[id] == nil {
		return openflow.ErrFlowMonitorFailedUnknownMonitor
	}
	delete(o.monitors.by, id)
	o.countMonitored()
	return nil
}

// countMonitored notes whether the connection has monitors, for those who need
// not look when none has.
func (o *ofConn) countMonitored() {
	now := len(o.monitors.by) > 0
	if was := o.monitored.Swap(now); was != now {
		if now {
			o.p.conns.monitoring.Add(1)
		} else {
			o.p.conns.monitoring.Add(-1)
		}
	}
}

// cancelMonitor ends a monitor as versions before OpenFlow 1.4 do.
func (o *ofConn) cancelMonitor(id uint32, b []byte) (err error) {
	o.p.tables.View(func(flowtable.View) { err = o.endMonitor(id) })
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrFlowMonitorFailedUnknown), b)
	}
	return nil
}

// monitoredFlow is a flow with the flags of all monitors that it is for.
type monitoredFlow struct {
	rule  *flowtable.Rule
	flags openflow.MonitorFlags
}

// monitored collects the flows that monitors are to be told of: at first
// (changed is nil), or those for which it says so.
func monitored(v flowtable.View, ms []*openflow.FlowMonitor, changed func(*flowtable.Rule) openflow.MonitorFlags) []monitoredFlow {
	at := map[*flowtable.Rule]int{}
	var out []monitoredFlow
	for _, m := range ms {
		if changed == nil && m.Flags&openflow.MonitorInitial == 0 {
			continue
		}
		flows, err := v.Flows(&openflow.FlowStatsRequest{Match: m.Match, Table: m.Table, OutPort: m.OutPort, OutGroup: m.OutGroup})
		if err != nil {
			continue
		}
		for r := range flows {
			if changed != nil && changed(r)&m.Flags == 0 {
				continue
			}
			i, ok := at[r]
			if !ok {
				i = len(out)
				at[r] = i
				out = append(out, monitoredFlow{rule: r})
			}
			out[i].flags |= m.Flags
		}
	}
	return out
}

func update(r *flowtable.Rule, e openflow.FlowEvent, flags openflow.MonitorFlags) openflow.FlowUpdate {
	u := openflow.FlowUpdate{
		Event: e, Table: r.Table, Priority: uint16(r.Priority()), IdleTimeout: r.IdleTimeout(), HardTimeout: r.HardTimeout(),
		Cookie: r.Cookie, Match: r.Match(),
	}
	if flags&openflow.MonitorActions != 0 {
		u.Actions = r.Actions
	}
	return u
}

// monitorEvents are what is told of each kind of change, and to whom.
var monitorEvents = [...]struct {
	event openflow.FlowEvent
	flag  openflow.MonitorFlags
}{
	flowtable.Added:    {openflow.FlowEventAdded, openflow.MonitorAdd},
	flowtable.Modified: {openflow.FlowEventModified, openflow.MonitorModify},
	flowtable.Deleted:  {openflow.FlowEventRemoved, openflow.MonitorDelete},
}

// flowChanged notes a change for the monitors. The tables are locked.
func (p *Ofproto) flowChanged(c *flowtable.Change) {
	if p.conns.monitoring.Load() == 0 {
		return
	}
	for _, o := range p.conns.all() {
		if o.monitored.Load() {
			o.noteChange(c)
		}
	}
}

func (o *ofConn) noteChange(c *flowtable.Change) {
	ms := &o.monitors
	if ms.paused && (c.Kind != flowtable.Deleted || c.Rule.AddedSince(ms.since)) {
		return // resuming tells of it
	}
	ev := monitorEvents[c.Kind]
	var flags openflow.MonitorFlags
	for _, m := range ms.by {
		if m.Flags&ev.flag != 0 && (m.Table == openflow.TableAny || m.Table == c.Rule.Table) &&
			c.Concerns(m.OutPort, m.OutGroup) && c.Rule.MoreSpecific(&m.Match) {
			flags |= m.Flags
		}
	}
	if flags == 0 {
		return
	}
	by, _ := c.Origin.(*origin)
	if flags&openflow.MonitorOwn != 0 || by == nil || by.o != o || ms.paused {
		u := update(c.Rule, ev.event, flags)
		u.Reason = c.Why
		ms.updates = append(ms.updates, u)
	} else if !ms.abbrev {
		ms.abbrev = true
		ms.updates = append(ms.updates, openflow.FlowUpdate{Event: openflow.FlowEventAbbrev, Xid: by.xid})
	}
}

// flowsSettled sends what was noted. The tables are locked.
func (p *Ofproto) flowsSettled() {
	if p.conns.monitoring.Load() == 0 {
		return
	}
	for _, o := range p.conns.all() {
		ms := &o.monitors
		if len(ms.updates) == 0 {
			continue
		}
		o.postUpdates(&openflow.FlowMonitorReply{Updates: ms.updates})
		ms.updates, ms.abbrev = nil, false
		if !ms.paused && o.box.watched() > monitorBacklog {
			ms.paused, ms.since = true, p.tables.ChangesLocked()
			o.postUpdates(o.pauseMessage(openflow.FlowEventPaused))
			o.box.whenDrained(p.conns.wake)
		}
	}
}

func (o *ofConn) postUpdates(m openflow.Message) {
	b := openflow.Encode(m, o.protocol(), 0)
	o.snoop(b)
	o.box.postWatched(b)
}

// pauseMessage says that updates stop or go on.
func (o *ofConn) pauseMessage(e openflow.FlowEvent) openflow.Message {
	switch {
	case o.c.Version() >= openflow.V14:
		return &openflow.FlowMonitorReply{Updates: []openflow.FlowUpdate{{Event: e}}}
	case e == openflow.FlowEventPaused:
		return &openflow.FlowMonitorPaused{}
	}
	return &openflow.FlowMonitorResumed{}
}

// resumeMonitors lets paused monitors go on whose connections have caught up,
// with what has changed meanwhile.
func (c *connManager) resumeMonitors() {
	if c.monitoring.Load() == 0 {
		return
	}
	for _, o := range c.all() {
		if !o.monitored.Load() || o.box.watched() > 0 {
			continue
		}
		o.p.tables.View(func(v flowtable.View) {
			ms := &o.monitors
			if !ms.paused {
				return
			}
			ms.paused = false
			var list []*openflow.FlowMonitor
			for _, m := range ms.by {
				list = append(list, m)
			}
			slices.SortFunc(list, func(a, b *openflow.FlowMonitor) int { return cmp.Compare(a.ID, b.ID) })
			r := &openflow.FlowMonitorReply{}
			for _, f := range monitored(v, list, func(r *flowtable.Rule) openflow.MonitorFlags {
				switch {
				case r.AddedSince(ms.since):
					return openflow.MonitorAdd
				case r.ChangedSince(ms.since):
					return openflow.MonitorModify
				}
				return 0
			}) {
				e := openflow.FlowEventModified
				if f.rule.AddedSince(ms.since) {
					e = openflow.FlowEventAdded
				}
				r.Updates = append(r.Updates, update(f.rule, e, f.flags))
			}
			if len(r.Updates) > 0 {
				o.postUpdates(r)
			}
			o.postUpdates(o.pauseMessage(openflow.FlowEventResumed))
		})
	}
}
