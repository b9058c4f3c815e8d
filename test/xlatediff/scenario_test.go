package xlatediff

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"govs/flow"
	"govs/openflow"
	"govs/packet"
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

// A step is a packet that is traced, received or sent by a controller, or time
// that passes.
type step struct {
	kind string // "trace", "receive", "packet-out", "warp"
	args []string
}

func (st *step) name() string { return strings.Join(append([]string{st.kind}, st.args...), " ") }

var versions = []openflow.Version{openflow.V10, openflow.V10, openflow.V11, openflow.V12, openflow.V13, openflow.V13, openflow.V14, openflow.V15, openflow.V15}

// pending are the families of actions that are not compared yet. The reference ends
// itself now and then where headers of NSH are put on.
var pending = map[string]bool{"nsh": true}

// leftOut returns the families of actions that are not made. Packets of NSH have a hash
// of zero in the reference's datapath, which it takes for none and has them hashed again.
func leftOut() map[string]bool {
	out := maps.Clone(pending)
	for name := range strings.SplitSeq(*with, ",") {
		delete(out, name)
	}
	out["dp_hash"] = !out["nsh"]
	return out
}

func newScenario(r *rand.Rand, topo *topology, packets int) *scenario {
	c := &scenario{topo: topo, version: versions[r.IntN(len(versions))]}
	c.keep = r.IntN(6) == 0
	writes := !c.keep && c.version > openflow.V10 && r.IntN(2) == 0
	used := bridges - 1
	if r.IntN(3) == 0 {
		used++
	}
	gens := make([]*pipegen.Gen, used)
	for b := range gens {
		g := pipegen.New(r, portNumbers(b)...)
		g.Tunnels = b == withTunnels
		g.Writes, g.Without = writes, leftOut()
		if topo.mirrors(b) {
			// The reference mirrors in the first of the two branches only, which later
			// versions mend.
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
			if m := (mod{b, "add-flow", g.Flow()}); !m.framesL3() && !m.popsInClone() && !c.popsTwice(m) && !c.missesLate(m) && !c.hashesLate(m) {
				c.mods = append(c.mods, m)
			}
		}
		if b == 1 || r.IntN(2) == 0 {
			c.mods = append(c.mods, mod{b, "add-flow", fmt.Sprintf("table=0,priority=%d,actions=NORMAL", 1+r.IntN(30))})
		}
	}
	for range packets {
		b := r.IntN(used)
		g := gens[b]
		switch r.IntN(12) {
		case 0:
			// By whole seconds, as the two began within theirs at different moments.
			c.steps = append(c.steps, step{"warp", []string{[]string{"1000", "2000", "6000", "30000", "400000"}[r.IntN(5)]}})
			fallthrough
		case 1, 2, 3, 4:
			args := []string{bridgeName(b), g.Packet()}
			if b == withTunnels && r.IntN(2) == 0 {
				args = []string{"ovs-dummy", g.TunnelPacket("4789", "6081", "1", "2")}
				if c.takesBytes(args[1]) {
					continue
				}
			}
			// Of a packet that has a length for its type the reference makes a frame
			// without the tags.
			if r.IntN(3) == 0 && !c.has("check_pkt_larger") && (!strings.Contains(args[1], "dl_vlan") || !strings.Contains(args[1], "dl_type=0x05ff")) {
				args = append(args, "-generate")
			}
			c.steps = append(c.steps, step{"trace", args})
		default:
			p := ports[r.IntN(len(ports))]
			for !p.dummy() || p.bridge >= used {
				p = ports[r.IntN(len(ports))]
			}
			frame := gens[p.bridge].Frame()
			if solicits(frame) && c.has("fin_") || deep(frame) && c.has("pop_mpls") || isSCTP(frame) && c.has("ct(") {
				continue
			}
			// What a trace finds to do with a frame behind a check of its length the
			// reference does, outputs and all, as if it came by the datapath's port with
			// the number of OpenFlow's.
			if (r.IntN(3) == 0 || keyless(frame)) && !c.has("check_pkt_larger") {
				c.steps = append(c.steps, step{"trace", []string{bridgeName(p.bridge), fmt.Sprintf("in_port=%d", p.no), hex.EncodeToString(frame)}})
			}
			// To mirror into a VLAN, the reference looks at whether the destination is reserved
			// and does not say so in the megaflow: others that hit it are not mirrored.
			if c.topo.has("output_vlan") && bytes.HasPrefix(frame, reservedMACs) {
				continue
			}
			if keyless(frame) || hasLength(frame) && c.has("mpls:0x884") || laterFragment(frame) && c.rewrites() {
				continue
			}
			// What a packet-out makes a flow learn the reference learns whatever the limit.
			if r.IntN(6) == 0 && !c.has(",limit=") {
				if out := gens[p.bridge].PacketOut(frame); !strings.Contains(out, ",limit=") && (!isSCTP(frame) || !strings.Contains(out, "ct(")) {
					c.steps = append(c.steps, step{"packet-out", []string{bridgeName(p.bridge), out}})
				}
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

// framesL3 reports whether a flow makes frames of packets without a header of Ethernet's.
// The reference's switch forgets what type these are of, and refuses what it takes for
// granted when it translates, and its own ovs-ofctl: to change what is behind the header.
func (m *mod) framesL3() bool {
	return strings.Contains(m.text, "packet_type=(1,") && strings.Contains(m.text, "encap(ethernet)")
}

// popsInClone reports whether a flow pops a label in a clone. The reference goes on as if
// the packet itself had lost it, and has it come back for nothing.
func (m *mod) popsInClone() bool {
	return strings.Contains(m.text, "clone(") && strings.Contains(m.text, "pop_mpls")
}

// reservedMACs is how addresses begin that IEEE 802.1 has for switches themselves.
var reservedMACs = []byte{0x01, 0x80, 0xc2, 0, 0}

// both reports whether with another flow there are two kinds of words that were not.
func (c *scenario) both(m mod, one, other *regexp.Regexp) bool {
	has := func(x *regexp.Regexp, l ...mod) bool {
		return slices.ContainsFunc(l, func(m mod) bool { return x.MatchString(m.text) })
	}
	return has(one, m) && has(other, append(c.mods, m)...) || has(other, m) && has(one, c.mods...)
}

var (
	checkLen  = regexp.MustCompile(`check_pkt_larger`)
	pop       = regexp.MustCompile(`\bpop:`)
	comesBack = regexp.MustCompile(`pop_mpls|type=select`)
	goToTable = regexp.MustCompile(`goto_table`)
	dpHash    = regexp.MustCompile(`type=select,(bucket|selection_method=dp_hash)`)
	hashed    = regexp.MustCompile(`mod_(nw|tp)_(src|dst)|->(ip|ipv6|tcp|udp|sctp)_(src|dst)|->(NXM_OF|OXM_OF|NXM_NX)_(IP|IPV6|TCP|UDP|SCTP)_(SRC|DST)`)
)

// hashesLate reports whether with another flow packets may get a hash after what it is
// made from was written. The reference takes that of the packet as it came for them,
// where its cache had a use for one.
func (c *scenario) hashesLate(m mod) bool { return c.both(m, dpHash, hashed) }

// popsTwice reports whether with another flow both longer and shorter packets may pop what
// is on the stack. In the reference, shorter ones have what longer ones left of it.
func (c *scenario) popsTwice(m mod) bool { return c.both(m, checkLen, pop) }

// missesLate reports whether with another flow packets that come back may go on with a
// goto_table. When the table has no flow for them, the reference does not send them to
// controllers that get those of others.
func (c *scenario) missesLate(m mod) bool { return c.keep && c.both(m, comesBack, goToTable) }

// has reports whether a flow or bucket has an action in it.
func (c *scenario) has(action string) bool {
	return slices.ContainsFunc(c.mods, func(m mod) bool { return strings.Contains(m.text, action) })
}

// takesBytes reports whether the reference has bytes of other options in place of one
// that a packet is without.
func (c *scenario) takesBytes(packet string) bool {
	return slices.ContainsFunc(c.mods, func(m mod) bool { return pipegen.TakesBytes(m.text, packet) })
}

// recirculates reports whether copies of packets may go through the datapath again:
// in the reference they go out before what follows, in ours behind it.
func (c *scenario) recirculates() bool {
	return c.has("ct(") || c.has("pop_mpls") || c.has("type=select")
}

// takesAlong reports whether flows that time out may take others along, which may
// have timed out too: then the reference ends itself.
func (c *scenario) takesAlong() bool {
	return c.has("delete_learned") && (c.has("idle_timeout=") || c.has("hard_timeout="))
}

// ends reports whether the reference may end itself: also when a packet whose label is
// popped goes on with fewer actions than the action set has.
func (c *scenario) ends() bool { return c.takesAlong() || c.has("write_actions") && c.has("pop_mpls") }

// solicits reports whether a frame is a neighbour solicitation with an option. The
// reference takes the option's type for flags of TCP, in which it is FIN.
func solicits(frame []byte) bool {
	var k flow.Key
	flow.Extract(packet.New(bytes.Clone(frame)), &k)
	return k.NwProto == flow.ProtoICMPv6 && k.ArpSHA != flow.MAC{}
}

// deep reports whether a frame has more labels than a key has room for. When one is to
// be popped behind a patch port, the reference forgets what was to be done on the way
// there, such as tags that were put on or outputs, but not that it was.
func deep(frame []byte) bool {
	var k flow.Key
	flow.Extract(packet.New(bytes.Clone(frame)), &k)
	return (k.EthType == flow.EthTypeMPLS || k.EthType == flow.EthTypeMPLSM) && (k.MPLS[0]|k.MPLS[1]|k.MPLS[2])&0x100 == 0
}

// laterFragment reports whether a frame is a fragment of TCP or UDP over IPv4 but the
// first. When addresses change, the reference corrects a checksum in it, which it has
// not.
func laterFragment(frame []byte) bool {
	var k flow.Key
	flow.Extract(packet.New(bytes.Clone(frame)), &k)
	return k.EthType == flow.EthTypeIP && k.NwFrag&flow.FragLater != 0 && (k.NwProto == flow.ProtoTCP || k.NwProto == flow.ProtoUDP)
}

var writesAddress = regexp.MustCompile(`mod_nw_(src|dst)|->ip_(src|dst)|->NXM_OF_IP_(SRC|DST)|nat`)

// rewrites reports whether actions change addresses of IPv4.
func (c *scenario) rewrites() bool {
	return slices.ContainsFunc(c.mods, func(m mod) bool { return writesAddress.MatchString(m.text) })
}

// isSCTP reports whether a frame is of SCTP, whose connections later versions than
// the reference know by their ports, and of right checksums only. Where a trace is
// given a frame, that is tracked, too.
func isSCTP(frame []byte) bool {
	var k flow.Key
	flow.Extract(packet.New(bytes.Clone(frame)), &k)
	return k.NwProto == flow.ProtoSCTP
}

// keyless reports whether a frame ends within a VLAN tag, its first MPLS entry, or
// before the last of less than three, or is ARP with the operation 255. Such frames
// are traced but not received: when the reference revalidates their flows it takes
// tagged ones for untagged ones of no type, which learn and count, finds in its keys
// no entries that could have been looked at, and then deletes the flows, or cannot
// change what they do, as it refuses its own key that has no last entry ("internal
// error parsing flow key") or takes 255 for a mask ("unsupported ARP opcode 65535").
func keyless(frame []byte) bool {
	for b := frame[12:]; len(b) >= 2; b = b[4:] {
		switch binary.BigEndian.Uint16(b) {
		case 0x8100, 0x88a8:
			if len(b) < 6 {
				return true
			}
		case 0x8847, 0x8848:
			n := 0
			for b = b[2:]; n < 3; n++ {
				if len(b) < 4 {
					return true
				}
				if b[2]&1 != 0 {
					break
				}
				b = b[4:]
			}
			return false
		case 0x0806, 0x8035:
			return len(b) >= 10 && b[8] == 0 && b[9] == 0xff
		default:
			return false
		}
	}
	return false
}

// sendsOut reports whether a controller sends packets out.
func (c *scenario) sendsOut() bool {
	return slices.ContainsFunc(c.steps, func(s step) bool { return s.kind == "packet-out" })
}

// hasLength reports whether a frame has a length in place of a type. The reference
// puts an MPLS entry behind the logical link's header of such a frame, as if that
// were part of Ethernet's, though the type is what comes before it.
func hasLength(frame []byte) bool {
	for b := frame[12:]; len(b) >= 2; b = b[min(4, len(b)):] {
		switch typ := binary.BigEndian.Uint16(b); typ {
		case 0x8100, 0x88a8:
		default:
			return typ < 0x600
		}
	}
	return false
}

// packets returns how many packets are traced or received.
func (c *scenario) packets() (n int) {
	for _, st := range c.steps {
		switch st.kind {
		case "trace", "packet-out":
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
			if strings.ContainsAny(w, " ()[]<>|*?;&$!\"") {
				w = "'" + w + "'"
			}
			out[i] = w
		}
		return strings.Join(out, " ")
	}
	fmt.Fprintln(&b, "ovs-appctl time/stop\novs-vsctl add-br br0 -- add-br br1 -- add-br br2")
	for i := range ports {
		fmt.Fprintln(&b, "ovs-vsctl", quote(ports[i].make("")))
	}
	fmt.Fprintf(&b, "ovs-ofctl add-tlv-map br%d '%s'\n", withTunnels, pipegen.TunnelMap)
	for _, words := range c.topo.settings {
		fmt.Fprintln(&b, "ovs-vsctl", quote(words))
	}
	for i := range bridges {
		if slices.ContainsFunc(c.mods, func(m mod) bool { return m.bridge == i }) {
			fmt.Fprintln(&b, "ovs-ofctl del-flows", bridgeName(i))
		}
	}
	for _, m := range c.mods {
		fmt.Fprintf(&b, "ovs-ofctl -O OpenFlow%s %s %s '%s'\n", strings.ReplaceAll(strings.TrimPrefix(c.version.String(), "OpenFlow"), ".", ""), m.kind, bridgeName(m.bridge), m.text)
	}
	for _, s := range c.steps {
		if command := commandOf[s.kind]; command != "" {
			fmt.Fprintln(&b, "ovs-appctl", quote(append([]string{command}, s.args...)))
		} else {
			fmt.Fprintln(&b, "ovs-ofctl -O OpenFlow15", s.kind, quote(s.args))
		}
	}
	return b.String()
}

var commandOf = map[string]string{"trace": "ofproto/trace", "receive": "netdev-dummy/receive", "warp": "time/warp"}
