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

	localIP localIP // as given to the local port
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

// goesOn reports whether a live interface can go on as the wanted one; if not
// it is removed and added again. Among the reasons are that it gets the port
// number it asks for, or gives up its number to the port that asks for it.
func (i *liveIface) goesOn(want *ifaceSpec, owners map[openflow.Port]string) bool {
	if want == nil || i.failed || i.spec.typ != want.typ {
		return false
	}
	if i.no != want.request && owners[want.request] == want.name {
		return false
	}
	owner, asked := owners[i.no]
	return !asked || owner == want.name
}

// owners returns who gets each port number that is asked for: whoever has it
// already and asks for it, or else the first to ask.
func (b *liveBridge) owners(s *bridgeSpec) map[openflow.Port]string {
	owners := map[openflow.Port]string{}
	for _, live := range []bool{true, false} {
		for pi := range s.ports {
			for ii := range s.ports[pi].ifaces {
				w := &s.ports[pi].ifaces[ii]
				if w.request == 0 || owners[w.request] != "" {
					continue
				}
				if i := b.ifaces[w.name]; !live || i.usable() && i.no == w.request {
					owners[w.request] = w.name
				}
			}
		}
	}
	return owners
}

// sameOptions reports whether nothing has to be told to a device that goes on.
func (i *ifaceSpec) sameOptions(want *ifaceSpec) bool {
	return maps.Equal(i.options, want.options)
}
