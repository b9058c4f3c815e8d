package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// AppendNXMText appends NXM or OXM entries as "NXM_OF_IP_SRC(01020304),
// NXM_NX_REG0_W(0000000f/0000000f)", and "<any>" for none. Unknown ones are
// written as class:field:mask:length.
func AppendNXMText(dst []byte, b []byte) []byte {
	if len(b) == 0 {
		return append(dst, "<any>"...)
	}
	first := true
	for len(b) > 0 {
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		if len(b) < 4 {
			return append(dst, "<error: truncated>"...)
		}
		h := be.Uint32(b)
		id, masked, payload, hdr, err := ParseHeader(b)
		if h&^0x1ff == nxmCookie && (h&0x1ff == 8 || h&0x1ff == 0x110) {
			masked, payload, hdr, err = h&0x100 != 0, int(h&0xff), 4, nil
			dst = append(dst, "NXM_NX_COOKIE"...)
		} else if err == nil {
			dst = append(dst, headerName(id, b)...)
		}
		if err != nil && hdr == 0 || len(b) < hdr+payload {
			return append(dst, "<error: truncated>"...)
		}
		n := payload
		switch {
		case err != nil:
			exp := uint32(0)
			if hdr == 8 {
				exp = be.Uint32(b[4:])
			}
			dst = fmt.Appendf(dst, "%#x:%d:%d:%d:%d", exp, h>>16, h>>9&0x7f, h>>8&1, payload)
		case masked:
			dst = append(dst, "_W"...)
		}
		if masked {
			n /= 2
		}
		dst = fmt.Appendf(dst, "(%x", b[hdr:hdr+n])
		if masked {
			dst = fmt.Appendf(dst, "/%x", b[hdr+n:hdr+payload])
		}
		dst = append(dst, ')')
		b = b[hdr+payload:]
	}
	return dst
}

// headerName returns the wire name of the field that the header at the front of
// b has.
func headerName(id FieldID, b []byte) string {
	h := be.Uint32(b)
	for i := range fields[id].OXMs {
		o := &fields[id].OXMs[i]
		if o.Name != "" && uint32(o.Class) == h>>16 && uint32(o.Field) == h>>9&0x7f &&
			(o.Class != classExp || o.Exp == be.Uint32(b[4:])) {
			return o.Name
		}
	}
	return id.Info().Name
}

// ParseNXMText reads what AppendNXMText writes.
func ParseNXMText(s string) ([]byte, error) {
	var out []byte
	s = strings.TrimSpace(s)
	if s == "<any>" {
		return nil, nil
	}
	for {
		s = strings.TrimLeft(s, ", ")
		if s == "" {
			return out, nil
		}
		all := s
		name, rest, ok := strings.Cut(s, "(")
		if !ok {
			return nil, fmt.Errorf("%s: missing ( following field name", all)
		}
		body, rest, ok := strings.Cut(rest, ")")
		if !ok {
			return nil, fmt.Errorf("%s: missing ) following field %s", all, name)
		}
		s = rest
		val, mask, hasMask := strings.Cut(body, "/")
		hdr, nb, err := headerByName(all, name, hasMask)
		if err != nil {
			return nil, err
		}
		out = append(out, hdr...)
		for _, part := range []string{val, mask}[:1+b2i(hasMask)] {
			part = strings.ReplaceAll(part, " ", "")
			if len(part)/2 < nb {
				return nil, fmt.Errorf("expected to read %d bytes but got %d", nb, len(part)/2)
			}
			for i := range nb {
				c, err := strconv.ParseUint(part[2*i:2*i+2], 16, 8)
				if err != nil {
					return nil, fmt.Errorf("%s: bad hexadecimal digits", all)
				}
				out = append(out, byte(c))
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// headerByName returns the header bytes for an entry called name, which may be a
// header in hexadecimal, and the bytes of its value.
func headerByName(all, name string, masked bool) ([]byte, int, error) {
	base := strings.TrimSuffix(name, "_W")
	if base == "NXM_NX_COOKIE" {
		h := uint32(nxmCookie | 8)
		if masked {
			h = nxmCookie | 0x110
		}
		return be.AppendUint32(nil, h), 8, nil
	}
	if id, ok := FieldByName(base); ok && id.Available() && base != strings.ToLower(base) &&
		(base == name || fields[id].Maskable) {
		f := &fields[id]
		for i := range f.OXMs {
			if o := &f.OXMs[i]; o.Name == base {
				n := int(f.Bytes)
				if masked {
					n *= 2
				}
				h := o.Header(n, masked)
				b := be.AppendUint32(nil, uint32(h>>32))
				if o.Class == classExp {
					b = be.AppendUint32(b, uint32(h))
				}
				return b, int(f.Bytes), nil
			}
		}
	}
	if h, err := strconv.ParseUint(name, 16, 64); err == nil && h != 0 {
		b := be.AppendUint32(nil, uint32(h))
		if len(name) > 8 {
			b = be.AppendUint64(nil, h)
		}
		n := int(be.Uint32(b) & 0xff)
		if be.Uint32(b)&0x100 != 0 {
			n /= 2
		}
		return b, n, nil
	}
	return nil, 0, fmt.Errorf("%s: unknown field `%s'", all, name)
}
