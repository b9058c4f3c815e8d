package ovsdbclient

import (
	"fmt"
	"strings"
	"time"

	"govs/cli"
	"govs/cli/table"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// monitored is one table of a monitor with the columns asked for.
type monitored struct {
	t    *ovsdb.TableSchema
	cols []*ovsdb.Column
}

func (c *client) monitor(method string) error {
	var cond json.Value
	last := json.Str("00000000-0000-0000-0000-000000000000")
	if method == "monitor_cond_since" {
		if _, ok := ovsdb.ParseUUID(c.args[0]); ok {
			last, c.args = json.Str(c.args[0]), c.args[1:]
		}
	}
	if method != "monitor" {
		if len(c.args) < 2 {
			return fmt.Errorf("invalid syntax for '%s' (use --help for help)", strings.ReplaceAll(method, "_", "-"))
		}
		v, err := json.ParseString(c.args[0])
		if err != nil {
			return fmt.Errorf("\"%s\": %v", c.args[0], err)
		}
		cond, c.args = v, c.args[1:]
	}
	var list []monitored
	var reqs []json.Member
	add := func(t *ovsdb.TableSchema, specs []string) error {
		m, req, err := c.request(t, specs, cond)
		if err == nil {
			list = append(list, m)
			reqs = append(reqs, json.Member{Key: t.Name, Value: req})
		}
		return err
	}
	if len(c.args) == 1 && c.args[0] == "ALL" && method == "monitor" {
		for _, t := range c.schema.Tables {
			if err := add(t, nil); err != nil {
				return err
			}
		}
	} else {
		// Words that name a table begin it, others are its columns.
		for i := 0; i < len(c.args); {
			t := c.schema.Table(c.args[i])
			if t == nil {
				return fmt.Errorf("%s: %s does not have a table named \"%s\"", c.server, c.db, c.args[i])
			}
			j := i + 1
			for j < len(c.args) && c.schema.Table(c.args[j]) == nil {
				j++
			}
			if err := add(t, c.args[i+1:j]); err != nil {
				return err
			}
			i = j
		}
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
	for {
		select {
		case m := <-c.notes:
			e := m.Params.Elems()
			if m.Method == "update3" && len(e) == 3 {
				fmt.Fprintf(c.io.Out, "\nlast_id: %s", e[1].Str())
				e = []json.Value{e[0], e[2]}
			}
			if !strings.HasPrefix(m.Method, "update") || len(e) != 2 {
				continue
			}
			if err := c.printUpdates(list, e[1], false); err != nil {
				return err
			}
		case <-c.s.Done():
			return fmt.Errorf("%s: receive failed (%s)", c.server, cli.Strerror(c.s.Err()))
		}
	}
}

// request makes the <monitor-request> of a table from words such as
// "name,ports" and "!delete".
func (c *client) request(t *ovsdb.TableSchema, specs []string, cond json.Value) (monitored, json.Value, error) {
	m := monitored{t: t}
	var sel []json.Member
	var names []json.Value
	for _, w := range strings.FieldsFunc(strings.Join(specs, ","), func(r rune) bool { return r == ',' }) {
		switch {
		case w == "!initial" || w == "!insert" || w == "!delete" || w == "!modify":
			sel = append(sel, json.Member{Key: w[1:], Value: json.Bool(false)})
			continue
		case t.Column(w) == nil:
			return m, json.Value{}, fmt.Errorf("%s: table \"%s\" in %s does not have a column named \"%s\"", c.server, t.Name, c.db, w)
		}
		m.cols = append(m.cols, t.Column(w))
		names = append(names, json.Str(w))
	}
	var req []json.Member
	if names != nil {
		req = append(req, json.Member{Key: "columns", Value: json.Arr(names...)})
	} else {
		m.cols = append(m.cols, t.Own()...)
		m.cols = append(m.cols, t.Columns[ovsdb.ColVersion])
	}
	if sel != nil {
		req = append(req, json.Member{Key: "select", Value: json.Obj(sel...)})
	}
	if !cond.IsNull() {
		req = append(req, json.Member{Key: "where", Value: cond})
	}
	return m, json.Arr(json.Obj(req...)), nil
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
