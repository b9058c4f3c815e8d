// Package json holds JSON values as OVSDB uses them: a number is an int64
// whenever its value fits one, an object's later duplicate member replaces the
// earlier, objects print in the order of their members or sorted, and errors
// have the words and positions Open vSwitch reports. Values are immutable once
// built and may be shared by any number of goroutines.
//
// The strings of a parsed value share the memory of the text they came from:
// clone one that is kept long after its message.
package json

import (
	"math"
	"unsafe"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of values. Raw is JSON text that was written beforehand, such as a
// result that many messages share; the parser never makes one.
const (
	Null Kind = iota
	False
	True
	Integer
	Real
	String
	Array
	Object
	Raw
)

// Value is one JSON value. The zero Value is null.
//
// It is three words long and holds scalars in place: num is the integer, the
// bits of the real, or how many bytes, elements or members p points to.
type Value struct {
	kind Kind
	num  uint64
	p    unsafe.Pointer
}

// Member is one member of an object.
type Member struct {
	Key   string
	Value Value
}

// Bool returns true or false.
func Bool(b bool) Value {
	if b {
		return Value{kind: True}
	}
	return Value{kind: False}
}

// Int returns the integer n.
func Int(n int64) Value { return Value{kind: Integer, num: uint64(n)} }

// Float returns f, as an integer if it is one of an int64's.
func Float(f float64) Value {
	if n := int64(f); float64(n) == f && f >= math.MinInt64 && f < math.MaxInt64 {
		return Int(n)
	}
	return Value{kind: Real, num: math.Float64bits(f)}
}

// Str returns the string s.
func Str(s string) Value {
	return Value{kind: String, num: uint64(len(s)), p: unsafe.Pointer(unsafe.StringData(s))}
}

// RawText returns a value that prints as text, which must be one JSON value.
func RawText(text string) Value {
	return Value{kind: Raw, num: uint64(len(text)), p: unsafe.Pointer(unsafe.StringData(text))}
}

// Arr returns an array of elems, which it keeps.
func Arr(elems ...Value) Value {
	return Value{kind: Array, num: uint64(len(elems)), p: unsafe.Pointer(unsafe.SliceData(elems))}
}

// Obj returns an object of members, which it keeps. Keys must differ.
func Obj(members ...Member) Value {
	return Value{kind: Object, num: uint64(len(members)), p: unsafe.Pointer(unsafe.SliceData(members))}
}

// Kind returns what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// IsBool reports whether v is true or false.
func (v Value) IsBool() bool { return v.kind == True || v.kind == False }

// Bool returns whether v is true.
func (v Value) Bool() bool { return v.kind == True }

// Int returns the integer v holds, and 0 for other kinds.
func (v Value) Int() int64 {
	if v.kind != Integer {
		return 0
	}
	return int64(v.num)
}

// Float returns the number v holds, and 0 for other kinds.
func (v Value) Float() float64 {
	switch v.kind {
	case Integer:
		return float64(int64(v.num))
	case Real:
		return math.Float64frombits(v.num)
	}
	return 0
}

// Str returns the string v holds, and "" for other kinds.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	return unsafe.String((*byte)(v.p), int(v.num))
}

// Elems returns the elements of an array, and nil for other kinds. The caller
// must not change them.
func (v Value) Elems() []Value {
	if v.kind != Array {
		return nil
	}
	return unsafe.Slice((*Value)(v.p), int(v.num))
}

// Members returns the members of an object, and nil for other kinds. The
// caller must not change them.
func (v Value) Members() []Member {
	if v.kind != Object {
		return nil
	}
	return unsafe.Slice((*Member)(v.p), int(v.num))
}

// Get returns the value of an object's member; ok is false if there is none.
func (v Value) Get(key string) (val Value, ok bool) {
	for _, m := range v.Members() {
		if m.Key == key {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Equal reports whether two values are the same; the order of members does not
// matter, and an integer never equals a real.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Integer, Real:
		return v.num == w.num
	case String, Raw:
		return v.num == w.num && unsafe.String((*byte)(v.p), int(v.num)) == unsafe.String((*byte)(w.p), int(w.num))
	case Array:
		a, b := v.Elems(), w.Elems()
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !a[i].Equal(b[i]) {
				return false
			}
		}
	case Object:
		a, b := v.Members(), w.Members()
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			x := b[i]
			if x.Key != a[i].Key {
				var ok bool
				if x.Value, ok = w.Get(a[i].Key); !ok {
					return false
				}
			}
			if !a[i].Value.Equal(x.Value) {
				return false
			}
		}
	}
	return true
}
