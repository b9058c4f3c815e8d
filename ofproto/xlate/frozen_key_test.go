package xlate

import (
	"slices"
	"testing"

	"govs/openflow"
)

// A translation that stops in the same place twice gets the same number, also in an
// action set, whose list is another one each time.
func TestFrozenKey(t *testing.T) {
	rule := []openflow.Action{&openflow.DecTTL{}, &openflow.Group{ID: 1}, &openflow.Group{ID: 2}}
	key := func(l []openflow.Action) string {
		f := Frozen{Bridge: "br0", Steps: []openflow.ContinuationStep{{Actions: l}}}
		return string(f.AppendKey(nil))
	}
	if key(rule[1:]) != key(slices.Clone(rule[1:])) {
		t.Error("the same actions in another list are others")
	}
	if key(rule[1:]) == key(rule[:2]) || key(rule[1:2]) == key(rule[2:]) || key(rule[1:2]) == key([]openflow.Action{&openflow.Group{ID: 1}}) {
		t.Error("other actions are the same")
	}
}
