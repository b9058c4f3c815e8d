package ofproto

import (
	"errors"
	"fmt"
	"slices"

	"govs/flow"
	"govs/ofproto/xlate"
)

// MirrorSpec is what a mirror shall be (ovs-vswitchd.conf.db(5), Mirror).
// Bundles are given by name; those that do not exist are passed over.
type MirrorSpec struct {
	Name     string
	All      bool     // packets of all ports
	Src, Dst []string // packets that come in or go out by these
	VLANs    []uint16 // in these VLANs; none: in any
	Out      string   // where copies go
	OutVLAN  int      // or in which VLAN; -1 for none
	Snaplen  uint16   // bytes of a packet to copy; 0: all
	Filter   string   // a flow that packets must match; "" for any
}

func (s *MirrorSpec) equal(o *MirrorSpec) bool {
	return s.Name == o.Name && s.All == o.All && slices.Equal(s.Src, o.Src) && slices.Equal(s.Dst, o.Dst) &&
		slices.Equal(s.VLANs, o.VLANs) && s.Out == o.Out && s.OutVLAN == o.OutVLAN && s.Snaplen == o.Snaplen && s.Filter == o.Filter
}

// mirror is the live state of a Mirror row. Backer.mu guards it.
type mirror struct {
	spec     MirrorSpec
	filter   *flow.Match
	counters *xlate.MirrorCounters
}

// SetMirrors sets the mirrors of the switch. One that goes on keeps its
// counters. The errors say which could not be made; the others are.
func (p *Ofproto) SetMirrors(specs []MirrorSpec) error {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	var live []*mirror
	var errs []error
	changed := false
	for i := range specs {
		s := &specs[i]
		var m *mirror
		for _, x := range p.mirrors {
			if x.spec.Name == s.Name {
				m = x
			}
		}
		if m != nil && m.spec.equal(s) {
			live = append(live, m)
			continue
		}
		next := &mirror{spec: *s, counters: &xlate.MirrorCounters{}}
		if m != nil {
			next.counters = m.counters
		}
		if s.Filter != "" {
			match, err := flow.ParseMatch(s.Filter, nil)
			if err != nil {
				errs = append(errs, fmt.Errorf("mirror %s: filter is invalid: %w", s.Name, err))
				continue
			}
			next.filter = &match
		}
		if len(live) == xlate.MaxMirrors {
			errs = append(errs, fmt.Errorf("maximum of %d port mirrors reached, cannot create %s", xlate.MaxMirrors, s.Name))
			continue
		}
		live = append(live, next)
		changed = true
	}
	if changed || len(live) != len(p.mirrors) {
		p.mirrors = live
		p.macs.Flush()
		b.changed()
	}
	return errors.Join(errs...)
}

// MirrorCount returns how many packets and bytes a mirror has copied.
func (p *Ofproto) MirrorCount(name string) (packets, bytes uint64, ok bool) {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range p.mirrors {
		if m.spec.Name == name {
			return m.counters.Packets.Load(), m.counters.Bytes.Load(), true
		}
	}
	return 0, 0, false
}

// pictureMirrors puts the mirrors into what translation sees of the switch.
func (p *Ofproto) pictureMirrors(x *xlate.Bridge) {
	find := func(name string) *xlate.Bundle {
		i := slices.IndexFunc(x.Bundles, func(u *xlate.Bundle) bool { return u.Name == name })
		if i < 0 {
			return nil
		}
		return x.Bundles[i]
	}
	for _, m := range p.mirrors {
		s := &m.spec
		q := &xlate.Mirror{Name: s.Name, VLANs: vlanSet(s.VLANs), Snaplen: s.Snaplen, Filter: m.filter, Counters: m.counters}
		if s.Out != "" {
			if q.Out = find(s.Out); q.Out == nil {
				continue // until there is such a port
			}
			q.Out.MirrorOut = true
		} else {
			q.OutVLAN = uint16(s.OutVLAN)
		}
		bit := xlate.MirrorSet(1) << len(x.Mirrors)
		for _, u := range x.Bundles {
			if s.All || slices.Contains(s.Src, u.Name) {
				u.SrcMirrors |= bit
			}
			if s.All || slices.Contains(s.Dst, u.Name) {
				u.DstMirrors |= bit
			}
		}
		x.Mirrors = append(x.Mirrors, q)
	}
	for _, m := range x.Mirrors {
		for i, o := range x.Mirrors {
			if m.Out == o.Out && m.OutVLAN == o.OutVLAN {
				m.Same |= 1 << i
			}
		}
	}
}
