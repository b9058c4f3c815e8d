package flow

import (
	"fmt"
	"strings"
)

// flagSet names the bits of a field that is written as a set of flags.
type flagSet struct {
	kind  string   // as in "unknown %s flag(s)"
	names []string // from bit 0 on; "" is written as its value in brackets
	bits  int      // bits that may be used
}

var (
	tcpFlagSet = flagSet{"TCP", []string{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"}, 12}
	tunFlagSet = flagSet{"tunnel", []string{"oam", "df", "csum", "key"}, 1}
	ctFlagSet  = flagSet{"ct_state", []string{"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"}, 8}
)

func (fs *flagSet) all() uint64 { return 1<<fs.bits - 1 }

// name appends the name of bit i.
func (fs *flagSet) name(dst []byte, i int) []byte {
	if i < len(fs.names) {
		return append(dst, fs.names[i]...)
	}
	return fmt.Appendf(dst, "[%x]", uint64(1)<<i)
}

// bit returns the bit called name.
func (fs *flagSet) bit(name string) (uint64, bool) {
	for i := range fs.bits {
		if string(fs.name(nil, i)) == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// prefix returns the flags that s begins with, a name or a number, and how long
// that is; 0 if it begins with none.
func (fs *flagSet) prefix(s string) (uint64, int) {
	if n, rest, ok := ScanInt(s, 0); ok {
		if n = uint64(uint32(n)); n&^fs.all() != 0 {
			return 0, 0
		}
		return n, len(s) - len(rest)
	}
	for i := range fs.bits {
		name := string(fs.name(nil, i))
		if rest, ok := strings.CutPrefix(s, name); ok && name != "" && (rest == "" || rest[0] == '|') {
			return 1 << i, len(name)
		}
	}
	return 0, 0
}

// append writes value as "a|b" when mask covers all bits of full, else as
// "+a-b".
func (fs *flagSet) append(dst []byte, value, mask, full uint64) []byte {
	if mask&full == full {
		if value == 0 {
			return append(dst, '0')
		}
		first := true
		for i := range 64 {
			if value>>i&1 != 0 {
				if !first {
					dst = append(dst, '|')
				}
				dst, first = fs.name(dst, i), false
			}
		}
		return dst
	}
	for i := range 64 {
		if mask>>i&1 == 0 {
			continue
		}
		sign := byte('-')
		if value>>i&1 != 0 {
			sign = '+'
		}
		dst = fs.name(append(dst, sign), i)
	}
	return dst
}

// parse reads "0x12[/mask]", "a|b" or "+a-b".
func (fs *flagSet) parse(s string) (value, mask uint64, err error) {
	unknown := func(s string) (uint64, uint64, error) {
		return 0, 0, fmt.Errorf("%s: unknown %s flag(s)", s, fs.kind)
	}
	if s == "" {
		return 0, 0, nil
	}
	if n, rest, ok := ScanInt(s, 0); ok && strings.HasPrefix(rest, "/") {
		if m, _, ok := ScanInt(rest[1:], 0); ok {
			// What follows is not looked at.
			if value, mask = uint64(uint32(n)), uint64(uint32(m)); (value|mask)&^fs.all() != 0 {
				return unknown(s)
			}
			return value, mask, nil
		}
	}
	if s[0] != '+' && s[0] != '-' {
		for rest := s; rest != ""; rest = strings.TrimPrefix(rest, "|") {
			b, n := fs.prefix(rest)
			if n == 0 {
				return unknown(s)
			}
			value |= b
			rest = rest[n:]
		}
		return value, fs.all(), nil
	}
	for s != "" {
		sign := s[0]
		if sign != '+' && sign != '-' {
			return 0, 0, fmt.Errorf("%s: %s flag must be preceded by '+' (for SET) or '-' (NOT SET)", s, fs.kind)
		}
		n := strings.IndexAny(s[1:], "+-") + 1
		if n == 0 {
			n = len(s)
		}
		name := s[1:n]
		b, ok := fs.bit(name)
		switch {
		case !ok:
			return unknown(s[1:])
		case mask&b != 0:
			return 0, 0, fmt.Errorf("%s: Each %s flag can be specified only once", s[1:], fs.kind)
		}
		mask |= b
		if sign == '+' {
			value |= b
		}
		s = s[n:]
	}
	return value, mask, nil
}

// allTunFlagSet are the tunnel flags that datapaths know, of which flows may
// match only the first.
var allTunFlagSet = flagSet{"tunnel", tunFlagSet.names, 4}

// AppendTunnelFlags appends flags of packet.Tunnel as "df|key", or as "+df-key"
// when mask does not cover all four.
func AppendTunnelFlags(dst []byte, flags, mask uint64) []byte {
	return allTunFlagSet.append(dst, flags, mask, 0xf)
}

// ParseTunnelFlags reads what AppendTunnelFlags writes.
func ParseTunnelFlags(s string) (flags, mask uint64, err error) { return allTunFlagSet.parse(s) }
