package openflow

import (
	"cmp"
	"slices"
)

// QueueConfigRequest asks how queues are configured: OFPT_QUEUE_GET_CONFIG up
// to OpenFlow 1.3, OFPST_QUEUE_DESC later. Only the latter can ask for one
// queue, and PortNone for those of all ports.
type QueueConfigRequest struct {
	Port  Port
	Queue uint32 // QueueAll for all
}

// QueueRateNone is a rate of a QueueConfig that is not set.
const QueueRateNone = 0xffff

// QueueConfig is how a queue is configured. Rates are in tenths of a percent of
// the port's; one above 1000 is disabled.
type QueueConfig struct {
	Port    Port
	Queue   uint32
	MinRate uint16 // QueueRateNone when not set
	MaxRate uint16
}

// QueueConfigReply is the answer to a QueueConfigRequest, in OpenFlow 1.4 and
// later (a part of) it.
type QueueConfigReply struct {
	Port   Port // asked for; PortNone in OpenFlow 1.4 and later
	Queues []QueueConfig
}

// Properties of a queue: OpenFlow 1.0 to 1.3 and 1.4.
const (
	queuePropMinRate = 1
	queuePropMaxRate = 2
)

// raw34 chooses between the rows of OpenFlow 1.0, of 1.1 to 1.3, and of later
// versions.
func (p Protocols) raw34(v10, v11, v14 rawType) rawType {
	switch v := p.Version(); {
	case v == V10:
		return v10
	case v < V14:
		return v11
	}
	return v14
}

func (*QueueConfigRequest) raw(p Protocols) rawType {
	return p.raw34(rawQueueConfigRequest10, rawQueueConfigRequest11, rawQueueDescRequest)
}

func (*QueueConfigReply) raw(p Protocols) rawType {
	return p.raw34(rawQueueConfigReply10, rawQueueConfigReply11, rawQueueDescReply)
}

func (m *QueueConfigRequest) encode(e *msgEncoder) {
	switch {
	case e.version == V10:
		e.u16(uint16(m.Port))
		e.zeros(2)
	case e.version < V14:
		e.u32(m.Port.Wide())
		e.zeros(4)
	default:
		e.u32(m.Port.Wide())
		e.u32(m.Queue)
	}
}

func decodeQueueConfigRequest10(_ *msgDecoder, b []byte) (Message, error) {
	p := Port(be.Uint16(b))
	if p >= PortMax {
		return nil, ErrQueueOpFailedBadPort
	}
	return &QueueConfigRequest{p, QueueAll}, nil
}

func decodeQueueConfigRequest11(_ *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b))
	switch {
	case !ok:
		return nil, ErrBadActionBadOutPort
	case p >= PortMax && p != PortNone:
		return nil, ErrQueueOpFailedBadPort
	}
	return &QueueConfigRequest{p, QueueAll}, nil
}

func decodeQueueConfigRequest14(_ *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b))
	if !ok {
		return nil, ErrBadActionBadOutPort
	}
	return &QueueConfigRequest{p, be.Uint32(b[4:])}, nil
}

func (m *QueueConfigRequest) print(p *printer) {
	p.str(" port=")
	p.port(m.Port)
	if m.Queue != QueueAll {
		p.f(" queue=%d", m.Queue)
	}
}

func (m *QueueConfigReply) encode(e *msgEncoder) {
	if e.version < V14 {
		if e.version == V10 {
			e.u16(uint16(m.Port))
			e.zeros(6)
		} else {
			e.u32(m.Port.Wide())
			e.zeros(4)
		}
	}
	for i := range m.Queues {
		start := len(e.b)
		m.Queues[i].encode(e)
		e.item(start)
	}
}

func (q *QueueConfig) encode(e *msgEncoder) {
	start := len(e.b)
	lenAt := 8
	switch {
	case e.version >= V14:
		e.u32(q.Port.Wide())
		e.u32(q.Queue)
		e.zeros(8)
	case e.version >= V12:
		e.u32(q.Queue)
		e.u32(q.Port.Wide())
		e.zeros(8)
	default:
		e.u32(q.Queue)
		e.zeros(4)
		lenAt = 4
	}
	for i, rate := range [...]uint16{q.MinRate, q.MaxRate} {
		switch {
		case rate == QueueRateNone:
		case e.version >= V14:
			e.prop(uint16(queuePropMinRate+i), func() { e.u16(rate); e.u16(0) })
		default:
			e.u16(uint16(queuePropMinRate + i))
			e.u16(16)
			e.zeros(4)
			e.u16(rate)
			e.zeros(6)
		}
	}
	be.PutUint16(e.b[start+lenAt:], uint16(len(e.b)-start))
}

