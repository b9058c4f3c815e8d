package xlatediff

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/openflow"
)

// recircIDs and meterIDs are numbers that each side gives out as it likes.
var (
	recircIDs = regexp.MustCompile(`recirc(_id=(?:0x)?|\(0x|_id\(0x)[1-9a-f][0-9a-f]*`)
	meterIDs  = regexp.MustCompile(`meter\([0-9]+\)`)
)

// wholeLabel is the mask of a label of IPv6, if a set_field looks at it. Where a flow
// looks at all of it, the reference shows none.
var wholeLabel = regexp.MustCompile(`(ipv6_label=0x[0-9a-f]+)/0xfffff\b`)

// noERSPAN is what the reference leaves out of all its matches, so that what it has
// been told of it is lost.
var noERSPAN = regexp.MustCompile(`,tun_erspan_ver=0\b|\btun_erspan_ver=0,|\btun_erspan_ver=0\b`)

// bottomless is a traced megaflow of labels without a bottom, and labelParts what a mask
// may show of them. The reference counts those that are not zero without saying so.
var (
	bottomless = regexp.MustCompile(`(?m)^Megaflow: .*,mpls_bos=0,.*mpls_lse2=.*$`)
	labelParts = regexp.MustCompile(`,mpls_(label|tc|ttl|lse1|lse2)=[^,\n]*`)
)

func canonical(s string) string {
	s = bottomless.ReplaceAllStringFunc(s, func(line string) string { return labelParts.ReplaceAllString(line, "") })
	s = noERSPAN.ReplaceAllString(s, "")
	s = wholeLabel.ReplaceAllString(s, "$1")
	s = recircIDs.ReplaceAllString(s, "recirc${1}N")
	return meterIDs.ReplaceAllString(s, "meter(N)")
}

func sortedLines(s string) string {
	l := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(l)
	return strings.Join(l, "\n")
}

// A part is something that is compared, by its name: a text, or the flows of a
// datapath.
type part struct {
	name, text string
	flows      map[string]datapathFlow
	anyOrder   bool // of lines
	// moved says that MAC addresses were seen at one port and then at another. If both
	// happens in one round of the revalidators, the reference takes that for the last
	// whose flow its hashes put last.
	moved bool
	// versions says that flows match the version of ERSPAN. The reference takes that
	// for its mask, too, and then shows none of where it has no bit of the packet's.
	versions bool
}

// shownVersion is a version of ERSPAN as a traced megaflow shows it.
var shownVersion = regexp.MustCompile(`^(Megaflow: .*),tun_erspan_ver=[0-9]+\b`)

// sameVersions reports whether two traces are the same but for versions that the second
// does not show.
func sameVersions(got, want string) bool {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	return slices.EqualFunc(g, w, func(g, w string) bool {
		return g == w || !shownVersion.MatchString(w) && shownVersion.ReplaceAllString(g, "$1") == w
	})
}

// fdbPort is the port of a MAC address.
var fdbPort = regexp.MustCompile(`(?m)^ *(?:[0-9]+|LOCAL) +`)

// sameBut reports whether two parts are the same but for what is declared.
func (p *part) sameBut(q *part) bool {
	if p.moved && q.moved {
		return sortedLines(fdbPort.ReplaceAllString(p.text, "")) == sortedLines(fdbPort.ReplaceAllString(q.text, ""))
	}
	if p.versions && sameVersions(p.text, q.text) {
		return true
	}
	return p.anyOrder && sortedLines(p.text) == sortedLines(q.text)
}

// contents are the bytes of frames, and how many were counted.
var contents = regexp.MustCompile(`(?m) [0-9a-f]{24,}$|/[0-9]+`)

// sameNumbers reports whether as many frames went out, by each port, on both sides.
func (p *part) sameNumbers(q *part) bool {
	return (p.name == "frames" || p.name == "dump-ports") &&
		sortedLines(contents.ReplaceAllString(p.text, "")) == sortedLines(contents.ReplaceAllString(q.text, ""))
}

// moves is how many addresses moved, if any.
var moves = regexp.MustCompile(`port moved MAC entries *: *[1-9]`)

// state returns what a switch is like after the scenario.
func (s *side) state(c *scenario) (out []part) {
	s.settle(1)
	out = append(out, part{name: "dpctl/dump-flows", flows: datapathFlows(s.do("dpctl/dump-flows"), c)})
	for b := range bridges {
		br := bridgeName(b)
		var flows []string
		of := s.client(b, openflow.V13)
		for _, d := range s.multi(of, &openflow.FlowStatsRequest{Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}) {
			if m, ok := d.Message.(*openflow.FlowStatsReply); ok {
				for i := range m.Flows {
					flows = append(flows, canonical(string(openflow.AppendFlowStats(nil, &m.Flows[i], nil, true))))
				}
			}
		}
		slices.Sort(flows)
		out = append(out, part{name: "dump-flows " + br, text: strings.Join(flows, "\n")})
		out = append(out, part{name: "fdb/show " + br, text: sortedLines(s.do("fdb/show", br)), moved: moves.MatchString(s.do("fdb/stats-show", br))})
		var groups []string
		for _, d := range s.multi(of, &openflow.GroupStatsRequest{ID: openflow.GroupAll}) {
			if m, ok := d.Message.(*openflow.GroupStatsReply); ok {
				for _, g := range m.Groups {
					groups = append(groups, fmt.Sprintf("%+v", g))
				}
			}
		}
		slices.Sort(groups)
		out = append(out, part{name: "dump-group-stats " + br, text: strings.Join(groups, "\n")})
	}
	out = append(out, part{name: "dpctl/dump-conntrack", text: sortedLines(s.do("dpctl/dump-conntrack"))})
	sent := s.frames()
	var frames []string
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		for _, f := range sent[name] {
			frames = append(frames, name+" "+f)
		}
	}
	out = append(out, part{name: "frames", text: strings.Join(frames, "\n"), anyOrder: c.recirculates()})
	var ports []string
	now := s.portStats()
	for _, name := range slices.Sorted(maps.Keys(now)) {
		p, was := now[name], s.base[name]
		ports = append(ports, fmt.Sprintf("%s rx %d/%d tx %d/%d", name, p.RxPackets-was.RxPackets, p.RxBytes-was.RxBytes, p.TxPackets-was.TxPackets, p.TxBytes-was.TxBytes))
	}
	return append(out, part{name: "dump-ports", text: strings.Join(ports, "\n")})
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

func TestSameVersions(t *testing.T) {
	with, without := "Flow: tun_erspan_ver=2\nMegaflow: tun_tos=5,tun_erspan_ver=2,in_port=26", "Flow: tun_erspan_ver=2\nMegaflow: tun_tos=5,in_port=26"
	for _, c := range []struct {
		ours, ref string
		same      bool
	}{
		{with, without, true},
		{without, with, false},
		{with, strings.ReplaceAll(with, "=2", "=1"), false},
		{with, strings.Replace(without, "26", "27", 1), false},
		{with, strings.Replace(without, "Flow: tun_erspan_ver=2", "Flow: ", 1), false},
	} {
		if sameVersions(c.ours, c.ref) != c.same {
			t.Errorf("%q and %q: %v", c.ours, c.ref, !c.same)
		}
	}
}
