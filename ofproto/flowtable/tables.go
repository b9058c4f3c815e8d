// Package flowtable is the flow tables of an OpenFlow switch: what flow-mods do
// to them, what they tell about flows, and how flows time out. It has no clock;
// the time is passed in.
//
// Lookups and dumps take no lock and may run at any time; changes wait for each
// other.
package flowtable

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"govs/classifier"
	"govs/flow"
	"govs/openflow"
)

// N is the number of tables, numbered from 0.
const N = 255

// Internal is the table for the switch's own purposes, which controllers cannot
// see or change.
const Internal = N - 1

// Errors of Apply; the connection turns them into OpenFlow's.
var (
	ErrOverlap   = errors.New("OFPFMFC_OVERLAP")
	ErrBadTable  = errors.New("OFPBRC_BAD_TABLE_ID")
	ErrPerm      = errors.New("OFPBRC_EPERM")
	ErrTableFull = errors.New("OFPFMFC_TABLE_FULL")
	ErrEmergency = errors.New("OFPFMFC_BAD_EMERG_TIMEOUT")
	ErrCommand   = errors.New("OFPFMFC_BAD_COMMAND")
)

// Table is one flow table.
type Table struct {
	// Matched and Missed count lookups.
	Matched, Missed atomic.Uint64

	hidden atomic.Int32 // flows that are removed but not yet taken out

	cls  atomic.Pointer[classifier.Classifier[*Rule]]
	seq  atomic.Uint64
	miss atomic.Uint32 // openflow.TableMiss
	id   uint8
	of   *Tables

	// Guarded by Tables.mu.
	limits  Limits
	mod     Mod
	evict   *evictor     // nil when flows are not evicted
	vacancy VacancyEvent // what to tell next
}

// Len returns the number of flows, hidden ones included.
func (t *Table) Len() int { return t.cls.Load().Len() - int(t.hidden.Load()) }

// Seq changes with every change of the table's flows.
func (t *Table) Seq() uint64 { return t.seq.Load() }

// Lookup returns the flow for a packet with key k, or nil, and adds to wc, if it
// is not nil, the bits of k it depends on.
func (t *Table) Lookup(v classifier.Version, k *flow.Key, wc *flow.Mask) *Rule {
	if r := t.cls.Load().Lookup(v, k, wc); r != nil {
		return r.Value
	}
	return nil
}

// Tables are the flow tables of a switch.
type Tables struct {
	// Removed, if set, is called with each flow that goes other than by being
	// replaced. It is called with the tables locked and must not change them.
	Removed func(r *Rule, why openflow.FlowRemovedReason)
	// Vacancy, if set, is called when a table has become too full or empty
	// enough, with how much of it is free, in percent; like Removed.
	Vacancy func(table uint8, m Mod, e VacancyEvent, free int)

	// Reported, if set, is called with each change of a flow that controllers
	// see, and Settled when a whole request has been carried out; like Removed.
	Reported func(c *Change)
	Settled  func()

	tables   [N]Table
	seq      atomic.Uint64
	prefixes []classifier.Prefix

	mu         sync.Mutex
	expirable  map[*Rule]uint64 // and their order
	timed      uint64           // flows that have been in expirable so far
	toUnlearn  map[taught]int   // flows whose learned flows go with the last teacher
	unlearning []taught
	interned   map[any][]openflow.Action
	origin     any                   // of the change under way
	changes    uint64                // reported so far
	change     Change                // to report, for those that come often
	users      map[use]map[*Rule]int // flows by what they refer to, and how many times

	state    atomic.Pointer[State]
	metering Metering
	useSeq   atomic.Uint64

	tx      *tx    // the bundle under way
	garbage []gone // flows that no later state shows, oldest first
}

// taught identifies what a learn with delete_learned teaches.
type taught struct {
	table  uint8
	cookie uint64
}

// New returns empty tables whose lookups use tries on the given fields.
func New(prefixes ...classifier.Prefix) *Tables {
	t := &Tables{expirable: map[*Rule]uint64{}, toUnlearn: map[taught]int{}, interned: map[any][]openflow.Action{}, prefixes: prefixes}
	for i := range t.tables {
		t.tables[i].id, t.tables[i].of = uint8(i), t
		t.tables[i].cls.Store(classifier.New[*Rule](prefixes...))
	}
	return t
}

// Table returns table i, which is less than N.
func (t *Tables) Table(i uint8) *Table { return &t.tables[i] }

// Seq changes with every change of any table.
func (t *Tables) Seq() uint64 { return t.seq.Load() }

func (t *Tables) changed(table uint8) {
	t.tables[table].seq.Add(1)
	t.seq.Add(1)
}

