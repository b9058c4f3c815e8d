package ofproto

import (
	"time"

	"math/rand/v2"

	"govs/flow"
	"govs/internal/version"
	"govs/netdev"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// features describes the switch as a features reply does.
func (p *Ofproto) features(v openflow.Version) *openflow.SwitchFeatures {
	f := &openflow.SwitchFeatures{
		NTables:      flowtable.Internal,
		Capabilities: openflow.CapFlowStats | openflow.CapTableStats | openflow.CapPortStats | openflow.CapQueueStats | openflow.CapARPMatchIP,
		Actions:      0xfff, // OFPAT_OUTPUT to OFPAT_ENQUEUE
	}
	if v >= openflow.V11 {
		f.Capabilities |= openflow.CapGroupStats
	}
	if v >= openflow.V13 {
		f.Capabilities &^= openflow.CapARPMatchIP
	}
	if v >= openflow.V14 {
		f.Capabilities |= openflow.CapBundles
	}
	p.locked(func() {
		f.DatapathID = p.dpid
		if v < openflow.V13 {
			f.HasPorts = true
			for _, x := range p.sortedPorts() {
				f.Ports = append(f.Ports, p.portDesc(x))
			}
		}
	})
	return f
}

func (p *Ofproto) description() *openflow.Desc {
	d := openflow.Desc{Manufacturer: "Nicira, Inc.", Hardware: "Open vSwitch", Software: version.OVS, Serial: "None", Datapath: "None"}
	p.locked(func() {
		for _, x := range [...]struct {
			to   *string
			from string
		}{
			{&d.Manufacturer, p.desc.Manufacturer}, {&d.Hardware, p.desc.Hardware}, {&d.Software, p.desc.Software},
			{&d.Serial, p.desc.Serial}, {&d.Datapath, p.desc.Datapath},
		} {
			if x.from != "" {
				*x.to = x.from
			}
		}
	})
	return &d
}

// mac returns the port's address; ports without a device have a random one.
func (x *port) mac() (flow.MAC, bool) {
	if d := x.device(); d != nil {
		m, err := d.MAC()
		return m, err == nil
	}
	if x.random == (flow.MAC{}) {
		for i := range x.random {
			x.random[i] = byte(rand.Uint32())
		}
		x.random[0] = x.random[0]&^1 | 2
	}
	return x.random, true
}

// portDesc describes a port. backer.mu is held.
func (p *Ofproto) portDesc(x *port) openflow.PortDesc {
	i := p.info(x)
	d := openflow.PortDesc{Port: x.no, Name: x.spec.Name, Config: i.Config, State: i.State}
	d.HWAddr, _ = x.mac()
	if dev := x.device(); dev != nil {
		if s, err := dev.State(); err == nil && s.SpeedMbps > 0 {
			d.Curr = speedFeatures(&s) | mediumFeatures[s.Medium]
			d.CurrSpeed = uint32(s.SpeedMbps) * 1000
		}
	}
	return d
}

var mediumFeatures = [...]openflow.PortFeatures{
	netdev.MediumUnknown: 0,
	netdev.MediumCopper:  openflow.FeatureCopper,
	netdev.MediumFiber:   openflow.FeatureFiber,
}

// speedFeatures is a link speed in OpenFlow's bits.
func speedFeatures(s *netdev.State) openflow.PortFeatures {
	full := !s.HasDuplex || s.FullDuplex
	pick := func(hd, fd openflow.PortFeatures) openflow.PortFeatures {
		if full {
			return fd
		}
		return hd
	}
	switch s.SpeedMbps {
	case 10:
		return pick(openflow.Feature10MHD, openflow.Feature10MFD)
	case 100:
		return pick(openflow.Feature100MHD, openflow.Feature100MFD)
	case 1000:
		return pick(openflow.Feature1GHD, openflow.Feature1GFD)
	case 10000:
		return openflow.Feature10GFD
	case 40000:
		return openflow.Feature40GFD
	case 100000:
		return openflow.Feature100GFD
	case 1000000:
		return openflow.Feature1TFD
	}
	return openflow.FeatureOther
}

// portDescs describes one port, or all for PortNone.
func (p *Ofproto) portDescs(no openflow.Port) *openflow.PortDescReply {
	r := &openflow.PortDescReply{}
	p.locked(func() {
		for _, x := range p.sortedPorts() {
			if no == openflow.PortNone || no == x.no {
				r.Ports = append(r.Ports, p.portDesc(x))
			}
		}
	})
	return r
}

// portStats returns the counters of one port, or of all for PortNone.
func (p *Ofproto) portStats(no openflow.Port) *openflow.PortStatsReply {
	r := &openflow.PortStatsReply{}
	now := p.now()
	p.locked(func() {
		for _, x := range p.sortedPorts() {
			if no != openflow.PortNone && no != x.no {
				continue
			}
			s := p.info(x).Stats
			if x.counters != nil {
				s.RxDropped, s.TxDropped, s.RxErrors, s.TxErrors = -1, -1, -1, -1
			}
			ps := openflow.PortStats{
				Port:      x.no,
				RxPackets: uint64(s.RxPackets), TxPackets: uint64(s.TxPackets), RxBytes: uint64(s.RxBytes), TxBytes: uint64(s.TxBytes),
				RxDropped: uint64(s.RxDropped), TxDropped: uint64(s.TxDropped), RxErrors: uint64(s.RxErrors), TxErrors: uint64(s.TxErrors),
				RxFrameErr: uint64(s.RxFrameErr), RxOverErr: uint64(s.RxOverErr), RxCRCErr: uint64(s.RxCrcErr), Collisions: uint64(s.Collisions),
				Duration: now.Sub(x.created).Truncate(time.Millisecond),
			}
			if d, ok := x.device().(netdev.CustomCounter); ok {
				for _, c := range d.CustomStats() {
					ps.Custom = append(ps.Custom, openflow.CustomStat{Name: c.Name, Value: c.Value})
				}
			}
			r.Ports = append(r.Ports, ps)
		}
	})
	return r
}
