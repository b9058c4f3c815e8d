package openflow

import "govs/flow"

// Port is an OpenFlow port number as flow.Key.InPort holds it, which is OVS's
// own numbering in every version: ordinary ports from 1 to 0xfeff, reserved
// ones from 0xfff8 on. OpenFlow 1.1 and later have 32 bits on the wire, with
// the reserved ports at the top; Wide and PortFromWide convert.
type Port uint32

// Reserved ports.
const (
	PortMax        Port = flow.PortMax        // first number beyond ordinary ports
	PortUnset      Port = flow.PortUnset      // no output in the action set yet
	PortInPort     Port = flow.PortInPort     // where the packet came in
	PortTable      Port = flow.PortTable      // a packet-out goes through the tables
	PortNormal     Port = flow.PortNormal     // the switch's ordinary forwarding
	PortFlood      Port = flow.PortFlood      // every port but the way in and no-flood ones
	PortAll        Port = flow.PortAll        // every port but the way in
	PortController Port = flow.PortController // the controllers
	PortLocal      Port = flow.PortLocal      // the bridge's own port
	PortNone       Port = flow.PortNone       // OFPP_NONE, OFPP_ANY
)

// Ordinary reports whether p can be the number of a real port other than the
// local one.
func (p Port) Ordinary() bool { return p > 0 && p < PortMax }

// Wide returns the 32-bit number that OpenFlow 1.1 and later have on the wire.
func (p Port) Wide() uint32 {
	return flow.PortToOF11(uint32(p))
}

// PortFromWide returns the port of a 32-bit number of OpenFlow 1.1 and later;
// ok is false for a number that OVS has no port for.
func PortFromWide(n uint32) (p Port, ok bool) {
	n, ok = flow.PortFromOF11(n)
	if !ok {
		return PortNone, false
	}
	return Port(n), true
}

// String returns the reserved port's name, or the number.
func (p Port) String() string { return string(flow.AppendPort(nil, uint32(p), nil)) }
