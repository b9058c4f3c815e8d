package flow

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotField is returned for a key that is no field, for the caller to look
// further.
var ErrNotField = errors.New("not a field")

// CutKeyValue takes the next "key", "key=value", "key:value" or "key(value)" off
// the front of a list whose items are separated by commas or white space. Commas
// within parentheses belong to the value; a value in key(value) loses its
// parentheses. ok is false at the end of s.
func CutKeyValue(s string) (key, value, rest string, ok bool) {
	const space = ", \t\r\n"
	s = strings.TrimLeft(s, space)
	if s == "" {
		return "", "", "", false
	}
	n := strings.IndexAny(s, ":=("+space)
	if n < 0 {
		return s, "", "", true
	}
	key = s[:n]
	if s[n] == '(' {
		end := closing(s, n)
		if end < 0 {
			return key, s[n+1:], "", true
		}
		return key, s[n+1 : end], s[end+1:], true
	}
	if s[n] != ':' && s[n] != '=' {
		return key, "", s[n:], true
	}
	depth := 0
	for i := n + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case depth == 0 && strings.IndexByte(space, c) >= 0:
			return key, s[n+1 : i], s[i:], true
		}
	}
	return key, s[n+1:], "", true
}

// closing returns the index of the parenthesis that closes the one at open, or -1.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// ParseProto applies a protocol word such as "tcp6" to the match and reports
// whether it is one.
func (m *Match) ParseProto(word string) bool {
	if word == "eth" {
		m.Set(PacketType, Value{})
		return true
	}
	for i := range protoWords {
		if p := &protoWords[i]; p.name == word {
			m.Set(EthType, U(uint64(p.typ)))
			if p.proto != 0 {
				m.Set(IPProto, U(uint64(p.proto)))
			}
			return true
		}
	}
	return false
}

// ParseField applies key=value to the match: one field by any of its names, or,
// with an empty value, a protocol word. It returns ErrNotField for other keys
// and otherwise errors in ovs-ofctl's words. env may be nil.
func (m *Match) ParseField(key, value string, env *TextEnv) error {
	if value == "" && m.ParseProto(key) {
		return nil
	}
	id, ok := FieldByPlainName(key)
	if !ok {
		return ErrNotField
	}
	if !id.Available() {
		return fmt.Errorf("%s: field is not supported", key)
	}
	v, mask, err := id.ParseValue(matchValue(value), env)
	if err != nil {
		return err
	}
	if id.IsTLV() {
		return m.SetTLV(id, v, mask)
	}
	m.SetMasked(id, v, mask)
	return nil
}

// matchValue is what a field's value in a match stands for: no value is one
// that matches all.
func matchValue(s string) string {
	if s == "" {
		return "0/0"
	}
	return s
}

// ParseMatch reads a list of fields and protocol words.
func ParseMatch(s string, env *TextEnv) (m Match, err error) {
	for {
		key, value, rest, ok := CutKeyValue(s)
		if !ok {
			return m, nil
		}
		s = rest
		if err := m.ParseField(key, value, env); err != nil {
			if errors.Is(err, ErrNotField) {
				err = fmt.Errorf("unknown keyword %s", key)
				if value == "" {
					err = fmt.Errorf("field %s missing value", key)
				}
			}
			return m, err
		}
	}
}

