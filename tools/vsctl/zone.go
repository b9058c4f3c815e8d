package vsctl

import (
	"fmt"
	"strconv"
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

func needAutoAttach(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Bridge", "auto_attach")
	n.Columns("AutoAttach", "mappings")
	return needWorld(n, c)
}

// mapping returns the bridge row and the numbers of add- and del-aa-mapping.
func mapping(c *ctl.Context) (br *idl.Row, pair ovsdb.Datum, err error) {
	var n [2]int64
	for i := range n {
		w := c.Words[i+1]
		if n[i], err = strconv.ParseInt(w, 10, 64); err != nil {
			return nil, pair, fmt.Errorf("Invalid argument %s", w)
		}
	}
	b, err := look(c).bridge(c.Words[0])
	if err != nil {
		return nil, pair, err
	}
	return b.row, ovsdb.NewMap(ovsdb.Pair{Key: ovsdb.IntAtom(n[0]), Value: ovsdb.IntAtom(n[1])}), nil
}

func runAddMapping(c *ctl.Context) error {
	br, pair, err := mapping(c)
	if err != nil {
		return err
	}
	aa := idl.Ref(c.Txn, br, "auto_attach")
	if aa == nil {
		aa = c.Insert("AutoAttach")
		c.SetRefs(br, "auto_attach", aa)
	}
	if _, ok := aa.Get("mappings").Find(pair.Key(0)); !ok {
		c.Add(aa, "mappings", pair)
	}
	return nil
}

func runDelMapping(c *ctl.Context) error {
	br, pair, err := mapping(c)
	if err != nil {
		return err
	}
	if aa := idl.Ref(c.Txn, br, "auto_attach"); aa != nil {
		c.Remove(aa, "mappings", pair)
	}
	return nil
}

func runGetMapping(c *ctl.Context) error {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return err
	}
	if aa := idl.Ref(c.Txn, br.row, "auto_attach"); aa != nil {
		d := aa.Get("mappings")
		for i := range d.Len() {
			c.Printf("%d %d\n", d.Key(i).Int(), d.Value(i).Int())
		}
	}
	return nil
}

func needZones(n *ctl.Need, _ *ctl.Call) error {
	n.Columns("Open_vSwitch", "datapaths")
	n.Columns("Datapath", "ct_zones", "capabilities", "ct_zone_default_limit")
	n.Columns("CT_Zone", "timeout_policy", "limit")
	n.Columns("CT_Timeout_Policy", "timeouts")
	return nil
}

// datapath finds the datapath of the first argument, or returns nil.
func datapath(c *ctl.Context) *idl.Row {
	d := root(c).Get("datapaths")
	if i, ok := d.Find(ovsdb.StringAtom(c.Words[0])); ok {
		return c.Txn.Row("Datapath", d.Value(i).UUID())
	}
	return nil
}

// zoneOf finds the datapath and its zone of the first two arguments, "zone=ID".
// There may be no such zone yet.
func zoneOf(c *ctl.Context) (dp, zone *idl.Row, id int64, err error) {
	if dp = datapath(c); dp == nil {
		return nil, nil, 0, fmt.Errorf("datapath %s does not exist", c.Words[0])
	}
	text := strings.TrimPrefix(c.Words[1], "zone=")
	if id, err = strconv.ParseInt(text, 10, 64); err != nil {
		return nil, nil, 0, fmt.Errorf("%s: expected zone=ID", c.Words[1])
	}
	d := dp.Get("ct_zones")
	if i, ok := d.Find(ovsdb.IntAtom(id)); ok {
		zone = c.Txn.Row("CT_Zone", d.Value(i).UUID())
	}
	return dp, zone, id, nil
}

// newZone adds a zone to a datapath.
func newZone(c *ctl.Context, dp *idl.Row, id int64) *idl.Row {
	z := c.Insert("CT_Zone")
	c.Add(dp, "ct_zones", ovsdb.NewMap(ovsdb.Pair{Key: ovsdb.IntAtom(id), Value: ovsdb.UUIDAtom(z.UUID())}))
	return z
}

// dropZone removes a zone that has nothing left to say.
func dropZone(c *ctl.Context, dp, zone *idl.Row, id int64) {
	if zone.Has("timeout_policy") || zone.Has("limit") {
		return
	}
	c.Remove(dp, "ct_zones", ovsdb.NewSet(ovsdb.IntAtom(id)))
	c.Delete(zone)
}

