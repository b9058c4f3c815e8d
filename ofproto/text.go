package ofproto

import (
	"fmt"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/openflow"
)

// portNames lets port names stand for numbers in text about a switch or, with
// N dpif.PortNo, about a datapath.
type portNames[N ~uint32] struct {
	byName map[string]N
	byNo   map[N]string
}

func (n portNames[N]) PortName(no N) (string, bool) { s, ok := n.byNo[no]; return s, ok }

func (n portNames[N]) PortByName(name string) (N, bool) { no, ok := n.byName[name]; return no, ok }

// portNames returns the names of the switch's ports.
func (p *Ofproto) portNames() flow.PortNames {
	n := portNames[uint32]{map[string]uint32{}, map[uint32]string{}}
	p.locked(func() {
		for no, x := range p.ports {
			n.byName[x.spec.Name], n.byNo[uint32(no)] = uint32(no), x.spec.Name
		}
	})
	return n
}

// datapathNames returns the names of a datapath's ports.
func (b *Backer) datapathNames() dpif.PortNames {
	n := portNames[dpif.PortNo]{map[string]dpif.PortNo{}, map[dpif.PortNo]string{}}
	for _, p := range b.dp.Ports() {
		n.byName[p.Name], n.byNo[p.No] = p.No, p.Name
	}
	return n
}

// parseDatapathKey reads a key in the datapath's syntax; ports may be named if
// the datapath is known.
func parseDatapathKey(text string, b *Backer) (*flow.Key, error) {
	var names dpif.PortNames
	if b != nil {
		names = b.datapathNames()
	}
	m, err := dpif.ParseKey(text, names)
	return &m.Key, err
}

// datapathFlow is a line of dpif/dump-flows. What is shown of fields beyond what
// the flow matches is what the packet had that it was made for.
func (b *Backer) datapathFlow(f *dpif.Flow, names dpif.PortNames, more bool, now time.Time) string {
	var s []byte
	if more {
		s = fmt.Appendf(s, "ufid:%s ", f.UFID)
	}
	if k := b.ukeys.get(f.UFID); k != nil {
		k.key.unpack(f.Match.Key.Words())
	}
	s = dpif.AppendKeyText(s, &f.Match.Key, &f.Match.Mask, dpif.KeyTextOptions{Names: names, Verbose: more})
	s = append(dpif.AppendStats(append(s, ", "...), &f.Stats, now), ", actions:"...)
	return string(dpif.AppendActions(s, f.Actions, names))
}

// parseActions reads actions in ovs-ofctl's text.
func parseActions(s string) ([]openflow.Action, error) {
	acts, _, err := openflow.ParseActionList(s, nil)
	return acts, err
}
