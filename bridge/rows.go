package bridge

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"govs/ofproto"
	"govs/openflow"
	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// readBridges returns what the database wants, ordered by bridge name. A bridge
// or interface name that occurs twice counts once.
func readBridges(v idl.View) []bridgeSpec {
	root := idl.First(v, "Open_vSwitch")
	if root == nil {
		return nil
	}
	var specs []bridgeSpec
	seen := map[string]bool{}
	for _, row := range idl.Refs(v, root, "bridges") {
		name := row.Str("name")
		switch {
		case strings.Contains(name, "/") || name == "":
			// The name becomes part of socket names.
			log.Warn("ignoring bridge with invalid name %q", name)
			continue
		case seen[name]:
			log.Warn("bridge %s specified twice", name)
			continue
		}
		seen[name] = true
		specs = append(specs, readBridge(v, row))
	}
	slices.SortFunc(specs, func(a, b bridgeSpec) int { return strings.Compare(a.name, b.name) })
	return specs
}

func readBridge(v idl.View, row *idl.Row) bridgeSpec {
	other := row.Map("other_config")
	s := bridgeSpec{
		uuid:       row.UUID(),
		name:       row.Str("name"),
		dpType:     row.Str("datapath_type"),
		dpid:       other["datapath-id"],
		hwaddr:     other["hwaddr"],
		macAging:   number(other, "mac-aging-time", 300, 15, 3600),
		macEntries: number(other, "mac-table-size", 8192, 10, 1000000),
		bpdu:       other["forward-bpdu"] == "true",
		desc:       openflow.Desc{Datapath: other["dp-desc"], Serial: other["dp-sn"]},
	}
	for _, set := range v.Rows("Flow_Sample_Collector_Set") {
		if set.Ref("bridge") == s.uuid && set.Has("ipfix") {
			s.sampling = true
		}
	}
	if s.dpType == "" {
		s.dpType = "system"
	}
	if row.Str("fail_mode") == "secure" {
		s.failMode = ofproto.FailSecure
	}
	for _, n := range row.Ints("flood_vlans") {
		s.floodVLANs = append(s.floodVLANs, uint16(n))
	}
	for _, name := range row.Strings("protocols") {
		vs, err := openflow.ParseVersions(name)
		if err != nil {
			log.Warn("bridge %s: unknown protocol %s", s.name, name)
		}
		s.protocols |= vs
	}
	for _, c := range idl.Refs(v, row, "controller") {
		s.control = append(s.control, readController(c))
	}
	s.inBand = readInBand(v, other)
	s.tables = readFlowTables(v, row)
	s.ports = readPorts(v, row, &s)
	s.mirrors = readMirrors(v, row, &s)
	return s
}

// readPorts returns the bridge's ports with the local one first, made up if no
// row describes it.
func readPorts(v idl.View, bridge *idl.Row, s *bridgeSpec) []portSpec {
	var ports []portSpec
	seen := map[string]bool{}
	local := -1
	rows := idl.Refs(v, bridge, "ports")
	slices.SortFunc(rows, func(a, b *idl.Row) int { return strings.Compare(a.Str("name"), b.Str("name")) })
	for _, row := range rows {
		p := readPort(v, row, s.name)
		if seen[p.bundle.Name] {
			log.Warn("bridge %s: %s specified twice as bridge port", s.name, p.bundle.Name)
			continue
		}
		seen[p.bundle.Name] = true
		for _, i := range p.ifaces {
			if i.name == s.name {
				local = len(ports)
			}
		}
		ports = append(ports, p)
	}
	if local < 0 {
		p := portSpec{bundle: ofproto.BundleSpec{Name: s.name, Tag: -1, VLANMode: ofproto.VLANTrunk}}
		p.ifaces = []ifaceSpec{{name: s.name, typ: "internal"}}
		return append([]portSpec{p}, ports...)
	}
	lp := ports[local]
	return append([]portSpec{lp}, slices.Delete(ports, local, local+1)...)
}

