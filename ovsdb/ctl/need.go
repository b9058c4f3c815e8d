package ctl

import (
	"fmt"
	"slices"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/schemas"
)

// Need collects the columns a run reads.
type Need struct {
	app     *App
	schema  *ovsdb.Schema
	columns map[string][]string
}

// Columns asks for columns of a table; none asks for the rows alone.
func (n *Need) Columns(table string, columns ...string) {
	have := n.columns[table]
	if have == nil {
		have = []string{}
	}
	for _, c := range columns {
		if !slices.Contains(have, c) {
			have = append(have, c)
		}
	}
	n.columns[table] = have
}

// Table finds a table by its name or an abbreviation.
func (n *Need) Table(name string) (*ovsdb.TableSchema, error) { return findTable(n.schema, name) }

// Record finds a table whose rows a command names, and asks for what naming
// needs.
func (n *Need) Record(name string) (*ovsdb.TableSchema, error) {
	t, err := findTable(n.schema, name)
	if err != nil {
		return nil, err
	}
	n.Columns(t.Name)
	for i := range n.app.Records {
		r := &n.app.Records[i]
		if r.Table != t.Name {
			continue
		}
		for _, w := range r.Ways {
			from := w.Table
			if from == "" {
				from = t.Name
			}
			for _, c := range []string{w.Name, w.Via} {
				if c != "" {
					n.Columns(from, c)
				}
			}
		}
	}
	return t, nil
}

// Column finds a column of a table and asks for it.
func (n *Need) Column(t *ovsdb.TableSchema, name string) (*ovsdb.Column, error) {
	c, err := findColumn(t, name)
	if err != nil {
		return nil, err
	}
	n.Columns(t.Name, c.Name)
	if schemas.ByType(n.app.Keys, t.Name, c.Name) {
		n.Columns(t.Name, "type") // for hints
	}
	return c, nil
}

// fold makes names that count as the same equal.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// match returns the positions of the names that s means: the one that is
// equal, else all that begin with it.
func match(names []string, s string) []int {
	var found []int
	for i, n := range names {
		if n == s {
			return []int{i}
		}
	}
	f := fold(s)
	for i, n := range names {
		if fold(n) == f {
			return []int{i}
		}
		if s != "" && strings.HasPrefix(fold(n), f) {
			found = append(found, i)
		}
	}
	return found
}

func findTable(s *ovsdb.Schema, name string) (*ovsdb.TableSchema, error) {
	names := make([]string, len(s.Tables))
	for i, t := range s.Tables {
		names[i] = t.Name
	}
	switch m := match(names, name); len(m) {
	case 0:
		return nil, fmt.Errorf("unknown table \"%s\"", name)
	case 1:
		return s.Tables[m[0]], nil
	default:
		return nil, fmt.Errorf("\"%s\" matches multiple table names: %s", name, pick(names, m))
	}
}

func findColumn(t *ovsdb.TableSchema, name string) (*ovsdb.Column, error) {
	own := t.Own()
	names := make([]string, len(own))
	for i, c := range own {
		names[i] = c.Name
	}
	switch m := match(names, name); len(m) {
	case 0:
		return nil, fmt.Errorf("%s does not contain a column whose name matches \"%s\"", t.Name, name)
	case 1:
		return own[m[0]], nil
	default:
		return nil, fmt.Errorf("%s contains more than one column whose name matches \"%s\": %s", t.Name, name, pick(names, m))
	}
}

func pick(names []string, at []int) string {
	var s []string
	for _, i := range at {
		s = append(s, names[i])
	}
	slices.Sort(s)
	return strings.Join(s, ", ")
}

// mutable refuses columns that only insert may set.
func mutable(t *ovsdb.TableSchema, c *ovsdb.Column) error {
	if !c.Mutable {
		return fmt.Errorf("cannot modify read-only column %s in table %s", c.Name, t.Name)
	}
	return nil
}
