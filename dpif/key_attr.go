package dpif

import (
	"govs/flow"
	"govs/packet"
)

// Fragment types of ipv4_frag and ipv6_frag (enum ovs_frag_type).
const (
	fragNone  = 0
	fragFirst = 1
	fragLater = 2
)

func fragByte(f uint8, mask bool) byte {
	switch {
	case mask && f&3 == 3:
		return 0xff
	case mask:
		return f & 3
	case f&flow.FragLater != 0:
		return fragLater
	case f&flow.FragAny != 0:
		return fragFirst
	}
	return fragNone
}

// structOf returns the payload of a fixed-size key attribute of k, with the
// members of d: k itself or a mask in Key form. It is nil for an attribute that
// packets with key k do not have.
func structOf(typ uint16, k, d *flow.Key, mask bool) []byte {
	var b []byte
	ports := func() []byte { return be.AppendUint16(be.AppendUint16(nil, d.TPSrc), d.TPDst) }
	switch typ {
	case KeyPriority:
		return ne.AppendUint32(nil, d.SkbPriority)
	case KeySkbMark:
		return ne.AppendUint32(nil, d.PktMark)
	case KeyDPHash:
		return ne.AppendUint32(nil, d.DPHash)
	case KeyRecircID:
		return ne.AppendUint32(nil, d.RecircID)
	case KeyInPort:
		if k.InPort == uint32(NoPort) {
			return nil
		}
		return ne.AppendUint32(nil, d.InPort)
	case KeyPacketType:
		return be.AppendUint32(nil, d.PacketType)
	case KeyCtState:
		v := uint32(d.CtState)
		return ne.AppendUint32(nil, v)
	case KeyCtZone:
		return ne.AppendUint16(nil, d.CtZone)
	case KeyCtMark:
		return ne.AppendUint32(nil, d.CtMark)
	case KeyCtLabels:
		return labelBytes(flow.ValueFromBytes(d.CtLabel[:]))
	case KeyCtTuple4:
		b = be.AppendUint32(be.AppendUint32(nil, d.CtNwSrc), d.CtNwDst)
		b = be.AppendUint16(be.AppendUint16(b, d.CtTPSrc), d.CtTPDst)
		return pad4(append(b, d.CtNwProto))
	case KeyCtTuple6:
		b = append(append(b, d.CtIPv6Src[:]...), d.CtIPv6Dst[:]...)
		b = be.AppendUint16(be.AppendUint16(b, d.CtTPSrc), d.CtTPDst)
		return pad4(append(b, d.CtNwProto))
	case KeyEthernet:
		if !k.IsEthernet() {
			return nil
		}
		return append(append(b, d.EthSrc[:]...), d.EthDst[:]...)
	case KeyIPv4:
		if k.DLType() != flow.EthTypeIP {
			return nil
		}
		b = be.AppendUint32(be.AppendUint32(nil, d.NwSrc), d.NwDst)
		return append(b, d.NwProto, d.NwTOS, d.NwTTL, fragByte(d.NwFrag, mask))
	case KeyIPv6:
		if k.DLType() != flow.EthTypeIPv6 {
			return nil
		}
		b = append(append(b, d.IPv6Src[:]...), d.IPv6Dst[:]...)
		b = be.AppendUint32(b, d.IPv6Label)
		return append(b, d.NwProto, d.NwTOS, d.NwTTL, fragByte(d.NwFrag, mask))
	case KeyARP:
		if t := k.DLType(); t != flow.EthTypeARP && t != flow.EthTypeRARP {
			return nil
		}
		b = be.AppendUint32(be.AppendUint32(nil, d.NwSrc), d.NwDst)
		op := uint16(d.NwProto)
		if mask && op == 0xff {
			op = 0xffff
		}
		b = be.AppendUint16(b, op)
		return pad4(append(append(b, d.ArpSHA[:]...), d.ArpTHA[:]...))
	case KeyMPLS:
		if t := k.DLType(); t != flow.EthTypeMPLS && t != flow.EthTypeMPLSM {
			return nil
		}
		// The entries up to the bottom of the stack, or the last that is anything;
		// one at least, or there were no MPLS.
		n := 1
		for i, lse := range k.MPLS {
			if lse != 0 {
				n = i + 1
			}
			if lse&0x100 != 0 {
				break
			}
		}
		for _, lse := range d.MPLS[:n] {
			b = be.AppendUint32(b, lse)
		}
		return b
	}
	if !k.IsIP() || k.NwFrag&flow.FragLater != 0 {
		return nil
	}
	v6 := k.DLType() == flow.EthTypeIPv6
	switch {
	case typ == KeyTCP && k.NwProto == flow.ProtoTCP, typ == KeyUDP && k.NwProto == flow.ProtoUDP,
		typ == KeySCTP && k.NwProto == flow.ProtoSCTP:
		return ports()
	case typ == KeyTCPFlags && k.NwProto == flow.ProtoTCP:
		return be.AppendUint16(nil, d.TCPFlags)
	case typ == KeyICMP && !v6 && k.NwProto == flow.ProtoICMP, typ == KeyICMPv6 && v6 && k.NwProto == flow.ProtoICMPv6:
		return []byte{byte(d.TPSrc), byte(d.TPDst)}
	case typ == KeyND && isND(k, d, mask):
		b = append(b, d.NDTarget[:]...)
		return append(append(b, d.ArpSHA[:]...), d.ArpTHA[:]...)
	case typ == KeyNDExt && isND(k, d, mask):
		b = be.AppendUint32(nil, d.IGMPGroup)
		return pad4(append(b, byte(d.TCPFlags)))
	}
	return nil
}

