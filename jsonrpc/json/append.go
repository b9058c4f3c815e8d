package json

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Append appends v's text to dst, members in their own order, no spaces.
func Append(dst []byte, v Value) []byte { return appendValue(dst, v, false) }

// AppendSorted appends v's text with the members of every object sorted by
// key, as OVS prints values for people and for checksums.
func AppendSorted(dst []byte, v Value) []byte { return appendValue(dst, v, true) }

// String returns v's text with sorted members.
func (v Value) String() string { return string(AppendSorted(nil, v)) }

func appendValue(dst []byte, v Value, sorted bool) []byte {
	switch v.kind {
	case Array:
		dst = append(dst, '[')
		for i, e := range v.Elems() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, e, sorted)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range order(v, sorted) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, m.Key), ':')
			dst = appendValue(dst, m.Value, sorted)
		}
		return append(dst, '}')
	}
	return appendScalar(dst, v)
}

func appendScalar(dst []byte, v Value) []byte {
	switch v.kind {
	case False:
		return append(dst, "false"...)
	case True:
		return append(dst, "true"...)
	case Integer:
		return strconv.AppendInt(dst, int64(v.num), 10)
	case Real:
		return AppendReal(dst, math.Float64frombits(v.num))
	case String:
		return AppendString(dst, v.Str())
	case Raw:
		return append(dst, unsafe.String((*byte)(v.p), int(v.num))...)
	}
	return append(dst, "null"...)
}

func order(v Value, sorted bool) []Member {
	m := v.Members()
	byKey := func(a, b Member) int { return strings.Compare(a.Key, b.Key) }
	if !sorted || slices.IsSortedFunc(m, byKey) {
		return m
	}
	m = slices.Clone(m)
	slices.SortFunc(m, byKey)
	return m
}

// AppendPretty appends v's text over several lines, objects indented by two
// spaces a level, as OVS's --pretty does. sorted orders the members by key.
func AppendPretty(dst []byte, v Value, sorted bool) []byte { return appendPretty(dst, v, sorted, 0) }

func appendPretty(dst []byte, v Value, sorted bool, depth int) []byte {
	nl := func(dst []byte, depth int) []byte {
		dst = append(dst, '\n')
		for range depth * 2 {
			dst = append(dst, ' ')
		}
		return dst
	}
	switch v.kind {
	case Array:
		dst = append(dst, '[')
		if e := v.Elems(); len(e) > 0 {
			for i, e := range e {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendPretty(nl(dst, depth+1), e, sorted, depth+1)
			}
		}
		return append(dst, ']')
	case Object:
		dst = nl(append(dst, '{'), depth+1)
		for i, m := range order(v, sorted) {
			if i > 0 {
				dst = nl(append(dst, ','), depth+1)
			}
			dst = append(AppendString(dst, m.Key), ": "...)
			dst = appendPretty(dst, m.Value, sorted, depth+1)
		}
		return append(dst, '}')
	}
	return appendScalar(dst, v)
}

// AppendReal appends a real with 15 significant digits, as C's %.15g does.
func AppendReal(dst []byte, f float64) []byte {
	return AppendG(dst, f, 15)
}

// AppendG appends f as C's printf does with %.*g and the given precision.
func AppendG(dst []byte, f float64, prec int) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) || f == 0 {
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	// Round first: the exponent that decides the form is the rounded one's.
	var b [40]byte
	e := strconv.AppendFloat(b[:0], f, 'e', prec-1, 64)
	i := slices.Index(e, 'e')
	exp, _ := strconv.Atoi(string(e[i+1:]))
	if exp < -4 || exp >= prec {
		mant := trimZeros(e[:i])
		dst = append(dst, mant...)
		return append(dst, e[i:]...) // Go, like C, writes a sign and two digits
	}
	var c [400]byte
	return append(dst, trimZeros(strconv.AppendFloat(c[:0], f, 'f', prec-1-exp, 64))...)
}

func trimZeros(b []byte) []byte {
	if slices.Index(b, '.') < 0 {
		return b
	}
	n := len(b)
	for b[n-1] == '0' {
		n--
	}
	if b[n-1] == '.' {
		n--
	}
	return b[:n]
}

const hex = "0123456789abcdef"

// AppendString appends s as a quoted string. Only the quote, the backslash
// and the control characters are escaped.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
