package flow

import (
	"encoding/binary"
	"math/bits"
)

// Value is an unsigned integer of up to 128 bits, right-aligned: the value or
// the mask of a field.
type Value struct{ Hi, Lo uint64 }

// U returns v as a Value.
func U(v uint64) Value { return Value{Lo: v} }

// OnesValue returns the value whose n lowest bits are set; n at most 128.
func OnesValue(n int) Value {
	switch {
	case n >= 128:
		return Value{^uint64(0), ^uint64(0)}
	case n > 64:
		return Value{1<<(n-64) - 1, ^uint64(0)}
	case n == 64:
		return Value{0, ^uint64(0)}
	}
	return Value{0, 1<<n - 1}
}

// And, Or, AndNot and Xor work bit by bit.
func (v Value) And(w Value) Value { return Value{v.Hi & w.Hi, v.Lo & w.Lo} }

// Or returns the union of bits.
func (v Value) Or(w Value) Value { return Value{v.Hi | w.Hi, v.Lo | w.Lo} }

// AndNot returns the bits of v that are not in w.
func (v Value) AndNot(w Value) Value { return Value{v.Hi &^ w.Hi, v.Lo &^ w.Lo} }

// Xor returns the bits in which v and w differ.
func (v Value) Xor(w Value) Value { return Value{v.Hi ^ w.Hi, v.Lo ^ w.Lo} }

// IsZero reports whether no bit is set.
func (v Value) IsZero() bool { return v.Hi|v.Lo == 0 }

// Shl returns v shifted left by n bits.
func (v Value) Shl(n int) Value {
	if n >= 64 {
		return Value{Hi: v.Lo << (n - 64)}
	}
	if n == 0 {
		return v
	}
	return Value{v.Hi<<n | v.Lo>>(64-n), v.Lo << n}
}

// Shr returns v shifted right by n bits.
func (v Value) Shr(n int) Value {
	if n >= 64 {
		return Value{Lo: v.Hi >> (n - 64)}
	}
	if n == 0 {
		return v
	}
	return Value{v.Hi >> n, v.Lo>>n | v.Hi<<(64-n)}
}

// Cut returns the n lowest bits of v.
func (v Value) Cut(n int) Value { return v.And(OnesValue(n)) }

// Len returns the number of bits without leading zeros.
func (v Value) Len() int {
	if v.Hi != 0 {
		return 64 + bits.Len64(v.Hi)
	}
	return bits.Len64(v.Lo)
}

// AppendBytes appends the n lowest bytes of v, most significant first; more
// than 16 are filled with leading zeros.
func (v Value) AppendBytes(dst []byte, n int) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.Hi)
	binary.BigEndian.PutUint64(b[8:], v.Lo)
	for ; n > 16; n-- {
		dst = append(dst, 0)
	}
	return append(dst, b[16-n:]...)
}

// ValueFromBytes reads a big-endian integer. Of more than 16 bytes the last 16
// count.
func ValueFromBytes(b []byte) Value {
	var v Value
	for _, c := range b {
		v = v.Shl(8)
		v.Lo |= uint64(c)
	}
	return v
}
