package xlatediff

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// When a packet goes up to the switch, the reference's datapath reads it anew, no
// deeper than to a label or as many tags as the limit says. What lies behind those it
// then sets no more, so that what was set for one port only goes out by all later ones,
// and behind tags it finds no label to take off.

// vlanLimit is how many tags the datapath looks at.
func (t *topology) vlanLimit() int {
	if t.has("vlan-limit=0") || t.has("vlan-limit=2") {
		return 2
	}
	return 1
}

// forgets reports whether that may be so with frames of a scenario, as what our side
// says is to be done with them.
func (r *runner) forgets(c *scenario) bool {
	traced := *c
	traced.steps = nil
	frames := map[string]string{}
	for _, st := range c.steps {
		if st.kind == "receive" {
			p := ports[slices.IndexFunc(ports, func(p port) bool { return p.name == st.args[0] })]
			trace := step{"trace", []string{bridgeName(p.bridge), fmt.Sprintf("in_port=%d", p.no), st.args[1]}}
			frames[trace.name()] = st.args[1]
			traced.steps = append(traced.steps, trace)
		}
		traced.steps = append(traced.steps, st)
	}
	for _, p := range r.ours.play(&traced) {
		b, err := hex.DecodeString(frames[p.name])
		if err != nil || len(b) == 0 {
			continue
		}
		for line := range strings.Lines(p.text) {
			if actions, ok := strings.CutPrefix(line, "Datapath actions: "); ok && forgetful(actions, tags(b), c.topo.vlanLimit()) {
				return true
			}
		}
	}
	return false
}

// tags is how many VLAN tags a frame has.
func tags(frame []byte) (n int) {
	for b := frame[12:]; len(b) >= 6; b = b[4:] {
		if typ := binary.BigEndian.Uint16(b); typ != 0x8100 && typ != 0x88a8 {
			break
		}
		n++
	}
	return n
}

// headerAction is an action that puts a header on or off, needs to know where one is, or
// has the packet read.
var headerAction = regexp.MustCompile(`(?:push|pop)_(?:vlan|mpls)\b|userspace\(|set\((?:ip|arp|tcp|udp|sctp|icmp|nd)`)

// forgetful reports whether actions on a packet with some tags are done otherwise when
// the packet is read on the way.
func forgetful(actions string, tags, limit int) bool {
	labels := 0
	var l2, l3 bool // forgotten: where labels are, and what is behind them
	for _, a := range headerAction.FindAllString(actions, -1) {
		switch a {
		case "push_vlan":
			tags++
		case "pop_vlan":
			tags--
		case "push_mpls", "pop_mpls":
			if l2 {
				return true
			}
			if labels++; a == "pop_mpls" {
				labels -= 2
			}
		case "userspace(":
			l2 = tags > limit
			l3 = l2 || labels > 0
		default:
			if l3 {
				return true
			}
		}
	}
	return false
}

// TestForgetful: what depends on where the packet was read.
func TestForgetful(t *testing.T) {
	const up, set, undo = "userspace(pid=0,controller(reason=1)),", "set(icmpv6(type=1,code=0)),", "set(icmpv6(type=128,code=0)),1"
	for _, c := range []struct {
		actions string
		want    bool
	}{
		{set + up + undo, false},
		{"push_vlan(vid=2,pcp=0)," + set + up + undo, false},
		{"push_vlan(vid=2,pcp=0),push_vlan(vid=3,pcp=0)," + set + up + "pop_vlan," + undo, true},
		{"push_vlan(vid=2,pcp=0),push_vlan(vid=3,pcp=0),pop_vlan," + set + up + undo, false},
		{set + "push_mpls(label=0)," + up + "pop_mpls(eth_type=0x800),1", false},
		{set + "push_mpls(label=0)," + up + "pop_mpls(eth_type=0x800)," + undo, true},
		{set + "push_mpls(label=0)," + up + "pop_mpls(eth_type=0x800)," + up + undo, false},
		{"push_mpls(label=0),push_vlan(vid=2,pcp=0),push_vlan(vid=3,pcp=0)," + up + "pop_vlan,pop_vlan,pop_mpls(eth_type=0x800)", true},
	} {
		if got := forgetful(c.actions, 0, 1); got != c.want {
			t.Error(c.actions, got)
		}
	}
	if !forgetful("push_vlan(vid=2,pcp=0),"+up+undo, 1, 1) || forgetful("push_vlan(vid=2,pcp=0),"+up+undo, 1, 2) {
		t.Error("a tag that the packet came with, or the limit, does not count")
	}
}
