package ofproto

func (h *Host) cmdTracePacketOut(args []string) (string, error) {
	t, err := h.parseTrace(args[:len(args)-1])
	if err != nil {
		return "", err
	}
	if t.actions, err = parseActions(args[len(args)-1]); err != nil {
		return "", err
	}
	t.hasActions = true
	return h.trace(t), nil
}
