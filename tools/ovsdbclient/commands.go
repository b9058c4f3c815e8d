package ovsdbclient

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"govs/cli/table"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

func (c *client) listDBs() error {
	v, err := c.call("list_dbs", json.Arr())
	if err != nil {
		return err
	}
	var names []string
	for _, e := range v.Elems() {
		names = append(names, e.Str())
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintln(c.io.Out, n)
	}
	return nil
}

func (c *client) listTables() error {
	g := &table.Grid{Heads: []string{"Table"}}
	for _, t := range c.schema.Tables {
		g.Rows = append(g.Rows, []table.Cell{table.Str(t.Name)})
	}
	return c.style.Write(c.io.Out, g)
}

func (c *client) listColumns() error {
	g := &table.Grid{Heads: []string{"Table", "Column", "Type"}}
	if len(c.args) > 0 {
		g.Heads = g.Heads[1:]
	}
	for _, t := range c.schema.Tables {
		if len(c.args) > 0 && c.args[0] != t.Name {
			continue
		}
		for _, col := range t.Columns {
			row := []table.Cell{table.Str(t.Name), table.Str(col.Name), jsonCell{col.Type.JSON()}}
			if len(c.args) > 0 {
				row = row[1:]
			}
			g.Rows = append(g.Rows, row)
		}
	}
	return c.style.Write(c.io.Out, g)
}

func (c *client) transact(readOnly bool) error {
	v, err := json.ParseString(c.args[0])
	if err != nil {
		return fmt.Errorf("\"%s\": %v", c.args[0], err)
	}
	e := v.Elems()
	if v.Kind() != json.Array || len(e) == 0 || e[0].Kind() != json.String {
		return errors.New("not a valid OVSDB query")
	}
	if readOnly {
		// Whatever it does, it does not last.
		v = json.Arr(append(slices.Clone(e), json.Obj(json.Member{Key: "op", Value: json.Str("abort")}))...)
	}
	res, err := c.call("transact", v)
	if err != nil {
		return err
	}
	if e := res.Elems(); readOnly && len(e) > 0 {
		last := e[len(e)-1]
		if tag, _ := last.Get("error"); tag.Str() == "aborted" {
			res = json.Arr(e[:len(e)-1]...)
		}
	}
	c.print(res)
	return nil
}

// rows fetches a table's rows.
func (c *client) rows(t *ovsdb.TableSchema, cols []*ovsdb.Column) ([]json.Value, error) {
	names := make([]json.Value, len(cols))
	for i, col := range cols {
		names[i] = json.Str(col.Name)
	}
	v, err := c.call("transact", json.Arr(json.Str(c.db), op("select", t.Name, member("where", json.Arr()), member("columns", json.Arr(names...)))))
	if err != nil {
		return nil, err
	}
	e := v.Elems()
	if len(e) == 0 {
		return nil, fmt.Errorf("reply is not array of 1 elements: %s", v)
	}
	rows, ok := e[0].Get("rows")
	if !ok {
		return nil, fmt.Errorf("%s table reply is not an object with a \"rows\" member array: %s", t.Name, e[0])
	}
	return rows.Elems(), nil
}

func (c *client) dump() error {
	tables := c.schema.Tables
	var only []*ovsdb.Column
	if len(c.args) > 0 {
		t := c.schema.Table(c.args[0])
		if t == nil {
			return fmt.Errorf("No table \"%s\" found.", c.args[0])
		}
		for _, name := range c.args[1:] {
			col := t.Column(name)
			if col == nil {
				return fmt.Errorf("Table \"%s\" has no column %s.", t.Name, name)
			}
			only = append(only, col)
		}
		tables = []*ovsdb.TableSchema{t}
		slices.SortFunc(only, byName)
	}
	for _, t := range tables {
		cols := only
		if cols == nil {
			for _, col := range t.Columns {
				if col.Index != ovsdb.ColVersion {
					cols = append(cols, col)
				}
			}
			slices.SortFunc(cols, byName)
		}
		rows, err := c.rows(t, cols)
		if err != nil {
			return err
		}
		g := &table.Grid{Caption: t.Name + " table"}
		for _, col := range cols {
			g.Heads = append(g.Heads, col.Name)
		}
		data := make([][]ovsdb.Datum, len(rows))
		for i, r := range rows {
			for _, col := range cols {
				v, _ := r.Get(col.Name)
				d, err := ovsdb.DatumFromJSON(&col.Type, v, nil)
				if err != nil {
					return err
				}
				data[i] = append(data[i], d)
			}
		}
		sortRows(data, cols)
		for _, r := range data {
			cells := make([]table.Cell, len(r))
			for i, d := range r {
				cells[i] = cell{d, &cols[i].Type}
			}
			g.Rows = append(g.Rows, cells)
		}
		if err := c.style.Write(c.io.Out, g); err != nil {
			return err
		}
	}
	return nil
}

func byName(a, b *ovsdb.Column) int { return strings.Compare(a.Name, b.Name) }

// sortRows orders rows as the reference does: by their columns from left to
// right, with the UUID, which says nothing, looked at last.
func sortRows(data [][]ovsdb.Datum, cols []*ovsdb.Column) {
	order := make([]int, 0, len(cols))
	last := []int{}
	for i, c := range cols {
		if c.Index == ovsdb.ColUUID {
			last = append(last, i)
		} else {
			order = append(order, i)
		}
	}
	order = append(order, last...)
	slices.SortFunc(data, func(a, b []ovsdb.Datum) int {
		for _, i := range order {
			if c := a[i].Compare(b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
}

func (c *client) checkWait() error {
	if state := c.args[1]; !slices.Contains([]string{"added", "connected", "removed"}, state) {
		return fmt.Errorf("%s: unknown state", state)
	}
	return nil
}

// wait waits until a database is there, serves, or is gone.
func (c *client) wait() error {
	db, state := c.args[0], c.args[1]
	if err := c.beAware(); err != nil {
		return err
	}
	clause := func(col string, v json.Value) json.Value { return json.Arr(json.Str(col), json.Str("=="), v) }
	where := []json.Value{clause("name", json.Str(db))}
	if state == "connected" {
		where = append(where, clause("connected", json.Bool(true)))
	}
	until := "!="
	if state == "removed" {
		until = "=="
	}
	_, err := c.call("transact", json.Arr(json.Str("_Server"), op("wait", "Database",
		member("where", json.Arr(where...)), member("columns", json.Arr(json.Str("name"))),
		member("until", json.Str(until)), member("rows", json.Arr()))))
	return err
}

func (c *client) needsConversion() error {
	s, err := ovsdb.ReadSchema(c.args[0])
	if err != nil {
		return err
	}
	have, err := c.getSchema(s.Name)
	if err != nil {
		return err
	}
	if have.Equal(s) {
		fmt.Fprintln(c.io.Out, "no")
	} else {
		fmt.Fprintln(c.io.Out, "yes")
	}
	return nil
}

func (c *client) convert() error {
	s, err := ovsdb.ReadSchema(c.args[0])
	if err != nil {
		return err
	}
	if err := c.beAware(); err != nil {
		return err
	}
	_, err = c.call("convert", json.Arr(json.Str(s.Name), s.JSON()))
	return err
}
