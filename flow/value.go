package flow

import (
	"encoding/binary"
	"math/bits"
	"unique"
)

// Value is an unsigned integer of up to 1024 bits, right-aligned: the value or
// the mask of a field. All fields but tunnel options have at most 128. Values
// are compared with ==.
type Value struct {
	Hi, Lo uint64
	// What lies above bit 127, the same for the same bits, so that == holds.
	ext unique.Handle[extBits]
}

// extBits are the bits of a Value from 128 on, lowest word first.
type extBits [14]uint64

var noExt unique.Handle[extBits]

// above returns the bits from 128 on.
func (v Value) above() (e extBits) {
	if v.ext != noExt {
		e = v.ext.Value()
	}
	return e
}

// withAbove returns v with e from bit 128 on.
func (v Value) withAbove(e extBits) Value {
	v.ext = noExt
	if e != (extBits{}) {
		v.ext = unique.Make(e)
	}
	return v
}

// String returns v in hexadecimal, "0" for zero.
func (v Value) String() string { return string(appendHex(nil, v)) }

// U returns v as a Value.
func U(v uint64) Value { return Value{Lo: v} }

// OnesValue returns the value whose n lowest bits are set; n at most 1024.
func OnesValue(n int) Value {
	switch {
	case n > 128:
		var e extBits
		for i := range e {
			switch b := n - 128 - 64*i; {
			case b >= 64:
				e[i] = ^uint64(0)
			case b > 0:
				e[i] = 1<<b - 1
			}
		}
		return Value{Hi: ^uint64(0), Lo: ^uint64(0)}.withAbove(e)
	case n == 128:
		return Value{Hi: ^uint64(0), Lo: ^uint64(0)}
	case n > 64:
		return Value{Hi: 1<<(n-64) - 1, Lo: ^uint64(0)}
	case n == 64:
		return Value{Lo: ^uint64(0)}
	}
	return Value{Lo: 1<<n - 1}
}

// each combines v and w word by word.
func (v Value) each(w Value, f func(a, b uint64) uint64) Value {
	r := Value{Hi: f(v.Hi, w.Hi), Lo: f(v.Lo, w.Lo)}
	a, b := v.above(), w.above()
	for i := range a {
		a[i] = f(a[i], b[i])
	}
	return r.withAbove(a)
}

// narrow reports whether neither value has more than 128 bits.
func (v Value) narrow(w Value) bool { return v.ext == noExt && w.ext == noExt }

// And, Or, AndNot and Xor work bit by bit.
func (v Value) And(w Value) Value {
	if v.narrow(w) {
		return Value{Hi: v.Hi & w.Hi, Lo: v.Lo & w.Lo}
	}
	return v.each(w, func(a, b uint64) uint64 { return a & b })
}

// Or returns the union of bits.
func (v Value) Or(w Value) Value {
	if v.narrow(w) {
		return Value{Hi: v.Hi | w.Hi, Lo: v.Lo | w.Lo}
	}
	return v.each(w, func(a, b uint64) uint64 { return a | b })
}

// AndNot returns the bits of v that are not in w.
func (v Value) AndNot(w Value) Value {
	if v.narrow(w) {
		return Value{Hi: v.Hi &^ w.Hi, Lo: v.Lo &^ w.Lo}
	}
	return v.each(w, func(a, b uint64) uint64 { return a &^ b })
}

// Xor returns the bits in which v and w differ.
func (v Value) Xor(w Value) Value {
	if v.narrow(w) {
		return Value{Hi: v.Hi ^ w.Hi, Lo: v.Lo ^ w.Lo}
	}
	return v.each(w, func(a, b uint64) uint64 { return a ^ b })
}

// IsZero reports whether no bit is set.
func (v Value) IsZero() bool { return v.Hi|v.Lo == 0 && v.ext == noExt }