func decodeQueueConfigReply10(d *msgDecoder, b []byte) (Message, error) {
	m := &QueueConfigReply{Port: Port(be.Uint16(b))}
	return m, d.queueConfigs(m, b[8:])
}

func decodeQueueConfigReply11(d *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b))
	if !ok && len(b) > 8 {
		return nil, ErrBadActionBadOutPort
	}
	m := &QueueConfigReply{Port: p}
	return m, d.queueConfigs(m, b[8:])
}

func decodeQueueConfigReply14(d *msgDecoder, b []byte) (Message, error) {
	m := &QueueConfigReply{Port: PortNone}
	return m, d.queueConfigs(m, b)
}

func (d *msgDecoder) queueConfigs(m *QueueConfigReply, b []byte) error {
	d.partial = true
	for len(b) > 0 {
		head, lenAt := 16, 8
		if d.Version < V12 {
			head, lenAt = 8, 4
		}
		if len(b) < head {
			return ErrBadRequestBadLen
		}
		n := int(be.Uint16(b[lenAt:]))
		q := QueueConfig{Port: m.Port, Queue: be.Uint32(b), MinRate: QueueRateNone, MaxRate: QueueRateNone}
		if d.Version >= V14 {
			var ok bool
			if q.Port, ok = PortFromWide(be.Uint32(b)); !ok {
				return ErrBadActionBadOutPort
			}
			q.Queue = be.Uint32(b[4:])
		}
		if n < head || n > len(b) || n%8 != 0 {
			return ErrBadRequestBadLen
		}
		if err := d.queueProps(&q, b[head:n]); err != nil {
			return err
		}
		m.Queues = append(m.Queues, q)
		b = b[n:]
	}
	return nil
}

func (d *msgDecoder) queueProps(q *QueueConfig, b []byte) error {
	set := func(typ uint16, rate uint16) {
		switch typ {
		case queuePropMinRate:
			q.MinRate = rate
		case queuePropMaxRate:
			q.MaxRate = rate
		}
	}
	if d.Version >= V14 {
		return eachProp(b, func(typ uint16, p []byte) error {
			if typ != queuePropMinRate && typ != queuePropMaxRate {
				return nil
			}
			if len(p) < 6 {
				return ErrBadPropertyBadLen
			}
			set(typ, be.Uint16(p[4:]))
			return nil
		})
	}
	for len(b) > 0 {
		if len(b) < 8 {
			return ErrBadRequestBadLen
		}
		typ, n := be.Uint16(b), int(be.Uint16(b[2:]))
		if n < 8 || n > len(b) || n%8 != 0 {
			return ErrBadRequestBadLen
		}
		switch typ {
		case queuePropMinRate, queuePropMaxRate:
			if n != 16 {
				return ErrBadRequestBadLen
			}
			set(typ, be.Uint16(b[8:]))
		default:
			d.names.warnf("ofp_queue", "unknown queue property %d", typ)
		}
		b = b[n:]
	}
	return nil
}

func (m *QueueConfigReply) print(p *printer) {
	if len(m.Queues) > 0 {
		p.str(" ")
	}
	var port Port
	for _, q := range slices.SortedStableFunc(slices.Values(m.Queues), func(a, b QueueConfig) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Queue, b.Queue))
	}) {
		if q.Port != port {
			port = q.Port
			p.str("port=")
			p.port(q.Port)
			p.str("\n")
		}
		p.f("queue %d:", q.Queue)
		p.rate("min_rate", q.MinRate)
		p.rate("max_rate", q.MaxRate)
		p.str("\n")
	}
}

func (p *printer) rate(name string, rate uint16) {
	switch {
	case rate <= 1000:
		p.f(" %s:%d.%d%%", name, rate/10, rate%10)
	case rate < QueueRateNone:
		p.f(" %s:(disabled)", name)
	}
}
