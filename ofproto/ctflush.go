package ofproto

import (
	"net/netip"

	"govs/conntrack"
	"govs/dpif"
	"govs/openflow"
)

// ctFlush removes connections of the datapath that f selects.
func (p *Ofproto) ctFlush(f *conntrack.Filter) error {
	ct, ok := p.backer.dp.(dpif.Conntrack)
	if !ok {
		return openflow.ErrBadRequestBadType
	}
	_, err := ct.CtFlush(f)
	return err
}

// ctFilter is the selection of an OpenFlow message. With a tuple, no zone means
// zone 0 (ovs-ofctl(8), ct-flush).
func ctFilter(m *openflow.CTFlush) *conntrack.Filter {
	f := &conntrack.Filter{HasZone: m.HasZone, Zone: m.Zone}
	for _, d := range [...]struct {
		from *openflow.CTTuple
		to   *conntrack.TupleFilter
	}{{m.Orig, &f.Orig}, {m.Reply, &f.Reply}} {
		if d.from == nil || *d.from == (openflow.CTTuple{}) {
			continue
		}
		f.HasZone = true
		t := d.from
		d.to.Src, d.to.Dst = ctAddr(&t.Src), ctAddr(&t.Dst)
		d.to.SrcPort, d.to.DstPort = t.SrcPort, t.DstPort
		d.to.ICMPID, d.to.ICMPType, d.to.ICMPCode = t.ICMPID, t.ICMPType, t.ICMPCode
		d.to.HasID = t.ICMPID != 0
		d.to.HasType = t.ICMPType != 0 || t.ICMPCode != 0
	}
	if m.Proto != 0 {
		f.HasZone = true
		f.Orig.Proto = m.Proto
	}
	return f
}

// ctAddr is an address of a tuple; the zero value of Addr if it is any.
func ctAddr(b *[16]byte) netip.Addr {
	if *b == ([16]byte{}) {
		return netip.Addr{}
	}
	return netip.AddrFrom16(*b).Unmap()
}
