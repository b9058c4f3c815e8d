package xlate_test

import (
	"net/netip"
	"testing"

	"govs/classifier"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
	"govs/packet"
)

func setAddr(t *xlate.Tunnel) {
	t.Local, t.Remote = netip.MustParseAddr("10.10.0.52"), netip.MustParseAddr("10.10.0.51")
}

// TestReceive: the most specific tunnel port gets the packet: a fixed key goes
// before key=flow, a fixed remote before remote_ip=flow, a fixed local address
// before none.
func TestReceive(t *testing.T) {
	a := netip.MustParseAddr
	ports := map[string]*xlate.Tunnel{
		"key5":   {ODP: 7, Local: a("10.0.0.1"), Remote: a("10.0.0.2"), InKey: 5, InKeySet: true},
		"any":    {ODP: 7, Remote: a("10.0.0.2"), InKey: 6, InKeySet: true},
		"flow":   {ODP: 7, Local: a("10.0.0.1"), Remote: a("10.0.0.2"), InKeyFlow: true},
		"remote": {ODP: 7, RemoteFlow: true, InKeyFlow: true},
		"other":  {ODP: 8, RemoteFlow: true, InKeyFlow: true},
		"v6":     {ODP: 7, Remote: a("fe80::2"), InKeyFlow: true},
	}
	var list []*xlate.Port
	for name, tun := range ports {
		list = append(list, &xlate.Port{Name: name, Tunnel: tun})
	}
	m := xlate.NewTunnelMap(list)
	ip := func(s string) uint32 { v, _ := flow.ParseIPv4(s); return v }
	v6 := func(s string) [16]byte { return a(s).As16() }
	for _, x := range []struct {
		odp  uint32
		t    packet.Tunnel
		want string
	}{
		{7, packet.Tunnel{ID: 5, Src: ip("10.0.0.2"), Dst: ip("10.0.0.1")}, "key5"},
		{7, packet.Tunnel{ID: 6, Src: ip("10.0.0.2"), Dst: ip("10.0.0.1")}, "any"},
		{7, packet.Tunnel{ID: 9, Src: ip("10.0.0.2"), Dst: ip("10.0.0.1")}, "flow"},
		{7, packet.Tunnel{ID: 9, Src: ip("10.0.0.3"), Dst: ip("10.0.0.1")}, "remote"},
		{8, packet.Tunnel{ID: 9, Src: ip("10.0.0.3"), Dst: ip("10.0.0.1")}, "other"},
		{7, packet.Tunnel{ID: 9, IPv6Src: v6("fe80::2"), IPv6Dst: v6("fe80::1")}, "v6"},
		{9, packet.Tunnel{ID: 9, Src: ip("10.0.0.3"), Dst: ip("10.0.0.1")}, ""},
	} {
		k := &flow.Key{InPort: x.odp, Tunnel: x.t}
		got := ""
		if p := m.Receive(k); p != nil {
			got = p.Name
		}
		if got != x.want {
			t.Errorf("port %d %+v: %q, want %q", x.odp, x.t, got, x.want)
		}
	}
	if m.Conflict(&xlate.Tunnel{ODP: 7, Remote: a("10.0.0.2"), InKey: 6}) == nil {
		t.Error("an equal tunnel is a conflict")
	}
}

// TestOwnAddress: what goes to the address that its packet came to stays here. An
// address of IPv6 that is set besides one of IPv4 changes nothing.
func TestOwnAddress(t *testing.T) {
	for _, x := range []struct {
		packet, actions string
		out             bool
	}{
		{"tun_dst=1.1.1.1", "output:3", false},
		{"tun_dst=1.1.1.1", "set_field:fd00::2->tun_ipv6_dst,output:3", false},
		{"tun_dst=1.1.1.1", "set_field:1.1.1.2->tun_dst,output:3", true},
		{"tun_ipv6_dst=fd00::1", "output:3", false},
		{"tun_ipv6_dst=fd00::1", "set_field:1.1.1.1->tun_src,output:3", false},
		{"tun_ipv6_dst=fd00::1", "set_field:fd00::2->tun_ipv6_dst,output:3", true},
		{"tun_ipv6_dst=fd00::1", "set_field:1.1.1.1->tun_dst,output:3", true},
		{"eth_type=0x1234", "output:3", false},
		{"eth_type=0x1234", "set_field:fd00::2->tun_ipv6_dst,output:3", true},
	} {
		c := seed(t)
		tun := c.Bridges[0].Ports[3].Tunnel
		tun.LocalFlow, tun.RemoteFlow = true, true
		c.Bridges[0].Tables = flowtable.New(classifier.DefaultPrefixes...)
		addFlows(t, c.Bridges[0].Tables, "actions="+x.actions)
		var tr xlate.Translator
		out, err := tr.Translate(&xlate.In{Config: c, Bridge: c.Bridges[0], Key: key(t, "in_port=1,"+x.packet), Now: t0})
		if got := len(out.Actions) > 0; err != nil || got != x.out {
			t.Errorf("%s, %s: %s %v", x.packet, x.actions, out.Actions, err)
		}
	}
}
