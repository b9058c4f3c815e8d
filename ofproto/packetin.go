package ofproto

import (
	"govs/ofproto/flowtable"
	"time"

	"govs/openflow"
)

// packetIn sends a packet to the controllers with the given id; with what it takes
// to continue it, unless cont is nil.
func (c *connManager) packetIn(pin *openflow.PacketIn, cont *openflow.Continuation, id, maxLen uint16) {
	for _, o := range c.all() {
		if uint16(o.controllerID.Load()) == id && o.wants(openflow.AsyncPacketIn, uint8(pin.Reason)) {
			o.sendPacketIn(pin, cont, maxLen)
		}
	}
}

// isMiss reports whether a packet comes because no flow matched it.
func isMiss(r openflow.PacketInReason) bool {
	return r == openflow.ReasonNoMatch || r == openflow.ReasonExplicitMiss || r == openflow.ReasonImplicitMiss
}

func (o *ofConn) sendPacketIn(pin *openflow.PacketIn, cont *openflow.Continuation, maxLen uint16) {
	m := *pin
	m.Format = openflow.PacketInFormat(o.pinFormat.Load())
	if m.Reason == openflow.ReasonNoMatch || m.Reason == openflow.ReasonImplicitMiss {
		maxLen = uint16(o.missSendLen.Load())
	}
	if n := int(maxLen); n < len(m.Packet) && maxLen != 0xffff {
		m.Packet = m.Packet[:n]
	}
	p := o.protocol()
	if !openflow.Encodable(&m, p) {
		return
	}
	if cont != nil && m.Format == openflow.PacketInNXT2 {
		m.Continuation = cont.Encode(p.Version())
	}
	port := openflow.Port(m.Metadata.Key.InPort)
	o.sched.send(o, isMiss(m.Reason), port, openflow.Encode(&m, p, 0), o.p.now())
}

// flowRemoved tells controllers of a flow that asked for it.
func (p *Ofproto) flowRemoved(r *flowtable.Rule, why openflow.FlowRemovedReason) {
	if r.Flags&openflow.FlagSendFlowRem == 0 || p.conns == nil {
		return
	}
	m := &openflow.FlowRemoved{
		Match: r.Match(), Cookie: r.Cookie, Priority: uint16(r.Priority()), Reason: why, Table: r.Table,
		Duration: p.now().Sub(r.Created()).Truncate(time.Millisecond), IdleTimeout: r.IdleTimeout(), HardTimeout: r.HardTimeout(),
		Packets: r.Stats.Packets.Load(), Bytes: r.Stats.Bytes.Load(),
	}
	for _, o := range p.conns.all() {
		if o.wants(openflow.AsyncFlowRemoved, uint8(why)) {
			o.post(m)
		}
	}
}

// portStatus tells controllers of a port. backer.mu is held.
func (p *Ofproto) portStatus(x *port, why openflow.PortReason) {
	conns := p.conns.all()
	if len(conns) == 0 {
		return
	}
	m := &openflow.PortStatus{Reason: why, Desc: p.portDesc(x)}
	for _, o := range conns {
		if o.wants(openflow.AsyncPortStatus, uint8(why)) {
			o.post(m)
		}
	}
}
