package flowtable

import (
	"reflect"
	"slices"
	"time"

	"govs/classifier"
	"govs/flow"
	"govs/openflow"
)

// Apply does what a flow-mod asks.
func (t *Tables) Apply(fm *openflow.FlowMod, now time.Time) error { return t.ApplyFor(nil, fm, now) }

// ApplyFor does what a flow-mod of a controller asks; origin is for Reported.
func (t *Tables) ApplyFor(origin any, fm *openflow.FlowMod, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.origin = origin
	err := t.apply(fm, int(fm.Priority), now)
	t.settle()
	t.origin = nil
	return err
}

// AddHidden adds or replaces a flow of the switch's own; a priority above 65535
// or the internal table hides it from controllers.
func (t *Tables) AddHidden(table uint8, m *flow.Match, priority int, actions []openflow.Action, now time.Time) *Rule {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, _ := t.add(&openflow.FlowMod{Match: *m, Table: table, Actions: actions, Flags: openflow.FlagHiddenFields | openflow.FlagNoReadonly}, priority, now)
	return r
}

// Delete removes one flow, if it is still there, telling controllers why.
func (t *Tables) Delete(r *Rule, why openflow.FlowRemovedReason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(r, why)
	t.settle()
}

func (t *Tables) apply(fm *openflow.FlowMod, priority int, now time.Time) error {
	if !fm.Delete() {
		if err := t.checkUses(fm.Actions); err != nil {
			return err
		}
	}
	switch fm.Command {
	case openflow.FlowAdd:
		_, err := t.add(fm, priority, now)
		return err
	case openflow.FlowModify, openflow.FlowModifyStrict:
		return t.modify(fm, priority, now)
	case openflow.FlowDelete, openflow.FlowDeleteStrict:
		return t.delete(fm, priority)
	}
	return ErrCommand
}

// admits returns the table that a flow-mod adds to, or why it may not.
func admits(fm *openflow.FlowMod) (uint8, error) {
	id := fm.Table
	if id == openflow.TableAny {
		id = 0
	}
	switch k, m := &fm.Match.Key, &fm.Match.Mask; {
	case id >= N:
		return 0, ErrBadTable
	case id == Internal && fm.Flags&openflow.FlagNoReadonly == 0:
		return 0, ErrPerm
	case fm.Flags&openflow.FlagEmergency != 0:
		return 0, ErrEmergency
	case fm.Flags&openflow.FlagHiddenFields == 0 && (m.RecircID != 0 && k.RecircID != 0 || m.DPHash != 0):
		return 0, ErrPerm // these are for the switch's own flows
	}
	return id, nil
}

// prepare makes the flow that a flow-mod adds; it is not in its table yet.
func (t *Tables) prepare(fm *openflow.FlowMod, priority int) (*Rule, error) {
	id, err := admits(fm)
	if err != nil {
		return nil, err
	}
	r := &Rule{
		Table: id, Cookie: fm.NewCookie, Actions: t.intern(fm.Actions), Flags: fm.Flags & keptFlags,
		Importance: fm.Importance, Stats: &Counters{}, teacher: teaches(fm.Actions), tbl: &t.tables[id],
	}
	r.idle.Store(uint32(fm.IdleTimeout))
	r.hard.Store(uint32(fm.HardTimeout))
	r.classify(r.tbl.cls.Load(), &fm.Match, priority)
	return r, nil
}

func (t *Tables) add(fm *openflow.FlowMod, priority int, now time.Time) (*Rule, error) {
	r, err := t.prepare(fm, priority)
	if err != nil {
		return nil, err
	}
	return r, t.admit(r, fm.Flags&openflow.FlagNoReadonly != 0, now)
}

// admit puts a prepared flow into its table, whose limit the switch's own flows
// may pass.
func (t *Tables) admit(r *Rule, own bool, now time.Time) error {
	cls := r.tbl.cls.Load()
	same := cls.FindSame(classifier.Latest, &r.cls)
	if same == nil && r.Flags&openflow.FlagCheckOverlap != 0 {
		if m := r.Match(); cls.FindOverlap(classifier.Latest, &m, r.Priority()) != nil {
			return ErrOverlap
		}
	}
	if same == nil && !own && !t.makeRoom(r.tbl, 1) {
		return ErrTableFull
	}
	r.created = now.UnixNano()
	r.modified.Store(r.created)
	r.Stats.used.Store(r.created)
	c := &t.change
	*c = Change{Kind: Added, Rule: r}
	if same != nil {
		old := same.Value
		if r.Flags&openflow.FlagResetCounts == 0 {
			r.Stats = old.Stats
		} else {
			// Counters restart, but how long the flow has been idle does not.
			r.Stats.used.Store(old.Stats.used.Load())
		}
		if !sameActions(old.Actions, r.Actions) {
			c.OldActions = old.Actions
		}
	}
	t.put(r, same)
	t.report(c)
	*c = Change{}
	return nil
}

