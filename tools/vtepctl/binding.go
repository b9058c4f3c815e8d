package vtepctl

import (
	"fmt"
	"strconv"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/ctl"
)

func needBindings(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Physical_Port", "vlan_bindings")
	logicalSwitch.need(n, c)
	return needSwitches(n, c)
}

// number reads the number that a word begins with, in the base that its own
// beginning says ("0x1f", "017").
func number(s string) int64 {
	s = strings.TrimLeft(s, " \t")
	for end := len(s); end > 0; end-- {
		if n, err := strconv.ParseInt(s[:end], 0, 64); err == nil && !strings.Contains(s[:end], "_") {
			return n
		}
	}
	return 0
}

// bound returns the binding whose VLAN is written as word: only the plain
// decimal form is compared.
func bound(d ovsdb.Datum, word string) (i int, ok bool) {
	for i := range d.Len() {
		if strconv.FormatInt(d.Key(i).Int(), 10) == word {
			return i, true
		}
	}
	return 0, false
}

func runBind(c *ctl.Context) error {
	_, port, err := physicalPort(c, true)
	if err != nil {
		return err
	}
	ls, err := logicalSwitch.find(c, c.Words[3], true)
	if err != nil {
		return err
	}
	c.Verify(port, "vlan_bindings")
	if _, ok := bound(port.Get("vlan_bindings"), c.Words[2]); ok {
		return fmt.Errorf("multiple bindings for vlan %s", c.Words[2])
	}
	c.Add(port, "vlan_bindings", ovsdb.NewMap(ovsdb.Pair{Key: ovsdb.IntAtom(number(c.Words[2])), Value: ovsdb.UUIDAtom(ls.UUID())}))
	return nil
}

func runUnbind(c *ctl.Context) error {
	_, port, err := physicalPort(c, true)
	if err != nil {
		return err
	}
	c.Verify(port, "vlan_bindings")
	d := port.Get("vlan_bindings")
	i, ok := bound(d, c.Words[2])
	if !ok {
		return fmt.Errorf("no binding for vlan %s", c.Words[2])
	}
	c.Remove(port, "vlan_bindings", ovsdb.NewSet(d.Key(i)))
	return nil
}

func runListBindings(c *ctl.Context) error {
	_, port, err := physicalPort(c, true)
	if err != nil {
		return err
	}
	c.Verify(port, "vlan_bindings")
	d := port.Get("vlan_bindings")
	var lines []string
	for i := range d.Len() {
		if ls := c.Txn.Row("Logical_Switch", d.Value(i).UUID()); ls != nil {
			lines = append(lines, fmt.Sprintf("%04d %s", d.Key(i).Int(), ls.Str("name")))
		}
	}
	c.Lines(lines)
	return nil
}
