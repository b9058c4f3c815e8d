package ovsdb

import (
	"cmp"
	"math"
	"strings"
	"unsafe"

	"govs/jsonrpc/json"
)

// AtomicType is the type of an atom. Void stands for the missing value type of
// a column that is no map.
type AtomicType uint8

// The atomic types of RFC 7047 section 3.1.
const (
	Void AtomicType = iota
	Integer
	Real
	Boolean
	String
	UUIDType
	numAtomicTypes
)

var atomicNames = [numAtomicTypes]string{"void", "integer", "real", "boolean", "string", "uuid"}

func (t AtomicType) String() string { return atomicNames[t] }

// Atom is one immutable value that knows its type. The zero Atom is the empty
// string.
//
// It is two words: scalars lie in n and p points to the type's tag; a string's
// bytes are at p and n is their number; a UUID is at p and n is uuidMark, which
// no length reaches.
type Atom struct {
	p unsafe.Pointer
	n uint64
}

const uuidMark = 1 << 63

var atomTags [numAtomicTypes]byte

// IntAtom returns the integer n.
func IntAtom(n int64) Atom { return Atom{unsafe.Pointer(&atomTags[Integer]), uint64(n)} }

// RealAtom returns the real f.
func RealAtom(f float64) Atom {
	if f == 0 {
		f = 0 // no negative zero
	}
	return Atom{unsafe.Pointer(&atomTags[Real]), math.Float64bits(f)}
}

// BoolAtom returns the boolean b.
func BoolAtom(b bool) Atom {
	a := Atom{p: unsafe.Pointer(&atomTags[Boolean])}
	if b {
		a.n = 1
	}
	return a
}

// StringAtom returns the string s, whose memory it shares.
func StringAtom(s string) Atom {
	if s == "" {
		return Atom{}
	}
	return Atom{unsafe.Pointer(unsafe.StringData(s)), uint64(len(s))}
}

// UUIDAtom returns the UUID u.
func UUIDAtom(u UUID) Atom { return uuidAtomRef(&u) }

// uuidAtomRef shares u, which must never change.
func uuidAtomRef(u *UUID) Atom { return Atom{unsafe.Pointer(u), uuidMark} }

// Type returns the atom's type.
func (a Atom) Type() AtomicType {
	switch a.p {
	case unsafe.Pointer(&atomTags[Integer]):
		return Integer
	case unsafe.Pointer(&atomTags[Real]):
		return Real
	case unsafe.Pointer(&atomTags[Boolean]):
		return Boolean
	}
	if a.n == uuidMark {
		return UUIDType
	}
	return String
}

// Int returns the integer. Like the other accessors it must only be called on
// an atom of its type.
func (a Atom) Int() int64 { return int64(a.n) }

// Real returns the real.
func (a Atom) Real() float64 { return math.Float64frombits(a.n) }

// Bool returns the boolean.
func (a Atom) Bool() bool { return a.n != 0 }

// Str returns the string.
func (a Atom) Str() string { return unsafe.String((*byte)(a.p), int(a.n)) }

// UUID returns the UUID.
func (a Atom) UUID() UUID { return *(*UUID)(a.p) }

// DefaultAtom returns the type's default: 0, false, "" or the zero UUID.
func DefaultAtom(t AtomicType) Atom {
	switch t {
	case Integer:
		return IntAtom(0)
	case Real:
		return RealAtom(0)
	case Boolean:
		return BoolAtom(false)
	case UUIDType:
		return uuidAtomRef(&zeroUUID)
	}
	return Atom{}
}

var zeroUUID UUID

// Compare returns -1, 0 or 1 for two atoms of the same type.
func (a Atom) Compare(b Atom) int {
	switch a.Type() {
	case Integer:
		return cmp.Compare(int64(a.n), int64(b.n))
	case Real:
		return cmp.Compare(a.Real(), b.Real())
	case Boolean:
		return cmp.Compare(a.n, b.n)
	case UUIDType:
		if a.p == b.p {
			return 0
		}
		return a.UUID().Compare(b.UUID())
	}
	return strings.Compare(a.Str(), b.Str())
}

// Equal reports whether two atoms of the same type are the same.
func (a Atom) Equal(b Atom) bool {
	if a == b {
		return true
	}
	switch a.Type() {
	case UUIDType:
		return a.UUID() == b.UUID()
	case String:
		return a.n == b.n && a.Str() == b.Str()
	}
	return false
}

// AppendJSON appends the atom's <atom> form.
func (a Atom) AppendJSON(dst []byte) []byte {
	switch a.Type() {
	case Integer:
		return json.Append(dst, json.Int(a.Int()))
	case Real:
		return json.Append(dst, json.Float(a.Real()))
	case Boolean:
		return json.Append(dst, json.Bool(a.Bool()))
	case UUIDType:
		dst = append(dst, `["uuid","`...)
		dst = a.UUID().AppendTo(dst)
		return append(dst, `"]`...)
	}
	return json.AppendString(dst, a.Str())
}

// JSON returns the atom's <atom> form.
func (a Atom) JSON() json.Value {
	switch a.Type() {
	case Integer:
		return json.Int(a.Int())
	case Real:
		return json.Float(a.Real())
	case Boolean:
		return json.Bool(a.Bool())
	case UUIDType:
		return json.Arr(json.Str("uuid"), json.Str(a.UUID().String()))
	}
	return json.Str(a.Str())
}

// Symbols gives the UUIDs that named-uuids of one transaction stand for.
type Symbols interface {
	// Symbol returns the UUID of the named row, inventing it at first sight.
	Symbol(name string) UUID
}

func isID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}

// anyAtom parses an <atom> without looking at constraints. Strings are passed
// through keep, which may clone or intern them; nil: into the row's memory.
func (d *decoder) anyAtom(t AtomicType, v json.Value, keep func(string) string) (Atom, *Error) {
	switch t {
	case Integer:
		if v.Kind() == json.Integer {
			return IntAtom(v.Int()), nil
		}
	case Real:
		if v.Kind() == json.Integer || v.Kind() == json.Real {
			return RealAtom(v.Float()), nil
		}
	case Boolean:
		if v.IsBool() {
			return BoolAtom(v.Bool()), nil
		}
	case String:
		if v.Kind() == json.String {
			if keep != nil {
				return StringAtom(keep(v.Str())), nil
			}
			return StringAtom(d.room.keep(v.Str())), nil
		}
	case UUIDType:
		return uuidFromJSON(v, d.syms)
	}
	return Atom{}, SyntaxErrorf(v, "", "expected %s", t)
}

func uuidFromJSON(v json.Value, syms Symbols) (Atom, *Error) {
	e := v.Elems()
	pair := len(e) == 2 && e[0].Kind() == json.String && e[1].Kind() == json.String
	if pair && e[0].Str() == "uuid" {
		if u, ok := ParseUUID(e[1].Str()); ok {
			return UUIDAtom(u), nil
		}
		return Atom{}, SyntaxErrorf(v, "", "\"%s\" is not a valid UUID", e[1].Str())
	}
	if pair && e[0].Str() == "named-uuid" && syms != nil {
		if !isID(e[1].Str()) {
			return Atom{}, SyntaxErrorf(v, "", "named-uuid string is not a valid <id>")
		}
		return UUIDAtom(syms.Symbol(e[1].Str())), nil
	}
	return Atom{}, SyntaxErrorf(v, "", `expected ["uuid", <string>]`)
}
