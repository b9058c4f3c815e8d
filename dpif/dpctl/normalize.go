package dpctl

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"govs/dpif"
	"govs/flow"
)

// shape is what push and pop actions change of a packet, outermost first.
type shape struct {
	vlans []uint16 // TCIs
	mpls  []uint32 // label stack entries
}

func (s shape) compare(o shape) int {
	return cmp.Or(slices.Compare(s.vlans, o.vlans), slices.Compare(s.mpls, o.mpls))
}

func (s shape) text() string {
	var b strings.Builder
	if len(s.vlans) == 0 {
		b.WriteString("no vlan: ")
	}
	for _, t := range s.vlans {
		fmt.Fprintf(&b, "vlan(vid=%d,pcp=%d", t&0xfff, t>>13)
		if t&flow.VLANPresent == 0 {
			b.WriteString(",cfi=0")
		}
		b.WriteString("): ")
	}
	if len(s.mpls) == 0 {
		b.WriteString("no mpls: ")
	}
	for _, l := range s.mpls {
		fmt.Fprintf(&b, "mpls(label=%d,tc=%d,ttl=%d): ", l>>12, l>>9&7, l&0xff)
	}
	return b.String()
}

// normalizeActions prints actions ordered by the headers that packets have when
// they meet them, so that two lists that do the same look the same. The
// arguments are a flow, which says what headers there are at first, and actions.
func (c *call) normalizeActions(args []string) error {
	attrs, _, err := dpif.ParseKeyText(args[0], nil)
	if err != nil {
		return c.errorf(dpif.ErrInvalid, "odp_flow_key_from_string (%s)", err)
	}
	fmt.Fprintf(c.out, "input flow: %s\n", dpif.AppendKeyAttrsText(nil, attrs, nil, dpif.KeyTextOptions{}))
	m, err := dpif.ParseFlowKey(args[0], nil)
	key := m.Key
	if err != nil {
		return c.errorf(dpif.ErrNotFound, "odp_flow_key_to_flow failed (reason unknown)")
	}
	actions, err := dpif.ParseActions(args[1], nil)
	if err != nil {
		return c.errorf(dpif.ErrInvalid, "odp_actions_from_string")
	}
	var at shape
	for _, v := range key.VLANs {
		if v.TCI&flow.VLANPresent != 0 {
			at.vlans = append(at.vlans, v.TCI)
		}
	}
	for _, l := range key.MPLS {
		if t := key.EthType; (t == flow.EthTypeMPLS || t == flow.EthTypeMPLSM) && l != 0 {
			at.mpls = append(at.mpls, l)
		}
	}
	type group struct {
		at      shape
		actions dpif.Actions
	}
	var groups []group
	for rest := actions; len(rest) > 0; {
		typ, body, next, ok := dpif.NextAttr(rest)
		if !ok {
			break
		}
		one := rest[:len(rest)-len(next)]
		rest = next
		switch typ {
		case dpif.ActPushVLAN:
			if len(body) >= 4 {
				at.vlans = append([]uint16{binary.BigEndian.Uint16(body[2:])}, at.vlans...)
			}
			continue
		case dpif.ActPopVLAN:
			if len(at.vlans) > 0 {
				at.vlans = at.vlans[1:]
			}
			continue
		case dpif.ActPushMPLS:
			if len(body) >= 4 {
				at.mpls = append([]uint32{binary.BigEndian.Uint32(body)}, at.mpls...)
			}
			continue
		case dpif.ActPopMPLS:
			if len(at.mpls) > 0 {
				at.mpls = at.mpls[1:]
			}
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.at.compare(at) == 0 })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{at: at})
		}
		groups[i].actions = append(groups[i].actions, one...)
	}
	if len(actions) == 0 && args[1] != "" {
		groups = append(groups, group{at: at}) // "drop"
	}
	slices.SortStableFunc(groups, func(a, b group) int { return a.at.compare(b.at) })
	for _, g := range groups {
		fmt.Fprintf(c.out, "%s%s", g.at.text(), dpif.AppendActions(nil, g.actions, nil))
	}
	if len(groups) > 0 {
		fmt.Fprintln(c.out)
	}
	return nil
}
