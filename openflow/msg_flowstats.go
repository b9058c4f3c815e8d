package openflow

import (
	"bytes"
	"time"

	"govs/flow"
)

func (r *FlowStatsRequest) raw(p Protocols) rawType {
	var q, a rawType
	switch {
	case p&protoOF10Any != 0:
		q, a = rawFlowRequest10, rawAggregateRequest10
	case p&protoNXMAny != 0:
		q, a = rawNXFlowRequest, rawNXAggregateRequest
	default:
		q, a = rawFlowRequest11, rawAggregateRequest11
		if p.Version() >= V15 {
			a = rawAggregateRequest15
		}
	}
	if r.Aggregate {
		return a
	}
	return q
}

func (r *FlowStatsRequest) encode(e *msgEncoder) {
	switch e.row.frame {
	case frameNXSTQ:
		e.u16(uint16(r.OutPort))
		ofs := len(e.b)
		e.u16(0)
		e.u8(r.Table)
		e.zeros(3)
		var c *flow.Cookie
		if r.CookieMask != 0 {
			c = &flow.Cookie{Value: r.Cookie & r.CookieMask, Mask: r.CookieMask}
		}
		n := e.nxMatch(&r.Match, c)
		be.PutUint16(e.b[ofs:], n)
	default:
		if e.version == V10 {
			e.b = AppendMatch10(e.b, &r.Match)
			e.u8(r.Table)
			e.u8(0)
			e.u16(uint16(r.OutPort))
			return
		}
		e.u8(r.Table)
		e.zeros(3)
		e.u32(r.OutPort.Wide())
		e.u32(r.OutGroup)
		e.zeros(4)
		e.u64(r.Cookie)
		e.u64(r.CookieMask)
		e.oxmMatch(&r.Match)
	}
}

func decodeFlowRequest10(_ *msgDecoder, b []byte) (Message, error) {
	r := &FlowStatsRequest{Match: ParseMatch10(b), Table: b[40], OutPort: Port(be.Uint16(b[42:])), OutGroup: GroupAny}
	return r, nil
}

func decodeAggregateRequest10(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequest10(d, b))
}

func aggregate(m Message, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	m.(*FlowStatsRequest).Aggregate = true
	return m, nil
}

func decodeFlowRequestNX(d *msgDecoder, b []byte) (Message, error) {
	r := &FlowStatsRequest{OutPort: Port(be.Uint16(b)), Table: b[4], OutGroup: GroupAny}
	var c flow.Cookie
	var m flow.Match
	rest, err := takeNXM(&m, b[8:], int(be.Uint16(b[2:])), true, &c, d.tlvs())
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, ErrBadRequestBadLen
	}
	r.Match, r.Cookie, r.CookieMask = m, c.Value, c.Mask
	return r, nil
}

func decodeAggregateRequestNX(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequestNX(d, b))
}

func decodeFlowRequest11(d *msgDecoder, b []byte) (Message, error) {
	r := &FlowStatsRequest{Table: b[0], OutGroup: be.Uint32(b[8:]), Cookie: be.Uint64(b[16:]), CookieMask: be.Uint64(b[24:])}
	var ok bool
	if r.OutPort, ok = PortFromWide(be.Uint32(b[4:])); !ok {
		return nil, ErrBadActionBadOutPort
	}
	var m flow.Match
	_, err := takeOXM(&m, b[32:], true, d.tlvs())
	r.Match = m
	return r, err
}

func decodeAggregateRequest11(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequest11(d, b))
}

func (r *FlowStatsRequest) print(p *printer) {
	if r.Table != TableAny {
		p.str(" table=")
		p.b = p.names.AppendTable(p.b, r.Table)
	}
	if r.OutPort != PortNone {
		p.str(" out_port=")
		p.port(r.OutPort)
	}
	p.str(" ")
	p.match(&r.Match, DefaultPriority)
	p.b = bytes.TrimRight(p.b, " ")
}

// FlowStatsReply is (a part of) the answer to a FlowStatsRequest.
type FlowStatsReply struct{ Flows []FlowStats }

