package ovsdb

import (
	"hash/maphash"
	"slices"

	"govs/jsonrpc/json"
)

// fewRows is how many rows are looked through faster than an index.
const fewRows = 16

// Indexed reports whether Execute finds the rows of a transaction by an index
// where Snapshot.Query would look through a table: some "where" demands values
// of all columns of one.
func (s *Snapshot) Indexed(params json.Value) bool {
	for _, op := range params.Elems() {
		name, _ := op.Get("table")
		t := s.schema.byName[name.Str()]
		if t == nil || len(t.Indexes) == 0 || s.Len(t) <= fewRows {
			continue
		}
		where, _ := op.Get("where")
		for _, cols := range t.Indexes {
			if !slices.ContainsFunc(cols, func(c *Column) bool { return !demands(where, c.Name) }) {
				return true
			}
		}
	}
	return false
}

// demands reports whether one of the clauses is that a column equals a value.
func demands(where json.Value, column string) bool {
	return slices.ContainsFunc(where.Elems(), func(v json.Value) bool {
		e := v.Elems()
		return len(e) == 3 && e[0].Str() == column && e[1].Str() == functionNames[FuncEQ]
	})
}

// indexed returns the rows for which a condition holds that demands values of
// all columns of an index, in the order of their UUIDs.
func (x *executor) indexed(t *TableSchema, cond Condition) (rows []*Row, ok bool) {
	if x.st == nil || len(cond) == 0 || x.tables[t.Index].n <= fewRows {
		return nil, false
	}
	for i, cols := range t.Indexes {
		key, ok := cond.indexKey(cols)
		if !ok {
			continue
		}
		x.st.indexes[t.Index][i].find(maphash.Bytes(x.st.seed, key), func(u UUID) bool {
			if r := x.get(t, u); r != nil && cond.Match(r) {
				rows = append(rows, r)
			}
			return false
		})
		// What the transaction itself has changed is not in the index yet.
		for _, tr := range x.order {
			if tr.table == t && tr.new != nil && tr.new != tr.old && cond.Match(tr.new) && !slices.Contains(rows, tr.new) {
				rows = append(rows, tr.new)
			}
		}
		slices.SortFunc(rows, func(a, b *Row) int { return a.uuid.Compare(b.uuid) })
		return rows, true
	}
	return nil, false
}

// indexKey returns what appendIndexed returns for the rows for which the
// condition holds, if it demands values of all columns.
func (cond Condition) indexKey(cols []*Column) (key []byte, ok bool) {
	for _, c := range cols {
		at := slices.IndexFunc(cond, func(cl Clause) bool { return cl.Column == c && cl.Func == FuncEQ })
		if at < 0 {
			return nil, false
		}
		key = append(cond[at].Arg.AppendJSON(key, &c.Type), ',')
	}
	return key, true
}
