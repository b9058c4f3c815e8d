package ctl

import (
	"errors"
	"fmt"
	"strings"

	"govs/cli/table"
	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/ovsdb/idl"
)

var dbLog = vlog.New("db_ctl_base")

// dbCommands are the commands that work on any schema.
var dbCommands = [...]Command{
	{Name: "comment", Max: Many, Args: "*ARG", Run: func(c *Context) error { return nil }, Section: "Database commands", Help: []string{"comment WORD...", "do nothing; the words are logged with the change"}},
	{Name: "get", Min: 2, Max: Many, Args: "!TABLE !RECORD *COLUMN?:KEY", Options: []string{"--if-exists", "--id="}, Need: needGet, Run: runGet, Help: []string{"get TABLE RECORD COLUMN[:KEY]...", "print values, one a line"}},
	{Name: "list", Min: 1, Max: Many, Args: "!TABLE *RECORD", Options: []string{"--if-exists", "--columns="}, Need: needList, Run: runList, Help: []string{"list TABLE [RECORD]...", "print records"}},
	{Name: "find", Min: 1, Max: Many, Args: "!TABLE *COLUMN?:KEY=VALUE", Options: []string{"--columns="}, Need: needFind, Run: runFind, Help: []string{"find TABLE CONDITION...", "print the records that meet all conditions, each COLUMN[:KEY], an operator and a value"}},
	{Name: "set", Min: 3, Max: Many, Args: "!TABLE !RECORD +COLUMN?:KEY=VALUE", Options: []string{"--if-exists"}, Access: Writes, Need: needSet, Run: runSet, Help: []string{"set TABLE RECORD COLUMN[:KEY]=VALUE...", "change values"}},
	{Name: "add", Min: 4, Max: Many, Args: "!TABLE !RECORD !COLUMN +?KEY=VALUE", Options: []string{"--if-exists"}, Access: Writes, Need: needColumn, Run: runAdd, Help: []string{"add TABLE RECORD COLUMN [KEY=]VALUE...", "add elements to a set or pairs to a map"}},
	{Name: "remove", Min: 4, Max: Many, Args: "!TABLE !RECORD !COLUMN +KEY|VALUE|KEY=VALUE", Options: []string{"--if-exists"}, Access: Writes, Need: needColumn, Run: runRemove, Help: []string{"remove TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...", "remove elements or pairs"}},
	{Name: "clear", Min: 3, Max: Many, Args: "!TABLE !RECORD +COLUMN", Options: []string{"--if-exists"}, Access: Writes, Need: needClear, Run: runClear, Help: []string{"clear TABLE RECORD COLUMN...", "empty columns"}},
	{Name: "create", Min: 2, Max: Many, Args: "!TABLE +COLUMN?:KEY=VALUE", Options: []string{"--id="}, Access: Writes, Need: needCreate, Run: runCreate, After: afterCreate, Help: []string{"create TABLE COLUMN[:KEY]=VALUE...", "add a record and print its UUID; one that nothing refers to vanishes at once in most tables"}},
	{Name: "destroy", Min: 1, Max: Many, Args: "!TABLE *RECORD", Options: []string{"--if-exists", "--all"}, Access: Writes, Need: needDestroy, Run: runDestroy, Help: []string{"destroy TABLE [RECORD]...", "delete records"}},
	{Name: "wait-until", Min: 2, Max: Many, Args: "!TABLE !RECORD *COLUMN?:KEY=VALUE", Need: needWait, Run: runWait, Help: []string{"wait-until TABLE RECORD CONDITION...", "wait until there is such a record and it meets all conditions"}},
}

// table returns the table that the first argument names; Need has checked it.
func (c *Context) table() *ovsdb.TableSchema {
	t, _ := findTable(c.Schema(), c.Words[0])
	return t
}

// record returns the row of the second argument. With --if-exists it may be
// nil.
func (c *Context) record(t *ovsdb.TableSchema) (*idl.Row, error) {
	if c.Must() {
		return c.MustRow(t, c.Words[1])
	}
	return c.Row(t, c.Words[1])
}

func isUUIDColumn(name string) bool { return strings.EqualFold(name, "_uuid") }

func needGet(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	var cols []string
	for _, w := range c.Words[2:] {
		if !isUUIDColumn(w) {
			cols = append(cols, w)
		}
	}
	return needSettings(n, t, cols)
}

