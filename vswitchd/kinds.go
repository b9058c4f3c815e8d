package vswitchd

import (
	"errors"
	"slices"

	"govs/bridge"
	"govs/daemon/vlog"
	"govs/netdev"
	"govs/netdev/afpacket"
	"govs/netdev/afxdp"
	"govs/netdev/dummy"
	"govs/netdev/tap"
	"govs/netdev/tunnel"
)

// A dummyMode says what --enable-dummy replaces (ovs-vswitchd(8)).
type dummyMode uint8

const (
	noDummy       dummyMode = iota
	dummyTypes              // types "dummy*" exist beside the others
	dummySystem             // and stand in for "system" ports
	dummyOverride           // and for every port and datapath that needs the host
)

// dummyModes are the values of --enable-dummy.
var dummyModes = []struct {
	name string
	mode dummyMode
}{
	{"", dummyTypes},
	{"system", dummySystem},
	{"override", dummyOverride},
}

// A deviceKind is a type of Interface that has a device.
type deviceKind struct {
	typ     string
	isDummy bool
	// standIn is the dummy type that replaces it by override.
	standIn string
	open    func(netdev.Config) (netdev.Device, error)
}

// deviceKinds lists the interface types with devices; patch ports and tunnels
// have none of their own.
var deviceKinds = []deviceKind{
	{typ: "system", standIn: "dummy", open: func(c netdev.Config) (netdev.Device, error) { return device(afpacket.Open(c)) }},
	{typ: "afxdp", standIn: "dummy", open: func(c netdev.Config) (netdev.Device, error) { return device(afxdp.Open(c)) }},
	// In OVS the main thread polls these ports; here all threads sleep alike.
	{typ: "afxdp-nonpmd", standIn: "dummy", open: func(c netdev.Config) (netdev.Device, error) { return device(afxdp.Open(c)) }},
	{typ: "internal", standIn: "dummy-internal", open: func(c netdev.Config) (netdev.Device, error) { return device(tap.Open(c)) }},
	{typ: "tap", standIn: "dummy", open: func(c netdev.Config) (netdev.Device, error) { return device(tap.Open(c)) }},
	{typ: "dummy", isDummy: true, open: dummy.Open},
	{typ: "dummy-internal", isDummy: true, open: dummy.Open},
	{typ: "dummy-pmd", isDummy: true, open: dummy.Open},
}

// device turns a concrete device into the interface without making a nil one
// look like something.
func device[D netdev.Device](d D, err error) (netdev.Device, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

// isTunnel reports whether ports of a type are tunnels: with dummies instead of
// everything, none are.
func (d *Daemon) isTunnel(typ string) bool {
	return d.cfg.dummy != dummyOverride && slices.Contains(tunnel.Types(), typ)
}

// openDevice opens the device of an interface for a datapath type.
func (d *Daemon) openDevice(datapath string, cfg netdev.Config) (netdev.Device, error) {
	mode := d.cfg.dummy
	if mode == dummyOverride && slices.Contains(tunnel.Types(), cfg.Type) {
		return standIn(cfg, "dummy")
	}
	for _, k := range deviceKinds {
		if k.typ != cfg.Type || k.isDummy && mode == noDummy {
			continue
		}
		if k.standIn != "" && (mode == dummyOverride || mode == dummySystem && k.typ == "system" || k.typ == "internal" && d.isDummy(datapath)) {
			return standIn(cfg, k.standIn)
		}
		if k.typ == "system" && d.cfg.DisableSystem {
			break
		}
		return k.open(cfg)
	}
	vlog.New("netdev").Warn("could not create netdev %s of unknown type %s", cfg.Name, cfg.Type)
	return nil, bridge.ErrUnknownType
}

// standIn opens a dummy of a type for an interface of another, whose name it shows
// unless it is an internal one.
func standIn(cfg netdev.Config, typ string) (netdev.Device, error) {
	shown := cfg.Type
	cfg.Type = typ
	dev, err := dummy.Open(cfg)
	if err != nil || typ == "dummy-internal" {
		return dev, err
	}
	return renamed{dev.(netdev.Configurable), shown}, nil
}

// renamed is a device that stands in for one of another type.
type renamed struct {
	netdev.Configurable
	typ string
}

func (r renamed) Type() string { return r.typ }

// ifaceTypes returns the interface types that can be opened.
func (d *Daemon) ifaceTypes() []string {
	types := append([]string{"patch"}, tunnel.Types()...)
	for _, k := range deviceKinds {
		if !k.isDummy || d.cfg.dummy != noDummy {
			types = append(types, k.typ)
		}
	}
	return types
}

// datapathTypes returns the datapath types that can be opened.
func (d *Daemon) datapathTypes() []string {
	if d.cfg.dummy != noDummy {
		return []string{"dummy", "netdev", "system"}
	}
	return []string{"netdev", "system"}
}

// openTunnel opens the device that carries all tunnels of a type and UDP port.
func (d *Daemon) openTunnel(cfg netdev.Config) (netdev.Device, error) {
	if d.rt == nil {
		return nil, errors.New("the host's routes cannot be read")
	}
	return device(tunnel.Open(cfg, d.rt))
}
