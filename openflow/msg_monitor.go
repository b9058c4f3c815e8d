package openflow

import (
	"bytes"

	"govs/flow"
)

// MonitorFlags say which changes a flow monitor tells of, in OpenFlow 1.4's
// bits (OFPFMF_*).
type MonitorFlags uint16

// Flags of a FlowMonitor.
const (
	MonitorInitial  MonitorFlags = 1 << iota // the flows there are at first
	MonitorAdd                               // flows added
	MonitorDelete                            // flows removed
	MonitorModify                            // flows changed
	MonitorActions                           // with their actions
	MonitorNoAbbrev                          // changes of one's own in full
	MonitorOwn                               // only changes of one's own
)

const (
	monitorChanges = MonitorAdd | MonitorDelete | MonitorModify
	// monitorAllowed are the flags that OVS takes.
	monitorAllowed = MonitorInitial | monitorChanges | MonitorActions | MonitorOwn
)

// MonitorCommand is what a FlowMonitor does (OFPFMC_*); only OpenFlow 1.4 and
// later have more than add.
type MonitorCommand uint8

// Commands of a FlowMonitor.
const (
	MonitorCommandAdd MonitorCommand = iota
	MonitorCommandModify
	MonitorCommandDelete
)

// FlowMonitor sets up one flow monitor.
type FlowMonitor struct {
	ID       uint32
	Command  MonitorCommand
	Flags    MonitorFlags
	OutPort  Port   // only flows with an output to it; PortNone for all
	OutGroup uint32 // GroupAny for all
	Table    uint8  // TableAny for all
	Match    flow.Match
}

// FlowMonitorRequest sets up flow monitors; the answer is a FlowMonitorReply
// with the flows there are at first, and later more of them with xid 0.
type FlowMonitorRequest struct{ Monitors []FlowMonitor }

// FlowEvent is what happened to a flow (OFPFME_*).
type FlowEvent uint16

// Events of a FlowUpdate.
const (
	FlowEventInitial FlowEvent = iota
	FlowEventAdded
	FlowEventRemoved
	FlowEventModified
	FlowEventAbbrev  // one's own change, by its xid
	FlowEventPaused  // OpenFlow 1.4 and later: updates stop
	FlowEventResumed // and go on
)

// FlowUpdate is one event of a flow monitor. Abbrev, paused and resumed say
// nothing of a flow.
type FlowUpdate struct {
	Event       FlowEvent
	Xid         uint32 // Abbrev
	Reason      FlowRemovedReason
	Table       uint8
	Priority    uint16
	IdleTimeout uint16
	HardTimeout uint16
	Cookie      uint64
	Match       flow.Match
	Actions     []Action
}

// FlowMonitorReply brings updates of flow monitors.
type FlowMonitorReply struct{ Updates []FlowUpdate }

// FlowMonitorCancel ends a flow monitor in OpenFlow 1.0 to 1.3.
type FlowMonitorCancel struct{ ID uint32 }

// FlowMonitorPaused says that a controller is too slow for its monitors and
// gets no updates for the moment, in OpenFlow 1.0 to 1.3.
type FlowMonitorPaused struct{}

// FlowMonitorResumed says that updates go on.
type FlowMonitorResumed struct{}

// raw3 chooses between Nicira's row of OpenFlow 1.0 to 1.2, the ONF's of 1.3
// and the standard's of later versions.
func (p Protocols) raw3(nx, onf, std rawType) rawType {
	switch v := p.Version(); {
	case v >= V14:
		return std
	case v == V13:
		return onf
	}
	return nx
}

func (*FlowMonitorRequest) raw(p Protocols) rawType {
	return p.raw3(rawNXMonitorRequest, rawONFMonitorRequest, rawMonitorRequest14)
}
func (*FlowMonitorReply) raw(p Protocols) rawType {
	return p.raw3(rawNXMonitorReply, rawONFMonitorReply, rawMonitorReply14)
}
func (*FlowMonitorCancel) raw(p Protocols) rawType {
	return p.raw3(rawNXMonitorCancel, rawONFMonitorCancel, rawNone)
}
func (*FlowMonitorPaused) raw(p Protocols) rawType {
	return p.raw3(rawNXMonitorPaused, rawONFMonitorPaused, rawNone)
}
func (*FlowMonitorResumed) raw(p Protocols) rawType {
	return p.raw3(rawNXMonitorResumed, rawONFMonitorResumed, rawNone)
}

