package ovsdb

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"govs/cli"
	"govs/jsonrpc/json"
)

// Column is one column of a table.
type Column struct {
	Name       string
	Index      int // in TableSchema.Columns
	Mutable    bool
	Persistent bool // false: "ephemeral", not kept on disk
	Type       Type
}

// The first columns of every table.
const (
	ColUUID = iota
	ColVersion
	FirstColumn // where a table's own columns begin
)

// TableSchema describes a table. Columns begins with _uuid and _version and
// goes on with the table's own, sorted by name.
type TableSchema struct {
	Name    string
	Index   int // in Schema.Tables
	Columns []*Column
	Mutable bool
	IsRoot  bool // rows live without references
	MaxRows uint32
	Indexes [][]*Column

	byName map[string]*Column
	// strong and weak are the columns that hold such references; kind of
	// empty if the table has none.
	strong, weak []*Column
	// defaults is a new row's fields.
	defaults []Datum
}

// Column returns the column called name, or nil.
func (t *TableSchema) Column(name string) *Column { return t.byName[name] }

// Own returns the columns without _uuid and _version.
func (t *TableSchema) Own() []*Column { return t.Columns[FirstColumn:] }

// Schema describes a database. Tables are sorted by name.
type Schema struct {
	Name, Version, Cksum string
	Tables               []*TableSchema

	byName map[string]*TableSchema
}

// Table returns the table called name, or nil.
func (s *Schema) Table(name string) *TableSchema { return s.byName[name] }

// LoadSchema reads an .ovsschema file.
func LoadSchema(path string) (*Schema, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v, err := json.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ParseSchema(v)
}

// ReadSchema is LoadSchema with errors in the words of the tools.
func ReadSchema(path string) (*Schema, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read schema: \"%s\" could not be read as JSON (error opening \"%s\": %s)", path, path, cli.Strerror(err))
	}
	v, err := json.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("failed to read schema: \"%s\" could not be read as JSON (%v)", path, err)
	}
	s, err := ParseSchema(v)
	var e *Error
	if errors.As(err, &e) {
		e.Details = fmt.Sprintf("failed to parse \"%s\" as ovsdb schema: %s", path, e.Details)
	}
	return s, err
}

