package ofproto

import (
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// connManager holds a switch's OpenFlow connections.
type connManager struct{ p *Ofproto }

func newConnManager(p *Ofproto) *connManager { return &connManager{p: p} }

func (c *connManager) listen(dir string) error { return nil }
func (c *connManager) close()                  {}
func (c *connManager) reconnect()              {}
func (c *connManager) controlled() bool        { return false }

func (c *connManager) packetIn(pin *openflow.PacketIn, id, maxLen uint16) {}

func (p *Ofproto) flowRemoved(r *flowtable.Rule, why openflow.FlowRemovedReason) {}

func (p *Ofproto) portStatus(x *port, why openflow.PortReason) {}

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

// SetProtocols restricts the OpenFlow versions spoken (Bridge:protocols); 0
// allows all that are built in.
func (p *Ofproto) SetProtocols(vs openflow.Versions) { p.conns.setVersions(vs) }

// SetControllers sets the controllers to connect to and to listen for.
func (p *Ofproto) SetControllers(cs []ControllerSpec) {}

// Controllers returns the state of each controller.
func (p *Ofproto) Controllers() []ControllerStatus { return nil }

func (c *connManager) setVersions(vs openflow.Versions) {}
