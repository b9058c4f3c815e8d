// Package frag puts IP datagrams together from their fragments for a connection
// tracker that wants to see whole ones. The fragments themselves are kept: they
// are what is sent on, with the state and addresses that the datagram got.
//
//	switch g, res := r.Add(p, zone, now); res {
//	case frag.Held: // the packet is gone until the others have come
//	case frag.Complete:
//		track(g.Whole)
//		for _, p := range g.Fragments() { send(p) }
//	}
//
// There is no clock inside: time is milliseconds that the caller passes. A
// Reassembler may be used from any goroutine.
package frag

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"govs/packet"
)

// Limits, as in Open vSwitch (ovs-dpctl(8), ipf-*).
const (
	DefaultMax   = 1000 // fragments held
	MostMax      = 5000
	DefaultMinV4 = 1200 // bytes of IP header and data of all but the last fragment
	DefaultMinV6 = 1280
	LeastMin     = 400

	// Timeout is how long an incomplete datagram is kept, in milliseconds.
	Timeout = 15000
)

// datagramMax is the most an IP datagram can have.
const datagramMax = 65535

// Result says what became of a fragment.
type Result uint8

const (
	// Not means that the packet is no fragment, or one that is not to be put
	// together: it is the caller's as it was.
	Not Result = iota
	// Invalid is a fragment that must not be taken for part of anything: too
	// small, malformed, overlapping. It is the caller's.
	Invalid
	// Held means that a copy is kept until the datagram is complete.
	Held
	// Complete means that this was the last that was missing.
	Complete
)

// Family is an address family.
type Family uint8

const (
	V4 Family = iota
	V6
)

// key names a datagram.
type key struct {
	src, dst [16]byte
	id       uint32
	family   Family
	proto    uint8
	zone     uint16
	recirc   uint32
}

// part is one fragment, with the bytes of the datagram it has.
type part struct {
	p          *packet.Packet
	start, end int
	last       bool
}

// list is a datagram on its way to completeness.
type list struct {
	key         key
	parts       []part // ordered by start
	first, last bool   // these have come
	expires     int64
}

// A Reassembler holds fragments.
type Reassembler struct {
	family [2]struct {
		off   atomic.Bool
		min   atomic.Uint32
		count [numCounts]atomic.Uint64
	}
	most atomic.Uint32
	n    atomic.Int32

	mu    sync.Mutex
	lists map[key]*list // guarded by mu
	order []*list       // oldest first; some are complete; guarded by mu
}

type count uint8

const (
	accepted count = iota
	completed
	expired
	tooSmall
	overlapped
	purged
	numCounts
)

// New returns a Reassembler that is enabled for both families.
func New() *Reassembler {
	r := &Reassembler{lists: map[key]*list{}}
	r.most.Store(DefaultMax)
	r.family[V4].min.Store(DefaultMinV4)
	r.family[V6].min.Store(DefaultMinV6)
	return r
}

// Enable turns a family on or off. What is held of it stays until it expires.
func (r *Reassembler) Enable(f Family, on bool) { r.family[f].off.Store(!on) }

// SetMin sets how large all but the last fragment must be, header included. It
// returns false for less than LeastMin.
func (r *Reassembler) SetMin(f Family, n uint32) bool {
	if n < LeastMin {
		return false
	}
	r.family[f].min.Store(n)
	return true
}

// SetMax sets how many fragments may be held, at most MostMax.
func (r *Reassembler) SetMax(n uint32) bool {
	if n > MostMax {
		return false
	}
	r.most.Store(n)
	return true
}

// Status is how a Reassembler is set, what it holds and what it has counted.
type Status struct {
	Max, Held uint32
	Family    [2]FamilyStatus // by Family
	Lists     []List
}

// FamilyStatus is that of one address family.
type FamilyStatus struct {
	Enabled                      bool
	Min                          uint32
	Accepted, Completed, Expired uint64
	TooSmall, Overlapped, Purged uint64
}

// List is a datagram that is not complete.
type List struct {
	Src, Dst    netip.Addr
	RecircID    uint32
	ID          uint32
	Family      Family
	Zone        uint16
	Proto       uint8
	Fragments   int
	First, Last bool // have come
}