// selected returns the tables that a request for id is about; those of
// controllers when id is TableAny.
func (t *Tables) selected(id uint8) (from, to int, err error) {
	switch {
	case id == openflow.TableAny:
		return 0, Internal, nil
	case int(id) < N:
		return int(id), int(id) + 1, nil
	}
	return 0, 0, ErrBadTable
}

// filter says which flows a request is about besides its match.
type filter struct {
	cookie, cookieMask uint64
	port               openflow.Port
	group              uint32
}

func (f *filter) passes(r *Rule) bool {
	return !r.Hidden() && (r.Cookie^f.cookie)&f.cookieMask == 0 &&
		(f.port == openflow.PortNone || outputs(r.Actions, f.port)) &&
		(f.group == openflow.GroupAny || usesGroup(r.Actions, f.group))
}

// passesAll reports whether f keeps nothing out but hidden flows.
func (f *filter) passesAll() bool {
	return f.cookieMask == 0 && f.port == openflow.PortNone && f.group == openflow.GroupAny
}

// loose yields the flows of version v that match m loosely and pass f.
func (t *Tables) loose(v classifier.Version, id uint8, m *flow.Match, f *filter) (iter.Seq[*Rule], error) {
	from, to, err := t.selected(id)
	if err != nil {
		return nil, err
	}
	return func(yield func(*Rule) bool) {
		for i := from; i < to; i++ {
			for r := range t.tables[i].cls.Load().Matching(v, m) {
				if f.passes(r.Value) && !yield(r.Value) {
					return
				}
			}
		}
	}, nil
}

// strict yields the flows with exactly this match and priority that pass f. It
// needs the lock.
func (t *Tables) strict(id uint8, m *flow.Match, priority int, f *filter) (iter.Seq[*Rule], error) {
	from, to, err := t.selected(id)
	if err != nil {
		return nil, err
	}
	return func(yield func(*Rule) bool) {
		for i := from; i < to; i++ {
			if r := t.exact(uint8(i), m, priority); r != nil && f.passes(r.Value) && !yield(r.Value) {
				return
			}
		}
	}, nil
}

// exact returns the rule with exactly this match and priority, nil for none. It
// needs the lock.
func (t *Tables) exact(id uint8, m *flow.Match, priority int) *classifier.Rule[*Rule] {
	var room flow.Match
	return t.tables[id].cls.Load().FindExact(classifier.Latest, ofFrames(m, &room), priority)
}

// ofFrames returns m or, in room, what a match on the header of Ethernet frames is in
// the classifier: also one of frames. A packet whose header was taken off has other
// values there, if any.
func ofFrames(m, room *flow.Match) *flow.Match {
	if m.Mask.PacketType != 0 || !m.Mask.ImpliesEthernet() {
		return m
	}
	*room = *m
	room.Set(flow.PacketType, flow.U(flow.PacketTypeEthernet))
	return room
}

// Flows yields the flows that a flow stats request is about, without hidden ones.
func (t *Tables) Flows(q *openflow.FlowStatsRequest) (iter.Seq[*Rule], error) {
	return t.loose(t.State().Version, q.Table, &q.Match, &filter{q.Cookie, q.CookieMask, q.OutPort, q.OutGroup})
}

// All yields every flow of every table, hidden and internal ones too.
func (t *Tables) All() iter.Seq[*Rule] {
	v := t.State().Version
	return func(yield func(*Rule) bool) {
		for i := range t.tables {
			for r := range t.tables[i].cls.Load().All(v) {
				if !yield(r.Value) {
					return
				}
			}
		}
	}
}

// Expire removes the flows that have timed out by now and returns how many: in the
// order in which they came, and as one change of each classifier, as in Open vSwitch.
func (t *Tables) Expire(now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.collect(now)
	var late []*Rule
	for r := range t.expirable {
		if _, ok := r.expired(now); ok {
			late = append(late, r)
		}
	}
	slices.SortFunc(late, func(a, b *Rule) int { return cmp.Compare(t.expirable[a], t.expirable[b]) })
	for _, r := range late {
		r.tbl.cls.Load().Defer()
	}
	for _, r := range late {
		why, _ := r.expired(now)
		t.remove(r, why)
	}
	for _, r := range late {
		r.tbl.cls.Load().Publish()
	}
	t.settle()
	return len(late)
}

// mayExpire makes Expire look at r.
func (t *Tables) mayExpire(r *Rule) {
	if _, known := t.expirable[r]; !known {
		t.timed++
		t.expirable[r] = t.timed
	}
}

// noteTimeouts makes Expire look at r, whose timeouts were reduced.
func (t *Tables) noteTimeouts(r *Rule) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !r.Removed() {
		t.mayExpire(r)
		if e := t.tables[r.Table].evict; e != nil {
			e.changed(r)
		}
	}
}