func (*FlowStatsReply) raw(p Protocols) rawType {
	switch {
	case p&protoOF10Any != 0:
		return rawFlowReply10
	case p&protoNXMAny != 0:
		return rawNXFlowReply
	case p&ProtoOXM15 != 0:
		return rawFlowReply15
	case p.Version() >= V13:
		return rawFlowReply13
	}
	return rawFlowReply11
}

func (m *FlowStatsReply) encode(e *msgEncoder) {
	for i := range m.Flows {
		start := len(e.b)
		m.Flows[i].encode(e)
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

func ageTo(age int) uint16 {
	switch {
	case age < 0:
		return 0
	case age >= 0xfffe:
		return 0xffff
	}
	return uint16(age) + 1
}

func (fs *FlowStats) encode(e *msgEncoder) {
	if e.version >= V15 {
		fs.encode15(e)
		return
	}
	sec, ns := uint32(fs.Duration/time.Second), uint32(fs.Duration%time.Second)
	e.u16(0)
	e.u8(fs.Table)
	e.u8(0)
	if e.row.frame == frameStatsR && e.version == V10 {
		e.b = AppendMatch10(e.b, &fs.Match)
	}
	e.u32(sec)
	e.u32(ns)
	e.u16(fs.Priority)
	e.u16(fs.IdleTimeout)
	e.u16(fs.HardTimeout)
	switch {
	case e.row.frame == frameNXSTR:
		ofs := len(e.b)
		e.u16(0)
		e.u16(ageTo(fs.IdleAge))
		e.u16(ageTo(fs.HardAge))
		e.counts(fs)
		n := e.nxMatch(&fs.Match, nil)
		be.PutUint16(e.b[ofs:], n)
		e.list(fs.Actions)
	case e.version == V10:
		e.zeros(6)
		e.counts(fs)
		e.list(fs.Actions)
	default:
		if e.version >= V13 {
			e.u16(flowFlagsTo(fs.Flags, e.version))
		} else {
			e.u16(0)
		}
		if e.version >= V14 {
			e.u16(fs.Importance)
		} else {
			e.u16(0)
		}
		e.zeros(2)
		e.counts(fs)
		e.onlyOXM(&fs.Match)
		e.instructions(fs.Actions)
	}
}

// encode15 is OpenFlow 1.5's ofp_flow_desc, whose counters are OXS.
func (fs *FlowStats) encode15(e *msgEncoder) {
	e.u16(0)
	e.zeros(2)
	e.u8(fs.Table)
	e.u8(0)
	e.u16(fs.Priority)
	e.u16(fs.IdleTimeout)
	e.u16(fs.HardTimeout)
	e.u16(flowFlagsTo(fs.Flags, e.version))
	e.u16(fs.Importance)
	e.u64(fs.Cookie)
	e.onlyOXM(&fs.Match)
	s := noOXStats
	s.setDuration(fs.Duration)
	if fs.IdleAge >= 0 {
		s.idle = uint32(fs.IdleAge)
	}
	s.packets, s.bytes = fs.Packets, fs.Bytes
	e.oxs(s)
	e.instructions(fs.Actions)
}

func decodeFlowReply15(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 24, func(fs *FlowStats, b []byte, n int) (err error) {
		fs.Table = b[4]
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[6:]), be.Uint16(b[8:]), be.Uint16(b[10:])
		fs.Importance = be.Uint16(b[14:])
		fs.Cookie = be.Uint64(b[16:])
		var rest []byte
		if rest, err = takeOXM(&fs.Match, b[24:], true, d.tlvs()); err != nil {
			return err
		}
		var ok bool
		if fs.Flags, ok = flowFlagsFrom(be.Uint16(b[12:]), d.Version); !ok {
			return ErrFlowModFailedBadFlags
		}
		s, rest, err := takeOXS(rest)
		if err != nil {
			return err
		}
		fs.Duration, fs.Packets, fs.Bytes = s.duration(), s.packets, s.bytes
		if s.idle != ^uint32(0) {
			fs.IdleAge = int(s.idle)
		}
		if rest, err = d.entryRest(b, rest, n); err == nil {
			fs.Actions, err = d.instructions(rest)
		}
		return err
	})
}

