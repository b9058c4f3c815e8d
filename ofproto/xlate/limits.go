package xlate

import (
	"govs/daemon/coverage"
	"govs/dpif"
	"govs/flow"
)

var (
	actionsCov  = coverage.New("xlate_actions")
	oversizeCov = coverage.New("xlate_actions_oversize")
	outputsCov  = coverage.New("xlate_actions_too_many_output")
)

// push puts a value of so many bits on the stack. Values have room of their size
// and a byte on OVS's stack, whose limit is ours.
func (t *Translator) push(v flow.Value, bits uint16) {
	const most = 17
	for len(t.stackSizes) < len(t.stack) { // thawed
		t.stackSizes = append(t.stackSizes, most)
	}
	t.stackSizes = append(t.stackSizes[:len(t.stack)], uint8((bits+7)/8+1))
	t.stack = append(t.stack, v)
}

// stackFull reports whether the values on the stack take more room than they may.
func (t *Translator) stackFull() bool {
	if len(t.stack)*2 < maxStack/17 {
		return false
	}
	n := 0
	for _, s := range t.stackSizes[:min(len(t.stackSizes), len(t.stack))] {
		n += int(s)
	}
	return n >= maxStack
}

// tooManyOutputs reports whether actions send more copies of a packet than the
// kernel takes at once.
func tooManyOutputs(a dpif.Actions, most int) bool {
	if most <= 0 || len(a) <= 8*most {
		return false
	}
	n := 0
	for len(a) > 0 {
		typ, _, rest, ok := dpif.NextAttr(a)
		if !ok {
			break
		}
		if a = rest; typ == dpif.ActOutput {
			n++
		}
	}
	return n > most
}
