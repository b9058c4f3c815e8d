package ofproto

import (
	"errors"
	"fmt"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/openflow"
)

// portNames lets port names stand for numbers in text about a switch.
type portNames struct {
	byName map[string]uint32
	byNo   map[uint32]string
}

func (n portNames) PortName(no uint32) (string, bool) { s, ok := n.byNo[no]; return s, ok }

func (n portNames) PortByName(name string) (uint32, bool) { no, ok := n.byName[name]; return no, ok }

// portNames returns the names of the switch's ports.
func (p *Ofproto) portNames() flow.PortNames {
	n := portNames{map[string]uint32{}, map[uint32]string{}}
	p.locked(func() {
		for no, x := range p.ports {
			n.byName[x.spec.Name], n.byNo[uint32(no)] = uint32(no), x.spec.Name
		}
	})
	return n
}

// datapathNames returns the names of a datapath's ports.
func (b *Backer) datapathNames() flow.PortNames {
	n := portNames{map[string]uint32{}, map[uint32]string{}}
	for _, p := range b.dp.Ports() {
		n.byName[p.Name], n.byNo[uint32(p.No)] = uint32(p.No), p.Name
	}
	return n
}

func datapathActions(a dpif.Actions) string {
	if len(a) == 0 {
		return "drop"
	}
	return fmt.Sprintf("%x", []byte(a))
}

func parseDatapathKey(text string, b *Backer) (*flow.Key, error) {
	return nil, errors.New("not a datapath flow")
}

func datapathFlow(f *dpif.Flow, names flow.PortNames, more bool, now time.Time) string {
	return fmt.Sprint(f.UFID)
}

func parseActions(s string, p *Ofproto) ([]openflow.Action, error) { return nil, errors.New("no") }
