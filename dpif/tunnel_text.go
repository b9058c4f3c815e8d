package dpif

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"govs/flow"
	"govs/packet"
)

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

// appendTunnelText appends a tunnel key with mask m and its options; exact says
// that there is no mask.
func appendTunnelText(dst []byte, t, m *packet.Tunnel, opts, optMask []byte, exact, verbose bool) []byte {
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
		if f.m.name == "tun_id" && v.IsZero() {
			dst = append(dst, "0x"...)
		}
		dst = f.m.append(dst, v, mask, nil, verbose)
	}
	masked := func(name string, v any, mask, full uint64) {
		sep()
		dst = fmt.Append(append(append(dst, name...), '='), v)
		if mask != full {
			dst = fmt.Append(append(dst, '/'), flow.U(mask))
		}
	}
	if (t.GBPID != 0 || t.GBPFlags != 0) && (verbose || m.GBPID != 0 || m.GBPFlags != 0) {
		sep()
		dst = append(dst, "vxlan(gbp("...)
		at := n
		n = len(dst)
		if m.GBPID != 0 || verbose {
			masked("id", t.GBPID, uint64(m.GBPID), 0xffff)
		}
		if m.GBPFlags != 0 || verbose {
			masked("flags", flow.U(uint64(t.GBPFlags)), uint64(m.GBPFlags), 0xff)
		}
		n = at
		dst = append(dst, "))"...)
	}
	switch {
	case len(opts) == 0:
	case t.Flags&packet.TunSegments != 0:
		sep()
		dst = append(dst, "srv6(segs("...)
		for i := 0; i < len(opts); i += 16 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = flow.AppendIPv6(dst, [16]byte(opts[i:]))
		}
		dst = append(dst, "))"...)
	case exact || verbose || len(optMask) > 0:
		sep()
		dst = append(appendGeneveText(append(dst, "geneve("...), opts, optMask), ')')
	}
	if t.ErspanVer != 0 && (verbose || m.ErspanVer != 0) {
		sep()
		if t.ErspanVer == 1 {
			dst = fmt.Appendf(dst, "erspan(ver=1,idx=%v)", flow.U(uint64(t.ErspanIdx)))
		} else {
			dst = fmt.Appendf(dst, "erspan(ver=%d,dir=%d,hwid=%v)", t.ErspanVer, t.ErspanDir, flow.U(uint64(t.ErspanHwid)))
		}
	}
	if (t.GTPUFlags != 0 || t.GTPUMsgtype != 0) && (verbose || m.GTPUFlags|m.GTPUMsgtype != 0) {
		sep()
		dst = fmt.Appendf(dst, "gtpu(flags=%v,msgtype=%d)", flow.U(uint64(t.GTPUFlags)), t.GTPUMsgtype)
	}
	for _, f := range sendFlags {
		if t.Flags&f.flag != 0 {
			sep()
			dst = append(dst, f.name...)
		}
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

// sendFlags are flags that only tell how to encapsulate.
var sendFlags = [...]struct {
	name string
	flag uint16
}{{"seq", packet.TunSeq}, {"pmtud", packet.TunPMTUD}, {"label_copy", packet.TunLabelCopy}, {"label_hash", packet.TunLabelHash}}

// appendGeneveText appends Geneve options as "{class=1,type=0x80,len=4,0x5/0xf}",
// without masks where mask is empty.
func appendGeneveText(dst, opts, mask []byte) []byte {
	field := func(name, format string, v, m, full uint64) {
		dst = append(append(dst, name...), '=')
		if v == 0 {
			dst = append(dst, '0')
		} else {
			dst = fmt.Appendf(dst, format, v)
		}
		if m != full {
			dst = fmt.Append(append(dst, '/'), flow.U(m))
		}
		dst = append(dst, ',')
	}
	for len(opts) >= 4 {
		n := min(4+int(opts[3]&0x1f)*4, len(opts))
		m := mask
		if len(m) < n {
			m = nil
		}
		class, typ, length := uint64(0xffff), uint64(0xff), uint64(0x1f)
		if m != nil {
			class, typ, length = uint64(be.Uint16(m)), uint64(m[2]), uint64(m[3]&0x1f)
		}
		dst = append(dst, '{')
		field("class", "%#x", uint64(be.Uint16(opts)), class, 0xffff)
		field("type", "%#x", uint64(opts[2]), typ, 0xff)
		field("len", "%d", uint64(n-4), length, 0x1f)
		if n > 4 {
			if allZero(opts[4:n]) {
				dst = append(dst, '0')
			} else {
				dst = appendHex(dst, opts[4:n])
			}
			if m != nil && !allOnes(m[4:n]) {
				dst = appendHex(append(dst, '/'), m[4:n])
			}
		} else {
			dst = dst[:len(dst)-1]
		}
		dst = append(dst, '}')
		opts = opts[n:]
		if m != nil {
			mask = mask[n:]
		}
	}
	return dst
}

func appendHex(dst, b []byte) []byte {
	s := strings.TrimLeft(hex.EncodeToString(b), "0")
	if s == "" {
		s = "0"
	}
	return append(append(dst, "0x"...), s...)
}

func allOnes(b []byte) bool {
	for _, x := range b {
		if x != 0xff {
			return false
		}
	}
	return true
}

// parseGeneveText reads what appendGeneveText writes.
func parseGeneveText(s string) (opts, mask []byte, ok bool) {
	for s != "" {
		in, rest, found := strings.Cut(strings.TrimPrefix(s, "{"), "}")
		if s[0] != '{' || !found {
			return nil, nil, false
		}
		s = strings.TrimLeft(rest, listSpace)
		var h, x [4]byte
		n, data := 0, ""
		for {
			name, value, rest, more := cutItem(in)
			if !more {
				break
			}
			in = rest
			switch name {
			case "class", "type", "len":
				v, m, ok := parseMasked(value, 16)
				if !ok {
					return nil, nil, false
				}
				switch name {
				case "class":
					be.PutUint16(h[:], uint16(v))
					be.PutUint16(x[:], uint16(m))
				case "type":
					h[2], x[2] = uint8(v), uint8(m)
				default:
					if v%4 != 0 || v > 124 {
						return nil, nil, false
					}
					n = int(v)
					h[3], x[3] = uint8(v/4), uint8(m&0x1f)
				}
			default:
				data = name
			}
		}
		opts, mask = append(opts, h[:]...), append(mask, x[:]...)
		vs, ms, masked := strings.Cut(data, "/")
		v, ok1 := parseHexBytes(vs, n)
		m := bytes.Repeat([]byte{0xff}, n)
		if masked {
			m, ok = parseHexBytes(ms, n)
			ok1 = ok1 && ok
		}
		if !ok1 || n > 0 && data == "" {
			return nil, nil, false
		}
		opts, mask = append(opts, v...), append(mask, m...)
	}
	return opts, mask, len(opts) <= packet.MaxGeneveOpts
}

// parseHexBytes reads "0x1234", or a shorter number to any base, as a number of n
// bytes.
func parseHexBytes(s string, n int) ([]byte, bool) {
	if n == 0 {
		return nil, s == ""
	}
	s, ok := strings.CutPrefix(s, "0x")
	if !ok {
		v, err := strconv.ParseUint(s, 0, min(64, 8*n))
		if err != nil {
			return nil, false
		}
		s = strconv.FormatUint(v, 16)
	}
	if len(s) == 0 || len(s) > 2*n {
		return nil, false
	}
	b, err := hex.DecodeString(strings.Repeat("0", 2*n-len(s)) + s)
	return b, err == nil
}

// parseTunnelText reads the arguments of tunnel().
func parseTunnelText(s string) (t, mask packet.Tunnel, opts, optMask []byte, err error) {
	all := s
	bad := func() (packet.Tunnel, packet.Tunnel, []byte, []byte, error) {
		return t, mask, nil, nil, syntaxError("tunnel(" + all + ")")
	}
items:
	for {
		name, value, rest, ok := cutItem(s)
		if !ok {
			return t, mask, opts, optMask, nil
		}
		s = rest
		for _, f := range sendFlags {
			if f.name == name {
				t.Flags |= f.flag
				mask.Flags |= f.flag
				continue items
			}
		}
		for i := range tunMembers {
			f := &tunMembers[i]
			if f.m.name != name {
				continue
			}
			v, x, ok := f.m.parse(value, nil)
			if !ok {
				return bad()
			}
			f.set(&t, v)
			f.set(&mask, x)
			if name == "tun_id" {
				t.Flags |= packet.TunKey
				if !x.IsZero() {
					mask.Flags |= packet.TunKey
				}
			}
			continue items
		}
		sub := func(in string, set func(name string, v, x uint64) bool) bool {
			for {
				n, val, rest, ok := cutItem(in)
				if !ok {
					return true
				}
				in = rest
				v, x, ok := parseMasked(val, 32)
				if !ok || !set(n, v, x) {
					return false
				}
			}
		}
		switch name {
		case "flags":
			v, x, err := flow.ParseTunnelFlags(value)
			if err != nil {
				return bad()
			}
			t.Flags |= uint16(v)
			mask.Flags |= uint16(x)
		case "geneve":
			var ok bool
			if opts, optMask, ok = parseGeneveText(value); !ok {
				return bad()
			}
		case "srv6":
			_, in, _, _ := cutItem(value)
			for a := range strings.SplitSeq(in, ",") {
				ip, err := netip.ParseAddr(strings.TrimSpace(a))
				if err != nil || !ip.Is6() || len(opts) == 16*packet.MaxSegments {
					return bad()
				}
				opts = append(opts, ip.AsSlice()...)
			}
			optMask = bytes.Repeat([]byte{0xff}, len(opts))
			t.Flags |= packet.TunSegments
			mask.Flags |= packet.TunSegments
		case "vxlan":
			_, in, _, ok := cutItem(value)
			if !ok || !sub(in, func(n string, v, x uint64) bool {
				switch n {
				case "id":
					t.GBPID, mask.GBPID = uint16(v), uint16(x)
				case "flags":
					t.GBPFlags, mask.GBPFlags = uint8(v), uint8(x)
				default:
					return false
				}
				return true
			}) {
				return bad()
			}
		case "erspan":
			if !sub(value, func(n string, v, x uint64) bool {
				switch n {
				case "ver":
					t.ErspanVer, mask.ErspanVer = uint8(v), uint8(x)
				case "idx":
					t.ErspanIdx, mask.ErspanIdx = uint32(v), uint32(x)
				case "dir":
					t.ErspanDir, mask.ErspanDir = uint8(v), uint8(x)
				case "hwid":
					t.ErspanHwid, mask.ErspanHwid = uint8(v), uint8(x)
				default:
					return false
				}
				return true
			}) {
				return bad()
			}
		case "gtpu":
			if !sub(value, func(n string, v, x uint64) bool {
				switch n {
				case "flags":
					t.GTPUFlags, mask.GTPUFlags = uint8(v), uint8(x)
				case "msgtype":
					t.GTPUMsgtype, mask.GTPUMsgtype = uint8(v), uint8(x)
				default:
					return false
				}
				return true
			}) {
				return bad()
			}
		default:
			return bad()
		}
	}
}
