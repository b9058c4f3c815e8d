package flow

import (
	"encoding/hex"
	"math"
	"strings"
)

// ScanUint reads an unsigned number from the front of s as C's strtoull does:
// blanks, a sign, then digits of the base, with 0x before those of base 16. Base
// 0 tells by what it begins with whether it is 16, 8 or 10. It returns what
// follows; n is 0 and rest is s when there is no number, and fits is false when
// it has more than 64 bits.
func ScanUint(s string, base uint64) (n uint64, neg bool, rest string, fits bool) {
	n, neg, rest, fits = scanWrapping(s, base)
	if !fits {
		n = math.MaxUint64
	}
	return n, neg, rest, fits
}

// ScanInt reads a number from the front of s as OVS's own scanf does: like
// ScanUint, but what does not fit goes on from 0, and so does a negative number,
// and a lone 0x is no number.
func ScanInt(s string, base uint64) (n uint64, rest string, ok bool) {
	n, neg, rest, _ := scanWrapping(s, base)
	if base != 10 && n == 0 && rest != "" && rest[0]|0x20 == 'x' && len(rest) < len(s) && strings.TrimLeft(s[:len(s)-len(rest)], scanBlanks+"+-") == "0" {
		return 0, s, false
	}
	if neg {
		n = -n
	}
	return n, rest, len(rest) < len(s)
}

// scanBlanks are what numbers may begin with.
const scanBlanks = " \t\n\v\f\r"

func scanWrapping(s string, base uint64) (n uint64, neg bool, rest string, fits bool) {
	t := strings.TrimLeft(s, scanBlanks)
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	switch {
	case (base == 0 || base == 16) && len(t) > 2 && t[0] == '0' && t[1]|0x20 == 'x' && digit(t[2]) < 16:
		base, t = 16, t[2:]
	case base == 0 && t != "" && t[0] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	i := 0
	fits = true
	for ; i < len(t) && digit(t[i]) < base; i++ {
		d := digit(t[i])
		if n > (math.MaxUint64-d)/base {
			fits = false
		}
		n = n*base + d
	}
	if i == 0 {
		return 0, false, s, true
	}
	return n, neg, t[i:], fits
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

// ScanInteger reads a number of at most size bytes from the front of s and
// returns what follows. After 0x come hexadecimal digits, as many as size allows
// and with blanks among them, or none at all; anything else is a number of 64
// bits as ScanUint reads it in base 0, of which a negative one is what is left of
// zero. ok is false when there is no number, fits when it is too large.
func ScanInteger(s string, size int) (v Value, rest string, ok, fits bool) {
	if len(s) < 2 || s[0] != '0' || s[1]|0x20 != 'x' {
		n, neg, rest, fits := ScanUint(s, 0)
		if neg {
			n = -n
		}
		return U(n), rest, len(rest) < len(s), fits && U(n).Len() <= 8*size
	}
	const blanks = " \t\r\n"
	var room [32]byte
	digits := room[:0]
	for s = strings.TrimLeft(s[2:], blanks); s != "" && isHex(s[0]); s = strings.TrimLeft(s[1:], blanks) {
		if s[0] == '0' && len(digits) == 0 {
			continue
		}
		if len(digits) == 2*size {
			return v, s, true, false
		}
		digits = append(digits, s[0])
	}
	if len(digits) <= 16 {
		var n uint64
		for _, c := range digits {
			n = n<<4 | digit(c)
		}
		return U(n), s, true, true
	}
	if len(digits)%2 != 0 {
		digits = append([]byte{'0'}, digits...)
	}
	n, _ := hex.Decode(digits, digits)
	return ValueFromBytes(digits[:n]), s, true, true
}

// Atoi reads a number from the front of s as C's atoi does: 0 if there is none,
// and 32 bits of what it is.
func Atoi(s string) int32 {
	n, neg, _, _ := ScanUint(s, 10)
	if neg {
		return int32(-int64(min(n, 1<<63)))
	}
	return int32(min(n, math.MaxInt64))
}

// Decimal32 reads all of s as a decimal number of 32 bits without a minus.
func Decimal32(s string) (uint32, bool) {
	n, _, rest, fits := ScanUint(s, 10)
	return uint32(n), s != "" && rest == "" && fits && n <= math.MaxUint32 && !strings.Contains(s, "-")
}
