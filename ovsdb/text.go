package ovsdb

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"govs/jsonrpc/json"
)

// This file has the text forms of ovs-vsctl(8): bare words where they are
// plain, JSON strings elsewhere, [a, b] for sets, {a=b, c=d} for maps.

// plainWord reports whether a string may be printed without quotes.
func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	var u UUID
	return s != "" && s != "true" && s != "false" && ParseUUIDPrefix(s, &u) == 0
}

// AppendText appends the atom as ovs-vsctl prints it.
func (a Atom) AppendText(dst []byte) []byte {
	if a.Type() == String {
		if s := a.Str(); !plainWord(s) {
			return json.AppendString(dst, s)
		}
	}
	return a.AppendBare(dst)
}

// AppendBare appends the atom without any quotes.
func (a Atom) AppendBare(dst []byte) []byte {
	switch a.Type() {
	case Integer:
		return strconv.AppendInt(dst, a.Int(), 10)
	case Real:
		return json.AppendReal(dst, a.Real())
	case Boolean:
		return strconv.AppendBool(dst, a.Bool())
	case UUIDType:
		return a.UUID().AppendTo(dst)
	}
	return append(dst, a.Str()...)
}

// Text returns the atom as ovs-vsctl prints it.
func (a Atom) Text() string { return string(a.AppendText(nil)) }

// AppendText appends the datum as ovs-vsctl prints it. Brackets depend on the
// type: they are there if it allows several elements or the datum is empty.
func (d Datum) AppendText(dst []byte, t *Type) []byte {
	open, end := byte('['), byte(']')
	if t.IsMap() {
		open, end = '{', '}'
	}
	brackets := t.Max > 1 || d.n == 0
	if brackets {
		dst = append(dst, open)
	}
	v := d.Values()
	for i, k := range d.Keys() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = k.AppendText(dst)
		if t.IsMap() {
			dst = v[i].AppendText(append(dst, '='))
		}
	}
	if brackets {
		dst = append(dst, end)
	}
	return dst
}

// Text returns the datum as ovs-vsctl prints it.
func (d Datum) Text(t *Type) string { return string(d.AppendText(nil, t)) }

// AppendBare appends the datum without brackets or quotes, elements separated
// by spaces, as --bare prints it.
func (d Datum) AppendBare(dst []byte, t *Type) []byte {
	v := d.Values()
	for i, k := range d.Keys() {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = k.AppendBare(dst)
		if t.IsMap() {
			dst = v[i].AppendBare(append(dst, '='))
		}
	}
	return dst
}

const tokenDelims = ":=, []{}!<>"

// ScanToken splits the word that begins s from the rest, in the form ParseAtom
// takes: quotes are kept, and hide what would end the word; a backslash
// elsewhere makes the next byte an ordinary one.
func ScanToken(s string) (tok, rest string, err error) {
	quoted, escapes := false, false
	i := 0
scan:
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if i++; i == len(s) {
				return "", "", fmt.Errorf("%s: backslash at end of argument", s)
			}
			escapes = escapes || !quoted
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(tokenDelims, c) >= 0:
			break scan
		}
	}
	if quoted {
		return "", "", fmt.Errorf("%s: quoted string extends past end of argument", s)
	}
	tok, rest = s[:i], s[i:]
	if escapes {
		tok = unescape(tok)
	}
	return tok, rest, nil
}

// unescape takes away the backslashes outside quotes.
func unescape(tok string) string {
	b := make([]byte, 0, len(tok))
	quoted := false
	for i := 0; i < len(tok); i++ {
		switch c := tok[i]; {
		case c == '\\' && quoted:
			b = append(b, c, tok[i+1])
			i++
			continue
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		}
		b = append(b, tok[i])
	}
	return string(b)
}

// ParseAtom parses one atom as ovs-vsctl takes it; a UUID may be @NAME if syms
// is not nil. Constraints are checked.
func ParseAtom(b *BaseType, s string, syms Symbols) (Atom, error) {
	var a Atom
	switch b.Type {
	case Integer:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return a, fmt.Errorf("\"%s\" is not a valid integer or range", s)
		}
		a = IntAtom(n)
	case Real:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return a, fmt.Errorf("\"%s\" is not a valid real number", s)
		}
		a = RealAtom(f)
	case Boolean:
		switch s {
		case "true", "yes", "on", "1":
			a = BoolAtom(true)
		case "false", "no", "off", "0":
			a = BoolAtom(false)
		default:
			return a, fmt.Errorf("\"%s\" is not a valid boolean (use \"true\" or \"false\")", s)
		}
	case String:
		switch {
		case s == "":
			return a, fmt.Errorf("An empty string is not valid as input; use \"\" to represent the empty string")
		case s[0] == '"':
			if len(s) < 2 || s[len(s)-1] != '"' {
				return a, fmt.Errorf("%s: missing quote at end of quoted string", s)
			}
			in, err := json.Unquote(s[1 : len(s)-1])
			if err != nil {
				return a, fmt.Errorf("%s: %v", s, err)
			}
			a = StringAtom(in)
		case strings.IndexByte(s, 0) >= 0:
			// No program's argument holds one, and JSON text has no form for it here.
			return a, fmt.Errorf("%q: null bytes not supported in strings", s)
		default:
			a = StringAtom(strings.Clone(s))
		}
	case UUIDType:
		if s != "" && s[0] == '@' && syms != nil {
			a = UUIDAtom(syms.Symbol(s))
		} else if u, ok := ParseUUID(s); ok {
			a = UUIDAtom(u)
		} else {
			return a, fmt.Errorf("\"%s\" is not a valid UUID", s)
		}
	}
	return a, b.CheckAtom(a)
}

