package idl

import (
	"fmt"
	"slices"

	"govs/ovsdb"
)

// Txn collects changes to commit together. It reads as a View: the rows of
// the snapshot it was made from, with its changes.
//
//	txn := c.Txn()
//	br := txn.Insert("Bridge")
//	br = txn.Set(br, "name", ovsdb.Scalar(ovsdb.StringAtom("br0")))
//	txn.Add(idl.First(txn, "Open_vSwitch"), "bridges", ovsdb.UUIDSet(br.UUID()))
//	res := txn.Commit(ctx)
type Txn struct {
	client *Client
	snap   *Snapshot
	schema *ovsdb.Schema
	edits  []*edit // in the order of the first change
	byUUID map[ovsdb.UUID]*edit
	counts []int // changes, by TableSchema.Index

	comments []string
	counter  *counter
	dryRun   bool
	asserted string
}

// edit is what a transaction does to one row.
type edit struct {
	table    *ovsdb.TableSchema
	old      *Row // nil: inserted
	now      *Row // nil: deleted
	set      map[int]bool
	muts     []mutation
	verified []int // columns whose old values must still hold
	forced   bool
	kept     bool // inserted with a UUID that the server must take
}

// mutation is a change to part of a set or map.
type mutation struct {
	col *ovsdb.Column
	op  string // "insert" or "delete"
	arg ovsdb.Datum
	// keys tells that arg, a set, has keys to delete from a map.
	keys bool
}

type counter struct {
	row   *Row
	col   *ovsdb.Column
	force bool
}

// Txn begins a transaction on the newest snapshot.
func (c *Client) Txn() *Txn { return c.TxnOn(c.Snapshot()) }

// TxnOn begins a transaction on a snapshot of c. If the database changes
// meanwhile, Verify decides whether the transaction may still be done.
func (c *Client) TxnOn(s *Snapshot) *Txn {
	return &Txn{client: c, snap: s, schema: s.schema, byUUID: map[ovsdb.UUID]*edit{}}
}

// Snapshot returns the state that the transaction began with.
func (t *Txn) Snapshot() *Snapshot { return t.snap }

// Schema returns the schema the rows follow.
func (t *Txn) Schema() *ovsdb.Schema { return t.schema }

// Rows returns a table's rows as the transaction leaves them, inserted ones
// last.
func (t *Txn) Rows(table string) []*Row {
	rows := t.snap.Rows(table)
	own := false
	for _, e := range t.edits {
		if e.table.Name != table || e.now == e.old {
			continue
		}
		if !own {
			rows, own = slices.Clone(rows), true
		}
		if e.old == nil {
			if e.now != nil {
				rows = append(rows, e.now)
			}
			continue
		}
		if i, ok := search(t.snap.Rows(table), e.old.uuid); ok {
			rows[i] = e.now
		}
	}
	if own {
		rows = slices.DeleteFunc(rows, func(r *Row) bool { return r == nil })
	}
	return rows
}

// Row returns a row as the transaction leaves it, or nil.
func (t *Txn) Row(table string, u ovsdb.UUID) *Row {
	if e := t.byUUID[u]; e != nil && e.table.Name == table {
		return e.now
	}
	return t.snap.Row(table, u)
}

// edit returns the edit of a row, begun if need be.
func (t *Txn) edit(r *Row) *edit {
	e := t.byUUID[r.uuid]
	if e == nil {
		old := t.snap.Row(r.table.Name, r.uuid)
		if old == nil {
			panic("idl: change to a row of " + r.table.Name + " that the transaction does not see")
		}
		e = &edit{table: r.table, old: old, now: old, set: map[int]bool{}}
		t.byUUID[r.uuid] = e
		t.edits = append(t.edits, e)
	}
	if e.now == nil {
		panic("idl: change to a deleted row of " + r.table.Name)
	}
	return e
}

// Insert adds a row with default values. Its UUID is provisional: it may be
// used in this transaction; Result.UUID tells the one the server chose.
func (t *Txn) Insert(table string) *Row { return t.InsertAs(table, ovsdb.NewUUID()) }

