package flowtable

import "govs/openflow"

// use is something that flows' actions refer to and that must be there.
type use struct {
	kind useKind
	id   uint32
}

type useKind uint8

const (
	useGroup useKind = iota
	useMeter
)

// eachUse calls f with what the actions refer to, more than once if they do so
// more than once.
func eachUse(actions []openflow.Action, f func(use)) {
	for _, a := range actions {
		switch a := a.(type) {
		case *openflow.Group:
			f(use{useGroup, a.ID})
		case *openflow.Meter:
			f(use{useMeter, a.ID})
		case *openflow.Clone:
			eachUse(a.Actions, f)
		case *openflow.WriteActions:
			eachUse(a.Actions, f)
		}
	}
}

// uses reports whether the actions refer to something.
func uses(actions []openflow.Action, u use) (found bool) {
	eachUse(actions, func(x use) { found = found || x == u })
	return found
}

func usesGroup(actions []openflow.Action, id uint32) bool { return uses(actions, use{useGroup, id}) }

// CheckUses refuses actions that refer to what is not there.
func (t *Tables) CheckUses(actions []openflow.Action) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.checkUses(actions)
}

// CheckUses refuses actions that refer to what the bundle would leave missing.
func (b Bundle) CheckUses(actions []openflow.Action) error { return b.t.checkUses(actions) }

// checkUses refuses actions that refer to what is not there.
func (t *Tables) checkUses(actions []openflow.Action) (err error) {
	eachUse(actions, func(u use) {
		switch {
		case err != nil:
		case u.kind == useGroup && t.latest().Groups.Get(u.id) == nil:
			err = openflow.ErrBadActionBadOutGroup
		case u.kind == useMeter && t.latest().Meters.Get(u.id) == nil:
			err = openflow.ErrMeterModFailedInvalidMeter
		}
	})
	return err
}

// noteUses keeps, for each thing that flows refer to, which flows do, and how
// many times each.
func (t *Tables) noteUses(r *Rule) {
	eachUse(r.Actions, func(u use) {
		if t.users == nil {
			t.users = map[use]map[*Rule]int{}
		}
		if t.users[u] == nil {
			t.users[u] = map[*Rule]int{}
		}
		t.users[u][r]++
	})
}

func (t *Tables) forgetUses(r *Rule) {
	eachUse(r.Actions, func(u use) {
		if delete(t.users[u], r); len(t.users[u]) == 0 {
			delete(t.users, u)
		}
	})
}

// references returns how many times flows refer to something.
func (t *Tables) references(u use) (n int) {
	for _, times := range t.users[u] {
		n += times
	}
	return n
}
