package xlatediff

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/dpif"
	"govs/flow"
)

// What is declared of datapath flows:
//
// The reference shows bits of its keys outside their masks.
//
// Our masks have priorities of VLAN tags, the types of tags, the protocol where a
// type of service is set, and MPLS entries where some are set or pushed or have no
// bottom. Its own leave them out though what is done depends on them: it may have one
// flow where we have several, and may delete one that is to do something that takes
// such a mask. Nor do they say that there is no second tag.
//
// Some actions look at bits of packets that have no such thing, as a time to live
// outside IP, or the ports of a protocol without any, which a hash of symmetric_l4
// takes in, or fields of an NSH header that they have put on; and flows look at what
// neighbour discovery reserves and its option's type, of which keys say nothing where
// both are zero. No key of a datapath can say so; the reference takes that for a change
// and deletes these flows in each round of its revalidators.
//
// A flow whose translation failed goes when anything changes. Of packets that come back
// it does in the reference also when they themselves have changed it on their way before,
// as by an address that is learned.
//
// It forgets at once under what number a packet that a controller sent out was to
// come back, and then deletes the flow by which it did.

// A datapathFlow is what the flows of one key that do the same amount to.
type datapathFlow struct {
	flows, packets, bytes int
	tags                  uint16    // priorities in the masks of VLAN tags
	proto                 uint8     // masks of the protocol, where a type of service is set
	mpls                  [3]uint32 // masks of MPLS entries, where some are set or pushed or have no bottom
	stack                 bool      // the mask has all of the entries
	fleeting              bool      // may be deleted in each round by the reference
	prioritized           bool      // may be deleted by ours
}

// wildTag is a second tag that is there, and not looked at. Neither side shows it.
var wildTag = regexp.MustCompile(`(encap\(eth_type\(0x8(100|8a8)\)),encap\(`)

var (
	setsMPLS = regexp.MustCompile(`(set\(mpls|push_mpls)\(`)
	setsTOS  = regexp.MustCompile(`set\(ipv[46]\((tos|tclass)=`)
	isIP     = regexp.MustCompile(`ipv[46]\(`)
	hasProto = regexp.MustCompile(`ipv[46]\(|arp\(`)
	protocol = regexp.MustCompile(`ipv[46]\(.*proto=[0-9]+[,)]`)
	ported   = regexp.MustCompile(`proto=(6|17|132|1|58)[,)]`)
	// Where a key says what neighbour discovery is about.
	wholeType = regexp.MustCompile(`icmpv6\(type=13[56],code=0\)`)
	tagged    = regexp.MustCompile(`vlan\(`)
	tagTypes  = regexp.MustCompile(`eth_type\(0x88a8\)`)
)

// fleeting reports whether the reference may delete flows of a key each time.
func (c *scenario) fleeting(key string) bool {
	return c.has("dec_ttl") && !isIP.MatchString(key) || c.has("fin_timeout") && !hasProto.MatchString(key) ||
		(c.has("mod_tp_") || c.has("symmetric_l4")) && protocol.MatchString(key) && !ported.MatchString(key) ||
		c.sendsOut() && strings.Contains(key, "recirc_id(0xffff)") ||
		c.has("nd_") && strings.Contains(key, "proto=58") && !wholeType.MatchString(key) ||
		(c.has("nd_reserved=") || c.has("nd_options_type=")) && wholeType.MatchString(key) && !strings.Contains(key, "nd_ext(")
}

// datapathFlows reads a dump of datapath flows.
func datapathFlows(dump string, c *scenario) map[string]datapathFlow {
	out := map[string]datapathFlow{}
	for line := range strings.Lines(canonical(dump)) {
		key, stats, ok := strings.Cut(strings.TrimSpace(line), ", packets:")
		if !ok {
			continue
		}
		_, actions, _ := strings.Cut(stats, "actions:")
		f := datapathFlow{flows: 1}
		fmt.Sscanf(stats, "%d, bytes:%d", &f.packets, &f.bytes)
		key = strings.ReplaceAll(key, ",nsh()", "") // of one that was cut short
		key = wildTag.ReplaceAllString(key, "$1,vlan(vid=0/0x0,pcp=0/0x0),encap(")
		m, err := dpif.ParseKey(strings.ReplaceAll(key, "recirc_id(0xN)", "recirc_id(0xffff)"), nil)
		if err == nil {
			for i := range m.Mask.VLANs {
				f.tags |= m.Mask.VLANs[i].TCI >> 13 << (3 * i)
				m.Mask.VLANs[i].TCI &^= 0xe000
			}
			f.stack = m.Mask.MPLS == [3]uint32{^uint32(0), ^uint32(0), ^uint32(0)}
			if setsMPLS.MatchString(actions) || noBottom(&m) {
				f.mpls, m.Mask.MPLS = m.Mask.MPLS, [3]uint32{}
			}
			f.fleeting = c.fleeting(keyText(m))
			if setsTOS.MatchString(actions) && m.Mask.TPSrc|m.Mask.TPDst|m.Mask.TCPFlags == 0 {
				f.proto, m.Mask.NwProto = m.Mask.NwProto, 0
			}
			key = keyText(m)
		}
		f.fleeting = f.fleeting || c.fleeting(key) || actions == "drop" && strings.Contains(key, "recirc_id(0xffff)") || strings.Contains(actions, "push_nsh(")
		f.prioritized = tagged.MatchString(key) && c.topo.has("priority-tags")
		out[key+" "+actions] = out[key+" "+actions].and(f)
	}
	return out
}

