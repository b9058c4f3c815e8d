// Package conntrack tracks the connections that packets belong to: the state of
// TCP, UDP and ICMP conversations, address translation, helpers for FTP and
// TFTP, limits and time-outs by zone. It is one state machine for all datapaths:
// a packet, what a ct action says, and the time go in; the packet comes out with
// its Ct fields filled in and its headers translated.
//
//	t := conntrack.New()
//	t.Process(p, &conntrack.Action{Zone: 5, Commit: true}, now)
//
// There is no goroutine, clock or socket inside: time is milliseconds that the
// caller passes, and somebody calls Sweep now and then. A Tracker may be used
// from any goroutine; its table is cut into shards with a lock each, and a
// packet of a known connection takes one of them, once.
package conntrack

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"govs/daemon/coverage"
	"govs/packet"
)

// Bits of packet.Packet.CtState.
const (
	StateNew = 1 << iota
	StateEstablished
	StateRelated
	StateReply
	StateInvalid
	StateTracked
	StateSrcNAT
	StateDstNAT
)

// DefaultMaxConns is how many connections a Tracker has room for at first.
const DefaultMaxConns = 3000000

// Action is what a ct action asks for. It is not changed.
type Action struct {
	Zone           uint16
	Commit         bool
	Force          bool // with Commit: a connection of the other direction gives way
	Mark, MarkMask uint32
	Label          [16]byte
	LabelMask      [16]byte
	SetMark        bool
	SetLabel       bool
	Helper         string // "ftp", "tftp" or none
	Policy         uint32 // time-out policy, 0 for the default
	NAT            *NAT   // nil: no translation, not even of known connections
}

// A Tracker is a table of connections.
type Tracker struct {
	seed   uint64
	shards [numShards]shard

	maxConns atomic.Uint32
	conns    atomic.Int64
	liberal  atomic.Bool // TCP sequence numbers are not checked

	zones    zoneTable
	policies atomic.Pointer[map[uint32]*Policy]
	expect   expectations

	mu sync.Mutex // orders writers of policies
}

// Events that are counted, by OVS's names.
var (
	countFull      = coverage.New("conntrack_full")
	countL3Csum    = coverage.New("conntrack_l3csum_err")
	countL4Csum    = coverage.New("conntrack_l4csum_err")
	countTCPFlags  = coverage.New("conntrack_invalid_tcp_flags")
	countSeqFailed = coverage.New("conntrack_tcp_seq_chk_failed")
	countSeqBypass = coverage.New("conntrack_tcp_seq_chk_bypass")
	countExhausted = coverage.New("conntrack_nat_exhausted")
	countZoneFull  = coverage.New("conntrack_zone_full")
)

// New returns a Tracker without connections.
func New() *Tracker {
	t := &Tracker{seed: rand.Uint64()}
	t.maxConns.Store(DefaultMaxConns)
	t.expect.init()
	return t
}

// Len returns the number of connections in the table.
func (t *Tracker) Len() int { return int(t.conns.Load()) }

// MaxConns returns how many connections there may be.
func (t *Tracker) MaxConns() uint32 { return t.maxConns.Load() }

// SetMaxConns changes how many connections there may be. Those there are stay.
func (t *Tracker) SetMaxConns(n uint32) { t.maxConns.Store(n) }

// SeqCheck reports whether TCP segments outside the window are invalid.
func (t *Tracker) SeqCheck() bool { return !t.liberal.Load() }

// SetSeqCheck turns the check of TCP sequence numbers on or off.
func (t *Tracker) SetSeqCheck(on bool) { t.liberal.Store(!on) }

// Clear is the ct_clear action: it makes p a packet that was never tracked.
func Clear(p *packet.Packet) {
	p.CtState, p.CtZone, p.CtMark, p.CtLabel, p.CtOrig = 0, 0, 0, [16]byte{}, packet.CtTuple{}
	p.CtConn, p.CtConnReply, p.CtConnRelated = nil, false, false
}
