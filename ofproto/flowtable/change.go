package flowtable

import (
	"iter"

	"govs/flow"
	"govs/openflow"
)

// ChangeKind is what happened to a flow.
type ChangeKind uint8

// Kinds of Change.
const (
	Added ChangeKind = iota
	Modified
	Deleted
)

// Change is something that happened to a flow that controllers see.
type Change struct {
	Kind       ChangeKind
	Rule       *Rule
	OldActions []openflow.Action // of a flow whose actions changed
	Why        openflow.FlowRemovedReason
	Origin     any // who asked for it; see ApplyFor
}

// report tells of a change, and numbers it.
func (t *Tables) report(c *Change) {
	if c.Rule.Hidden() || c.Rule.Table == Internal {
		return
	}
	if t.tx != nil {
		t.tx.reportLater(c)
		return
	}
	if c.Kind != Deleted {
		t.changes++
		c.Rule.changedAt = uint32(t.changes)
		if c.Kind == Added {
			c.Rule.addedAt = uint32(t.changes)
		}
	}
	if t.Reported != nil {
		c.Origin = t.origin
		t.Reported(c)
	}
}

// settle ends a request: what it taught is unlearned, and its end told.
func (t *Tables) settle() {
	t.unlearn()
	if t.Settled != nil {
		t.Settled()
	}
}

// AddedSince and ChangedSince report whether the flow was added, or changed,
// after the given number of changes. They are for those who hold the tables, as
// Reported and View do.
func (r *Rule) AddedSince(n uint64) bool   { return int32(r.addedAt-uint32(n)) > 0 }
func (r *Rule) ChangedSince(n uint64) bool { return int32(r.changedAt-uint32(n)) > 0 }

// A View lets look at the tables while nothing changes.
type View struct{ t *Tables }

// View calls fn with the tables locked.
func (t *Tables) View(fn func(v View)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn(View{t})
}

// Changes returns the number of changes so far.
func (v View) Changes() uint64 { return v.t.changes }

// Flows is Tables.Flows.
func (v View) Flows(q *openflow.FlowStatsRequest) (iter.Seq[*Rule], error) { return v.t.Flows(q) }

// ChangesLocked is View.Changes for the tables' callbacks.
func (t *Tables) ChangesLocked() uint64 { return t.changes }

// Concerns reports whether the flow outputs, or did before the change, to a
// port and a group; PortNone and GroupAny are any.
func (c *Change) Concerns(p openflow.Port, group uint32) bool {
	is := func(a []openflow.Action) bool {
		return (p == openflow.PortNone || outputs(a, p)) && (group == openflow.GroupAny || usesGroup(a, group))
	}
	return is(c.Rule.Actions) || c.OldActions != nil && is(c.OldActions)
}

// MoreSpecific reports whether m covers the flow, as OpenFlow's loose matching
// has it.
func (r *Rule) MoreSpecific(m *flow.Match) bool { return r.cls.MoreSpecific(m) }