// keyText returns what a flow's mask has of its key.
func keyText(m flow.Match) string {
	for i, w := range m.Mask.Words() {
		m.Key.Words()[i] &= w
	}
	return string(dpif.AppendKeyText(nil, &m.Key, &m.Mask, dpif.KeyTextOptions{}))
}

// noBottom reports whether a flow's labels were looked through and have no bottom.
func noBottom(m *flow.Match) bool {
	for i, mask := range m.Mask.MPLS {
		if mask&0x100 == 0 || m.Key.MPLS[i]&0x100 != 0 {
			return false
		}
	}
	return true
}

// total returns the number of flows.
func total(l map[string]datapathFlow) (n int) {
	for _, f := range l {
		n += f.flows
	}
	return n
}

// and returns f and g together.
func (f datapathFlow) and(g datapathFlow) datapathFlow {
	g.flows, g.packets, g.bytes, g.tags = g.flows+f.flows, g.packets+f.packets, g.bytes+f.bytes, g.tags|f.tags
	g.proto, g.stack = g.proto|f.proto, g.stack || f.stack
	for i := range g.mpls {
		g.mpls[i] |= f.mpls[i]
	}
	return g
}

// same reports whether our flow is as the reference's, as far as it must be.
func (f datapathFlow) same(ref datapathFlow) bool {
	if ref.tags&^f.tags != 0 || ref.proto&^f.proto != 0 {
		return false
	}
	for i := range f.mpls {
		if ref.mpls[i]&^f.mpls[i] != 0 {
			return false
		}
	}
	switch {
	case f.fleeting, f.tags != ref.tags:
		return f.packets+f.flows >= ref.packets+ref.flows
	case f.flows > ref.flows: // the packet that makes a flow is not counted
		return f.packets+f.flows == ref.packets+ref.flows && f.bytes <= ref.bytes
	}
	return f.flows == ref.flows && f.packets == ref.packets && f.bytes == ref.bytes
}

// flowTexts returns both sides' flows as texts that are the same if all differences
// are declared.
func flowTexts(ours, ref map[string]datapathFlow) (got, want string) {
	ours, ref = maps.Clone(ours), maps.Clone(ref)
	mergeTypes(ours, ref)
	mergeStacks(ours, ref)
	text := func(key string, f datapathFlow) string {
		return fmt.Sprintf("%s flows:%d packets:%d bytes:%d", key, f.flows, f.packets, f.bytes)
	}
	var g, w []string
	for key, f := range ours {
		r, both := ref[key]
		switch {
		case !both && (f.fleeting || f.tags != 0):
		case both && f.same(r):
			g = append(g, text(key, r))
		default:
			g = append(g, text(key, f))
		}
	}
	for key, r := range ref {
		if _, both := ours[key]; both || !r.prioritized {
			w = append(w, text(key, r))
		}
	}
	slices.Sort(g)
	slices.Sort(w)
	return strings.Join(g, "\n"), strings.Join(w, "\n")
}

// ofAnyTag returns a flow without the types of tags, and without a second tag that is
// not looked at.
func ofAnyTag(key string) string {
	const inner = "encap(eth_type(0x8100),vlan(),"
	key = tagTypes.ReplaceAllString(key, "eth_type(0x8100)")
	at := strings.Index(key, inner)
	if at < 0 {
		return key
	}
	rest := key[at+len(inner):] // whose parenthesis closes what is taken out, too
	depth := 0
	for i, ch := range rest {
		switch ch {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 && i+1 < len(rest) && rest[i+1] == ')' {
				return key[:at] + rest[:i+1] + rest[i+2:]
			}
		}
	}
	return key
}