// isND reports whether a key has attributes of neighbour discovery: a mask only if it
// has all of the type and code.
func isND(k, d *flow.Key, mask bool) bool {
	return k.IsND() && (!mask || d.TPSrc&0xff == 0xff && d.TPDst&0xff == 0xff)
}

// AppendKey appends the key as netlink attributes (OVS_KEY_ATTR_*).
func AppendKey(dst []byte, k *flow.Key) []byte { return appendKey(dst, k, k, false) }

// AppendMask appends the mask of packets with key k as netlink attributes: the
// same attributes as the key's, with ones in the bits that matter.
func AppendMask(dst []byte, k *flow.Key, m *flow.Mask) []byte {
	return appendKey(dst, k, (*flow.Key)(m), true)
}

func appendKey(dst []byte, k, d *flow.Key, mask bool) []byte {
	put := func(types ...uint16) {
		for _, t := range types {
			if b := structOf(t, k, d, mask); b != nil {
				dst = AppendAttr(dst, t, b)
			}
		}
	}
	put(KeyPriority)
	if k.Tunnel.IsSet() {
		opts, data := k.RawTunOpts(), d.RawTunOpts()
		if mask {
			data = d.TunData[:len(opts)]
		}
		dst = appendTunnel(dst, &k.Tunnel, &d.Tunnel, opts, data)
	}
	put(KeySkbMark, KeyCtState, KeyCtZone, KeyCtMark, KeyCtLabels)
	if k.CtNwProto != 0 {
		switch k.DLType() {
		case flow.EthTypeIP:
			put(KeyCtTuple4)
		case flow.EthTypeIPv6:
			put(KeyCtTuple6)
		}
	}
	put(KeyRecircID, KeyDPHash, KeyInPort, KeyPacketType, KeyEthernet)

	var nests [flow.MaxVLANs]int
	n := 0
	if k.IsEthernet() {
		for i := range k.VLANs {
			if k.VLANs[i].TCI&flow.VLANPresent == 0 {
				break
			}
			tpid := d.VLANs[i].TPID
			if mask {
				tpid = 0xffff
			} else if tpid == 0 {
				tpid = flow.EthTypeVLAN
			}
			dst = appendBE16(dst, KeyEthertype, tpid)
			dst = appendBE16(dst, KeyVLAN, d.VLANs[i].TCI)
			nests[n] = len(dst)
			n++
			dst = beginNest(dst, KeyEncap)
		}
	}
	typ := d.EthType
	if !mask && !k.IsEthernet() {
		typ = k.DLType()
	}
	if mask || typ >= 0x600 {
		if k.EthType == flow.EthTypeNone {
			typ = 0xffff
		}
		dst = appendBE16(dst, KeyEthertype, typ)
	}
	put(KeyIPv4, KeyIPv6, KeyARP, KeyMPLS)
	if k.DLType() == flow.EthTypeNSH {
		dst = appendNSH(dst, k, d)
	}
	put(KeyTCP, KeyTCPFlags, KeyUDP, KeySCTP, KeyICMP, KeyICMPv6, KeyND)
	if isND(k, d, mask) && (d.IGMPGroup != 0 || d.TCPFlags != 0) {
		put(KeyNDExt)
	}
	for n > 0 {
		n--
		dst = endNest(dst, nests[n])
	}
	return dst
}

