package tunnels

import (
	"strings"
	"testing"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// routeCommands are compared one by one; und has 10.1.1.1/24 and fd01::1/64.
var routeCommands = `
ovs/route/show
ovs/route/add 10.2.0.0/16 und
ovs/route/add 10.3.0.0/16 und 10.1.1.9
ovs/route/add 10.3.0.0/16 und 10.1.1.8 pkt_mark=5
ovs/route/add 10.3.4.0/24 und 10.1.1.7
ovs/route/add 10.1.1.0/25 und
ovs/route/add fd02::/64 und fd01::9
ovs/route/add 10.5.0.0/33 und
ovs/route/add foo und
ovs/route/add 10.6.0.1 und
ovs/route/add 10.7.0.0/16 nodev
ovs/route/add 10.7.0.0/16 und zz
ovs/route/add 10.7.0.0/16 und pkt_mark=zz
ovs/route/add 10.7.0.0/16 und 10.1.1.9 pkt_mark=zz
ovs/route/add 10.9.0.0/16 und fd01::9
ovs/route/show
ovs/route/lookup 10.2.3.4
ovs/route/lookup 10.3.3.4
ovs/route/lookup 10.3.4.4
ovs/route/lookup 10.3.3.4 pkt_mark=5
ovs/route/lookup 10.3.3.4 pkt_mark=6
ovs/route/lookup 10.1.1.5
ovs/route/lookup fd02::5
ovs/route/lookup foo
ovs/route/lookup 10.2.3.4 pkt_mark=zz
ovs/route/lookup 9.9.9.9
ovs/route/del 10.2.0.0/16
ovs/route/del 10.3.0.0/16
ovs/route/del 10.3.0.0/16
ovs/route/del 10.3.0.0/16 pkt_mark=5
ovs/route/del zz
ovs/route/del 10.3.0.0/16 pkt_mark=zz
ovs/route/show
tnl/neigh/show
tnl/neigh/set und 10.1.1.5 00:11:22:33:44:55
tnl/neigh/show
tnl/arp/set und fd01::5 00:11:22:33:44:56
tnl/neigh/set nobr 10.1.1.6 00:11:22:33:44:55
tnl/neigh/set und zz 00:11:22:33:44:55
tnl/neigh/set und 10.1.1.6 zz
tnl/neigh/aging
tnl/neigh/aging 5
tnl/arp/aging
tnl/neigh/aging zz
tnl/neigh/aging 0
tnl/neigh/aging 3601
tnl/neigh/aging 3600
tnl/neigh/aging -1
tnl/neigh/flush
tnl/neigh/show
tnl/egress_port_range
tnl/egress_port_range 1
tnl/egress_port_range 5 3
tnl/egress_port_range
tnl/egress_port_range 0 3
tnl/egress_port_range 3 70000
tnl/egress_port_range zz 3
tnl/ports/show
`

// switchWithLink starts a switch that knows no route but those of commands, with
// an interface und.
func switchWithLink(t *testing.T, m sandbox.Maker) *sandbox.Switch {
	t.Helper()
	ovsref.Root(t)
	ns, far := namespace(t, m.Name[:2]), namespace(t, "far")
	sh(t, ns, "sysctl -q net.ipv6.conf.default.accept_dad=0")
	must(t, netlab.Veth(ns, "und", far, "und"))
	sh(t, ns, "ip addr add 10.1.1.1/24 dev und; ip addr add fd01::1/64 dev und")
	return sandbox.Start(t, m, sandbox.Config{Dummy: "no", Namespace: ns, Args: []string{"--disable-system-route"}})
}

func TestRouteCommands(t *testing.T) {
	ours, ref := switchWithLink(t, sandbox.Ours(t)), switchWithLink(t, sandbox.Reference(t))
	for line := range strings.SplitSeq(strings.TrimSpace(routeCommands), "\n") {
		args := strings.Fields(line)
		got, ok := ours.Appctl(args[0], args[1:]...)
		want, wantOK := ref.Appctl(args[0], args[1:]...)
		if got != want || ok != wantOK {
			t.Errorf("%s\nours:      %q %v\nreference: %q %v", line, got, ok, want, wantOK)
		}
	}
}

// TestRouteRules are commands that the reference does not have yet.
func TestRouteRules(t *testing.T) {
	s := switchWithLink(t, sandbox.Ours(t))
	for _, x := range [][2]string{
		{"ovs/route/rule/show", "Cached: 0: from all lookup local\nCached: 32766: from all lookup main\nCached: 32767: from all lookup default\n"},
		{"ovs/route/add 10.3.0.0/16 und 10.1.1.9 table=10", "OK"},
		{"ovs/route/lookup 10.3.3.3", "Not found"},
		{"ovs/route/rule/add from=10.1.1.0/24 prio=7 table=10", "OK"},
		{"ovs/route/lookup 10.3.3.3", "Not found"},
		{"ovs/route/lookup 10.3.3.3 src=10.1.1.1", "src 10.1.1.1\ngateway 10.1.1.9\ndev und\n"},
		{"ovs/route/rule/add not from=10.1.2.1 table=10", "OK"},
		{"ovs/route/rule/show", "Cached: 0: from all lookup local\nUser: 6: not from 10.1.2.1 lookup 10\nUser: 7: from 10.1.1.0/24 lookup 10\n" +
			"Cached: 32766: from all lookup main\nCached: 32767: from all lookup default\n"},
		{"ovs/route/lookup 10.3.3.3", "src 10.1.1.1\ngateway 10.1.1.9\ndev und\n"},
		{"ovs/route/rule/add -6 from=all prio=9 table=main", "OK"},
		{"ovs/route/rule/show -6", "Cached: 0: from all lookup local\nUser: 9: from all lookup main\n" +
			"Cached: 32766: from all lookup main\nCached: 32767: from all lookup default\n"},
		{"ovs/route/show", "Route Table:\n"},
		{"ovs/route/show table=10", "Route Table #10:\nUser: 10.3.0.0/16 dev und GW 10.1.1.9 SRC 10.1.1.1\n"},
		{"ovs/route/show table=all", "Route Table:\nRoute Table #10:\nUser: 10.3.0.0/16 dev und GW 10.1.1.9 SRC 10.1.1.1\n"},
		{"ovs/route/show table=zz", "Invalid table"},
		{"ovs/route/rule/add from=zz table=10", "Invalid parameters"},
		{"ovs/route/rule/add from=all", "\"ovs/route/rule/add\" command requires at least 2 arguments"},
		{"ovs/route/rule/del not from=10.1.2.1 table=10", "OK"},
		{"ovs/route/rule/del not from=10.1.2.1 table=10", "Not found"},
		{"ovs/route/del 10.3.0.0/16", "Not found"},
		{"ovs/route/del 10.3.0.0/16 table=10", "OK"},
		{"ovs/route/lookup 10.3.3.3 src=10.1.1.1", "Not found"},
	} {
		args := strings.Fields(x[0])
		if got, _ := s.Appctl(args[0], args[1:]...); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(x[1], "\n") {
			t.Errorf("%s\ngot  %q\nwant %q", x[0], got, x[1])
		}
	}
}
