package dpif

import (
	"fmt"

	"govs/flow"
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
	if m, ok := findAttr(mask, KeyEthertype); ok && len(key) > 0 && !hasType && len(m) >= 2 {
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
		t, opts, err := ParseTunnel(d)
		if err != nil {
			return append(dst, "tunnel(<error>)"...)
		}
		m := exactTunnel
		var optMask []byte
		if mask != nil {
			if m, optMask, err = ParseTunnel(mask); err != nil || len(optMask) != 0 && len(optMask) != len(opts) {
				return append(dst, "tunnel(<error>)"...)
			}
		}
		return appendTunnelText(dst, &t, &m, opts, optMask, mask == nil, o.Verbose)
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
	if allOnes(mask) {
		mask = nil
	}
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
	if len(mask) < 4 {
		return fmt.Appendf(dst, "label=%d,tc=%d,ttl=%d,bos=%d", l>>12, l>>9&7, l&0xff, l>>8&1)
	}
	m := be.Uint32(mask)
	return fmt.Appendf(dst, "label=%d/0x%x,tc=%d/%x,ttl=%d/0x%x,bos=%d/%x",
		l>>12, m>>12, l>>9&7, m>>9&7, l&0xff, m&0xff, l>>8&1, m>>8&1)
}
