package xlate

import (
	"slices"

	"govs/flow"
	"govs/openflow"
)

// writeActions merges actions into the action set. They pile up in the order
// they come; what takes effect is sorted out when the set is carried out. An output
// that comes beside a group is none.
func (t *Translator) writeActions(actions []openflow.Action) {
	grouped := slices.ContainsFunc(t.actionSet, isGroup)
	t.actionSet = append(t.actionSet, actions...)
	for i := 0; i < len(actions) && !grouped; i++ {
		switch a := actions[i].(type) {
		case *openflow.Output:
			t.flow.ActsetOutput = uint32(a.Port)
		case *openflow.Group:
			t.flow.ActsetOutput, grouped = flow.PortUnset, true
		}
	}
}

func isGroup(a openflow.Action) bool { _, ok := a.(*openflow.Group); return ok }

// setOrder is the order of an action set (OpenFlow 1.5.1, 5.6); of each kind the
// last one written counts. Output comes last and only without a group.
var setOrder = [...]openflow.Kind{
	openflow.KindStripVLAN, openflow.KindPopMPLS, openflow.KindDecap, openflow.KindEncap,
	openflow.KindPushMPLS, openflow.KindPushVLAN, openflow.KindDecTTL, openflow.KindDecMPLSTTL, openflow.KindDecNSHTTL,
}

// setMoves are the kinds of actions in a set that all count, in the order written.
func setMoves(k openflow.Kind) bool {
	switch k {
	case openflow.KindSetEthSrc, openflow.KindSetEthDst, openflow.KindSetField, openflow.KindMove, openflow.KindSetIPDSCP,
		openflow.KindSetIPECN, openflow.KindSetIPTTL, openflow.KindSetIPv4Src, openflow.KindSetIPv4Dst, openflow.KindSetL4SrcPort,
		openflow.KindSetL4DstPort, openflow.KindSetMPLSLabel, openflow.KindSetMPLSTC, openflow.KindSetMPLSTTL,
		openflow.KindSetTunnel, openflow.KindSetVLANPCP, openflow.KindSetVLANVID, openflow.KindSetQueue:
		return true
	}
	return false
}

// ordered returns the actions of a set that take effect, in order, in scratch
// space that the next call uses again.
func (t *Translator) ordered(set []openflow.Action) []openflow.Action {
	out := t.setActions[:0]
	last := func(k openflow.Kind) bool {
		for i := len(set) - 1; i >= 0; i-- {
			if set[i].Kind() == k {
				out = append(out, set[i])
				return true
			}
		}
		return false
	}
	for _, k := range setOrder {
		last(k)
	}
	for _, a := range set {
		if setMoves(a.Kind()) {
			out = append(out, a)
		}
	}
	if !last(openflow.KindGroup) && !last(openflow.KindOutput) {
		// Nothing goes out: nothing else is worth doing.
		if !last(openflow.KindResubmit) && !last(openflow.KindCT) {
			out = out[:0]
		}
	}
	t.setActions = out
	return out
}

// doActionSet carries the action set out at the end of the pipeline, except behind an
// exit: whatever Open vSwitch's manual says, it does so.
func (t *Translator) doActionSet() {
	if len(t.actionSet) == 0 {
		return
	}
	t.inActSet = true
	list := append([]openflow.Action(nil), t.ordered(t.actionSet)...)
	t.actionSet = t.actionSet[:0]
	if len(list) > 0 {
		node := t.node
		if t.node != nil {
			t.node = t.add(NodeTable, "--. Executing action set:")
		}
		t.do(list, true)
		t.node = node
	}
	t.inActSet = false
}

func (t *Translator) reportActionSet(verb string) {
	if t.node == nil {
		return
	}
	list := t.ordered(t.actionSet)
	if len(list) == 0 {
		t.report("action set %s empty", verb)
		return
	}
	t.report("action set %s: %s", verb, ActionsText(list))
}