const keptFlags = openflow.FlagSendFlowRem | openflow.FlagNoPktCounts | openflow.FlagNoByteCounts | openflow.FlagCheckOverlap | openflow.FlagResetCounts

// put inserts r in place of same, the rule of the same match and priority that is
// there, or nil.
func (t *Tables) put(r *Rule, same *classifier.Rule[*Rule]) {
	if t.tx != nil {
		t.tx.put(t, r, same)
		return
	}
	r.tbl.cls.Load().Replace(&r.cls, same)
	if same != nil {
		t.forget(same.Value)
	}
	t.enter(r)
	t.changed(r.Table)
	t.tellVacancy(r.Table)
}

// enter is note for a flow that may also be evicted from now on.
func (t *Tables) enter(r *Rule) {
	t.note(r)
	if e := r.tbl.evict; e != nil {
		e.add(r)
	}
}

// note keeps what must be known of a flow that came into its table.
func (t *Tables) note(r *Rule) {
	if r.IdleTimeout() != 0 || r.HardTimeout() != 0 {
		t.mayExpire(r)
	}
	t.countTaught(r, 1)
	t.noteUses(r)
}

// forget undoes what put noted of a flow that is no longer in its table.
func (t *Tables) forget(r *Rule) {
	r.removed.Store(true)
	delete(t.expirable, r)
	t.countTaught(r, -1)
	if e := t.tables[r.Table].evict; e != nil {
		e.remove(r)
	}
	t.forgetUses(r)
}

func (t *Tables) remove(r *Rule, why openflow.FlowRemovedReason) {
	if t.tx != nil {
		if !r.Removed() {
			t.tx.hide(t, r)
			t.tx.steps = append(t.tx.steps, txStep{kind: txRemoved, rule: r, why: why})
		}
		return
	}
	if r.Removed() || !t.tables[r.Table].cls.Load().Remove(&r.cls) {
		return
	}
	t.forget(r)
	t.changed(r.Table)
	t.tellVacancy(r.Table)
	t.tellRemoved(r, why)
}

func (t *Tables) tellRemoved(r *Rule, why openflow.FlowRemovedReason) {
	if t.Removed != nil && !r.Hidden() {
		t.Removed(r, why)
	}
	t.report(&Change{Kind: Deleted, Rule: r, Why: why})
}

func (t *Tables) modify(fm *openflow.FlowMod, priority int, now time.Time) error {
	if _, err := admits(fm); err != nil {
		return err
	}
	f := &filter{fm.Cookie, fm.CookieMask, openflow.PortNone, openflow.GroupAny}
	sel, err := t.loose(classifier.Latest, fm.Table, &fm.Match, f)
	if fm.Command == openflow.FlowModifyStrict {
		sel, err = t.strict(fm.Table, &fm.Match, priority, f)
	}
	if err != nil {
		return err
	}
	rules := slices.Collect(sel)
	if len(rules) == 0 {
		if fm.CookieMask != 0 || fm.NewCookie == ^uint64(0) {
			return nil
		}
		_, err := t.add(fm, priority, now)
		return err
	}
	for _, old := range rules {
		if old.Table == Internal && fm.Flags&openflow.FlagNoReadonly == 0 {
			return ErrPerm
		}
	}
	for _, old := range rules {
		t.replaceActions(old, fm, now)
	}
	return nil
}

// replaceActions puts in old's place a rule with fm's actions; times, timeouts
// and, unless asked otherwise, counters stay.
func (t *Tables) replaceActions(old *Rule, fm *openflow.FlowMod, now time.Time) {
	r := old.clone()
	r.Actions, r.teacher = t.intern(fm.Actions), teaches(fm.Actions)
	if fm.ModifyCookie {
		r.Cookie = fm.NewCookie
	}
	if fm.Flags&openflow.FlagResetCounts != 0 {
		r.Stats = &Counters{}
		r.Stats.used.Store(old.Stats.used.Load())
	}
	r.modified.Store(now.UnixNano())
	m := old.Match()
	r.classify(r.tbl.cls.Load(), &m, old.Priority())
	t.put(r, &old.cls)
	if same := sameActions(old.Actions, r.Actions); !same || old.Cookie != r.Cookie {
		c := Change{Kind: Modified, Rule: r}
		if !same {
			c.OldActions = old.Actions
		}
		t.report(&c)
	}
}

