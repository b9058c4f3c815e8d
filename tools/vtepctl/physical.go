package vtepctl

import (
	"fmt"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

// needSwitches asks for the columns that say which ports are on which switch.
func needSwitches(n *ctl.Need, _ *ctl.Call) error {
	n.Columns("Global", "switches")
	n.Columns("Physical_Switch", "name", "ports")
	n.Columns("Physical_Port", "name")
	return nil
}

func global(c *ctl.Context) *idl.Row { return ctl.Root(c.Txn, "Global") }

// named finds the row called name among rows.
func named(rows []*idl.Row, name string) *idl.Row {
	for _, r := range rows {
		if r.Str("name") == name {
			return r
		}
	}
	return nil
}

func names(rows []*idl.Row) []string {
	var s []string
	for _, r := range rows {
		s = append(s, r.Str("name"))
	}
	return s
}

// switches returns the physical switches, and makes sure that the commit sees
// the same ones.
func switches(c *ctl.Context) []*idl.Row {
	top := global(c)
	c.Verify(top, "switches")
	return idl.Refs(c.Txn, top, "switches")
}

// physicalSwitch finds a physical switch. With must, there is an error if it
// is missing.
func physicalSwitch(c *ctl.Context, name string, must bool) (*idl.Row, error) {
	ps := named(switches(c), name)
	if ps == nil && must {
		return nil, fmt.Errorf("no physical switch named %s", name)
	}
	return ps, nil
}

// physicalPort finds the port that the first two arguments name: ports of
// different switches may have the same name.
func physicalPort(c *ctl.Context, must bool) (ps, port *idl.Row, err error) {
	if ps = named(switches(c), c.Words[0]); ps != nil {
		c.Verify(ps, "ports")
		port = named(idl.Refs(c.Txn, ps, "ports"), c.Words[1])
	}
	if port == nil && must {
		err = fmt.Errorf("no port named %s", c.Words[1])
	}
	return ps, port, err
}

func runAddSwitch(c *ctl.Context) error {
	name := c.Words[0]
	if named(switches(c), name) != nil {
		if c.Has("--may-exist") {
			return nil
		}
		return fmt.Errorf("cannot create physical switch %s because it already exists", name)
	}
	ps := c.SetStr(c.Insert("Physical_Switch"), "name", name)
	c.Add(global(c), "switches", idl.RefSet(ps))
	return nil
}

func runDelSwitch(c *ctl.Context) error {
	ps, err := physicalSwitch(c, c.Words[0], c.Must())
	if ps == nil {
		return err
	}
	for _, p := range idl.Refs(c.Txn, ps, "ports") {
		c.Delete(p)
	}
	c.Remove(global(c), "switches", idl.RefSet(ps))
	c.Delete(ps)
	return nil
}

func runListSwitches(c *ctl.Context) error {
	c.Lines(names(switches(c)))
	return nil
}

func runSwitchExists(c *ctl.Context) error {
	if named(switches(c), c.Words[0]) == nil {
		return ctl.ExitError(2)
	}
	return nil
}

func runListPorts(c *ctl.Context) error {
	ps, err := physicalSwitch(c, c.Words[0], true)
	if err == nil {
		c.Verify(ps, "ports")
		c.Lines(names(idl.Refs(c.Txn, ps, "ports")))
	}
	return err
}

func runAddPort(c *ctl.Context) error {
	ps, err := physicalSwitch(c, c.Words[0], true)
	if err != nil {
		return err
	}
	if _, port, _ := physicalPort(c, false); port != nil {
		if c.Has("--may-exist") {
			return nil
		}
		return fmt.Errorf("cannot create a port named %s on %s because a port with that name already exists", c.Words[1], c.Words[0])
	}
	port := c.SetStr(c.Insert("Physical_Port"), "name", c.Words[1])
	c.Add(ps, "ports", idl.RefSet(port))
	return nil
}

func runDelPort(c *ctl.Context) error {
	ps, port, err := physicalPort(c, c.Must())
	if port != nil {
		c.Remove(ps, "ports", idl.RefSet(port))
		c.Delete(port)
	}
	return err
}
