package openflow

// ActionInfo is what the table of actions says of a kind: its keywords in text,
// of which the first is its name, and its encodings. An instruction has no
// encoding among actions, and what is written as a form of another kind no word.
type ActionInfo struct {
	Kind  Kind
	Words []string
	Wire  []ActionEncoding
}

// ActionEncoding is one encoding of an action.
type ActionEncoding struct {
	Name        string // such as "OFPAT_OUTPUT"
	Vendor      uint32 // whose extension it is; 0 for the standard's own
	Code        uint16
	First, Last Version // that have it
}

// ActionInfos returns all kinds of actions in the order of Kind.
func ActionInfos() []ActionInfo {
	vendors := [numOrgs]uint32{orgNX: vendorNX, orgONF: vendorONF}
	var out []ActionInfo
	for i := range actionTable {
		row := &actionTable[i]
		a := ActionInfo{Kind: row.kind, Words: append([]string(nil), row.words...)}
		for _, w := range row.wire {
			a.Wire = append(a.Wire, ActionEncoding{w.name, vendors[w.org], w.code, w.first, w.last})
		}
		out = append(out, a)
	}
	return out
}
