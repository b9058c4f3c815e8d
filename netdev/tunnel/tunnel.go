// Package tunnel is the device behind a datapath's tunnel port, such as
// "vxlan_sys_4789": it decapsulates what its UDP socket receives, and
// encapsulates what is sent to it by packet.Tunnel.
package tunnel

import (
	"errors"

	"govs/netdev"
	"govs/route"
)

// Open makes the tunnel device of type cfg.Type ("vxlan"), listening on UDP port
// Options["dst_port"] (default the type's own).
func Open(cfg netdev.Config, rt *route.Table) (netdev.Device, error) {
	return nil, errors.New("tunnel: not here yet")
}
