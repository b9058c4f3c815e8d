package ovsdb

import (
	"slices"
	"strings"
)

// txn is a transaction at work: the tables as it has changed them so far, and
// for each row it touched what the row was before.
type txn struct {
	st     *Store // nil in a transaction that only reads
	base   *Snapshot
	tables []trie
	edit   *edit
	order  []*txnRow          // in the order they were touched
	rows   map[rowKey]*txnRow // of order, once it is long
	first  [4]txnRow          // memory of order's first
}

type rowKey struct {
	table int
	uuid  UUID
}

type txnRow struct {
	uuid     UUID
	table    *TableSchema
	old, new *Row // nil if it was not there, is not there any more
	delta    int32
}

func newTxn(st *Store, base *Snapshot) *txn {
	x := &txn{}
	x.begin(st, base)
	return x
}

// begin makes x ready for a transaction, maybe after another.
func (x *txn) begin(st *Store, base *Snapshot) {
	clear(x.order)
	*x = txn{st: st, base: base, tables: slices.Clone(base.tables), edit: &edit{}, order: x.order[:0]}
}

// lookup returns the record of a row, or nil if the transaction has not
// touched it.
func (x *txn) lookup(t *TableSchema, u UUID) *txnRow {
	if x.rows != nil {
		return x.rows[rowKey{t.Index, u}]
	}
	for _, tr := range x.order {
		if tr.table == t && tr.uuid == u {
			return tr
		}
	}
	return nil
}

// record returns the record of a row, which is nil in the database if it was
// not touched before.
func (x *txn) record(t *TableSchema, u UUID, r *Row) *txnRow {
	tr := x.lookup(t, u)
	if tr != nil {
		return tr
	}
	if n := len(x.order); n < len(x.first) {
		tr = &x.first[n]
	} else {
		tr = new(txnRow)
	}
	*tr = txnRow{uuid: u, table: t, old: r, new: r}
	x.order = append(x.order, tr)
	if len(x.order) > 16 {
		if x.rows == nil {
			x.rows = map[rowKey]*txnRow{}
			for _, tr := range x.order {
				x.rows[rowKey{tr.table.Index, tr.uuid}] = tr
			}
		}
		x.rows[rowKey{t.Index, u}] = tr
	}
	return tr
}

// touch returns the record of a row that is or was in the database.
func (x *txn) touch(t *TableSchema, r *Row) *txnRow { return x.record(t, r.uuid, r) }

func (x *txn) get(t *TableSchema, u UUID) *Row { return x.tables[t.Index].get(u) }

func (x *txn) insert(t *TableSchema, r *Row) {
	x.record(t, r.uuid, nil).new = r
	r.version = NewUUID()
	x.tables[t.Index].put(r, x.edit)
}

// modify returns a version of a row that the transaction may write to.
func (x *txn) modify(t *TableSchema, r *Row) *Row {
	tr := x.touch(t, r)
	if tr.new != nil && tr.new != tr.old {
		return tr.new
	}
	tr.new = r.clone()
	tr.new.version = NewUUID()
	x.tables[t.Index].put(tr.new, x.edit)
	return tr.new
}

func (x *txn) delete(t *TableSchema, r *Row) {
	x.touch(t, r).new = nil
	x.tables[t.Index].remove(r.uuid, x.edit)
}

// mayCreate reports whether a UUID is new to the table and not of a row that
// this transaction deleted, unless it had also made it.
func (x *txn) mayCreate(t *TableSchema, u UUID) bool {
	tr := x.lookup(t, u)
	return x.get(t, u) == nil && (tr == nil || tr.old == nil)
}

// RowChange is what a transaction did to one row: Old is nil for a new row,
// New for a deleted one.
type RowChange struct {
	Old, New *Row
}

// UUID returns the row's identity.
func (c *RowChange) UUID() UUID {
	if c.New != nil {
		return c.New.uuid
	}
	return c.Old.uuid
}

// Changed reports whether a column's value is another.
func (c *RowChange) Changed(col *Column) bool {
	if c.Old == nil || c.New == nil {
		return true
	}
	if col.Index < FirstColumn {
		return col.Index == ColVersion
	}
	i := col.Index - FirstColumn
	return !c.Old.fields[i].Equal(c.New.fields[i])
}