func (*FlowMonitorPaused) encode(*msgEncoder)     {}
func (*FlowMonitorPaused) print(*printer)         {}
func (*FlowMonitorResumed) encode(*msgEncoder)    {}
func (*FlowMonitorResumed) print(*printer)        {}
func (m *FlowMonitorCancel) encode(e *msgEncoder) { e.u32(m.ID) }
func (m *FlowMonitorCancel) print(p *printer)     { p.f(" id=%d", m.ID) }

func decodeMonitorCancel(_ *msgDecoder, b []byte) (Message, error) {
	return &FlowMonitorCancel{be.Uint32(b)}, nil
}

// Nicira's flags are the standard's but for "own", which has no-abbrev's bit;
// there is no no-abbrev.
func (f MonitorFlags) nx() uint16 {
	w := uint16(f &^ (MonitorNoAbbrev | MonitorOwn))
	if f&MonitorOwn != 0 {
		w |= uint16(MonitorNoAbbrev)
	}
	return w
}

func monitorFlagsFromNX(w uint16) MonitorFlags {
	f := MonitorFlags(w &^ uint16(MonitorOwn))
	if f&MonitorNoAbbrev != 0 {
		f ^= MonitorNoAbbrev | MonitorOwn
	}
	if w&uint16(MonitorOwn) != 0 {
		f |= MonitorNoAbbrev
	}
	return f
}

func (m *FlowMonitorRequest) encode(e *msgEncoder) {
	for i := range m.Monitors {
		r := &m.Monitors[i]
		e.u32(r.ID)
		switch {
		case e.version >= V14:
			e.u32(r.OutPort.Wide())
			e.u32(r.OutGroup)
			e.u16(uint16(r.Flags))
			e.u8(r.Table)
			e.u8(uint8(r.Command))
			e.oxmMatch(&r.Match)
		case e.row.frame == frameONFSTQ:
			e.u16(r.Flags.nx())
			ofs := len(e.b)
			e.u16(0)
			e.u32(r.OutPort.Wide())
			e.u8(r.Table)
			e.zeros(3)
			start := len(e.b)
			e.oxmMatch(&r.Match)
			be.PutUint16(e.b[ofs:], be.Uint16(e.b[start+2:]))
		default:
			e.u16(r.Flags.nx())
			e.u16(uint16(r.OutPort))
			ofs := len(e.b)
			e.u16(0)
			e.u8(r.Table)
			e.zeros(5)
			n := e.nxMatch(&r.Match, nil)
			be.PutUint16(e.b[ofs:], n)
		}
	}
}

func decodeMonitorRequest(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowMonitorRequest{}
	d.partial = true
	for len(b) > 0 {
		r, rest, err := d.takeMonitor(b)
		if err != nil {
			return m, err
		}
		m.Monitors = append(m.Monitors, r)
		b = rest
	}
	return m, nil
}

// takeMonitor reads one monitor from the front of b.
func (d *msgDecoder) takeMonitor(b []byte) (r FlowMonitor, rest []byte, err error) {
	if len(b) < 16 {
		d.names.warnf("ofp_monitor", "%s has %d leftover bytes at end", d.row.name, len(b))
		return r, nil, ErrBadRequestBadLen
	}
	r = FlowMonitor{ID: be.Uint32(b), OutPort: PortNone, OutGroup: GroupAny, Table: TableAny}
	flags, ok := be.Uint16(b[4:]), true
	if d.Version >= V14 {
		flags = be.Uint16(b[12:])
		r.Flags = MonitorFlags(flags)
		r.Command = MonitorCommand(b[15])
		if r.Command == MonitorCommandDelete {
			r.Flags = 0
			rest, err = takeOXM(&r.Match, b[16:], true, d.tlvs())
			return r, rest, err
		}
	} else {
		r.Flags = monitorFlagsFromNX(flags)
	}
	if r.Flags&monitorChanges == 0 || r.Flags&^monitorAllowed != 0 {
		d.names.warnf("ofp_monitor", "%s has bad flags %#x", d.row.frame.monitorName(), flags)
		return r, nil, ErrFlowMonitorFailedBadFlags
	}
	switch {
	case d.Version >= V14:
		if r.OutPort, ok = PortFromWide(be.Uint32(b[4:])); !ok {
			return r, nil, ErrBadActionBadOutPort
		}
		r.OutGroup, r.Table = be.Uint32(b[8:]), b[14]
		rest, err = takeOXM(&r.Match, b[16:], true, d.tlvs())
	case d.row.frame == frameONFSTQ:
		if !isZero(b[13:16]) {
			return r, nil, ErrBadRequestMustBeZero
		}
		if r.OutPort, ok = PortFromWide(be.Uint32(b[8:])); !ok {
			return r, nil, ErrBadActionBadOutPort
		}
		r.Table = b[12]
		rest, err = takeOXM(&r.Match, b[16:], true, d.tlvs())
	default:
		if !isZero(b[11:16]) {
			return r, nil, ErrBadRequestMustBeZero
		}
		r.OutPort, r.Table = Port(be.Uint16(b[6:])), b[10]
		rest, err = takeNXM(&r.Match, b[16:], int(be.Uint16(b[8:])), true, nil, d.tlvs())
	}
	return r, rest, err
}