func (t *Tables) delete(fm *openflow.FlowMod, priority int) error {
	f := &filter{fm.Cookie, fm.CookieMask, fm.OutPort, fm.OutGroup}
	sel, err := t.loose(classifier.Latest, fm.Table, &fm.Match, f)
	if fm.Command == openflow.FlowDeleteStrict {
		sel, err = t.strict(fm.Table, &fm.Match, priority, f)
	}
	if err != nil {
		return err
	}
	if t.tx == nil && fm.Command == openflow.FlowDelete && fm.Table != Internal && fm.Match.Mask == (flow.Mask{}) && f.passesAll() {
		t.deleteAll(fm.Table)
		return nil
	}
	rules := slices.Collect(sel)
	for _, r := range rules {
		if r.Table == Internal && fm.Flags&openflow.FlagNoReadonly == 0 {
			return ErrPerm
		}
	}
	for _, r := range rules {
		t.remove(r, openflow.RemovedDelete)
	}
	return nil
}

// Learn does what a learn action asks with the flow it made from a packet: it
// refreshes the flow if it is there already, and otherwise changes the tables
// as a strict modify does: by a bundle, as the packet that teaches does not see the
// flow, though its mask shows that it is there. Limit, if not zero, is the most flows
// with this cookie in the table; ok is false when that kept the flow out. It returns
// the flow so that later packets can refresh it without coming here.
func (t *Tables) Learn(fm *openflow.FlowMod, limit uint32, now time.Time) (r *Rule, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := fm.Table
	if id >= N {
		return nil, false, ErrBadTable
	}
	old := t.exact(id, &fm.Match, int(fm.Priority))
	if old != nil && old.Value.isAs(fm) {
		old.Value.Refresh(now)
		return old.Value, true, nil
	}
	if limit != 0 && t.cookies(id, fm.NewCookie) >= limit {
		return nil, false, nil
	}
	if err := t.bundle(nil, now, func(b Bundle) error { return b.Flow(fm) }); err != nil {
		return nil, false, err
	}
	if c := t.exact(id, &fm.Match, int(fm.Priority)); c != nil {
		return c.Value, true, nil
	}
	return nil, true, nil
}

// isAs reports whether r, whose match is that of fm, is what learning fm makes.
func (r *Rule) isAs(fm *openflow.FlowMod) bool {
	return r.Cookie == fm.NewCookie && r.IdleTimeout() == fm.IdleTimeout && r.HardTimeout() == fm.HardTimeout && sameActions(r.Actions, fm.Actions)
}

// Taught reports whether the flow that Learn would make is there.
func (t *Tables) Taught(fm *openflow.FlowMod) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fm.Table >= N {
		return false
	}
	c := t.exact(fm.Table, &fm.Match, int(fm.Priority))
	return c != nil && c.Value.isAs(fm)
}

// Learnable reports whether Learn would keep the flow, were there more flows with
// its cookie than there are.
func (t *Tables) Learnable(fm *openflow.FlowMod, limit, more uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := fm.Table
	if id >= N {
		return false
	}
	c := t.exact(id, &fm.Match, int(fm.Priority))
	return limit == 0 || c != nil && c.Value.isAs(fm) || t.cookies(id, fm.NewCookie)+more < limit
}

// cookies counts the flows of a table with a cookie.
func (t *Tables) cookies(table uint8, cookie uint64) (n uint32) {
	for r := range t.tables[table].cls.Load().All(classifier.Latest) {
		if r.Value.Cookie == cookie {
			n++
		}
	}
	return n
}

func sameActions(a, b []openflow.Action) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}

// countTaught keeps count of the rules that teach with delete_learned.
func (t *Tables) countTaught(r *Rule, by int) {
	if !r.teacher {
		return
	}
	for _, a := range r.Actions {
		l, ok := a.(*openflow.Learn)
		if !ok || l.Flags&openflow.LearnDeleteLearned == 0 {
			continue
		}
		k := taught{l.Table, l.Cookie}
		t.toUnlearn[k] += by
		if t.toUnlearn[k] == 0 {
			delete(t.toUnlearn, k)
			t.unlearning = append(t.unlearning, k)
		}
	}
}

// unlearn deletes the flows whose last teacher with delete_learned is gone.
func (t *Tables) unlearn() {
	for len(t.unlearning) > 0 {
		k := t.unlearning[0]
		t.unlearning = t.unlearning[1:]
		if t.toUnlearn[k] > 0 || k.table >= N {
			continue
		}
		for r := range t.tables[k.table].cls.Load().All(classifier.Latest) {
			if r.Value.Cookie == k.cookie {
				t.remove(r.Value, openflow.RemovedDelete)
			}
		}
	}
}
