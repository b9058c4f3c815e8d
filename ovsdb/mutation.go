package ovsdb

import (
	"math"
	"slices"

	"govs/jsonrpc/json"
)

// Mutator is what a mutation does to a column.
type Mutator uint8

// The mutators of RFC 7047 section 5.1.
const (
	MutAdd Mutator = iota
	MutSub
	MutMul
	MutDiv
	MutMod
	MutInsert
	MutDelete
	numMutators
)

var mutatorNames = [numMutators]string{"+=", "-=", "*=", "/=", "%=", "insert", "delete"}

func (m Mutator) String() string { return mutatorNames[m] }

// Mutation is one <mutation>: a change of a column by an argument.
type Mutation struct {
	Column  *Column
	Mutator Mutator
	Arg     Datum
}

func (d *decoder) mutations(t *TableSchema, v json.Value) ([]Mutation, *Error) {
	if v.Kind() != json.Array {
		return nil, SyntaxErrorf(v, "", "array expected")
	}
	ms := make([]Mutation, len(v.Elems()))
	for i, e := range v.Elems() {
		var err *Error
		if ms[i], err = d.mutation(t, e); err != nil {
			return nil, err
		}
	}
	return ms, nil
}

func (d *decoder) mutation(t *TableSchema, v json.Value) (Mutation, *Error) {
	e := v.Elems()
	if len(e) != 3 || e[0].Kind() != json.String || e[1].Kind() != json.String {
		return Mutation{}, SyntaxErrorf(v, "", "Parse error in mutation.")
	}
	c := t.byName[e[0].Str()]
	if c == nil {
		return Mutation{}, SyntaxErrorf(v, "unknown column", "No column %s in table %s.", e[0].Str(), t.Name)
	}
	if !c.Mutable {
		return Mutation{}, SyntaxErrorf(v, "constraint violation", "Cannot mutate immutable column %s in table %s.", c.Name, t.Name)
	}
	m := Mutation{Column: c, Mutator: numMutators}
	for i, name := range mutatorNames {
		if name == e[1].Str() {
			m.Mutator = Mutator(i)
		}
	}
	typ := c.Type
	mismatch := func() (Mutation, *Error) {
		return Mutation{}, SyntaxErrorf(v, "", "Type mismatch: \"%s\" operator may not be applied to column %s of type %s.", e[1].Str(), c.Name, typ.English())
	}
	var err *Error
	switch m.Mutator {
	case numMutators:
		return Mutation{}, Errorf("unknown mutator", "No mutator named %s.", e[1].Str())
	case MutInsert, MutDelete:
		if !typ.IsMap() && typ.IsScalar() {
			return mismatch()
		}
		typ.Min = 0
		if m.Mutator == MutDelete {
			typ.Max = Unlimited
		}
		m.Arg, err = d.datum(&typ, e[2])
		if err != nil && typ.IsMap() && m.Mutator == MutDelete {
			// A map loses whole pairs, or keys whatever their value.
			typ.Value = NewBase(Void)
			m.Arg, err = d.datum(&typ, e[2])
		}
		return m, err
	}
	if typ.IsMap() || typ.Key.Type != Integer && (typ.Key.Type != Real || m.Mutator == MutMod) {
		return mismatch()
	}
	scalar := ScalarType(typ.Key.Type)
	m.Arg, err = d.datum(&scalar, e[2])
	return m, err
}

// apply returns what the mutation makes of a value.
func (m *Mutation) apply(old Datum) (Datum, *Error) {
	t := &m.Column.Type
	var d Datum
	switch m.Mutator {
	case MutInsert:
		d = old.Union(m.Arg)
	case MutDelete:
		d = old.Subtract(m.Arg)
	default:
		return m.arithmetic(old)
	}
	if d.n < t.Min || d.n > t.Max {
		return Datum{}, Errorf("constraint violation", "Attempted to store %d elements in %s.", d.n, t.English())
	}
	return d, nil
}

func (m *Mutation) arithmetic(old Datum) (Datum, *Error) {
	keys := slices.Clone(old.Keys())
	arg := *m.Arg.p
	for i, a := range keys {
		var err *Error
		if a.Type() == Integer {
			var n int64
			n, err = m.ints(a.Int(), arg.Int())
			keys[i] = IntAtom(n)
		} else {
			var f float64
			f, err = m.reals(a.Real(), arg.Real())
			keys[i] = RealAtom(f)
		}
		if err == nil {
			err = m.Column.Type.Key.check(keys[i])
		}
		if err != nil {
			return Datum{}, err
		}
	}
	n := len(keys)
	d := NewSet(keys...)
	if d.Len() != n {
		return Datum{}, Errorf("constraint violation", "Result of \"%s\" operation contains duplicates.", m.Mutator)
	}
	return d, nil
}

func (m *Mutation) outOfRange() *Error {
	return Errorf("range error", "Result of \"%s\" operation is out of range.", m.Mutator)
}

func (m *Mutation) ints(x, y int64) (int64, *Error) {
	switch m.Mutator {
	case MutAdd:
		if s := x + y; (s > x) == (y > 0) {
			return s, nil
		}
	case MutSub:
		if s := x - y; (s < x) == (y > 0) {
			return s, nil
		}
	case MutMul:
		if x == 0 || y == 0 {
			return 0, nil
		}
		if p := x * y; p/y == x && !(x == -1 && y == math.MinInt64) && !(y == -1 && x == math.MinInt64) {
			return p, nil
		}
	default:
		if y == 0 {
			return 0, &Error{Tag: "domain error", Details: "Division by zero."}
		}
		if x == math.MinInt64 && y == -1 {
			break
		}
		if m.Mutator == MutMod {
			return x % y, nil
		}
		return x / y, nil
	}
	return 0, m.outOfRange()
}

func (m *Mutation) reals(x, y float64) (float64, *Error) {
	var r float64
	switch m.Mutator {
	case MutAdd:
		r = x + y
	case MutSub:
		r = x - y
	case MutMul:
		r = x * y
	case MutDiv:
		if y == 0 {
			return 0, &Error{Tag: "domain error", Details: "Division by zero."}
		}
		r = x / y
	}
	if math.IsInf(r, 0) || math.IsNaN(r) {
		return 0, m.outOfRange()
	}
	return r, nil
}
