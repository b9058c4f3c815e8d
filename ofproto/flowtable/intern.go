package flowtable

import "govs/openflow"

// maxInterned bounds the lists of actions that flows share.
const maxInterned = 4096

// intern returns a list of actions like acts that flows share, if it is one of
// those that many flows have: a single action of a simple kind. Nobody changes a
// flow's actions. t.mu is held.
func (t *Tables) intern(acts []openflow.Action) []openflow.Action {
	if len(acts) == 0 {
		return nil
	}
	var key any
	if len(acts) == 1 {
		switch a := acts[0].(type) {
		case *openflow.Output:
			key = *a
		case *openflow.Resubmit:
			key = *a
		case *openflow.GotoTable:
			key = *a
		case *openflow.Group:
			key = *a
		}
	}
	if key == nil {
		return acts
	}
	if l := t.interned[key]; l != nil {
		return l
	}
	if len(t.interned) < maxInterned {
		t.interned[key] = acts
	}
	return acts
}
