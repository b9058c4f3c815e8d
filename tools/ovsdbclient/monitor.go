package ovsdbclient

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"govs/cli/table"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// monitored is one table of a monitor with the columns asked for, in groups
// with their requests, and the condition of all.
type monitored struct {
	t     *ovsdb.TableSchema
	cols  []*ovsdb.Column
	reqs  []json.Value
	where []json.Member
}

// monitor prints tables and their changes until it is ended.
func (c *client) monitor(method string) error {
	last := json.Str("00000000-0000-0000-0000-000000000000")
	if method == "monitor_cond_since" {
		if _, ok := ovsdb.ParseUUID(c.args[0]); ok {
			last, c.args = json.Str(c.args[0]), c.args[1:]
		}
	}
	if err := c.beAware(); err != nil {
		return err
	}
	list, err := c.wanted(method)
	if err != nil {
		return err
	}
	reqs := make([]json.Member, len(list))
	for i, m := range list {
		reqs[i] = member(m.t.Name, json.Arr(m.reqs...))
	}
	params := []json.Value{json.Str(c.db), json.Value{}, json.Obj(reqs...)}
	if method == "monitor_cond_since" {
		params = append(params, last)
	}
	v, err := c.call(method, json.Arr(params...))
	if err != nil {
		return err
	}
	if e := v.Elems(); method == "monitor_cond_since" && len(e) == 3 {
		fmt.Fprintf(c.io.Out, "found: %t, last_id: %s\n", e[0].Bool(), e[1].Str())
		v = e[2]
	}
	if err := c.printUpdates(list, v, true); err != nil {
		return err
	}
	return c.stay(func(m *jsonrpc.Message) error { return c.update(list, m) })
}

// update handles a notification of a monitor.
func (c *client) update(list []monitored, m *jsonrpc.Message) error {
	e := m.Params.Elems()
	switch m.Method {
	case "update3":
		if len(e) == 3 {
			fmt.Fprintf(c.io.Out, "\nlast_id: %s", e[1].Str())
			return c.printUpdates(list, e[2], false)
		}
	case "update", "update2":
		if len(e) == 2 {
			return c.printUpdates(list, e[1], false)
		}
	case "monitor_canceled":
		return fmt.Errorf("%s: %s database was removed", c.server, c.db)
	}
	return nil
}

// wanted reads the arguments: the condition, the table, and groups of columns.
func (c *client) wanted(method string) ([]monitored, error) {
	if method == "monitor" && len(c.args) == 1 && c.args[0] == "ALL" {
		var list []monitored
		for _, t := range c.schema.Tables {
			m := monitored{t: t}
			m.all()
			list = append(list, m)
		}
		return list, nil
	}
	var cond string
	if method != "monitor" {
		cond, c.args = c.args[0], c.args[1:]
	}
	t := c.schema.Table(c.args[0])
	switch {
	case t == nil && method == "monitor":
		return nil, fmt.Errorf("%s: %s does not have a table named \"%s\"", c.server, c.db, c.args[0])
	case t == nil:
		return nil, fmt.Errorf("%s does not have a table named \"%s\"", c.db, c.args[0])
	}
	m := monitored{t: t}
	if method != "monitor" {
		v, err := json.ParseString(cond)
		if err != nil {
			return nil, fmt.Errorf("\"%s\": %v", cond, err)
		}
		if _, err := ovsdb.ParseCondition(t, v); err != nil {
			return nil, err
		}
		m.where = []json.Member{member("where", v)}
	}
	if len(c.args) == 1 {
		m.all()
	}
	for _, group := range c.args[1:] {
		if err := c.group(&m, group); err != nil {
			return nil, err
		}
	}
	return []monitored{m}, nil
}

// all monitors all columns.
func (m *monitored) all() {
	m.cols = append(slices.Clone(m.t.Own()), m.t.Columns[ovsdb.ColVersion])
	m.reqs = []json.Value{json.Obj(m.where...)}
}

// group adds the <monitor-request> of words such as "name,ports,!delete".
// Without columns it has all of them.
func (c *client) group(m *monitored, words string) error {
	var sel []json.Member
	var cols []*ovsdb.Column
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return r == ',' }) {
		switch col := m.t.Column(w); {
		case w == "!initial" || w == "!insert" || w == "!delete" || w == "!modify":
			sel = append(sel, member(w[1:], json.Bool(false)))
		case col == nil:
			return fmt.Errorf("%s: table \"%s\" in %s does not have a column named \"%s\"", c.server, m.t.Name, c.db, w)
		default:
			cols = append(cols, col)
		}
	}
	if cols == nil {
		cols = append(slices.Clone(m.t.Own()), m.t.Columns[ovsdb.ColVersion])
	}
	var names []json.Value
	for _, col := range cols {
		if slices.Contains(m.cols, col) {
			return fmt.Errorf("%s: column \"%s\" mentioned multiple times", c.server, col.Name)
		}
		m.cols = append(m.cols, col)
		names = append(names, json.Str(col.Name))
	}
	req := append([]json.Member{member("columns", json.Arr(names...))}, m.where...)
	if sel != nil {
		req = append(req, member("select", json.Obj(sel...)))
	}
	m.reqs = append(m.reqs, json.Obj(req...))
	return nil
}

func (c *client) printUpdates(list []monitored, v json.Value, first bool) error {
	for _, m := range list {
		rows, ok := v.Get(m.t.Name)
		if !ok {
			continue
		}
		g := &table.Grid{Heads: []string{"row", "action"}}
		if len(list) > 1 {
			g.Caption = m.t.Name
		}
		if c.timestamp {
			g.Time = time.Now()
		}
		for _, col := range m.cols {
			g.Heads = append(g.Heads, col.Name)
		}
		for _, r := range rows.Members() {
			m.addRow(g, r.Key, r.Value, first)
		}
		if err := c.style.Write(c.io.Out, g); err != nil {
			return err
		}
	}
	return nil
}

// addRow adds the lines of one row's update in any of its three forms.
func (m *monitored) addRow(g *table.Grid, uuid string, v json.Value, first bool) {
	line := func(uuid, action string, vals json.Value) {
		cells := []table.Cell{table.Str(uuid), table.Str(action)}
		for _, col := range m.cols {
			var x table.Cell = table.Str("")
			if f, ok := vals.Get(col.Name); ok {
				// A difference may have fewer elements than a value.
				t := col.Type
				t.Min, t.Max = 0, max(t.Max, 1)
				if d, err := ovsdb.DatumFromJSON(&t, f, nil); err == nil {
					x = cell{d, &col.Type}
				}
			}
			cells = append(cells, x)
		}
		g.Rows = append(g.Rows, cells)
	}
	for _, action := range []string{"initial", "insert", "modify", "delete"} {
		if vals, ok := v.Get(action); ok {
			line(uuid, action, vals)
			return
		}
	}
	old, hasOld := v.Get("old")
	new, hasNew := v.Get("new")
	switch {
	case hasOld && hasNew:
		line(uuid, "old", old)
		line("", "new", new)
	case hasOld:
		line(uuid, "delete", old)
	case first:
		line(uuid, "initial", new)
	default:
		line(uuid, "insert", new)
	}
}
