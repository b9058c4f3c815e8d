package userspace

import (
	"encoding/binary"

	"govs/dpif"
	"govs/packet"
)

// Numbers of linux/openvswitch.h: enum ovs_action_attr, ovs_key_attr and what
// nests in them.
const (
	actOutput      = 1
	actUserspace   = 2
	actSet         = 3
	actPushVLAN    = 4
	actPopVLAN     = 5
	actSample      = 6
	actRecirc      = 7
	actHash        = 8
	actSetMasked   = 11
	actTrunc       = 13
	actClone       = 20
	actCheckPktLen = 21
	actDrop        = 24

	userspaceUserdata = 2
	userspaceActions  = 4
	sampleProbability = 1
	sampleActions     = 2
	checkLenPktLen    = 1
	checkLenGreater   = 2
	checkLenLessEqual = 3

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

// nextAttr splits the first netlink attribute off b.
func nextAttr(b []byte) (typ uint16, body, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, nil, false
	}
	n := int(binary.NativeEndian.Uint16(b))
	typ = binary.NativeEndian.Uint16(b[2:]) & 0x3fff
	if n < 4 || n > len(b) {
		return 0, nil, nil, false
	}
	return typ, b[4:n], b[min((n+3)&^3, len(b)):], true
}

func eachAttr(b []byte, fn func(typ uint16, body []byte) error) error {
	for len(b) > 0 {
		typ, body, rest, ok := nextAttr(b)
		if !ok {
			return dpif.ErrInvalid
		}
		if err := fn(typ, body); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// parseTunnel reads the nested attributes of a tunnel key.
func parseTunnel(b []byte, t *packet.Tunnel) error {
	return eachAttr(b, func(typ uint16, body []byte) error {
		need := [...]int{8, 4, 4, 1, 1, 0, 0, 0, 0, 2, 2, 0, 16, 16}
		if int(typ) < len(need) && len(body) < need[typ] {
			return dpif.ErrInvalid
		}
		switch typ {
		case 0:
			t.ID = binary.BigEndian.Uint64(body)
			t.Flags |= packet.TunKey
		case 1:
			t.Src = binary.BigEndian.Uint32(body)
		case 2:
			t.Dst = binary.BigEndian.Uint32(body)
		case 3:
			t.TOS = body[0]
		case 4:
			t.TTL = body[0]
		case 5:
			t.Flags |= packet.TunDF
		case 6:
			t.Flags |= packet.TunCsum
		case 7:
			t.Flags |= packet.TunOAM
		case 9:
			t.TPSrc = binary.BigEndian.Uint16(body)
		case 10:
			t.TPDst = binary.BigEndian.Uint16(body)
		case 12:
			t.IPv6Src = [16]byte(body)
		case 13:
			t.IPv6Dst = [16]byte(body)
		}
		return nil
	})
}