func appendNSH(dst []byte, k, d *flow.Key) []byte {
	at := len(dst)
	dst = beginNest(dst, KeyNSH)
	b := []byte{d.NSHFlags, d.NSHTTL, d.NSHMDType, d.NSHNP}
	dst = AppendAttr(dst, nshBase, be.AppendUint32(b, d.NSHPath))
	if k.NSHMDType == 1 {
		var c []byte
		for _, w := range d.NSHC {
			c = be.AppendUint32(c, w)
		}
		dst = AppendAttr(dst, nshMD1, c)
	}
	return endNest(dst, at)
}

// appendTunnel appends KeyTunnel with the values of d, and the attributes that
// the tunnel t has. opts are its options, data their values in d.
func appendTunnel(dst []byte, t, d *packet.Tunnel, opts, data []byte) []byte {
	at := len(dst)
	dst = beginNest(dst, KeyTunnel)
	if (t.ID != 0 || t.Flags&packet.TunKey != 0) && (d.ID != 0 || d.Flags&packet.TunKey != 0) {
		dst = AppendAttr(dst, TunKeyID, be.AppendUint64(nil, d.ID))
	}
	if t.Src != 0 {
		dst = appendBE32(dst, TunKeyIPv4Src, d.Src)
	}
	if t.Dst != 0 {
		dst = appendBE32(dst, TunKeyIPv4Dst, d.Dst)
	}
	if t.IPv6Src != [16]byte{} {
		dst = AppendAttr(dst, TunKeyIPv6Src, d.IPv6Src[:])
	}
	if t.IPv6Dst != [16]byte{} {
		dst = AppendAttr(dst, TunKeyIPv6Dst, d.IPv6Dst[:])
	}
	if t.TOS != 0 {
		dst = appendU8(dst, TunKeyTOS, d.TOS)
	}
	dst = appendU8(dst, TunKeyTTL, d.TTL)
	for _, f := range tunFlagAttrs {
		// Only flags of a received packet can be matched.
		if d.Flags&f.flag != 0 && (f.flag <= packet.TunKey || t.Flags&f.flag != 0) {
			dst = AppendAttr(dst, f.attr, nil)
		}
	}
	if t.TPSrc != 0 {
		dst = appendBE16(dst, TunKeyTPSrc, d.TPSrc)
	}
	if t.TPDst != 0 {
		dst = appendBE16(dst, TunKeyTPDst, d.TPDst)
	}
	if len(opts) > 0 {
		attr := uint16(TunKeyGeneveOpts)
		if t.Flags&packet.TunSegments != 0 {
			attr = TunKeySegments
		}
		dst = AppendAttr(dst, attr, data)
	}
	if t.GBPID != 0 || t.GBPFlags != 0 {
		in := len(dst)
		dst = beginNest(dst, TunKeyVXLANOpts)
		dst = appendU32(dst, vxlanExtGBP, uint32(d.GBPFlags)<<16|uint32(d.GBPID))
		dst = endNest(dst, in)
	}
	if t.ErspanVer != 0 {
		b := ne.AppendUint32([]byte{d.ErspanVer, d.ErspanDir, d.ErspanHwid, 0}, d.ErspanIdx)
		dst = AppendAttr(dst, TunKeyERSPAN, b)
	}
	if t.GTPUFlags != 0 || t.GTPUMsgtype != 0 {
		dst = AppendAttr(dst, TunKeyGTPU, []byte{d.GTPUFlags, d.GTPUMsgtype, 0, 0})
	}
	return endNest(dst, at)
}

