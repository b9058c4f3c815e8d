package flowtable

import (
	"math"
	"sync/atomic"
	"time"

	"govs/classifier"
	"govs/flow"
	"govs/openflow"
)

// Rule is one flow. All but its counters, its times and its timeouts never
// change: a flow that is modified becomes a new Rule that shares the counters.
type Rule struct {
	Cookie  uint64
	Actions []openflow.Action

	// Stats are shared with the rules this one replaced.
	Stats *Counters

	Flags      openflow.FlowModFlags
	Importance uint16
	Table      uint8
	teacher    bool // its actions learn with delete_learned

	tbl      *Table
	cls      classifier.Rule[*Rule]
	created  int64        // nanoseconds since 1970
	modified atomic.Int64 // the same
	idle     atomic.Uint32
	hard     atomic.Uint32
	removed  atomic.Bool

	// When the flow was added and last changed: the low bits of the number of
	// the change. No connection is paused for half of their range.
	addedAt, changedAt uint32
}

// Counters count what a flow did. They may be added to from any goroutine.
type Counters struct {
	Packets, Bytes atomic.Uint64
	used           atomic.Int64 // nanoseconds since 1970
}

// Add counts packets that matched, the last one at used.
func (c *Counters) Add(packets, bytes uint64, used time.Time) {
	c.Packets.Add(packets)
	c.Bytes.Add(bytes)
	c.Touch(used)
}

// Touch moves Used forward to t.
func (c *Counters) Touch(t time.Time) {
	n := t.UnixNano()
	for {
		old := c.used.Load()
		if old >= n || c.used.CompareAndSwap(old, n) {
			return
		}
	}
}

// Used returns when the last packet matched, or when the flow came if none has.
func (c *Counters) Used() time.Time { return time.Unix(0, c.used.Load()) }

// Count counts packets that matched, the last one at used.
func (r *Rule) Count(packets, bytes uint64, used time.Time) {
	r.Stats.Add(packets, bytes, used)
	if r.tbl != nil {
		r.tbl.Matched.Add(packets)
	}
}

// Match returns the flow's match.
func (r *Rule) Match() flow.Match { return r.cls.Match() }

// Priority returns the flow's priority; hidden flows have ones above 65535.
func (r *Rule) Priority() int { return r.cls.Priority() }

// Hidden reports whether controllers must not see or touch the flow.
func (r *Rule) Hidden() bool { return r.Priority() > math.MaxUint16 }

// Removed reports whether the flow is no longer in its table.
func (r *Rule) Removed() bool { return r.removed.Load() }

// Created returns when the flow was added.
func (r *Rule) Created() time.Time { return time.Unix(0, r.created) }

// Modified returns when the flow was added, changed or learned last.
func (r *Rule) Modified() time.Time { return time.Unix(0, r.modified.Load()) }

// Refresh restarts the hard timeout, as learning a flow again does.
func (r *Rule) Refresh(now time.Time) {
	n := now.UnixNano()
	for {
		old := r.modified.Load()
		if old >= n || r.modified.CompareAndSwap(old, n) {
			return
		}
	}
}

// IdleTimeout and HardTimeout return the timeouts in seconds; 0 is never.
func (r *Rule) IdleTimeout() uint16 { return uint16(r.idle.Load()) }

// HardTimeout returns the hard timeout in seconds; 0 is never.
func (r *Rule) HardTimeout() uint16 { return uint16(r.hard.Load()) }

// ReduceTimeouts lowers the timeouts to the given ones, as fin_timeout does; 0
// leaves one alone.
func (r *Rule) ReduceTimeouts(idle, hard uint16) {
	reduce := func(t *atomic.Uint32, to uint16) bool {
		old := t.Load()
		less := to != 0 && (old == 0 || uint32(to) < old)
		if less {
			t.Store(uint32(to))
		}
		return less
	}
	i, h := reduce(&r.idle, idle), reduce(&r.hard, hard)
	if i || h {
		r.tbl.of.noteTimeouts(r)
	}
}

// expired says whether, and why, the flow has timed out by now: it lives for all
// of its time, the last millisecond included.
func (r *Rule) expired(now time.Time) (openflow.FlowRemovedReason, bool) {
	if t := r.HardTimeout(); t != 0 && now.Sub(r.Modified()) > time.Duration(t)*time.Second {
		return openflow.RemovedHardTimeout, true
	}
	if t := r.IdleTimeout(); t != 0 && now.Sub(r.Stats.Used()) > time.Duration(t)*time.Second {
		return openflow.RemovedIdleTimeout, true
	}
	return 0, false
}

// FlowStats returns the flow as a flow stats reply has it.
func (r *Rule) FlowStats(now time.Time) openflow.FlowStats {
	return openflow.FlowStats{
		Match:       r.Match(),
		Cookie:      r.Cookie,
		Table:       r.Table,
		Priority:    uint16(min(r.Priority(), math.MaxUint16)),
		IdleTimeout: r.IdleTimeout(),
		HardTimeout: r.HardTimeout(),
		Duration:    now.Sub(r.Created()).Truncate(time.Millisecond), // as fine as the clock of OVS
		IdleAge:     int(now.Sub(r.Stats.Used()) / time.Second),
		HardAge:     int(now.Sub(r.Modified()) / time.Second),
		Packets:     r.Stats.Packets.Load(),
		Bytes:       r.Stats.Bytes.Load(),
		Importance:  r.Importance,
		Flags:       r.Flags,
		Actions:     r.Actions,
	}
}

// clone returns a Rule like r that is in no table yet and shares its counters.
func (r *Rule) clone() *Rule {
	c := &Rule{
		Table: r.Table, Cookie: r.Cookie, Actions: r.Actions, Flags: r.Flags, Importance: r.Importance,
		created: r.created, Stats: r.Stats, tbl: r.tbl, teacher: r.teacher, addedAt: r.addedAt, changedAt: r.changedAt,
	}
	c.idle.Store(r.idle.Load())
	c.hard.Store(r.hard.Load())
	c.modified.Store(r.modified.Load())
	return c
}

// Outputs reports whether some action may send to the port by number.
func (r *Rule) Outputs(p openflow.Port) bool { return outputs(r.Actions, p) }

func outputs(actions []openflow.Action, p openflow.Port) bool {
	for _, a := range actions {
		switch a := a.(type) {
		case *openflow.Output:
			if a.Port == p {
				return true
			}
		case *openflow.OutputTrunc:
			if a.Port == p {
				return true
			}
		case *openflow.Enqueue:
			if a.Port == p {
				return true
			}
		case *openflow.Controller:
			if p == openflow.PortController {
				return true
			}
		case *openflow.Clone:
			if outputs(a.Actions, p) {
				return true
			}
		case *openflow.WriteActions:
			if outputs(a.Actions, p) {
				return true
			}
		}
	}
	return false
}

func teaches(actions []openflow.Action) bool {
	for _, a := range actions {
		if l, ok := a.(*openflow.Learn); ok && l.Flags&openflow.LearnDeleteLearned != 0 {
			return true
		}
	}
	return false
}
