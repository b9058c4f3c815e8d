package ovsdb

// Convert returns a store of another schema with the same rows. Tables and
// columns that the schema lacks are dropped; every other value, in memory or on
// disk, must be one of the new column's type, and the whole must fit the schema
// (ovsdb-server(7) section 4.1.20).
func (s *Snapshot) Convert(schema *Schema) (*Store, error) {
	st := NewStore(schema)
	x := newTxn(st, st.head)
	d := decoder{keepKey: st.keepKey}
	for _, from := range s.schema.Tables {
		to := schema.byName[from.Name]
		if to == nil {
			continue
		}
		cols := convertible(from, to)
		for old := range s.tables[from.Index].all {
			r := to.newRow(old.uuid)
			for _, c := range cols {
				v := old.fields[c.from.Index-FirstColumn]
				if !c.same {
					var err *Error
					if v, err = d.datum(&c.to.Type, v.JSON(&c.from.Type)); err != nil {
						return nil, err
					}
				}
				r.fields[c.to.Index-FirstColumn] = v
			}
			x.insert(to, r)
		}
	}
	if _, err := x.commit(); err != nil {
		return nil, err
	}
	st.Publish()
	return st, nil
}

type columnPair struct {
	from, to *Column
	same     bool // of the same type
}

// convertible returns the columns that both tables have.
func convertible(from, to *TableSchema) (cols []columnPair) {
	for _, f := range from.Own() {
		if t := to.byName[f.Name]; t != nil {
			cols = append(cols, columnPair{f, t, f.Type.JSON().Equal(t.Type.JSON())})
		}
	}
	return cols
}
