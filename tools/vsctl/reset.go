package vsctl

import (
	"govs/ovsdb/ctl"
)

// needReset asks for all columns that emer-reset clears.
func needReset(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Open_vSwitch", "manager_options", "ssl")
	n.Columns("Bridge", "controller", "fail_mode", "mirrors", "netflow", "sflow", "ipfix", "flood_vlans", "other_config")
	n.Columns("Port", "other_config")
	for _, t := range resets {
		n.Columns(t)
	}
	n.Columns("Interface", "ingress_policing_rate", "ingress_policing_burst")
	return needWorld(n, c)
}

// resets are the tables that emer-reset empties.
var resets = [...]string{"Mirror", "Controller", "Manager", "NetFlow", "sFlow", "IPFIX", "SSL"}

func runReset(c *ctl.Context) error {
	top := root(c)
	top = c.Clear(top, "manager_options")
	c.Clear(top, "ssl")
	for _, br := range c.Rows("Bridge") {
		for _, col := range []string{"controller", "fail_mode", "mirrors", "netflow", "sflow", "ipfix", "flood_vlans"} {
			br = c.Clear(br, col)
		}
		// A bridge keeps its address.
		keep := map[string]string{}
		if mac, ok := br.Key("other_config", "hwaddr"); ok {
			keep["hwaddr"] = mac
		}
		c.SetMap(br, "other_config", keep)
	}
	for _, p := range c.Rows("Port") {
		c.Clear(p, "other_config")
	}
	for _, i := range c.Rows("Interface") {
		i = c.SetInt(i, "ingress_policing_rate", 0)
		c.SetInt(i, "ingress_policing_burst", 0)
	}
	for _, t := range resets {
		for _, r := range c.Rows(t) {
			c.Delete(r)
		}
	}
	return nil
}
