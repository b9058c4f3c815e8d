package flow

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// ParseValue reads a value of the field, with the mask that follows it if there
// is one, else the exact mask; "*" is a zero mask. The value may have bits
// that the field cannot hold: Match.Set drops them, as Open vSwitch does, and
// ValidValue tells. The error is in ovs-ofctl's words.
func (id FieldID) ParseValue(s string, env *TextEnv) (v, mask Value, err error) {
	f := &fields[id]
	if s == "*" {
		return v, mask, nil
	}
	switch f.Format {
	case FormatDecimal, FormatHex:
		v, mask, err = f.parseInt(s)
	case FormatEthernet:
		v, mask, err = parseEthernet(s)
	case FormatIPv4:
		v, mask, err = parseIPv4(s)
	case FormatIPv6:
		v, mask, err = parseIPv6(s)
	case FormatOFPort:
		p, ok := ParsePort(s, env)
		if !ok {
			if id == InPort {
				return v, mask, fmt.Errorf("%s: invalid or unknown port for %s", s, f.Name)
			}
			return v, mask, fmt.Errorf("%s: port value out of range for %s", s, f.Name)
		}
		if f.loc.in == inPort {
			p = PortToOF11(p)
		}
		return U(uint64(p)), id.Ones(), nil
	case FormatFrag:
		for i := range fragWords {
			if w := &fragWords[i]; strings.EqualFold(w.name, s) {
				return U(w.value), U(w.mask), nil
			}
		}
		return v, mask, fmt.Errorf("%s: unknown fragment type (valid types are \"no\", \"yes\", \"first\", \"later\", \"not_later\"", s)
	case FormatTCPFlags:
		return flagValue(&tcpFlagSet, s)
	case FormatTunFlags:
		v, mask, err = flagValue(&tunFlagSet, s)
		if err == nil && !strings.ContainsAny(s, "+-/") {
			mask = OnesValue(16)
		}
		return v, mask, err
	case FormatCtState:
		return flagValue(&ctFlagSet, s)
	case FormatPacketType:
		return parsePacketType(s)
	}
	if err != nil {
		return Value{}, Value{}, err
	}
	if !f.Maskable && !mask.IsZero() && mask != OnesValue(int(f.Bytes)*8) {
		return Value{}, Value{}, fmt.Errorf("%s: invalid mask for field %s", s, f.Name)
	}
	if id == DlVlan && v.Lo == 0xffff {
		return v, id.Ones(), nil // "no VLAN" of OpenFlow 1.0
	}
	return v, mask.And(id.Ones()), nil
}

// ValidValue reports whether the field can have the value v.
func (id FieldID) ValidValue(v Value) bool {
	switch id {
	case ArpOp:
		return v.Hi == 0 && v.Lo <= 0xff
	case NSHTTL:
		return v.Hi == 0 && v.Lo <= 0x3f
	case NSHMDType:
		return v.Hi == 0 && (v.Lo == 1 || v.Lo == 2)
	case InPortOXM, ActsetOutput:
		_, ok := PortFromOF11(uint32(v.Lo))
		return ok && v.Len() <= 32
	}
	return v.AndNot(id.Ones()).IsZero()
}

// fragWords are the values of ip_frag.
var fragWords = [...]struct {
	name        string
	value, mask uint64
}{
	{"no", 0, 3}, {"yes", FragAny, FragAny}, {"first", FragAny, 3}, {"later", 3, 3}, {"not_later", 0, FragLater},
}

func flagValue(fs *flagSet, s string) (Value, Value, error) {
	v, m, err := fs.parse(s)
	return U(v), U(m), err
}

