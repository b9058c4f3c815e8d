package dpif

import (
	"fmt"
	"strings"

	"govs/flow"
)

// PortNames translates between datapath ports and their names.
type PortNames interface {
	PortName(PortNo) (string, bool)
	PortByName(string) (PortNo, bool)
}

// as is the text form of a member of a key attribute.
type as uint8

const (
	asDec    as = iota // big-endian integer in decimal, its mask in hexadecimal
	asHex              // big-endian integer as %#x
	asHostHx           // the same in the host's byte order
	asIPv4
	asIPv6
	asMAC
	asFrag
	asType4 // Ethertype as 0x%04x
	asPort
	asLabel
	asCtState
	asTCPFlags
)

// member is one "name=value" of a key attribute. An attribute that is a single
// value has one member without name.
type member struct {
	name string
	ofs  int
	size int
	as   as
}

// keyRow is a key attribute of fixed size.
type keyRow struct {
	typ     uint16
	name    string
	size    int
	members []member
}

var keyRows = [...]keyRow{
	{KeyPriority, "skb_priority", 4, []member{{"", 0, 4, asHostHx}}},
	{KeySkbMark, "skb_mark", 4, []member{{"", 0, 4, asHostHx}}},
	{KeyCtState, "ct_state", 4, []member{{"", 0, 4, asCtState}}},
	{KeyCtZone, "ct_zone", 2, []member{{"", 0, 2, asHostHx}}},
	{KeyCtMark, "ct_mark", 4, []member{{"", 0, 4, asHostHx}}},
	{KeyCtLabels, "ct_label", 16, []member{{"", 0, 16, asLabel}}},
	{KeyCtTuple4, "ct_tuple4", 16, []member{{"src", 0, 4, asIPv4}, {"dst", 4, 4, asIPv4}, {"proto", 12, 1, asDec},
		{"tp_src", 8, 2, asDec}, {"tp_dst", 10, 2, asDec}}},
	{KeyCtTuple6, "ct_tuple6", 40, []member{{"src", 0, 16, asIPv6}, {"dst", 16, 16, asIPv6}, {"proto", 36, 1, asDec},
		{"tp_src", 32, 2, asDec}, {"tp_dst", 34, 2, asDec}}},
	{KeyRecircID, "recirc_id", 4, []member{{"", 0, 4, asHostHx}}},
	{KeyDPHash, "dp_hash", 4, []member{{"", 0, 4, asHostHx}}},
	{KeyInPort, "in_port", 4, []member{{"", 0, 4, asPort}}},
	{KeyPacketType, "packet_type", 4, []member{{"ns", 0, 2, asDec}, {"id", 2, 2, asHex}}},
	{KeyEthernet, "eth", 12, []member{{"src", 0, 6, asMAC}, {"dst", 6, 6, asMAC}}},
	{KeyEthertype, "eth_type", 2, []member{{"", 0, 2, asType4}}},
	{KeyIPv4, "ipv4", 12, []member{{"src", 0, 4, asIPv4}, {"dst", 4, 4, asIPv4}, {"proto", 8, 1, asDec},
		{"tos", 9, 1, asHex}, {"ttl", 10, 1, asDec}, {"frag", 11, 1, asFrag}}},
	{KeyIPv6, "ipv6", 40, []member{{"src", 0, 16, asIPv6}, {"dst", 16, 16, asIPv6}, {"label", 32, 4, asHex},
		{"proto", 36, 1, asDec}, {"tclass", 37, 1, asHex}, {"hlimit", 38, 1, asDec}, {"frag", 39, 1, asFrag}}},
	{KeyTCP, "tcp", 4, ports},
	{KeyTCPFlags, "tcp_flags", 2, []member{{"", 0, 2, asTCPFlags}}},
	{KeyUDP, "udp", 4, ports},
	{KeySCTP, "sctp", 4, ports},
	{KeyICMP, "icmp", 2, typeCode},
	{KeyICMPv6, "icmpv6", 2, typeCode},
	{KeyARP, "arp", 24, []member{{"sip", 0, 4, asIPv4}, {"tip", 4, 4, asIPv4}, {"op", 8, 2, asDec},
		{"sha", 10, 6, asMAC}, {"tha", 16, 6, asMAC}}},
	{KeyND, "nd", 28, []member{{"target", 0, 16, asIPv6}, {"sll", 16, 6, asMAC}, {"tll", 22, 6, asMAC}}},
	{KeyNDExt, "nd_ext", 8, []member{{"nd_reserved", 0, 4, asHex}, {"nd_options_type", 4, 1, asDec}}},
	// The form of KeyNSH without its inner attribute heads.
	{KeyNSH, "nsh", 24, []member{{"flags", 0, 1, asDec}, {"ttl", 1, 1, asDec}, {"mdtype", 2, 1, asDec}, {"np", 3, 1, asDec},
		{"spi", 4, 3, asHex}, {"si", 7, 1, asDec}, {"c1", 8, 4, asHex}, {"c2", 12, 4, asHex}, {"c3", 16, 4, asHex}, {"c4", 20, 4, asHex}}},
}

