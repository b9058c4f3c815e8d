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