// mergeTypes puts our flows for tags of different types, and one and two of them,
// together where the reference has one for them.
func mergeTypes(ours, ref map[string]datapathFlow) {
	alike := map[string][]string{}
	for key := range ours {
		k := ofAnyTag(key)
		alike[k] = append(alike[k], key)
	}
	for key := range ref {
		l := alike[ofAnyTag(key)]
		if len(l) < 2 || slices.ContainsFunc(l, func(k string) bool { _, has := ref[k]; return has && k != key }) {
			continue
		}
		var f datapathFlow
		for _, k := range l {
			f = f.and(ours[k])
			delete(ours, k)
		}
		ours[key] = f
	}
}

// labels is what a key says of MPLS entries.
var labels = regexp.MustCompile(`^([^ ]*),mpls\([^ ]*?\)`)

// mergeStacks puts our flows for different stacks of labels together where the reference
// has one for them: when a flow comes to set no label any more, it keeps its mask.
func mergeStacks(ours, ref map[string]datapathFlow) {
	for key := range ref {
		if _, both := ours[key]; both {
			continue
		}
		var f datapathFlow
		for k := range ours {
			if _, both := ref[k]; !both && ours[k].stack && labels.ReplaceAllString(k, "$1") == labels.ReplaceAllString(key, "$1") {
				f = f.and(ours[k])
				delete(ours, k)
			}
		}
		if f.flows > 0 {
			ours[key] = f
		}
	}
}

// TestMergeStacks: which flows are one for the reference.
func TestMergeStacks(t *testing.T) {
	key := func(mpls string) string {
		return "recirc_id(0),in_port(10),eth_type(0x8847)" + mpls + " set(mpls(label=2)),14"
	}
	one, two, part := key(",mpls(label=1,tc=0,ttl=1,bos=1)"), key(",mpls(label=2,tc=0,ttl=1,bos=1)"), key(",mpls(label=0/0x0,tc=0/0,ttl=1/0xff,bos=0/0)")
	for _, want := range []string{part, key("")} {
		ours := map[string]datapathFlow{one: {flows: 1, stack: true}, two: {flows: 1, packets: 1, stack: true}, key(",mpls(bos=1)"): {flows: 1}}
		if mergeStacks(ours, map[string]datapathFlow{want: {flows: 1, packets: 2}}); len(ours) != 2 || ours[want].flows != 2 {
			t.Error(want, ours)
		}
	}
}

// TestFleeting: what a hash takes in that is not there makes flows fleeting, what is
// there does not.
func TestFleeting(t *testing.T) {
	const l4, l3 = "actions=bundle(symmetric_l4,1,hrw,ofport,slaves:14,3)", "actions=bundle(symmetric_l3,1,hrw,ofport,slaves:14,3)"
	for _, c := range []struct {
		flow, proto string
		want        bool
	}{{l4, "proto=0,", true}, {l4, "proto=99,", true}, {l4, "proto=6,", false}, {l4, "proto=1,", false}, {l4, "", false}, {l3, "proto=99,", false}} {
		s := &scenario{mods: []mod{{kind: "add-flow", text: c.flow}}}
		key := "recirc_id(0),in_port(22),eth_type(0x0800),ipv4(src=0.0.0.0,dst=0.0.0.0," + c.proto + "frag=no)"
		if got := s.fleeting(key); got != c.want {
			t.Error(c.flow, key, got)
		}
	}
}

// TestMergeTypes: what counts as alike.
func TestMergeTypes(t *testing.T) {
	one := "recirc_id(0),in_port(13),eth_type(0x8100),vlan(vid=100),encap(eth_type(0x0800),ipv4(frag=no)) drop"
	two := "recirc_id(0),in_port(13),eth_type(0x8100),vlan(vid=100),encap(eth_type(0x88a8),vlan(),encap(eth_type(0x0800),ipv4(frag=no))) drop"
	if got := ofAnyTag(two); got != one {
		t.Error(got)
	}
	looked := strings.Replace(two, "vlan()", "vlan(vid=1)", 1)
	for _, key := range []string{one, looked} {
		if got := ofAnyTag(key); got != tagTypes.ReplaceAllString(key, "eth_type(0x8100)") {
			t.Error(got)
		}
	}
	ours := map[string]datapathFlow{one: {flows: 1, packets: 2, bytes: 150}, two: {flows: 1, bytes: 0}}
	if mergeTypes(ours, map[string]datapathFlow{one: {flows: 1, packets: 3, bytes: 185}}); len(ours) != 1 || ours[one].flows != 2 {
		t.Error(ours)
	}
}
