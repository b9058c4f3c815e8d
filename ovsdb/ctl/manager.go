package ctl

import (
	"strconv"
	"strings"

	"govs/daemon/vlog"
	"govs/ovsdb/idl"
	"govs/stream"
)

// ManagerCommands are the rows of get-manager, del-manager and set-manager of a
// tool whose root table holds its managers in the given column.
func ManagerCommands(table, column string) []Command {
	need := func(n *Need, _ *Call) error {
		n.Columns(table, column)
		n.Columns("Manager", "target", "inactivity_probe")
		return nil
	}
	set := func(c *Context) error {
		top := Root(c.Txn, table)
		for _, r := range idl.Refs(c.Txn, top, column) {
			c.Delete(r)
		}
		c.SetRefs(top, column, c.NewTargets("Manager", c.Words)...)
		return nil
	}
	return []Command{
		{Name: "get-manager", Need: need, Section: "Manager commands",
			Help: []string{"get-manager", "print the database's managers"},
			Run: func(c *Context) error {
				top := Root(c.Txn, table)
				c.Verify(top, column)
				c.Targets(idl.Refs(c.Txn, top, column))
				return nil
			}},
		{Name: "del-manager", Access: Writes, Need: need, Run: set,
			Help: []string{"del-manager", "remove the managers"}},
		{Name: "set-manager", Min: 1, Max: Many, Args: "+TARGET", Options: []string{"--inactivity-probe="}, Access: Writes,
			Need: need, Run: set, Help: []string{"set-manager TARGET...", "set the managers"}},
	}
}

// Targets prints the targets of controllers or managers.
func (c *Context) Targets(rows []*idl.Row) {
	var names []string
	for _, r := range rows {
		names = append(names, r.Str("target"))
	}
	c.Lines(names)
}

// NewTargets makes rows of Controller or Manager. The command's
// --inactivity-probe is theirs.
func (c *Context) NewTargets(table string, names []string) []*idl.Row {
	var rows []*idl.Row
	for _, t := range names {
		if !stream.IsActive(t) && !stream.IsPassive(t) {
			vlog.New(c.App.Module).Warn("target type \"%s\" is possibly erroneous", t)
		}
		r := c.SetStr(c.Insert(table), "target", t)
		if probe, ok := c.Options["--inactivity-probe"]; ok {
			r = c.SetInt(r, "inactivity_probe", Atoi(probe))
		}
		rows = append(rows, r)
	}
	return rows
}

// Atoi reads the number that a word begins with, as C's function of that name
// does: 0 if there is none.
func Atoi(s string) int64 {
	s = strings.TrimLeft(s, " \t")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 64)
	return n
}
