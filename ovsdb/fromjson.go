package ovsdb

import (
	"slices"
	"strings"

	"govs/jsonrpc/json"
)

// decoder turns JSON values into datums.
type decoder struct {
	syms Symbols
	// keep returns the copy of a string to be stored. Keys of maps, of which
	// a database has few, go through keepKey, if it is set.
	keep, keepKey func(string) string
}

var plainDecoder = decoder{keep: strings.Clone}

// DatumFromJSON parses a <value> of type t and checks its constraints. syms,
// which may be nil, gives named-uuids their meaning.
func DatumFromJSON(t *Type, v json.Value, syms Symbols) (Datum, error) {
	d, err := (&decoder{syms: syms, keep: strings.Clone}).datum(t, v)
	return d, asError(err)
}

// AtomFromJSON parses an <atom> of type b and checks its constraints.
func AtomFromJSON(b *BaseType, v json.Value, syms Symbols) (Atom, error) {
	a, err := (&decoder{syms: syms, keep: strings.Clone}).atom(b, v)
	return a, asError(err)
}

func (d *decoder) atom(b *BaseType, v json.Value) (Atom, *Error) {
	a, err := atomFromJSON(b.Type, v, d.syms, d.keep)
	if err == nil {
		err = b.check(a)
	}
	return a, err
}

func (d *decoder) mapKey(b *BaseType, v json.Value) (Atom, *Error) {
	if d.keepKey == nil || b.Type != String {
		return d.atom(b, v)
	}
	return (&decoder{syms: d.syms, keep: d.keepKey}).atom(b, v)
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
		return Scalar(a), nil
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
		keys := make([]Atom, len(in))
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
	pairs := make([]Pair, len(in))
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
	m := NewMap(pairs...)
	if m.Len() != len(pairs) {
		return Datum{}, &Error{Tag: "ovsdb error", Details: "map contains duplicate key"}
	}
	return m, nil
}
