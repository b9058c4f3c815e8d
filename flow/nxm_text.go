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
	all := s
	for {
		s = strings.TrimLeft(s, ", ")
		if s == "" {
			return out, nil
		}
		entry, rest, err := cutNXMEntry(s, all)
		if err != nil {
			return nil, err
		}
		out = append(out, entry...)
		s = rest
	}
}

// cutNXMEntry reads one entry from the front of s; all is the whole text.
func cutNXMEntry(s, all string) (entry []byte, rest string, err error) {
	name, rest, ok := strings.Cut(s, "(")
	if !ok {
		return nil, s, fmt.Errorf("%s: missing ( at end of nx_match", all)
	}
	entry, n, masked, variable, ok := headerByName(name)
	if !ok {
		return nil, s, fmt.Errorf("%s: unknown field `%s'", all, name)
	}
	hdr := len(entry)
	v, rest := cutHex(rest)
	if !variable && len(v) != n {
		return nil, s, fmt.Errorf("expected to read %d bytes but got %d", n, len(v))
	}
	entry = append(entry, v...)
	if masked {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, "/"); !ok {
			return nil, s, fmt.Errorf("%s: missing / in masked field %s", all, name)
		}
		var mask []byte
		mask, rest = cutHex(rest)
		if len(mask) < len(v) && !strings.HasPrefix(rest, ")") || rest != "" && isHex(rest[0]) {
			return nil, s, fmt.Errorf("%s: hex digits expected", rest)
		}
		if len(mask) != len(v) {
			return nil, s, fmt.Errorf("expected to read %d bytes but got %d", len(v), len(mask))
		}
		entry = append(entry, mask...)
	}
	if rest, ok = strings.CutPrefix(rest, ")"); !ok {
		return nil, s, fmt.Errorf("%s: missing ) following field %s", all, name)
	}
	if variable {
		entry[3] = byte(len(entry) - hdr)
	}
	return entry, rest, nil
}

// cutHex takes bytes off the front of s: pairs of hexadecimal digits, between
// which there may be blanks.
func cutHex(s string) (b []byte, rest string) {
	for {
		t := strings.TrimLeft(s, " ")
		if len(t) < 2 || !isHex(t[0]) || !isHex(t[1]) {
			return b, t
		}
		c, _ := strconv.ParseUint(t[:2], 16, 8)
		b = append(b, byte(c))
		s = t[2:]
	}
}

// headerByName returns the header bytes for an entry called name, which may be a
// header in hexadecimal, the bytes of its value, and whether there can be fewer
// and a mask follows.
func headerByName(name string) (hdr []byte, n int, masked, variable, ok bool) {
	base, masked := strings.CutSuffix(name, "_W")
	if base == "NXM_NX_COOKIE" {
		h := uint32(nxmCookie | 8)
		if masked {
			h = nxmCookie | 0x110
		}
		return be.AppendUint32(nil, h), 8, masked, false, true
	}
	if id, found := FieldByName(base); found && id.Available() && base != strings.ToLower(base) && (!masked || fields[id].Maskable) {
		f := &fields[id]
		for i := range f.OXMs {
			if o := &f.OXMs[i]; o.Name == base {
				return o.append(nil, int(f.Bytes), masked), int(f.Bytes), masked, id.IsTLV(), true
			}
		}
	}
	h, err := strconv.ParseUint(name, 16, 64)
	if err != nil || h == 0 {
		return nil, 0, false, false, false
	}
	hdr = be.AppendUint32(nil, uint32(h))
	if len(name) > 8 {
		hdr = be.AppendUint64(nil, h)
	}
	masked = hdr[2]&1 != 0
	n = int(hdr[3]) + 4 - len(hdr)
	if masked {
		n /= 2
	}
	return hdr, max(n, 0), masked, false, true
}