var (
	ports    = []member{{"src", 0, 2, asDec}, {"dst", 2, 2, asDec}}
	typeCode = []member{{"type", 0, 1, asDec}, {"code", 1, 1, asDec}}
)

func keyRowOf(typ uint16) *keyRow {
	for i := range keyRows {
		if keyRows[i].typ == typ {
			return &keyRows[i]
		}
	}
	return nil
}

func keyRowNamed(name string) *keyRow {
	for i := range keyRows {
		if keyRows[i].name == name {
			return &keyRows[i]
		}
	}
	return nil
}

// value returns the member's bits of an attribute's payload.
func (m *member) value(b []byte) flow.Value {
	c := b[m.ofs : m.ofs+m.size]
	switch m.as {
	case asHostHx, asPort, asCtState:
		if m.size == 2 {
			return flow.U(uint64(ne.Uint16(c)))
		}
		return flow.U(uint64(ne.Uint32(c)))
	case asLabel:
		return labelValue(c)
	}
	return flow.ValueFromBytes(c)
}

// put stores the member's bits in an attribute's payload.
func (m *member) put(b []byte, v flow.Value) {
	c := b[m.ofs : m.ofs+m.size]
	switch m.as {
	case asHostHx, asPort, asCtState:
		if m.size == 2 {
			ne.PutUint16(c, uint16(v.Lo))
			return
		}
		ne.PutUint32(c, uint32(v.Lo))
	case asLabel:
		copy(c, labelBytes(v))
	default:
		copy(c, v.AppendBytes(nil, m.size))
	}
}

// field returns the flow field with the member's text form, where there is one.
func (m *member) field() flow.FieldID {
	switch m.as {
	case asIPv4:
		return flow.IPSrc
	case asIPv6:
		return flow.IPv6Src
	case asMAC:
		return flow.EthSrc
	case asCtState:
		return flow.CtState
	case asTCPFlags:
		return flow.TCPFlags
	}
	return flow.NumFields
}

// full is the mask that covers all of the member.
func (m *member) full() flow.Value {
	switch {
	case m.as == asTCPFlags:
		return flow.U(0xfff)
	case m.as == asCtState:
		return flow.U(0xff)
	case m.name == "label":
		return flow.U(0xfffff)
	}
	return flow.OnesValue(8 * m.size)
}

func hexValue(dst []byte, v flow.Value) []byte {
	switch {
	case v.Hi != 0:
		return fmt.Appendf(dst, "%#x%016x", v.Hi, v.Lo)
	case v.Lo == 0:
		return append(dst, '0')
	}
	return fmt.Appendf(dst, "%#x", v.Lo)
}

