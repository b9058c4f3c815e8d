package ofproto

// internalTable is where the switch keeps flows of its own.
const internalTable = 254

// FlowCount returns how many flows controllers see, hidden and internal ones
// left out.
func (p *Ofproto) FlowCount() int {
	n := 0
	for r := range p.tables.All() {
		if !r.Hidden() && r.Table != internalTable {
			n++
		}
	}
	return n
}