// TableChange is what a transaction did to one table.
type TableChange struct {
	Table *TableSchema
	Rows  []RowChange
}

// Change is what a transaction did.
type Change struct {
	Tables   []TableChange
	Comment  string
	Durable  bool
	Snapshot *Snapshot // the state after it
	Previous *Snapshot // the state before it
}

// same reports whether a row was touched without being changed.
func (tr *txnRow) same() bool {
	return tr.old == tr.new || tr.old != nil && tr.new != nil && slices.EqualFunc(tr.old.fields, tr.new.fields, Datum.Equal)
}

// commit checks the transaction as a whole, makes it the store's head and
// returns what changed, or nil if nothing did.
func (x *txn) commit() (*Change, *Error) {
	if !x.settle() {
		return nil, nil
	}
	for _, tr := range x.order {
		if err := x.countRefs(tr); err != nil {
			return nil, err
		}
	}
	for _, tr := range x.order {
		if refs := tr.refs(); tr.new == nil && tr.old != nil && refs > 0 {
			return nil, Errorf("referential integrity violation", "cannot delete %s row %s because of %d remaining reference(s)",
				tr.table.Name, tr.old.uuid, refs)
		}
	}
	x.collectGarbage()
	for i, t := range x.base.schema.Tables {
		if n := x.tables[i].n; uint64(n) > uint64(t.MaxRows) && n > x.base.tables[i].n {
			return nil, Errorf("constraint violation", "transaction causes \"%s\" table to contain %d rows, greater than the schema-defined limit of %d row(s)", t.Name, n, t.MaxRows)
		}
	}
	// A row that only loses the dead references it was just given has changed
	// nevertheless: it gets a new version, as in OVS.
	if err := x.dropWeakRefs(); err != nil {
		return nil, err
	}
	if err := x.checkIndexes(); err != nil {
		return nil, err
	}
	return x.apply(), nil
}

// settle puts back rows that end up as they began. It reports whether any did
// change.
func (x *txn) settle() (changed bool) {
	for _, tr := range x.order {
		if !tr.same() {
			changed = true
		} else if tr.new != tr.old {
			tr.new = tr.old
			x.tables[tr.table.Index].put(tr.old, x.edit)
		}
	}
	return changed
}

func (tr *txnRow) refs() int32 {
	if tr.old != nil {
		return tr.old.refs + tr.delta
	}
	return tr.delta
}

// countRefs adjusts the counts of the rows that a changed row refers to, or
// referred to, strongly.
func (x *txn) countRefs(tr *txnRow) *Error {
	if tr.old == tr.new {
		return nil
	}
	return x.adjustRefs(tr, tr.old, tr.new)
}

func (x *txn) adjustRefs(tr *txnRow, old, new *Row) (err *Error) {
	for _, c := range tr.table.strong {
		i := c.Index - FirstColumn
		if old != nil && new != nil && old.fields[i] == new.fields[i] {
			continue
		}
		if new != nil {
			eachRef(new.fields[i], &c.Type, Strong, func(table string, u UUID) {
				if u == new.uuid {
					return // a row does not keep itself alive
				}
				dst := x.base.schema.byName[table]
				if d := x.lookup(dst, u); d != nil {
					d.delta++
					if d.new == nil && d.old == nil && err == nil {
						err = missingRef(tr.table, c, new.uuid, u, table)
					}
					return
				}
				r := x.get(dst, u)
				if r == nil {
					if err == nil {
						err = missingRef(tr.table, c, new.uuid, u, table)
					}
					return
				}
				x.touch(dst, r).delta++
			})
		}
		if old != nil {
			eachRef(old.fields[i], &c.Type, Strong, func(table string, u UUID) {
				if u == old.uuid {
					return
				}
				dst := x.base.schema.byName[table]
				if d := x.lookup(dst, u); d != nil {
					d.delta--
				} else if r := x.get(dst, u); r != nil {
					x.touch(dst, r).delta--
				}
			})
		}
	}
	return err
}