var tunFlagAttrs = [...]struct {
	flag uint16
	attr uint16
}{{packet.TunDF, TunKeyDF}, {packet.TunCsum, TunKeyCsum}, {packet.TunOAM, TunKeyOAM},
	{packet.TunSeq, TunKeySeq}, {packet.TunPMTUD, TunKeyPMTUD}, {packet.TunLabelCopy, TunKeyLabelCopy}, {packet.TunLabelHash, TunKeyLabelHash}}

// ParseTunnel decodes the payload of a KeyTunnel attribute. opts are the options
// in b, see packet.Packet.TunOpts; those of Geneve are whole in a key, but not
// in a mask.
func ParseTunnel(b []byte) (t packet.Tunnel, opts []byte, err error) {
	need := [...]int{TunKeyID: 8, TunKeyIPv4Src: 4, TunKeyIPv4Dst: 4, TunKeyTOS: 1, TunKeyTTL: 1,
		TunKeyTPSrc: 2, TunKeyTPDst: 2, TunKeyIPv6Src: 16, TunKeyIPv6Dst: 16, TunKeyERSPAN: 8, TunKeyGTPU: 2}
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok || int(typ) < len(need) && len(d) < need[typ] {
			return t, nil, ErrInvalid
		}
		for _, f := range tunFlagAttrs {
			if typ == f.attr {
				t.Flags |= f.flag
			}
		}
		switch typ {
		case TunKeyGeneveOpts:
			if len(d) > packet.MaxGeneveOpts {
				return t, nil, ErrInvalid
			}
			opts = d
		case TunKeySegments:
			if len(d) == 0 || len(d)%16 != 0 || len(d) > 16*packet.MaxSegments {
				return t, nil, ErrInvalid
			}
			opts = d
			t.Flags |= packet.TunSegments
		case TunKeyID:
			t.ID = be.Uint64(d)
			t.Flags |= packet.TunKey
		case TunKeyIPv4Src:
			t.Src = be.Uint32(d)
		case TunKeyIPv4Dst:
			t.Dst = be.Uint32(d)
		case TunKeyIPv6Src:
			t.IPv6Src = [16]byte(d)
		case TunKeyIPv6Dst:
			t.IPv6Dst = [16]byte(d)
		case TunKeyTOS:
			t.TOS = d[0]
		case TunKeyTTL:
			t.TTL = d[0]
		case TunKeyTPSrc:
			t.TPSrc = be.Uint16(d)
		case TunKeyTPDst:
			t.TPDst = be.Uint16(d)
		case TunKeyVXLANOpts:
			if g, ok := findAttr(d, vxlanExtGBP); ok && len(g) >= 4 {
				v := ne.Uint32(g)
				t.GBPID, t.GBPFlags = uint16(v), uint8(v>>16)
			}
		case TunKeyERSPAN:
			t.ErspanVer, t.ErspanDir, t.ErspanHwid, t.ErspanIdx = d[0], d[1], d[2], ne.Uint32(d[4:])
		case TunKeyGTPU:
			t.GTPUFlags, t.GTPUMsgtype = d[0], d[1]
		}
		b = rest
	}
	return t, opts, nil
}

// ExactMask returns the mask of flows for packets with exactly key k: ones in all
// that a datapath can see of such packets.
func ExactMask(k *flow.Key) (m flow.Mask) {
	parseKey(onesOf(AppendKey(nil, k)), (*flow.Key)(&m), true, 0)
	if k.Tunnel.IsSet() {
		m.Tunnel = exactTunnel
	}
	m.CtState = ctStateFlags
	return m
}

// ctStateFlags are the flags that there are (new, est, rel, rpl, inv, trk, snat,
// dnat).
const ctStateFlags = 0xff

// onesOf returns attributes with all bits of their values set.
func onesOf(b []byte) (out []byte) {
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok {
			break
		}
		b = rest
		switch typ {
		case KeyTunnel:
		case KeyEncap, KeyNSH:
			out = AppendAttr(out, typ, onesOf(d))
		default:
			ones := make([]byte, len(d))
			for i := range ones {
				ones[i] = 0xff
			}
			out = AppendAttr(out, typ, ones)
		}
	}
	return out
}

