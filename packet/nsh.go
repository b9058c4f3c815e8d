package packet

// Packet types of what NSH and MPLS stand in front of when no Ethernet header
// does: 1 and the Ethertype (OpenFlow 1.5.1, 7.2.3.11).
const (
	typeNSH   = 0x894f
	typeMPLS  = 0x8847
	typeMPLSM = 0x8848
	typeTEB   = 0x6558 // an Ethernet frame

	l3Type = 1 << 16
)

// nshMin is the length of an NSH header without metadata.
const nshMin = 8

// nextNSH has the packet type that each next protocol of NSH stands for (RFC
// 8300, 2.5).
var nextNSH = [...]uint32{1: l3Type | typeIPv4, 2: l3Type | typeIPv6, 3: 0, 4: l3Type | typeNSH}

// PushNSH puts a whole network service header in front of the packet.
func (p *Packet) PushNSH(h []byte) {
	copy(p.Push(len(h)), h)
	p.PacketType = l3Type | typeNSH
}

// PopNSH removes the network service header that the packet begins with. It
// reports false if there is none or what follows is of no known type.
func (p *Packet) PopNSH() bool {
	b := p.Bytes()
	if p.PacketType != l3Type|typeNSH || len(b) < nshMin {
		return false
	}
	n := int(be.Uint16(b)&0x3f) * 4
	next := int(b[3])
	if n < nshMin || n > len(b) || next == 0 || next >= len(nextNSH) {
		return false
	}
	p.Pull(n)
	p.PacketType = nextNSH[next]
	return true
}

// AddMPLS puts a label stack entry in front of the whole packet, which is then one
// of type typ without an Ethernet header.
func (p *Packet) AddMPLS(typ uint16, lse uint32) {
	be.PutUint32(p.Push(4), lse)
	p.PacketType = l3Type | uint32(typ)
}

// popFirstMPLS is PopMPLS for a packet that begins with a label stack entry.
func (p *Packet) popFirstMPLS(typ uint16) bool {
	if p.PacketType != l3Type|typeMPLS && p.PacketType != l3Type|typeMPLSM || p.Len() < 4 {
		return false
	}
	p.Pull(4)
	p.PacketType = l3Type | uint32(typ)
	if typ == typeTEB {
		p.PacketType = 0
	}
	return true
}
