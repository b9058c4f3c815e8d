package vtepctl

import (
	"fmt"
	"slices"
	"strings"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

// side is who writes a pair of MAC tables: "local", the gateway, or "remote",
// the controller.
type side struct {
	name         string
	ucast, mcast string // tables
}

var (
	local  = side{"local", "Ucast_Macs_Local", "Mcast_Macs_Local"}
	remote = side{"remote", "Ucast_Macs_Remote", "Mcast_Macs_Remote"}
)

// vxlan is the encapsulation when none is given.
const vxlan = "vxlan_over_ipv4"

func (s side) need(n *ctl.Need, c *ctl.Call) error {
	n.Columns(s.ucast, "MAC", "logical_switch", "locator")
	n.Columns(s.mcast, "MAC", "logical_switch", "locator_set")
	n.Columns("Physical_Locator_Set", "locators")
	n.Columns("Physical_Locator", "encapsulation_type", "dst_ip")
	return logicalSwitch.need(n, c)
}

func (s side) rows() []ctl.Command {
	row := func(name string, min, max int, args, help string, run func(*ctl.Context) error) ctl.Command {
		synopsis := name
		access := ctl.Writes
		if strings.HasPrefix(name, "list") {
			access = ctl.Reads
		}
		for _, a := range strings.Fields(args) {
			switch {
			case a == "!LOGICAL-SWITCH":
				a = "!LS"
			case a[0] == '?':
				a = "![" + a[1:] + "]"
			}
			synopsis += " " + a[1:]
		}
		return ctl.Command{Name: name, Min: min, Max: max, Args: args, Access: access, Need: s.need, Run: run, Help: []string{synopsis, help}}
	}
	rows := []ctl.Command{
		row("add-ucast-"+s.name, 3, 4, "!LOGICAL-SWITCH !MAC ?ENCAP !IP", "say where a unicast address is", s.addUcast),
		row("del-ucast-"+s.name, 2, 2, "!LOGICAL-SWITCH !MAC", "forget a unicast address", s.delUcast),
		row("add-mcast-"+s.name, 3, 4, "!LOGICAL-SWITCH !MAC ?ENCAP !IP", "add a receiver of a multicast address", s.addMcast),
		row("del-mcast-"+s.name, 3, 4, "!LOGICAL-SWITCH !MAC ?ENCAP !IP", "remove a receiver of a multicast address", s.delMcast),
		row("clear-"+s.name+"-macs", 1, 1, "!LOGICAL-SWITCH", "forget all addresses", s.clear),
		row("list-"+s.name+"-macs", 1, 1, "!LOGICAL-SWITCH", "print the addresses and where they are", s.list),
	}
	rows[0].Section = strings.ToUpper(s.name[:1]) + s.name[1:] + " MAC binding commands"
	return rows
}

// macs returns the rows of a table that are a logical switch's.
func macs(c *ctl.Context, table string, ls *idl.Row) []*idl.Row {
	return slices.DeleteFunc(slices.Clone(c.Rows(table)), func(r *idl.Row) bool { return r.Ref("logical_switch") != ls.UUID() })
}

// find returns the logical switch of the first argument and the row of the
// address in the second, nil if there is none.
func find(c *ctl.Context, table string) (ls, mac *idl.Row, err error) {
	if ls, err = logicalSwitch.find(c, c.Words[0], true); err != nil {
		return nil, nil, err
	}
	for _, r := range macs(c, table, ls) {
		if r.Str("MAC") == c.Words[1] {
			mac = r
		}
	}
	return ls, mac, nil
}

// place returns the encapsulation and address of the third and fourth argument.
func place(c *ctl.Context) (encap, ip string) {
	if len(c.Words) > 3 {
		return c.Words[2], c.Words[3]
	}
	return vxlan, c.Words[2]
}

// locator finds the row of a place, or nil: each exists once.
func locator(c *ctl.Context, encap, ip string) *idl.Row {
	for _, r := range c.Rows("Physical_Locator") {
		if r.Str("encapsulation_type") == encap && r.Str("dst_ip") == ip {
			return r
		}
	}
	return nil
}

// newLocator is locator, and makes the row if it is missing.
func newLocator(c *ctl.Context) *idl.Row {
	encap, ip := place(c)
	if r := locator(c, encap, ip); r != nil {
		return r
	}
	r := c.SetStr(c.Insert("Physical_Locator"), "encapsulation_type", encap)
	return c.SetStr(r, "dst_ip", ip)
}

func (s side) addUcast(c *ctl.Context) error {
	ls, mac, err := find(c, s.ucast)
	if err != nil {
		return err
	}
	if mac == nil {
		mac = newMAC(c, s.ucast, ls)
	}
	c.SetRefs(mac, "locator", newLocator(c))
	return nil
}

// newMAC adds a row for the address in the second argument.
func newMAC(c *ctl.Context, table string, ls *idl.Row) *idl.Row {
	return c.SetRefs(c.SetStr(c.Insert(table), "MAC", c.Words[1]), "logical_switch", ls)
}

func (s side) delUcast(c *ctl.Context) error {
	_, mac, err := find(c, s.ucast)
	if mac != nil {
		c.Delete(mac)
	}
	return err
}

// receivers returns the places of a multicast address.
func receivers(c *ctl.Context, mac *idl.Row) []*idl.Row {
	if set := idl.Ref(c.Txn, mac, "locator_set"); set != nil {
		return idl.Refs(c.Txn, set, "locators")
	}
	return nil
}

// setReceivers gives a multicast address a new set of places: sets never
// change.
func setReceivers(c *ctl.Context, mac *idl.Row, places []*idl.Row) {
	c.SetRefs(mac, "locator_set", c.SetRefs(c.Insert("Physical_Locator_Set"), "locators", places...))
}

func (s side) addMcast(c *ctl.Context) error {
	ls, mac, err := find(c, s.mcast)
	if err != nil {
		return err
	}
	at := newLocator(c)
	var places []*idl.Row
	if mac == nil {
		mac = newMAC(c, s.mcast, ls)
	} else if places = receivers(c, mac); contains(places, at) {
		return nil
	}
	setReceivers(c, mac, append(places, at))
	return nil
}

func contains(rows []*idl.Row, x *idl.Row) bool {
	return slices.ContainsFunc(rows, func(r *idl.Row) bool { return r.UUID() == x.UUID() })
}

func (s side) delMcast(c *ctl.Context) error {
	_, mac, err := find(c, s.mcast)
	if mac == nil {
		return err
	}
	encap, ip := place(c)
	at := locator(c, encap, ip)
	places := receivers(c, mac)
	if at == nil || !contains(places, at) {
		return nil
	}
	places = slices.DeleteFunc(places, func(r *idl.Row) bool { return r.UUID() == at.UUID() })
	if len(places) == 0 {
		c.Delete(mac)
	} else {
		setReceivers(c, mac, places)
	}
	return nil
}

func (s side) clear(c *ctl.Context) error {
	ls, err := logicalSwitch.find(c, c.Words[0], true)
	if err != nil {
		return err
	}
	for _, table := range []string{s.ucast, s.mcast} {
		for _, r := range macs(c, table, ls) {
			c.Delete(r)
		}
	}
	return nil
}

func (s side) list(c *ctl.Context) error {
	ls, err := logicalSwitch.find(c, c.Words[0], true)
	if err != nil {
		return err
	}
	print := func(kind, table string, at func(mac *idl.Row) []*idl.Row) {
		c.Printf("%s-mac-%s\n", kind, s.name)
		var lines []string
		for _, r := range macs(c, table, ls) {
			for _, p := range at(r) {
				lines = append(lines, fmt.Sprintf("  %s -> %s/%s", r.Str("MAC"), p.Str("encapsulation_type"), p.Str("dst_ip")))
			}
		}
		c.Lines(lines)
		c.Printf("\n")
	}
	print("ucast", s.ucast, func(r *idl.Row) []*idl.Row { return idl.Refs(c.Txn, r, "locator") })
	print("mcast", s.mcast, func(r *idl.Row) []*idl.Row { return receivers(c, r) })
	return nil
}