// vlanModes are the values of Port:vlan_mode.
var vlanModes = []struct {
	name string
	mode ofproto.VLANMode
}{
	{"access", ofproto.VLANAccess},
	{"trunk", ofproto.VLANTrunk},
	{"native-tagged", ofproto.VLANNativeTagged},
	{"native-untagged", ofproto.VLANNativeUntagged},
	{"dot1q-tunnel", ofproto.VLANDot1qTunnel},
}

func readPort(v idl.View, row *idl.Row, bridge string) portSpec {
	other := row.Map("other_config")
	b := ofproto.BundleSpec{
		Name:      row.Str("name"),
		Tag:       -1,
		Trunks:    vlans(row.Ints("trunks")),
		CVLANs:    vlans(row.Ints("cvlans")),
		Protected: row.Bool("protected"),
	}
	if tag, ok := row.OptInt("tag"); ok {
		b.Tag = int(tag)
	}
	// Without vlan_mode a port with a tag is an access port, else a trunk.
	b.VLANMode = ofproto.VLANTrunk
	if b.Tag >= 0 {
		b.VLANMode = ofproto.VLANAccess
	}
	mode := row.Str("vlan_mode")
	for _, m := range vlanModes {
		if m.name == mode {
			b.VLANMode = m.mode
		}
	}
	switch other["qinq-ethtype"] {
	case "802.1q", "0x8100":
		b.QinQEthType = 0x8100
	}
	switch other["priority-tags"] {
	case "true", "if-nonzero":
		b.PriorityTags = ofproto.PriorityTagsIfNonzero
	case "always":
		b.PriorityTags = ofproto.PriorityTagsAlways
	}
	p := portSpec{uuid: row.UUID(), bundle: b, mac: row.Str("mac")}
	for _, i := range idl.Refs(v, row, "interfaces") {
		p.ifaces = append(p.ifaces, readIface(i, bridge))
	}
	return p
}

func readIface(row *idl.Row, bridge string) ifaceSpec {
	i := ifaceSpec{
		uuid:    row.UUID(),
		name:    row.Str("name"),
		typ:     row.Str("type"),
		options: row.Map("options"),
		request: openflow.Port(row.Int("ofport_request")),
		mac:     row.Str("mac"),
		mtu:     int(row.Int("mtu_request")),
	}
	switch {
	case i.name == bridge:
		i.typ, i.request = "internal", 0
	case i.typ == "":
		i.typ = "system"
	}
	return i
}

// vlans converts a set of VLAN ids. The schema has checked their range.
func vlans(ns []int64) []uint16 {
	var vs []uint16
	for _, n := range ns {
		vs = append(vs, uint16(n))
	}
	return vs
}

// number returns the integer of a key, def if it is missing or not a number,
// and the nearer limit if it is out of range.
func number(m map[string]string, key string, def, least, most int) int {
	n, err := strconv.Atoi(m[key])
	if err != nil {
		return def
	}
	return min(max(n, least), most)
}

// rowsOf calls fn for the uuid of each interface that has a row.
func (b *bridgeSpec) rowsOf(fn func(ovsdb.UUID, *ifaceSpec)) {
	for pi := range b.ports {
		for ii := range b.ports[pi].ifaces {
			if i := &b.ports[pi].ifaces[ii]; !i.uuid.IsZero() {
				fn(i.uuid, i)
			}
		}
	}
}

// limits reads the limits on datapath flows from Open_vSwitch:other_config.
func limits(other map[string]string) ofproto.Limits {
	l := ofproto.DefaultLimits
	l.FlowLimit = number(other, "flow-limit", l.FlowLimit, 0, 1<<31-1)
	l.MaxIdle = ms(number(other, "max-idle", int(l.MaxIdle.Milliseconds()), 500, 1<<31-1))
	l.MinPPS = number(other, "min-revalidate-pps", l.MinPPS, 0, 1<<31-1)
	l.MaxRevalidator = ms(number(other, "max-revalidator", int(l.MaxRevalidator.Milliseconds()), 100, 1<<31-1))
	return l
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }
