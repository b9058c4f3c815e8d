package dpif

import (
	"fmt"

	"govs/flow"
	"govs/packet"
)

// KeyTextOptions say how keys and flows are written.
type KeyTextOptions struct {
	Names   PortNames // nil: numbers
	Verbose bool      // also what is wildcarded, as dump-flows -m
}

// AppendKeyText appends a key in the datapath's syntax
// ("recirc_id(0),in_port(2),eth(...),eth_type(0x0806)"). mask may be nil for an
// exact key; without Verbose, what it wildcards is left out.
func AppendKeyText(dst []byte, k *flow.Key, mask *flow.Mask, o KeyTextOptions) []byte {
	key := AppendKey(nil, k)
	if mask == nil {
		return AppendKeyAttrsText(dst, key, nil, o)
	}
	return AppendKeyAttrsText(dst, key, AppendMask(nil, k, mask), o)
}

// AppendKeyAttrsText is AppendKeyText for netlink attributes. A nil mask is
// exact; attributes that the mask lacks are wildcarded.
func AppendKeyAttrsText(dst, key, mask []byte, o KeyTextOptions) []byte {
	start := len(dst)
	sep := func() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
	}
	shown := false // packet_type
	hasType := false
	for b := key; len(b) > 0; {
		typ, d, rest, ok := NextAttr(b)
		if !ok {
			sep()
			return append(dst, "<error>"...)
		}
		b = rest
		var m []byte
		wild := false
		if mask != nil {
			if m, ok = findAttr(mask, typ); !ok || len(m) < len(d) && typ != KeyEncap && typ != KeyTunnel {
				m = make([]byte, len(d))
			}
			wild = allZero(m)
			if typ == KeyEncap || typ == KeyTunnel {
				wild = false
				if m == nil {
					m = []byte{}
				}
			}
		}
		hasType = hasType || typ == KeyEthertype
		if !wild || o.Verbose {
			shown = shown || typ == KeyPacketType
			sep()
			dst = appendKeyAttr(dst, typ, d, m, o)
		} else if typ == KeyEthernet && !shown {
			// Says that there is an Ethernet header.
			sep()
			dst = append(dst, "eth()"...)
		}
	}
	if m, ok := findAttr(mask, KeyEthertype); ok && !hasType && len(m) >= 2 {
		sep()
		dst = fmt.Appendf(dst, "eth_type(0/0x%04x)", be.Uint16(m))
	}
	return dst
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// appendKeyAttr appends one attribute; a nil mask is exact.
func appendKeyAttr(dst []byte, typ uint16, d, mask []byte, o KeyTextOptions) []byte {
	switch typ {
	case KeyEncap:
		dst = append(dst, "encap("...)
		return append(AppendKeyAttrsText(dst, d, mask, o), ')')
	case KeyTunnel:
		t, err := ParseTunnel(d)
		if err != nil {
			return append(dst, "tunnel(<error>)"...)
		}
		m := exactTunnel
		if mask != nil {
			if m, err = ParseTunnel(mask); err != nil {
				return append(dst, "tunnel(<error>)"...)
			}
		}
		return appendTunnelText(dst, &t, &m, mask == nil, o.Verbose)
	case KeyVLAN:
		if len(d) < 2 {
			break
		}
		m := uint16(0xffff)
		if len(mask) >= 2 {
			m = be.Uint16(mask)
		}
		dst = append(dst, "vlan("...)
		return append(appendVLANText(dst, be.Uint16(d), m, o.Verbose), ')')
	case KeyMPLS:
		return appendMPLSText(dst, d, mask)
	case KeyNSH:
		d = flattenNSH(d)
		if mask != nil {
			mask = flattenNSH(mask)
		}
	}
	row := keyRowOf(typ)
	if row == nil || len(d) < row.size && !(typ == KeyARP && len(d) >= 22) {
		return fmt.Appendf(dst, "key%d(%x)", typ, d)
	}
	dst = append(append(dst, row.name...), '(')
	first := true
	for i := range row.members {
		f := &row.members[i]
		m := flow.OnesValue(128)
		if mask != nil {
			m = f.value(mask)
		}
		if m.IsZero() && !o.Verbose {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if f.name != "" {
			dst = append(append(dst, f.name...), '=')
		}
		dst = f.append(dst, f.value(d), m, o.Names, o.Verbose)
	}
	return append(dst, ')')
}

// flattenNSH returns the payloads of KeyNSH one after the other.
func flattenNSH(d []byte) []byte {
	out := make([]byte, 24)
	if b, ok := findAttr(d, nshBase); ok {
		copy(out[:8], b)
	}
	if b, ok := findAttr(d, nshMD1); ok {
		copy(out[8:], b)
	}
	return out
}

func appendVLANText(dst []byte, tci, mask uint16, verbose bool) []byte {
	n := len(dst)
	sep := func() {
		if len(dst) > n {
			dst = append(dst, ',')
		}
	}
	if v, m := tci&0xfff, mask&0xfff; verbose || v|m != 0 {
		dst = fmt.Appendf(dst, "vid=%d", v)
		if m != 0xfff {
			dst = fmt.Appendf(dst, "/0x%x", m)
		}
	}
	if v, m := tci>>13, mask>>13; verbose || v|m != 0 {
		sep()
		dst = fmt.Appendf(dst, "pcp=%d", v)
		if m != 7 {
			dst = fmt.Appendf(dst, "/0x%x", m)
		}
	}
	if tci&flow.VLANPresent == 0 {
		sep()
		dst = append(dst, "cfi=0"...)
	}
	return dst
}

func appendMPLSText(dst, d, mask []byte) []byte {
	dst = append(dst, "mpls("...)
	for i := 0; i+4 <= len(d); i += 4 {
		if i > 0 {
			dst = append(dst, ',')
		}
		var m []byte
		if len(mask) >= i+4 {
			m = mask[i : i+4]
		}
		dst = appendLSE(dst, be.Uint32(d[i:]), m)
	}
	return append(dst, ')')
}

func appendLSE(dst []byte, l uint32, mask []byte) []byte {
	if len(mask) < 4 || be.Uint32(mask) == 0xffffffff {
		return fmt.Appendf(dst, "label=%d,tc=%d,ttl=%d,bos=%d", l>>12, l>>9&7, l&0xff, l>>8&1)
	}
	m := be.Uint32(mask)
	return fmt.Appendf(dst, "label=%d/0x%x,tc=%d/%x,ttl=%d/0x%x,bos=%d/%x",
		l>>12, m>>12, l>>9&7, m>>9&7, l&0xff, m&0xff, l>>8&1, m>>8&1)
}

// exactTunnel is the mask of all that a tunnel has.
var exactTunnel = packet.Tunnel{ID: ^uint64(0), Src: ^uint32(0), Dst: ^uint32(0), IPv6Src: ones16, IPv6Dst: ones16,
	Flags: 0xffff, TOS: 0xff, TTL: 0xff, TPSrc: 0xffff, TPDst: 0xffff, GBPID: 0xffff, GBPFlags: 0xff,
	ErspanVer: 0xff, ErspanIdx: ^uint32(0), ErspanDir: 0xff, ErspanHwid: 0xff, GTPUFlags: 0xff, GTPUMsgtype: 0xff}

var ones16 = [16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}

// tunMembers are the parts of a tunnel key's text, in order.
var tunMembers = [...]struct {
	m   member
	get func(t *packet.Tunnel) flow.Value
	set func(t *packet.Tunnel, v flow.Value)
}{
	{member{"tun_id", 0, 8, asHex}, func(t *packet.Tunnel) flow.Value { return flow.U(t.ID) }, func(t *packet.Tunnel, v flow.Value) { t.ID = v.Lo }},
	{member{"src", 0, 4, asIPv4}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.Src)) }, func(t *packet.Tunnel, v flow.Value) { t.Src = uint32(v.Lo) }},
	{member{"dst", 0, 4, asIPv4}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.Dst)) }, func(t *packet.Tunnel, v flow.Value) { t.Dst = uint32(v.Lo) }},
	{member{"ipv6_src", 0, 16, asIPv6}, func(t *packet.Tunnel) flow.Value { return flow.ValueFromBytes(t.IPv6Src[:]) }, func(t *packet.Tunnel, v flow.Value) { copy(t.IPv6Src[:], v.AppendBytes(nil, 16)) }},
	{member{"ipv6_dst", 0, 16, asIPv6}, func(t *packet.Tunnel) flow.Value { return flow.ValueFromBytes(t.IPv6Dst[:]) }, func(t *packet.Tunnel, v flow.Value) { copy(t.IPv6Dst[:], v.AppendBytes(nil, 16)) }},
	{member{"tos", 0, 1, asHex}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.TOS)) }, func(t *packet.Tunnel, v flow.Value) { t.TOS = uint8(v.Lo) }},
	{member{"ttl", 0, 1, asDec}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.TTL)) }, func(t *packet.Tunnel, v flow.Value) { t.TTL = uint8(v.Lo) }},
	{member{"tp_src", 0, 2, asDec}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.TPSrc)) }, func(t *packet.Tunnel, v flow.Value) { t.TPSrc = uint16(v.Lo) }},
	{member{"tp_dst", 0, 2, asDec}, func(t *packet.Tunnel) flow.Value { return flow.U(uint64(t.TPDst)) }, func(t *packet.Tunnel, v flow.Value) { t.TPDst = uint16(v.Lo) }},
}

