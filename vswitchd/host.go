package vswitchd

import (
	"net"
	"net/netip"

	"govs/route"
)

// host answers lint's questions about this machine at one moment.
type host struct {
	addrs map[string][]netip.Prefix
	rt    *route.Table
}

// readHost reads the addresses of the network interfaces.
func readHost(rt *route.Table) host {
	h := host{addrs: map[string][]netip.Prefix{}, rt: rt}
	ifaces, err := net.Interfaces()
	if err != nil {
		log.Warn("reading network interfaces: %v", err)
	}
	for _, i := range ifaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				h.addrs[i.Name] = append(h.addrs[i.Name], p)
			}
		}
	}
	return h
}

// Addresses implements lint.Host.
func (h host) Addresses(iface string) []netip.Prefix { return h.addrs[iface] }

// Holder implements lint.Host.
func (h host) Holder(ip netip.Addr) string {
	for name, ps := range h.addrs {
		for _, p := range ps {
			if p.Addr() == ip {
				return name
			}
		}
	}
	return ""
}

// RouteTo implements lint.Host.
func (h host) RouteTo(ip netip.Addr) string {
	if h.rt == nil {
		return ""
	}
	e, err := h.rt.Lookup(ip, netip.Addr{}, 0)
	if err != nil {
		return ""
	}
	return e.Name
}
