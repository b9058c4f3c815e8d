package bridge

import (
	"strconv"
	"strings"

	"govs/dpif"
	"govs/ofproto"
	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// datapathRows returns the rows of Datapath by type.
func datapathRows(v idl.View) map[string]ovsdb.UUID {
	root := idl.First(v, "Open_vSwitch")
	if root == nil {
		return nil
	}
	d := root.Get("datapaths")
	m := map[string]ovsdb.UUID{}
	for i, k := range d.Keys() {
		m[k.Str()] = d.Value(i).UUID()
	}
	return m
}

// applyZones carries out what CT_Zone and CT_Timeout_Policy say.
func (m *Manager) applyZones(s *idl.Snapshot) {
	rows := datapathRows(s)
	for typ, b := range m.backers {
		z := ofproto.CTZones{Zones: map[uint16]ofproto.CTZone{}}
		if row := s.Row("Datapath", rows[typ]); row != nil {
			z = readZones(s, row)
		}
		if err := b.SetCTZones(z); err != nil {
			log.Warn("datapath %s: zones of connections cannot be set up: %v", typ, err)
		}
	}
}

func readZones(v idl.View, dp *idl.Row) ofproto.CTZones {
	z := ofproto.CTZones{DefaultLimit: optUint32(dp, "ct_zone_default_limit"), Zones: map[uint16]ofproto.CTZone{}}
	for id, u := range dp.IntRefs("ct_zones") {
		row := v.Row("CT_Zone", u)
		if row == nil {
			continue
		}
		zone := ofproto.CTZone{Limit: optUint32(row, "limit")}
		if p := idl.Ref(v, row, "timeout_policy"); p != nil {
			zone.Timeouts = map[string]uint32{}
			for k, n := range p.IntMap("timeouts") {
				zone.Timeouts[k] = uint32(n)
			}
		}
		z.Zones[uint16(id)] = zone
	}
	return z
}

func optUint32(row *idl.Row, column string) *uint32 {
	n, ok := row.OptInt(column)
	if !ok {
		return nil
	}
	v := uint32(n)
	return &v
}

// writeCapabilities tells in the rows of Datapath what each is capable of.
func (m *Manager) writeCapabilities(t *idl.Txn) {
	for typ, u := range datapathRows(t) {
		b, row := m.backers[typ], t.Row("Datapath", u)
		if row == nil || b == nil {
			continue
		}
		t.SetMap(row, "capabilities", capabilities(b.Datapath()))
	}
}

func capabilities(dp dpif.Datapath) map[string]string {
	_, tracks := dp.(dpif.Conntrack)
	c := map[string]string{"ct_flush": strconv.FormatBool(tracks)}
	f := dp.Features()
	for i, row := range dpif.FeatureRows {
		if strings.HasPrefix(row.Name, "max_") { // other numbers are told as being there
			c[row.Name] = strconv.Itoa(f[i])
		} else {
			c[row.Name] = strconv.FormatBool(f[i] != 0)
		}
	}
	return c
}
