package ofproto

import "govs/openflow"

const (
	allPacketIn = 1<<(openflow.ReasonPacketOut+1) - 1
	allPort     = 1<<(openflow.PortModify+1) - 1
	allRemoved  = 1<<(openflow.RemovedGroupDelete+1) - 1
	allRemoved4 = 1<<(openflow.RemovedEviction+1) - 1
)

// defaultAsync is what a controller gets that has not said otherwise (OpenFlow
// 1.3.5, 7.4.1 and 1.4, 7.3.10).
func defaultAsync(v openflow.Version) *openflow.AsyncConfig {
	c := &openflow.AsyncConfig{}
	// Misses that the tables do not speak of come only where the version
	// has no flow for them.
	c.Primary[openflow.AsyncPacketIn] = allPacketIn&^(1<<openflow.ReasonInvalidTTL) | 1<<openflow.ReasonExplicitMiss
	if v <= openflow.V12 {
		c.Primary[openflow.AsyncPacketIn] |= 1 << openflow.ReasonImplicitMiss
	}
	c.Primary[openflow.AsyncPortStatus], c.Secondary[openflow.AsyncPortStatus] = allPort, allPort
	c.Primary[openflow.AsyncFlowRemoved] = allRemoved
	if v >= openflow.V14 {
		c.Primary[openflow.AsyncFlowRemoved] = allRemoved4
	}
	return c
}

// wants reports whether the connection gets messages of a kind for a reason:
// controllers do, others once they have set a miss send length.
func (o *ofConn) wants(k openflow.AsyncKind, reason uint8) bool {
	switch o.kind {
	case connSnoop:
		return false
	case connService:
		if o.missSendLen.Load() == 0 {
			return false
		}
	}
	c := o.async.Load()
	masks := &c.Primary
	if o.getRole() == openflow.RoleSecondary {
		masks = &c.Secondary
	}
	return masks[k]>>reason&1 != 0
}

// setAsync changes which messages the connection gets.
func (o *ofConn) setAsync(m *openflow.SetAsync) error {
	c := *o.async.Load()
	m.Apply(&c)
	o.async.Store(&c)
	o.p.conns.connsChanged()
	return nil
}

// setInvalidTTL has the connection get packets whose TTL ran out, or not, while
// it is no secondary. The settings of OpenFlow 1.2 and before have a flag for it.
func (o *ofConn) setInvalidTTL(on bool) {
	c := *o.async.Load()
	c.Primary[openflow.AsyncPacketIn] &^= 1 << openflow.ReasonInvalidTTL
	if on {
		c.Primary[openflow.AsyncPacketIn] |= 1 << openflow.ReasonInvalidTTL
	}
	o.async.Store(&c)
}

// invalidTTL is 1 if setInvalidTTL is on, else 0.
func (o *ofConn) invalidTTL() int8 {
	return int8(o.async.Load().Primary[openflow.AsyncPacketIn] >> openflow.ReasonInvalidTTL & 1)
}
