package openflow

import "govs/flow"

// Names returns the words that show prints for the capabilities, such as
// FLOW_STATS.
func (c Capabilities) Names() []string {
	names := []string{}
	for _, w := range capWire {
		if c&w.cap != 0 {
			names = append(names, w.name)
		}
	}
	return names
}

// Names returns the words for the flags, as add-meter takes them.
func (f MeterFlags) Names() []string {
	names := []string{}
	for _, n := range meterFlagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// String returns the type of a band as add-meter takes it, or "".
func (t MeterBandType) String() string {
	if int(t) < len(bandNames) {
		return bandNames[t]
	}
	return ""
}

// ActionNames returns the keywords of a set of actions, of which bit N is the
// Kind N.
func ActionNames(set uint64) []string {
	names := []string{}
	for k := range numKinds {
		if set&(1<<k) != 0 {
			names = append(names, k.String())
		}
	}
	return names
}

// Numbers returns what is in the set, in order: field numbers, or those of
// tables in a TableSet.
func (s *FieldSet) Numbers() []int {
	all := []int{}
	s.each(func(n int) { all = append(all, n) })
	return all
}

// Names returns the names of the fields in the set.
func (s *FieldSet) Names() []string {
	names := []string{}
	s.each(func(n int) { names = append(names, flow.FieldID(n).String()) })
	return names
}

// InstructionNames returns the names of the instructions that flows can have.
func (i *TableInstructions) InstructionNames() []string {
	names := []string{}
	for _, r := range instructionOrder {
		if i.Instructions&(1<<r.typ) != 0 {
			names = append(names, r.name)
		}
	}
	return names
}
