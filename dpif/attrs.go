package dpif

import "encoding/binary"

// Types of action attributes (linux/openvswitch.h, enum ovs_action_attr). Those
// from 32 on never reach a kernel; only our own datapaths have them.
const (
	ActOutput      = 1
	ActUserspace   = 2
	ActSet         = 3
	ActPushVLAN    = 4
	ActPopVLAN     = 5
	ActSample      = 6
	ActRecirc      = 7
	ActHash        = 8
	ActPushMPLS    = 9
	ActPopMPLS     = 10
	ActSetMasked   = 11
	ActCT          = 12
	ActTrunc       = 13
	ActPushEth     = 14
	ActPopEth      = 15
	ActCTClear     = 16
	ActPushNSH     = 17
	ActPopNSH      = 18
	ActMeter       = 19
	ActClone       = 20
	ActCheckPktLen = 21
	ActAddMPLS     = 22
	ActDecTTL      = 23
	ActDrop        = 24
	ActTunnelPush  = 32
	ActTunnelPop   = 33
	ActLbOutput    = 34
)

// Types of attributes nested in actions.
const (
	UserspacePid      = 1
	UserspaceUserdata = 2
	UserspaceTunPort  = 3
	UserspaceActions  = 4

	SampleProbability = 1
	SampleActions     = 2

	CTCommit      = 1
	CTZone        = 2
	CTMark        = 3
	CTLabels      = 4
	CTHelper      = 5
	CTNat         = 6
	CTForceCommit = 7
	CTEventMask   = 8
	CTTimeout     = 9

	NatSrc         = 1
	NatDst         = 2
	NatIPMin       = 3
	NatIPMax       = 4
	NatProtoMin    = 5
	NatProtoMax    = 6
	NatPersistent  = 7
	NatProtoHash   = 8
	NatProtoRandom = 9

	CheckLenPktLen    = 1
	CheckLenGreater   = 2
	CheckLenLessEqual = 3
)

// Types of key attributes (enum ovs_key_attr).
const (
	KeyEncap     = 1
	KeyPriority  = 2
	KeyInPort    = 3
	KeyEthernet  = 4
	KeyVLAN      = 5
	KeyEthertype = 6
	KeyIPv4      = 7
	KeyIPv6      = 8
	KeyTCP       = 9
	KeyUDP       = 10
	KeyICMP      = 11
	KeyICMPv6    = 12
	KeyARP       = 13
	KeyND        = 14
	KeySkbMark   = 15
	KeyTunnel    = 16
	KeySCTP      = 17
	KeyTCPFlags  = 18
	KeyDPHash    = 19
	KeyRecircID  = 20
	KeyMPLS      = 21
	KeyCtState   = 22
	KeyCtZone    = 23
	KeyCtMark    = 24
	KeyCtLabels  = 25
	KeyCtTuple4  = 26
	KeyCtTuple6  = 27
	KeyNSH       = 28

	KeyPacketType = 29
	KeyNDExt      = 30
)

// Types of attributes nested in KeyTunnel (enum ovs_tunnel_key_attr).
const (
	TunKeyID         = 0
	TunKeyIPv4Src    = 1
	TunKeyIPv4Dst    = 2
	TunKeyTOS        = 3
	TunKeyTTL        = 4
	TunKeyDF         = 5
	TunKeyCsum       = 6
	TunKeyOAM        = 7
	TunKeyGeneveOpts = 8
	TunKeyTPSrc      = 9
	TunKeyTPDst      = 10
	TunKeyVXLANOpts  = 11
	TunKeyIPv6Src    = 12
	TunKeyIPv6Dst    = 13
	TunKeyERSPAN     = 15
	TunKeyGTPU       = 17
	// Those below are ours: how to encapsulate.
	TunKeySeq       = 32
	TunKeyPMTUD     = 33
	TunKeyLabelCopy = 34
	TunKeyLabelHash = 35
	TunKeySegments  = 36 // IPv6 addresses of a path

	vxlanExtGBP = 1

	nshBase = 1 // struct ovs_nsh_key_base
	nshMD1  = 2 // four context words
	nshMD2  = 3 // TLVs
)

var (
	be = binary.BigEndian
	ne = binary.NativeEndian
)

// NextAttr splits the first netlink attribute off b: its type without flags, its
// payload and what follows it. ok is false when b is malformed.
func NextAttr(b []byte) (typ uint16, data, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, nil, false
	}
	n := int(ne.Uint16(b))
	if n < 4 || n > len(b) {
		return 0, nil, nil, false
	}
	return ne.Uint16(b[2:]) & 0x3fff, b[4:n], b[min((n+3)&^3, len(b)):], true
}

// findAttr returns the payload of the first attribute of a type.
func findAttr(b []byte, want uint16) ([]byte, bool) {
	for {
		typ, data, rest, ok := NextAttr(b)
		if !ok {
			return nil, false
		}
		if typ == want {
			return data, true
		}
		b = rest
	}
}

// AppendAttr appends an attribute, padded to four bytes.
func AppendAttr(dst []byte, typ uint16, data []byte) []byte {
	dst = ne.AppendUint16(dst, uint16(4+len(data)))
	dst = ne.AppendUint16(dst, typ)
	return pad4(append(dst, data...))
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func appendU8(dst []byte, typ uint16, v uint8) []byte { return AppendAttr(dst, typ, []byte{v}) }

func appendU16(dst []byte, typ, v uint16) []byte { // host order
	return AppendAttr(dst, typ, ne.AppendUint16(nil, v))
}

func appendU32(dst []byte, typ uint16, v uint32) []byte { // host order
	return AppendAttr(dst, typ, ne.AppendUint32(nil, v))
}

func appendBE16(dst []byte, typ, v uint16) []byte {
	return AppendAttr(dst, typ, be.AppendUint16(nil, v))
}

func appendBE32(dst []byte, typ uint16, v uint32) []byte {
	return AppendAttr(dst, typ, be.AppendUint32(nil, v))
}

// beginNest appends the head of an attribute whose payload follows; endNest,
// given the length of dst before, completes it.
func beginNest(dst []byte, typ uint16) []byte {
	return append(dst, 0, 0, byte(typ), byte(typ>>8))
}

func endNest(dst []byte, at int) []byte {
	ne.PutUint16(dst[at+2:], uint16(dst[at+2])|uint16(dst[at+3])<<8)
	ne.PutUint16(dst[at:], uint16(len(dst)-at))
	return pad4(dst)
}
