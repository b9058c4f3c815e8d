package idl

import (
	"slices"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// looseTypes are the columns' types without constraints, by table and column:
// what an update carries may be a difference, and the server may allow more
// than our schema.
func looseTypes(s *ovsdb.Schema) [][]ovsdb.Type {
	all := make([][]ovsdb.Type, len(s.Tables))
	for i, t := range s.Tables {
		all[i] = make([]ovsdb.Type, len(t.Columns))
		for j, c := range t.Columns {
			all[i][j] = ovsdb.Type{Key: ovsdb.NewBase(c.Type.Key.Type), Value: ovsdb.NewBase(c.Type.Value.Type), Max: ovsdb.Unlimited}
		}
	}
	return all
}

// form tells how an update says what happened to a row.
type form uint8

const (
	formV1 form = iota // {"old": ..., "new": ...} of monitor
	formV2             // {"initial" | "insert" | "modify" | "delete": ...} of monitor_cond
)

// apply returns the tables with a <table-updates> or <table-updates2> applied.
// Tables that change get new slices. Faults are reported by warn, and the part
// of the update at fault is left out.
func (b *base) apply(tables []table, updates json.Value, f form, seqno uint64, warn func(format string, args ...any)) []table {
	tables = slices.Clone(tables)
	for _, m := range updates.Members() {
		ts := b.schema.Table(m.Key)
		if ts == nil {
			warn("%s: update to unknown table", m.Key)
			continue
		}
		t := &tables[ts.Index]
		changes := make([]*Row, 0, len(m.Value.Members())) // nil data: deleted
		for _, rm := range m.Value.Members() {
			u, ok := ovsdb.ParseUUID(rm.Key)
			if !ok {
				warn("table %s: bad UUID \"%s\"", m.Key, rm.Key)
				continue
			}
			var old *Row
			if i, ok := search(t.rows, u); ok {
				old = t.rows[i]
			}
			if r := b.applyRow(ts, u, old, rm.Value, f, warn); r != old {
				if r == nil {
					r = &Row{uuid: u}
				} else {
					r.seqno = seqno
				}
				changes = append(changes, r)
			}
		}
		if len(changes) > 0 {
			t.rows = mergeRows(t.rows, changes)
			t.seqno = seqno
		}
	}
	return tables
}

// applyRow returns the row's new state: old if nothing changes, nil if it is
// gone.
func (b *base) applyRow(ts *ovsdb.TableSchema, u ovsdb.UUID, old *Row, v json.Value, f form, warn func(string, ...any)) *Row {
	if f == formV1 {
		if n, ok := v.Get("new"); ok && n.Kind() == json.Object {
			r := newRow(ts, u)
			if old != nil {
				r = old.clone()
			}
			b.fill(r, n, false, warn)
			return r
		}
		return nil
	}
	for _, m := range v.Members() {
		switch m.Key {
		case "delete":
			return nil
		case "initial", "insert":
			r := newRow(ts, u)
			b.fill(r, m.Value, false, warn)
			return r
		case "modify":
			if old == nil {
				warn("table %s: change to row %s that is not there", ts.Name, u)
				return nil
			}
			r := old.clone()
			b.fill(r, m.Value, true, warn)
			return r
		}
	}
	return old
}

func (b *base) fill(r *Row, v json.Value, diff bool, warn func(string, ...any)) {
	for _, m := range v.Members() {
		c := r.table.Column(m.Key)
		if c == nil {
			continue
		}
		d, err := ovsdb.DatumFromJSON(&b.loose[r.table.Index][c.Index], m.Value, nil)
		if err == nil && diff {
			t := c.Type
			t.Min, t.Max = 0, max(t.Max, 1)
			if t.Max > 1 {
				t.Max = ovsdb.Unlimited
			}
			d, err = r.data[c.Index].Apply(d, &t)
		}
		if err != nil {
			warn("error parsing column %s in row %s in table %s: %v", c.Name, r.uuid, r.table.Name, err)
			continue
		}
		r.data[c.Index] = d
	}
}

// mergeRows returns rows, sorted by UUID, with changes put in their places.
// Changes without a table are deletions.
func mergeRows(rows, changes []*Row) []*Row {
	slices.SortFunc(changes, func(a, b *Row) int { return a.uuid.Compare(b.uuid) })
	out := make([]*Row, 0, len(rows)+len(changes))
	for _, c := range changes {
		i, same := search(rows, c.uuid)
		out = append(out, rows[:i]...)
		if c.table != nil {
			out = append(out, c)
		}
		if same {
			i++
		}
		rows = rows[i:]
	}
	return append(out, rows...)
}
