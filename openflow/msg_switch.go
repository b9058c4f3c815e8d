package openflow

import "time"

// capabilities on the wire: those of 1.0 have ARP_MATCH_IP and STP, later ones
// GROUP_STATS and PORT_BLOCKED in the same places or near.
var capWire = [...]struct {
	cap         Capabilities
	name        string
	bit         uint32
	first, last Version
}{
	{CapFlowStats, "FLOW_STATS", 1 << 0, V10, V15},
	{CapTableStats, "TABLE_STATS", 1 << 1, V10, V15},
	{CapPortStats, "PORT_STATS", 1 << 2, V10, V15},
	{CapGroupStats, "GROUP_STATS", 1 << 3, V11, V15},
	{CapIPReasm, "IP_REASM", 1 << 5, V10, V15},
	{CapQueueStats, "QUEUE_STATS", 1 << 6, V10, V15},
	{CapARPMatchIP, "ARP_MATCH_IP", 1 << 7, V10, V11},
	{CapPortBlocked, "PORT_BLOCKED", 1 << 8, V12, V15},
	{CapSTP, "STP", 1 << 3, V10, V10},
	{CapBundles, "BUNDLES", 1 << 9, V14, V15},
	{CapFlowMonitor, "FLOW_MONITORING", 1 << 10, V14, V15},
}

func (*SwitchFeatures) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawFeaturesReply10
	case v < V13:
		return rawFeaturesReply11
	}
	return rawFeaturesReply13
}

func (m *SwitchFeatures) encode(e *msgEncoder) {
	e.u64(m.DatapathID)
	e.u32(m.NBuffers)
	e.u8(m.NTables)
	if e.version >= V13 {
		e.u8(m.AuxiliaryID)
	} else {
		e.u8(0)
	}
	e.zeros(2)
	var caps uint32
	for _, c := range capWire {
		if m.Capabilities&c.cap != 0 && e.version >= c.first && e.version <= c.last {
			caps |= c.bit
		}
	}
	e.u32(caps)
	if e.version == V10 {
		e.u32(m.Actions)
	} else {
		e.u32(0)
	}
	if e.version < V13 {
		for i := range m.Ports {
			m.Ports[i].encode(e)
		}
	}
}

func features(d *msgDecoder, b []byte) *SwitchFeatures {
	m := &SwitchFeatures{DatapathID: be.Uint64(b), NBuffers: be.Uint32(b[8:]), NTables: b[12]}
	caps := be.Uint32(b[16:])
	for _, c := range capWire {
		if caps&c.bit != 0 && d.Version >= c.first && d.Version <= c.last {
			m.Capabilities |= c.cap
		}
	}
	return m
}

func decodeFeatures10(d *msgDecoder, b []byte) (Message, error) {
	m := features(d, b)
	m.Actions = be.Uint32(b[20:])
	m.HasPorts = true
	var err error
	m.Ports, err = portList(b[24:], d.Version)
	return m, err
}

func decodeFeatures11(d *msgDecoder, b []byte) (Message, error) {
	m := features(d, b)
	m.HasPorts = true
	var err error
	m.Ports, err = portList(b[24:], d.Version)
	return m, err
}

func decodeFeatures13(d *msgDecoder, b []byte) (Message, error) {
	m := features(d, b)
	m.AuxiliaryID = b[13]
	return m, nil
}

// actionNames10 are the bits of the actions bitmap of OpenFlow 1.0.
var actionNames10 = [...]string{"output", "set_vlan_vid", "set_vlan_pcp", "strip_vlan", "mod_dl_src", "mod_dl_dst", "mod_nw_src", "mod_nw_dst",
	"mod_nw_tos", "mod_tp_src", "mod_tp_dst", "enqueue"}

// actionOrder10 is the order in which OVS prints them.
var actionOrder10 = [...]int{0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}

