package ofproto

import (
	"slices"

	"govs/ofproto/xlate"
	"govs/openflow"
)

// bundle is the live state of a Port row. Backer.mu guards it.
type bundle struct {
	id      BundleID
	spec    BundleSpec
	members []*port
}

func (u *bundle) remove(x *port) {
	u.members = slices.DeleteFunc(u.members, func(m *port) bool { return m == x })
	x.bundle = nil
}

// SetBundle makes or changes the bundle of that name.
func (p *Ofproto) SetBundle(s BundleSpec) error {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	var u *bundle
	for _, x := range p.bundles {
		if x.spec.Name == s.Name {
			u = x
		}
	}
	if u == nil {
		b.lastBundle++
		u = &bundle{id: b.lastBundle}
		p.bundles = append(p.bundles, u)
	} else if o := &u.spec; o.VLANMode != s.VLANMode || o.Tag != s.Tag || !slices.Equal(o.Trunks, s.Trunks) || !slices.Equal(o.CVLANs, s.CVLANs) ||
		o.PriorityTags != s.PriorityTags || o.QinQEthType != s.QinQEthType || o.Protected != s.Protected {
		// Addresses may be in other VLANs now.
		p.macs.FlushPort(u.id)
	}
	for _, m := range slices.Clone(u.members) {
		if !slices.Contains(s.Members, m.no) {
			u.remove(m)
		}
	}
	u.members = u.members[:0]
	for _, no := range s.Members {
		x := p.ports[no]
		if x == nil {
			continue
		}
		if x.bundle != nil && x.bundle != u {
			x.bundle.remove(x)
		}
		x.bundle = u
		u.members = append(u.members, x)
	}
	u.spec = s
	b.changed()
	return nil
}

// DelBundle removes a bundle; its ports then take no part in NORMAL forwarding.
func (p *Ofproto) DelBundle(name string) {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, u := range p.bundles {
		if u.spec.Name != name {
			continue
		}
		for _, m := range slices.Clone(u.members) {
			u.remove(m)
		}
		p.bundles = slices.Delete(p.bundles, i, i+1)
		b.changed()
		p.macs.FlushPort(u.id)
		return
	}
}

// vlanSet returns the set of the given VLANs, or nil, which means all, for none.
func vlanSet(vlans []uint16) *xlate.VLANSet {
	if len(vlans) == 0 {
		return nil
	}
	s := &xlate.VLANSet{}
	for _, v := range vlans {
		s.Add(v & 0xfff)
	}
	return s
}

// picture returns what translation sees of the bundle.
func (u *bundle) picture(of *xlate.Bridge, ports map[*port]*xlate.Port) *xlate.Bundle {
	s := &u.spec
	x := &xlate.Bundle{
		Bridge: of, ID: u.id, Name: s.Name, VLANMode: xlate.VLANMode(s.VLANMode), CVLANs: vlanSet(s.CVLANs),
		QinQEthType: s.QinQEthType, PriorityTags: xlate.PriorityTags(s.PriorityTags), Protected: s.Protected,
		Floodable: true, Bond: len(u.members) > 1,
	}
	if x.QinQEthType == 0 {
		x.QinQEthType = 0x88a8
	}
	if s.Tag >= 0 {
		x.VLAN = uint16(s.Tag)
	}
	switch s.VLANMode {
	case VLANTrunk:
		x.Trunks = vlanSet(s.Trunks)
	case VLANNativeTagged, VLANNativeUntagged:
		// The native VLAN is always carried, and none is never: its packets are in
		// the native one.
		if x.Trunks = vlanSet(s.Trunks); x.VLAN != 0 {
			if x.Trunks == nil {
				x.Trunks = xlate.AllVLANs()
			}
			x.Trunks.Add(x.VLAN)
			x.Trunks.Remove(0)
		}
	}
	for _, m := range u.members {
		p := ports[m]
		p.Bundle = x
		x.Ports = append(x.Ports, p)
		if m.config&openflow.PortNoFlood != 0 {
			x.Floodable = false
		}
	}
	return x
}
