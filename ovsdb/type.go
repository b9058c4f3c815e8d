package ovsdb

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"govs/jsonrpc/json"
)

// Unlimited is the Max of a column without an upper limit.
const Unlimited = math.MaxUint32

// RefType says what a reference to a row does.
type RefType uint8

// A strong reference keeps its row alive; a weak one vanishes with its row.
const (
	Strong RefType = iota
	Weak
)

// BaseType is the type of a key or a value with its constraints. The ones
// that do not apply have no effect; NewBase returns one without constraints.
type BaseType struct {
	Type             AtomicType
	Enum             *Datum // allowed values; nil: all
	MinInt, MaxInt   int64
	MinReal, MaxReal float64
	MinLen, MaxLen   uint32 // in characters
	RefTable         string // "": the UUIDs refer to nothing
	RefType          RefType
}

// NewBase returns t without constraints.
func NewBase(t AtomicType) BaseType {
	return BaseType{
		Type: t, MinInt: math.MinInt64, MaxInt: math.MaxInt64,
		MinReal: -math.MaxFloat64, MaxReal: math.MaxFloat64, MaxLen: Unlimited,
	}
}

// Type is a column's type: Min to Max elements of Key, or pairs if Value is
// not Void. Min is 0 or 1.
type Type struct {
	Key, Value BaseType
	Min, Max   uint32
}

// ScalarType returns the type of exactly one t.
func ScalarType(t AtomicType) Type {
	return Type{Key: NewBase(t), Value: NewBase(Void), Min: 1, Max: 1}
}

// IsMap reports whether the type is of pairs.
func (t *Type) IsMap() bool { return t.Value.Type != Void }

// IsScalar reports whether a value is always exactly one atom.
func (t *Type) IsScalar() bool { return t.Value.Type == Void && t.Min == 1 && t.Max == 1 }

// IsOptionalScalar reports whether a value is at most one atom.
func (t *Type) IsOptionalScalar() bool { return t.Value.Type == Void && t.Min == 0 && t.Max == 1 }

// Default returns the type's default value.
func (t *Type) Default() Datum {
	if t.Min == 0 {
		return Datum{}
	}
	if t.IsMap() {
		return rawDatum([]Atom{DefaultAtom(t.Key.Type), DefaultAtom(t.Value.Type)}, 1, true)
	}
	return defaultScalars[t.Key.Type]
}

var defaultScalars = [numAtomicTypes]Datum{
	Integer: {&defaultAtoms[Integer], 1, false}, Real: {&defaultAtoms[Real], 1, false}, Boolean: {&defaultAtoms[Boolean], 1, false},
	String: {&defaultAtoms[String], 1, false}, UUIDType: {&defaultAtoms[UUIDType], 1, false},
}

var defaultAtoms = [numAtomicTypes]Atom{
	Integer: DefaultAtom(Integer), Real: DefaultAtom(Real), Boolean: DefaultAtom(Boolean), UUIDType: DefaultAtom(UUIDType),
}

// IsDefault reports whether d is the type's default.
func (t *Type) IsDefault(d Datum) bool {
	if t.Min == 0 || d.n != 1 {
		return d.n == 0 && t.Min == 0
	}
	return t.Default().Equal(d)
}

// CheckAtom returns the error of an atom that breaks a constraint.
func (b *BaseType) CheckAtom(a Atom) error { return asError(b.check(a)) }

