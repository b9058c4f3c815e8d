package openflow

// declaredMessage reports whether a message is one that the reference prints
// otherwise for a reason.
func declaredMessage(b []byte) (why string) {
	h := ParseHeader(b)
	switch {
	case h.Type == 17 && h.Version >= V14 && eachProp(b[min(16, len(b)):], func(typ uint16, _ []byte) error {
		if typ == tablePropEviction {
			why = "OVS reads a table-mod's eviction flags as whether there is eviction"
		}
		return nil
	}) == nil:
	}
	return why
}