// ParseKey reads the exact description of a packet, as ofproto/trace takes it:
// every field has one value, and its prerequisites come before it.
func ParseKey(s string, env *TextEnv) (*Key, error) {
	k := &Key{}
	var seen Match
	all := s
	for {
		key, value, rest, ok := CutKeyValue(s)
		if !ok {
			return k, nil
		}
		s = rest
		if value == "" && key != "eth" && seen.ParseProto(key) {
			k.EthType = seen.Key.EthType
			if seen.Mask.NwProto != 0 {
				k.NwProto = seen.Key.NwProto
			}
			continue
		}
		id, ok := FieldByPlainName(key)
		if !ok || !id.Available() {
			return nil, fmt.Errorf("%s: unknown field %s", all, key)
		}
		if !id.PrereqsOK(k, nil) {
			return nil, fmt.Errorf("%s: prerequisites not met for setting %s", all, key)
		}
		if !id.zeroIn(k) {
			return nil, fmt.Errorf("%s: field %s set multiple times", all, key)
		}
		v, mask, err := id.ParseValue(value, env)
		if err == nil && !id.Ones().AndNot(mask).IsZero() {
			err = fmt.Errorf("%s: wildcards not allowed here", value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: bad value for %s (%w)", all, key, err)
		}
		if id.IsTLV() {
			tun := Match{Key: *k}
			if err := tun.SetTLV(id, v, mask); err != nil {
				return nil, fmt.Errorf("%s: no room for %s", all, key)
			}
			*k = tun.Key
			continue
		}
		id.Set(k, v)
		if id == VlanTCI && v.Lo != 0 || id == VlanVID {
			k.VLANs[0].TPID = EthTypeVLAN
		}
		if id == DlVlan || id == DlVlanPCP || id == VlanPCP {
			k.VLANs[0].TPID = EthTypeVLAN
		}
	}
}

// zeroIn reports whether the field is still unset in k.
func (id FieldID) zeroIn(k *Key) bool { return id.Get(k).IsZero() }

// Normalize takes out of the match the fields whose prerequisites it does not
// state, as a switch ignores them, and reports whether there were any.
func (m *Match) Normalize() bool {
	old := m.Mask
	x := &m.Mask
	var nwAddr, tp, nwProto, ipvx, sha, tha, ip6, nd, mpls bool
	k := &m.Key
	switch k.DLType() {
	case EthTypeIP:
		nwAddr, nwProto, ipvx = true, true, true
		switch k.NwProto {
		case ProtoTCP, ProtoUDP, ProtoSCTP, ProtoICMP:
			tp = true
		}
	case EthTypeIPv6:
		ip6, nwProto, ipvx = true, true, true
		switch k.NwProto {
		case ProtoTCP, ProtoUDP, ProtoSCTP:
			tp = true
		case ProtoICMPv6:
			tp = true
			if k.TPSrc == ICMPv6NS {
				nd, sha = true, true
			} else if k.TPSrc == ICMPv6NA {
				nd, tha = true, true
			}
		}
	case EthTypeARP, EthTypeRARP:
		nwAddr, nwProto, sha, tha = true, true, true, true
	case EthTypeMPLS, EthTypeMPLSM:
		mpls = true
	}
	if !nwAddr {
		x.NwSrc, x.NwDst = 0, 0
	}
	if !tp {
		x.TPSrc, x.TPDst = 0, 0
	}
	if !nwProto {
		x.NwProto = 0
	}
	if !ipvx {
		x.NwTOS, x.NwTTL = 0, 0
	}
	if !sha {
		x.ArpSHA = MAC{}
	}
	if !tha {
		x.ArpTHA = MAC{}
	}
	if !ip6 {
		x.IPv6Src, x.IPv6Dst, x.IPv6Label = [16]byte{}, [16]byte{}, 0
	}
	if !nd {
		x.NDTarget = [16]byte{}
	}
	if !mpls {
		x.MPLS = [3]uint32{}
	}
	if old == *x {
		return false
	}
	m.Canon()
	return true
}

// NormalizeText is Normalize that also returns the match as text before and
// after, for the log lines "normalization changed ofp_match, details:", " pre: "
// and "post: ".
func (m *Match) NormalizeText(names PortNames) (pre, post string, changed bool) {
	old := *m
	if !m.Normalize() {
		return "", "", false
	}
	return string(AppendMatch(nil, &old, DefaultPriority, names)), string(AppendMatch(nil, m, DefaultPriority, names)), true
}
