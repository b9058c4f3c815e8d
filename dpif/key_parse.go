package dpif

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"govs/flow"
)

// ErrSyntax is in the chain of errors of text that is no flow or action.
var ErrSyntax = errors.New("syntax error")

func syntaxError(s string) error { return fmt.Errorf("%w at %s", ErrSyntax, s) }

// cutCall splits "name(args)rest"; a name without parentheses has no args and
// call false.
func cutCall(s string) (name, args, rest string, call, ok bool) {
	n := strings.IndexAny(s, "(), \t\r\n")
	if n < 0 {
		return s, "", "", false, s != ""
	}
	name = s[:n]
	if s[n] != '(' {
		return name, "", s[n:], false, name != ""
	}
	depth := 0
	for i := n; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return name, s[n+1 : i], s[i+1:], true, name != ""
			}
		}
	}
	return "", "", s, false, false
}

const listSpace = ", \t\r\n"

// cutItem takes "name=value", "name(args)" or "name" off a list of arguments.
func cutItem(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, listSpace)
	if s == "" {
		return "", "", "", false
	}
	n := strings.IndexAny(s, "=("+listSpace)
	if n < 0 {
		return s, "", "", true
	}
	name = s[:n]
	switch s[n] {
	case '=':
		s = s[n+1:]
		if strings.HasPrefix(s, "[") { // an IPv6 address with port
			if e := strings.IndexAny(s, listSpace); e >= 0 {
				return name, s[:e], s[e:], true
			}
			return name, s, "", true
		}
		e := strings.IndexAny(s, listSpace)
		if e < 0 {
			e = len(s)
		}
		return name, s[:e], s[e:], true
	case '(':
		if _, args, rest, _, ok := cutCall(s); ok {
			return name, args, rest, true
		}
		return s, "", "", true
	}
	return name, "", s[n:], true
}

// parseMembers reads the arguments of an attribute into value and mask.
func (row *keyRow) parseMembers(args string, names PortNames) (val, mask []byte, err error) {
	val, mask = make([]byte, row.size), make([]byte, row.size)
	set := func(m *member, s string) error {
		v, x, ok := m.parse(s, names)
		if !ok {
			return syntaxError(row.name + "(" + args + ")")
		}
		m.put(val, v)
		m.put(mask, x)
		return nil
	}
	if row.members[0].name == "" {
		return val, mask, set(&row.members[0], args)
	}
	for {
		name, value, rest, ok := cutItem(args)
		if !ok {
			break
		}
		args = rest
		found := false
		for i := range row.members {
			if m := &row.members[i]; m.name == name {
				found = true
				if err := set(m, value); err != nil {
					return nil, nil, err
				}
			}
		}
		if !found {
			return nil, nil, syntaxError(name)
		}
	}
	whole := true
	for i := range row.members {
		m := &row.members[i]
		whole = whole && m.value(mask) == flow.OnesValue(8*m.size)
	}
	if whole { // bytes between members, too
		for i := range mask {
			mask[i] = 0xff
		}
	}
	return val, mask, nil
}

// parseKeyText appends the attributes of a key in text to key and mask. Its
// errors begin where the attribute does that is wrong.
func parseKeyText(s string, names PortNames, key, mask []byte) ([]byte, []byte, error) {
	for {
		s = strings.TrimLeft(s, listSpace)
		if s == "" {
			return key, mask, nil
		}
		bad := func() ([]byte, []byte, error) { return nil, nil, syntaxError(s) }
		name, args, rest, call, ok := cutCall(s)
		if !ok || !call {
			return bad()
		}
		switch name {
		case "encap":
			k, m := len(key), len(mask)
			var err error
			key, mask, err = parseKeyText(args, names, beginNest(key, KeyEncap), beginNest(mask, KeyEncap))
			if err != nil {
				return bad()
			}
			key, mask = endNest(key, k), endNest(mask, m)
			s = rest
			continue
		case "tunnel":
			t, x, opts, optMask, err := parseTunnelText(args)
			if err != nil {
				return bad()
			}
			key, mask = appendTunnel(key, &t, &t, opts, opts), appendTunnel(mask, &t, &x, opts, optMask)
			s = rest
			continue
		case "vlan":
			v, x, err := parseVLANText(args, false)
			if err != nil {
				return bad()
			}
			key, mask = appendBE16(key, KeyVLAN, v), appendBE16(mask, KeyVLAN, x)
			s = rest
			continue
		case "mpls":
			v, x, err := parseMPLSText(args)
			if err != nil {
				return bad()
			}
			key, mask = AppendAttr(key, KeyMPLS, v), AppendAttr(mask, KeyMPLS, x)
			s = rest
			continue
		}
		row := keyRowNamed(name)
		if row == nil || row.typ == KeyNSH && args == "" {
			return bad()
		}
		v, x, err := row.parseMembers(args, names)
		if err != nil {
			return bad()
		}
		s = rest
		if row.typ == KeyNSH {
			key, mask = nestNSH(key, v), nestNSH(mask, x)
			continue
		}
		key, mask = AppendAttr(key, row.typ, v), AppendAttr(mask, row.typ, x)
	}
}

// nestNSH is the inverse of flattenNSH, with the head of KeyNSH.
func nestNSH(dst, d []byte) []byte {
	at := len(dst)
	dst = AppendAttr(beginNest(dst, KeyNSH), nshBase, d[:8])
	if d[2] != 2 {
		dst = AppendAttr(dst, nshMD1, d[8:24])
	}
	return endNest(dst, at)
}

