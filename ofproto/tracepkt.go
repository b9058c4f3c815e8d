package ofproto

import (
	"govs/flow"
	"govs/openflow"
)

// cmdTracePacketOut traces actions that a controller might send with a packet.
// With -consistent they must suit the packet.
func (h *Host) cmdTracePacketOut(args []string) (string, error) {
	consistent := args[0] == "-consistent"
	if consistent {
		args = args[1:]
	}
	n := len(args) - 1
	actions, err := parseActions(args[n])
	if err != nil {
		return "", err
	}
	t, err := h.parseTrace(args[:n])
	if err != nil {
		return "", err
	}
	t.actions = actions
	bad := func(err error) error { return traceError("Bad actions: " + err.Error()) }
	if err := t.bridge.tables.CheckUses(t.actions); err != nil {
		return "", bad(err)
	}
	if consistent {
		m := flow.ExactMatch(&t.key)
		// OpenFlow 1.0 lets actions pass that do not suit the packet.
		if _, err := openflow.Check(t.actions, &m, openflow.CheckParams{Usable: openflow.ProtoOF11}); err != nil {
			return "", bad(err)
		}
	}
	t.hasActions = true
	return h.trace(t), nil
}
