package xlate

import (
	"sync/atomic"
	"time"

	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
	"govs/proto/maclearn"
)

// Effect is one thing that should happen besides forwarding: a count or
// something to be learned.
type Effect struct {
	ptr  any
	port BundleID
	kind effectKind
	grat bool
	bond bool // the port is one
	vlan uint16
	mac  flow.MAC
	idle uint16
	hard uint16
}

type effectKind uint8

const (
	effectRule   effectKind = iota // *flowtable.Rule matched
	effectMiss                     // *flowtable.Table had no match
	effectRx                       // *PortCounters
	effectTx                       // *PortCounters
	effectMirror                   // *MirrorCounters
	effectGroup                    // *flowtable.Group: every bucket
	effectBucket                   // *flowtable.BucketCounters
	effectMAC                      // *Bridge saw mac in vlan at port
	effectLearn                    // *Learned
	effectFin                      // *flowtable.Rule saw a FIN
)

// Learned is a flow that a learn action makes.
type Learned struct {
	Tables *flowtable.Tables
	Mod    openflow.FlowMod
	Limit  uint32
	rule   atomic.Pointer[flowtable.Rule]
}

// Stats are what a number of packets of a flow amount to.
type Stats struct {
	Packets, Bytes uint64
	Used           time.Time
	TCPFlags       uint16
}

// effect notes an effect. What a packet in hand teaches it teaches at once: what
// follows in its translation may depend on that.
func (t *Translator) effect(e Effect) {
	t.out.Effects = append(t.out.Effects, e)
	if e.kind >= effectMAC && t.live() {
		e.apply(&Stats{Used: t.in.Now, TCPFlags: t.in.Key.TCPFlags}, t.in.Now)
	}
}

// learn makes the flow, and reports false when the limit keeps it out.
func (l *Learned) learn(now time.Time) bool {
	r, ok, err := l.Tables.Learn(&l.Mod, l.Limit, now)
	if err != nil {
		return true
	}
	l.rule.Store(r)
	return ok
}

// live reports whether a packet is in hand. What a controller sends out teaches
// when all of it has been translated.
func (t *Translator) live() bool { return t.in.Effects && t.in.Packet != nil && !t.in.PacketOut }

// Rule returns the flow that matched, if the effect is that one did.
func (e *Effect) Rule() *flowtable.Rule {
	if e.kind != effectRule {
		return nil
	}
	return e.ptr.(*flowtable.Rule)
}

// Group returns the group that was executed, if the effect is that one was, and
// the index of its bucket, -1 for all of them.
func (e *Effect) Group() (g *flowtable.Group, bucket int) {
	switch e.kind {
	case effectGroup:
		return e.ptr.(*flowtable.Group), -1
	case effectBucket:
		return e.ptr.(*flowtable.BucketCounters).Of()
	}
	return nil, 0
}

// HashEffects returns a hash of effects; equal ones have equal hashes, those that
// differ in nothing but which rule or port counts may have, too.
func HashEffects(effects []Effect) uint64 {
	h := uint64(len(effects))
	for i := range effects {
		e := &effects[i]
		m := &e.mac
		v := uint64(e.kind)<<56 ^ uint64(e.vlan)<<40 ^ uint64(e.port)<<16 ^
			uint64(m[0])<<44 ^ uint64(m[1])<<36 ^ uint64(m[2])<<28 ^ uint64(m[3])<<20 ^ uint64(m[4])<<8 ^ uint64(m[5])
		h = (h ^ v) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

// Apply makes the effects of the packets in s happen at time now. No packets
// means that nothing is counted, but what is to be learned is.
func Apply(effects []Effect, s *Stats, now time.Time) {
	for i := range effects {
		effects[i].apply(s, now)
	}
}

// Count is Apply without learning anything, as it was learned while a packet in
// hand was translated, or must not be.
func Count(effects []Effect, s *Stats, now time.Time) {
	for i := range effects {
		if effects[i].kind < effectMAC {
			effects[i].apply(s, now)
		}
	}
}

func (e *Effect) apply(s *Stats, now time.Time) {
	if s.Packets == 0 && e.kind < effectMAC {
		return
	}
	switch e.kind {
	case effectRule:
		e.ptr.(*flowtable.Rule).Count(s.Packets, s.Bytes, s.Used)
	case effectMiss:
		e.ptr.(*flowtable.Table).Missed.Add(s.Packets)
	case effectRx:
		c := e.ptr.(*PortCounters)
		c.RxPackets.Add(s.Packets)
		c.RxBytes.Add(s.Bytes)
	case effectTx:
		c := e.ptr.(*PortCounters)
		c.TxPackets.Add(s.Packets)
		c.TxBytes.Add(s.Bytes)
	case effectMirror:
		c := e.ptr.(*MirrorCounters)
		c.Packets.Add(s.Packets)
		c.Bytes.Add(s.Bytes)
	case effectGroup:
		e.ptr.(*flowtable.Group).Add(s.Packets, s.Bytes)
	case effectBucket:
		e.ptr.(*flowtable.BucketCounters).Add(s.Packets, s.Bytes)
	case effectMAC:
		b := e.ptr.(*Bridge)
		seen := maclearn.Sighting[BundleID]{MAC: e.mac, VLAN: e.vlan, Port: e.port, Gratuitous: e.grat, Bond: e.bond}
		if b.MACs.Needs(&seen, now) {
			b.MACs.Learn(&seen, now)
		}
	case effectLearn:
		l := e.ptr.(*Learned)
		if r := l.rule.Load(); r != nil && !r.Removed() {
			at := s.Used
			if at.IsZero() {
				at = now
			}
			r.Refresh(at)
			return
		}
		l.learn(now)
	case effectFin:
		if s.TCPFlags&(tcpFIN|tcpRST) != 0 {
			e.ptr.(*flowtable.Rule).ReduceTimeouts(e.idle, e.hard)
		}
	}
}

const (
	tcpFIN = 1
	tcpRST = 4
)
