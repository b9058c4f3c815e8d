// Package schemas holds the database schemas this program knows as rows of Go,
// from which the text of an .ovsschema file (RFC 7047 section 3.2) is written.
// Everything in it is constant and may be read by any goroutine.
package schemas

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// Unlimited is the Max of a column without an upper limit.
const Unlimited = ovsdb.Unlimited

// Kind is an atomic type.
type Kind uint8

// The atomic types that the schemas use.
const (
	Int Kind = iota
	Real
	Bool
	Str
	UUID
)

var kindNames = [...]string{"integer", "real", "boolean", "string", "uuid"}

// Base is the type of a key or value with its constraints.
type Base struct {
	Kind  Kind
	Range *[2]int64 // of an Int; math.MaxInt64 as the upper end is no limit
	Enum  []string  // allowed strings, if not empty
	Ref   string    // table a UUID refers to
	Weak  bool      // the reference does not keep its row alive
}

// Type is a column's type: Min to Max elements, or pairs with Value. A Max of 0
// stands for exactly one.
type Type struct {
	Key      Base
	Value    *Base
	Min, Max uint32
}

// Column is one row of a table's columns.
type Column struct {
	Name      string
	Type      Type
	Ephemeral bool // not kept in the file
	Immutable bool // set by insert only
}

// Table is one table.
type Table struct {
	Name    string
	Root    bool       // rows live without references to them
	MaxRows int        // 0: any number
	Indexes [][]string // each a list of columns that together are unique
	Columns []Column
}

// Schema is one database's schema. Cksum is what get-schema-cksum prints.
type Schema struct {
	Name, Version, Cksum string
	Tables               []Table
}

// Column returns the named column of the table, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Table returns the named table, or nil.
func (s *Schema) Table(name string) *Table {
	for i := range s.Tables {
		if s.Tables[i].Name == name {
			return &s.Tables[i]
		}
	}
	return nil
}

var parsed = sync.OnceValue(func() *ovsdb.Schema { return OpenVSwitch.Parse() })

// OVSSchema returns OpenVSwitch as package ovsdb uses it, made at first use.
func OVSSchema() *ovsdb.Schema { return parsed() }

// Parse returns the schema as package ovsdb uses it.
func (s *Schema) Parse() *ovsdb.Schema {
	sch, err := ovsdb.ParseSchema(s.JSON())
	if err != nil {
		panic(err) // rows are constant and tested
	}
	return sch
}

func (b *Base) json() json.Value {
	m := []json.Member{{Key: "type", Value: json.Str(kindNames[b.Kind])}}
	add := func(k string, v json.Value) { m = append(m, json.Member{Key: k, Value: v}) }
	if b.Range != nil {
		add("minInteger", json.Int(b.Range[0]))
		if b.Range[1] != math.MaxInt64 {
			add("maxInteger", json.Int(b.Range[1]))
		}
	}
	if len(b.Enum) > 0 {
		e := make([]json.Value, len(b.Enum))
		for i, s := range b.Enum {
			e[i] = json.Str(s)
		}
		add("enum", json.Arr(json.Str("set"), json.Arr(e...)))
	}
	if b.Ref != "" {
		add("refTable", json.Str(b.Ref))
	}
	if b.Weak {
		add("refType", json.Str("weak"))
	}
	if len(m) == 1 {
		return m[0].Value
	}
	return json.Obj(m...)
}

func (t *Type) json() json.Value {
	key := t.Key.json()
	if t.Max == 0 && t.Value == nil && key.Kind() == json.String {
		return key
	}
	m := []json.Member{{Key: "key", Value: key}}
	add := func(k string, v json.Value) { m = append(m, json.Member{Key: k, Value: v}) }
	if t.Value != nil {
		add("value", t.Value.json())
	}
	if t.Max > 0 {
		add("min", json.Int(int64(t.Min)))
		if t.Max == Unlimited {
			add("max", json.Str("unlimited"))
		} else {
			add("max", json.Int(int64(t.Max)))
		}
	}
	return json.Obj(m...)
}

func (c *Column) json() json.Value {
	m := []json.Member{{Key: "type", Value: c.Type.json()}}
	if c.Ephemeral {
		m = append(m, json.Member{Key: "ephemeral", Value: json.Bool(true)})
	}
	if c.Immutable {
		m = append(m, json.Member{Key: "mutable", Value: json.Bool(false)})
	}
	return json.Obj(m...)
}

func (t *Table) json() json.Value {
	cols := make([]json.Member, len(t.Columns))
	for i := range t.Columns {
		cols[i] = json.Member{Key: t.Columns[i].Name, Value: t.Columns[i].json()}
	}
	m := []json.Member{{Key: "columns", Value: json.Obj(cols...)}}
	if t.Root {
		m = append(m, json.Member{Key: "isRoot", Value: json.Bool(true)})
	}
	if t.MaxRows > 0 {
		m = append(m, json.Member{Key: "maxRows", Value: json.Int(int64(t.MaxRows))})
	}
	if len(t.Indexes) > 0 {
		sets := make([]json.Value, len(t.Indexes))
		for i, ix := range t.Indexes {
			names := make([]json.Value, len(ix))
			for j, n := range ix {
				names[j] = json.Str(n)
			}
			sets[i] = json.Arr(names...)
		}
		m = append(m, json.Member{Key: "indexes", Value: json.Arr(sets...)})
	}
	return json.Obj(m...)
}

// JSON returns the <database-schema> object.
func (s *Schema) JSON() json.Value {
	m := []json.Member{{Key: "name", Value: json.Str(s.Name)}, {Key: "version", Value: json.Str(s.Version)}}
	if s.Cksum != "" {
		m = append(m, json.Member{Key: "cksum", Value: json.Str(s.Cksum)})
	}
	tables := make([]json.Member, len(s.Tables))
	for i := range s.Tables {
		tables[i] = json.Member{Key: s.Tables[i].Name, Value: s.Tables[i].json()}
	}
	return json.Obj(append(m, json.Member{Key: "tables", Value: json.Obj(tables...)})...)
}

// Text returns the content of the .ovsschema file, one column a line.
func (s *Schema) Text() string {
	var b strings.Builder
	str := strconv.Quote
	b.WriteString("{\"name\": " + str(s.Name) + ",\n \"version\": " + str(s.Version))
	if s.Cksum != "" {
		b.WriteString(",\n \"cksum\": " + str(s.Cksum))
	}
	b.WriteString(",\n \"tables\": {")
	for i := range s.Tables {
		t := &s.Tables[i]
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + str(t.Name) + ": {\n   \"columns\": {")
		for j := range t.Columns {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString("\n    " + str(t.Columns[j].Name) + ": ")
			b.Write(json.Append(nil, t.Columns[j].json()))
		}
		b.WriteByte('}')
		for _, m := range t.json().Members()[1:] {
			b.WriteString(",\n   " + str(m.Key) + ": ")
			b.Write(json.Append(nil, m.Value))
		}
		b.WriteByte('}')
	}
	b.WriteString("}}\n")
	return b.String()
}
