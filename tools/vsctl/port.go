package vsctl

import (
	"fmt"
	"slices"
	"strings"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

// needAddPort asks for the columns of the settings of add-port and add-bond,
// too. Names that are wrong are Run's to report.
func needAddPort(n *ctl.Need, c *ctl.Call) error {
	t, err := n.Table("Port")
	if err != nil {
		return err
	}
	_, settings := splitPort(c)
	for _, s := range settings {
		if i := strings.IndexAny(s, ":="); i > 0 {
			n.Column(t, s[:i])
		}
	}
	return needWorld(n, c)
}

// splitPort returns the interfaces and the settings of add-port and add-bond.
func splitPort(c *ctl.Call) (ifaces, settings []string) {
	rest := c.Words[2:]
	if c.Name == "add-port" {
		return []string{c.Words[1]}, rest
	}
	for i, w := range rest {
		if strings.Contains(w, "=") {
			return rest[:i], rest[i:]
		}
	}
	return rest, nil
}

func runAddPort(c *ctl.Context) error { return addPort(c) }

func runAddBond(c *ctl.Context) error { return addPort(c) }

func addPort(c *ctl.Context) error {
	w := look(c)
	brName, name := c.Words[0], c.Words[1]
	ifaces, settings := splitPort(c.Call)
	if name == "" {
		return fmt.Errorf("port name must not be empty string")
	}
	if slices.Contains(ifaces, "") {
		return fmt.Errorf("interface name must not be empty string")
	}
	if c.Name == "add-bond" && len(ifaces) < 2 {
		return fmt.Errorf("add-bond requires at least 2 interfaces, but only %d were specified", len(ifaces))
	}
	if p := w.port(name); p != nil && c.Has("--may-exist") {
		return samePort(c, p, brName, ifaces)
	}
	if err := w.free(name, "cannot create a port named %s"); err != nil {
		return err
	}
	for _, i := range ifaces {
		if err := w.free(i, "cannot create an interface named %s"); err != nil {
			return err
		}
	}
	br, err := w.bridge(brName)
	if err != nil {
		return err
	}
	rows := make([]*idl.Row, len(ifaces))
	for i, name := range ifaces {
		rows[i] = newIface(c, name, "")
	}
	p := newPort(c, name, rows...)
	if c.Has("--fake-iface") {
		p = c.SetBool(p, "bond_fake_iface", true)
	}
	if br.parent != nil {
		p = c.SetInt(p, "tag", br.vlan)
	}
	for _, s := range settings {
		if p, err = c.Set(p, s); err != nil {
			return err
		}
	}
	w.grown(c.Txn, br, c.Add(br.row, "ports", idl.RefSet(p)), p)
	return nil
}

// samePort refuses --may-exist of a port that is there otherwise than asked.
func samePort(c *ctl.Context, p *port, br string, want []string) error {
	if p.bridge.name != br {
		return fmt.Errorf("\"%s\" but %s is actually attached to bridge %s", c.Call, p.name, p.bridge.name)
	}
	var have []string
	for _, i := range p.ifaces {
		have = append(have, i.name)
	}
	want = slices.Clone(want)
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		return fmt.Errorf("\"%s\" but %s actually has interface(s) %s", c.Call, p.name, join(have))
	}
	return nil
}

func runAddBondIface(c *ctl.Context) error {
	w := look(c)
	p := w.port(c.Words[0])
	if p == nil {
		return fmt.Errorf("no port named %s", c.Words[0])
	}
	name := c.Words[1]
	if i := w.iface(name); i != nil && c.Has("--may-exist") {
		if i.port != p {
			return fmt.Errorf("\"%s\" but %s is actually attached to port %s", c.Call, name, i.port.name)
		}
		return nil
	}
	if err := w.free(name, "cannot create an interface named %s"); err != nil {
		return err
	}
	c.Add(p.row, "interfaces", idl.RefSet(newIface(c, name, "")))
	return nil
}

func runDelBondIface(c *ctl.Context) error {
	w := look(c)
	name := c.Words[len(c.Words)-1]
	i := w.iface(name)
	if i == nil {
		if c.Must() {
			return fmt.Errorf("no interface named %s", name)
		}
		return nil
	}
	var bond *port
	if len(c.Words) > 1 {
		if bond = w.port(c.Words[0]); bond == nil {
			return fmt.Errorf("no port named %s", c.Words[0])
		}
	}
	if bond != nil && i.port != bond {
		return fmt.Errorf("port %s does not have an interface %s", bond.name, name)
	}
	if len(i.port.ifaces) == 1 {
		return fmt.Errorf("cannot delete last interface from port %s", i.port.name)
	}
	// Two that remove different interfaces must not leave none.
	c.Verify(i.port.row, "interfaces")
	c.Remove(i.port.row, "interfaces", idl.RefSet(i.row))
	c.Delete(i.row)
	return nil
}

func runDelPort(c *ctl.Context) error {
	w := look(c)
	name := c.Words[len(c.Words)-1]
	p := w.ports[name]
	if i := w.ifaces[name]; p == nil && i != nil && c.Has("--with-iface") {
		p = i.port
	}
	switch {
	case p != nil && p.local && c.Must():
		return fmt.Errorf("cannot delete port %s because it is the local port for bridge %s (deleting this port requires deleting the entire bridge)", p.name, p.bridge.name)
	case p != nil && !p.local:
	case !c.Must():
		return nil
	case c.Has("--with-iface"):
		return fmt.Errorf("no port or interface named %s", name)
	default:
		return fmt.Errorf("no port named %s", name)
	}
	var br *bridge
	if len(c.Words) > 1 {
		var err error
		if br, err = w.bridge(c.Words[0]); err != nil {
			return err
		}
	}
	if br != nil && br != p.bridge {
		child := ""
		if p.bridge.parent == br {
			child = fmt.Sprintf(" (although its child bridge %s does)", p.bridge.name)
		}
		return fmt.Errorf("bridge %s does not have a port %s%s", br.name, name, child)
	}
	deletePorts(c, p.bridge.row, []*idl.Row{p.row})
	return nil
}

func runListPorts(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return err
	}
	var names []string
	for _, p := range br.ports {
		names = append(names, p.name)
	}
	c.Lines(names)
	return nil
}

func runListIfaces(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return err
	}
	var names []string
	for _, p := range br.ports {
		for _, i := range p.ifaces {
			if i.name != br.name {
				names = append(names, i.name)
			}
		}
	}
	c.Lines(names)
	return nil
}

func runPortToBr(c *ctl.Context) error {
	p := look(c).port(c.Words[0])
	if p == nil {
		return fmt.Errorf("no port named %s", c.Words[0])
	}
	c.Printf("%s\n", p.bridge.name)
	return nil
}

func runIfaceToBr(c *ctl.Context) error {
	i := look(c).iface(c.Words[0])
	if i == nil {
		return fmt.Errorf("no interface named %s", c.Words[0])
	}
	c.Printf("%s\n", i.port.bridge.name)
	return nil
}
