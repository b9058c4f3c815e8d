package openflow

import (
	"strconv"
	"time"

	"govs/flow"
)

func (*FlowRemoved) raw(p Protocols) rawType {
	switch {
	case p&protoNXMAny != 0:
		return rawNXFlowRemoved
	case p&protoOF10Any != 0:
		return rawFlowRemoved10
	case p.Version() < V15:
		return rawFlowRemoved11
	}
	return rawFlowRemoved15
}

func (m *FlowRemoved) encode(e *msgEncoder) {
	sec, ns := uint32(m.Duration/time.Second), uint32(m.Duration%time.Second)
	if e.row.frame == frameNXT {
		e.u64(m.Cookie)
		e.u16(m.Priority)
		e.u8(uint8(m.Reason))
		e.u8(m.Table + 1)
		e.u32(sec)
		e.u32(ns)
		e.u16(m.IdleTimeout)
		ofs := len(e.b)
		e.u16(0)
		e.u64(m.Packets)
		e.u64(m.Bytes)
		n := e.nxMatch(&m.Match, nil)
		be.PutUint16(e.b[ofs:], n)
		return
	}
	if e.version == V10 {
		e.b = AppendMatch10(e.b, &m.Match)
		e.u64(m.Cookie)
		e.u16(m.Priority)
		e.u8(uint8(m.Reason))
		e.u8(0)
		e.u32(sec)
		e.u32(ns)
		e.u16(m.IdleTimeout)
		e.zeros(2)
		e.u64(knownOrZero(m.Packets))
		e.u64(knownOrZero(m.Bytes))
		return
	}
	if e.version >= V15 {
		e.u8(m.Table)
		e.u8(uint8(m.Reason))
		e.u16(m.Priority)
		e.u16(m.IdleTimeout)
		e.u16(m.HardTimeout)
		e.u64(m.Cookie)
		e.oxmMatch(&m.Match)
		s := noOXStats
		s.setDuration(m.Duration)
		s.packets, s.bytes = m.Packets, m.Bytes
		e.oxs(s)
		return
	}
	e.u64(m.Cookie)
	e.u16(m.Priority)
	e.u8(uint8(m.Reason))
	e.u8(m.Table)
	e.u32(sec)
	e.u32(ns)
	e.u16(m.IdleTimeout)
	e.u16(m.HardTimeout)
	e.u64(m.Packets)
	e.u64(m.Bytes)
	e.oxmMatch(&m.Match)
}

// knownOrZero is a counter for OpenFlow 1.0, which has no unknown ones.
func knownOrZero(n uint64) uint64 {
	if n == ^uint64(0) {
		return 0
	}
	return n
}

func decodeFlowRemoved10(_ *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Match: ParseMatch10(b), Cookie: be.Uint64(b[40:]), Priority: be.Uint16(b[48:]), Reason: FlowRemovedReason(b[50]), Table: TableAny,
		Duration: duration(b[52:]), IdleTimeout: be.Uint16(b[60:]), Packets: be.Uint64(b[64:]), Bytes: be.Uint64(b[72:])}
	return m, nil
}

func decodeFlowRemovedNX(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Cookie: be.Uint64(b), Priority: be.Uint16(b[8:]), Reason: FlowRemovedReason(b[10]), Table: b[11] - 1,
		Duration: duration(b[12:]), IdleTimeout: be.Uint16(b[20:]), Packets: be.Uint64(b[24:]), Bytes: be.Uint64(b[32:])}
	var err error
	var rest []byte
	if rest, err = takeNXM(&m.Match, b[40:], int(be.Uint16(b[22:])), true, nil, d.tlvs()); err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, ErrBadRequestBadLen
	}
	return m, nil
}

func decodeFlowRemoved11(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Cookie: be.Uint64(b), Priority: be.Uint16(b[8:]), Reason: FlowRemovedReason(b[10]), Table: b[11],
		Duration: duration(b[12:]), IdleTimeout: be.Uint16(b[20:]), HardTimeout: be.Uint16(b[22:]), Packets: be.Uint64(b[24:]), Bytes: be.Uint64(b[32:])}
	var err error
	if _, err = takeOXM(&m.Match, b[40:], true, d.tlvs()); err != nil {
		return nil, err
	}
	return m, nil
}

func decodeFlowRemoved15(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Table: b[0], Reason: FlowRemovedReason(b[1]), Priority: be.Uint16(b[2:]), IdleTimeout: be.Uint16(b[4:]),
		HardTimeout: be.Uint16(b[6:]), Cookie: be.Uint64(b[8:])}
	var match flow.Match
	rest, err := takeOXM(&match, b[16:], true, d.tlvs())
	if err != nil {
		return nil, err
	}
	s, _, err := takeOXS(rest)
	if err != nil {
		return nil, err
	}
	m.Match, m.Duration, m.Packets, m.Bytes = match, s.duration(), s.packets, s.bytes
	return m, nil
}

var removedNames = [...]string{"idle", "hard", "delete", "group_delete", "meter_delete", "eviction"}

// String returns the reason as OVS prints it, such as "idle".
func (r FlowRemovedReason) String() string {
	if int(r) < len(removedNames) {
		return removedNames[r]
	}
	return strconv.Itoa(int(r))
}

func (m *FlowRemoved) print(p *printer) {
	p.str(" ")
	p.match(&m.Match, int(m.Priority))
	p.f(" reason=%s", m.Reason)
	if m.Table != TableAny {
		p.str(" table_id=")
		p.b = p.names.AppendTable(p.b, m.Table)
	}
	if m.Cookie != 0 {
		p.f(" cookie:0x%x", m.Cookie)
	}
	p.str(" duration")
	p.duration(m.Duration)
	p.f(" idle%d", m.IdleTimeout)
	if m.HardTimeout != 0 {
		p.f(" hard%d", m.HardTimeout)
	}
	p.f(" pkts%d bytes%d\n", m.Packets, m.Bytes)
}
