package packet

// Ethertypes that the packet code itself must know.
const (
	typeIPv4 = 0x0800
	typeIPv6 = 0x86dd
	typeVLAN = 0x8100
	typeQinQ = 0x88a8
)

// Protocol numbers that the packet code itself must know.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// Ethernet is an Ethernet frame from its destination address on.
type Ethernet []byte

// Valid reports whether the header is whole.
func (h Ethernet) Valid() bool { return len(h) >= EthernetLen }

// Dst returns the destination address, which may be written through.
func (h Ethernet) Dst() []byte { return h[0:6] }

// Src returns the source address, which may be written through.
func (h Ethernet) Src() []byte { return h[6:12] }

// Type returns the type or length field right after the addresses.
func (h Ethernet) Type() uint16 { return be.Uint16(h[12:]) }

// isVLAN reports whether an Ethertype is that of a VLAN tag.
func isVLAN(t uint16) bool { return t == typeVLAN || t == typeQinQ }

// PushEth puts an Ethernet header in front of a packet that has none; its type
// is the packet's.
func (p *Packet) PushEth(src, dst [6]byte) {
	b := p.Push(EthernetLen)
	copy(b, dst[:])
	copy(b[6:], src[:])
	be.PutUint16(b[12:], uint16(p.PacketType))
	p.PacketType = 0
}

// PopEth removes the Ethernet header and all tags; the type that they end in becomes
// the packet's. It reports false for a packet without one, and for a frame without an
// Ethertype.
func (p *Packet) PopEth() bool {
	b := p.Bytes()
	if p.PacketType != 0 || len(b) < EthernetLen {
		return false
	}
	n, typ := EthernetLen, be.Uint16(b[12:])
	for isVLAN(typ) && len(b) >= n+VLANLen {
		typ = be.Uint16(b[n+2:])
		n += VLANLen
	}
	if typ < 0x600 || isVLAN(typ) {
		return false
	}
	p.Pull(n)
	p.PacketType = 1<<16 | uint32(typ)
	return true
}

// PushVLAN inserts a VLAN tag right after the addresses. Bit 0x1000 of tci is
// cleared on the wire. A frame shorter than an Ethernet header is left alone.
func (p *Packet) PushVLAN(tpid, tci uint16) {
	if p.Len() < EthernetLen {
		return
	}
	b := p.Push(VLANLen)
	copy(b[0:12], b[4:16])
	be.PutUint16(b[12:], tpid)
	be.PutUint16(b[14:], tci&^0x1000)
}

// PopVLAN removes the outermost VLAN tag, if there is one, and reports whether
// there was.
func (p *Packet) PopVLAN() bool {
	b := p.Bytes()
	if len(b) < EthernetLen+VLANLen || !isVLAN(be.Uint16(b[12:])) {
		return false
	}
	copy(b[4:16], b[0:12])
	p.Pull(VLANLen)
	return true
}

// SetVLANTCI changes the outermost tag's control information; without a tag it
// does nothing and returns false.
func (p *Packet) SetVLANTCI(tci uint16) bool {
	b := p.Bytes()
	if len(b) < EthernetLen+VLANLen || !isVLAN(be.Uint16(b[12:])) {
		return false
	}
	be.PutUint16(b[14:], tci&^0x1000)
	return true
}

// PushMPLS inserts a label stack entry right in front of the others, or else of what
// L3 says is the network header, and makes the Ethertype typ.
func (p *Packet) PushMPLS(typ uint16, lse uint32) {
	b := p.Bytes()
	n := l2Len(b)
	if n == 0 {
		return
	}
	if p.L3 >= EthernetLen && p.L3 <= len(b) && p.TopLabel() == nil {
		n = p.L3 // which leaves VLAN tags that are not looked at behind it
	}
	at := n - 2
	if !isVLAN(be.Uint16(b[12:])) {
		at = 12
	}
	b = p.Push(4)
	copy(b[:n], b[4:4+n])
	be.PutUint16(b[at:], typ)
	be.PutUint32(b[n:], lse)
}

// PopMPLS removes the outermost label stack entry, if there is one, and makes
// the Ethertype typ.
func (p *Packet) PopMPLS(typ uint16) bool {
	if p.PacketType != 0 {
		return p.popFirstMPLS(typ)
	}
	b := p.Bytes()
	n := l2Len(b)
	if n == 0 || len(b) < n+4 {
		return false
	}
	if t := be.Uint16(b[n-2:]); t != 0x8847 && t != 0x8848 {
		return false
	}
	be.PutUint16(b[n-2:], typ)
	copy(b[4:4+n], b[:n])
	p.Pull(4)
	return true
}

// TopLabel returns the bytes of the outermost label stack entry, nil if there is
// none, or only behind tags that L3 says were not looked at.
func (p *Packet) TopLabel() []byte {
	b := p.Bytes()
	if p.PacketType != 0 {
		if p.PacketType != l3Type|typeMPLS && p.PacketType != l3Type|typeMPLSM || len(b) < 4 {
			return nil
		}
		return b[:4]
	}
	n := l2Len(b)
	if n == 0 {
		return nil
	}
	typ := be.Uint16(b[n-2:])
	if typ < 0x600 && len(b) >= n+8 { // LLC and SNAP (RFC 1042)
		n += 8
		typ = be.Uint16(b[n-2:])
	}
	if typ != typeMPLS && typ != typeMPLSM || len(b) < n+4 || p.L3 >= 0 && p.L3 < n {
		return nil
	}
	return b[n : n+4]
}

// l2Len returns the length of the Ethernet header with all VLAN tags, or 0 when
// the frame is cut short.
func l2Len(b []byte) int {
	n := EthernetLen
	for len(b) >= n && isVLAN(be.Uint16(b[n-2:])) {
		n += VLANLen
	}
	if len(b) < n {
		return 0
	}
	return n
}
