package ovsdb

import (
	"slices"

	"govs/jsonrpc/json"
)

// decoder turns JSON values into datums.
type decoder struct {
	syms Symbols
	// keepKey, if set, returns the copy to be stored of a map's key, of which
	// a database has few.
	keepKey func(string) string
	room    room
	pairs   []Pair // scratch
}

// DatumFromJSON parses a <value> of type t and checks its constraints. syms,
// which may be nil, gives named-uuids their meaning.
func DatumFromJSON(t *Type, v json.Value, syms Symbols) (Datum, error) {
	d, err := (&decoder{syms: syms}).datum(t, v)
	return d, asError(err)
}

// AtomFromJSON parses an <atom> of type b and checks its constraints.
func AtomFromJSON(b *BaseType, v json.Value, syms Symbols) (Atom, error) {
	a, err := (&decoder{syms: syms}).atom(b, v)
	return a, asError(err)
}

func (d *decoder) atom(b *BaseType, v json.Value) (Atom, *Error) {
	return d.keptAtom(b, v, nil)
}

func (d *decoder) keptAtom(b *BaseType, v json.Value, keep func(string) string) (Atom, *Error) {
	if b.Enum != nil && b.Type == String {
		// The type has all values there can be.
		if i, ok := b.Enum.Find(StringAtom(v.Str())); ok && v.Kind() == json.String {
			return b.Enum.Key(i), nil
		}
	}
	a, err := d.anyAtom(b.Type, v, keep)
	if err == nil {
		err = b.check(a)
	}
	return a, err
}

func (d *decoder) mapKey(b *BaseType, v json.Value) (Atom, *Error) {
	if d.keepKey == nil || b.Type != String {
		return d.atom(b, v)
	}
	return d.keptAtom(b, v, d.keepKey)
}

// unwrap returns the inside of a ["class", [...]] pair.
func unwrap(v json.Value, class string) ([]json.Value, *Error) {
	e := v.Elems()
	if len(e) != 2 || e[0].Kind() != json.String || e[0].Str() != class || e[1].Kind() != json.Array {
		return nil, SyntaxErrorf(v, "", "expected [\"%s\", <array>]", class)
	}
	return e[1].Elems(), nil
}

func (d *decoder) datum(t *Type, v json.Value) (Datum, *Error) {
	isMap := t.IsMap()
	if e := v.Elems(); !isMap && (len(e) == 0 || e[0].Kind() != json.String || e[0].Str() != "set") {
		a, err := d.atom(&t.Key, v)
		if err != nil {
			return Datum{}, err
		}
		one := d.room.take(1)
		one[0] = a
		return rawDatum(one, 1, false), nil
	}
	class := "set"
	if isMap {
		class = "map"
	}
	in, err := unwrap(v, class)
	if err != nil {
		return Datum{}, err
	}
	if uint64(len(in)) < uint64(t.Min) || uint64(len(in)) > uint64(t.Max) {
		if t.Min == 1 && t.Max == 1 {
			return Datum{}, SyntaxErrorf(v, "", "%s must have exactly one member but %d are present", class, len(in))
		}
		return Datum{}, SyntaxErrorf(v, "", "%s must have %d to %d members but %d are present", class, t.Min, t.Max, len(in))
	}
	if len(in) == 0 {
		return Datum{}, nil
	}
	if !isMap {
		keys := d.room.take(len(in))
		for i, v := range in {
			if keys[i], err = d.atom(&t.Key, v); err != nil {
				return Datum{}, err
			}
		}
		if !slices.IsSortedFunc(keys, Atom.Compare) {
			slices.SortFunc(keys, Atom.Compare)
		}
		for i := 1; i < len(keys); i++ {
			if keys[i].Equal(keys[i-1]) {
				return Datum{}, &Error{Tag: "ovsdb error", Details: "set contains duplicate"}
			}
		}
		return rawDatum(keys, len(keys), false), nil
	}
	if cap(d.pairs) < len(in) {
		d.pairs = make([]Pair, len(in))
	}
	pairs := d.pairs[:len(in)]
	for i, v := range in {
		e := v.Elems()
		if len(e) != 2 {
			return Datum{}, SyntaxErrorf(v, "", "expected 2-element array")
		}
		if pairs[i].Key, err = d.mapKey(&t.Key, e[0]); err != nil {
			return Datum{}, err
		}
		if pairs[i].Value, err = d.atom(&t.Value, e[1]); err != nil {
			return Datum{}, err
		}
	}
	byKey := func(a, b Pair) int { return a.Key.Compare(b.Key) }
	if !slices.IsSortedFunc(pairs, byKey) {
		slices.SortFunc(pairs, byKey)
	}
	atoms := d.room.take(2 * len(pairs))
	for i, p := range pairs {
		if i > 0 && p.Key.Equal(pairs[i-1].Key) {
			return Datum{}, &Error{Tag: "ovsdb error", Details: "map contains duplicate key"}
		}
		atoms[i], atoms[len(pairs)+i] = p.Key, p.Value
	}
	return rawDatum(atoms, len(pairs), true), nil
}