func appendTunnelText(dst []byte, t, m *packet.Tunnel, exact, verbose bool) []byte {
	dst = append(dst, "tunnel("...)
	n := len(dst)
	sep := func() {
		if len(dst) > n {
			dst = append(dst, ',')
		}
	}
	for i := range tunMembers {
		f := &tunMembers[i]
		v, mask := f.get(t), f.get(m)
		has := !v.IsZero() || f.m.name == "ttl" || f.m.name == "tun_id" && t.Flags&packet.TunKey != 0
		if !has || mask.IsZero() && !verbose {
			continue
		}
		sep()
		dst = append(append(dst, f.m.name...), '=')
		dst = f.m.append(dst, v, mask, nil, verbose)
	}
	masked := func(name, format string, v, mask, full uint64) {
		sep()
		dst = fmt.Appendf(append(append(dst, name...), '='), format, v)
		if mask != full {
			dst = fmt.Appendf(append(dst, '/'), "%#x", mask)
		}
	}
	if (t.GBPID != 0 || t.GBPFlags != 0) && (verbose || m.GBPID != 0 || m.GBPFlags != 0) {
		sep()
		dst = append(dst, "vxlan(gbp("...)
		at := n
		n = len(dst)
		if m.GBPID != 0 || verbose {
			masked("id", "%d", uint64(t.GBPID), uint64(m.GBPID), 0xffff)
		}
		if m.GBPFlags != 0 || verbose {
			masked("flags", "%#x", uint64(t.GBPFlags), uint64(m.GBPFlags), 0xff)
		}
		n = at
		dst = append(dst, "))"...)
	}
	if t.ErspanVer != 0 && (verbose || m.ErspanVer != 0) {
		sep()
		if t.ErspanVer == 1 {
			dst = fmt.Appendf(dst, "erspan(ver=1,idx=%#x)", t.ErspanIdx)
		} else {
			dst = fmt.Appendf(dst, "erspan(ver=%d,dir=%d,hwid=%#x)", t.ErspanVer, t.ErspanDir, t.ErspanHwid)
		}
	}
	if (t.GTPUFlags != 0 || t.GTPUMsgtype != 0) && (verbose || m.GTPUFlags|m.GTPUMsgtype != 0) {
		sep()
		dst = fmt.Appendf(dst, "gtpu(flags=%#x,msgtype=%d)", t.GTPUFlags, t.GTPUMsgtype)
	}
	flags := uint64(t.Flags & 0xf)
	mask := uint64(m.Flags & 0xf)
	switch {
	case exact && flags != 0:
		sep()
		dst = append(flow.AppendTunnelFlags(append(dst, "flags("...), flags, 0xf), ')')
	case !exact && mask != 0:
		sep()
		dst = append(dst, "flags("...)
		for i, name := range [...]string{"oam", "df", "csum", "key"} {
			if mask>>i&1 != 0 {
				sign := byte('-')
				if flags>>i&1 != 0 {
					sign = '+'
				}
				dst = append(append(dst, sign), name...)
			}
		}
		dst = append(dst, ')')
	}
	return append(dst, ')')
}