func runGet(c *Context) error {
	t := c.table()
	if c.Has("--id") && !c.Must() {
		return errors.New("--if-exists and --id may not be specified together")
	}
	row, err := c.record(t)
	if row == nil || err != nil {
		return err
	}
	if id, ok := c.Options["--id"]; ok {
		y, err := c.symbols.define(id)
		if err != nil {
			return err
		}
		if y.looked {
			return fmt.Errorf("row id \"%s\" specified on \"get\" command was used before it was defined", id)
		}
		y.uuid = row.UUID()
		// A reference to a row that is there keeps nothing alive.
		y.strong, y.weak = true, true
	}
	for _, w := range c.Words[2:] {
		if isUUIDColumn(w) {
			c.Printf("%s\n", row.UUID())
			continue
		}
		s, err := splitSetting(t, w, nil)
		if err != nil {
			return err
		}
		c.Verify(row, s.column.Name)
		d := row.At(s.column)
		if !s.hasKey {
			c.Printf("%s\n", d.Text(&s.column.Type))
			continue
		}
		if !s.column.Type.IsMap() {
			return fmt.Errorf("cannot specify key to get for non-map column %s", s.column.Name)
		}
		key, err := c.keyOf(s)
		if err != nil {
			return err
		}
		i, ok := d.Find(key)
		switch {
		case ok:
			c.Printf("%s\n", d.Value(i).Text())
		case c.Must():
			return fmt.Errorf("no key \"%s\" in %s record \"%s\" column %s", s.key, t.Name, c.Words[1], s.column.Name)
		default:
			c.Printf("\n")
		}
	}
	return nil
}

// columnList returns the columns of --columns, or all of them; nil stands for
// _uuid.
func columnList(t *ovsdb.TableSchema, c *Call) ([]*ovsdb.Column, error) {
	list, ok := c.Options["--columns"]
	if !ok {
		return append([]*ovsdb.Column{nil}, t.Own()...), nil
	}
	var cols []*ovsdb.Column
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if isUUIDColumn(name) {
			cols = append(cols, nil)
			continue
		}
		col, err := findColumn(t, name)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	if len(cols) == 0 {
		return nil, fmt.Errorf("must specify at least one column name")
	}
	return cols, nil
}

func needList(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	cols, err := columnList(t, c)
	for _, col := range cols {
		if col != nil {
			n.Columns(t.Name, col.Name)
		}
	}
	return err
}

// cell is a column's value in a table.
type cell struct {
	d ovsdb.Datum
	t *ovsdb.Type
}

// Text returns the value as people read it.
func (c cell) Text(d table.Data) string {
	switch d {
	case table.Bare:
		return string(c.d.AppendBare(nil, c.t))
	case table.JSONData:
		return string(c.d.AppendJSON(nil, c.t))
	}
	return c.d.Text(c.t)
}

// JSON returns the value's <value> form.
func (c cell) JSON() string { return string(c.d.AppendJSON(nil, c.t)) }

var uuidType = ovsdb.ScalarType(ovsdb.UUIDType)

func grid(cols []*ovsdb.Column) *table.Grid {
	g := &table.Grid{}
	for _, col := range cols {
		if col == nil {
			g.Heads = append(g.Heads, "_uuid")
		} else {
			g.Heads = append(g.Heads, col.Name)
		}
	}
	return g
}

func addRow(g *table.Grid, r *idl.Row, cols []*ovsdb.Column) {
	cells := make([]table.Cell, len(cols))
	for i, col := range cols {
		if col == nil {
			cells[i] = cell{ovsdb.Scalar(ovsdb.UUIDAtom(r.UUID())), &uuidType}
		} else {
			cells[i] = cell{r.At(col), &col.Type}
		}
	}
	g.Rows = append(g.Rows, cells)
}

func runList(c *Context) error {
	t := c.table()
	cols, err := columnList(t, c.Call)
	if err != nil {
		return err
	}
	c.Grid = grid(cols)
	if len(c.Words) == 1 {
		for _, r := range c.Rows(t.Name) {
			addRow(c.Grid, r, cols)
		}
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
			addRow(c.Grid, r, cols)
		}
	}
	return nil
}

func needConditions(n *Need, t *ovsdb.TableSchema, words []string) error {
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

// satisfies reports whether a row meets all conditions.
func (c *Context) satisfies(t *ovsdb.TableSchema, r *idl.Row, words []string) (bool, error) {
	for _, w := range words {
		ok, err := c.condition(t, r, w)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *Context) condition(t *ovsdb.TableSchema, r *idl.Row, w string) (bool, error) {
	s, err := splitSetting(t, w, operators)
	if err != nil {
		return false, err
	}
	return c.holds(s, r.At(s.column))
}

func needFind(n *Need, c *Call) error {
	if err := needList(n, c); err != nil {
		return err
	}
	t, _ := n.Table(c.Words[0])
	return needConditions(n, t, c.Words[1:])
}

func runFind(c *Context) error {
	t := c.table()
	cols, err := columnList(t, c.Call)
	if err != nil {
		return err
	}
	c.Grid = grid(cols)
	for _, r := range c.Rows(t.Name) {
		ok, err := c.satisfies(t, r, c.Words[1:])
		if err != nil {
			return err
		}
		if ok {
			addRow(c.Grid, r, cols)
		}
	}
	return nil
}

func needWait(n *Need, c *Call) error {
	t, err := n.Record(c.Words[0])
	if err != nil {
		return err
	}
	return needConditions(n, t, c.Words[2:])
}

func runWait(c *Context) error {
	t := c.table()
	r, err := c.Row(t, c.Words[1])
	if err != nil {
		return err
	}
	if r == nil {
		c.TryAgain = true
		return nil
	}
	ok, err := c.satisfies(t, r, c.Words[2:])
	c.TryAgain = !ok
	return err
}
