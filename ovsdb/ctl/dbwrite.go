package ctl

import (
	"fmt"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

func needSet(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	return needSettings(n, t, c.Words[2:])
}

// needSettings asks for the columns of arguments of set.
func needSettings(n *Need, t *ovsdb.TableSchema, words []string) error {
	for _, w := range words {
		name, _, err := ovsdb.ScanToken(w)
		if err != nil {
			return err
		}
		if name == "" {
			return fmt.Errorf("%s: missing column name", w)
		}
		if _, err := n.Column(t, name); err != nil {
			return err
		}
	}
	return nil
}

// Set does what an argument COLUMN[:KEY]=VALUE says to a row and returns the
// changed row. Commands such as add-port take such arguments, too.
func (c *Context) Set(r *idl.Row, arg string) (*idl.Row, error) {
	s, err := splitSetting(r.Table(), arg, assign)
	if err != nil {
		return r, err
	}
	t := &s.column.Type
	if !s.hasKey {
		d, err := c.datum(t, s.value)
		if err != nil {
			return r, err
		}
		c.hint(r, s.column, d)
		return c.Txn.Set(r, s.column.Name, d), nil
	}
	if !t.IsMap() {
		return r, fmt.Errorf("cannot specify key to set for non-map column %s", s.column.Name)
	}
	key, err := c.keyOf(s)
	if err != nil {
		return r, err
	}
	v, err := ovsdb.ParseAtom(&t.Value, s.value, c.symbols.in(t))
	if err != nil {
		return r, err
	}
	pair := ovsdb.NewMap(ovsdb.Pair{Key: key, Value: v})
	c.hint(r, s.column, pair)
	return c.Txn.Add(r, s.column.Name, pair), nil
}

func runSet(c *Context) error {
	r, err := c.record(c.table())
	if r == nil || err != nil {
		return err
	}
	for _, w := range c.Words[2:] {
		s, err := splitSetting(r.Table(), w, assign)
		if err == nil {
			err = mutable(r.Table(), s.column)
		}
		if err != nil {
			return err
		}
		if r, err = c.Set(r, w); err != nil {
			return err
		}
	}
	return nil
}

// needColumn is for TABLE RECORD COLUMN of a column to change.
func needColumn(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	_, err = n.Column(t, c.Words[2])
	return err
}

// column returns the column of the third argument, to be changed.
func (c *Context) column(t *ovsdb.TableSchema) (*ovsdb.Column, error) {
	col, err := findColumn(t, c.Words[2])
	if err == nil {
		err = mutable(t, col)
	}
	return col, err
}

// anySize is t without limits on the number of elements.
func anySize(t ovsdb.Type) *ovsdb.Type {
	t.Min, t.Max = 1, ovsdb.Unlimited
	return &t
}

func runAdd(c *Context) error {
	t := c.table()
	r, err := c.record(t)
	if r == nil || err != nil {
		return err
	}
	col, err := c.column(t)
	if err != nil {
		return err
	}
	for _, w := range c.Words[3:] {
		d, err := c.datum(anySize(col.Type), w)
		if err != nil {
			return err
		}
		c.hint(r, col, d)
		r = c.Txn.Add(r, col.Name, d)
	}
	return nil
}

func runRemove(c *Context) error {
	t := c.table()
	r, err := c.record(t)
	if r == nil || err != nil {
		return err
	}
	col, err := c.column(t)
	if err != nil {
		return err
	}
	for _, w := range c.Words[3:] {
		typ := anySize(col.Type)
		d, err := c.datum(typ, w)
		if err != nil && typ.IsMap() {
			typ.Value = ovsdb.NewBase(ovsdb.Void)
			d, err = c.datum(typ, w)
		}
		if err != nil {
			return err
		}
		r = c.Txn.Remove(r, col.Name, d)
	}
	return nil
}

func needClear(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	for _, w := range c.Words[2:] {
		if _, err := n.Column(t, w); err != nil {
			return err
		}
	}
	return nil
}

func runClear(c *Context) error {
	t := c.table()
	r, err := c.record(t)
	if r == nil || err != nil {
		return err
	}
	for _, w := range c.Words[2:] {
		col, err := findColumn(t, w)
		if err == nil {
			err = mutable(t, col)
		}
		if err != nil {
			return err
		}
		if col.Type.Min > 0 {
			return fmt.Errorf("\"clear\" operation cannot be applied to column %s of table %s, which is not allowed to be empty", col.Name, t.Name)
		}
		r = c.Txn.Clear(r, col.Name)
	}
	return nil
}

func needCreate(n *Need, c *Call) error {
	t, err := n.Table(c.Words[0])
	if err != nil {
		return err
	}
	if !c.Has("--id") && !t.IsRoot {
		dbLog.Warn("applying \"create\" command to table %s without --id option will have no effect", t.Name)
	}
	n.Columns(t.Name)
	return nil
}

func runCreate(c *Context) error {
	t := c.table()
	u, kept := ovsdb.ParseUUID(c.Options["--id"])
	if !kept {
		u = ovsdb.NewUUID()
	}
	if id, ok := c.Options["--id"]; ok && !kept {
		y, err := c.symbols.define(id)
		if err != nil {
			return err
		}
		if t.IsRoot {
			y.strong = true // nothing needs to refer to it
		}
		u = y.uuid
	}
	var r *idl.Row
	if kept {
		r = c.InsertKept(t.Name, u)
	} else {
		r = c.InsertAs(t.Name, u)
	}
	for _, w := range c.Words[1:] {
		var err error
		if r, err = c.Set(r, w); err != nil {
			return err
		}
	}
	c.created = u
	c.Printf("%s\n", u)
	return nil
}

// afterCreate prints the UUID that the server has chosen.
func afterCreate(c *Context) {
	u := c.result.UUID(c.created)
	s := strings.Replace(c.Out.String(), c.created.String(), u.String(), 1)
	c.Out.Reset()
	c.Out.WriteString(s)
}

func needDestroy(n *Need, c *Call) error {
	_, err := n.Record(c.Words[0])
	return err
}

func runDestroy(c *Context) error {
	t := c.table()
	if c.Has("--all") {
		if len(c.Words) > 1 {
			return fmt.Errorf("--all and records argument should not be specified together")
		}
		for _, r := range c.Rows(t.Name) {
			c.Delete(r)
		}
		return nil
	}
	if len(c.Words) == 1 {
		dbLog.Warn("either --all or records argument should be specified")
	}
	for _, w := range c.Words[1:] {
		r, err := c.Row(t, w)
		if err == nil && r == nil && c.Must() {
			r, err = c.MustRow(t, w)
		}
		if err != nil {
			return err
		}
		if r != nil {
			c.Delete(r)
		}
	}
	return nil
}
