// Package lint finds settings that Open vSwitch accepts and that cannot work:
// it compares what bridges are configured to do with what the host is.
//
// Check is a pure function of its input; nothing here is shared.
package lint

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Input is what Check looks at.
type Input struct {
	Bridges []Bridge
	Host    Host
}

// Bridge is one switch as it is configured.
type Bridge struct {
	Name         string
	DatapathType string
	Secure       bool // fail_mode is secure
	Controllers  int
	Flows        int // rules that ovs-ofctl dump-flows shows
	Ports        []Port
}

// Port is one interface of a bridge.
type Port struct {
	Name    string
	Type    string // "system", "internal", "patch", "vxlan", ...
	Tunnel  bool
	Options map[string]string
	Error   string // Interface:error
}

// Host is what a check asks about the machine.
type Host interface {
	// Addresses returns the addresses of a network interface.
	Addresses(iface string) []netip.Prefix
	// Holder returns the interface that has the address, or "".
	Holder(netip.Addr) string
	// RouteTo returns the interface by which packets to the address leave, or
	// "" when there is no route.
	RouteTo(netip.Addr) string
}

// Finding is one setting that cannot work.
type Finding struct {
	Rule   string `json:"rule"`
	Bridge string `json:"bridge"`
	Port   string `json:"port,omitempty"`
	What   string `json:"what"` // what is configured
	Why    string `json:"why"`  // why it does not work
	Fix    string `json:"fix"`  // the command that mends it
}

// rules are the checks, in the order of their findings within a port.
var rules = []struct {
	name  string
	check func(in *Input, b *Bridge, p *Port) *Finding
}{
	{"tunnel-address-on-port", tunnelAddressOnPort},
	{"address-on-port", addressOnPort},
	{"local-ip-missing", localIPMissing},
	{"no-route-to-remote", noRouteToRemote},
	{"patch-peer-missing", patchPeerMissing},
	{"patch-peer-one-sided", patchPeerOneSided},
}

// Check returns what it finds, ordered by bridge, port and rule.
func Check(in Input) []Finding {
	var found []Finding
	for bi := range in.Bridges {
		b := &in.Bridges[bi]
		if f := secureWithoutFlows(b); f != nil {
			f.Rule, f.Bridge = "secure-without-flows", b.Name
			found = append(found, *f)
		}
		for pi := range b.Ports {
			p := &b.Ports[pi]
			for _, r := range rules {
				if f := r.check(&in, b, p); f != nil {
					f.Rule, f.Bridge, f.Port = r.name, b.Name, p.Name
					found = append(found, *f)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Bridge, b.Bridge), strings.Compare(a.Port, b.Port))
	})
	return found
}

// Format returns findings for people.
func Format(found []Finding) string {
	var s strings.Builder
	for i, f := range found {
		where := "bridge " + f.Bridge
		if f.Port != "" {
			where += ", port " + f.Port
		}
		fmt.Fprintf(&s, "%d. %s (%s)\n   what: %s\n   why:  %s\n   fix:  %s\n", i+1, where, f.Rule, f.What, f.Why, f.Fix)
	}
	switch len(found) {
	case 0:
		s.WriteString("no findings\n")
	case 1:
		s.WriteString("1 finding\n")
	default:
		fmt.Fprintf(&s, "%d findings\n", len(found))
	}
	return s.String()
}
