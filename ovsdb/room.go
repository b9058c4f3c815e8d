package ovsdb

import (
	"strings"
	"unsafe"

	"govs/jsonrpc/json"
)

// room is memory for the values of one row, measured beforehand: they end up
// beside each other in two allocations instead of one for each, which spares
// memory and the garbage collector. When it is used up, or was never made,
// values get memory of their own.
type room struct {
	atoms []Atom
	text  []byte
}

// maxShared is the length of strings that may share memory with others of
// their row. A longer one must not be kept alive by them.
const maxShared = 64

// reserve makes room for the values of a <row>.
func (d *decoder) reserve(t *TableSchema, row json.Value) {
	atoms, text := 0, 0
	str := func(b *BaseType, v json.Value) {
		if n := len(v.Str()); b.Type == String && b.Enum == nil && n <= maxShared {
			text += n
		}
	}
	for _, m := range row.Members() {
		c := t.byName[m.Key]
		if c == nil {
			continue
		}
		e := m.Value.Elems()
		if len(e) != 2 || e[1].Kind() != json.Array {
			atoms++
			str(&c.Type.Key, m.Value)
			continue
		}
		isMap := c.Type.IsMap()
		for _, v := range e[1].Elems() {
			atoms++
			if !isMap {
				str(&c.Type.Key, v)
			} else if p := v.Elems(); len(p) == 2 {
				atoms++
				str(&c.Type.Value, p[1])
			}
		}
	}
	if atoms > 1<<12 {
		atoms = 0
	}
	d.room = room{}
	if atoms > 1 {
		d.room.atoms = make([]Atom, 0, atoms)
	}
	if text > 0 && text <= 1<<12 {
		d.room.text = make([]byte, 0, text)
	}
}

// take returns memory for n atoms.
func (r *room) take(n int) []Atom {
	at := len(r.atoms)
	if cap(r.atoms)-at < n {
		return make([]Atom, n)
	}
	r.atoms = r.atoms[:at+n]
	return r.atoms[at : at+n : at+n]
}

// keep returns a copy of s.
func (r *room) keep(s string) string {
	at := len(r.text)
	if len(s) == 0 || len(s) > maxShared || cap(r.text)-at < len(s) {
		return strings.Clone(s)
	}
	r.text = append(r.text, s...)
	return unsafe.String(&r.text[at], len(s))
}

// newRow returns a row of the table's default values.
func (t *TableSchema) newRow(u UUID) *Row {
	r := allocRow(len(t.defaults))
	r.uuid = u
	copy(r.fields, t.defaults)
	return r
}

// allocRow returns a row of n fields that follow it in memory.
func allocRow(n int) *Row {
	switch {
	case n <= 2:
		return withFields[[2]Datum](n)
	case n <= 4:
		return withFields[[4]Datum](n)
	case n <= 8:
		return withFields[[8]Datum](n)
	case n <= 12:
		return withFields[[12]Datum](n)
	case n <= 16:
		return withFields[[16]Datum](n)
	case n <= 24:
		return withFields[[24]Datum](n)
	case n <= 40:
		return withFields[[40]Datum](n)
	}
	return &Row{fields: make([]Datum, n)}
}

func withFields[F any](n int) *Row {
	w := new(struct {
		Row
		f F
	})
	w.fields = unsafe.Slice((*Datum)(unsafe.Pointer(&w.f)), n)
	return &w.Row
}
