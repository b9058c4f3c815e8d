package bridge

import (
	"slices"
	"strings"

	"govs/ofproto"
	"govs/ovsdb/idl"
)

// readMirrors returns the bridge's mirrors that have somewhere to copy to.
func readMirrors(v idl.View, bridge *idl.Row, s *bridgeSpec) []mirrorSpec {
	var mirrors []mirrorSpec
	for _, row := range idl.Refs(v, bridge, "mirrors") {
		m := mirrorSpec{uuid: row.UUID(), MirrorSpec: ofproto.MirrorSpec{
			Name:    row.UUID().String(),
			All:     row.Bool("select_all"),
			Src:     s.portNames(v, row, "select_src_port"),
			Dst:     s.portNames(v, row, "select_dst_port"),
			VLANs:   vlans(row.Ints("select_vlan")),
			OutVLAN: -1,
			Filter:  row.Str("filter"),
		}}
		if n, ok := row.OptInt("snaplen"); ok {
			m.Snaplen = uint16(n)
		}
		vlan, haveVLAN := row.OptInt("output_vlan")
		out := idl.Refs(v, row, "output_port")
		switch {
		case len(out) > 0:
			m.Out = out[0].Str("name")
			if !s.hasPort(m.Out) {
				log.Err("bridge %s: mirror %s outputs to port not on bridge", s.name, row.Str("name"))
				continue
			}
			if haveVLAN {
				log.Err("bridge %s: mirror %s specifies both output port and output vlan; ignoring output vlan", s.name, row.Str("name"))
			}
		case haveVLAN:
			m.OutVLAN = int(vlan)
		default:
			log.Err("bridge %s: mirror %s does not specify output; ignoring", s.name, row.Str("name"))
			continue
		}
		mirrors = append(mirrors, m)
	}
	slices.SortFunc(mirrors, func(a, b mirrorSpec) int { return strings.Compare(a.Name, b.Name) })
	return mirrors
}

func (b *bridgeSpec) hasPort(name string) bool {
	return slices.ContainsFunc(b.ports, func(p portSpec) bool { return p.bundle.Name == name })
}

// portNames returns the ports of this bridge that a mirror's column names.
func (b *bridgeSpec) portNames(v idl.View, mirror *idl.Row, column string) []string {
	var names []string
	for _, row := range idl.Refs(v, mirror, column) {
		if name := row.Str("name"); b.hasPort(name) {
			names = append(names, name)
		} else {
			log.Warn("bridge %s: mirror %s cannot match on nonexistent port %s", b.name, mirror.Str("name"), name)
		}
	}
	slices.Sort(names)
	return names
}

func (b *liveBridge) setMirrors(s *bridgeSpec) {
	specs := make([]ofproto.MirrorSpec, len(s.mirrors))
	for i := range s.mirrors {
		specs[i] = s.mirrors[i].MirrorSpec
	}
	if err := b.of.SetMirrors(specs); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			log.Warn("bridge %s: %s", b.spec.name, line)
		}
	}
}

// writeMirrors adds to t what the mirrors have copied.
func (b *liveBridge) writeMirrors(t *idl.Txn) {
	for i := range b.spec.mirrors {
		row := t.Row("Mirror", b.spec.mirrors[i].uuid)
		if row == nil {
			continue
		}
		if packets, bytes, ok := b.of.MirrorCount(b.spec.mirrors[i].Name); ok {
			t.SetIntMap(row, "statistics", map[string]int64{"tx_packets": int64(packets), "tx_bytes": int64(bytes)})
		}
	}
}