// Shl returns v shifted left by n bits; what leaves the 1024 is lost.
func (v Value) Shl(n int) Value {
	if n == 0 || v.IsZero() {
		return v
	}
	if v.Len()+n > 128 {
		return v.shift(n)
	}
	if n >= 64 {
		return Value{Hi: v.Lo << (n - 64)}
	}
	return Value{Hi: v.Hi<<n | v.Lo>>(64-n), Lo: v.Lo << n}
}

// Shr returns v shifted right by n bits.
func (v Value) Shr(n int) Value {
	switch {
	case n == 0:
		return v
	case v.ext != noExt:
		return v.shift(-n)
	case n >= 128:
		return Value{}
	case n >= 64:
		return Value{Lo: v.Hi >> (n - 64)}
	}
	return Value{Hi: v.Hi >> n, Lo: v.Lo>>n | v.Hi<<(64-n)}
}

// shift returns v shifted left by n bits, or right by -n.
func (v Value) shift(n int) Value {
	e := v.above()
	var from, to [16]uint64
	from[0], from[1] = v.Lo, v.Hi
	copy(from[2:], e[:])
	word := func(i int) uint64 {
		if i < 0 || i >= len(from) {
			return 0
		}
		return from[i]
	}
	words, rest := n>>6, uint(n&63) // floor division, also for a negative n
	for i := range to {
		to[i] = word(i-words) << rest
		if rest > 0 {
			to[i] |= word(i-words-1) >> (64 - rest)
		}
	}
	return Value{Hi: to[1], Lo: to[0]}.withAbove(extBits(to[2:]))
}

// Cut returns the n lowest bits of v.
func (v Value) Cut(n int) Value {
	if v.ext == noExt && n >= 128 {
		return v
	}
	return v.And(OnesValue(n))
}

// Len returns the number of bits without leading zeros.
func (v Value) Len() int {
	if v.ext != noExt {
		e := v.above()
		for i := len(e) - 1; i >= 0; i-- {
			if e[i] != 0 {
				return 128 + 64*i + bits.Len64(e[i])
			}
		}
	}
	if v.Hi != 0 {
		return 64 + bits.Len64(v.Hi)
	}
	return bits.Len64(v.Lo)
}

// LowestRun returns where the lowest run of bits that are set begins and how long
// it is; a zero value has none, and begins after all bits.
func (v Value) LowestRun() (ofs, n int) {
	trailing := func(v, flip Value) (n int) {
		for _, w := range [...]uint64{v.Lo ^ flip.Lo, v.Hi ^ flip.Hi} {
			if w != 0 {
				return n + bits.TrailingZeros64(w)
			}
			n += 64
		}
		for _, w := range v.above() {
			if w ^= flip.Lo; w != 0 {
				return n + bits.TrailingZeros64(w)
			}
			n += 64
		}
		return n
	}
	ofs = trailing(v, Value{})
	return ofs, trailing(v.Shr(ofs), Value{Hi: ^uint64(0), Lo: ^uint64(0)})
}

// AppendBytes appends the n lowest bytes of v, most significant first; n may be
// up to 128.
func (v Value) AppendBytes(dst []byte, n int) []byte {
	var b [128]byte
	binary.BigEndian.PutUint64(b[120:], v.Lo)
	binary.BigEndian.PutUint64(b[112:], v.Hi)
	if n > 16 && v.ext != noExt {
		for i, w := range v.above() {
			binary.BigEndian.PutUint64(b[104-8*i:], w)
		}
	}
	return append(dst, b[128-n:]...)
}

// ValueFromBytes reads a big-endian integer of up to 128 bytes.
func ValueFromBytes(b []byte) Value {
	var w [16]uint64
	for i, c := range b {
		at := len(b) - 1 - i
		w[at/8] |= uint64(c) << (at % 8 * 8)
	}
	v := Value{Hi: w[1], Lo: w[0]}
	if len(b) > 16 {
		v = v.withAbove(extBits(w[2:]))
	}
	return v
}
