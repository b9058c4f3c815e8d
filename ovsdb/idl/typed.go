package idl

import (
	"fmt"
	"iter"
	"reflect"

	"govs/ovsdb"
)

// Table reads and writes rows of a table as values of the struct type T, whose
// fields name their columns:
//
//	type Port struct {
//		UUID   ovsdb.UUID        `ovsdb:"_uuid"`
//		Name   string            `ovsdb:"name"`
//		Tag    *int64            `ovsdb:"tag"` // nil: not set
//		Trunks []int64           `ovsdb:"trunks"`
//		Ids    map[string]string `ovsdb:"external_ids"`
//	}
//
// An atom is a string, int64, float64, bool or ovsdb.UUID. A column of at most
// one is a field of that type, whose zero value then stands for both, or a
// pointer to it; a set is a slice, a map is a map. Columns without a field, and
// fields without a tag, are left alone.
type Table[T any] struct {
	schema *ovsdb.TableSchema
	fields []typedField
}

type typedField struct {
	index []int
	col   *ovsdb.Column
}

// goType returns the Go type of an atom; nil for Void.
func goType(t ovsdb.AtomicType) reflect.Type {
	if t == ovsdb.Void {
		return nil
	}
	return reflect.TypeOf(goValue(ovsdb.DefaultAtom(t)).Interface())
}

// NewTable returns the typed form of a schema's table. The error is a field
// whose column the table lacks or whose type does not fit it.
func NewTable[T any](s *ovsdb.Schema, name string) (*Table[T], error) {
	t := &Table[T]{schema: s.Table(name)}
	if t.schema == nil {
		return nil, fmt.Errorf("no table %s in database %s", name, s.Name)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		tag, ok := f.Tag.Lookup("ovsdb")
		if !ok {
			continue
		}
		c := t.schema.Column(tag)
		if c == nil {
			return nil, fmt.Errorf("field %s: table %s has no column %s", f.Name, name, tag)
		}
		key, value := goType(c.Type.Key.Type), goType(c.Type.Value.Type)
		fits := false
		switch {
		case c.Type.IsMap():
			fits = f.Type == reflect.MapOf(key, value)
		case c.Type.Max > 1:
			fits = f.Type == reflect.SliceOf(key)
		default:
			fits = f.Type == key || c.Type.Min == 0 && f.Type == reflect.PointerTo(key)
		}
		if !fits {
			return nil, fmt.Errorf("field %s: a %s cannot hold column %s, which is %s", f.Name, f.Type, tag, c.Type.English())
		}
		t.fields = append(t.fields, typedField{f.Index, c})
	}
	return t, nil
}

// Read returns a row as a T.
func (t *Table[T]) Read(r *Row) T {
	var v T
	rv := reflect.ValueOf(&v).Elem()
	for _, f := range t.fields {
		d := r.At(f.col)
		if d.Len() == 0 {
			continue
		}
		dst := rv.FieldByIndex(f.index)
		switch dst.Kind() {
		case reflect.Map:
			dst.Set(reflect.MakeMapWithSize(dst.Type(), d.Len()))
			for i, k := range d.Keys() {
				dst.SetMapIndex(goValue(k), goValue(d.Value(i)))
			}
		case reflect.Slice:
			dst.Set(reflect.MakeSlice(dst.Type(), d.Len(), d.Len()))
			for i, k := range d.Keys() {
				dst.Index(i).Set(goValue(k))
			}
		case reflect.Pointer:
			dst.Set(reflect.New(dst.Type().Elem()))
			dst.Elem().Set(goValue(d.Key(0)))
		default:
			dst.Set(goValue(d.Key(0)))
		}
	}
	return v
}

// All yields the rows of a view with their identities.
func (t *Table[T]) All(v View) iter.Seq2[ovsdb.UUID, T] {
	return func(yield func(ovsdb.UUID, T) bool) {
		for _, r := range v.Rows(t.schema.Name) {
			if !yield(r.uuid, t.Read(r)) {
				return
			}
		}
	}
}

// Get returns the row with that UUID.
func (t *Table[T]) Get(v View, u ovsdb.UUID) (val T, ok bool) {
	r := v.Row(t.schema.Name, u)
	if r == nil {
		return val, false
	}
	return t.Read(r), true
}

// Insert adds a row to a transaction. The field of _uuid does not matter; the
// row's provisional UUID is that of the row returned.
func (t *Table[T]) Insert(txn *Txn, v T) *Row {
	return t.Write(txn, txn.Insert(t.schema.Name), v)
}

// Write sets the columns of a row that differ from v's fields, each as a whole,
// and returns the changed row. Txn.Add and Txn.Remove change part of one.
func (t *Table[T]) Write(txn *Txn, r *Row, v T) *Row {
	rv := reflect.ValueOf(&v).Elem()
	for _, f := range t.fields {
		if f.col.Index < ovsdb.FirstColumn {
			continue
		}
		d := t.datum(f.col, rv.FieldByIndex(f.index), r.At(f.col))
		if !d.Equal(r.At(f.col)) {
			r = txn.Set(r, f.col.Name, d)
		}
	}
	return r
}

// datum returns a field's value. now is the column's: a zero value leaves an
// optional column that is not set as it is.
func (t *Table[T]) datum(c *ovsdb.Column, v reflect.Value, now ovsdb.Datum) ovsdb.Datum {
	switch v.Kind() {
	case reflect.Map:
		pairs := make([]ovsdb.Pair, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			pairs = append(pairs, ovsdb.Pair{Key: atomOf(it.Key()), Value: atomOf(it.Value())})
		}
		return ovsdb.NewMap(pairs...)
	case reflect.Slice:
		atoms := make([]ovsdb.Atom, v.Len())
		for i := range atoms {
			atoms[i] = atomOf(v.Index(i))
		}
		return ovsdb.NewSet(atoms...)
	case reflect.Pointer:
		if v.IsNil() {
			return ovsdb.Datum{}
		}
		v = v.Elem()
	default:
		if v.IsZero() && c.Type.Min == 0 && now.Len() == 0 {
			return now
		}
	}
	return ovsdb.Scalar(atomOf(v))
}

func goValue(a ovsdb.Atom) reflect.Value {
	switch a.Type() {
	case ovsdb.Integer:
		return reflect.ValueOf(a.Int())
	case ovsdb.Real:
		return reflect.ValueOf(a.Real())
	case ovsdb.Boolean:
		return reflect.ValueOf(a.Bool())
	case ovsdb.UUIDType:
		return reflect.ValueOf(a.UUID())
	}
	return reflect.ValueOf(a.Str())
}

func atomOf(v reflect.Value) ovsdb.Atom {
	switch v.Kind() {
	case reflect.Int64:
		return ovsdb.IntAtom(v.Int())
	case reflect.Float64:
		return ovsdb.RealAtom(v.Float())
	case reflect.Bool:
		return ovsdb.BoolAtom(v.Bool())
	case reflect.Array:
		return ovsdb.UUIDAtom(v.Interface().(ovsdb.UUID))
	}
	return ovsdb.StringAtom(v.String())
}