// parseInt reads "value[/mask]", in any base that C's strtoull reads.
func (f *Field) parseInt(s string) (v, mask Value, err error) {
	one := func(t, what string) (Value, string, error) {
		v, rest, ok, fits := ScanInteger(t, int(f.Bytes))
		switch {
		case ok && !fits:
			return v, rest, fmt.Errorf("%s: %s too large for %d-byte field %s", s, what, f.Bytes, f.Name)
		case !ok || rest != "" && (rest[0] != '/' || what == "mask"):
			return v, rest, fmt.Errorf("%s: bad syntax for %s %s", s, f.Name, what)
		}
		return v, rest, nil
	}
	v, rest, err := one(s, "value")
	if err != nil {
		return
	}
	mask = OnesValue(int(f.Bytes) * 8)
	if rest != "" {
		mask, _, err = one(rest[1:], "mask")
	}
	return
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// parseParts reads n numbers with sep between them at the front of s, each
// modulo 256, as C's scanf does.
func parseParts(s string, n int, sep byte, base uint64) (v uint64, rest string, ok bool) {
	for i := range n {
		if i > 0 {
			if s == "" || s[0] != sep {
				return 0, s, false
			}
			s = s[1:]
		}
		part, rest, ok := ScanInt(s, base)
		if !ok {
			return 0, s, false
		}
		v, s = v<<8|part&0xff, rest
	}
	return v, s, true
}

// parseMAC reads an address at the front of s.
func parseMAC(s string) (v uint64, rest string, ok bool) { return parseParts(s, 6, ':', 16) }

func parseEthernet(s string) (v, mask Value, err error) {
	bad := func() (Value, Value, error) {
		return Value{}, Value{}, fmt.Errorf("%s: invalid Ethernet address", s)
	}
	a, rest, ok := parseMAC(s)
	if !ok {
		return bad()
	}
	m := OnesValue(48).Lo
	if rest != "" {
		if rest[0] != '/' {
			return bad()
		}
		if m, rest, ok = parseMAC(rest[1:]); !ok || rest != "" {
			return bad()
		}
	}
	return U(a & m), U(m), nil
}

// ParseMAC reads an Ethernet address.
func ParseMAC(s string) (MAC, bool) {
	m, rest, ok := CutMAC(s)
	return m, ok && rest == ""
}

// CutMAC reads an Ethernet address at the front of s and returns what follows;
// its parts are taken modulo 256, as OVS does.
func CutMAC(s string) (m MAC, rest string, ok bool) {
	v, rest, ok := parseMAC(s)
	return MACFromUint64(v), rest, ok
}

// CutIPv4 reads an IPv4 address at the front of s, into host order, and returns
// what follows; its parts are taken modulo 256, as OVS does.
func CutIPv4(s string) (v uint32, rest string, ok bool) {
	n, rest, ok := parseParts(s, 4, '.', 10)
	return uint32(n), rest, ok
}

// ParseIPv4 reads an IPv4 address into host order.
func ParseIPv4(s string) (uint32, bool) {
	v, rest, ok := CutIPv4(s)
	return v, ok && rest == ""
}

func parseIPv4(s string) (v, mask Value, err error) {
	bad := func() (Value, Value, error) {
		return Value{}, Value{}, fmt.Errorf("%s: invalid IP address", s)
	}
	a, rest, ok := CutIPv4(s)
	if !ok {
		return bad()
	}
	m := ^uint32(0)
	if rest != "" {
		if rest[0] != '/' || len(rest) == 1 {
			return bad()
		}
		if q, r, ok := CutIPv4(rest[1:]); ok {
			if r != "" {
				return bad()
			}
			m = q
		} else {
			n, r, ok := ScanInt(rest[1:], 10)
			if !ok || uint32(n) <= 32 && r != "" {
				return bad()
			}
			n = uint64(uint32(n))
			if n > 32 {
				return Value{}, Value{}, fmt.Errorf("%s: IPv4 network prefix bits not between 0 and 32, inclusive", s)
			}
			m = uint32(^uint64(0) << (32 - n))
		}
	}
	return U(uint64(a & m)), U(uint64(m)), nil
}

// ParseIPv6 reads an IPv6 address.
func ParseIPv6(s string) ([16]byte, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is6() || a.Zone() != "" {
		return [16]byte{}, false
	}
	return a.As16(), true
}

func parseIPv6(s string) (v, mask Value, err error) {
	addr, m, masked := strings.Cut(strings.TrimLeft(s, scanBlanks), "/")
	a, ok := ParseIPv6(addr)
	if !ok {
		return v, mask, fmt.Errorf("%s: invalid IPv6 address", s)
	}
	v, mask = ValueFromBytes(a[:]), OnesValue(128)
	if masked {
		// As with C's scanf, what begins with a digit is a prefix length.
		if n, rest, ok := ScanInt(m, 10); ok {
			n := int(uint32(n))
			switch {
			case n > 128:
				return v, mask, fmt.Errorf("%s: IPv6 network prefix bits not between 0 and 128, inclusive", s)
			case rest != "":
				return v, mask, fmt.Errorf("%s: invalid IPv6 address", s)
			}
			mask = OnesValue(n).Shl(128 - n)
		} else {
			n := len(m) - len(strings.TrimLeft(m, "0123456789abcdefABCDEF:."))
			ma, ok := ParseIPv6(m[:n])
			switch {
			case ok && n == len(m):
				mask = ValueFromBytes(ma[:])
			case ok || n == 0:
				return v, mask, fmt.Errorf("%s: invalid IPv6 address", s)
			default:
				return v, mask, fmt.Errorf("%s: Invalid IPv6 mask", s)
			}
		}
	}
	return v.And(mask), mask, nil
}

// parsePacketType reads "(namespace,type)".
func parsePacketType(s string) (v, mask Value, err error) {
	rest, ok := strings.CutPrefix(s, "(")
	bad := func(what string) (Value, Value, error) {
		return Value{}, Value{}, fmt.Errorf("%s: bad syntax for packet type %s", rest, what)
	}
	if !ok {
		rest = s
		return bad("missing '('")
	}
	ns, tail, ok, fits := ScanInteger(rest, 2)
	if !ok || !fits {
		return bad("ns")
	}
	if tail == "" || tail[0] != ',' {
		return bad("missing ','")
	}
	rest = tail[1:]
	typ, tail, ok, fits := ScanInteger(rest, 2)
	if !ok || !fits {
		return bad("ns_type")
	}
	if tail == "" || tail[0] != ')' {
		return bad("missing ')'")
	}
	return ns.Shl(16).Or(typ), OnesValue(32), nil
}

// appendSmall appends a number in decimal if it has one digit, else in hex.
func appendSmall(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, byte('0'+n))
	}
	return appendHex(dst, U(n))
}

