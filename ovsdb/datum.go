package ovsdb

import (
	"slices"
	"unsafe"

	"govs/jsonrpc/json"
)

// Datum is a column's immutable value: a sorted set of atoms without
// duplicates, or a map from such atoms to others. A scalar is a set of one. The
// zero Datum is the empty set and the empty map.
type Datum struct {
	p     *Atom // n keys, followed by n values if pairs is set
	n     uint32
	pairs bool
}

// Len returns the number of atoms, or of pairs.
func (d Datum) Len() int { return int(d.n) }

// Keys returns the atoms, or the map's keys, sorted. The caller must not
// change them.
func (d Datum) Keys() []Atom { return unsafe.Slice(d.p, int(d.n)) }

// Values returns the map's values in the order of Keys, or nil for a set.
func (d Datum) Values() []Atom {
	if !d.pairs {
		return nil
	}
	return unsafe.Slice(d.p, 2*int(d.n))[d.n:]
}

// Key returns the i-th atom.
func (d Datum) Key(i int) Atom { return d.Keys()[i] }

// Value returns the value of the map's i-th pair.
func (d Datum) Value(i int) Atom { return d.Values()[i] }

// rawDatum wraps atoms that are sorted already: keys, then values.
func rawDatum(atoms []Atom, n int, pairs bool) Datum {
	if n == 0 {
		return Datum{}
	}
	return Datum{unsafe.SliceData(atoms), uint32(n), pairs}
}

// Scalar returns the set of one atom.
func Scalar(a Atom) Datum { return Datum{&a, 1, false} }

// NewSet returns the set of keys, which it sorts and keeps. Duplicates are
// dropped.
func NewSet(keys ...Atom) Datum {
	slices.SortFunc(keys, Atom.Compare)
	keys = slices.CompactFunc(keys, Atom.Equal)
	return rawDatum(keys, len(keys), false)
}

// Pair is one entry of a map.
type Pair struct{ Key, Value Atom }

// NewMap returns the map of pairs, which it sorts. Of pairs with the same key
// the first counts.
func NewMap(pairs ...Pair) Datum {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return a.Key.Compare(b.Key) })
	pairs = slices.CompactFunc(pairs, func(a, b Pair) bool { return a.Key.Equal(b.Key) })
	atoms := make([]Atom, 2*len(pairs))
	for i, p := range pairs {
		atoms[i], atoms[len(pairs)+i] = p.Key, p.Value
	}
	return rawDatum(atoms, len(pairs), true)
}

// StringSet returns the set of strings.
func StringSet(s ...string) Datum {
	a := make([]Atom, len(s))
	for i, s := range s {
		a[i] = StringAtom(s)
	}
	return NewSet(a...)
}

// UUIDSet returns the set of UUIDs.
func UUIDSet(u ...UUID) Datum {
	a := make([]Atom, len(u))
	for i, u := range u {
		a[i] = UUIDAtom(u)
	}
	return NewSet(a...)
}

// StringMap returns the map m.
func StringMap(m map[string]string) Datum {
	p := make([]Pair, 0, len(m))
	for k, v := range m {
		p = append(p, Pair{StringAtom(k), StringAtom(v)})
	}
	return NewMap(p...)
}

// Str returns the first atom of a set of strings, or "".
func (d Datum) Str() string {
	if d.n == 0 {
		return ""
	}
	return d.p.Str()
}

// Int returns the first atom of a set of integers, or 0.
func (d Datum) Int() int64 {
	if d.n == 0 {
		return 0
	}
	return d.p.Int()
}

// Bool returns the first atom of a set of booleans, or false.
func (d Datum) Bool() bool { return d.n > 0 && d.p.Bool() }

// UUID returns the first atom of a set of UUIDs, or the zero UUID.
func (d Datum) UUID() UUID {
	if d.n == 0 {
		return UUID{}
	}
	return d.p.UUID()
}

// Strings returns the atoms of a set of strings.
func (d Datum) Strings() []string {
	s := make([]string, d.n)
	for i, a := range d.Keys() {
		s[i] = a.Str()
	}
	return s
}

// UUIDs returns the atoms of a set of UUIDs.
func (d Datum) UUIDs() []UUID {
	s := make([]UUID, d.n)
	for i, a := range d.Keys() {
		s[i] = a.UUID()
	}
	return s
}

// StringMap returns a map of strings to strings.
func (d Datum) StringMap() map[string]string {
	m := make(map[string]string, d.n)
	v := d.Values()
	for i, a := range d.Keys() {
		m[a.Str()] = v[i].Str()
	}
	return m
}

// Find returns the position of key, and whether it is there.
func (d Datum) Find(key Atom) (int, bool) {
	keys := d.Keys()
	if len(keys) == 1 {
		c := keys[0].Compare(key)
		if c < 0 {
			return 1, false
		}
		return 0, c == 0
	}
	return slices.BinarySearchFunc(keys, key, Atom.Compare)
}

// Get returns the value of key in a map of strings to strings.
func (d Datum) Get(key string) (string, bool) {
	if i, ok := d.Find(StringAtom(key)); ok && d.pairs {
		return d.Values()[i].Str(), true
	}
	return "", false
}

// Equal reports whether two datums of the same type are the same.
func (d Datum) Equal(e Datum) bool {
	return d.n == e.n && (d.p == e.p ||
		slices.EqualFunc(d.Keys(), e.Keys(), Atom.Equal) && slices.EqualFunc(d.Values(), e.Values(), Atom.Equal))
}

