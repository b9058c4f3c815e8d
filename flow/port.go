package flow

// OpenFlow port numbers in the 16-bit form that Key.InPort and ActsetOutput
// hold (OpenFlow 1.0 section 5.2.1); OpenFlow 1.1 has the same reserved ports
// at 0xffff0000 above.
const (
	PortMax        = 0xff00 // first number that is not an ordinary port
	PortUnset      = 0xfff7 // no output in the action set
	PortInPort     = 0xfff8
	PortTable      = 0xfff9
	PortNormal     = 0xfffa
	PortFlood      = 0xfffb
	PortAll        = 0xfffc
	PortController = 0xfffd
	PortLocal      = 0xfffe
	PortNone       = 0xffff
)

// PortToOF11 returns the 32-bit form of a port.
func PortToOF11(p uint32) uint32 {
	if p >= PortMax && p <= PortNone {
		return p | 0xffff0000
	}
	return p
}

// PortFromOF11 returns the 16-bit form of a 32-bit port, and whether there is
// one.
func PortFromOF11(p uint32) (uint32, bool) {
	if p < PortMax {
		return p, true
	}
	if p >= 0xffff0000|PortMax {
		return p & 0xffff, true
	}
	return 0, false
}
