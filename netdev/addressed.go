package netdev

import "net/netip"

// Addressed is a Device of the host that can be given an IPv4 address.
type Addressed interface {
	// SetIPv4 makes p the interface's only IPv4 address of global scope, and
	// its network a route by the interface.
	SetIPv4(p netip.Prefix) error
	// AddGateway makes gw, which is behind the interface, the way to all
	// networks that no other route leads to.
	AddGateway(gw netip.Addr) error
}