// ParseKey reads a flow in the datapath's syntax: what has "/mask" is masked,
// what is not mentioned is wildcarded. A leading "ufid:..." is passed over.
// names may be nil.
func ParseKey(s string, names PortNames) (flow.Match, error) {
	m, _, err := parseMatch(s, names)
	return m, err
}

func parseMatch(s string, names PortNames) (m flow.Match, key []byte, err error) {
	if _, rest, ok := ParseUFID(s); ok {
		s = rest
	}
	key, mask, err := parseKeyText(s, names, nil, nil)
	if err != nil {
		return m, nil, err
	}
	if m.Key, err = ParseKeyAttrs(key); err != nil {
		return m, nil, err
	}
	m.Mask, err = ParseMaskAttrs(mask)
	return m, key, err
}

// ParseKeyText reads a key as netlink attributes, just those that s mentions, and
// its mask.
func ParseKeyText(s string, names PortNames) (key, mask []byte, err error) {
	return parseKeyText(s, names, nil, nil)
}

// ParseFlowKey is ParseKey for a flow that is to be put. It must say by which
// port packets come and have just the attributes that packets of its kind have;
// otherwise the error is ErrInvalid. One without anything is for any packet.
func ParseFlowKey(s string, names PortNames) (flow.Match, error) {
	m, attrs, err := parseMatch(s, names)
	if err != nil || len(attrs) == 0 {
		return m, err
	}
	var given, wanted attrCount
	if !given.add(attrs) || !wanted.add(AppendKey(nil, &m.Key)) {
		return m, ErrInvalid
	}
	if given[KeyInPort] != 1 || given[KeyEthernet] > 1 || m.Mask.InPort != ^uint32(0) {
		return m, ErrInvalid
	}
	if given[KeyEthertype] == 0 {
		if given[KeyPacketType] == 0 || m.Key.IsEthernet() {
			return m, ErrInvalid
		}
		given[KeyEthertype]++ // the packet type says it
	}
	for _, t := range [...]uint16{KeyInPort, KeyEthernet, KeyPacketType} {
		given[t], wanted[t] = 0, 0
	}
	if given != wanted {
		return m, ErrInvalid
	}
	return m, nil
}

// attrCount counts attributes that follow from what kind of packet a key is of,
// MPLS by its label stack entries; and some others.
type attrCount [KeyPacketType + 1]uint8

func (n *attrCount) add(b []byte) bool {
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok {
			return false
		}
		b = rest
		switch typ {
		case KeyMPLS:
			n[typ] += uint8(len(d) / 4)
		case KeyEncap:
			n[typ]++
			if !n.add(d) {
				return false
			}
		case KeyEthertype, KeyVLAN, KeyIPv4, KeyIPv6, KeyARP, KeyTCP, KeyUDP, KeySCTP, KeyICMP, KeyICMPv6, KeyND, KeyNSH,
			KeyInPort, KeyEthernet, KeyPacketType:
			n[typ]++
		}
	}
	return true
}

func parseMasked(s string, bits int) (v, mask uint64, ok bool) {
	vs, ms, masked := strings.Cut(s, "/")
	v, err := strconv.ParseUint(vs, 0, bits)
	mask = 1<<bits - 1
	if err == nil && masked {
		mask, err = strconv.ParseUint(ms, 0, bits)
	}
	return v, mask, err == nil
}

// parseVLANText reads "vid=5,pcp=3[,cfi=0]". exact refuses masks.
func parseVLANText(s string, exact bool) (tci, mask uint16, err error) {
	tci, mask = flow.VLANPresent, flow.VLANPresent
	all := s
	for {
		name, value, rest, ok := cutItem(s)
		if !ok {
			return tci, mask, nil
		}
		s = rest
		shift, bits := 0, 0
		switch name {
		case "vid":
			bits = 12
		case "pcp":
			shift, bits = 13, 3
		case "cfi":
			shift, bits = 12, 1
		default:
			return 0, 0, syntaxError(all)
		}
		v, x, ok := parseMasked(value, bits)
		if !ok || exact && x != 1<<bits-1 {
			return 0, 0, syntaxError(all)
		}
		clr := uint16(1<<bits-1) << shift
		tci = tci&^clr | uint16(v)<<shift
		mask = mask&^clr | uint16(x)<<shift
	}
}

// parseMPLSText reads "label=5,tc=0,ttl=64,bos=1", once for each entry.
func parseMPLSText(s string) (val, mask []byte, err error) {
	bad := syntaxError("mpls(" + s + ")")
	var l, m uint32
	flush := func() { val, mask = be.AppendUint32(val, l), be.AppendUint32(mask, m) }
	for n := 0; ; n++ {
		name, value, rest, ok := cutItem(s)
		if !ok {
			flush()
			return val, mask, nil
		}
		s = rest
		shift, bits := 0, 0
		switch name {
		case "label":
			shift, bits = 12, 20
			if n > 0 && len(val) >= 8 {
				return nil, nil, bad
			}
			if n > 0 {
				flush()
				l, m = 0, 0
			}
		case "tc":
			shift, bits = 9, 3
		case "ttl":
			bits = 8
		case "bos":
			shift, bits = 8, 1
		default:
			return nil, nil, bad
		}
		v, x, ok := parseMasked(value, bits)
		if !ok {
			return nil, nil, bad
		}
		l |= uint32(v) << shift
		m |= uint32(x) << shift
	}
}
