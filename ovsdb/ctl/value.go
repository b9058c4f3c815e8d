package ctl

import (
	"fmt"
	"strings"

	"govs/ovsdb"
)

// symbols are the rows that "@name" stands for.
type symbols struct {
	byName map[string]*symbol
	order  []string
	weak   bool // the value being parsed is in a weak reference
	strong bool
}

type symbol struct {
	uuid         ovsdb.UUID
	created      bool // by create, or found by get
	strong, weak bool // references seen
	looked       bool // used in a value
}

func (s *symbols) get(name string) *symbol {
	y := s.byName[name]
	if y == nil {
		y = &symbol{uuid: ovsdb.NewUUID()}
		s.byName[name] = y
		s.order = append(s.order, name)
	}
	return y
}

// Symbol gives a name in a value its UUID.
func (s *symbols) Symbol(name string) ovsdb.UUID {
	y := s.get(name)
	y.looked = true
	y.strong = y.strong || s.strong
	y.weak = y.weak || s.weak
	return y.uuid
}

// in notes what a reference in a value of base means.
func (s *symbols) in(t *ovsdb.Type) *symbols {
	base := &t.Key
	if t.IsMap() && t.Value.RefTable != "" {
		base = &t.Value
	}
	s.weak = base.RefTable != "" && base.RefType == ovsdb.Weak
	s.strong = base.RefTable != "" && base.RefType == ovsdb.Strong
	return s
}

// define is for --id=@name on a command that makes or finds a row.
func (s *symbols) define(id string) (*symbol, error) {
	if !strings.HasPrefix(id, "@") {
		return nil, fmt.Errorf("row id \"%s\" does not begin with \"@\"", id)
	}
	y := s.get(id)
	if y.created {
		return nil, fmt.Errorf("row id \"%s\" may only be specified on one --id option", id)
	}
	y.created = true
	return y, nil
}

// setting is COLUMN[:KEY] followed by an operator and a value.
type setting struct {
	column *ovsdb.Column
	key    string
	hasKey bool
	op     string
	value  string
}

// splitSetting takes an argument apart as far as the column, and finds that.
// ops lists the operators that may follow, longest first; none: they may not.
func splitSetting(t *ovsdb.TableSchema, arg string, ops []string) (s setting, err error) {
	name, rest, err := ovsdb.ScanToken(arg)
	if err != nil {
		return s, err
	}
	if name == "" {
		return s, fmt.Errorf("%s: missing column name", arg)
	}
	if s.column, err = findColumn(t, name); err != nil {
		return s, err
	}
	if strings.HasPrefix(rest, ":") {
		s.hasKey = true
		if s.key, rest, err = ovsdb.ScanToken(rest[1:]); err != nil {
			return s, err
		}
	}
	if ops == nil {
		if rest != "" {
			return s, fmt.Errorf("%s: trailing garbage \"%s\" in argument", arg, rest)
		}
		return s, nil
	}
	for _, op := range ops {
		if strings.HasPrefix(rest, op) && len(rest) > len(op) {
			s.op, s.value = op, rest[len(op):]
			break
		}
	}
	if s.op == "" {
		if len(ops) == 1 {
			return s, fmt.Errorf("%s: argument does not end in \"=\" followed by a value.", arg)
		}
		return s, fmt.Errorf("%s: argument does not end in \"=\", \"!=\", \"<\", \">\", \"<=\", \">=\", \"{=}\", \"{!=}\", \"{<}\", \"{>}\", \"{<=}\", \"{>=}\", \"{in}\", or \"{not-in}\" followed by a value.", arg)
	}
	return s, nil
}

var assign = []string{"="}

// Operators of conditions, longest first.
var operators = []string{"{not-in}", "{in}", "{!=}", "{<=}", "{>=}", "{=}", "{<}", "{>}", "!=", "<=", ">=", "=", "<", ">"}

// datum parses a value of type t.
func (c *Context) datum(t *ovsdb.Type, s string) (ovsdb.Datum, error) {
	return ovsdb.ParseDatum(t, s, c.symbols.in(t))
}

// keyOf parses the key of a setting of a map.
func (c *Context) keyOf(s setting) (ovsdb.Atom, error) {
	t := ovsdb.Type{Key: s.column.Type.Key, Value: ovsdb.NewBase(ovsdb.Void), Min: 1, Max: 1}
	return ovsdb.ParseAtom(&s.column.Type.Key, s.key, c.symbols.in(&t))
}

// holds reports whether have satisfies a condition.
func (c *Context) holds(s setting, have ovsdb.Datum) (bool, error) {
	if !s.hasKey {
		t := s.column.Type
		t.Min = min(t.Min, 1)
		want, err := c.datum(&t, s.value)
		return err == nil && compare(have, want, s.op), err
	}
	if !s.column.Type.IsMap() {
		return false, fmt.Errorf("cannot specify key to check for non-map column %s", s.column.Name)
	}
	key, err := c.keyOf(s)
	if err != nil {
		return false, err
	}
	t := s.column.Type
	t.Key, t.Value = t.Value, ovsdb.NewBase(ovsdb.Void)
	want, err := c.datum(&t, s.value)
	if err != nil {
		return false, err
	}
	i, ok := have.Find(key)
	if !ok {
		return strings.HasPrefix(s.op, "{") && compare(ovsdb.Datum{}, want, s.op), nil
	}
	return compare(ovsdb.Scalar(have.Value(i)), want, s.op), nil
}

// compare applies an operator. Those in braces compare sets, the others order
// values by size and then by elements.
func compare(a, b ovsdb.Datum, op string) bool {
	switch op {
	case "=", "{=}":
		return a.Compare(b) == 0
	case "!=", "{!=}":
		return a.Compare(b) != 0
	case "<":
		return a.Compare(b) < 0
	case ">":
		return a.Compare(b) > 0
	case "<=":
		return a.Compare(b) <= 0
	case ">=":
		return a.Compare(b) >= 0
	case "{<}":
		return a.Len() < b.Len() && b.IncludesAll(a)
	case "{>}":
		return b.Len() < a.Len() && a.IncludesAll(b)
	case "{<=}", "{in}":
		return b.IncludesAll(a)
	case "{>=}":
		return a.IncludesAll(b)
	}
	return a.ExcludesAll(b) // {not-in}
}