func (e *msgEncoder) counts(fs *FlowStats) {
	e.u64(fs.Cookie)
	e.u64(fs.Packets)
	e.u64(fs.Bytes)
}

// flowReply reads entries, each of which begins with its length and has at
// least min bytes. Like the reference, it holds what is inside an entry against
// the end of the message first and of the entry later, so that errors are the
// same.
func (d *msgDecoder) flowReply(b []byte, min int, f func(fs *FlowStats, b []byte, n int) error) (Message, error) {
	d.partial = true
	m := &FlowStatsReply{}
	if n := eachEntryCount(b, min); n > 0 {
		m.Flows = make([]FlowStats, 0, n)
	}
	for len(b) > 0 {
		if len(b) < min {
			d.names.warnf("ofp_flow", "%s has %d leftover bytes at end", d.row.name, len(b))
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		if n < min {
			d.names.warnf("ofp_flow", "%s claims invalid length %d", d.row.name, n)
			return m, ErrBadRequestBadLen
		}
		m.Flows = append(m.Flows, FlowStats{Table: b[2], IdleAge: -1, HardAge: -1})
		if err := f(&m.Flows[len(m.Flows)-1], b, n); err != nil {
			m.Flows = m.Flows[:len(m.Flows)-1]
			return m, err
		}
		b = b[n:]
	}
	return m, nil
}

// entryRest returns what follows the match of an entry of n bytes, of which
// rest is what follows it in the message.
func (d *msgDecoder) entryRest(b, rest []byte, n int) ([]byte, error) {
	used := len(b) - len(rest)
	if n < used || n > len(b) {
		d.names.warnf("ofp_actions", "OpenFlow message actions length %d exceeds remaining message length (%d)", n-used, len(rest))
		if d.Version >= V11 {
			return nil, ErrBadInstructionBadLen
		}
		return nil, ErrBadRequestBadLen
	}
	return b[used:n:n], nil
}

func duration(b []byte) time.Duration {
	return time.Duration(be.Uint32(b))*time.Second + time.Duration(be.Uint32(b[4:]))
}

func decodeFlowReply10(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 88, func(fs *FlowStats, b []byte, n int) (err error) {
		fs.Match = ParseMatch10(b[4:])
		fs.Duration = duration(b[44:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[52:]), be.Uint16(b[54:]), be.Uint16(b[56:])
		if be.Uint32(b[4:])&wildAll == 0 {
			fs.Priority = 0xffff
		}
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[64:]), be.Uint64(b[72:]), be.Uint64(b[80:])
		acts, err := d.entryRest(b, b[88:], n)
		if err == nil {
			fs.Actions, err = d.actions(acts)
		}
		return err
	})
}

func decodeFlowReplyNX(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 48, func(fs *FlowStats, b []byte, n int) (err error) {
		fs.Duration = duration(b[4:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[12:]), be.Uint16(b[14:]), be.Uint16(b[16:])
		fs.IdleAge, fs.HardAge = int(be.Uint16(b[20:]))-1, int(be.Uint16(b[22:]))-1
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[24:]), be.Uint64(b[32:]), be.Uint64(b[40:])
		if match := int(be.Uint16(b[18:])); n < 48+(match+7)&^7 {
			d.names.warnf("ofp_flow", "%s with match_len=%d claims invalid length %d", d.row.name, match, n)
			return ErrBadRequestBadLen
		}
		var acts []byte
		if acts, err = takeNXM(&fs.Match, b[48:], int(be.Uint16(b[18:])), true, nil, d.tlvs()); err != nil {
			return err
		}
		if acts, err = d.entryRest(b, acts, n); err == nil {
			fs.Actions, err = d.actions(acts)
		}
		return err
	})
}