// InsertAs is Insert with a provisional UUID that the caller made, and may have
// used for references already.
func (t *Txn) InsertAs(table string, u ovsdb.UUID) *Row {
	ts := t.schema.Table(table)
	if ts == nil {
		panic("idl: no table " + table)
	}
	r := newRow(ts, u)
	t.count(ts)
	e := &edit{table: ts, now: r, set: map[int]bool{}}
	t.edits = append(t.edits, e)
	t.byUUID[r.uuid] = e
	return r
}

// InsertKept is Insert with the UUID that the row shall have. The commit fails
// if another row has it.
func (t *Txn) InsertKept(table string, u ovsdb.UUID) *Row {
	r := t.InsertAs(table, u)
	t.byUUID[u].kept = true
	return r
}

// Set gives a column a new value and returns the changed row.
func (t *Txn) Set(r *Row, column string, d ovsdb.Datum) *Row {
	e := t.edit(r)
	c := r.Column(column)
	if e.old != nil && !e.set[c.Index] && e.now.At(c).Equal(d) && !e.mutates(c) {
		return e.now // nothing changes
	}
	e.muts = slices.DeleteFunc(e.muts, func(m mutation) bool { return m.col == c })
	t.put(e, c, d)
	e.set[c.Index] = true
	return e.now
}

func (t *Txn) put(e *edit, c *ovsdb.Column, d ovsdb.Datum) {
	t.count(e.table)
	e.now = e.now.clone()
	e.now.data[c.Index] = d
}

func (t *Txn) count(ts *ovsdb.TableSchema) {
	if t.counts == nil {
		t.counts = make([]int, len(t.schema.Tables))
	}
	t.counts[ts.Index]++
}

// Changes returns a number that grows with each change to rows of a table: who
// keeps what it has made of them knows by it when that is out of date.
func (t *Txn) Changes(table string) int {
	if ts := t.schema.Table(table); ts != nil && t.counts != nil {
		return t.counts[ts.Index]
	}
	return 0
}

func (e *edit) mutates(c *ovsdb.Column) bool {
	return slices.ContainsFunc(e.muts, func(m mutation) bool { return m.col == c })
}

// Add adds elements to a set, or pairs to a map where they replace those with
// the same keys. Unlike Set it does not undo what others add meanwhile.
func (t *Txn) Add(r *Row, column string, d ovsdb.Datum) *Row {
	e := t.edit(r)
	c := r.Column(column)
	now := e.now.At(c)
	next := d.Union(now)
	if next.Equal(now) {
		return e.now
	}
	t.put(e, c, next)
	if e.old == nil || e.set[c.Index] {
		e.set[c.Index] = true
		return e.now
	}
	if c.Type.IsMap() {
		// "insert" keeps what is there, so old pairs go first.
		var gone []ovsdb.Atom
		for _, k := range d.Keys() {
			if _, ok := now.Find(k); ok {
				gone = append(gone, k)
			}
		}
		if len(gone) > 0 {
			e.muts = append(e.muts, mutation{c, "delete", ovsdb.NewSet(gone...), true})
		}
	}
	e.muts = append(e.muts, mutation{c, "insert", d, false})
	return e.now
}

// Remove removes elements from a set, or pairs from a map: d is a set of keys,
// or a map of pairs that go if the value is the same, too.
func (t *Txn) Remove(r *Row, column string, d ovsdb.Datum) *Row {
	e := t.edit(r)
	c := r.Column(column)
	now := e.now.At(c)
	next := now.Subtract(d)
	if next.Len() == now.Len() {
		return e.now
	}
	t.put(e, c, next)
	if e.old == nil || e.set[c.Index] {
		e.set[c.Index] = true
		return e.now
	}
	e.muts = append(e.muts, mutation{c, "delete", d, c.Type.IsMap() && d.Values() == nil})
	return e.now
}

// SetStr sets a string column; in an optional one "" is a value, too.
func (t *Txn) SetStr(r *Row, column, s string) *Row {
	return t.Set(r, column, ovsdb.Scalar(ovsdb.StringAtom(s)))
}

// SetInt sets an integer column.
func (t *Txn) SetInt(r *Row, column string, n int64) *Row {
	return t.Set(r, column, ovsdb.Scalar(ovsdb.IntAtom(n)))
}