// ParseKeyAttrs decodes netlink key attributes. mask says that they are a
// mask's: fragment types and one-byte fields then have mask meaning.
func ParseKeyAttrs(b []byte) (k flow.Key, err error) {
	seen, err := parseKey(b, &k, false, 0)
	if err != nil {
		return k, err
	}
	if seen&(1<<KeyInPort) == 0 {
		k.InPort = uint32(NoPort)
	}
	if seen&(1<<KeyEthernet|1<<KeyPacketType) == 0 && seen&(1<<KeyEthertype) != 0 {
		// The kernel's way to say that there is no Ethernet header.
		k.PacketType = 1<<16 | uint32(k.EthType)
	} else if seen&(1<<KeyEthertype) == 0 && k.IsEthernet() {
		k.EthType = flow.EthTypeNone
	}
	return k, nil
}

// ParseMaskAttrs decodes the netlink attributes of a mask.
func ParseMaskAttrs(b []byte) (m flow.Mask, err error) {
	_, err = parseKey(b, (*flow.Key)(&m), true, 0)
	return m, err
}

// keyLen is the least payload of each attribute.
var keyLen = [...]int{KeyPriority: 4, KeyInPort: 4, KeyEthernet: 12, KeyVLAN: 2, KeyEthertype: 2, KeyIPv4: 12, KeyIPv6: 40,
	KeyTCP: 4, KeyUDP: 4, KeyICMP: 2, KeyICMPv6: 2, KeyARP: 22, KeyND: 28, KeySkbMark: 4, KeySCTP: 4, KeyTCPFlags: 2,
	KeyDPHash: 4, KeyRecircID: 4, KeyMPLS: 4, KeyCtState: 4, KeyCtZone: 2, KeyCtMark: 4, KeyCtLabels: 16,
	KeyCtTuple4: 13, KeyCtTuple6: 37, KeyPacketType: 4, KeyNDExt: 5}

// parseKey decodes attributes at one level of VLAN encapsulation and returns the
// set of types seen, at any level.
func parseKey(b []byte, k *flow.Key, mask bool, depth int) (seen uint64, err error) {
	var inner []byte
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok || int(typ) < len(keyLen) && len(d) < keyLen[typ] {
			return seen, ErrInvalid
		}
		b = rest
		if typ < 64 {
			seen |= 1 << typ
		}
		switch typ {
		case KeyEncap:
			inner = d
			if inner == nil {
				inner = []byte{}
			}
		case KeyVLAN:
			if depth >= flow.MaxVLANs {
				return seen, ErrInvalid
			}
			k.VLANs[depth].TCI = be.Uint16(d)
		case KeyEthertype:
			k.EthType = be.Uint16(d)
		case KeyTunnel:
			var opts []byte
			if k.Tunnel, opts, err = ParseTunnel(d); err != nil {
				return seen, err
			}
			if k.Tunnel.Flags&packet.TunSegments == 0 {
				k.SetRawTunOpts(opts)
			}
			if mask && len(opts) > 0 {
				k.TunPresent = ^uint64(0)
			}
		case KeyNSH:
			parseNSHKey(d, k)
		default:
			setStruct(typ, d, k, mask)
		}
	}
	if seen&(1<<KeyVLAN) != 0 && seen&(1<<KeyEncap) != 0 {
		k.VLANs[depth].TPID, k.EthType = k.EthType, 0
		in, err := parseKey(inner, k, mask, depth+1)
		if err != nil {
			return seen, err
		}
		seen = seen&^(1<<KeyEthertype) | in
	} else if seen&(1<<KeyVLAN) != 0 {
		k.VLANs[depth].TPID, k.EthType = k.EthType, 0
	}
	return seen, nil
}