func (m *SwitchFeatures) print(p *printer) {
	p.f(" dpid:%016x\nn_tables:%d, n_buffers:%d", m.DatapathID, m.NTables, m.NBuffers)
	if m.AuxiliaryID != 0 {
		p.f(", auxiliary_id:%d", m.AuxiliaryID)
	}
	p.str("\ncapabilities:")
	for _, c := range capWire {
		if m.Capabilities&c.cap != 0 {
			p.str(" ")
			p.str(c.name)
		}
	}
	if m.Capabilities == 0 {
		p.str(" 0")
	}
	p.str("\n")
	switch {
	case p.Version == V10:
		p.str("actions:")
		for _, i := range actionOrder10 {
			if m.Actions&(1<<i) != 0 {
				p.str(" ")
				p.str(actionNames10[i])
			}
		}
		p.str("\n")
	}
	p.ports(m.Ports)
}

// TableStatsReply is (a part of) the answer to a TableStatsRequest.
type TableStatsReply struct{ Tables []TableStats }

func (*TableStatsReply) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawTableReply10
	case v >= V13:
		return rawTableReply13
	}
	return rawNone
}

func (m *TableStatsReply) encode(e *msgEncoder) {
	for i := range m.Tables {
		t := &m.Tables[i]
		start := len(e.b)
		e.u8(t.Table)
		e.zeros(3)
		if e.version == V10 {
			e.text(t.Name, 32)
			e.u32(t.Wildcards)
			e.u32(t.MaxEntries)
		}
		e.u32(t.ActiveCount)
		e.u64(t.LookupCount)
		e.u64(t.MatchedCount)
		e.item(start)
	}
}

func decodeTableReply10(_ *msgDecoder, b []byte) (Message, error) {
	const n = 64
	if len(b)%n != 0 {
		return nil, ErrBadRequestBadLen
	}
	m := &TableStatsReply{}
	for ; len(b) > 0; b = b[n:] {
		m.Tables = append(m.Tables, TableStats{Table: b[0], Name: cString(b[4:36]), Wildcards: be.Uint32(b[36:]), MaxEntries: be.Uint32(b[40:]),
			ActiveCount: be.Uint32(b[44:]), LookupCount: be.Uint64(b[48:]), MatchedCount: be.Uint64(b[56:])})
	}
	return m, nil
}

func decodeTableReply13(_ *msgDecoder, b []byte) (Message, error) {
	const n = 24
	if len(b)%n != 0 {
		return nil, ErrBadRequestBadLen
	}
	m := &TableStatsReply{}
	for ; len(b) > 0; b = b[n:] {
		m.Tables = append(m.Tables, TableStats{Table: b[0], ActiveCount: be.Uint32(b[4:]), LookupCount: be.Uint64(b[8:]), MatchedCount: be.Uint64(b[16:])})
	}
	return m, nil
}

func (m *TableStatsReply) print(p *printer) {
	for i := 0; i < len(m.Tables); {
		t := &m.Tables[i]
		p.str("\n  table ")
		p.b = p.names.AppendTable(p.b, t.Table)
		if t.Name != "" && t.Name != tableDefaultName(t.Table) {
			p.f(" (\"%s\")", t.Name)
		}
		p.f(":\n    active=%d, lookup=%d, matched=%d\n", t.ActiveCount, t.LookupCount, t.MatchedCount)
		switch {
		case p.Version != V10:
		case i > 0 && sameFeatures(&m.Tables[i-1], t):
			p.str("    (same features)\n")
		default:
			p.f("    max_entries=%d\n", t.MaxEntries)
			p.str("    matching:\n      exact match or wildcard: in_port eth_{src,dst,type} vlan_{vid,pcp} ip_{src,dst} nw_{proto,tos} tcp_{src,dst}\n")
		}
		j := i + 1
		for j < len(m.Tables) && sameTable(t, &m.Tables[j]) {
			j++
		}
		switch {
		case j-i == 2:
			p.f("\n  table %d: ditto\n", m.Tables[i+1].Table)
		case j-i > 2:
			p.f("\n  tables %d...%d: ditto\n", m.Tables[i+1].Table, m.Tables[j-1].Table)
		}
		i = j
	}
}

// tableDefaultName is the name that OVS gives to tables without one.
func tableDefaultName(n uint8) string { return "table" + Port(n).String() }

func sameFeatures(a, b *TableStats) bool {
	return a.MaxEntries == b.MaxEntries && a.Wildcards == b.Wildcards
}

func sameTable(a, b *TableStats) bool {
	return (b.Name == "" || b.Name == tableDefaultName(b.Table)) && sameFeatures(a, b) &&
		a.ActiveCount == b.ActiveCount && a.LookupCount == b.LookupCount && a.MatchedCount == b.MatchedCount
}

