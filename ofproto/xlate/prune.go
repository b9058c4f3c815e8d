package xlate

import "govs/dpif"

// WithoutOutputs returns those of the actions that do not send the packet on
// but to the switch itself.
func WithoutOutputs(a dpif.Actions) dpif.Actions {
	var out dpif.Actions
	for {
		typ, _, rest, ok := dpif.NextAttr(a)
		if !ok {
			return out
		}
		if typ != dpif.ActOutput && typ != dpif.ActRecirc {
			out = append(out, a[:len(a)-len(rest)]...)
		}
		a = rest
	}
}
