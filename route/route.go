// Package route answers where the kernel would send a packet, and to which
// Ethernet address, for tunnels that are encapsulated by us.
//
// A Table may be used from any goroutine.
package route

import (
	"errors"
	"net/netip"
)

// Table mirrors the kernel's routing decisions and neighbours.
type Table struct{}

// Egress is where a packet to some address leaves.
type Egress struct {
	Ifindex int
	Name    string
	Gateway netip.Addr // next hop; invalid when the destination is on the link
	Source  netip.Addr // what the kernel would send from
	Local   bool       // the destination is this host
	MTU     int        // of the route or the interface
}

// New subscribes to the kernel's news.
func New() (*Table, error) { return nil, errors.New("route: not here yet") }
