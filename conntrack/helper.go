package conntrack

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"govs/packet"
)

// A helper reads a control protocol for the connections it announces.
type helper uint8

const (
	noHelper helper = iota
	ftpHelper
	tftpHelper
)

// alg is what a connection with a helper has besides.
type alg struct {
	name string
	seq  [2]seqAdjust // of what each end sends; guarded by the home's lock
}

// helper returns who reads the packets of c. What a helper announced is read by
// none: the data of a file transfer must not open ports.
func (c *conn) helper() helper {
	switch a := c.helped(); {
	case a == nil || c.related:
	case c.orig().proto == protoTCP && strings.HasPrefix(a.name, "ftp"):
		return ftpHelper
	case c.orig().proto == protoUDP && strings.HasPrefix(a.name, "tftp"):
		return tftpHelper
	}
	return noHelper
}

// seqAdjust is how the sequence numbers of an end change since a helper changed
// the length of what it sent at pos.
type seqAdjust struct {
	pos           uint32
	before, after int32 // what to add to numbers up to pos, and behind it
}

func (s *seqAdjust) none() bool { return s.before == 0 && s.after == 0 }

// seq is the number to send on for one that the end sent.
func (s *seqAdjust) seq(n uint32) uint32 {
	if before(s.pos, n) {
		return n + uint32(s.after)
	}
	return n + uint32(s.before)
}

// ack is the number the end understands for one that acknowledges what was sent
// on.
func (s *seqAdjust) ack(n uint32) uint32 {
	if before(s.pos, n-uint32(s.before)) {
		return n - uint32(s.after)
	}
	return n - uint32(s.before)
}

// add notes that the segment that begins at pos has become longer by delta. What
// is sent again counts once.
func (s *seqAdjust) add(pos uint32, delta int) {
	if delta != 0 && (s.before == s.after || before(s.pos, pos)) {
		s.pos, s.before = pos, s.after
		s.after += int32(delta)
	}
}

// adjustAck gives a segment the acknowledgement that its receiver understands.
func (c *conn) adjustAck(p *packet.Packet, v *view, reply bool) {
	if s := &c.helped().seq[b2i(!reply)]; !s.none() && packet.TCP(v.l4).Flags()&tcpACK != 0 {
		setWord(p, v.l4, 8, s.ack(be.Uint32(v.l4[8:])))
	}
}

// adjustSeq gives it the sequence number that fits what was sent on before.
func (c *conn) adjustSeq(p *packet.Packet, v *view, reply bool) {
	if s := &c.helped().seq[b2i(reply)]; !s.none() {
		setWord(p, v.l4, 4, s.seq(be.Uint32(v.l4[4:])))
	}
}

// setWord changes a word of a TCP header and fixes its checksum.
func setWord(p *packet.Packet, h []byte, at int, to uint32) {
	var b [4]byte
	be.PutUint32(b[:], to)
	if !p.Offload.CsumPartial {
		packet.PatchChecksum(h[16:18], h[at:at+4], b[:])
	}
	copy(h[at:], b[:])
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// expKey is what an expected connection's first packet looks like; its source
// port is free.
type expKey struct {
	src, dst [16]byte
	dstPort  uint16
	zone     uint16
	proto    uint8
	v6       bool
}

// An expectation is a connection that a helper saw announced. It is immutable,
// and ends with the connection that announced it.
type expectation struct {
	key       expKey
	parent    *conn
	parentKey key
	mark      uint32
	label     [16]byte
	// If the new connection's action translates: what, to which address, and
	// port if that is not 0.
	nat  natKind
	addr [16]byte
	port uint16
}

type expectations struct {
	n    atomic.Int32
	mu   sync.Mutex
	m    map[expKey]*expectation // guarded by mu
	kids map[*conn][]expKey      // guarded by mu
}

func (e *expectations) init() {
	e.m, e.kids = map[expKey]*expectation{}, map[*conn][]expKey{}
}

func (e *expectations) find(k *key) *expectation {
	if e.n.Load() == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.m[expKey{k.src, k.dst, k.dstPort, k.zone, k.proto, k.v6}]
}

// maxExpectations is how many one connection may announce: a client cannot fill
// our memory by announcing.
const maxExpectations = 512

func (e *expectations) add(x *expectation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.m[x.key] != nil || len(e.kids[x.parent]) >= maxExpectations {
		return
	}
	e.m[x.key] = x
	e.kids[x.parent] = append(e.kids[x.parent], x.key)
	e.n.Store(int32(len(e.m)))
}

// forget drops what a connection announced.
func (e *expectations) forget(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range e.kids[c] {
		delete(e.m, k)
	}
	delete(e.kids, c)
	e.n.Store(int32(len(e.m)))
}

func (e *expectations) all() []*expectation {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := make([]*expectation, 0, len(e.m))
	for x := range maps.Values(e.m) {
		l = append(l, x)
	}
	return l
}

// expectFrom expects a connection to the port that a packet of c announced; reply
// says which end's packet it was. The announcer is whom the new connection goes
// to.
func (t *Tracker) expectFrom(c *conn, port uint16, reply bool) {
	x := &expectation{parent: c, parentKey: *c.orig(), mark: c.mark, label: c.label}
	o, r := c.orig(), c.rev()
	x.key = expKey{zone: o.zone, proto: o.proto, v6: o.v6, dstPort: port}
	if c.nat == natSrc && o.proto == protoUDP {
		x.port = o.srcPort
	}
	if reply { // to the server, as the client sees it
		x.key.src, x.key.dst = o.src, o.dst
		if x.nat, x.addr = natSrc, r.dst; c.nat == natDst {
			x.nat, x.addr = natDst, r.src
		}
	} else { // to the client, as the server sees it
		x.key.src, x.key.dst = r.src, r.dst
		if x.nat, x.addr = natDst, o.src; c.nat == natDst {
			x.nat, x.addr = natSrc, o.dst
		}
	}
	t.expect.add(x)
}

// help reads a packet of c, whose home is locked, for the connections it
// announces.
func (t *Tracker) help(p *packet.Packet, v *view, c *conn, reply bool, a *Action) {
	if v.related {
		return
	}
	switch c.helper() {
	case ftpHelper:
		t.helpFTP(p, v, c, reply, a.NAT != nil)
	case tftpHelper:
		if !reply { // the server answers from another port, to the one the client used
			t.expectFrom(c, c.rev().dstPort, reply)
		}
	}
}
