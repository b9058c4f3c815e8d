package idl

import (
	"slices"

	"govs/ovsdb"
)

// View is what a Snapshot and a Txn have in common: rows to read. A Txn shows
// them with its own changes.
type View interface {
	// Schema returns the schema the rows follow.
	Schema() *ovsdb.Schema
	// Rows returns a table's rows in the order of their UUIDs. The caller
	// must not change the slice. A table that the schema lacks has none.
	Rows(table string) []*Row
	// Row returns the row with that UUID, or nil.
	Row(table string, u ovsdb.UUID) *Row
}

// Snapshot is the whole replica at one time. All rows in it are of one
// committed state of the database.
type Snapshot struct {
	// Seqno grows by one with every snapshot.
	Seqno uint64
	// Connected tells whether the replica was being kept up to date.
	Connected bool
	// Complete tells whether the first copy of the database has arrived.
	Complete bool
	// Locked tells whether we own the lock Config.Lock.
	Locked bool
	// CondSeqno is the number that SetCondition returned for the newest
	// conditions that the rows follow.
	CondSeqno uint64
	// TxnID is the server's identity of this state, zero if it has none.
	TxnID ovsdb.UUID

	schema   *ovsdb.Schema
	tables   []table // by TableSchema.Index
	replaced chan struct{}
}

type table struct {
	rows  []*Row // by UUID
	seqno uint64
}

// Schema returns the schema the rows follow: Config.Schema, or the server's;
// nil before the first connection without either.
func (s *Snapshot) Schema() *ovsdb.Schema { return s.schema }

// Replaced returns a channel that is closed once there is a newer snapshot.
func (s *Snapshot) Replaced() <-chan struct{} { return s.replaced }

func (s *Snapshot) table(name string) *table {
	if s.schema == nil {
		return nil
	}
	t := s.schema.Table(name)
	if t == nil {
		return nil
	}
	return &s.tables[t.Index]
}

// Rows returns a table's rows in the order of their UUIDs.
func (s *Snapshot) Rows(table string) []*Row {
	if t := s.table(table); t != nil {
		return t.rows
	}
	return nil
}

// TableSeqno returns the Seqno of the snapshot in which a row of the table
// last changed, came or went.
func (s *Snapshot) TableSeqno(table string) uint64 {
	if t := s.table(table); t != nil {
		return t.seqno
	}
	return 0
}

// Row returns the row with that UUID, or nil.
func (s *Snapshot) Row(table string, u ovsdb.UUID) *Row {
	if t := s.table(table); t != nil {
		if i, ok := search(t.rows, u); ok {
			return t.rows[i]
		}
	}
	return nil
}

func search(rows []*Row, u ovsdb.UUID) (int, bool) {
	return slices.BinarySearchFunc(rows, u, func(r *Row, u ovsdb.UUID) int { return r.uuid.Compare(u) })
}

// First returns a table's first row, or nil: the row of a table that has only
// one.
func First(v View, table string) *Row {
	if rows := v.Rows(table); len(rows) > 0 {
		return rows[0]
	}
	return nil
}

// Find returns the first row whose column equals the string s, or nil.
func Find(v View, table, column, s string) *Row {
	for _, r := range v.Rows(table) {
		if d := r.Get(column); d.Len() == 1 && d.Str() == s {
			return r
		}
	}
	return nil
}

// Refs returns the rows that a column of r refers to, in the order of the
// column's elements: of a map's values if those are references, else of its
// keys. Rows that are not in the view are left out.
func Refs(v View, r *Row, column string) []*Row {
	c := r.Column(column)
	d := r.At(c)
	atoms, base := d.Keys(), &c.Type.Key
	if c.Type.IsMap() && c.Type.Value.RefTable != "" {
		atoms, base = d.Values(), &c.Type.Value
	}
	rows := make([]*Row, 0, len(atoms))
	for _, a := range atoms {
		if x := v.Row(base.RefTable, a.UUID()); x != nil {
			rows = append(rows, x)
		}
	}
	return rows
}

// Ref returns the row that an optional reference of r leads to, or nil.
func Ref(v View, r *Row, column string) *Row {
	if rows := Refs(v, r, column); len(rows) > 0 {
		return rows[0]
	}
	return nil
}
