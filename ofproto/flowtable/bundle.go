package flowtable

import (
	"slices"
	"time"

	"govs/classifier"
	"govs/openflow"
)

// State is what one translation looks at: the flows of a version, with the
// groups and meters that belong to it. It does not change.
type State struct {
	Version classifier.Version
	Groups  *Groups
	Meters  *Meters
}

var noState State

// State returns the state as it is now.
func (t *Tables) State() *State {
	if s := t.state.Load(); s != nil {
		return s
	}
	return &noState
}

// latest is State for those who hold the lock; it includes what the bundle under
// way has changed.
func (t *Tables) latest() *State {
	if t.tx != nil {
		return &t.tx.state
	}
	return t.State()
}

func (t *Tables) setState(s *State) {
	if t.tx != nil {
		t.tx.state = *s
		return
	}
	t.state.Store(s)
	t.useSeq.Add(1)
	t.seq.Add(1)
}

// tx is a bundle under way. Its flows are in the tables in a version that
// nobody looks up yet; what it takes out stays in for those who look.
type tx struct {
	state  State
	steps  []txStep
	tables [N]bool // changed
}

// txStep is one thing that a bundle did, to be undone, or to be finished once
// the bundle is seen.
type txStep struct {
	kind txKind
	why  openflow.FlowRemovedReason
	rule *Rule
	more *Change
}

type txKind uint8

const (
	txAdded     txKind = iota // rule came in
	txAddedTold               // rule came in, to be reported
	txHidden                  // rule went
	txRemoved                 // tell that rule went, and why
	txReported                // report more
)

// undo takes a step back.
func (t *Tables) undo(s *txStep) {
	r := s.rule
	switch s.kind {
	case txAdded, txAddedTold:
		t.forget(r)
		r.tbl.cls.Load().Remove(&r.cls)
	case txHidden:
		r.cls.RestoreRemoved()
		r.tbl.hidden.Add(-1)
		r.removed.Store(false)
		t.enter(r)
	}
}

// finish does what had to wait until the bundle is seen.
func (t *Tables) finish(s *txStep) {
	r := s.rule
	switch s.kind {
	case txHidden:
		g := &t.garbage[len(t.garbage)-1]
		g.rules = append(g.rules, r)
	case txRemoved:
		t.tellRemoved(r, s.why)
	case txAddedTold:
		t.change = Change{Kind: Added, Rule: r}
		t.report(&t.change)
		t.change = Change{}
	case txReported:
		t.report(s.more)
	}
}

// reportLater keeps a change for when the bundle is seen.
func (x *tx) reportLater(c *Change) {
	if n := len(x.steps); c.Kind == Added && c.OldActions == nil && n > 0 && x.steps[n-1] == (txStep{kind: txAdded, rule: c.Rule}) {
		x.steps[n-1].kind = txAddedTold // the usual change, of which there may be many
		return
	}
	later := *c
	x.steps = append(x.steps, txStep{kind: txReported, rule: c.Rule, more: &later})
}

// A Bundle changes the tables within Tables.Bundle.
type Bundle struct {
	t   *Tables
	now time.Time
}

// Expect says how many changes are to come.
func (b Bundle) Expect(n int) { b.t.tx.steps = slices.Grow(b.t.tx.steps, n) }

// Flow does what a flow-mod asks.
func (b Bundle) Flow(fm *openflow.FlowMod) error { return b.t.apply(fm, int(fm.Priority), b.now) }

// Add adds a flow that was prepared from a flow-mod. A flow can be added once only.
func (b Bundle) Add(r *Rule) error {
	if err := b.t.checkUses(r.Actions); err != nil {
		return err
	}
	return b.t.admit(r, false, b.now)
}

// Group does what a group-mod asks.
func (b Bundle) Group(gm *openflow.GroupMod) error { return b.t.group(gm, b.now) }

// Prepare makes the flow that a controller's flow-mod adds, for a bundle to add
// later. It takes about as much room as the flow itself will.
func (t *Tables) Prepare(fm *openflow.FlowMod) (*Rule, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.prepare(fm, int(fm.Priority))
}

// Bundle calls fn, and makes all that it changes be seen at once, by packets as
// by dumps, or, if it returns an error, undoes it. Origin is for Reported.
func (t *Tables) Bundle(origin any, now time.Time, fn func(Bundle) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bundle(origin, now, fn)
}

func (t *Tables) bundle(origin any, now time.Time, fn func(Bundle) error) error {
	t.collect(now)
	old := t.State()
	x := &tx{state: *old}
	x.state.Version++
	t.tx, t.origin = x, origin
	err := fn(Bundle{t, now})
	if err == nil {
		t.unlearn()
	}
	t.tx = nil
	if err != nil {
		for i := len(x.steps) - 1; i >= 0; i-- {
			t.undo(&x.steps[i])
		}
		t.unlearning = nil
		t.origin = nil
		return err
	}
	seen := x.state // not a part of x, which goes
	t.state.Store(&seen)
	for i, changed := range x.tables {
		if changed {
			t.changed(uint8(i))
		}
	}
	if old.Groups != x.state.Groups || old.Meters != x.state.Meters {
		t.useSeq.Add(1)
		t.seq.Add(1)
	}
	t.garbage = append(t.garbage, gone{at: now})
	for i := range x.steps {
		t.finish(&x.steps[i])
	}
	if last := len(t.garbage) - 1; len(t.garbage[last].rules) == 0 {
		t.garbage = t.garbage[:last]
	}
	for i, changed := range x.tables {
		if changed {
			t.tellVacancy(uint8(i))
		}
	}
	t.settle()
	t.origin = nil
	return nil
}

// grace is how long flows that a bundle removed stay in for those who had begun to
// look before it, however slowly they go on.
const grace = time.Second

// gone are the flows that a bundle removed.
type gone struct {
	at    time.Time
	rules []*Rule
}

// collect takes out the flows that bundles removed long enough ago.
func (t *Tables) collect(now time.Time) {
	for len(t.garbage) > 0 && now.Sub(t.garbage[0].at) >= grace {
		for _, r := range t.garbage[0].rules {
			r.tbl.cls.Load().Remove(&r.cls)
			r.tbl.hidden.Add(-1)
		}
		t.garbage = t.garbage[1:]
	}
}

// dropGarbage forgets a table's part of what collect is to take out, as its whole
// classifier goes.
func (t *Tables) dropGarbage(tb *Table) {
	for i := range t.garbage {
		g := &t.garbage[i]
		g.rules = slices.DeleteFunc(g.rules, func(r *Rule) bool { return r.tbl == tb })
	}
	tb.hidden.Store(0)
}

// put is Tables.put within a bundle.
func (x *tx) put(t *Tables, r *Rule, same *classifier.Rule[*Rule]) {
	if same != nil {
		x.hide(t, same.Value)
	}
	r.tbl.cls.Load().InsertIn(&r.cls, x.state.Version)
	t.enter(r)
	x.tables[r.Table] = true
	x.steps = append(x.steps, txStep{kind: txAdded, rule: r})
}

// hide removes a flow from the bundle's version on.
func (x *tx) hide(t *Tables, r *Rule) {
	tb := &t.tables[r.Table]
	r.cls.RemoveIn(x.state.Version)
	tb.hidden.Add(1)
	t.forget(r)
	x.tables[r.Table] = true
	x.steps = append(x.steps, txStep{kind: txHidden, rule: r})
}
