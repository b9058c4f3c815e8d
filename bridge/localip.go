package bridge

import (
	"net"
	"net/netip"

	"govs/netdev"
	"govs/ovsdb/idl"
)

// A localIP is what a Controller row wants of the bridge's local port: columns
// local_ip, local_netmask and local_gateway. They count in-band only
// (vswitchd.conf.db(5), Controller table).
type localIP struct {
	addr    netip.Prefix // not valid: nothing is wanted
	gateway netip.Addr   // not valid: none
}

// readLocalIP reads a Controller row. What is no address counts as unset.
func readLocalIP(row *idl.Row) localIP {
	ip, err := netip.ParseAddr(row.Str("local_ip"))
	if err != nil || !ip.Is4() {
		return localIP{}
	}
	l := localIP{addr: netip.PrefixFrom(ip, classBits(ip))}
	if m, err := netip.ParseAddr(row.Str("local_netmask")); err == nil && m.Is4() {
		if n, size := net.IPMask(m.AsSlice()).Size(); size != 0 {
			l.addr = netip.PrefixFrom(ip, n)
		}
	}
	if gw, err := netip.ParseAddr(row.Str("local_gateway")); err == nil && gw.Is4() && !gw.IsUnspecified() {
		l.gateway = gw
	}
	return l
}

// classBits is the length of the network part of an address of class A, B or C.
func classBits(ip netip.Addr) int {
	switch b := ip.As4(); {
	case b[0] < 128:
		return 8
	case b[0] < 192:
		return 16
	}
	return 24
}

// setLocalIP gives the local port the address that a controller wants it to have.
// An address that nobody wants any more stays, as does the gateway.
func (b *liveBridge) setLocalIP(s *bridgeSpec) {
	i := b.ifaces[s.name]
	if !i.usable() || s.inBand.Off {
		return
	}
	dev, ok := i.dev.(netdev.Addressed)
	if !ok {
		return
	}
	for _, c := range s.control {
		if !c.local.addr.IsValid() || c.of.OutOfBand || c.local == b.localIP {
			continue
		}
		// The route of its network needs an interface that is up.
		err := i.dev.SetUp(true)
		if err == nil {
			err = dev.SetIPv4(c.local.addr)
		}
		if err != nil {
			log.Warn("bridge %s: %v", s.name, err)
			return
		}
		log.Info("bridge %s: configured IP address %s, netmask %s", s.name, c.local.addr.Addr(),
			net.IP(net.CIDRMask(c.local.addr.Bits(), 32)))
		if c.local.gateway.IsValid() {
			if err := dev.AddGateway(c.local.gateway); err != nil {
				log.Warn("bridge %s: %v", s.name, err)
				return
			}
			log.Info("bridge %s: configured gateway %s", s.name, c.local.gateway)
		}
		b.localIP = c.local
		return // several that differ are not foreseen
	}
}
