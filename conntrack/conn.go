package conntrack

import (
	"sync/atomic"

	"govs/packet"
)

// A node is one direction of a connection in the table.
type node struct {
	next  *node // in the bucket; guarded by the shard's lock
	conn  *conn
	hash  uint32
	reply bool
	key   key
}

// Lives of a connection.
const (
	pending = iota // being put into the table
	live
	dead // being taken out, or out
)

// conn is one connection. What does not say otherwise is guarded by the lock of
// its home, the shard of its first direction.
type conn struct {
	dir     [2]node      // immutable but for next
	life    atomic.Int32 // changed by who holds the home's lock
	expires atomic.Int64 // milliseconds; written under the home's lock

	prev, next *conn // in a slot of the home's wheel
	slot       int32 // -1 in none

	mark  uint32
	label [16]byte
	peer  [2]tcpPeer // TCP
	state uint8      // others than TCP

	nat     natKind // immutable
	related bool    // an expectation was waiting for it; immutable
	policy  uint32  // immutable
	alg     *alg    // nil without a helper; immutable
	parent  *key    // original direction of the connection it is related to; immutable
}

// orig and rev are the keys of the two directions.
func (c *conn) orig() *key { return &c.dir[0].key }
func (c *conn) rev() *key  { return &c.dir[1].key }

func (c *conn) expired(now int64) bool { return now >= c.expires.Load() }

// markPacket puts zone, mark, label and original direction of c into p.
func (c *conn) markPacket(p *packet.Packet) {
	p.CtMark, p.CtLabel = c.mark, c.label
	k := c.orig()
	if c.parent != nil {
		k = c.parent
	}
	p.CtOrig = k.ctTuple()
}

// ctTuple is the key in the form that flows match.
func (k *key) ctTuple() packet.CtTuple {
	t := packet.CtTuple{TPSrc: k.srcPort, TPDst: k.dstPort, Proto: k.proto}
	if k.isICMP() {
		t.TPSrc, t.TPDst = uint16(k.srcType), 0
	}
	if k.v6 {
		t.IPv6Src, t.IPv6Dst = k.src, k.dst
	} else {
		t.Src, t.Dst = be.Uint32(k.src[:]), be.Uint32(k.dst[:])
	}
	return t
}

// setMark and setLabel change what the mask says, in the connection and in the
// packet. A related connection keeps what it has from its parent.
func (c *conn) setMark(p *packet.Packet, v, mask uint32) {
	if !c.related {
		c.mark = v&mask | p.CtMark&^mask
	}
	p.CtMark = c.mark
}

func (c *conn) setLabel(p *packet.Packet, v, mask *[16]byte) {
	if !c.related {
		for i := range c.label {
			c.label[i] = v[i]&mask[i] | p.CtLabel[i]&^mask[i]
		}
	}
	p.CtLabel = c.label
}