// Status returns what is known; lists says whether with the incomplete datagrams.
func (r *Reassembler) Status(lists bool) Status {
	s := Status{Max: r.most.Load(), Held: uint32(max(r.n.Load(), 0))}
	for i := range s.Family {
		f := &r.family[i]
		s.Family[i] = FamilyStatus{!f.off.Load(), f.min.Load(), f.count[accepted].Load(), f.count[completed].Load(),
			f.count[expired].Load(), f.count[tooSmall].Load(), f.count[overlapped].Load(), f.count[purged].Load()}
	}
	if !lists {
		return s
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.order {
		if r.lists[l.key] != l {
			continue
		}
		k := &l.key
		e := List{RecircID: k.recirc, ID: k.id, Family: k.family, Zone: k.zone, Proto: k.proto,
			Fragments: len(l.parts), First: l.first, Last: l.last}
		if k.family == V6 {
			e.Src, e.Dst = netip.AddrFrom16(k.src), netip.AddrFrom16(k.dst)
		} else {
			e.Src, e.Dst = netip.AddrFrom4([4]byte(k.src[:4])), netip.AddrFrom4([4]byte(k.dst[:4]))
		}
		s.Lists = append(s.Lists, e)
	}
	return s
}

// Add takes a fragment that is to be tracked in a zone, at the time now in
// milliseconds. p must have L3 and L4 set.
func (r *Reassembler) Add(p *packet.Packet, zone uint16, now int64) (*Group, Result) {
	var k key
	f, res := read(p, &k)
	if res != Held {
		return nil, res
	}
	fam := &r.family[k.family]
	if fam.off.Load() {
		return nil, Not
	}
	if !f.last && uint32(p.Len()-p.L3) < fam.min.Load() {
		fam.count[tooSmall].Add(1)
		return nil, Invalid
	}
	k.zone, k.recirc = zone, p.RecircID

	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(now)
	l := r.lists[k]
	if uint32(r.n.Load()) >= r.most.Load() {
		return nil, Not
	}
	if l == nil {
		l = &list{key: k, expires: now + Timeout}
		r.lists[k] = l
		r.order = append(r.order, l)
	}
	at, _ := slices.BinarySearchFunc(l.parts, f.start, func(q part, start int) int { return q.start - start })
	if at > 0 && l.parts[at-1].end >= f.start || at < len(l.parts) && l.parts[at].start <= f.end {
		fam.count[overlapped].Add(1)
		return nil, Invalid
	}
	f.p = &packet.Packet{}
	p.CopyTo(f.p)
	l.parts = slices.Insert(l.parts, at, f)
	l.first = l.first || f.start == 0
	l.last = l.last || f.last
	r.n.Add(1)
	fam.count[accepted].Add(1)
	if !l.whole() {
		return nil, Held
	}
	g := l.assemble()
	if g == nil { // more than a datagram can have
		return nil, Held
	}
	r.remove(l)
	fam.count[completed].Add(uint64(len(l.parts)))
	return g, Complete
}

// whole reports whether nothing is missing.
func (l *list) whole() bool {
	if !l.first || !l.last {
		return false
	}
	for i := 1; i < len(l.parts); i++ {
		if l.parts[i].start != l.parts[i-1].end+1 || l.parts[i-1].last {
			return false
		}
	}
	return true
}

// remove forgets l. The caller holds mu.
func (r *Reassembler) remove(l *list) {
	if r.lists[l.key] == l {
		delete(r.lists, l.key)
		r.n.Add(-int32(len(l.parts)))
	}
	for len(r.order) > 0 && r.lists[r.order[0].key] != r.order[0] {
		r.order[0] = nil
		r.order = r.order[1:]
	}
}

// expire forgets what has waited too long. The caller holds mu.
func (r *Reassembler) expire(now int64) {
	for len(r.order) > 0 && now >= r.order[0].expires {
		l := r.order[0]
		r.family[l.key.family].count[expired].Add(uint64(len(l.parts)))
		r.remove(l)
	}
}

// Sweep forgets what has waited too long. Fragments of a datagram that was never
// complete are not sent on.
func (r *Reassembler) Sweep(now int64) {
	if r.n.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(now)
}

// Held returns how many fragments are held.
func (r *Reassembler) Held() int { return int(r.n.Load()) }

var be = binary.BigEndian
