package idl

import "iter"

// Change is what happened to one row between two snapshots: Old is nil for a
// row that came, New for one that went.
type Change struct{ Old, New *Row }

// Row returns the new row, or the old one of a row that went.
func (ch Change) Row() *Row {
	if ch.New != nil {
		return ch.New
	}
	return ch.Old
}

// Changed reports whether a column's value is another. All columns of a row
// that came or went are.
func (ch Change) Changed(column string) bool {
	if ch.Old == nil || ch.New == nil {
		return true
	}
	return !ch.Old.Get(column).Equal(ch.New.Get(column))
}

// Changes yields the rows of a table that differ between two snapshots of one
// client, in the order of their UUIDs. Either may be nil, which has no rows.
// However many updates lie between the two, a row is seen once. Tables that
// have not changed cost nothing.
func Changes(old, new *Snapshot, table string) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		var a, b []*Row
		if old != nil {
			a = old.Rows(table)
		}
		if new != nil {
			b = new.Rows(table)
		}
		if len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) {
			return
		}
		for len(a) > 0 || len(b) > 0 {
			c := 1
			if len(b) == 0 {
				c = -1
			} else if len(a) > 0 {
				c = a[0].uuid.Compare(b[0].uuid)
			}
			var ch Change
			if c <= 0 {
				ch.Old, a = a[0], a[1:]
			}
			if c >= 0 {
				ch.New, b = b[0], b[1:]
			}
			if ch.Old != ch.New && !ch.same() && !yield(ch) {
				return
			}
		}
	}
}

// same reports whether both rows have the same values: a copy of the database
// that comes after a reconnection has new rows for all.
func (ch Change) same() bool {
	if ch.Old == nil || ch.New == nil || ch.Old.table != ch.New.table {
		return false
	}
	for _, c := range ch.Old.table.Own() {
		if !ch.Old.At(c).Equal(ch.New.At(c)) {
			return false
		}
	}
	return true
}