func parseNSHKey(b []byte, k *flow.Key) {
	if d, ok := findAttr(b, nshBase); ok && len(d) >= 8 {
		k.NSHFlags, k.NSHTTL, k.NSHMDType, k.NSHNP = d[0], d[1], d[2], d[3]
		k.NSHPath = be.Uint32(d[4:])
	}
	if d, ok := findAttr(b, nshMD1); ok && len(d) >= 16 {
		for i := range k.NSHC {
			k.NSHC[i] = be.Uint32(d[4*i:])
		}
	}
}

// setStruct is the inverse of structOf.
func setStruct(typ uint16, d []byte, k *flow.Key, mask bool) {
	wide := func(b byte) uint16 { // a byte that a 16-bit member holds
		if mask && b == 0xff {
			return 0xffff
		}
		return uint16(b)
	}
	frag := func(b byte) uint8 {
		switch {
		case mask:
			return b & 3
		case b == fragFirst:
			return flow.FragAny
		case b == fragLater:
			return flow.FragAny | flow.FragLater
		}
		return 0
	}
	switch typ {
	case KeyPriority:
		k.SkbPriority = ne.Uint32(d)
	case KeySkbMark:
		k.PktMark = ne.Uint32(d)
	case KeyDPHash:
		k.DPHash = ne.Uint32(d)
	case KeyRecircID:
		k.RecircID = ne.Uint32(d)
	case KeyInPort:
		k.InPort = ne.Uint32(d)
	case KeyPacketType:
		k.PacketType = be.Uint32(d)
	case KeyCtState:
		k.CtState = uint16(ne.Uint32(d))
	case KeyCtZone:
		k.CtZone = ne.Uint16(d)
	case KeyCtMark:
		k.CtMark = ne.Uint32(d)
	case KeyCtLabels:
		copy(k.CtLabel[:], labelValue(d).AppendBytes(nil, 16))
	case KeyCtTuple4:
		k.CtNwSrc, k.CtNwDst = be.Uint32(d), be.Uint32(d[4:])
		k.CtTPSrc, k.CtTPDst, k.CtNwProto = be.Uint16(d[8:]), be.Uint16(d[10:]), d[12]
	case KeyCtTuple6:
		k.CtIPv6Src, k.CtIPv6Dst = [16]byte(d), [16]byte(d[16:])
		k.CtTPSrc, k.CtTPDst, k.CtNwProto = be.Uint16(d[32:]), be.Uint16(d[34:]), d[36]
	case KeyEthernet:
		k.EthSrc, k.EthDst = flow.MAC(d), flow.MAC(d[6:])
	case KeyIPv4:
		k.NwSrc, k.NwDst = be.Uint32(d), be.Uint32(d[4:])
		k.NwProto, k.NwTOS, k.NwTTL, k.NwFrag = d[8], d[9], d[10], frag(d[11])
	case KeyIPv6:
		k.IPv6Src, k.IPv6Dst, k.IPv6Label = [16]byte(d), [16]byte(d[16:]), be.Uint32(d[32:])&0xfffff
		k.NwProto, k.NwTOS, k.NwTTL, k.NwFrag = d[36], d[37], d[38], frag(d[39])
	case KeyARP:
		k.NwSrc, k.NwDst, k.NwProto = be.Uint32(d), be.Uint32(d[4:]), d[9]
		k.ArpSHA, k.ArpTHA = flow.MAC(d[10:]), flow.MAC(d[16:])
	case KeyMPLS:
		for i := range k.MPLS {
			if len(d) >= 4*i+4 {
				k.MPLS[i] = be.Uint32(d[4*i:])
			}
		}
	case KeyTCP, KeyUDP, KeySCTP:
		k.TPSrc, k.TPDst = be.Uint16(d), be.Uint16(d[2:])
	case KeyTCPFlags:
		k.TCPFlags = be.Uint16(d)
		if !mask {
			k.TCPFlags &= 0xfff
		}
	case KeyICMP, KeyICMPv6:
		k.TPSrc, k.TPDst = wide(d[0]), wide(d[1])
	case KeyND:
		k.NDTarget, k.ArpSHA, k.ArpTHA = [16]byte(d), flow.MAC(d[16:]), flow.MAC(d[22:])
	case KeyNDExt:
		k.IGMPGroup, k.TCPFlags = be.Uint32(d), wide(d[4])
	}
}
