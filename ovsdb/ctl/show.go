package ctl

import (
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// ShowCommand is the row of the command show, for the tools that have
// App.Show.
var ShowCommand = Command{Name: "show", Need: needShow, Run: runShow}

func needShow(n *Need, c *Call) error {
	for _, s := range n.app.Show {
		n.Columns(s.Table, s.Columns...)
		if s.Name != "" {
			n.Columns(s.Table, s.Name)
		}
	}
	return nil
}

func runShow(c *Context) error {
	for _, r := range c.Rows(c.App.Show[0].Table) {
		c.show(r, 0, map[string]bool{})
	}
	return nil
}

func (a *App) shows(table string) *Show {
	for i := range a.Show {
		if a.Show[i].Table == table {
			return &a.Show[i]
		}
	}
	return nil
}

// show prints a row and, indented below it, its columns and the rows they
// refer to. above holds the tables on the way here, which are not entered
// again.
func (c *Context) show(r *idl.Row, level int, above map[string]bool) {
	s := c.App.shows(r.Table().Name)
	c.Printf("%s", strings.Repeat("    ", level))
	if s == nil || s.Name == "" {
		c.Printf("%s\n", r.UUID())
	} else {
		col := r.Column(s.Name)
		c.Printf("%s %s\n", r.Table().Name, r.At(col).Text(&col.Type))
	}
	if s == nil || above[s.Table] {
		return
	}
	above[s.Table] = true
	defer delete(above, s.Table)
	for _, name := range s.Columns {
		col := r.Column(name)
		d := r.At(col)
		if ref := col.Type.Key.RefTable; ref != "" && !col.Type.IsMap() && c.App.shows(ref) != nil {
			for _, x := range idl.Refs(c.Txn, r, name) {
				c.show(x, level+1, above)
			}
			continue
		}
		if col.Type.IsMap() && col.Type.Value.RefTable != "" {
			c.showMap(col, d, level+1)
			continue
		}
		if !col.Type.IsDefault(d) {
			c.Printf("%s%s: %s\n", strings.Repeat("    ", level+1), name, d.Text(&col.Type))
		}
	}
}

// showMap prints a map to rows, by their names.
func (c *Context) showMap(col *ovsdb.Column, d ovsdb.Datum, level int) {
	c.Printf("%s%s:\n", strings.Repeat("    ", level), col.Name)
	s := c.App.shows(col.Type.Value.RefTable)
	for i := range d.Len() {
		to := c.Txn.Row(col.Type.Value.RefTable, d.Value(i).UUID())
		if to == nil || s == nil || s.Name == "" {
			continue
		}
		name := to.Column(s.Name)
		c.Printf("%s%s=%s\n", strings.Repeat("    ", level+1), d.Key(i).Text(), to.At(name).Text(&name.Type))
	}
}
