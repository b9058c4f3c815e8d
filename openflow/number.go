package openflow

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"

	"govs/flow"
)

// parseUint64 reads a whole number, wrapping negative ones as OVS does.
func parseUint64(s string) (uint64, error) {
	if s == "" {
		return 0, fmt.Errorf("missing required numeric argument")
	}
	n, neg, rest, ok := flow.ScanUint(s, 0)
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
	n, neg, rest, ok := flow.ScanUint(s, 0)
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
