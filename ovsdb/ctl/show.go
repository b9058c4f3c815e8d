package ctl

import (
	"fmt"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// ShowCommand is the row of the command show, for the tools that have
// App.Show.
var ShowCommand = Command{Name: "show", Options: []string{"--filter="}, Need: needShow, Run: runShow}

func needShow(n *Need, c *Call) error {
	for _, s := range n.app.Show {
		n.Columns(s.Table, s.Columns...)
		if s.Name != "" {
			n.Columns(s.Table, s.Name)
		}
	}
	_, err := n.app.filter(c)
	return err
}

func runShow(c *Context) error {
	f, err := c.App.filter(c.Call)
	if err != nil {
		return err
	}
	for _, r := range c.Rows(c.App.Show[0].Table) {
		n := c.branch(r, map[string]bool{})
		if f == nil || n.keep(f) {
			c.print(n, 0)
		}
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

// node is a line of the tree with what stands below it: a row, or a line of
// one.
type node struct {
	table string // of a row, else ""
	text  string
	below []*node
}

func (n *node) add(format string, args ...any) *node {
	x := &node{text: fmt.Sprintf(format, args...)}
	n.below = append(n.below, x)
	return x
}

func (c *Context) print(n *node, level int) {
	c.Printf("%s%s\n", strings.Repeat("    ", level), n.text)
	for _, x := range n.below {
		c.print(x, level+1)
	}
}

// branch returns a row and, below it, its columns and the rows they refer to.
// above holds the tables on the way here, which are not entered again.
func (c *Context) branch(r *idl.Row, above map[string]bool) *node {
	s := c.App.shows(r.Table().Name)
	n := &node{table: r.Table().Name, text: r.UUID().String()}
	if s != nil && s.Name != "" {
		col := r.Column(s.Name)
		n.text = n.table + " " + r.At(col).Text(&col.Type)
	}
	if s == nil || above[s.Table] {
		return n
	}
	above[s.Table] = true
	defer delete(above, s.Table)
	for _, name := range s.Columns {
		col := r.Column(name)
		d := r.At(col)
		switch ref := col.Type.Key.RefTable; {
		case ref != "" && !col.Type.IsMap() && c.App.shows(ref) != nil:
			for _, x := range idl.Refs(c.Txn, r, name) {
				n.below = append(n.below, c.branch(x, above))
			}
		case col.Type.IsMap() && col.Type.Value.RefTable != "":
			c.showMap(n.add("%s:", name), col, d)
		case !col.Type.IsDefault(d):
			n.add("%s: %s", name, d.Text(&col.Type))
		}
	}
	return n
}

// showMap adds a map to rows, by their names.
func (c *Context) showMap(n *node, col *ovsdb.Column, d ovsdb.Datum) {
	s := c.App.shows(col.Type.Value.RefTable)
	for i := range d.Len() {
		to := c.Txn.Row(col.Type.Value.RefTable, d.Value(i).UUID())
		if to == nil || s == nil || s.Name == "" {
			continue
		}
		name := to.Column(s.Name)
		n.add("%s=%s", d.Key(i).Text(), to.At(name).Text(&name.Type))
	}
}