// maxRange bounds how many integers a range such as 1-100 may stand for.
const maxRange = 4096

// parseRange parses the range of integers at the start of a token.
func parseRange(b *BaseType, tok string) (from, to int64, ok bool, err error) {
	if b.Type != Integer || len(tok) < 3 {
		return 0, 0, false, nil
	}
	i := strings.IndexByte(tok[1:], '-') + 1
	if i <= 0 {
		return 0, 0, false, nil
	}
	from, err1 := strconv.ParseInt(tok[:i], 10, 64)
	to, err2 := strconv.ParseInt(tok[i+1:], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, 0, false, nil
	}
	if to < from {
		return 0, 0, false, fmt.Errorf("\"%s\" is not a valid range. Range end cannot be before start.", tok)
	}
	if to-from >= maxRange || to-from < 0 {
		return 0, 0, false, fmt.Errorf("Range \"%d-%d\" is too big. Maximum allowed size is %d.", from, to, maxRange)
	}
	return from, to, true, nil
}

func skipSpaces(s string) string { return strings.TrimLeft(s, " \t\n\v\f\r") }

// ParseDatum parses a value as ovs-vsctl takes it: one atom, elements with
// commas or spaces between them, or either in brackets; integers may be given
// as ranges. The number of elements and the constraints are checked.
func ParseDatum(t *Type, s string, syms Symbols) (Datum, error) {
	isMap := t.IsMap()
	p := skipSpaces(s)
	if p == "" {
		if isMap {
			return Datum{}, fmt.Errorf("%s: use \"{}\" to specify the empty map", s)
		}
		return Datum{}, fmt.Errorf("%s: use \"[]\" to specify the empty set", s)
	}
	open, end := byte('['), byte(']')
	if isMap {
		open, end = '{', '}'
	}
	bracket := p[0] == open
	if bracket {
		p = skipSpaces(p[1:])
	}
	var pairs []Pair
	for p != "" && p[0] != end {
		if strings.IndexByte(tokenDelims, p[0]) >= 0 {
			return Datum{}, fmt.Errorf("%s: unexpected \"%c\" parsing %s", s, p[0], t.English())
		}
		tok, rest, err := ScanToken(p)
		if err != nil {
			return Datum{}, err
		}
		p = rest
		from, to, isRange, err := parseRange(&t.Key, tok)
		if err != nil {
			return Datum{}, err
		}
		first := len(pairs)
		if isRange {
			for n := from; n <= to; n++ {
				a := IntAtom(n)
				if err := t.Key.CheckAtom(a); err != nil {
					return Datum{}, err
				}
				pairs = append(pairs, Pair{Key: a})
			}
		} else {
			a, err := ParseAtom(&t.Key, tok, syms)
			if err != nil {
				return Datum{}, err
			}
			pairs = append(pairs, Pair{Key: a})
		}
		if isMap {
			p = skipSpaces(p)
			if p == "" {
				// OVS's message ends at the NUL that ends the text.
				return Datum{}, fmt.Errorf("%s: syntax error at \"", s)
			}
			if p[0] != '=' {
				return Datum{}, fmt.Errorf("%s: syntax error at \"%c\" expecting \"=\"", s, p[0])
			}
			p = skipSpaces(p[1:])
			if tok, p, err = ScanToken(p); err != nil {
				return Datum{}, err
			}
			value, err := ParseAtom(&t.Value, tok, syms)
			if err != nil {
				return Datum{}, err
			}
			for i := range pairs[first:] {
				pairs[first+i].Value = value
			}
		}
		p = skipSpaces(p)
		if p != "" && p[0] == ',' {
			p = skipSpaces(p[1:])
		}
	}
	if bracket && p == "" {
		return Datum{}, fmt.Errorf("%s: missing \"%c\" at end of data", s, end)
	}
	if bracket {
		p = skipSpaces(p[1:])
		if p != "" {
			return Datum{}, fmt.Errorf("%s: trailing garbage after \"%c\"", s, end)
		}
	} else if p != "" {
		return Datum{}, fmt.Errorf("%s: unexpected \"%c\" parsing %s", s, p[0], t.English())
	}
	what := "value(s)"
	if isMap {
		what = "pair(s)"
	}
	if uint64(len(pairs)) < uint64(t.Min) {
		return Datum{}, fmt.Errorf("%s: %d %s specified but the minimum number is %d", s, len(pairs), what, t.Min)
	}
	if uint64(len(pairs)) > uint64(t.Max) {
		return Datum{}, fmt.Errorf("%s: %d %s specified but the maximum number is %d", s, len(pairs), what, t.Max)
	}
	n := len(pairs)
	var d Datum
	if isMap {
		d = NewMap(pairs...)
		if d.Len() != n {
			return Datum{}, fmt.Errorf("%s: map contains duplicate key", s)
		}
		return d, nil
	}
	keys := make([]Atom, n)
	for i, p := range pairs {
		keys[i] = p.Key
	}
	slices.SortFunc(keys, Atom.Compare)
	if d = NewSet(keys...); d.Len() != n {
		return Datum{}, fmt.Errorf("%s: set contains duplicate value", s)
	}
	return d, nil
}
