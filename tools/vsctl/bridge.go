package vsctl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

func runInit(c *ctl.Context) error { return nil } // begin has done it

// newIface adds an interface row, and remembers it for check.
func newIface(c *ctl.Context, name, typ string) *idl.Row {
	r := c.SetStr(c.Insert("Interface"), "name", name)
	if typ != "" {
		r = c.SetStr(r, "type", typ)
	}
	s := c.State.(*state)
	s.newPorts = append(s.newPorts, r.UUID())
	return r
}

// newPort adds a port row for interfaces.
func newPort(c *ctl.Context, name string, ifaces ...*idl.Row) *idl.Row {
	return c.SetRefs(c.SetStr(c.Insert("Port"), "name", name), "interfaces", ifaces...)
}

// parseVLAN reads a VLAN as ctl.Atoi() does.
func parseVLAN(s string) (int64, bool) {
	n := ctl.Atoi(s)
	return n, n >= 0 && n <= 4095
}

func runAddBr(c *ctl.Context) error {
	w := look(c)
	name := c.Words[0]
	if name == "" {
		return fmt.Errorf("bridge name must not be empty string")
	}
	var parent string
	var vlan int64
	switch len(c.Words) {
	case 2:
		return fmt.Errorf("'%s' command takes exactly 1 or 3 arguments", c.Name)
	case 3:
		var ok bool
		parent = c.Words[1]
		if vlan, ok = parseVLAN(c.Words[2]); !ok {
			return fmt.Errorf("%s: vlan must be between 0 and 4095", c.Name)
		}
	}
	if br := w.bridges[name]; br != nil && c.Has("--may-exist") {
		return sameBridge(c, br, parent, vlan)
	}
	if err := w.free(name, "cannot create a bridge named %s"); err != nil {
		return err
	}
	if len(c.Words) == 3 {
		br := w.bridges[parent]
		if br == nil {
			return fmt.Errorf("parent bridge %s does not exist", parent)
		}
		if br.parent != nil {
			return fmt.Errorf("cannot create bridge with fake bridge as parent")
		}
		p := newPort(c, name, newIface(c, name, "internal"))
		p = c.SetBool(p, "fake_bridge", true)
		p = c.SetInt(p, "tag", vlan)
		c.Add(br.row, "ports", idl.RefSet(p))
	} else {
		p := newPort(c, name, newIface(c, name, "internal"))
		br := c.SetRefs(c.SetStr(c.Insert("Bridge"), "name", name), "ports", p)
		c.Add(root(c), "bridges", idl.RefSet(br))
	}
	return nil
}

// sameBridge refuses add-br --may-exist of a bridge that is there as another
// kind of bridge.
func sameBridge(c *ctl.Context, br *bridge, parent string, vlan int64) error {
	but := func(format string, args ...any) error {
		call := *c.Call
		if call.Words = call.Words[:1]; len(c.Words) == 3 {
			call.Words = []string{br.name, parent, strconv.FormatInt(vlan, 10)}
		}
		return fmt.Errorf("\"%s\" but %s", &call, fmt.Sprintf(format, args...))
	}
	switch {
	case len(c.Words) == 1 && br.parent != nil:
		return but("%s is a VLAN bridge for VLAN %d", br.name, br.vlan)
	case len(c.Words) == 1:
	case br.parent == nil:
		return but("%s is not a VLAN bridge", br.name)
	case br.parent.name != parent:
		return but("%s has the wrong parent %s", br.name, br.parent.name)
	case br.vlan != vlan:
		return but("%s is a VLAN bridge for the wrong VLAN %d", br.name, br.vlan)
	}
	return nil
}

func runDelBr(c *ctl.Context) error {
	w := look(c)
	br := w.bridges[c.Words[0]]
	if br == nil {
		if c.Must() {
			return fmt.Errorf("no bridge named %s", c.Words[0])
		}
		return nil
	}
	if br.parent != nil {
		gone := []*idl.Row{br.fake}
		for _, p := range br.ports {
			gone = append(gone, p.row)
		}
		deletePorts(c, br.row, gone)
	} else {
		for _, p := range idl.Refs(c.Txn, br.row, "ports") {
			deletePort(c, p)
		}
		c.Remove(root(c), "bridges", idl.RefSet(br.row))
		c.Delete(br.row)
	}
	return nil
}

// deletePorts takes ports off a bridge.
func deletePorts(c *ctl.Context, br *idl.Row, ports []*idl.Row) {
	c.Remove(br, "ports", idl.RefSet(ports...))
	for _, p := range ports {
		deletePort(c, p)
	}
}

func deletePort(c *ctl.Context, p *idl.Row) {
	for _, i := range idl.Refs(c.Txn, p, "interfaces") {
		c.Delete(i)
	}
	c.Delete(p)
}

func runListBr(c *ctl.Context) error {
	realOnes, fakes := c.Has("--real"), c.Has("--fake")
	var names []string
	for name, br := range look(c).bridges {
		if realOnes == fakes || fakes == (br.parent != nil) {
			names = append(names, name)
		}
	}
	c.Lines(names)
	return nil
}

func runBrExists(c *ctl.Context) error {
	if look(c).bridges[c.Words[0]] == nil {
		return ctl.ExitError(2)
	}
	return nil
}

func runBrToVlan(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err == nil {
		c.Printf("%d\n", br.vlan)
	}
	return err
}

func runBrToParent(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err == nil {
		if br.parent != nil {
			br = br.parent
		}
		c.Printf("%s\n", br.name)
	}
	return err
}

func needIDs(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Bridge", "external_ids")
	n.Columns("Port", "external_ids")
	return needWorld(n, c)
}

// fakeIDs begins the keys of a fake bridge's external ids, which its port
// holds.
const fakeIDs = "fake-bridge-"

// idsOf returns the row that holds a bridge's external ids and what its keys
// begin with.
func (br *bridge) idsOf() (*idl.Row, string) {
	if br.parent != nil {
		return br.fake, fakeIDs
	}
	return br.row, ""
}

func runSetID(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return err
	}
	row, prefix := br.idsOf()
	key := prefix + c.Words[1]
	if len(c.Words) > 2 {
		c.Add(row, "external_ids", ovsdb.StringMap(map[string]string{key: c.Words[2]}))
	} else {
		c.Remove(row, "external_ids", ovsdb.StringSet(key))
	}
	return nil
}

func runGetID(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return err
	}
	row, prefix := br.idsOf()
	ids := row.Map("external_ids")
	if len(c.Words) > 1 {
		if v, ok := ids[prefix+c.Words[1]]; ok {
			c.Printf("%s\n", v)
		}
		return nil
	}
	var out []string
	for k, v := range ids {
		if k, ok := strings.CutPrefix(k, prefix); ok {
			out = append(out, k+"="+v)
		}
	}
	slices.Sort(out)
	c.Lines(out)
	return nil
}
