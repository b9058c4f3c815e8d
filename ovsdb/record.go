package ovsdb

import (
	"time"

	"govs/jsonrpc/json"
)

// This file has the form of transactions on disk (ovsdb(5)): an object of
// tables of rows of the columns that changed, null for a deleted row.

// AppendRecord appends the change as a transaction record. With diff, changed
// columns of many elements are written as their difference, as releases from
// 3.0 on do. It reports false, and appends nothing, if the change touches no
// column that is kept.
func (ch *Change) AppendRecord(dst []byte, diff bool, date time.Time) ([]byte, bool) {
	mark := len(dst)
	dst = append(dst, '{')
	any := false
	for i := range ch.Tables {
		tc := &ch.Tables[i]
		tableMark := len(dst)
		dst = append(json.AppendString(dst, tc.Table.Name), ":{"...)
		anyRow := false
		for j := range tc.Rows {
			rowMark := len(dst)
			dst = append(dst, '"')
			dst = tc.Rows[j].UUID().AppendTo(dst)
			dst = append(dst, `":`...)
			var ok bool
			if dst, ok = tc.Rows[j].appendRecord(dst, tc.Table, diff); !ok {
				dst = dst[:rowMark]
				continue
			}
			dst = append(dst, ',')
			anyRow = true
		}
		if !anyRow {
			dst = dst[:tableMark]
			continue
		}
		dst[len(dst)-1] = '}'
		dst = append(dst, ',')
		any = true
	}
	if !any {
		return dst[:mark], false
	}
	if diff {
		dst = append(dst, `"_is_diff":true,`...)
	}
	return appendTrailer(dst, ch.Comment, date), true
}

func appendTrailer(dst []byte, comment string, date time.Time) []byte {
	if comment != "" {
		dst = append(json.AppendString(append(dst, `"_comment":`...), comment), ',')
	}
	dst = json.Append(append(dst, `"_date":`...), json.Int(date.UnixMilli()))
	return append(dst, '}')
}

func (rc *RowChange) appendRecord(dst []byte, t *TableSchema, diff bool) ([]byte, bool) {
	if rc.New == nil {
		return append(dst, "null"...), true
	}
	dst = append(dst, '{')
	any := rc.Old == nil
	for _, c := range t.Own() {
		if !c.Persistent {
			continue
		}
		d := rc.New.fields[c.Index-FirstColumn]
		if rc.Old == nil {
			if c.Type.IsDefault(d) {
				continue
			}
		} else {
			old := rc.Old.fields[c.Index-FirstColumn]
			if old.Equal(d) {
				continue
			}
			if diff {
				d = old.Diff(d, &c.Type)
			}
		}
		any = true
		dst = append(append(append(dst, '"'), c.Name...), `":`...)
		dst = append(d.AppendJSON(dst, &c.Type), ',')
	}
	if n := len(dst); dst[n-1] == ',' {
		dst[n-1] = '}'
	} else {
		dst = append(dst, '}')
	}
	return dst, any
}

// AppendSnapshot appends the whole state as one transaction record.
func (s *Snapshot) AppendSnapshot(dst []byte, comment string, date time.Time) []byte {
	dst = append(dst, '{')
	for i, t := range s.schema.Tables {
		if s.tables[i].n == 0 {
			continue
		}
		dst = append(json.AppendString(dst, t.Name), ":{"...)
		for r := range s.tables[i].all {
			dst = append(dst, '"')
			dst = r.uuid.AppendTo(dst)
			dst = append(dst, `":`...)
			rc := RowChange{New: r}
			dst, _ = rc.appendRecord(dst, t, false)
			dst = append(dst, ',')
		}
		dst[len(dst)-1] = '}'
		dst = append(dst, ',')
	}
	return appendTrailer(dst, comment, date)
}

// ApplyRecord commits a transaction record read from disk. With convert,
// tables and columns that the schema lacks are passed over.
func (st *Store) ApplyRecord(v json.Value, convert bool) (*Change, error) {
	ch, err := st.applyRecord(v, convert)
	return ch, asError(err)
}

func (st *Store) applyRecord(v json.Value, convert bool) (*Change, *Error) {
	if v.Kind() != json.Object {
		return nil, SyntaxErrorf(v, "", "object expected")
	}
	d := decoder{keepKey: st.keepKey}
	x := newTxn(st, st.head)
	isDiff := false
	if f, ok := v.Get("_is_diff"); ok {
		isDiff = f.Bool()
	}
	for _, m := range v.Members() {
		t := st.schema.byName[m.Key]
		if t == nil {
			if m.Key == "_date" && m.Value.Kind() == json.Integer || m.Key == "_is_diff" && m.Value.IsBool() || m.Key == "_comment" || convert {
				continue
			}
			return nil, SyntaxErrorf(v, "unknown table", "No table named %s.", m.Key)
		}
		if m.Value.Kind() != json.Object {
			return nil, SyntaxErrorf(m.Value, "", "object expected")
		}
		for _, rm := range m.Value.Members() {
			if err := x.recordRow(&d, t, rm, isDiff, convert, m.Value); err != nil {
				return nil, err
			}
		}
	}
	return x.commit()
}

func (x *txn) recordRow(d *decoder, t *TableSchema, m json.Member, isDiff, convert bool, at json.Value) *Error {
	u, ok := ParseUUID(m.Key)
	if !ok {
		return SyntaxErrorf(at, "", "\"%s\" is not a valid UUID", m.Key)
	}
	r := x.get(t, u)
	if m.Value.IsNull() {
		if r == nil {
			return Errorf("syntax error", "transaction deletes row %s that does not exist", u)
		}
		x.delete(t, r)
		return nil
	}
	v := m.Value
	if v.Kind() != json.Object {
		return SyntaxErrorf(v, "", "row must be JSON object")
	}
	d.reserve(t, v)
	isNew := r == nil
	if isNew {
		r = t.newRow(u)
		x.insert(t, r)
	} else {
		r = x.modify(t, r)
	}
	for _, f := range v.Members() {
		c := t.byName[f.Key]
		if c == nil {
			if convert {
				continue
			}
			return SyntaxErrorf(v, "unknown column", "No column %s in table %s.", f.Key, t.Name)
		}
		if c.Index < FirstColumn {
			continue
		}
		dst := &r.fields[c.Index-FirstColumn]
		typ := c.Type
		// A difference may have fewer or more elements than a value.
		if isDiff && !isNew && typ.Max > 1 {
			typ.Min, typ.Max = 0, Unlimited
		}
		val, err := d.datum(&typ, f.Value)
		if err != nil {
			return err
		}
		if isDiff && !isNew && !c.Type.IsDefault(*dst) {
			applied, aerr := dst.Apply(val, &c.Type)
			if aerr != nil {
				return aerr.(*Error)
			}
			val = applied
		}
		*dst = val
	}
	return nil
}
