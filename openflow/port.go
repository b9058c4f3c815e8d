package openflow

import "strconv"

// Port is an OpenFlow port number as flow.Key.InPort holds it, which is OVS's
// own numbering in every version: ordinary ports from 1 to 0xfeff, reserved
// ones from 0xfff8 on. OpenFlow 1.1 and later have 32 bits on the wire, with
// the reserved ports at the top; Wide and PortFromWide convert.
type Port uint32

// Reserved ports.
const (
	PortMax        Port = 0xff00 // first number beyond ordinary ports
	PortUnset      Port = 0xfff7 // no output in the action set yet
	PortInPort     Port = 0xfff8 // where the packet came in
	PortTable      Port = 0xfff9 // a packet-out goes through the tables
	PortNormal     Port = 0xfffa // the switch's ordinary forwarding
	PortFlood      Port = 0xfffb // every port but the way in and no-flood ones
	PortAll        Port = 0xfffc // every port but the way in
	PortController Port = 0xfffd
	PortLocal      Port = 0xfffe // the bridge's own port
	PortNone       Port = 0xffff // OFPP_NONE, OFPP_ANY
)

const portWiden = 0xffff0000 // between the reserved numbers of 1.0 and 1.1

var reservedPorts = [...]struct {
	port Port
	name string
}{
	{PortInPort, "IN_PORT"}, {PortTable, "TABLE"}, {PortNormal, "NORMAL"}, {PortFlood, "FLOOD"},
	{PortAll, "ALL"}, {PortController, "CONTROLLER"}, {PortLocal, "LOCAL"}, {PortNone, "ANY"},
	{PortNone, "NONE"}, {PortUnset, "UNSET"},
}

// Ordinary reports whether p can be the number of a real port other than the
// local one.
func (p Port) Ordinary() bool { return p > 0 && p < PortMax }

// Wide returns the 32-bit number that OpenFlow 1.1 and later have on the wire.
func (p Port) Wide() uint32 {
	if p >= PortMax {
		return uint32(p) | portWiden
	}
	return uint32(p)
}

// PortFromWide returns the port of a 32-bit number of OpenFlow 1.1 and later;
// ok is false for a number that OVS has no port for.
func PortFromWide(n uint32) (p Port, ok bool) {
	switch {
	case n < uint32(PortMax):
		return Port(n), true
	case n >= portWiden|uint32(PortMax):
		return Port(n &^ portWiden), true
	}
	return PortNone, false
}

// reservedName returns the name of a reserved port as OVS prints it, or "".
func (p Port) reservedName() string {
	if p < PortUnset {
		return ""
	}
	for i := range reservedPorts {
		if reservedPorts[i].port == p {
			return reservedPorts[i].name
		}
	}
	return ""
}

// String returns the reserved port's name, or the number.
func (p Port) String() string {
	if n := p.reservedName(); n != "" {
		return n
	}
	return strconv.FormatUint(uint64(p), 10)
}
