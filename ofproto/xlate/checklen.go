package xlate

import (
	"govs/flow"
	"govs/openflow"
)

// checkPktLarger translates the rest of a rule's actions twice: for packets
// longer than the given length, and for others. The datapath decides which.
func (t *Translator) checkPktLarger(a *openflow.CheckPktLarger, rest []openflow.Action, last bool) {
	t.commit()
	outer := t.odp
	set := append([]openflow.Action(nil), t.actionSet...)
	var branch [2][]byte
	exit := false
	for i, larger := range []uint64{1, 0} {
		t.odp = nil
		t.alone(func() {
			a.Dst.Set(&t.flow, flow.U(larger))
			t.do(rest, last)
			t.finish()
			exit = exit || t.exit && larger == 1
		})
		branch[i] = t.odp // after an error as far as it got
	}
	// As in Open vSwitch, what stops longer packets stops what is around this for all,
	// and an action set that was carried out on them is not there for shorter ones until
	// what is around this comes to it.
	t.exit = exit
	t.actionSet = append(t.actionSet[:0], set...)
	t.odp = outer.CheckPktLen(a.Len, branch[0], branch[1])
}

// alone runs fn and puts back what it changed of the packet and the pipeline, but for
// the action set.
func (t *Translator) alone(fn func()) {
	saved, base := t.flow, t.base
	stack := append([]flow.Value(nil), t.stack...)
	wasMPLS, conntracked, mirrors := t.wasMPLS, t.conntracked, t.mirrors
	exit, freezing, steps, pause := t.exit, t.freezing, t.steps, t.pause
	table, rule, cookie := t.table, t.rule, t.cookie
	t.exit, t.freezing, t.steps, t.pause = false, false, nil, nil
	fn()
	t.flow, t.base = saved, base
	t.stack = append(t.stack[:0], stack...)
	t.wasMPLS, t.conntracked, t.mirrors = wasMPLS, conntracked, mirrors
	t.exit, t.freezing, t.steps, t.pause = exit, freezing, steps, pause
	t.table, t.rule, t.cookie = table, rule, cookie
}
