package server

import (
	"govs/ovsdb"
)

// dispatch finds the kinds of monitors that a change may concern without
// asking each: a thousand clients that each follow rows of their own by "=="
// cost a change no more than one does. It is made anew after the kinds have
// changed.
type dispatch struct {
	tables []tableDispatch // by TableSchema.Index
}

type tableDispatch struct {
	any  []*kind          // look at every row
	cols []columnDispatch // look at rows with some values
}

type columnDispatch struct {
	col *ovsdb.Column
	by  map[string][]*kind // by the value's text
}

func newDispatch(s *ovsdb.Schema, kinds map[string]*kind) *dispatch {
	d := &dispatch{tables: make([]tableDispatch, len(s.Tables))}
	for _, k := range kinds {
		for _, mt := range k.tables {
			d.tables[mt.table.Index].add(k, mt)
		}
	}
	return d
}

func (td *tableDispatch) add(k *kind, mt *monitoredTable) {
	for _, cond := range mt.cond {
		if len(cond) == 0 {
			td.any = append(td.any, k)
			return
		}
		for _, cl := range cond {
			if cl.Func != ovsdb.FuncEQ && cl.Func != ovsdb.FuncFalse {
				td.any = append(td.any, k)
				return
			}
		}
	}
	if len(mt.cond) == 0 {
		td.any = append(td.any, k)
	}
	for _, cond := range mt.cond {
		for _, cl := range cond {
			if cl.Func == ovsdb.FuncEQ {
				by := td.column(cl.Column)
				key := string(cl.Arg.AppendJSON(nil, &cl.Column.Type))
				by[key] = append(by[key], k)
			}
		}
	}
}

func (td *tableDispatch) column(c *ovsdb.Column) map[string][]*kind {
	for _, cd := range td.cols {
		if cd.col == c {
			return cd.by
		}
	}
	td.cols = append(td.cols, columnDispatch{c, map[string][]*kind{}})
	return td.cols[len(td.cols)-1].by
}

// each calls f for the kinds that a change may concern, once for each.
func (d *dispatch) each(ch *ovsdb.Change, f func(*kind)) {
	var seen map[*kind]bool
	once := func(list []*kind) {
		for _, k := range list {
			if !seen[k] {
				if seen == nil {
					seen = map[*kind]bool{}
				}
				seen[k] = true
				f(k)
			}
		}
	}
	var buf []byte
	for i := range ch.Tables {
		tc := &ch.Tables[i]
		td := &d.tables[tc.Table.Index]
		once(td.any)
		for _, cd := range td.cols {
			for _, rc := range tc.Rows {
				for _, r := range [...]*ovsdb.Row{rc.Old, rc.New} {
					if r != nil {
						buf = r.Get(cd.col).AppendJSON(buf[:0], &cd.col.Type)
						once(cd.by[string(buf)])
					}
				}
			}
		}
	}
}
