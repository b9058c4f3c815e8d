package ovsdb

import (
	"govs/jsonrpc/json"
)

// Function is a condition's relation.
type Function uint8

// The functions of RFC 7047 section 5.1. FuncFalse and FuncTrue are clauses of
// their own, an extension of ovsdb-server(7).
const (
	FuncFalse Function = iota
	FuncTrue
	FuncLT
	FuncLE
	FuncEQ
	FuncGE
	FuncGT
	FuncNE
	FuncExcludes
	FuncIncludes
)

var functionNames = [...]string{"false", "true", "<", "<=", "==", ">=", ">", "!=", "excludes", "includes"}

func (f Function) String() string { return functionNames[f] }

// Clause is one <condition>: a column's relation to a constant.
type Clause struct {
	Column *Column // nil for FuncFalse and FuncTrue
	Func   Function
	Arg    Datum
}

// Condition is a conjunction of clauses; an empty one holds for every row.
type Condition []Clause

func (d *decoder) clause(t *TableSchema, v json.Value) (Clause, *Error) {
	if v.IsBool() {
		if v.Bool() {
			return Clause{Func: FuncTrue}, nil
		}
		return Clause{Func: FuncFalse}, nil
	}
	e := v.Elems()
	if len(e) != 3 || e[0].Kind() != json.String || e[1].Kind() != json.String {
		return Clause{}, SyntaxErrorf(v, "", "Parse error in condition.")
	}
	c := t.byName[e[0].Str()]
	if c == nil {
		return Clause{}, SyntaxErrorf(v, "unknown column", "No column %s in table %s.", e[0].Str(), t.Name)
	}
	cl := Clause{Column: c}
	for f := FuncLT; f <= FuncIncludes; f++ {
		if functionNames[f] == e[1].Str() {
			cl.Func = f
		}
	}
	typ := c.Type
	switch cl.Func {
	case FuncFalse:
		return Clause{}, Errorf("unknown function", "No function named %s.", e[1].Str())
	case FuncLT, FuncLE, FuncGE, FuncGT:
		num := typ.Key.Type == Integer || typ.Key.Type == Real
		if !num || !typ.IsScalar() && !typ.IsOptionalScalar() {
			return Clause{}, SyntaxErrorf(v, "", "Type mismatch: \"%s\" operator may not be applied to column %s of type %s.", e[1].Str(), c.Name, typ.English())
		}
		typ.Min = 1
	case FuncIncludes:
		if !typ.IsScalar() {
			typ.Min = 0
		}
	case FuncExcludes:
		if !typ.IsScalar() {
			typ.Min, typ.Max = 0, Unlimited
		}
	}
	var err *Error
	cl.Arg, err = d.datum(&typ, e[2])
	return cl, err
}

func (d *decoder) condition(t *TableSchema, v json.Value) (Condition, *Error) {
	if v.Kind() != json.Array {
		return nil, SyntaxErrorf(v, "", "array expected")
	}
	cond := make(Condition, len(v.Elems()))
	for i, e := range v.Elems() {
		var err *Error
		if cond[i], err = d.clause(t, e); err != nil {
			return nil, err
		}
	}
	return cond, nil
}

// ParseCondition parses an array of clauses on table t.
func ParseCondition(t *TableSchema, v json.Value) (Condition, error) {
	c, err := (&decoder{}).condition(t, v)
	return c, asError(err)
}

// Match reports whether the clause holds for a row.
func (c *Clause) Match(r *Row) bool {
	if c.Func <= FuncTrue {
		return c.Func == FuncTrue
	}
	if c.Column.Index == ColUUID && c.Arg.n == 1 {
		eq := c.Arg.p.UUID() == r.uuid
		if c.Func == FuncNE || c.Func == FuncExcludes {
			return !eq
		}
		return eq
	}
	d := r.Get(c.Column)
	switch c.Func {
	case FuncEQ:
		return d.Equal(c.Arg)
	case FuncNE:
		return !d.Equal(c.Arg)
	case FuncIncludes:
		return d.IncludesAll(c.Arg)
	case FuncExcludes:
		return d.ExcludesAll(c.Arg)
	}
	if d.n == 0 || c.Arg.n == 0 {
		return false
	}
	switch cmp := d.p.Compare(*c.Arg.p); c.Func {
	case FuncLT:
		return cmp < 0
	case FuncLE:
		return cmp <= 0
	case FuncGE:
		return cmp >= 0
	default:
		return cmp > 0
	}
}

// Match reports whether all clauses hold for a row.
func (cond Condition) Match(r *Row) bool {
	for i := range cond {
		if !cond[i].Match(r) {
			return false
		}
	}
	return true
}

// MatchAny reports whether any clause holds: the meaning of conditions in
// monitor_cond. An empty condition holds for every row.
func (cond Condition) MatchAny(r *Row) bool {
	for i := range cond {
		if cond[i].Match(r) {
			return true
		}
	}
	return len(cond) == 0
}

// uuid returns the UUID the condition demands, if it begins with one.
func (cond Condition) uuid() (UUID, bool) {
	for i := range cond {
		if c := &cond[i]; c.Column != nil && c.Column.Index == ColUUID && c.Arg.n == 1 && (c.Func == FuncEQ || c.Func == FuncIncludes) {
			return c.Arg.p.UUID(), true
		}
	}
	return UUID{}, false
}

// JSON returns the clause's form.
func (c *Clause) JSON() json.Value {
	if c.Func <= FuncTrue {
		return json.Bool(c.Func == FuncTrue)
	}
	return json.Arr(json.Str(c.Column.Name), json.Str(c.Func.String()), c.Arg.JSON(&c.Column.Type))
}
