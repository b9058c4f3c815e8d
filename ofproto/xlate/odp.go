package xlate

import (
	"encoding/binary"

	"govs/dpif"
	"govs/packet"
)

// Datapath actions (linux/openvswitch.h, enum ovs_action_attr).
const (
	attrOutput    = 1
	attrUserspace = 2
	attrSet       = 3
	attrPushVLAN  = 4
	attrPopVLAN   = 5
	attrRecirc    = 7
	attrHash      = 8
	attrSetMasked = 11
	attrCT        = 12
	attrTrunc     = 13
	attrCTClear   = 16
	attrMeter     = 19
	attrClone     = 20
)

// Keys inside set actions (enum ovs_key_attr).
const (
	keyPriority = 2
	keyEthernet = 4
	keyIPv4     = 7
	keyIPv6     = 8
	keyTCP      = 9
	keyUDP      = 10
	keyICMP     = 11
	keyICMPv6   = 12
	keyARP      = 13
	keyND       = 14
	keySkbMark  = 15
	keyTunnel   = 16
	keySCTP     = 17
)

// emitter writes datapath actions as netlink attributes: u16 length, u16 type,
// payload padded to four bytes, integers in host order unless they stand in a
// packet.
type emitter struct{ b []byte }

func (e *emitter) begin(typ uint16) int {
	at := len(e.b)
	e.b = append(e.b, 0, 0, byte(typ), byte(typ>>8))
	return at
}

func (e *emitter) end(at int) {
	binary.NativeEndian.PutUint16(e.b[at:], uint16(len(e.b)-at))
	for len(e.b)%4 != 0 {
		e.b = append(e.b, 0)
	}
}

func (e *emitter) flag(typ uint16) { e.end(e.begin(typ)) }

func (e *emitter) u8(typ uint16, v uint8) {
	at := e.begin(typ)
	e.b = append(e.b, v)
	e.end(at)
}

func (e *emitter) u32(typ uint16, v uint32) {
	at := e.begin(typ)
	e.b = binary.NativeEndian.AppendUint32(e.b, v)
	e.end(at)
}

func (e *emitter) be16(typ uint16, v uint16) {
	at := e.begin(typ)
	e.b = binary.BigEndian.AppendUint16(e.b, v)
	e.end(at)
}

func (e *emitter) be32(typ uint16, v uint32) {
	at := e.begin(typ)
	e.b = binary.BigEndian.AppendUint32(e.b, v)
	e.end(at)
}

func (e *emitter) bytes(typ uint16, p []byte) {
	at := e.begin(typ)
	e.b = append(e.b, p...)
	e.end(at)
}

func (e *emitter) output(p dpif.PortNo) { e.u32(attrOutput, uint32(p)) }

func (e *emitter) pushVLAN(tpid, tci uint16) {
	at := e.begin(attrPushVLAN)
	e.b = binary.BigEndian.AppendUint16(e.b, tpid)
	e.b = binary.BigEndian.AppendUint16(e.b, tci)
	e.end(at)
}

// set writes set(key), or the masked form if mask is not nil.
func (e *emitter) set(key uint16, value, mask []byte) {
	typ := uint16(attrSet)
	if mask != nil {
		typ = attrSetMasked
	}
	at := e.begin(typ)
	in := e.begin(key)
	e.b = append(e.b, value...)
	e.b = append(e.b, mask...)
	e.end(in)
	e.end(at)
}

// setTunnel writes set(tunnel(...)) (enum ovs_tunnel_key_attr).
func (e *emitter) setTunnel(t *packet.Tunnel) {
	at := e.begin(attrSet)
	in := e.begin(keyTunnel)
	if t.ID != 0 || t.Flags&packet.TunKey != 0 {
		id := e.begin(0)
		e.b = binary.BigEndian.AppendUint64(e.b, t.ID)
		e.end(id)
	}
	if t.Src != 0 {
		e.be32(1, t.Src)
	}
	if t.Dst != 0 {
		e.be32(2, t.Dst)
	}
	if t.IPv6Src != [16]byte{} {
		e.bytes(12, t.IPv6Src[:])
	}
	if t.IPv6Dst != [16]byte{} {
		e.bytes(13, t.IPv6Dst[:])
	}
	if t.TOS != 0 {
		e.u8(3, t.TOS)
	}
	e.u8(4, t.TTL)
	if t.Flags&packet.TunDF != 0 {
		e.flag(5)
	}
	if t.Flags&packet.TunCsum != 0 {
		e.flag(6)
	}
	if t.Flags&packet.TunOAM != 0 {
		e.flag(7)
	}
	if t.TPSrc != 0 {
		e.be16(9, t.TPSrc)
	}
	if t.TPDst != 0 {
		e.be16(10, t.TPDst)
	}
	e.end(in)
	e.end(at)
}
