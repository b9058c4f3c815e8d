package conntrack

import (
	"govs/packet"
)

// Process carries the ct action a out on p at the time now, in milliseconds. p
// must be the caller's to change, with L3 and L4 set.
func (t *Tracker) Process(p *packet.Packet, a *Action, now int64) {
	if c, ok := p.CtConn.(*conn); ok && c.orig().zone == a.Zone && !a.Force && c.helped() == nil {
		t.again(p, c, a)
		return
	}
	var v view
	if !t.read(p, a.Zone, &v) {
		p.CtState = StateInvalid | StateTracked
		p.CtZone, p.CtMark, p.CtLabel, p.CtOrig = a.Zone, 0, [16]byte{}, packet.CtTuple{}
		return
	}
	if p.CtState != 0 && p.CtZone != a.Zone {
		p.CtState = 0
	}
	t.track(p, &v, a, now)
}

// again is for a packet whose connection an action before has found, in the
// same zone: its state was updated then.
func (t *Tracker) again(p *packet.Packet, c *conn, a *Action) {
	home := t.home(c)
	home.mu.Lock()
	defer home.mu.Unlock()
	if a.NAT != nil {
		c.translate(p, nil, a.Zone, p.CtConnReply, p.CtConnRelated)
		p.CtConn = nil
	}
	p.CtZone, p.CtMark, p.CtLabel = a.Zone, c.mark, c.label
	c.apply(p, a)
}

// apply sets what a says of mark and label.
func (c *conn) apply(p *packet.Packet, a *Action) {
	if a.SetMark {
		c.setMark(p, a.Mark, a.MarkMask)
	}
	if a.SetLabel {
		c.setLabel(p, &a.Label, &a.LabelMask)
	}
}

func (t *Tracker) track(p *packet.Packet, v *view, a *Action, now int64) {
	c, reply, home := t.find(&v.key, v.hash, now)
	if c != nil && reply && a.Force {
		t.kill(c, home)
		c, reply = nil, false
	}
	if v.key.proto == protoTCP && !v.related {
		v.seq = packet.TCP(v.l4).Seq()
	}
	fresh := false
	switch {
	case c != nil:
		if fresh = t.step(p, v, c, reply, home, a, now); !fresh && a.NAT != nil {
			c.translate(p, v, a.Zone, reply, v.related)
		}
	default:
		if c, reply, home = t.findOriginal(p, v, now); c != nil {
			fresh = t.step(p, v, c, reply, home, a, now)
		} else if v.related {
			p.CtState = StateInvalid // errors open no connection
		} else {
			fresh = true
		}
	}
	var exp *expectation
	if fresh {
		c, home, exp = t.open(p, v, a, now)
		reply = false
	}

	p.CtState |= StateTracked
	p.CtZone = a.Zone
	switch {
	case c != nil:
		c.markPacket(p)
		c.apply(p, a)
		if c.helped() != nil {
			t.help(p, v, c, reply, a)
		}
		home.mu.Unlock()
	case exp != nil:
		p.CtMark, p.CtLabel, p.CtOrig = exp.mark, exp.label, exp.parentKey.ctTuple()
	default:
		p.CtMark, p.CtLabel, p.CtOrig = 0, [16]byte{}, v.key.ctTuple()
	}

	p.CtConn = nil
	if a.NAT == nil && c != nil {
		p.CtConn, p.CtConnReply, p.CtConnRelated = c, reply, v.related
	}
}

// step updates c, whose home is locked, by a packet. It returns true, with the
// home unlocked and c gone, when the packet begins a new connection of the same
// addresses.
func (t *Tracker) step(p *packet.Packet, v *view, c *conn, reply bool, home *shard, a *Action, now int64) bool {
	if v.related {
		p.CtState |= StateRelated
		if reply {
			p.CtState |= StateReply
		}
		return false
	}
	if c.related {
		p.CtState |= StateRelated
	}
	adjust := a.NAT != nil && c.helper() == ftpHelper
	if adjust {
		c.adjustAck(p, v, reply)
	}
	res, tm := t.update(c, v, reply)
	switch res {
	case anew:
		t.kill(c, home)
		return true
	case invalid:
		p.CtState = StateInvalid
	case validNew:
		p.CtState |= StateNew
	case valid:
		p.CtState = p.CtState&^StateNew | StateEstablished
		if reply {
			p.CtState |= StateReply
		}
	}
	if tm != timerKeep {
		home.extend(c, t.deadline(c.policy, tm, now), now)
	}
	if adjust {
		c.adjustSeq(p, v, reply)
	}
	return false
}

// findOriginal finds the connection of a packet that an action before has
// translated, by the addresses it came with.
func (t *Tracker) findOriginal(p *packet.Packet, v *view, now int64) (*conn, bool, *shard) {
	o := &p.CtOrig
	if p.CtState&(StateSrcNAT|StateDstNAT) == 0 || o.Proto == 0 {
		return nil, false, nil
	}
	if p.CtState&StateRelated != 0 && !v.related {
		// A related connection's packets carry the tuple of its parent. What
		// comes from one end, translated, is what the other end answers.
		k := v.key.reversed()
		c, reply, home := t.find(&k, k.hash(t.seed), now)
		return c, !reply, home
	}
	k := key{zone: p.CtZone, proto: o.Proto, v6: v.key.v6, srcPort: o.TPSrc, dstPort: o.TPDst}
	if k.v6 {
		k.src, k.dst = o.IPv6Src, o.IPv6Dst
	} else {
		be.PutUint32(k.src[:], o.Src)
		be.PutUint32(k.dst[:], o.Dst)
	}
	if v.key.isICMP() {
		k.srcPort, k.dstPort = v.key.srcPort, v.key.dstPort
		k.srcType = uint8(o.TPSrc)
		k.dstType, _ = queryAnswer(k.srcType, k.v6)
	}
	c, reply, home := t.find(&k, k.hash(t.seed), now)
	return c, reply, home
}

// open begins a connection, if the packet may begin one, and puts it into the
// table if the action commits. The connection's home is locked then.
func (t *Tracker) open(p *packet.Packet, v *view, a *Action, now int64) (*conn, *shard, *expectation) {
	exp := t.expect.find(&v.key)
	if !v.begins() {
		p.CtState = StateInvalid
		return nil, nil, exp
	}
	p.CtState = StateNew
	if exp != nil {
		p.CtState |= StateRelated
	}
	if !a.Commit {
		return nil, nil, exp
	}
	if t.zones.full(a.Zone) {
		countZoneFull.Inc()
		return nil, nil, exp
	}
	if t.conns.Load() >= int64(t.maxConns.Load()) {
		countFull.Inc()
		return nil, nil, exp
	}
	var c *conn
	if a.Helper == "" && exp == nil {
		c = &conn{}
	} else {
		x := &extra{}
		c = &x.conn
		c.more = true
		if a.Helper != "" {
			x.alg = &alg{name: a.Helper}
		}
		if exp != nil {
			c.related, c.mark, c.label, x.parent = true, exp.mark, exp.label, &exp.parentKey
		}
	}
	c.policy, c.dir[0].key = a.Policy, v.key
	// Another thread may take the addresses between choice and insertion.
	for range 8 {
		if !t.chooseReply(c, a.NAT, exp, now) {
			countExhausted.Inc()
			return nil, nil, exp
		}
		c.expires.Store(t.deadline(c.policy, c.open(v), now))
		if home, ok := t.insert(c, v.hash, now); ok {
			if a.NAT != nil {
				c.translate(p, v, a.Zone, false, false)
			}
			return c, home, exp
		}
		c.life.Store(pending)
	}
	return nil, nil, exp
}