func runAddZone(c *ctl.Context) error {
	dp, zone, id, err := zoneOf(c)
	if err != nil {
		return err
	}
	if zone != nil && zone.Has("timeout_policy") && !c.Has("--may-exist") {
		return fmt.Errorf("zone id %d already exists", id)
	}
	if zone == nil {
		zone = newZone(c, dp, id)
	}
	pairs := make([]ovsdb.Pair, 0, len(c.Words)-2)
	for _, w := range c.Words[2:] {
		k, v, _ := strings.Cut(w, "=")
		pairs = append(pairs, ovsdb.Pair{Key: ovsdb.StringAtom(k), Value: ovsdb.IntAtom(ctl.Atoi(v))})
	}
	tp := c.Txn.Set(c.Insert("CT_Timeout_Policy"), "timeouts", ovsdb.NewMap(pairs...))
	c.SetRefs(zone, "timeout_policy", tp)
	return nil
}

func runDelZone(c *ctl.Context) error {
	dp, zone, id, err := zoneOf(c)
	if err != nil {
		return err
	}
	if zone == nil {
		if c.Must() {
			return fmt.Errorf("zone id %d does not exist", id)
		}
		return nil
	}
	dropZone(c, dp, c.Clear(zone, "timeout_policy"), id)
	return nil
}

// noDatapath is the error of the commands that list what a datapath has.
func noDatapath(c *ctl.Context) error {
	return fmt.Errorf("datapath: %s record not found", c.Words[0])
}

// eachZone calls f for the zones of a datapath.
func eachZone(c *ctl.Context, dp *idl.Row, f func(id int64, zone *idl.Row)) {
	d := dp.Get("ct_zones")
	for i := range d.Len() {
		if z := c.Txn.Row("CT_Zone", d.Value(i).UUID()); z != nil {
			f(d.Key(i).Int(), z)
		}
	}
}

func runListZones(c *ctl.Context) error {
	dp := datapath(c)
	if dp == nil {
		return noDatapath(c)
	}
	eachZone(c, dp, func(id int64, z *idl.Row) {
		c.Printf("Zone:%d, Timeout Policies: ", id)
		tp := idl.Ref(c.Txn, z, "timeout_policy")
		if tp == nil {
			c.Printf("system default\n")
			return
		}
		d := tp.Get("timeouts")
		for i := range d.Len() {
			if i > 0 {
				c.Printf(" ")
			}
			c.Printf("%s=%d", d.Key(i).Str(), d.Value(i).Int())
		}
		c.Printf("\n")
	})
	return nil
}

func runSetLimit(c *ctl.Context) error {
	limit, err := strconv.ParseInt(c.Words[2], 10, 64)
	if err != nil || limit < 0 || limit > 1<<32-1 {
		return fmt.Errorf("%s: limit must be between 0 and 4294967295", c.Words[2])
	}
	if c.Words[1] == "default" {
		dp := datapath(c)
		if dp == nil {
			return fmt.Errorf("datapath %s does not exist", c.Words[0])
		}
		c.SetInt(dp, "ct_zone_default_limit", limit)
		return nil
	}
	dp, zone, id, err := zoneOf(c)
	if err != nil {
		return err
	}
	if zone == nil {
		zone = newZone(c, dp, id)
	}
	c.SetInt(zone, "limit", limit)
	return nil
}

func runDelLimit(c *ctl.Context) error {
	if c.Words[1] == "default" {
		dp := datapath(c)
		if dp == nil {
			return fmt.Errorf("datapath %s does not exist", c.Words[0])
		}
		if !dp.Has("ct_zone_default_limit") && c.Must() {
			return fmt.Errorf("datapath %s does not have a limit", c.Words[0])
		}
		c.Clear(dp, "ct_zone_default_limit")
		return nil
	}
	dp, zone, id, err := zoneOf(c)
	if err != nil {
		return err
	}
	if zone == nil || !zone.Has("limit") {
		if c.Must() {
			return fmt.Errorf("zone_id %d does not have a limit", id)
		}
		return nil
	}
	dropZone(c, dp, c.Clear(zone, "limit"), id)
	return nil
}

func runListLimits(c *ctl.Context) error {
	dp := datapath(c)
	if dp == nil {
		return fmt.Errorf("datapath %s does not exist", c.Words[0])
	}
	if n, ok := dp.OptInt("ct_zone_default_limit"); ok {
		c.Printf("Default, Limit: %d\n", n)
	}
	eachZone(c, dp, func(id int64, z *idl.Row) {
		if n, ok := z.OptInt("limit"); ok {
			c.Printf("Zone: %d, Limit: %d\n", id, n)
		}
	})
	return nil
}

func runListCap(c *ctl.Context) error {
	dp := datapath(c)
	if dp == nil {
		return fmt.Errorf("datapath \"%s\" record not found", c.Words[0])
	}
	d := dp.Get("capabilities")
	for i := range d.Len() {
		if i > 0 {
			c.Printf(" ")
		}
		c.Printf("%s=%s", d.Key(i).Str(), d.Value(i).Str())
	}
	if d.Len() > 0 {
		c.Printf("\n")
	}
	return nil
}
