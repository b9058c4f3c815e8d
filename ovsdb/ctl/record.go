package ctl

import (
	"fmt"
	"strconv"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// Row finds the row that a word names: by UUID, as the only row ("."), by one
// of the table's names, or by the beginning of its UUID.
func (c *Context) Row(t *ovsdb.TableSchema, name string) (*idl.Row, error) {
	var found *idl.Row
	if u, ok := ovsdb.ParseUUID(name); ok {
		found = c.Txn.Row(t.Name, u)
	}
	if found == nil {
		for i := range c.App.Records {
			if r := &c.App.Records[i]; r.Table == t.Name {
				for _, w := range r.Ways {
					row, err := c.rowBy(t, w, name)
					if err != nil {
						return nil, err
					}
					if row != nil {
						found = row
						break
					}
				}
			}
		}
	}
	rows := c.Rows(t.Name)
	if found == nil && name == "." && len(rows) == 1 {
		found = rows[0]
	}
	if found == nil && uuidPrefix(name) >= 4 {
		low := strings.ToLower(name)
		for _, r := range rows {
			if strings.HasPrefix(r.UUID().String(), low) {
				if found != nil {
					return nil, fmt.Errorf("%s contains 2 or more rows whose UUIDs begin with %s: at least %s and %s", t.Name, name, found.UUID(), r.UUID())
				}
				found = r
			}
		}
	}
	return found, nil
}

// MustRow is Row, and an error if there is no such row.
func (c *Context) MustRow(t *ovsdb.TableSchema, name string) (*idl.Row, error) {
	r, err := c.Row(t, name)
	if err == nil && r == nil {
		err = fmt.Errorf("no row \"%s\" in table %s", name, t.Name)
	}
	return r, err
}

// uuidPrefix returns how many hex digits s has if it is the beginning of a
// UUID's text, else 0.
func uuidPrefix(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return 0
			}
			continue
		}
		if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return 0
		}
		n++
	}
	if n > 32 {
		return 0
	}
	return n
}

// rowBy looks a name up in one way.
func (c *Context) rowBy(t *ovsdb.TableSchema, w Record, name string) (*idl.Row, error) {
	from := w.Table
	if from == "" {
		from = t.Name
	}
	if w.Name == "" {
		return nil, nil // only by "."
	}
	col := c.Schema().Table(from).Column(w.Name)
	if col.Type.Key.Type == ovsdb.Integer {
		if _, err := strconv.ParseInt(name, 10, 64); err != nil {
			return nil, nil
		}
	}
	var found *idl.Row
	for _, r := range c.Rows(from) {
		d := r.At(col)
		if d.Len() != 1 || string(d.Key(0).AppendBare(nil)) != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("multiple rows in %s match \"%s\"", from, name)
		}
		found = r
	}
	if found == nil || w.Via == "" {
		return found, nil
	}
	c.Verify(found, w.Via)
	if rows := idl.Refs(c.Txn, found, w.Via); len(rows) == 1 {
		return rows[0], nil
	}
	return nil, nil // none, or not a name for any of several
}