// QueueStatsReply is (a part of) the answer to a QueueStatsRequest.
type QueueStatsReply struct{ Queues []QueueStats }

func (*QueueStatsRequest) raw(p Protocols) rawType {
	return p.raw2(rawQueueRequest10, rawQueueRequest11)
}

func (m *QueueStatsRequest) encode(e *msgEncoder) {
	if e.version == V10 {
		// OpenFlow 1.0 says "all ports" by OFPP_ALL here.
		p := m.Port
		if p == PortNone {
			p = PortAll
		}
		e.u16(uint16(p))
		e.zeros(2)
	} else {
		e.u32(m.Port.Wide())
	}
	e.u32(m.Queue)
}

func decodeQueueRequest10(_ *msgDecoder, b []byte) (Message, error) {
	p := Port(be.Uint16(b))
	if p == PortAll {
		p = PortNone
	}
	return &QueueStatsRequest{p, be.Uint32(b[4:])}, nil
}

func decodeQueueRequest11(_ *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b))
	if !ok {
		return nil, ErrQueueOpFailedBadPort
	}
	return &QueueStatsRequest{p, be.Uint32(b[4:])}, nil
}

func (m *QueueStatsRequest) print(p *printer) {
	p.str(" port=")
	p.port(m.Port)
	p.str(" queue=")
	p.queue(m.Queue)
}

func (p *printer) queue(n uint32) {
	if n == QueueAll {
		p.str("ALL")
	} else {
		p.dec(uint64(n))
	}
}

func (*QueueStatsReply) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawQueueReply10
	case v < V14:
		return rawQueueReply13
	}
	return rawNone
}

func (m *QueueStatsReply) encode(e *msgEncoder) {
	for i := range m.Queues {
		q := &m.Queues[i]
		start := len(e.b)
		if e.version == V10 {
			e.u16(uint16(q.Port))
			e.zeros(2)
		} else {
			e.u32(q.Port.Wide())
		}
		e.u32(q.Queue)
		e.u64(q.TxBytes)
		e.u64(q.TxPackets)
		e.u64(q.TxErrors)
		if e.version >= V13 {
			sec, ns := durationWire(q.Duration)
			e.u32(sec)
			e.u32(ns)
		}
		e.item(start)
	}
}

func queueReply(b []byte, v Version) (Message, error) {
	n := 32
	if v >= V13 {
		n = 40
	}
	if len(b)%n != 0 {
		return nil, ErrBadRequestBadLen
	}
	m := &QueueStatsReply{}
	for ; len(b) > 0; b = b[n:] {
		q := QueueStats{Port: Port(be.Uint16(b)), Queue: be.Uint32(b[4:]), TxBytes: be.Uint64(b[8:]), TxPackets: be.Uint64(b[16:]), TxErrors: be.Uint64(b[24:]), Duration: -1}
		if v > V10 {
			var ok bool
			if q.Port, ok = PortFromWide(be.Uint32(b)); !ok {
				return nil, ErrQueueOpFailedBadPort
			}
		}
		if v >= V13 {
			q.Duration = durationFrom(b[32:])
		}
		m.Queues = append(m.Queues, q)
	}
	return m, nil
}

func decodeQueueReply10(d *msgDecoder, b []byte) (Message, error) { return queueReply(b, d.Version) }

func decodeQueueReply13(d *msgDecoder, b []byte) (Message, error) { return queueReply(b, d.Version) }

func (m *QueueStatsReply) print(p *printer) {
	p.f(" %d queues\n", len(m.Queues))
	for i := range m.Queues {
		q := &m.Queues[i]
		p.str("  port ")
		p.port(q.Port)
		p.str(" queue ")
		p.queue(q.Queue)
		p.str(": ")
		p.count("bytes=", q.TxBytes)
		p.count("pkts=", q.TxPackets)
		p.count("errors=", q.TxErrors)
		p.str("duration=")
		if q.Duration >= 0 {
			p.b = appendDuration(p.b, q.Duration.Truncate(time.Nanosecond))
		} else {
			p.str("?")
		}
		p.str("\n")
	}
}
