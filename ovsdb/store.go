package ovsdb

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Store holds a database and changes it by transactions. Execute, Apply and
// Reset belong to one writer at a time; Head and Published may be called from
// anywhere.
type Store struct {
	schema    *Schema
	head      *Snapshot // what the next transaction starts from
	published atomic.Pointer[Snapshot]

	// What only the writer needs: for each table its indexes, and who refers
	// weakly to each of its rows.
	indexes [][]rowIndex
	weak    []map[UUID][]weakSource

	keys    map[string]string // the keys of maps, each once
	keepKey func(string) string
	spare   *executor // of the last transaction, to be used again
	seed    maphash.Seed
}

type weakSource struct {
	table *TableSchema
	row   UUID
}

// NewStore returns an empty database.
func NewStore(s *Schema) *Store {
	st := &Store{schema: s, seed: maphash.MakeSeed(), keys: map[string]string{}}
	st.head = &Snapshot{schema: s, tables: make([]trie, len(s.Tables)), ID: NewUUID()}
	st.keepKey = st.internKey
	st.clearDerived()
	st.Publish()
	return st
}

func (st *Store) clearDerived() {
	st.indexes = make([][]rowIndex, len(st.schema.Tables))
	st.weak = make([]map[UUID][]weakSource, len(st.schema.Tables))
	for i, t := range st.schema.Tables {
		for range t.Indexes {
			st.indexes[i] = append(st.indexes[i], rowIndex{first: map[uint64]UUID{}})
		}
	}
}

// Schema returns the database's schema.
func (st *Store) Schema() *Schema { return st.schema }

// Head returns the state after the last transaction, which may not be on disk
// yet. Only the writer may call it.
func (st *Store) Head() *Snapshot { return st.head }

// Published returns the state that readers see.
func (st *Store) Published() *Snapshot { return st.published.Load() }

// Publish shows the head to readers.
func (st *Store) Publish() { st.published.Store(st.head) }

// PublishSnapshot shows a state that Execute made to readers.
func (st *Store) PublishSnapshot(s *Snapshot) { st.published.Store(s) }

// Reset goes back to an earlier state, such as when later ones could not be
// written to disk.
func (st *Store) Reset(s *Snapshot) {
	st.head = s
	st.clearDerived()
	for i, t := range st.schema.Tables {
		for r := range s.tables[i].all {
			r.refs = 0
			st.indexAdd(t, r)
		}
	}
	for i, t := range st.schema.Tables {
		for r := range s.tables[i].all {
			st.weakAdd(t, r, nil)
			for _, c := range t.strong {
				eachRef(r.fields[c.Index-FirstColumn], &c.Type, Strong, func(table string, u UUID) {
					if dst := s.tables[st.schema.byName[table].Index].get(u); dst != nil && u != r.uuid {
						dst.refs++
					}
				})
			}
		}
	}
}

// maxKeys bounds the table of map keys.
const maxKeys = 1 << 16

func (st *Store) internKey(s string) string {
	if k, ok := st.keys[s]; ok {
		return k
	}
	s = strings.Clone(s)
	if len(st.keys) < maxKeys && len(s) <= 64 {
		st.keys[s] = s
	}
	return s
}

// eachRef calls f for each reference of the given kind in a column's value.
func eachRef(d Datum, t *Type, kind RefType, f func(table string, u UUID)) {
	if t.Key.RefTable != "" && t.Key.RefType == kind {
		for _, a := range d.Keys() {
			f(t.Key.RefTable, a.UUID())
		}
	}
	if t.Value.RefTable != "" && t.Value.RefType == kind {
		for _, a := range d.Values() {
			f(t.Value.RefTable, a.UUID())
		}
	}
}

// rowIndex finds the rows with given values of an index's columns by the hash
// of the values. Few hashes, if any, have more than one row.
type rowIndex struct {
	first map[uint64]UUID
	more  map[uint64][]UUID
}

func (x *rowIndex) add(h uint64, u UUID) {
	if _, ok := x.first[h]; !ok {
		x.first[h] = u
		return
	}
	if x.more == nil {
		x.more = map[uint64][]UUID{}
	}
	x.more[h] = append(x.more[h], u)
}

func (x *rowIndex) remove(h uint64, u UUID) {
	more := x.more[h]
	if x.first[h] == u {
		if len(more) == 0 {
			delete(x.first, h)
			return
		}
		x.first[h] = more[0]
		u = more[0]
	}
	for i := range more {
		if more[i] == u {
			if len(more) == 1 {
				delete(x.more, h)
			} else {
				x.more[h] = removeAt(more, i)
			}
			return
		}
	}
}

// find calls f for the rows whose values may have the hash until f is true.
func (x *rowIndex) find(h uint64, f func(UUID) bool) {
	u, ok := x.first[h]
	if !ok || f(u) {
		return
	}
	for _, u := range x.more[h] {
		if f(u) {
			return
		}
	}
}

func (st *Store) indexHash(cols []*Column, r *Row) uint64 {
	var buf [128]byte
	return maphash.Bytes(st.seed, appendIndexed(buf[:0], cols, r))
}

// appendIndexed appends what tells a row's values of an index's columns from
// others.
func appendIndexed(b []byte, cols []*Column, r *Row) []byte {
	for _, c := range cols {
		b = append(r.Get(c).AppendJSON(b, &c.Type), ',')
	}
	return b
}

func (st *Store) indexAdd(t *TableSchema, r *Row) {
	for i, cols := range t.Indexes {
		st.indexes[t.Index][i].add(st.indexHash(cols, r), r.uuid)
	}
}

// weakAdd notes the weak references of a row that its old version lacked.
func (st *Store) weakAdd(t *TableSchema, r, old *Row) {
	for _, c := range t.weak {
		d := r.fields[c.Index-FirstColumn]
		if old != nil && old.fields[c.Index-FirstColumn] == d {
			continue
		}
		eachRef(d, &c.Type, Weak, func(table string, u UUID) {
			m := &st.weak[st.schema.byName[table].Index]
			if *m == nil {
				*m = map[UUID][]weakSource{}
			}
			for _, s := range (*m)[u] {
				if s.row == r.uuid && s.table == t {
					return
				}
			}
			(*m)[u] = append((*m)[u], weakSource{t, r.uuid})
		})
	}
}

// weakRemove forgets the weak references of a row that its new version lacks.
func (st *Store) weakRemove(t *TableSchema, r, new *Row) {
	for _, c := range t.weak {
		d := r.fields[c.Index-FirstColumn]
		if new != nil && new.fields[c.Index-FirstColumn] == d {
			continue
		}
		eachRef(d, &c.Type, Weak, func(table string, u UUID) {
			if new != nil && refersWeakly(t, new, table, u) {
				return
			}
			m := st.weak[st.schema.byName[table].Index]
			s := m[u]
			for i := range s {
				if s[i].row == r.uuid && s[i].table == t {
					if len(s) == 1 {
						delete(m, u)
					} else {
						m[u] = removeAt(s, i)
					}
					return
				}
			}
		})
	}
}

func refersWeakly(t *TableSchema, r *Row, table string, u UUID) (found bool) {
	for _, c := range t.weak {
		eachRef(r.fields[c.Index-FirstColumn], &c.Type, Weak, func(tt string, v UUID) {
			found = found || tt == table && v == u
		})
	}
	return found
}

// WeakRefs counts the weak references between rows. It belongs to the writer.
func (st *Store) WeakRefs() int {
	n := 0
	for _, m := range st.weak {
		for _, s := range m {
			n += len(s)
		}
	}
	return n
}