func missingRef(t *TableSchema, c *Column, src, dst UUID, dstTable string) *Error {
	return Errorf("referential integrity violation", "Table %s column %s row %s references nonexistent row %s in table %s.",
		t.Name, c.Name, src, dst, dstTable)
}

// collectGarbage deletes the rows of non-root tables that nothing refers to
// any more, and then those that only they referred to.
func (x *txn) collectGarbage() {
	for again := true; again; {
		again = false
		for i := 0; i < len(x.order); i++ {
			tr := x.order[i]
			if tr.table.IsRoot || tr.new == nil || tr.refs() > 0 {
				continue
			}
			r := tr.new
			x.delete(tr.table, r)
			x.adjustRefs(tr, r, nil)
			again = true
		}
	}
}

// dropWeakRefs removes weak references to rows that are not there.
func (x *txn) dropWeakRefs() *Error {
	for i := 0; i < len(x.order); i++ {
		tr := x.order[i]
		if tr.new == nil {
			if tr.old == nil {
				continue
			}
			for _, src := range x.st.weak[tr.table.Index][tr.old.uuid] {
				if r := x.get(src.table, src.row); r != nil {
					if err := x.dropFrom(x.touch(src.table, r)); err != nil {
						return err
					}
				}
			}
		} else if tr.old != tr.new {
			if err := x.dropFrom(tr); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *txn) dropFrom(tr *txnRow) *Error {
	for _, c := range tr.table.weak {
		i := c.Index - FirstColumn
		d := tr.new.fields[i]
		zero := false
		dead := func(b *BaseType, a Atom) bool {
			if b.RefTable == "" || b.RefType != Weak {
				return false
			}
			u := a.UUID()
			zero = zero || u.IsZero()
			return x.get(x.base.schema.byName[b.RefTable], u) == nil
		}
		kept := d.filter(func(j int) bool {
			return !dead(&c.Type.Key, d.Key(j)) && !(d.pairs && dead(&c.Type.Value, d.Value(j)))
		})
		if kept.n == d.n {
			continue
		}
		if kept.n < c.Type.Min {
			if zero && tr.old == nil {
				return Errorf("constraint violation", "Weak reference column \"%s\" in \"%s\" row %s (inserted within this transaction) contained all-zeros UUID (probably as the default value for this column) but deleting this value caused a constraint volation because this column is not allowed to be empty.",
					c.Name, tr.table.Name, tr.new.uuid)
			}
			inserted := ""
			if tr.old == nil {
				inserted = "(inserted within this transaction) "
			}
			return Errorf("constraint violation", "Deletion of %d weak reference(s) to deleted (or never-existing) rows from column \"%s\" in \"%s\" row %s %scaused this column to become empty, but constraints on this column disallow an empty column.",
				d.n-kept.n, c.Name, tr.table.Name, tr.new.uuid, inserted)
		}
		before := tr.new
		r := x.modify(tr.table, tr.new)
		if r == before {
			before = r.clone()
		}
		r.fields[i] = kept
		if slices.Contains(tr.table.strong, c) {
			// A pair that went took its strong reference along.
			x.adjustRefs(tr, before, r)
			x.collectGarbage()
			if tr.new == nil {
				return nil
			}
		}
	}
	return nil
}

// checkIndexes finds rows with the same values in the columns of an index.
func (x *txn) checkIndexes() *Error {
	var mine map[string]*txnRow // by values, once there are several
	for ti, t := range x.base.schema.Tables {
		for n, cols := range t.Indexes {
			clear(mine)
			var first *txnRow
			for _, tr := range x.order {
				if tr.table != t || tr.new == nil || tr.old == tr.new || tr.old != nil && equalOn(cols, tr.old, tr.new) {
					continue
				}
				if first == nil {
					first = tr
				} else {
					if mine == nil {
						mine = map[string]*txnRow{}
					}
					if len(mine) == 0 {
						mine[string(appendIndexed(nil, cols, first.new))] = first
					}
					b := appendIndexed(nil, cols, tr.new)
					if other := mine[string(b)]; other != nil {
						return x.duplicate(t, cols, tr, other)
					}
					mine[string(b)] = tr
				}
				var clash *Row
				x.st.indexes[ti][n].find(x.st.indexHash(cols, tr.new), func(u UUID) bool {
					if r := x.get(t, u); r != nil && u != tr.new.uuid && equalOn(cols, r, tr.new) {
						clash = r
					}
					return clash != nil
				})
				if clash != nil {
					other := x.lookup(t, clash.uuid)
					if other == nil {
						other = &txnRow{table: t, old: clash, new: clash}
					}
					return x.duplicate(t, cols, other, tr)
				}
			}
		}
	}
	return nil
}

func equalOn(cols []*Column, a, b *Row) bool {
	for _, c := range cols {
		if !a.Get(c).Equal(b.Get(c)) {
			return false
		}
	}
	return true
}

func indexValues(cols []*Column, r *Row) string {
	var list []string
	for _, c := range cols {
		list = append(list, r.Get(c).Text(&c.Type))
	}
	return english(list)
}

// english joins words as "a", "a and b", "a, b, and c".
func english(list []string) string {
	switch n := len(list); n {
	case 0, 1:
		return strings.Join(list, "")
	case 2:
		return list[0] + " and " + list[1]
	default:
		return strings.Join(list[:n-1], ", ") + ", and " + list[n-1]
	}
}

func (x *txn) duplicate(t *TableSchema, cols []*Column, a, b *txnRow) *Error {
	var list []string
	for _, c := range cols {
		list = append(list, `"`+c.Name+`"`)
	}
	names := "column " + english(list)
	if len(cols) > 1 {
		names = "columns " + english(list)
	}
	history := func(tr *txnRow) string {
		switch {
		case tr.old == nil:
			return "was inserted by this transaction."
		case tr.old == tr.new:
			return "existed in the database before this transaction and was not modified by the transaction."
		case equalOn(cols, tr.old, tr.new):
			return "existed in the database before this transaction, which modified some of the row's columns but not any columns in this index."
		}
		return "had the following index values before the transaction: " + indexValues(cols, tr.old) + "."
	}
	return Errorf("constraint violation", "Transaction causes multiple rows in \"%s\" table to have identical values (%s) for index on %s.  First row, with UUID %s, %s  Second row, with UUID %s, %s",
		t.Name, indexValues(cols, a.new), names, a.new.uuid, history(a), b.new.uuid, history(b))
}

// apply makes a checked transaction the store's head.
func (x *txn) apply() *Change {
	ch := &Change{Previous: x.base}
	for _, tr := range x.order {
		refs := tr.refs()
		if tr.old == tr.new {
			if tr.new != nil && tr.delta != 0 {
				tr.new.refs = refs
			}
			continue
		}
		var tc *TableChange
		for i := range ch.Tables {
			if ch.Tables[i].Table == tr.table {
				tc = &ch.Tables[i]
			}
		}
		if tc == nil {
			ch.Tables = append(ch.Tables, TableChange{Table: tr.table})
			tc = &ch.Tables[len(ch.Tables)-1]
		}
		tc.Rows = append(tc.Rows, RowChange{tr.old, tr.new})
		if tr.new != nil {
			tr.new.refs = refs
		}
		same := func(cols []*Column) bool { return tr.old != nil && tr.new != nil && equalOn(cols, tr.old, tr.new) }
		for i, cols := range tr.table.Indexes {
			if same(cols) {
				continue
			}
			ix := &x.st.indexes[tr.table.Index][i]
			if tr.old != nil {
				ix.remove(x.st.indexHash(cols, tr.old), tr.old.uuid)
			}
			if tr.new != nil {
				ix.add(x.st.indexHash(cols, tr.new), tr.new.uuid)
			}
		}
		if tr.old != nil {
			x.st.weakRemove(tr.table, tr.old, tr.new)
		}
		if tr.new != nil {
			x.st.weakAdd(tr.table, tr.new, tr.old)
		}
	}
	if len(ch.Tables) == 0 {
		return nil
	}
	ch.Snapshot = &Snapshot{schema: x.base.schema, tables: x.tables, ID: NewUUID()}
	x.st.head = ch.Snapshot
	return ch
}