func (b *BaseType) check(a Atom) *Error {
	if b.Enum != nil {
		if _, ok := b.Enum.Find(a); ok {
			return nil
		}
		t := Type{Key: *b, Value: NewBase(Void), Max: Unlimited}
		t.Key.Enum = nil
		return Errorf("constraint violation", "%s is not one of the allowed values (%s)", a.Text(), b.Enum.Text(&t))
	}
	switch b.Type {
	case Integer:
		switch n := a.Int(); {
		case n >= b.MinInt && n <= b.MaxInt:
		case b.MinInt != math.MinInt64 && b.MaxInt != math.MaxInt64:
			return Errorf("constraint violation", "%d is not in the valid range %d to %d (inclusive)", n, b.MinInt, b.MaxInt)
		case b.MinInt != math.MinInt64:
			return Errorf("constraint violation", "%d is less than minimum allowed value %d", n, b.MinInt)
		default:
			return Errorf("constraint violation", "%d is greater than maximum allowed value %d", n, b.MaxInt)
		}
	case Real:
		g := func(f float64) string { return string(json.AppendReal(nil, f)) }
		switch f := a.Real(); {
		case f >= b.MinReal && f <= b.MaxReal:
		case b.MinReal != -math.MaxFloat64 && b.MaxReal != math.MaxFloat64:
			return Errorf("constraint violation", "%s is not in the valid range %s to %s (inclusive)", g(f), g(b.MinReal), g(b.MaxReal))
		case b.MinReal != -math.MaxFloat64:
			return Errorf("constraint violation", "%s is less than minimum allowed value %s", g(f), g(b.MinReal))
		default:
			return Errorf("constraint violation", "%s is greater than maximum allowed value %s", g(f), g(b.MaxReal))
		}
	case String:
		s := a.Str()
		n := len(s)
		if !ascii(s) {
			if !utf8.ValidString(s) {
				return Errorf("constraint violation", "not a valid UTF-8 string: %s", utf8Fault(s))
			}
			n = utf8.RuneCountInString(s)
		}
		if n < int(b.MinLen) {
			return Errorf("constraint violation", "\"%s\" length %d is less than minimum allowed length %d", s, n, b.MinLen)
		}
		if n > int(b.MaxLen) {
			return Errorf("constraint violation", "\"%s\" length %d is greater than maximum allowed length %d", s, n, b.MaxLen)
		}
	}
	return nil
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// utf8Fault describes the first bytes of s that are no UTF-8: from the lead
// byte to the first that cannot follow.
func utf8Fault(s string) string {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			break
		}
		s = s[n:]
	}
	bad := 1
	if len(s) > 1 && s[0] >= 0xc2 && s[0] <= 0xf4 {
		bad = 2
		lo, hi := byte(0x80), byte(0xbf)
		switch s[0] {
		case 0xe0:
			lo = 0xa0
		case 0xed:
			hi = 0x9f
		case 0xf0:
			lo = 0x90
		case 0xf4:
			hi = 0x8f
		}
		if s[1] >= lo && s[1] <= hi && len(s) > 2 && s[0] >= 0xe0 {
			bad = 3
			if s[2]&0xc0 == 0x80 && len(s) > 3 && s[0] >= 0xf0 {
				bad = 4
			}
		}
	}
	msg := "invalid UTF-8 sequence"
	for i := range min(bad, len(s)) {
		msg += fmt.Sprintf(" 0x%02x", s[i])
	}
	return msg
}

// Check returns the error of a datum whose atoms break the type's constraints.
func (t *Type) Check(d Datum) error { return asError(t.check(d)) }

func (t *Type) check(d Datum) *Error {
	for _, a := range d.Keys() {
		if err := t.Key.check(a); err != nil {
			return err
		}
	}
	for _, a := range d.Values() {
		if err := t.Value.check(a); err != nil {
			return err
		}
	}
	return nil
}

// English returns the type in words, as error messages have it: "string",
// "set of up to 3 integers".
func (t *Type) English() string {
	base := func(b *BaseType) string {
		return b.Type.String()
	}
	if t.IsScalar() {
		return base(&t.Key)
	}
	var s strings.Builder
	s.WriteString("set")
	if t.IsMap() {
		s.Reset()
		s.WriteString("map")
	}
	switch {
	case t.Max == Unlimited && t.Min > 0:
		fmt.Fprintf(&s, " of %d or more", t.Min)
	case t.Max == Unlimited:
		s.WriteString(" of")
	case t.Min > 0:
		fmt.Fprintf(&s, " of %d to %d", t.Min, t.Max)
	default:
		fmt.Fprintf(&s, " of up to %d", t.Max)
	}
	if t.IsMap() {
		fmt.Fprintf(&s, " (%s, %s) pairs", base(&t.Key), base(&t.Value))
	} else {
		fmt.Fprintf(&s, " %ss", base(&t.Key))
	}
	return s.String()
}