// AppendValue appends a value of the field and, unless it is exact, its mask, in
// the form that set_field prints and ParseValue reads.
func (id FieldID) AppendValue(dst []byte, v, mask Value, names PortNames) []byte {
	f := &fields[id]
	ones := id.Ones()
	if mask.IsZero() {
		return append(dst, "ANY"...)
	}
	switch f.Format {
	case FormatEthernet:
		return appendMACMasked(dst, v.Lo, mask.Lo)
	case FormatIPv4:
		return appendIPv4Masked(dst, uint32(v.Lo), uint32(mask.Lo))
	case FormatIPv6:
		return appendIPv6Masked(dst, v, mask)
	case FormatOFPort:
		if mask != ones {
			dst = strconv.AppendUint(dst, v.Lo, 10)
			break
		}
		p := uint32(v.Lo)
		if f.loc.in == inPort {
			var ok bool
			if p, ok = PortFromOF11(p); !ok {
				p = PortNone // as OVS shows what is no port
			}
		}
		return AppendPort(dst, p, names)
	case FormatFrag:
		return appendFrag(dst, v.Lo, mask.Lo)
	case FormatTCPFlags:
		return tcpFlagSet.append(dst, v.Lo, mask.Lo, 0xfff)
	case FormatTunFlags:
		if mask.Lo == 1 {
			return tunFlagSet.append(dst, v.Lo, mask.Lo, 0xffff)
		}
		return tunFlagSet.append(dst, v.Lo, mask.Lo&1, 1)
	case FormatCtState:
		return ctFlagSet.append(dst, v.Lo, mask.Lo, 0xff)
	case FormatPacketType:
		dst = appendSmall(append(dst, '('), v.Lo>>16)
		return append(appendSmall(append(dst, ','), v.Lo&0xffff), ')')
	case FormatDecimal:
		dst = strconv.AppendUint(dst, v.Lo, 10)
	default:
		dst = appendHex(dst, v)
	}
	if mask != ones {
		dst = appendHex(append(dst, '/'), mask)
	}
	return dst
}