// validVersion reports whether s is x.y.z.
func validVersion(s string) bool {
	part := strings.Split(s, ".")
	if len(part) != 3 {
		return false
	}
	for _, p := range part {
		if p == "" || len(p) > 9 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// ParseSchema parses a <database-schema> (RFC 7047 section 3.2).
func ParseSchema(v json.Value) (*Schema, error) {
	s, err := parseSchema(v)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parseSchema(v json.Value) (*Schema, *Error) {
	p := parseObject(v, named("database schema"))
	name, _ := p.member("name", mID)
	version, hasVersion := p.member("version", mString|mOptional)
	cksum, _ := p.member("cksum", mString|mOptional)
	tables, _ := p.member("tables", mObject)
	if err := p.finish(); err != nil {
		return nil, err
	}
	if hasVersion && !validVersion(version.Str()) {
		return nil, SyntaxErrorf(v, "", "schema version \"%s\" not in format x.y.z", version.Str())
	}
	s := &Schema{Name: strings.Clone(name.Str()), Version: strings.Clone(version.Str()), Cksum: strings.Clone(cksum.Str()), byName: map[string]*TableSchema{}}
	for _, m := range sortedMembers(tables) {
		if m.Key != "" && m.Key[0] == '_' {
			return nil, SyntaxErrorf(v, "", "names beginning with \"_\" are reserved")
		}
		if !isID(m.Key) {
			return nil, SyntaxErrorf(v, "", "name must be a valid id")
		}
		t, err := tableFromJSON(m.Value, m.Key)
		if err != nil {
			return nil, err
		}
		t.Index = len(s.Tables)
		s.Tables = append(s.Tables, t)
		s.byName[t.Name] = t
	}
	// Schemas from before isRoot existed: without one, all tables are roots.
	if !slices.ContainsFunc(s.Tables, func(t *TableSchema) bool { return t.IsRoot }) {
		for _, t := range s.Tables {
			t.IsRoot = true
		}
	}
	for _, t := range s.Tables {
		for _, c := range t.Own() {
			for _, b := range []struct {
				*BaseType
				what string
			}{{&c.Type.Key, "key"}, {&c.Type.Value, "value"}} {
				if b.Type != UUIDType || b.RefTable == "" {
					continue
				}
				ref := s.byName[b.RefTable]
				if ref == nil {
					return nil, SyntaxErrorf(json.Value{}, "", "column %s %s refers to undefined table %s", c.Name, b.what, b.RefTable).NoSyntax()
				}
				// A reference from memory to disk would keep rows alive
				// that nothing on disk refers to.
				if b.RefType == Strong && !ref.IsRoot {
					c.Persistent = true
				}
				// A weak reference goes when its row goes.
				if b.RefType == Weak {
					c.Mutable = true
				}
			}
		}
	}
	for _, t := range s.Tables {
		t.finish()
	}
	return s, nil
}

// NoSyntax returns the error without the JSON text at fault.
func (e *Error) NoSyntax() *Error {
	e.Syntax = ""
	return e
}

func sortedMembers(v json.Value) []json.Member {
	m := slices.Clone(v.Members())
	slices.SortFunc(m, func(a, b json.Member) int { return strings.Compare(a.Key, b.Key) })
	return m
}

func tableFromJSON(v json.Value, name string) (*TableSchema, *Error) {
	p := parseObject(v, subject{kind: "table schema for table ", name: name})
	columns, _ := p.member("columns", mObject)
	mutable, hasMutable := p.member("mutable", mBool|mOptional)
	maxRows, hasMax := p.member("maxRows", mInteger|mOptional)
	isRoot, _ := p.member("isRoot", mBool|mOptional)
	indexes, _ := p.member("indexes", mArray|mOptional)
	if err := p.finish(); err != nil {
		return nil, err
	}
	t := &TableSchema{Name: strings.Clone(name), Mutable: true, IsRoot: isRoot.Bool(), MaxRows: Unlimited, byName: map[string]*Column{}}
	if hasMutable {
		t.Mutable = mutable.Bool()
	}
	if hasMax {
		if maxRows.Int() <= 0 {
			return nil, SyntaxErrorf(v, "", "maxRows must be at least 1")
		}
		if maxRows.Int() < math.MaxUint32 {
			t.MaxRows = uint32(maxRows.Int())
		}
	}
	if len(columns.Members()) == 0 {
		return nil, SyntaxErrorf(v, "", "table must have at least one column")
	}
	uuid, version := &Column{Name: "_uuid", Type: ScalarType(UUIDType)}, &Column{Name: "_version", Type: ScalarType(UUIDType)}
	uuid.Persistent = true
	t.add(uuid)
	t.add(version)
	for _, m := range sortedMembers(columns) {
		if m.Key != "" && m.Key[0] == '_' {
			return nil, SyntaxErrorf(v, "", "names beginning with \"_\" are reserved")
		}
		if !isID(m.Key) {
			return nil, SyntaxErrorf(v, "", "name must be a valid id")
		}
		c, err := columnFromJSON(m.Value, m.Key)
		if err != nil {
			return nil, err
		}
		t.add(c)
	}
	for _, in := range indexes.Elems() {
		cols, err := t.columnSet(in)
		if err != nil {
			return nil, err
		}
		if len(cols) == 0 {
			return nil, SyntaxErrorf(v, "", "index must have at least one column")
		}
		for _, c := range cols {
			if !c.Persistent {
				return nil, SyntaxErrorf(v, "", "ephemeral columns (such as %s) may not be indexed", c.Name)
			}
		}
		t.Indexes = append(t.Indexes, cols)
	}
	return t, nil
}

func (t *TableSchema) add(c *Column) {
	c.Index = len(t.Columns)
	t.Columns = append(t.Columns, c)
	t.byName[c.Name] = c
}

// finish derives what rows of the table need.
func (t *TableSchema) finish() {
	for _, c := range t.Own() {
		t.defaults = append(t.defaults, c.Type.Default())
		has := func(r RefType) bool {
			return c.Type.Key.RefTable != "" && c.Type.Key.RefType == r || c.Type.Value.RefTable != "" && c.Type.Value.RefType == r
		}
		if has(Strong) {
			t.strong = append(t.strong, c)
		}
		if has(Weak) {
			t.weak = append(t.weak, c)
		}
	}
}

func columnFromJSON(v json.Value, name string) (*Column, *Error) {
	p := parseObject(v, subject{kind: "schema for column ", name: name})
	mutable, hasMutable := p.member("mutable", mBool|mOptional)
	ephemeral, _ := p.member("ephemeral", mBool|mOptional)
	typ, ok := p.member("type", mString|mObject)
	if err := p.finish(); err != nil {
		return nil, err
	}
	c := &Column{Name: strings.Clone(name), Mutable: true, Persistent: !ephemeral.Bool()}
	if hasMutable {
		c.Mutable = mutable.Bool()
	}
	if ok {
		var err *Error
		if c.Type, err = typeFromJSON(typ); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// columnSet parses an array of distinct column names; null means all columns.
func (t *TableSchema) columnSet(v json.Value) ([]*Column, *Error) {
	if v.IsNull() {
		return t.Columns, nil
	}
	expect := func() *Error { return SyntaxErrorf(v, "", "array of distinct column names expected") }
	if v.Kind() != json.Array {
		return nil, expect()
	}
	cols := make([]*Column, 0, len(v.Elems()))
	for _, e := range v.Elems() {
		if e.Kind() != json.String {
			return nil, expect()
		}
		c := t.Column(e.Str())
		if c == nil {
			return nil, SyntaxErrorf(v, "", "%s is not a valid column name", e.Str())
		}
		if slices.Contains(cols, c) {
			return nil, expect()
		}
		cols = append(cols, c)
	}
	return cols, nil
}

// JSON returns the <database-schema> form with members sorted as OVS's own
// files have them.
func (s *Schema) JSON() json.Value {
	m := []json.Member{}
	if s.Cksum != "" {
		m = append(m, json.Member{Key: "cksum", Value: json.Str(s.Cksum)})
	}
	m = append(m, json.Member{Key: "name", Value: json.Str(s.Name)})
	// isRoot is left out only where all tables are roots by default.
	allRoot := !slices.ContainsFunc(s.Tables, func(t *TableSchema) bool { return !t.IsRoot })
	tables := make([]json.Member, len(s.Tables))
	for i, t := range s.Tables {
		tables[i] = json.Member{Key: t.Name, Value: t.json(allRoot)}
	}
	m = append(m, json.Member{Key: "tables", Value: json.Obj(tables...)})
	if s.Version != "" {
		m = append(m, json.Member{Key: "version", Value: json.Str(s.Version)})
	}
	return json.Obj(m...)
}

func (t *TableSchema) json(allRoot bool) json.Value {
	cols := make([]json.Member, 0, len(t.Own()))
	for _, c := range t.Own() {
		var m []json.Member
		if !c.Persistent {
			m = append(m, json.Member{Key: "ephemeral", Value: json.Bool(true)})
		}
		if !c.Mutable {
			m = append(m, json.Member{Key: "mutable", Value: json.Bool(false)})
		}
		m = append(m, json.Member{Key: "type", Value: c.Type.JSON()})
		cols = append(cols, json.Member{Key: c.Name, Value: json.Obj(m...)})
	}
	m := []json.Member{{Key: "columns", Value: json.Obj(cols...)}}
	if len(t.Indexes) > 0 {
		var all []json.Value
		for _, in := range t.Indexes {
			var names []json.Value
			for _, c := range in {
				names = append(names, json.Str(c.Name))
			}
			all = append(all, json.Arr(names...))
		}
		m = append(m, json.Member{Key: "indexes", Value: json.Arr(all...)})
	}
	if t.IsRoot && !allRoot {
		m = append(m, json.Member{Key: "isRoot", Value: json.Bool(true)})
	}
	if t.MaxRows != Unlimited {
		m = append(m, json.Member{Key: "maxRows", Value: json.Int(int64(t.MaxRows))})
	}
	if !t.Mutable {
		m = append(m, json.Member{Key: "mutable", Value: json.Bool(false)})
	}
	return json.Obj(m...)
}

// Equal reports whether two schemas are the same, versions and checksums
// included.
func (s *Schema) Equal(o *Schema) bool { return s.JSON().Equal(o.JSON()) }