// SetBool sets a boolean column.
func (t *Txn) SetBool(r *Row, column string, b bool) *Row {
	return t.Set(r, column, ovsdb.Scalar(ovsdb.BoolAtom(b)))
}

// SetMap sets a map of strings to strings.
func (t *Txn) SetMap(r *Row, column string, m map[string]string) *Row {
	return t.Set(r, column, ovsdb.StringMap(m))
}

// SetIntMap sets a map of strings to integers, such as statistics.
func (t *Txn) SetIntMap(r *Row, column string, m map[string]int64) *Row {
	p := make([]ovsdb.Pair, 0, len(m))
	for k, v := range m {
		p = append(p, ovsdb.Pair{Key: ovsdb.StringAtom(k), Value: ovsdb.IntAtom(v)})
	}
	return t.Set(r, column, ovsdb.NewMap(p...))
}

// SetRefs sets a column to references to rows.
func (t *Txn) SetRefs(r *Row, column string, rows ...*Row) *Row {
	return t.Set(r, column, RefSet(rows...))
}

// Clear empties an optional column, a set or a map.
func (t *Txn) Clear(r *Row, column string) *Row { return t.Set(r, column, ovsdb.Datum{}) }

// RefSet returns the set of references to rows.
func RefSet(rows ...*Row) ovsdb.Datum {
	u := make([]ovsdb.UUID, len(rows))
	for i, r := range rows {
		u[i] = r.uuid
	}
	return ovsdb.UUIDSet(u...)
}

// Delete deletes a row. References to it stay in the transaction's view; the
// server refuses strong ones, and drops weak ones. A row of a table whose rows
// live by references (no isRoot) goes when the last strong reference to it
// does: the server alone decides that, and Delete only hides the row from the
// transaction's view. Deleting twice does no harm.
func (t *Txn) Delete(r *Row) {
	if e := t.byUUID[r.uuid]; e != nil && e.now == nil {
		return
	}
	e := t.edit(r)
	t.count(e.table)
	e.now = nil
	e.set, e.muts = map[int]bool{}, nil
}

// Verify makes the commit end in TryAgain if the column's value has changed
// since the transaction's snapshot.
func (t *Txn) Verify(r *Row, column string) {
	c := r.Column(column)
	if e := t.byUUID[r.uuid]; e != nil {
		if e.old != nil && !slices.Contains(e.verified, c.Index) {
			e.verified = append(e.verified, c.Index)
		}
		return
	}
	e := t.edit(r)
	e.verified = append(e.verified, c.Index)
}

// Force sends the row's column even if the value is the one it has already.
func (t *Txn) Force(r *Row, column string) {
	e := t.edit(r)
	e.set[r.Column(column).Index] = true
	e.forced = true
}

// Increment adds 1 to an integer column if the transaction changes anything,
// or in any case with force. Result.Counter has the new value.
func (t *Txn) Increment(r *Row, column string, force bool) {
	t.counter = &counter{r, r.Column(column), force}
}

// Comment adds a line to the comment that the server logs.
func (t *Txn) Comment(format string, args ...any) {
	t.comments = append(t.comments, fmt.Sprintf(format, args...))
}

// DryRun lets the server check the transaction and then abort it: the status
// is Success or an error, and nothing changes.
func (t *Txn) DryRun() { t.dryRun = true }

// Assert makes the transaction fail with NotLocked unless the client owns the
// lock. Transactions of a client with Config.Lock do that by themselves.
func (t *Txn) Assert(lock string) { t.asserted = lock }

// Changed reports whether the transaction changes anything.
func (t *Txn) Changed() bool {
	for _, e := range t.edits {
		if e.changes() {
			return true
		}
	}
	return t.counter != nil && t.counter.force
}

func (e *edit) changes() bool {
	switch {
	case e.old == nil:
		return e.now != nil
	case e.now == nil:
		return e.table.IsRoot
	case e.forced:
		return true
	}
	for c := range e.set {
		if !e.now.data[c].Equal(e.old.data[c]) {
			return true
		}
	}
	return len(e.muts) > 0
}
