package lint

import (
	"fmt"
	"net/netip"
	"strings"
)

// tunnelsFrom returns the tunnel ports, of any bridge, whose packets come from
// the address.
func tunnelsFrom(in *Input, addr netip.Addr) []string {
	var names []string
	for _, b := range in.Bridges {
		for _, p := range b.Ports {
			if ip, ok := optionIP(&p, "local_ip"); p.Tunnel && ok && ip == addr {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// optionIP returns an option that is an address. "flow" and the like are none.
func optionIP(p *Port, key string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(p.Options[key])
	return ip, err == nil
}

// tunnelAddressOnPort finds the mistake of tunnels that end at the address of
// an interface which a bridge has taken: the bridge gets the interface's
// frames, the host's stack, to which the tunnel's packets go, does not.
func tunnelAddressOnPort(in *Input, b *Bridge, p *Port) *Finding {
	if p.Type != "system" || p.Error != "" {
		return nil
	}
	for _, a := range in.Host.Addresses(p.Name) {
		tunnels := tunnelsFrom(in, a.Addr())
		if len(tunnels) == 0 {
			continue
		}
		return &Finding{
			What: fmt.Sprintf("network interface %s holds %s, the local_ip of tunnel %s, and is a port of %s",
				p.Name, a.Addr(), strings.Join(tunnels, ", "), b.Name),
			Why: fmt.Sprintf("bridge %s takes every frame that arrives on %s, so the host never sees the tunnel's packets and %s is cut off",
				b.Name, p.Name, strings.Join(tunnels, ", ")),
			Fix: fmt.Sprintf("ovs-vsctl del-port %s %s", b.Name, p.Name),
		}
	}
	return nil
}

// addressOnPort finds interfaces with addresses in bridges where no tunnel is
// concerned: the host cannot use such an address.
func addressOnPort(in *Input, b *Bridge, p *Port) *Finding {
	if p.Type != "system" || p.Error != "" || tunnelAddressOnPort(in, b, p) != nil {
		return nil
	}
	for _, a := range in.Host.Addresses(p.Name) {
		if a.Addr().IsLinkLocalUnicast() {
			continue // every interface that is up gets one
		}
		return &Finding{
			What: fmt.Sprintf("network interface %s holds %s and is a port of %s", p.Name, a, b.Name),
			Why:  fmt.Sprintf("bridge %s takes every frame that arrives on %s, so the host cannot use this address", b.Name, p.Name),
			Fix: fmt.Sprintf("ip addr del %s dev %s && ip addr add %[1]s dev %[3]s && ip link set %[3]s up",
				a, p.Name, b.Name),
		}
	}
	return nil
}

// localIPMissing finds tunnels from an address that the host does not have.
func localIPMissing(in *Input, b *Bridge, p *Port) *Finding {
	ip, ok := optionIP(p, "local_ip")
	if !p.Tunnel || !ok || in.Host.Holder(ip) != "" {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("tunnel %s has local_ip %s", p.Name, ip),
		Why:  "no network interface of this host holds that address, so no answer can arrive",
		Fix:  fmt.Sprintf("ip addr add %s/PREFIX dev NIC, or ovs-vsctl set interface %s options:local_ip=ADDRESS", ip, p.Name),
	}
}

// noRouteToRemote finds tunnels whose far end cannot be reached.
func noRouteToRemote(in *Input, b *Bridge, p *Port) *Finding {
	ip, ok := optionIP(p, "remote_ip")
	if !p.Tunnel || !ok || in.Host.RouteTo(ip) != "" {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("tunnel %s has remote_ip %s", p.Name, ip),
		Why:  "this host has no route to that address",
		Fix:  fmt.Sprintf("ip route add %s via GATEWAY", ip),
	}
}

// findPatch returns the patch port of that name on any bridge.
func findPatch(in *Input, name string) (*Bridge, *Port) {
	for bi := range in.Bridges {
		for pi := range in.Bridges[bi].Ports {
			if p := &in.Bridges[bi].Ports[pi]; p.Type == "patch" && p.Name == name {
				return &in.Bridges[bi], p
			}
		}
	}
	return nil, nil
}

// patchPeerMissing finds patch ports whose other end does not exist.
func patchPeerMissing(in *Input, b *Bridge, p *Port) *Finding {
	peer := p.Options["peer"]
	if p.Type != "patch" || peer == "" {
		return nil
	}
	if _, q := findPatch(in, peer); q != nil {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("patch port %s leads to %s", p.Name, peer),
		Why:  fmt.Sprintf("there is no patch port %s, so packets sent to %s are lost", peer, p.Name),
		Fix: fmt.Sprintf("ovs-vsctl add-port BRIDGE %s -- set interface %[1]s type=patch options:peer=%s",
			peer, p.Name),
	}
}

// patchPeerOneSided finds pairs of patch ports where the other end leads
// elsewhere, or is on another datapath.
func patchPeerOneSided(in *Input, b *Bridge, p *Port) *Finding {
	if p.Type != "patch" {
		return nil
	}
	c, q := findPatch(in, p.Options["peer"])
	switch {
	case q == nil || p == q:
		return nil
	case q.Options["peer"] != p.Name:
		return &Finding{
			What: fmt.Sprintf("patch port %s leads to %s, which leads to %q", p.Name, q.Name, q.Options["peer"]),
			Why:  "packets pass in one direction only",
			Fix:  fmt.Sprintf("ovs-vsctl set interface %s options:peer=%s", q.Name, p.Name),
		}
	case b.DatapathType != c.DatapathType:
		return &Finding{
			What: fmt.Sprintf("patch port %s is on datapath type %s, its peer %s on %s", p.Name, b.DatapathType, q.Name, c.DatapathType),
			Why:  "packets cannot cross between datapaths of different types",
			Fix:  fmt.Sprintf("ovs-vsctl set bridge %s datapath_type=%s", c.Name, b.DatapathType),
		}
	}
	return nil
}

// secureWithoutFlows finds bridges that drop everything because nobody tells
// them what to do.
func secureWithoutFlows(b *Bridge) *Finding {
	if !b.Secure || b.Flows > 0 || b.Controllers > 0 || len(b.Ports) < 2 {
		return nil
	}
	return &Finding{
		What: fmt.Sprintf("bridge %s has fail_mode secure, no controller and no flows", b.Name),
		Why:  "it drops every packet",
		Fix:  fmt.Sprintf("ovs-ofctl add-flow %s actions=NORMAL, or ovs-vsctl del-fail-mode %[1]s", b.Name),
	}
}
