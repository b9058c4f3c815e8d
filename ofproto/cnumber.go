package ofproto

import (
	"math/bits"
	"strings"
)

// cNumber reads the number at the front of s as C's strtoull does, and reports
// whether that is all of s: what is no number is 0, a sign is obeyed, and with
// base 0 the prefixes 0x and 0 tell the base.
func cNumber(s string, base uint64) (v uint64, whole bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	hex := len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") && digit(s[2]) < 16
	switch {
	case hex && (base == 0 || base == 16):
		s, base = s[2:], 16
	case base == 0 && strings.HasPrefix(s, "0"):
		base = 8
	case base == 0:
		base = 10
	}
	n := 0
	for ; n < len(s) && digit(s[n]) < base; n++ {
		hi, lo := bits.Mul64(v, base)
		sum, carry := bits.Add64(lo, digit(s[n]), 0)
		if v = sum; hi+carry != 0 {
			v = ^uint64(0)
		}
	}
	if negative {
		v = -v
	}
	return v, n > 0 && n == len(s)
}

// digit returns the value of a digit in any base, 36 for none.
func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return uint64(c|0x20-'a') + 10
	}
	return 36
}
