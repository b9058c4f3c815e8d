package xlatediff

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"govs/dpif"
	"govs/openflow"
)

// recircIDs and meterIDs are numbers that each side gives out as it likes.
var (
	recircIDs = regexp.MustCompile(`recirc(_id=|\(0x|_id\(0x)[1-9a-f][0-9a-f]*`)
	meterIDs  = regexp.MustCompile(`meter\([0-9]+\)`)
)

// wildTag is a second tag that is there, and not looked at. Neither side shows it.
var wildTag = regexp.MustCompile(`(encap\(eth_type\(0x8(100|8a8)\)),encap\(`)

var setsMPLS = regexp.MustCompile(`actions:.*(set\(mpls|push_mpls)\(`)

var ported, protocol = regexp.MustCompile(`proto=(6|17|132|1|58)[,)]`), regexp.MustCompile(`ipv[46]\(.*proto=[0-9]+[,)]`)

// portless reports whether a key is of a protocol that has no ports.
func portless(key string) bool { return protocol.MatchString(key) && !ported.MatchString(key) }

func canonical(s string) string {
	s = recircIDs.ReplaceAllString(s, "recirc${1}N")
	return meterIDs.ReplaceAllString(s, "meter(N)")
}

func sortedLines(s string) string {
	l := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(l)
	return strings.Join(l, "\n")
}

// A part is something that is compared, by its name.
type part struct{ name, text string }

// state returns what a switch is like after the scenario.
func (s *side) state(c *scenario) (out []part) {
	s.settle(1)
	out = append(out, part{"dpctl/dump-flows", dumpText(s.do("dpctl/dump-flows"), c)})
	for b := range bridges {
		br := bridgeName(b)
		var flows []string
		of := s.client(b, openflow.V13)
		for _, d := range s.multi(of, &openflow.FlowStatsRequest{Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}) {
			if m, ok := d.Message.(*openflow.FlowStatsReply); ok {
				for i := range m.Flows {
					flows = append(flows, string(openflow.AppendFlowStats(nil, &m.Flows[i], nil, true)))
				}
			}
		}
		slices.Sort(flows)
		out = append(out, part{"dump-flows " + br, strings.Join(flows, "\n")})
		out = append(out, part{"fdb/show " + br, sortedLines(s.do("fdb/show", br))})
		var groups []string
		for _, d := range s.multi(of, &openflow.GroupStatsRequest{ID: openflow.GroupAll}) {
			if m, ok := d.Message.(*openflow.GroupStatsReply); ok {
				for _, g := range m.Groups {
					groups = append(groups, fmt.Sprintf("%+v", g))
				}
			}
		}
		slices.Sort(groups)
		out = append(out, part{"dump-group-stats " + br, strings.Join(groups, "\n")})
	}
	out = append(out, part{"dpctl/dump-conntrack", sortedLines(s.do("dpctl/dump-conntrack"))})
	sent := s.frames()
	var frames []string
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		for _, f := range sent[name] {
			frames = append(frames, name+" "+f)
		}
	}
	out = append(out, part{"frames", strings.Join(frames, "\n")})
	var ports []string
	now := s.portStats()
	for _, name := range slices.Sorted(maps.Keys(now)) {
		p, was := now[name], s.base[name]
		ports = append(ports, fmt.Sprintf("%s rx %d/%d tx %d/%d", name, p.RxPackets-was.RxPackets, p.RxBytes-was.RxBytes, p.TxPackets-was.TxPackets, p.TxBytes-was.TxBytes))
	}
	return append(out, part{"dump-ports", strings.Join(ports, "\n")})
}

// dumpText brings a dump of datapath flows into one form. What is declared of
// them is that the reference shows bits of its keys outside their masks, and that
// our masks have priorities of VLAN tags, and all of the MPLS entries where some
// are set or pushed, which its own leave out though what is done depends on them,
// so that it may have one flow where we have several.
// Where flows write the ports of any IP packet, those of a protocol without ports
// are left out, and where flows decrement a time to live, those of ARP: as no key
// in the datapath can say that this was looked at, its revalidators delete them
// each time.
func dumpText(dump string, c *scenario) string {
	writesPorts, decrements := c.has("mod_tp_"), c.has("dec_ttl")
	type flowSum struct{ packets, bytes int }
	sums := map[string]flowSum{}
	for line := range strings.Lines(canonical(dump)) {
		key, stats, ok := strings.Cut(strings.TrimSpace(line), ", packets:")
		if !ok || writesPorts && portless(key) || decrements && strings.Contains(key, "arp(") {
			continue
		}
		key = strings.ReplaceAll(key, ",nsh()", "") // of one that was cut short
		key = wildTag.ReplaceAllString(key, "$1,vlan(vid=0/0x0,pcp=0/0x0),encap(")
		m, err := dpif.ParseKey(strings.ReplaceAll(key, "recirc_id(0xN)", "recirc_id(0xffff)"), nil)
		if err == nil {
			for i := range m.Mask.VLANs {
				m.Mask.VLANs[i].TCI &^= 0xe000
			}
			if setsMPLS.MatchString(stats) {
				m.Mask.MPLS = [3]uint32{}
			}
			for i, w := range m.Mask.Words() {
				m.Key.Words()[i] &= w
			}
			key = string(dpif.AppendKeyText(nil, &m.Key, &m.Mask, dpif.KeyTextOptions{}))
		}
		var f flowSum
		fmt.Sscanf(stats, "%d, bytes:%d", &f.packets, &f.bytes)
		_, actions, _ := strings.Cut(stats, "actions:")
		all := key + " " + actions
		was := sums[all]
		sums[all] = flowSum{was.packets + f.packets, was.bytes + f.bytes}
	}
	var out []string
	for _, all := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, fmt.Sprintf("%s packets:%d bytes:%d", all, sums[all].packets, sums[all].bytes))
	}
	return strings.Join(out, "\n")
}

// difference shows where two texts part, "" if they do not.
func difference(name, got, want string) string {
	if got == want {
		return ""
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < len(g) && n < len(w) && g[n] == w[n] {
		n++
	}
	e := 0
	for e < len(g)-n && e < len(w)-n && g[len(g)-1-e] == w[len(w)-1-e] {
		e++
	}
	return fmt.Sprintf("%s:\n%s\n--- ours\n%s\n--- reference\n%s\n---\n%s", name, strings.Join(g[max(0, n-12):n], "\n"), strings.Join(g[n:len(g)-e], "\n"), strings.Join(w[n:len(w)-e], "\n"),
		strings.Join(g[len(g)-e:min(len(g), len(g)-e+4)], "\n"))
}
