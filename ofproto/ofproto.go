package ofproto

import (
	"errors"
	"time"

	"govs/netdev"
	"govs/openflow"
	"govs/proto/maclearn"
)

// Errors of ports.
var (
	ErrPortExists = errors.New("File exists")
	ErrNoPort     = errors.New("No such device")
	ErrPortsFull  = errors.New("Too many open files")
)

// FailMode is what a switch does without a controller (Bridge:fail_mode).
type FailMode uint8

// Fail modes.
const (
	FailStandalone FailMode = iota // forward as an ordinary switch
	FailSecure                     // do what the flow tables say
)

// Ofproto is one OpenFlow switch: a bridge.
type Ofproto struct {
	backer *Backer
	name   string
}

// NewOfproto makes a switch without ports. Its BR.mgmt and BR.snoop sockets are
// listening when it returns. The name must be free on the host.
func (b *Backer) NewOfproto(name string, dpid uint64) (*Ofproto, error) {
	return nil, errors.New("not yet")
}

// Name returns the bridge's name; Backer its datapath's Backer.
func (p *Ofproto) Name() string    { return p.name }
func (p *Ofproto) Backer() *Backer { return p.backer }

// Destroy removes the switch with its ports and flows and closes its
// connections. It may be called twice.
func (p *Ofproto) Destroy() {}

// SetDatapathID changes the OpenFlow datapath id.
func (p *Ofproto) SetDatapathID(dpid uint64) {}

// DatapathID returns the OpenFlow datapath id.
func (p *Ofproto) DatapathID() uint64 { return 0 }

// SetDesc sets the texts of the description statistics; empty ones get OVS's defaults.
func (p *Ofproto) SetDesc(d openflow.Desc) {}

// SetFailMode sets the fail mode. A change flushes the flow tables.
func (p *Ofproto) SetFailMode(m FailMode) {}

// SetProtocols restricts the OpenFlow versions spoken (Bridge:protocols); 0
// allows all that are built in.
func (p *Ofproto) SetProtocols(vs openflow.Versions) {}

// SetControllers sets the controllers to connect to and to listen for.
func (p *Ofproto) SetControllers(cs []ControllerSpec) {}

// ControllerSpec is one Controller row.
type ControllerSpec struct {
	Target string // "tcp:IP:PORT", "ptcp:...", "unix:...", ...
}

// ControllerStatus is the live state of a controller, by target.
type ControllerStatus struct {
	Target    string
	Connected bool
	Role      openflow.Role
	Pairs     map[string]string // Controller:status
}

// Controllers returns the state of each controller.
func (p *Ofproto) Controllers() []ControllerStatus { return nil }

// SetMACTable sets other_config:mac-aging-time and mac-table-size.
func (p *Ofproto) SetMACTable(idle time.Duration, max int) {}

// SetFloodVLANs sets Bridge:flood_vlans.
func (p *Ofproto) SetFloodVLANs(vlans []uint16) {}

// SetForwardBPDU sets other_config:forward-bpdu.
func (p *Ofproto) SetForwardBPDU(on bool) {}

// MACs returns the MAC table; its ports are bundles (see BundleOf).
func (p *Ofproto) MACs() *maclearn.Table[BundleID] { return nil }

// BundleID identifies a bundle of a switch for as long as it lives.
type BundleID uint32

// PortSpec describes a port to add: an Interface row.
type PortSpec struct {
	Name    string
	Type    string            // Interface:type; "" is "system"
	Device  netdev.Device     // what carries its packets; nil for patch and tunnel ports. It belongs to the switch on success.
	Request openflow.Port     // ofport_request; 0 for any
	Peer    string            // patch: options:peer
	Options map[string]string // tunnels: options such as remote_ip
}

// PortAdd adds a port and returns its OpenFlow port number, which is the
// requested one if that is free. For the port with the bridge's own name it is
// openflow.PortLocal. An error is one to show in Interface:error.
func (p *Ofproto) PortAdd(s PortSpec) (openflow.Port, error) { return 0, errors.New("not yet") }

// PortReconfigure applies changed Peer and Options to a port. It returns an
// error when the port must be removed and added again, or the options are bad.
func (p *Ofproto) PortReconfigure(no openflow.Port, s PortSpec) error { return errors.New("not yet") }

// PortDel removes a port and closes its device.
func (p *Ofproto) PortDel(no openflow.Port) error { return ErrNoPort }

// PortInfo is the live state of a port.
type PortInfo struct {
	Name   string
	Type   string
	No     openflow.Port
	Device netdev.Device // nil for patch and tunnel ports
	MAC    [6]byte       // the device's address, or one made up for a port without
	Stats  netdev.Stats
	Config openflow.PortConfig
	State  openflow.PortState
	Status map[string]string // tunnels: "tunnel_egress_iface" and such
}

// PortInfo returns the live state of a port.
func (p *Ofproto) PortInfo(no openflow.Port) (PortInfo, bool) { return PortInfo{}, false }

// PortByName returns the number of the port of that name.
func (p *Ofproto) PortByName(name string) (openflow.Port, bool) { return 0, false }

// Ports returns all ports ordered by number.
func (p *Ofproto) Ports() []PortInfo { return nil }

// PortChanged tells that a port's device has changed state (carrier, MTU,
// address): controllers get a port status.
func (p *Ofproto) PortChanged(no openflow.Port) {}

// VLANMode is Port:vlan_mode.
type VLANMode uint8

// VLAN modes.
const (
	VLANAccess VLANMode = iota
	VLANTrunk
	VLANNativeTagged
	VLANNativeUntagged
	VLANDot1qTunnel
)

// PriorityTags is Port:other_config:priority-tags.
type PriorityTags uint8

// Values of PriorityTags.
const (
	PriorityTagsNo PriorityTags = iota
	PriorityTagsIfNonzero
	PriorityTagsAlways
)

// BundleSpec is a Port row: one or more OpenFlow ports that act as one in
// NORMAL forwarding.
type BundleSpec struct {
	Name         string
	Members      []openflow.Port
	VLANMode     VLANMode
	Tag          int      // -1 for none: with no VLANMode given the port is a trunk
	Trunks       []uint16 // empty carries all
	CVLANs       []uint16
	QinQEthType  uint16 // dot1q-tunnel; 0 is 0x88a8
	PriorityTags PriorityTags
	Protected    bool
}

// SetBundle makes or changes the bundle of that name.
func (p *Ofproto) SetBundle(s BundleSpec) error { return errors.New("not yet") }

// DelBundle removes a bundle; its ports then take no part in NORMAL forwarding.
func (p *Ofproto) DelBundle(name string) {}
