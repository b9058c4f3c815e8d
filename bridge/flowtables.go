package bridge

import (
	"slices"
	"strings"

	"govs/classifier"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/ovsdb/idl"
)

// readFlowTables reads the Flow_Table rows of a bridge, by table.
func readFlowTables(v idl.View, bridge *idl.Row) map[uint8]flowtable.Limits {
	refs := bridge.IntRefs("flow_tables")
	if len(refs) == 0 {
		return nil
	}
	tables := map[uint8]flowtable.Limits{}
	for n, u := range refs {
		row := v.Row("Flow_Table", u)
		if row == nil {
			continue
		}
		l := flowtable.Limits{Name: row.Str("name"), Evict: row.Str("overflow_policy") == "evict"}
		if max, ok := row.OptInt("flow_limit"); ok {
			l.Limited, l.Max = true, int(min(max, 1<<31-1))
		}
		name := bridge.Str("name")
		for _, text := range slices.Sorted(slices.Values(row.Strings("groups"))) {
			sf, rest, err := flow.CutSubfield(text)
			switch {
			case err != nil:
				log.Warn("bridge %s table %d: error parsing 'groups' (%v)", name, n, err)
			case rest != "":
				log.Warn("bridge %s table %d: 'groups' element '%s' contains trailing garbage", name, n, text)
			default:
				l.Groups = append(l.Groups, sf)
			}
		}
		l.Prefixes = readPrefixes(name, row.Strings("prefixes"))
		tables[uint8(n)] = l
	}
	return tables
}

// prefixFields are the fields that lookups can have tries on.
var prefixFields = map[flow.FieldID]classifier.Prefix{
	flow.IPDst: classifier.PrefixIPDst, flow.IPSrc: classifier.PrefixIPSrc,
	flow.IPv6Dst: classifier.PrefixIPv6Dst, flow.IPv6Src: classifier.PrefixIPv6Src,
	flow.TunID: classifier.PrefixTunID, flow.TunSrc: classifier.PrefixTunSrc, flow.TunDst: classifier.PrefixTunDst,
}

// readPrefixes reads Flow_Table:prefixes; nil is the default, "none" is none.
func readPrefixes(bridge string, names []string) []classifier.Prefix {
	if len(names) == 0 {
		return nil
	}
	out := []classifier.Prefix{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if strings.EqualFold(name, "none") {
			return []classifier.Prefix{}
		}
		id, ok := flow.FieldByName(name)
		if !ok {
			log.Warn("bridge %s: 'prefixes' with unknown field: %s", bridge, name)
			continue
		}
		p, ok := prefixFields[id]
		if !ok {
			log.Warn("bridge %s: 'prefixes' with incompatible field: %s", bridge, name)
			continue
		}
		out = append(out, p)
	}
	return out
}
