package openflow

// capabilities on the wire: those of 1.0 have ARP_MATCH_IP and STP, later ones
// GROUP_STATS and PORT_BLOCKED in the same places or near.
var capWire = [...]struct {
	cap         Capabilities
	name        string
	bit         uint32
	first, last Version
}{
	{CapFlowStats, "FLOW_STATS", 1 << 0, V10, V15},
	{CapTableStats, "TABLE_STATS", 1 << 1, V10, V15},
	{CapPortStats, "PORT_STATS", 1 << 2, V10, V15},
	{CapSTP, "STP", 1 << 3, V10, V10},
	{CapGroupStats, "GROUP_STATS", 1 << 3, V11, V15},
	{CapIPReasm, "IP_REASM", 1 << 5, V10, V15},
	{CapQueueStats, "QUEUE_STATS", 1 << 6, V10, V15},
	{CapARPMatchIP, "ARP_MATCH_IP", 1 << 7, V10, V11},
	{CapPortBlocked, "PORT_BLOCKED", 1 << 8, V12, V15},
	{CapBundles, "BUNDLES", 1 << 9, V14, V15},
	{CapFlowMonitor, "FLOW_MONITORING", 1 << 10, V14, V15},
}

func (*SwitchFeatures) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawFeaturesReply10
	case v < V13:
		return rawFeaturesReply11
	}
	return rawFeaturesReply13
}

func (m *SwitchFeatures) encode(e *msgEncoder) {
	e.u64(m.DatapathID)
	e.u32(m.NBuffers)
	e.u8(m.NTables)
	if e.version >= V13 {
		e.u8(m.AuxiliaryID)
	} else {
		e.u8(0)
	}
	e.zeros(2)
	var caps uint32
	for _, c := range capWire {
		if m.Capabilities&c.cap != 0 && e.version >= c.first && e.version <= c.last {
			caps |= c.bit
		}
	}
	e.u32(caps)
	if e.version == V10 {
		e.u32(m.Actions)
	} else {
		e.u32(0)
	}
	if e.version < V13 {
		for i := range m.Ports {
			m.Ports[i].encode(e)
		}
	}
}

func features(d *msgDecoder, b []byte) *SwitchFeatures {
	m := &SwitchFeatures{DatapathID: be.Uint64(b), NBuffers: be.Uint32(b[8:]), NTables: b[12]}
	caps := be.Uint32(b[16:])
	for _, c := range capWire {
		if caps&c.bit != 0 && d.Version >= c.first && d.Version <= c.last {
			m.Capabilities |= c.cap
		}
	}
	return m
}

func decodeFeatures10(d *msgDecoder, b []byte) (Message, error) {
	m := features(d, b)
	m.Actions = be.Uint32(b[20:])
	return m.withPorts(d, b)
}

func decodeFeatures11(d *msgDecoder, b []byte) (Message, error) {
	return features(d, b).withPorts(d, b)
}

func (m *SwitchFeatures) withPorts(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m.HasPorts = true
	var err error
	m.Ports, err = portList(b[24:], d.Version)
	return m, err
}

func decodeFeatures13(d *msgDecoder, b []byte) (Message, error) {
	m := features(d, b)
	m.AuxiliaryID = b[13]
	return m, nil
}

// actionNames10 are the bits of the actions bitmap of OpenFlow 1.0.
var actionNames10 = [...]string{"output", "set_vlan_vid", "set_vlan_pcp", "strip_vlan", "mod_dl_src", "mod_dl_dst", "mod_nw_src", "mod_nw_dst",
	"mod_nw_tos", "mod_tp_src", "mod_tp_dst", "enqueue"}

// actionOrder10 is the order in which OVS prints them.
var actionOrder10 = [...]int{0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}

func (m *SwitchFeatures) print(p *printer) {
	p.f(" dpid:%016x\nn_tables:%d, n_buffers:%d", m.DatapathID, m.NTables, m.NBuffers)
	if m.AuxiliaryID != 0 {
		p.f(", auxiliary_id:%d", m.AuxiliaryID)
	}
	p.str("\ncapabilities:")
	for _, name := range m.Capabilities.Names() {
		p.str(" ")
		p.str(name)
	}
	if m.Capabilities == 0 {
		p.str(" 0")
	}
	p.str("\n")
	if p.Version == V10 && m.Actions&(1<<len(actionNames10)-1) != 0 {
		p.str("actions:")
		for _, i := range actionOrder10 {
			if m.Actions&(1<<i) != 0 {
				p.str(" ")
				p.str(actionNames10[i])
			}
		}
		p.str("\n")
	}
	p.ports(m.Ports)
}
