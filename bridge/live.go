package bridge

import (
	"maps"

	"govs/netdev"
	"govs/ofproto"
	"govs/openflow"
)

// A liveBridge is a bridge that exists: its switch and what its ports are.
type liveBridge struct {
	spec   bridgeSpec
	of     *ofproto.Ofproto
	ifaces map[string]*liveIface // by name
	mac    [6]byte               // address of the local port
	random [6]byte               // address when no port offers one
}

// A liveIface is an interface the bridge has, or tried to have.
type liveIface struct {
	spec ifaceSpec
	dev  netdev.Device // nil for patch and tunnel ports, and on failure
	no   openflow.Port
	err  string // why it does not work, for Interface:error
	// failed says that there is no OpenFlow port (ofport is -1); an err
	// without it is a warning on a port that exists.
	failed bool
}

// usable reports whether the interface has an OpenFlow port.
func (i *liveIface) usable() bool { return i != nil && !i.failed }

// sameDevice reports whether a live interface can go on as the wanted one; if
// not it is removed and added again.
func (i *ifaceSpec) sameDevice(want *ifaceSpec) bool {
	return i.typ == want.typ &&
		(want.request == 0 || want.request == i.request)
}

// sameOptions reports whether nothing has to be told to a device that goes on.
func (i *ifaceSpec) sameOptions(want *ifaceSpec) bool {
	return maps.Equal(i.options, want.options)
}
