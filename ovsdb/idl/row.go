package idl

import (
	"fmt"

	"govs/ovsdb"
)

// Row is one row as it was at one time.
type Row struct {
	table *ovsdb.TableSchema
	uuid  ovsdb.UUID
	seqno uint64
	data  []ovsdb.Datum // by Column.Index
}

func newRow(t *ovsdb.TableSchema, u ovsdb.UUID) *Row {
	r := &Row{table: t, uuid: u, data: make([]ovsdb.Datum, len(t.Columns))}
	for _, c := range t.Own() {
		r.data[c.Index] = c.Type.Default()
	}
	r.data[ovsdb.ColUUID] = ovsdb.Scalar(ovsdb.UUIDAtom(u))
	r.data[ovsdb.ColVersion] = ovsdb.Scalar(ovsdb.DefaultAtom(ovsdb.UUIDType))
	return r
}

func (r *Row) clone() *Row {
	c := *r
	c.data = append([]ovsdb.Datum(nil), r.data...)
	return &c
}

// UUID returns the row's identity. For a row inserted by a transaction that is
// not committed yet it is provisional: see Result.UUID.
func (r *Row) UUID() ovsdb.UUID { return r.uuid }

// Table returns the schema of the row's table.
func (r *Row) Table() *ovsdb.TableSchema { return r.table }

// Seqno returns the Seqno of the snapshot in which the row took this state.
func (r *Row) Seqno() uint64 { return r.seqno }

// Column returns the named column. A column the schema lacks is a mistake of
// the program: Column panics.
func (r *Row) Column(name string) *ovsdb.Column {
	c := r.table.Column(name)
	if c == nil {
		panic(fmt.Sprintf("idl: table %s has no column %s", r.table.Name, name))
	}
	return c
}

// Get returns the value of a column. Columns that are not monitored, or that
// the server's schema lacks, have their type's default. Like all accessors by
// name it panics if the schema has no such column.
func (r *Row) Get(column string) ovsdb.Datum { return r.data[r.Column(column).Index] }

// At returns the value of a column of the row's table.
func (r *Row) At(c *ovsdb.Column) ovsdb.Datum { return r.data[c.Index] }

// Has reports whether an optional column, set or map is not empty.
func (r *Row) Has(column string) bool { return r.Get(column).Len() > 0 }

// Str returns a string, or "" if an optional one is not set.
func (r *Row) Str(column string) string { return r.Get(column).Str() }

// Int returns an integer, or 0 if an optional one is not set.
func (r *Row) Int(column string) int64 { return r.Get(column).Int() }

// Bool returns a boolean, or false if an optional one is not set.
func (r *Row) Bool(column string) bool { return r.Get(column).Bool() }

// OptStr returns an optional string and whether it is set.
func (r *Row) OptStr(column string) (string, bool) {
	d := r.Get(column)
	return d.Str(), d.Len() > 0
}

// OptInt returns an optional integer and whether it is set.
func (r *Row) OptInt(column string) (int64, bool) {
	d := r.Get(column)
	return d.Int(), d.Len() > 0
}

// OptBool returns an optional boolean and whether it is set.
func (r *Row) OptBool(column string) (value, set bool) {
	d := r.Get(column)
	return d.Bool(), d.Len() > 0
}

// Strings returns a set of strings, sorted.
func (r *Row) Strings(column string) []string { return r.Get(column).Strings() }

// Ints returns a set of integers, sorted.
func (r *Row) Ints(column string) []int64 {
	keys := r.Get(column).Keys()
	n := make([]int64, len(keys))
	for i, k := range keys {
		n[i] = k.Int()
	}
	return n
}

// Ref returns the UUID a column refers to, or the zero UUID.
func (r *Row) Ref(column string) ovsdb.UUID { return r.Get(column).UUID() }

// UUIDs returns a set of UUIDs, sorted.
func (r *Row) UUIDs(column string) []ovsdb.UUID { return r.Get(column).UUIDs() }

// Map returns a copy of a map of strings to strings.
func (r *Row) Map(column string) map[string]string { return r.Get(column).StringMap() }

// Key returns the value of a key in a map of strings to strings.
func (r *Row) Key(column, key string) (string, bool) { return r.Get(column).Get(key) }

// IntMap returns a copy of a map of strings to integers, such as statistics.
func (r *Row) IntMap(column string) map[string]int64 {
	d := r.Get(column)
	m := make(map[string]int64, d.Len())
	v := d.Values()
	for i, k := range d.Keys() {
		m[k.Str()] = v[i].Int()
	}
	return m
}

// IntRefs returns a copy of a map of integers to references, such as queues.
func (r *Row) IntRefs(column string) map[int64]ovsdb.UUID {
	d := r.Get(column)
	m := make(map[int64]ovsdb.UUID, d.Len())
	v := d.Values()
	for i, k := range d.Keys() {
		m[k.Int()] = v[i].UUID()
	}
	return m
}
