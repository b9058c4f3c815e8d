package xlatediff

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"govs/openflow"
	"govs/test/pipegen"
)

// A scenario is a topology, what OpenFlow says to it, and what happens then.
type scenario struct {
	topo    *topology
	version openflow.Version // in which as much as possible is said
	mods    []mod
	steps   []step
	// keep says that connections of versions before 1.3 stay open, so that packets
	// without a flow go to a controller.
	keep bool
}

// A mod is one change by OpenFlow: a flow, a group, a meter, a port's flags.
type mod struct {
	bridge int
	kind   string // the command of ovs-ofctl
	text   string
}

// A step is a packet that is traced and received, or time that passes.
type step struct {
	kind string // "trace", "receive", "warp"
	args []string
}

var versions = []openflow.Version{openflow.V10, openflow.V10, openflow.V11, openflow.V12, openflow.V13, openflow.V13, openflow.V14, openflow.V15, openflow.V15}

// pending are the families of actions that are not compared yet.
var pending = map[string]bool{"nsh": true, "multipath": true, "bundle": true, "sample": true, "dp_hash": true, "delete_field": true}

func newScenario(r *rand.Rand, topo *topology, packets int) *scenario {
	c := &scenario{topo: topo, version: versions[r.IntN(len(versions))]}
	c.keep = r.IntN(6) == 0
	writes := !c.keep && c.version > openflow.V10 && r.IntN(2) == 0
	var gens [2]*pipegen.Gen
	for b := range gens {
		g := pipegen.New(r, portNumbers(b)...)
		g.Writes, g.Without = writes, pending
		if topo.mirrors() {
			// The reference mirrors in the first of the two branches only.
			g.Without = maps.Clone(pending)
			g.Without["check_pkt_larger"] = true
		}
		gens[b] = g
		if r.IntN(2) == 0 {
			n := 1 + r.IntN(3)
			for id := range n {
				c.mods = append(c.mods, mod{b, "add-group", g.Group(id + 1)})
			}
			g.Groups = n
		}
		if c.version >= openflow.V13 && r.IntN(4) == 0 {
			g.Meters = 1 + r.IntN(2)
			for id := range g.Meters {
				c.mods = append(c.mods, mod{b, "add-meter", g.Meter(id + 1)})
			}
		}
		if r.IntN(6) == 0 {
			word := []string{"no-flood", "no-forward", "no-receive", "no-packet-in", "no-receive-stp"}[r.IntN(5)]
			// Against its manual the reference heeds no-packet-in not.
			if word != "no-packet-in" || !c.keep {
				c.mods = append(c.mods, mod{b, "mod-port", g.Ports[r.IntN(3)] + " " + word})
			}
		}
		if r.IntN(8) == 0 {
			c.mods = append(c.mods, mod{b, "set-frags", []string{"drop", "nx-match"}[r.IntN(2)]})
		}
		for range 8 + r.IntN(25) {
			c.mods = append(c.mods, mod{b, "add-flow", g.Flow()})
		}
		if b == 1 || r.IntN(2) == 0 {
			c.mods = append(c.mods, mod{b, "add-flow", fmt.Sprintf("table=0,priority=%d,actions=NORMAL", 1+r.IntN(30))})
		}
	}
	for range packets {
		b := r.IntN(2)
		g := gens[b]
		switch r.IntN(12) {
		case 0:
			// By whole seconds, as the two began within theirs at different moments.
			c.steps = append(c.steps, step{"warp", []string{[]string{"1000", "2000", "6000", "30000", "400000"}[r.IntN(5)]}})
			fallthrough
		case 1, 2, 3, 4:
			args := []string{bridgeName(b), g.Packet()}
			if r.IntN(3) == 0 {
				args = append(args, "-generate")
			}
			c.steps = append(c.steps, step{"trace", args})
		default:
			p := ports[r.IntN(len(ports))]
			for !p.dummy() {
				p = ports[r.IntN(len(ports))]
			}
			frame := gens[p.bridge].Frame()
			if r.IntN(3) == 0 || partTag(frame) {
				c.steps = append(c.steps, step{"trace", []string{bridgeName(p.bridge), fmt.Sprintf("in_port=%d", p.no), hex.EncodeToString(frame)}})
			}
			if partTag(frame) {
				continue
			}
			n := 1 + r.IntN(3)/2*r.IntN(3)
			args := []string{p.name}
			for range n {
				args = append(args, hex.EncodeToString(frame))
			}
			c.steps = append(c.steps, step{"receive", args})
		}
	}
	return c
}

// has reports whether a flow or bucket has an action in it.
func (c *scenario) has(action string) bool {
	return slices.ContainsFunc(c.mods, func(m mod) bool { return strings.Contains(m.text, action) })
}

// partTag reports whether a frame ends within a VLAN tag or its first MPLS entry.
// Such frames are traced but not received: when the reference revalidates their
// flows it takes tagged ones for untagged ones of no type, which learn and count,
// and finds in its keys no entries that could have been looked at, and then deletes
// the flows.
func partTag(frame []byte) bool {
	for b := frame[12:]; len(b) >= 2; b = b[4:] {
		switch binary.BigEndian.Uint16(b) {
		case 0x8100, 0x88a8, 0x8847, 0x8848:
			if len(b) < 6 {
				return true
			}
		default:
			return false
		}
		if b[0] == 0x88 && b[1] < 0x50 {
			return false
		}
	}
	return false
}

// packets returns how many packets are traced or received.
func (c *scenario) packets() (n int) {
	for _, st := range c.steps {
		switch st.kind {
		case "trace":
			n++
		case "receive":
			n += len(st.args) - 1
		}
	}
	return n
}

// script returns the scenario as commands of a shell.
func (c *scenario) script() string {
	var b strings.Builder
	quote := func(words []string) string {
		out := make([]string, len(words))
		for i, w := range words {
			if strings.ContainsAny(w, " ()[]<>|*?;&$!") {
				w = "'" + w + "'"
			}
			out[i] = w
		}
		return strings.Join(out, " ")
	}
	fmt.Fprintln(&b, "ovs-appctl time/stop\novs-vsctl add-br br0 -- add-br br1")
	for i := range ports {
		fmt.Fprintln(&b, "ovs-vsctl", quote(ports[i].make("")))
	}
	for _, words := range c.topo.settings {
		fmt.Fprintln(&b, "ovs-vsctl", quote(words))
	}
	for i := range 2 {
		if slices.ContainsFunc(c.mods, func(m mod) bool { return m.bridge == i }) {
			fmt.Fprintln(&b, "ovs-ofctl del-flows", bridgeName(i))
		}
	}
	for _, m := range c.mods {
		fmt.Fprintf(&b, "ovs-ofctl -O OpenFlow%s %s %s '%s'\n", strings.ReplaceAll(strings.TrimPrefix(c.version.String(), "OpenFlow"), ".", ""), m.kind, bridgeName(m.bridge), m.text)
	}
	for _, s := range c.steps {
		fmt.Fprintln(&b, "ovs-appctl", quote(append([]string{commandOf[s.kind]}, s.args...)))
	}
	return b.String()
}

var commandOf = map[string]string{"trace": "ofproto/trace", "receive": "netdev-dummy/receive", "warp": "time/warp"}
