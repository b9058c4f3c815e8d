package dpif

import (
	"fmt"

	"govs/flow"
)

// PushNSH puts a network service header with k's NSH fields in front; md2 is the
// metadata of one with MD type 2.
func (a Actions) PushNSH(k *flow.Key, md2 []byte) Actions {
	at := len(a)
	b := appendNSH(beginNest(a, ActPushNSH), k, k)
	if k.NSHMDType == 2 {
		b = AppendAttr(b, nshMD2, md2)
		b = endNest(b, at+4) // that of KeyNSH, which is longer now
	}
	return endNest(b, at)
}

// PopNSH removes the network service header.
func (a Actions) PopNSH() Actions { return AppendAttr(a, ActPopNSH, nil) }

// AddMPLS puts a label stack entry in front of the whole packet, which becomes one
// without an Ethernet header, of type typ.
func (a Actions) AddMPLS(lse uint32, typ uint16, l3 bool) Actions {
	b := be.AppendUint16(be.AppendUint32(nil, lse), typ)
	flags := uint16(0)
	if l3 {
		flags = 1
	}
	return AppendAttr(a, ActAddMPLS, ne.AppendUint16(b, flags))
}

// ParsePushNSH decodes the payload of an ActPushNSH attribute: into the NSH
// fields of k, and the metadata of MD type 2.
func ParsePushNSH(b []byte, k *flow.Key) (md2 []byte, err error) {
	d, ok := findAttr(b, KeyNSH)
	if !ok {
		return nil, ErrInvalid
	}
	if base, ok := findAttr(d, nshBase); !ok || len(base) < 8 {
		return nil, ErrInvalid
	}
	parseNSHKey(d, k)
	md2, _ = findAttr(d, nshMD2)
	if k.NSHMDType != 1 && k.NSHMDType != 2 || k.NSHMDType == 1 && md2 != nil || len(md2)%4 != 0 || len(md2) > 248 {
		return nil, ErrInvalid
	}
	return md2, nil
}

// SetNSH changes those bits of the network service header that mask has.
func (a Actions) SetNSH(k *flow.Key, mask *flow.Mask) Actions {
	var key, m []byte
	key, m = appendNSH(nil, k, k), appendNSH(nil, k, (*flow.Key)(mask))
	_, key, _, _ = NextAttr(key)
	_, m, _, _ = NextAttr(m)
	return a.setNSH(key, m)
}

// setNSH appends the action from the payloads of KeyNSH and of its mask: in each
// member, the mask follows the value.
func (a Actions) setNSH(key, mask []byte) Actions {
	at := len(a)
	b := beginNest(a, ActSetMasked)
	in := len(b)
	b = beginNest(b, KeyNSH)
	for _, typ := range [...]uint16{nshBase, nshMD1} {
		v, ok := findAttr(key, typ)
		m, ok2 := findAttr(mask, typ)
		if !ok || !ok2 || len(v) != len(m) {
			continue
		}
		both := make([]byte, 0, 2*len(v))
		for i := range v {
			both = append(both, v[i]&m[i])
		}
		b = AppendAttr(b, typ, append(both, m...))
	}
	return endNest(endNest(b, in), at)
}

// SplitNSH takes value and mask in the payload of a masked set of KeyNSH apart,
// as 24 bytes each: flags, TTL, MD type, next protocol, path and four contexts.
func SplitNSH(d []byte) (key, mask [24]byte, err error) {
	for at, typ := range map[int]uint16{0: nshBase, 8: nshMD1} {
		b, ok := findAttr(d, typ)
		switch n := len(b) / 2; {
		case !ok && typ == nshMD1:
		case typ == nshBase && n == 8, typ == nshMD1 && n == 16:
			copy(key[at:], b[:n])
			copy(mask[at:], b[n:])
		default:
			return key, mask, ErrInvalid
		}
	}
	return key, mask, nil
}

// appendPushNSH prints the payload of an ActPushNSH.
func appendPushNSH(dst, d []byte) []byte {
	var k flow.Key
	md2, err := ParsePushNSH(d, &k)
	if err != nil {
		return append(dst, "push_nsh(<error>)"...)
	}
	dst = fmt.Appendf(dst, "push_nsh(flags=%d,ttl=%d,mdtype=%d,np=%d,spi=%#x,si=%d", k.NSHFlags, k.NSHTTL, k.NSHMDType, k.NSHNP, k.NSHPath>>8, k.NSHPath&0xff)
	switch {
	case k.NSHMDType == 1:
		for i, c := range k.NSHC {
			dst = fmt.Appendf(dst, ",c%d=%#x", i+1, c)
		}
	case len(md2) == 0:
		dst = append(dst, ",md2=0"...)
	default:
		dst = fmt.Appendf(dst, ",md2=0x%x", md2)
	}
	return append(dst, ')')
}