// Compare orders datums of the same type: by their keys, then their values,
// position by position, shorter ones first.
func (d Datum) Compare(e Datum) int {
	if d.n != e.n {
		if d.n < e.n {
			return -1
		}
		return 1
	}
	if c := slices.CompareFunc(d.Keys(), e.Keys(), Atom.Compare); c != 0 {
		return c
	}
	return slices.CompareFunc(d.Values(), e.Values(), Atom.Compare)
}

// IncludesAll reports whether d has every element (with the same value, for
// maps) of sub.
func (d Datum) IncludesAll(sub Datum) bool {
	if sub.n > d.n {
		return false
	}
	return sub.eachIn(d, true)
}

// ExcludesAll reports whether d has no element of other.
func (d Datum) ExcludesAll(other Datum) bool { return other.eachIn(d, false) }

func (d Datum) eachIn(e Datum, want bool) bool {
	dv, ev := d.Values(), e.Values()
	for i, k := range d.Keys() {
		j, ok := e.Find(k)
		if ok && d.pairs {
			ok = dv[i].Equal(ev[j])
		}
		if ok != want {
			return false
		}
	}
	return true
}

// Union returns d with the elements of e that d lacks; a map keeps its own
// value where both have a key.
func (d Datum) Union(e Datum) Datum {
	return merge(d, e, func(side int, same bool) bool { return true })
}

// Subtract returns d without the elements of e; a map loses pairs whose key
// and value are both in e.
func (d Datum) Subtract(e Datum) Datum {
	dv, ev := d.Values(), e.Values()
	return d.filter(func(i int) bool {
		j, ok := e.Find(d.Key(i))
		return !ok || dv != nil && ev != nil && !dv[i].Equal(ev[j])
	})
}

// filter returns the elements at the positions that keep accepts.
func (d Datum) filter(keep func(i int) bool) Datum {
	var at []int
	for i := range d.Len() {
		if keep(i) {
			at = append(at, i)
		}
	}
	if len(at) == d.Len() {
		return d
	}
	width := 1
	if d.pairs {
		width = 2
	}
	atoms := make([]Atom, width*len(at))
	for j, i := range at {
		atoms[j] = d.Key(i)
		if d.pairs {
			atoms[len(at)+j] = d.Value(i)
		}
	}
	return rawDatum(atoms, len(at), d.pairs)
}

// merge walks two datums in order. take is asked for every key of one side
// only (0 or 1), and for a key of both with side 2 whose values are the same or
// not; the value then is d's.
func merge(d, e Datum, take func(side int, same bool) bool) Datum {
	if e.n == 0 && take(0, false) {
		return d
	}
	if d.n == 0 && take(1, false) {
		return e
	}
	pairs := d.pairs || e.pairs
	max := d.Len() + e.Len()
	keys := make([]Atom, 0, max)
	var vals []Atom
	if pairs {
		vals = make([]Atom, 0, max)
	}
	add := func(x Datum, i int) {
		keys = append(keys, x.Key(i))
		if pairs {
			vals = append(vals, x.Value(i))
		}
	}
	i, j := 0, 0
	for i < d.Len() || j < e.Len() {
		c := -1
		if i == d.Len() {
			c = 1
		} else if j < e.Len() {
			c = d.Key(i).Compare(e.Key(j))
		}
		switch {
		case c < 0:
			if take(0, false) {
				add(d, i)
			}
			i++
		case c > 0:
			if take(1, false) {
				add(e, j)
			}
			j++
		default:
			if take(2, !pairs || d.Value(i).Equal(e.Value(j))) {
				add(d, i)
			}
			i++
			j++
		}
	}
	n := len(keys)
	return rawDatum(append(keys, vals...), n, pairs)
}

// Diff returns what Apply needs to turn d into e, both of type t: the new
// value itself for a type of at most one element; else the elements that are
// in one of them only, and for maps also the pairs whose value changes, with
// the new value (ovsdb-server(7), update2).
func (d Datum) Diff(e Datum, t *Type) Datum {
	if t.Max <= 1 {
		return e
	}
	// e first, so that changed pairs carry the new value.
	return merge(e, d, func(side int, same bool) bool { return side != 2 || !same })
}

// Apply undoes Diff: it returns the value that diff turns d into. The error is
// that the result breaks t's size.
func (d Datum) Apply(diff Datum, t *Type) (Datum, error) {
	if t.Max <= 1 {
		return diff, nil
	}
	r := merge(diff, d, func(side int, same bool) bool { return side != 2 || !same })
	if r.n < t.Min || r.n > t.Max {
		return Datum{}, Errorf("constraint violation", "Datum crated by diff has size error")
	}
	return r, nil
}

// AppendJSON appends the datum's <value> form. A set of one is written as its
// atom.
func (d Datum) AppendJSON(dst []byte, t *Type) []byte {
	if t.IsMap() {
		dst = append(dst, `["map",[`...)
		v := d.Values()
		for i, k := range d.Keys() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(k.AppendJSON(append(dst, '[')), ',')
			dst = append(v[i].AppendJSON(dst), ']')
		}
		return append(dst, `]]`...)
	}
	if d.n == 1 {
		return d.p.AppendJSON(dst)
	}
	dst = append(dst, `["set",[`...)
	for i, k := range d.Keys() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = k.AppendJSON(dst)
	}
	return append(dst, `]]`...)
}

// JSON returns the datum's <value> form.
func (d Datum) JSON(t *Type) json.Value {
	if !t.IsMap() && d.n == 1 {
		return d.p.JSON()
	}
	kind := "set"
	e := make([]json.Value, d.n)
	for i, k := range d.Keys() {
		e[i] = k.JSON()
		if t.IsMap() {
			e[i] = json.Arr(e[i], d.Value(i).JSON())
		}
	}
	if t.IsMap() {
		kind = "map"
	}
	return json.Arr(json.Str(kind), json.Arr(e...))
}