func (f frame) monitorName() string {
	switch f {
	case frameNXSTQ, frameNXSTR:
		return "NXST_FLOW_MONITOR"
	case frameONFSTQ, frameONFSTR:
		return "ONFST_FLOW_MONITOR"
	}
	return "OFPST_FLOW_MONITOR"
}

var monitorFlagNames = [...]string{"initial", "add", "delete", "modify", "actions", "no-abbrev", "own"}

func (m *FlowMonitorRequest) print(p *printer) {
	for i := range m.Monitors {
		r := &m.Monitors[i]
		p.f("\n id=%d", r.ID)
		if r.Command == MonitorCommandDelete {
			p.str(" command=delete")
			continue
		}
		p.str(" flags=")
		p.str(bitNamesSep(uint32(r.Flags), monitorFlagNames[:], ","))
		if r.OutPort != PortNone {
			p.str(" out_port=")
			p.port(r.OutPort)
		}
		if r.OutGroup != 0 && r.OutGroup != GroupAny {
			p.f(" out_group=%d", int32(r.OutGroup))
		}
		if r.Table != TableAny {
			p.str(" table=")
			p.b = p.names.AppendTable(p.b, r.Table)
		}
		p.str(" ")
		p.match(&r.Match, DefaultPriority)
		p.b = bytes.TrimRight(p.b, " ")
	}
}

// nxEvents are Nicira's numbers of the events.
var nxEvents = [...]FlowEvent{FlowEventAdded, FlowEventRemoved, FlowEventModified, FlowEventAbbrev}

func (v FlowEvent) nx() uint16 {
	for i, e := range nxEvents {
		if e == v {
			return uint16(i)
		}
	}
	return 0
}

