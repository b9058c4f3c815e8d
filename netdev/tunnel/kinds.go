package tunnel

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"govs/packet"
)

var be = binary.BigEndian

// kind is a type of tunnel.
type kind struct {
	name   string
	proto  uint8  // of IP
	port   uint16 // default UDP port, for those that run over UDP
	v4, v6 bool   // the underlays it has
	// steady says that frames of one flow have one and the same header.
	steady bool
	// put appends the tunnel's header for a frame; false if the tunnel cannot
	// carry it.
	put func(d *Device, b []byte, o *outgoing) ([]byte, bool)
	// get reads the header in front of p into p.Tunnel and pulls it.
	get func(d *Device, p *packet.Packet) verdict
}

// outgoing is a frame that is to be encapsulated.
type outgoing struct {
	t     *packet.Tunnel
	opts  []byte
	typ   uint32 // packet type of inner
	inner []byte
}

// A verdict is about a received packet.
type verdict uint8

const (
	verdictGood   verdict = iota
	verdictBad            // malformed
	verdictIgnore         // for another device
)

// kinds is the registry; a type that is not in it cannot be opened. Each IPv6
// packet of gre reaches ip6gre, too, as far as there is such a device, and of
// erspan ip6erspan: translation takes the one for which there is a port.
var kinds = [...]kind{
	{"vxlan", unix.IPPROTO_UDP, 4789, true, true, true, putVXLAN, getVXLAN},
	{"geneve", unix.IPPROTO_UDP, 6081, true, true, true, putGeneve, getGeneve},
	{"gre", unix.IPPROTO_GRE, 0, true, true, false, putGRE, getGRE},
	{"ip6gre", unix.IPPROTO_GRE, 0, false, true, false, putGRE, getGRE},
	{"erspan", unix.IPPROTO_GRE, 0, true, true, false, putERSPAN, getERSPAN},
	{"ip6erspan", unix.IPPROTO_GRE, 0, false, true, false, putERSPAN, getERSPAN},
	{"gtpu", unix.IPPROTO_UDP, 2152, true, true, false, putGTPU, getGTPU},
	{"bareudp", unix.IPPROTO_UDP, 6635, true, true, true, putBareUDP, getBareUDP},
	{"srv6", unix.IPPROTO_ROUTING, 0, false, true, false, putSRv6, getSRv6},
}

func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Types returns the names of the tunnel types there are.
func Types() []string {
	var l []string
	for i := range kinds {
		l = append(l, kinds[i].name)
	}
	return l
}

// Packet types are those of OpenFlow: name space 1 and an Ethertype, 0 for
// Ethernet.
const (
	typeEthernet = 0
	typeIPv4     = 1<<16 | 0x0800
	typeIPv6     = 1<<16 | 0x86dd
	typeNSH      = 1<<16 | 0x894f
	typeMPLS     = 1<<16 | 0x8847
	typeMPLSM    = 1<<16 | 0x8848

	etherTEB = packet.GREEthernet // Ethernet as the payload of Geneve and GRE
)

// etherType is how Geneve and GRE call a packet type; 0 for what has no number.
func etherType(typ uint32) uint16 {
	switch {
	case typ == typeEthernet:
		return etherTEB
	case typ>>16 == 1:
		return uint16(typ)
	}
	return 0
}

// accept makes the rest of p, behind a header of n bytes, the frame, of the type
// that etherType names.
func accept(p *packet.Packet, n int, ether uint16) verdict {
	rest := p.Len() - n
	switch {
	case rest < 0:
		return verdictBad
	case ether == etherTEB:
		if rest < packet.EthernetLen {
			return verdictBad
		}
		p.PacketType = typeEthernet
	case ether < 0x600 || rest == 0:
		return verdictBad
	default:
		p.PacketType = 1<<16 | uint32(ether)
	}
	p.Pull(n)
	return verdictGood
}

// version returns the packet type that the first byte of an IP packet tells, 0
// for none.
func version(b []byte) uint32 {
	switch {
	case len(b) >= packet.IPv4Len && b[0]>>4 == 4:
		return typeIPv4
	case len(b) >= packet.IPv6Len && b[0]>>4 == 6:
		return typeIPv6
	}
	return 0
}

// network finds the network header of a frame of a packet type: its Ethertype
// and where it begins, -1 when the frame is too short.
func network(b []byte, typ uint32) (ether uint16, l3 int) {
	if typ != typeEthernet {
		return uint16(typ), 0
	}
	at := 12
	for len(b) >= at+6 && (be.Uint16(b[at:]) == 0x8100 || be.Uint16(b[at:]) == 0x88a8) {
		at += 4
	}
	if len(b) < at+2 {
		return 0, -1
	}
	return be.Uint16(b[at:]), at + 2
}