// append writes the value and, unless it is exact, the mask.
func (m *member) append(dst []byte, v, mask flow.Value, names PortNames, verbose bool) []byte {
	full := m.full()
	masked := mask.Hi == 0 // all ones stand for no mask at all
	mask = mask.And(full)
	exact := mask == full
	switch m.as {
	case asIPv4, asIPv6, asMAC:
		id := m.field()
		if mask.IsZero() {
			dst = id.AppendValue(dst, v, full, nil)
			if m.as == asIPv6 {
				return append(dst, "/::"...)
			}
			return id.AppendValue(append(dst, '/'), flow.Value{}, full, nil)
		}
		if !exact && m.as != asMAC {
			// Always the mask itself, never a prefix length.
			dst = id.AppendValue(dst, v, full, nil)
			return id.AppendValue(append(dst, '/'), mask, full, nil)
		}
		return id.AppendValue(dst, v, mask, nil)
	case asFrag:
		switch v.Lo {
		case fragNone:
			return append(dst, "no"...)
		case fragFirst:
			return append(dst, "first"...)
		case fragLater:
			return append(dst, "later"...)
		}
		return append(dst, "<error>"...)
	case asPort:
		if names != nil && exact {
			if n, ok := names.PortName(PortNo(v.Lo)); ok {
				return append(dst, n...)
			}
		}
		dst = fmt.Appendf(dst, "%d", v.Lo)
	case asCtState, asTCPFlags:
		if masked && exact && !verbose && m.as == asCtState {
			// Every flag by itself, which a field's text does for masks with gaps.
			low, high := flow.U(0x0f), flow.U(0xf0)
			dst = m.field().AppendValue(dst, v.And(low), low, nil)
			return m.field().AppendValue(dst, v.And(high), high, nil)
		}
		if !verbose && !mask.IsZero() || exact && m.as == asTCPFlags {
			return m.field().AppendValue(dst, v.And(mask), mask, nil)
		}
		dst = hexValue(dst, v.And(mask))
	case asDec:
		dst = fmt.Appendf(dst, "%d", v.Lo)
	case asType4:
		dst = fmt.Appendf(dst, "0x%04x", v.Lo)
		if !exact {
			dst = fmt.Appendf(dst, "/0x%04x", mask.Lo)
		}
		return dst
	default:
		dst = hexValue(dst, v)
	}
	if !exact {
		dst = hexValue(append(dst, '/'), mask)
	}
	return dst
}

// parse reads what append writes.
func (m *member) parse(s string, names PortNames) (v, mask flow.Value, ok bool) {
	full := flow.OnesValue(8 * m.size)
	switch m.as {
	case asIPv4, asIPv6, asMAC, asCtState, asTCPFlags:
		id := m.field()
		a, x, masked := strings.Cut(s, "/")
		if m.as == asIPv6 && masked { // flows take "7::" for a prefix length
			av, ok1 := flow.ParseIPv6(a)
			xv, ok2 := flow.ParseIPv6(x)
			if ok1 && ok2 {
				return flow.ValueFromBytes(av[:]), flow.ValueFromBytes(xv[:]), true
			}
		}
		v, mask, err := id.ParseValue(s, nil)
		if masked && err == nil {
			v, _, err = id.ParseValue(a, nil) // with the bits outside the mask
		}
		return v, mask, err == nil && s != "" && s != "*"
	case asFrag:
		for i, n := range [...]string{"no", "first", "later"} {
			if n == s {
				return flow.U(uint64(i)), full, true
			}
		}
		return v, mask, false
	case asPort:
		if names != nil {
			if p, ok := names.PortByName(s); ok {
				return flow.U(uint64(p)), full, true
			}
		}
	}
	// Any field that is an integer of 128 bits will do to read one.
	vs, ms, masked := strings.Cut(s, "/")
	v, _, err := flow.CtLabel.ParseValue(vs, nil)
	if err != nil || vs == "" || vs == "*" {
		return v, mask, false
	}
	mask = full
	if masked {
		if mask, _, err = flow.CtLabel.ParseValue(ms, nil); err != nil || ms == "" {
			return v, mask, false
		}
	}
	if m.name != "label" && v.Len() > 8*m.size || v.Len() > 20 && m.name == "label" {
		return v, mask, false
	}
	return v, mask, true
}
