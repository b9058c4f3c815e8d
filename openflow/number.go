package openflow

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scanUint reads an unsigned number from the front of s as C's strtoull does
// with base 0: blanks, a sign, then decimal, 0x or octal digits. It returns
// what follows; n is 0 and rest is s when there is no number.
func scanUint(s string) (n uint64, neg bool, rest string, ok bool) {
	t := strings.TrimLeft(s, " \t\n\v\f\r")
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	base := uint64(10)
	switch {
	case len(t) > 2 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X') && digit(t[2]) < 16:
		base, t = 16, t[2:]
	case len(t) > 0 && t[0] == '0':
		base = 8
	}
	i := 0
	ok = true
	for ; i < len(t) && digit(t[i]) < base; i++ {
		d := digit(t[i])
		if n > (math.MaxUint64-d)/base {
			ok = false
		}
		n = n*base + d
	}
	if i == 0 {
		return 0, false, s, true
	}
	if !ok {
		n = math.MaxUint64
	}
	return n, neg, t[i:], ok
}

// ScanUint reads a number from the front of a text as C's strtoull does with
// base 0, and returns what follows: the whole text when there is no number.
func ScanUint(s string) (n uint64, rest string) {
	n, neg, rest, _ := scanUint(s)
	if neg {
		n = -n
	}
	return n, rest
}

func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c >= 'a' && c <= 'z':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return uint64(c-'A') + 10
	}
	return 255
}

// parseUint64 reads a whole number, wrapping negative ones as OVS does.
func parseUint64(s string) (uint64, error) {
	if s == "" {
		return 0, fmt.Errorf("missing required numeric argument")
	}
	n, neg, rest, ok := scanUint(s)
	if !ok || rest != "" {
		return 0, fmt.Errorf("invalid numeric format %s", s)
	}
	if neg {
		n = -n
	}
	return n, nil
}

// parseUint32 is parseUint64 cut to 32 bits.
func parseUint32(s string) (uint32, error) {
	n, err := parseUint64(s)
	return uint32(n), err
}

// parseRange reads a number up to top; what names it in the error.
func parseRange(s, what string, top uint64) (uint64, error) {
	n, neg, rest, ok := scanUint(s)
	if s == "" || !ok || rest != "" || neg && n != 0 || n > top {
		return 0, fmt.Errorf("invalid %s \"%s\"", what, s)
	}
	return n, nil
}

func parseUint16(s, what string) (uint16, error) {
	n, err := parseRange(s, what, math.MaxUint16)
	return uint16(n), err
}

func parseUint8(s, what string) (uint8, error) {
	n, err := parseRange(s, what, math.MaxUint8)
	return uint8(n), err
}

const hexDigits = "0123456789abcdef"

// parseHexBytes reads pairs of hex digits with optional periods between, as
// note and userdata take them.
func parseHexBytes(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s)/2)
	for s != "" {
		if s[0] == '.' {
			s = s[1:]
			continue
		}
		if len(s) < 2 {
			return out, false
		}
		b, err := hex.DecodeString(s[:2])
		if err != nil {
			return out, false
		}
		out = append(out, b[0])
		s = s[2:]
	}
	return out, true
}

// appendHexNum prints the hex digits of a number.
func appendHexNum(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 16) }

// appendHexBytes prints bytes with periods between.
func appendHexBytes(b, data []byte) []byte {
	for i, c := range data {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}
