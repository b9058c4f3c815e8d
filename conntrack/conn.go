package conntrack

import (
	"sync/atomic"
	"unsafe"

	"govs/packet"
)

// A direction of a connection: what its packets look like.
type direction struct {
	hash uint32
	key  key
}

// Lives of a connection.
const (
	pending = iota // being put into the table
	live
	dead // being taken out, or out
)

// conn is one connection. What does not say otherwise is guarded by the lock of
// its home, the shard of its first direction.
//
// There may be millions. It holds no pointer, so the garbage collector need not
// look into it; the few that need some are the beginning of an extra.
type conn struct {
	dir     [2]direction // immutable
	life    atomic.Int32 // changed by who holds the home's lock
	expires atomic.Int64 // milliseconds; written under the home's lock

	slot int32 // of the home's wheel, -1 in none
	at   int32 // in that slot

	mark  uint32
	label [16]byte
	peer  [2]tcpPeer // TCP
	state uint8      // others than TCP

	nat     natKind // immutable
	related bool    // an expectation was waiting for it; immutable
	policy  uint32  // immutable
	more    bool    // it is the beginning of an extra; immutable
}

// extra is a connection with more to it.
type extra struct {
	conn
	alg    *alg // nil without a helper; immutable
	parent *key // original direction of the connection it is related to, or nil; immutable
}

// extra returns what else c has, nil if it has nothing.
func (c *conn) extra() *extra {
	if !c.more {
		return nil
	}
	return (*extra)(unsafe.Pointer(c)) // which begins there
}

// helped returns what c has of a helper, nil without one.
func (c *conn) helped() *alg {
	if x := c.extra(); x != nil {
		return x.alg
	}
	return nil
}

// parent returns the original direction of the connection that c is related to,
// nil if it is to none.
func (c *conn) parent() *key {
	if x := c.extra(); x != nil {
		return x.parent
	}
	return nil
}

// orig and rev are the keys of the two directions.
func (c *conn) orig() *key { return &c.dir[0].key }
func (c *conn) rev() *key  { return &c.dir[1].key }

func (c *conn) expired(now int64) bool { return now >= c.expires.Load() }

// markPacket puts zone, mark, label and original direction of c into p.
func (c *conn) markPacket(p *packet.Packet) {
	p.CtMark, p.CtLabel = c.mark, c.label
	k := c.orig()
	if parent := c.parent(); parent != nil {
		k = parent
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
