package tunnel

import "govs/packet"

// Bare UDP has no header of its own (Linux's bareudp device): the Ethertype of
// all that a port carries is set beforehand. IP goes for both versions, MPLS for
// both unicast and multicast.

func putBareUDP(d *Device, b []byte, o *outgoing) ([]byte, bool) {
	return b, o.typ != typeEthernet && d.payloadIs(o.typ)
}

func getBareUDP(d *Device, p *packet.Packet) verdict {
	ether := uint16(d.payload.Load())
	if ether == 0x0800 {
		ether = uint16(version(p.Bytes()))
	}
	return accept(p, 0, ether)
}

func (d *Device) payloadIs(typ uint32) bool {
	switch d.payload.Load() {
	case 0x0800:
		return typ == typeIPv4 || typ == typeIPv6
	case 0x8847:
		return typ == typeMPLS || typ == typeMPLSM
	}
	return typ == 1<<16|d.payload.Load()
}
