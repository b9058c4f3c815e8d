package ofproto

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"govs/conntrack"
	"govs/dpif"
	"govs/netdev"
	"govs/openflow"
)

// CTZones are the settings of a datapath's connection tracker by zone.
type CTZones struct {
	DefaultLimit *uint32 // of zones without their own; nil: not set here
	Zones        map[uint16]CTZone
}

// CTZone is what is set for a zone.
type CTZone struct {
	Timeouts map[string]uint32 // seconds, by keys of CT_Timeout_Policy; nil: the defaults
	Limit    *uint32           // nil: the default
}

// zonePolicies is what translation needs of CTZones: the number of the time-out
// policy of a zone. Zones with the same time-outs share one.
type zonePolicies struct {
	set     CTZones
	numbers map[string]uint32 // of policies, by their text
	zones   map[uint16]uint32
}

// tracker returns the datapath's connection tracker, or nil.
func (b *Backer) tracker() dpif.Conntrack {
	ct, _ := b.dp.(dpif.Conntrack)
	return ct
}

// SetCTZones carries the settings of zones out. What was set before and is not
// any more becomes the default again.
func (b *Backer) SetCTZones(z CTZones) error {
	ct := b.tracker()
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.ctZones
	if sameZones(&old.set, &z) {
		return nil
	}
	if ct == nil {
		return netdev.ErrNotSupported
	}
	now := zonePolicies{set: z, numbers: map[string]uint32{}, zones: map[uint16]uint32{}}
	// Policies that stay keep their numbers: connections refer to them.
	texts := map[string]map[string]uint32{}
	for _, zone := range z.Zones {
		if zone.Timeouts != nil {
			texts[policyText(zone.Timeouts)] = zone.Timeouts
		}
	}
	used := map[uint32]bool{}
	for text := range texts {
		if n := old.numbers[text]; n != 0 {
			now.numbers[text], used[n] = n, true
		}
	}
	next := uint32(1)
	var failed error
	note := func(err error) {
		if err != nil && failed == nil {
			failed = err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(z.Zones)) {
		zone := z.Zones[id]
		if zone.Timeouts == nil {
			continue
		}
		text := policyText(zone.Timeouts)
		if now.numbers[text] == 0 {
			for used[next] {
				next++
			}
			used[next] = true
			now.numbers[text] = next
			note(ct.CtSetPolicy(next, zone.Timeouts))
		}
		now.zones[id] = now.numbers[text]
	}
	for text, n := range old.numbers {
		if now.numbers[text] == 0 && !used[n] {
			note(ct.CtSetPolicy(n, nil))
		}
	}
	note(setLimits(ct, &old.set, &z))
	b.ctZones = now
	b.changed()
	return failed
}

func setLimits(ct dpif.Conntrack, old, now *CTZones) error {
	var set []conntrack.ZoneLimit
	var gone []uint16
	for id, z := range now.Zones {
		if z.Limit != nil {
			set = append(set, conntrack.ZoneLimit{Zone: id, Limit: *z.Limit})
		}
	}
	for id, z := range old.Zones {
		if z.Limit != nil && now.Zones[id].Limit == nil {
			gone = append(gone, id)
		}
	}
	def := now.DefaultLimit
	if def == nil && old.DefaultLimit != nil {
		def = new(uint32) // none
	}
	if err := ct.CtSetLimits(def, set); err != nil {
		return err
	}
	return ct.CtDelLimits(gone)
}

func policyText(m map[string]uint32) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s=%d ", k, m[k])
	}
	return b.String()
}

func sameZones(a, b *CTZones) bool {
	same := func(x, y *uint32) bool { return x == y || x != nil && y != nil && *x == *y }
	return same(a.DefaultLimit, b.DefaultLimit) && maps.EqualFunc(a.Zones, b.Zones, func(x, y CTZone) bool {
		return same(x.Limit, y.Limit) && (x.Timeouts == nil) == (y.Timeouts == nil) && maps.Equal(x.Timeouts, y.Timeouts)
	})
}

// timeoutNames returns the function by which translation finds the policy of a
// zone, nil if no zone has one. The caller holds mu.
func (b *Backer) timeoutNames() func(zone, ethType uint16, proto uint8) (string, bool) {
	if len(b.ctZones.zones) == 0 {
		return nil
	}
	zones := b.ctZones.zones // not changed any more
	return func(zone, _ uint16, _ uint8) (string, bool) {
		n, ok := zones[zone]
		if !ok {
			return "", false
		}
		return strconv.FormatUint(uint64(n), 10), false
	}
}

// ctFlush removes connections as an OpenFlow message asks.
func (p *Ofproto) ctFlush(f *conntrack.Filter) error {
	ct := p.backer.tracker()
	if ct == nil {
		return openflow.ErrBadRequestBadType
	}
	n, err := ct.CtFlush(f)
	if err == nil && n == 0 && f.Orig.Whole() && f.Reply == (conntrack.TupleFilter{}) {
		err = dpif.ErrNotFound
	}
	if err != nil {
		log.Warn("%s: failed to flush conntrack (%v)", p.name, err)
	}
	return nil
}

// ctFilter is what a message selects. Addresses without a zone are of zone 0.
func ctFilter(m *openflow.CTFlush) *conntrack.Filter {
	f := &conntrack.Filter{HasZone: m.HasZone, Zone: m.Zone}
	for i, t := range [2]*openflow.CTTuple{m.Orig, m.Reply} {
		to := [2]*conntrack.TupleFilter{&f.Orig, &f.Reply}[i]
		if t == nil {
			continue
		}
		to.Proto, to.SrcPort, to.DstPort = m.Proto, t.SrcPort, t.DstPort
		to.ICMPID, to.ICMPType, to.ICMPCode = t.ICMPID, t.ICMPType, t.ICMPCode
		if t.Src != ([16]byte{}) {
			to.Src = netip.AddrFrom16(t.Src).Unmap()
		}
		if t.Dst != ([16]byte{}) {
			to.Dst = netip.AddrFrom16(t.Dst).Unmap()
		}
	}
	if m.Orig == nil && m.Reply == nil && m.Proto != 0 {
		f.Orig.Proto = m.Proto
	}
	f.HasZone = f.HasZone || f.Orig != conntrack.TupleFilter{} || f.Reply != conntrack.TupleFilter{}
	return f
}