func decodeFlowReply11(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 48, func(fs *FlowStats, b []byte, n int) (err error) {
		fs.Duration = duration(b[4:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[12:]), be.Uint16(b[14:]), be.Uint16(b[16:])
		if d.Version >= V14 {
			fs.Importance = be.Uint16(b[20:])
		}
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[24:]), be.Uint64(b[32:]), be.Uint64(b[40:])
		var acts []byte
		if acts, err = takeOXM(&fs.Match, b[48:], true, d.tlvs()); err != nil {
			return err
		}
		if d.Version >= V13 {
			var ok bool
			if fs.Flags, ok = flowFlagsFrom(be.Uint16(b[18:]), d.Version); !ok {
				return ErrFlowModFailedBadFlags
			}
		}
		if acts, err = d.entryRest(b, acts, n); err == nil {
			fs.Actions, err = d.instructions(acts)
		}
		return err
	})
}

func (m *FlowStatsReply) print(p *printer) {
	for i := range m.Flows {
		p.str("\n ")
		p.b = AppendFlowStats(p.b, &m.Flows[i], p.names, true)
	}
}

// AppendFlowStats prints a flow as a line of dump-flows, without the blank in
// front and the newline. stats false leaves out what changes by itself.
func AppendFlowStats(b []byte, fs *FlowStats, names *Names, stats bool) []byte {
	f := formatter{b: b, names: names}
	start := len(b)
	hex0 := func(n uint64) { f.str("0x"); f.hexDigits(n) }
	if stats || fs.Cookie != 0 {
		f.param("cookie=")
		hex0(fs.Cookie)
		f.str(", ")
	}
	if stats {
		f.param("duration=")
		f.b = appendDuration(f.b, fs.Duration)
		f.str(", ")
	}
	if stats || fs.Table != 0 {
		f.special("table=")
		f.b = names.AppendTable(f.b, fs.Table)
		f.str(", ")
	}
	num := func(name string, n uint64) {
		f.param(name)
		f.dec(n)
		f.str(", ")
	}
	if stats {
		f.param("n_packets=")
		f.count("", fs.Packets)
		f.param("n_bytes=")
		f.count("", fs.Bytes)
	}
	if fs.IdleTimeout != 0 {
		num("idle_timeout=", uint64(fs.IdleTimeout))
	}
	if fs.HardTimeout != 0 {
		num("hard_timeout=", uint64(fs.HardTimeout))
	}
	f.flowFlags(fs.Flags)
	if fs.Importance != 0 {
		num("importance=", uint64(fs.Importance))
	}
	if stats && fs.IdleAge >= 0 {
		num("idle_age=", uint64(fs.IdleAge))
	}
	if stats && fs.HardAge >= 0 && fs.HardAge != int(fs.Duration/time.Second) {
		num("hard_age=", uint64(fs.HardAge))
	}
	before := len(f.b)
	f.match(&fs.Match, int(fs.Priority))
	if n := len(f.b); n > start && f.b[n-1] != ' ' && n > before || n == start {
		if n > start {
			f.str(" ")
		}
	}
	f.span(flow.ColorActions, "actions=")
	f.list(fs.Actions)
	return f.b
}

func (f *formatter) hexDigits(n uint64) { f.b = appendHexNum(f.b, n) }

func (*AggregateStats) raw(p Protocols) rawType {
	switch {
	case p&protoNXMAny != 0:
		return rawNXAggregateReply
	case p.Version() >= V15:
		return rawAggregateReply15
	}
	return rawAggregateReply
}

func (m *AggregateStats) encode(e *msgEncoder) {
	if e.version >= V15 {
		s := noOXStats
		s.packets, s.bytes, s.flows = m.Packets, m.Bytes, m.Flows
		e.oxs(s)
		return
	}
	e.u64(m.Packets)
	e.u64(m.Bytes)
	e.u32(m.Flows)
	e.zeros(4)
}

func decodeAggregateReply(_ *msgDecoder, b []byte) (Message, error) {
	return &AggregateStats{be.Uint64(b), be.Uint64(b[8:]), be.Uint32(b[16:])}, nil
}

func decodeAggregateReply15(_ *msgDecoder, b []byte) (Message, error) {
	s, _, err := takeOXS(b)
	if err != nil {
		return nil, err
	}
	return &AggregateStats{s.packets, s.bytes, s.flows}, nil
}

func (m *AggregateStats) print(p *printer) {
	p.f(" packet_count=%d byte_count=%d flow_count=%d", m.Packets, m.Bytes, m.Flows)
}
