package openflow

import "time"

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
		return nil, ErrBadActionBadOutPort
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
	case v < V13:
		return rawQueueReply11
	case v < V14:
		return rawQueueReply13
	}
	return rawQueueReply14
}

func (m *QueueStatsReply) encode(e *msgEncoder) {
	for i := range m.Queues {
		q := &m.Queues[i]
		start := len(e.b)
		if e.version >= V14 {
			e.u16(queueStats14Len)
			e.zeros(6)
		}
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

// queueReply reads entries of n bytes.
func (d *msgDecoder) queueReply(b []byte, n int) (Message, error) {
	d.partial = true
	v := d.Version
	m := &QueueStatsReply{}
	for ; len(b) > 0; b = b[n:] {
		q := QueueStats{Port: Port(be.Uint16(b)), Queue: be.Uint32(b[4:]), TxBytes: be.Uint64(b[8:]), TxPackets: be.Uint64(b[16:]), TxErrors: be.Uint64(b[24:]), Duration: -1}
		if v > V10 {
			var ok bool
			if q.Port, ok = PortFromWide(be.Uint32(b)); !ok {
				return m, ErrBadActionBadOutPort
			}
		}
		if v >= V13 {
			q.Duration = durationFrom(b[32:])
		}
		m.Queues = append(m.Queues, q)
	}
	return m, nil
}

// queueStats14Len is the length of an entry of OpenFlow 1.4 before its
// properties, of which none is known.
const queueStats14Len = 48

func decodeQueueReply14(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &QueueStatsReply{}
	for len(b) > 0 {
		if len(b) < queueStats14Len {
			d.names.warnf("ofp_queue", "OFPST_QUEUE reply has %d leftover bytes at end", len(b))
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		if n < queueStats14Len || n > len(b) {
			return m, ErrBadRequestBadLen
		}
		p, ok := PortFromWide(be.Uint32(b[8:]))
		if !ok {
			return m, ErrBadActionBadOutPort
		}
		m.Queues = append(m.Queues, QueueStats{Port: p, Queue: be.Uint32(b[12:]), TxBytes: be.Uint64(b[16:]), TxPackets: be.Uint64(b[24:]),
			TxErrors: be.Uint64(b[32:]), Duration: durationFrom(b[40:])})
		b = b[n:]
	}
	return m, nil
}

func decodeQueueReply10(d *msgDecoder, b []byte) (Message, error) {
	return d.queueReply(b, int(d.row.unit))
}

func decodeQueueReply13(d *msgDecoder, b []byte) (Message, error) {
	return d.queueReply(b, int(d.row.unit))
}

func (m *QueueStatsReply) print(p *printer) {
	p.f(" %d queues\n", len(m.Queues))
	if p.verbosity < 1 {
		return
	}
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
