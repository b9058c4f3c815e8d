package ovsdb

import (
	"iter"
	"slices"

	"govs/jsonrpc/json"
)

// Row is one immutable version of a row.
type Row struct {
	uuid, version UUID
	fields        []Datum // of the table's own columns

	// refs is how many strong references there are to the row. Only the
	// store's writer looks at it; a new version takes the number over.
	refs int32
}

// UUID returns the row's identity.
func (r *Row) UUID() UUID { return r.uuid }

// Version returns the random UUID of this version of the row.
func (r *Row) Version() UUID { return r.version }

// Get returns the row's value of a column of its table.
func (r *Row) Get(c *Column) Datum {
	switch c.Index {
	case ColUUID:
		return Scalar(uuidAtomRef(&r.uuid))
	case ColVersion:
		return Scalar(uuidAtomRef(&r.version))
	}
	return r.fields[c.Index-FirstColumn]
}

func (r *Row) clone() *Row {
	c := allocRow(len(r.fields))
	c.uuid, c.version, c.refs = r.uuid, r.version, r.refs
	copy(c.fields, r.fields)
	return c
}

// AppendJSON appends the row as a <row> object with the given columns.
func (r *Row) AppendJSON(dst []byte, cols []*Column) []byte {
	dst = append(dst, '{')
	for i, c := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), c.Name...), `":`...)
		switch c.Index {
		case ColUUID:
			dst = uuidAtomRef(&r.uuid).AppendJSON(dst)
		case ColVersion:
			dst = uuidAtomRef(&r.version).AppendJSON(dst)
		default:
			dst = r.fields[c.Index-FirstColumn].AppendJSON(dst, &c.Type)
		}
	}
	return append(dst, '}')
}

// GrowRows makes room in a buffer for the rest of n rows once 32 of them have
// been appended since mark: a big table's text is not copied again and again.
func GrowRows(dst []byte, mark, done, n int) []byte {
	if done != 32 || n <= 2*done {
		return dst
	}
	return slices.Grow(dst, (len(dst)-mark)*(n-done)/done*17/16)
}

// NewRow returns a row of default values with the given fields changed, for
// databases a program makes up itself.
func NewRow(t *TableSchema, uuid UUID, fields map[string]Datum) *Row {
	r := t.newRow(uuid)
	r.version = NewUUID()
	for name, d := range fields {
		if c := t.Column(name); c != nil && c.Index >= FirstColumn {
			r.fields[c.Index-FirstColumn] = d
		}
	}
	return r
}

// Snapshot is one immutable state of a database.
type Snapshot struct {
	schema *Schema
	tables []trie // by TableSchema.Index
	// ID is the transaction that made it, for monitor_cond_since.
	ID UUID
}

// Schema returns the database's schema.
func (s *Snapshot) Schema() *Schema { return s.schema }

// Row returns the row of a table, or nil.
func (s *Snapshot) Row(t *TableSchema, u UUID) *Row { return s.tables[t.Index].get(u) }

// Len returns how many rows a table has.
func (s *Snapshot) Len(t *TableSchema) int { return s.tables[t.Index].n }

// Atoms counts the atoms in a table's rows.
func (s *Snapshot) Atoms(t *TableSchema) int {
	n := 0
	for r := range s.tables[t.Index].all {
		n += 2 // _uuid and _version
		for _, d := range r.fields {
			n += d.Len()
			if d.pairs {
				n += d.Len()
			}
		}
	}
	return n
}

// Rows yields a table's rows in the order of their UUIDs.
func (s *Snapshot) Rows(t *TableSchema) iter.Seq[*Row] { return s.tables[t.Index].all }

// parse the members of a <row> into r. set is called with each column.
func (d *decoder) row(t *TableSchema, r *Row, v json.Value, set func(*Column, Datum) *Error) *Error {
	if v.Kind() != json.Object {
		return SyntaxErrorf(v, "", "row must be JSON object")
	}
	for _, m := range v.Members() {
		c := t.byName[m.Key]
		if c == nil {
			return SyntaxErrorf(v, "unknown column", "No column %s in table %s.", m.Key, t.Name)
		}
		val, err := d.datum(&c.Type, m.Value)
		if err != nil {
			return err
		}
		if err := set(c, val); err != nil {
			return err
		}
	}
	return nil
}