func (m *FlowMonitorReply) encode(e *msgEncoder) {
	for i := range m.Updates {
		u := &m.Updates[i]
		start := len(e.b)
		u.encode(e)
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

func (u *FlowUpdate) encode(e *msgEncoder) {
	std := e.version >= V14
	e.u16(0)
	if std {
		e.u16(uint16(u.Event))
	} else {
		e.u16(u.Event.nx())
	}
	switch u.Event {
	case FlowEventAbbrev:
		e.u32(u.Xid)
		return
	case FlowEventPaused, FlowEventResumed:
		e.u32(0)
		return
	}
	if std {
		e.u8(u.Table)
		e.u8(uint8(u.Reason))
		e.u16(u.IdleTimeout)
		e.u16(u.HardTimeout)
		e.u16(u.Priority)
		e.zeros(4)
		e.u64(u.Cookie)
		e.oxmMatch(&u.Match)
		e.instructions(u.Actions)
		return
	}
	e.u16(uint16(u.Reason))
	e.u16(u.Priority)
	e.u16(u.IdleTimeout)
	e.u16(u.HardTimeout)
	ofs := len(e.b)
	e.u16(0)
	e.u8(u.Table)
	e.u8(0)
	e.u64(u.Cookie)
	if e.row.frame == frameONFSTR {
		start := len(e.b)
		e.oxmMatch(&u.Match)
		be.PutUint16(e.b[ofs:], be.Uint16(e.b[start+2:]))
		e.instructions(u.Actions)
		return
	}
	n := e.nxMatch(&u.Match, nil)
	be.PutUint16(e.b[ofs:], n)
	e.list(u.Actions)
}

func decodeMonitorReply(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowMonitorReply{}
	d.partial = true
	for len(b) > 0 {
		n := 0
		if len(b) >= 4 {
			n = int(be.Uint16(b))
		}
		if len(b) < 4 || n > len(b) || n%8 != 0 {
			d.names.warnf("ofp_monitor", "%s reply has %d leftover bytes at end", d.row.frame.monitorName(), len(b))
			return m, ErrBadRequestBadLen
		}
		u, err := d.flowUpdate(b[:max(n, 4)], n)
		if err != nil {
			return m, err
		}
		m.Updates = append(m.Updates, u)
		b = b[n:]
	}
	return m, nil
}

func (d *msgDecoder) flowUpdate(b []byte, n int) (u FlowUpdate, err error) {
	std, event := d.Version >= V14, be.Uint16(b[2:])
	bad := func() error {
		d.names.warnf("ofp_monitor", "%s reply has bad event %d", d.row.frame.monitorName(), event)
		return ErrBadRequestFMBadEvent
	}
	u.Event = FlowEvent(event)
	if !std {
		if int(event) >= len(nxEvents) {
			return u, bad()
		}
		u.Event = nxEvents[event]
	}
	switch u.Event {
	case FlowEventAbbrev:
		if n != 8 {
			return u, ErrBadRequestBadLen
		}
		u.Xid = be.Uint32(b[4:])
		return u, nil
	case FlowEventPaused, FlowEventResumed:
		if n != 8 {
			return u, ErrBadRequestBadLen
		}
		return u, nil
	case FlowEventInitial, FlowEventAdded, FlowEventRemoved, FlowEventModified:
	default:
		return u, bad()
	}
	if n < 24 {
		return u, ErrBadRequestBadLen
	}
	u.Cookie = be.Uint64(b[16:])
	var rest []byte
	matchLen := 0
	if std {
		u.Table, u.Reason = b[4], FlowRemovedReason(b[5])
		u.IdleTimeout, u.HardTimeout, u.Priority = be.Uint16(b[6:]), be.Uint16(b[8:]), be.Uint16(b[10:])
	} else {
		u.Reason, u.Priority = FlowRemovedReason(be.Uint16(b[4:])), be.Uint16(b[6:])
		u.IdleTimeout, u.HardTimeout, u.Table = be.Uint16(b[8:]), be.Uint16(b[10:]), b[14]
		if matchLen = int(be.Uint16(b[12:])); 24+matchLen > len(b) {
			return u, ErrBadRequestBadLen
		}
	}
	if std || d.row.frame == frameONFSTR {
		if rest, err = takeOXM(&u.Match, b[24:], true, d.tlvs()); err != nil {
			return u, err
		}
		u.Actions, err = d.instructions(rest)
		return u, err
	}
	if rest, err = takeNXM(&u.Match, b[24:], matchLen, true, nil, d.tlvs()); err != nil {
		return u, err
	}
	u.Actions, err = d.actions(rest)
	return u, err
}

var flowEventNames = [...]string{"INITIAL", "ADDED", "DELETED", "MODIFIED", "ABBREV", "PAUSED", "RESUMED"}

func (m *FlowMonitorReply) print(p *printer) {
	for i := range m.Updates {
		u := &m.Updates[i]
		p.str("\n event=")
		p.str(flowEventNames[min(int(u.Event), len(flowEventNames)-1)])
		switch u.Event {
		case FlowEventAbbrev:
			p.f(" xid=0x%x", u.Xid)
			continue
		case FlowEventPaused, FlowEventResumed:
			continue
		case FlowEventRemoved:
			p.f(" reason=%s", u.Reason)
		}
		p.str(" table=")
		p.b = p.names.AppendTable(p.b, u.Table)
		if u.IdleTimeout != 0 {
			p.f(" idle_timeout=%d", u.IdleTimeout)
		}
		if u.HardTimeout != 0 {
			p.f(" hard_timeout=%d", u.HardTimeout)
		}
		p.f(" cookie=%s", altHex64(u.Cookie))
		p.str(" ")
		p.match(&u.Match, DefaultPriority)
		if len(u.Actions) > 0 {
			p.space()
			p.str("actions=")
			p.list(u.Actions)
		}
	}
	p.b = bytes.TrimSuffix(p.b, []byte(" ")) // of an empty match, as in OVS
}
