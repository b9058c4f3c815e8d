package xlate

import "govs/dpif"

// unwrapLast returns actions without the clone around the last ones: nothing
// follows that could want the packet as it was before.
func unwrapLast(a dpif.Actions) dpif.Actions {
	for rest := a; len(rest) > 0; {
		typ, body, next, ok := dpif.NextAttr(rest)
		if !ok {
			break
		}
		if len(next) == 0 && typ == dpif.ActClone {
			return append(a[:len(a)-len(rest):len(a)-len(rest)], body...)
		}
		rest = next
	}
	return a
}

// WithoutOutputs returns those of the actions that do not send the packet on
// but to the switch itself.
func WithoutOutputs(a dpif.Actions) dpif.Actions {
	var out dpif.Actions
	for {
		typ, body, rest, ok := dpif.NextAttr(a)
		if !ok {
			return out
		}
		switch typ {
		case dpif.ActOutput, dpif.ActRecirc:
		case dpif.ActClone:
			out = out.Clone(WithoutOutputs(body))
		case dpif.ActCheckPktLen: // whose outputs Open vSwitch leaves in
			out = dpif.AppendAttr(out, typ, branchesWithoutOutputs(body))
		default:
			out = append(out, a[:len(a)-len(rest)]...)
		}
		a = rest
	}
}

func branchesWithoutOutputs(check []byte) (out []byte) {
	for {
		typ, body, rest, ok := dpif.NextAttr(check)
		if !ok {
			return out
		}
		if typ != dpif.CheckLenPktLen {
			body = WithoutOutputs(body)
		}
		out = dpif.AppendAttr(out, typ, body)
		check = rest
	}
}
