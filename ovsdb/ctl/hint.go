package ctl

import (
	"slices"

	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// hint warns of keys that are nearly, but not quite, ones that the daemon
// knows in a row r. They are stored all the same: any key may have a meaning to
// somebody.
func (c *Context) hint(r *idl.Row, col *ovsdb.Column, d ovsdb.Datum) {
	if !col.Type.IsMap() || col.Type.Key.Type != ovsdb.String {
		return
	}
	table, typ := r.Table(), ""
	if schemas.ByType(c.App.Keys, table.Name, col.Name) {
		typ = r.Str("type")
	}
	known, ok := schemas.KeysFor(c.App.Keys, table.Name, col.Name, typ)
	if !ok {
		return
	}
	for _, k := range d.Keys() {
		if near := nearest(k.Str(), known); near != "" {
			vlog.New(c.App.Module).Warn("%s in column %s of table %s is not a key %s knows; did you mean %s?", k.Text(), col.Name, table.Name, c.App.Daemon, near)
		}
	}
}

// nearest returns the known word that s is probably a slip of, or "" if s is
// known itself or like none of them.
func nearest(s string, known []string) string {
	if len(s) < 4 || slices.Contains(known, s) {
		return ""
	}
	limit := 1
	if len(s) > 6 {
		limit = 2
	}
	best := ""
	for _, k := range known {
		if n := distance(s, k, limit); n <= limit {
			best, limit = k, n-1
		}
	}
	return best
}

// distance counts the letters to change, insert, delete or swap with their
// neighbour to get from a to b. It may stop counting above limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
