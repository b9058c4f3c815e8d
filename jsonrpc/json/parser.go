package json

import (
	"strings"
	"unsafe"
)

// Parser parses one text after another in the same memory. What Parse returns
// shares text's memory and the parser's own, and is good until the next call:
// Clone what is kept longer. The zero Parser is ready.
type Parser struct{ p parser }

// maxReuse is how many values' memory is kept for the next text.
const maxReuse = 1 << 12

// Parse is the function Parse without copies.
func (r *Parser) Parse(text []byte) (Value, error) {
	old := &r.p
	r.p = parser{
		s:       unsafe.String(unsafe.SliceData(text), len(text)),
		vals:    reuse(old.vals),
		members: reuse(old.members),
		vslab:   reuse(old.vslab),
		mslab:   reuse(old.mslab),
	}
	return r.p.whole()
}

func reuse[T any](s []T) []T {
	if cap(s) > maxReuse {
		return nil
	}
	return s[:0]
}

// Clone returns a copy of v that shares nothing with it.
func Clone(v Value) Value {
	switch v.kind {
	case String, Raw:
		c := Str(strings.Clone(unsafe.String((*byte)(v.p), int(v.num))))
		c.kind = v.kind
		return c
	case Array:
		e := make([]Value, len(v.Elems()))
		for i, x := range v.Elems() {
			e[i] = Clone(x)
		}
		return Arr(e...)
	case Object:
		m := make([]Member, len(v.Members()))
		for i, x := range v.Members() {
			m[i] = Member{strings.Clone(x.Key), Clone(x.Value)}
		}
		return Obj(m...)
	}
	return v
}
