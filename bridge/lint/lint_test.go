package lint

import (
	"net/netip"
	"strings"
	"testing"
)

// host is a machine with given addresses and routes.
type host struct {
	addrs  map[string][]netip.Prefix
	routes map[string]string
}

func (h host) Addresses(name string) []netip.Prefix { return h.addrs[name] }

func (h host) Holder(a netip.Addr) string {
	for name, ps := range h.addrs {
		for _, p := range ps {
			if p.Addr() == a {
				return name
			}
		}
	}
	return ""
}

func (h host) RouteTo(a netip.Addr) string { return h.routes[a.String()] }

// seed is the network whose author put the tunnel's NIC into the tunnel bridge.
func seed(mistake bool) Input {
	tun := Bridge{Name: "br-tun", DatapathType: "system", Secure: true, Flows: 20, Ports: []Port{
		{Name: "br-tun", Type: "internal"},
		{Name: "patch-int", Type: "patch", Options: map[string]string{"peer": "patch-tun"}},
		{Name: "vxlan-0a0a0033", Type: "vxlan", Tunnel: true,
			Options: map[string]string{"local_ip": "10.10.0.52", "remote_ip": "10.10.0.51", "in_key": "flow"}},
	}}
	if mistake {
		tun.Ports = append(tun.Ports, Port{Name: "enp2s0f1", Type: "system"})
	}
	return Input{
		Bridges: []Bridge{
			{Name: "br-int", DatapathType: "system", Ports: []Port{
				{Name: "patch-tun", Type: "patch", Options: map[string]string{"peer": "patch-int"}}}},
			tun,
		},
		Host: host{
			addrs:  map[string][]netip.Prefix{"enp2s0f1": {netip.MustParsePrefix("10.10.0.52/24")}},
			routes: map[string]string{"10.10.0.51": "enp2s0f1"},
		},
	}
}

func TestSeed(t *testing.T) {
	if got := Check(seed(false)); len(got) != 0 {
		t.Errorf("the right network has findings: %s", Format(got))
	}
	got := Check(seed(true))
	if len(got) != 1 {
		t.Fatalf("the mistake should be the one finding, got: %s", Format(got))
	}
	text := Format(got)
	for _, want := range []string{"enp2s0f1", "10.10.0.52", "vxlan-0a0a0033", "ovs-vsctl del-port br-tun enp2s0f1", "\n1 finding\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("finding does not name %q:\n%s", want, text)
		}
	}
}

func TestRules(t *testing.T) {
	tests := []struct {
		rule   string
		change func(in *Input)
	}{
		{"local-ip-missing", func(in *Input) { in.Bridges[1].Ports[2].Options["local_ip"] = "10.10.0.99" }},
		{"no-route-to-remote", func(in *Input) { in.Bridges[1].Ports[2].Options["remote_ip"] = "10.99.0.1" }},
		{"patch-peer-missing", func(in *Input) { in.Bridges[1].Ports[1].Options["peer"] = "patch-tunn" }},
		{"patch-peer-one-sided", func(in *Input) { in.Bridges[0].Ports[0].Options["peer"] = "elsewhere" }},
		{"patch-peer-one-sided", func(in *Input) { in.Bridges[0].DatapathType = "netdev" }},
		{"secure-without-flows", func(in *Input) { in.Bridges[1].Flows = 0 }},
		{"address-on-port", func(in *Input) {
			in.Bridges[0].Ports = append(in.Bridges[0].Ports, Port{Name: "eth7", Type: "system"})
			in.Host.(host).addrs["eth7"] = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}
		}},
	}
	for _, tt := range tests {
		in := seed(false)
		tt.change(&in)
		found := false
		for _, f := range Check(in) {
			found = found || f.Rule == tt.rule
			if f.What == "" || f.Why == "" || f.Fix == "" || f.Bridge == "" {
				t.Errorf("%s: incomplete finding %+v", tt.rule, f)
			}
		}
		if !found {
			t.Errorf("%s: not found, got %v", tt.rule, Check(in))
		}
	}
}
