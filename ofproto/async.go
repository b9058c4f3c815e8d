package ofproto

import "govs/openflow"

// asyncKind is a kind of message that the switch sends without being asked.
type asyncKind uint8

const (
	asyncPacketIn asyncKind = iota
	asyncPortStatus
	asyncFlowRemoved
	asyncRoleStatus
	asyncTableStatus
	asyncRequestForward
	numAsync
)

// asyncConfig says which messages a connection gets: a bit for each reason, by
// kind, for a controller that may change the switch and for a secondary one.
type asyncConfig struct {
	primary, secondary [numAsync]uint32
}

const (
	allPacketIn = 1<<(openflow.ReasonPacketOut+1) - 1
	allPort     = 1<<(openflow.PortModify+1) - 1
	allRemoved  = 1<<(openflow.RemovedDelete+1) - 1
	allRemoved4 = 1<<(openflow.RemovedEviction+1) - 1
	allRole     = 1<<3 - 1
	allTable    = 1<<3 | 1<<4 // OFPTR_VACANCY_DOWN, _UP
	allForward  = 1<<2 - 1
)

// defaultAsync is what a controller gets that has not said otherwise (OpenFlow
// 1.3.5, 7.4.1 and 1.4, 7.3.10).
func defaultAsync(v openflow.Version) *asyncConfig {
	c := &asyncConfig{}
	// Misses that the tables do not speak of come only where the version
	// has no flow for them.
	c.primary[asyncPacketIn] = allPacketIn&^(1<<openflow.ReasonInvalidTTL) | 1<<openflow.ReasonExplicitMiss
	if v <= openflow.V12 {
		c.primary[asyncPacketIn] |= 1 << openflow.ReasonImplicitMiss
	}
	c.primary[asyncPortStatus], c.secondary[asyncPortStatus] = allPort, allPort
	c.primary[asyncFlowRemoved] = allRemoved
	if v >= openflow.V14 {
		c.primary[asyncFlowRemoved] = allRemoved4
	}
	return c
}

// wants reports whether the connection gets messages of a kind for a reason:
// controllers do, others once they have set a miss send length.
func (o *ofConn) wants(k asyncKind, reason uint8) bool {
	switch o.kind {
	case connSnoop:
		return false
	case connService:
		if o.missSendLen.Load() == 0 {
			return false
		}
	}
	c := o.async.Load()
	masks := &c.primary
	if o.getRole() == openflow.RoleSecondary {
		masks = &c.secondary
	}
	return masks[k]>>reason&1 != 0
}