// appendHex appends v as C's %#x does: "0" for zero.
func appendHex(dst []byte, v Value) []byte {
	if v.IsZero() {
		return append(dst, '0')
	}
	dst = append(dst, "0x"...)
	for i := (v.Len()+3)/4 - 1; i >= 0; i-- {
		dst = append(dst, hexDigits[v.Shr(4*i).Lo&15])
	}
	return dst
}

func appendFrag(dst []byte, v, mask uint64) []byte {
	for i := range fragWords {
		if w := &fragWords[i]; w.value == v&mask && w.mask == mask {
			return append(dst, w.name...)
		}
	}
	if mask == FragAny {
		return append(dst, "no"...)
	}
	if mask == FragLater {
		return append(dst, "later"...)
	}
	return append(dst, "<error>"...)
}

const hexDigits = "0123456789abcdef"

// AppendMAC appends an Ethernet address.
func AppendMAC(dst []byte, m MAC) []byte {
	for i, b := range m {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

// String returns the address in the usual form.
func (m MAC) String() string { return string(AppendMAC(nil, m)) }

// Uint64 returns the address as an integer.
func (m MAC) Uint64() uint64 {
	return uint64(binary.BigEndian.Uint16(m[:2]))<<32 | uint64(binary.BigEndian.Uint32(m[2:]))
}

// MACFromUint64 is the inverse of MAC.Uint64.
func MACFromUint64(v uint64) (m MAC) {
	binary.BigEndian.PutUint16(m[:2], uint16(v>>32))
	binary.BigEndian.PutUint32(m[2:], uint32(v))
	return m
}

func appendMACMasked(dst []byte, v, mask uint64) []byte {
	dst = AppendMAC(dst, MACFromUint64(v))
	if mask != 1<<48-1 {
		dst = AppendMAC(append(dst, '/'), MACFromUint64(mask))
	}
	return dst
}

// AppendIPv4 appends an address given in host order.
func AppendIPv4(dst []byte, a uint32) []byte {
	for i := 24; i >= 0; i -= 8 {
		dst = strconv.AppendUint(dst, uint64(a>>i&0xff), 10)
		if i > 0 {
			dst = append(dst, '.')
		}
	}
	return dst
}

func appendIPv4Masked(dst []byte, a, mask uint32) []byte {
	dst = AppendIPv4(dst, a)
	if mask == ^uint32(0) {
		return dst
	}
	dst = append(dst, '/')
	if n := bits.LeadingZeros32(^mask); mask<<n == 0 {
		return strconv.AppendUint(dst, uint64(n), 10)
	}
	return AppendIPv4(dst, mask)
}

// AppendIPv6 appends an address as inet_ntop does.
func AppendIPv6(dst []byte, a [16]byte) []byte {
	if [12]byte(a[:12]) == [12]byte{} && a[12]|a[13] != 0 {
		// RFC 4291 section 2.5.5.1, IPv4-compatible.
		return AppendIPv4(append(dst, "::"...), binary.BigEndian.Uint32(a[12:]))
	}
	return netip.AddrFrom16(a).AppendTo(dst)
}

func appendIPv6Masked(dst []byte, v, mask Value) []byte {
	dst = AppendIPv6(dst, bytes16(v))
	if mask == OnesValue(128) {
		return dst
	}
	dst = append(dst, '/')
	n := bits.LeadingZeros64(^mask.Hi)
	if n == 64 {
		n += bits.LeadingZeros64(^mask.Lo)
	}
	if mask == OnesValue(n).Shl(128-n) || mask.IsZero() {
		return strconv.AppendUint(dst, uint64(n), 10)
	}
	return AppendIPv6(dst, bytes16(mask))
}

func bytes16(v Value) (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], v.Hi)
	binary.BigEndian.PutUint64(b[8:], v.Lo)
	return b
}
