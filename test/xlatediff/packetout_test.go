package xlatediff

import (
	"strings"
	"testing"

	"govs/openflow"
)

// In the reference, a flow that is learned from a packet which a controller sends out
// changes no datapath flow until something else has them looked at again: what they
// did before goes on. Ours are looked at at once.

// teaches reports whether a flow may be learned from what a controller sends out.
func (c *scenario) teaches(st step) bool {
	return st.kind == "packet-out" && (strings.Contains(st.args[1], "learn(") || c.has("learn("))
}

// unusedTable is a table that no scenario uses.
const unusedTable = 200

// lookAgain has the datapath flows of a switch looked at again, by a change of flows
// that no packet meets.
func (s *side) lookAgain() {
	of := s.client(0, openflow.V13)
	for _, command := range []openflow.FlowModCommand{openflow.FlowAdd, openflow.FlowDelete} {
		of.Queue(of.Encode(&openflow.FlowMod{Command: command, Table: unusedTable, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Buffer: openflow.NoBuffer}))
		s.barrier(of, nil)
	}
}

// packetOut sends a packet as a controller does, and returns what is said of it.
func (s *side) packetOut(bridge, text string) string {
	m, _, err := openflow.ParsePacketOut(text, nil)
	if err != nil {
		return "not sent: " + err.Error()
	}
	b := 0
	for bridgeName(b) != bridge {
		b++
	}
	to := s.client(b, openflow.V15)
	to.Queue(to.Encode(m))
	var out strings.Builder
	s.barrier(to, func(b []byte) {
		d, _ := openflow.Decode(b, openflow.DecodeOptions{})
		if e, ok := d.Message.(*openflow.ErrorMsg); ok {
			out.WriteString(e.Code.Error() + "\n")
		}
	})
	return out.String()
}

// TestTeaches: which packets may have flows learned.
func TestTeaches(t *testing.T) {
	out := func(actions string) step { return step{"packet-out", []string{"br1", "in_port=1,actions=" + actions}} }
	none := &scenario{}
	some := &scenario{mods: []mod{{kind: "add-flow", text: "table=1,actions=learn(table=2)"}}}
	for _, c := range []struct {
		c    *scenario
		st   step
		want bool
	}{{none, out("output:1"), false}, {none, out("clone(learn(table=1))"), true}, {some, out("resubmit(,1)"), true},
		{some, step{"receive", []string{"p20", "00"}}, false}} {
		if got := c.c.teaches(c.st); got != c.want {
			t.Error(c.st, got)
		}
	}
}
