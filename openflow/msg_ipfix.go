package openflow

// IPFIXStats are counters of an IPFIX exporter.
type IPFIXStats struct {
	Flows, CurrentFlows                        uint64
	Packets, IPv4Packets, IPv6Packets          uint64
	ErrPackets, IPv4ErrPackets, IPv6ErrPackets uint64
	TxPackets, TxErrors                        uint64
	CollectorSet                               uint32 // of flow sampling
}

// IPFIXBridgeRequest asks for the counters of a bridge's IPFIX
// (NXST_IPFIX_BRIDGE).
type IPFIXBridgeRequest struct{}

// IPFIXBridgeReply has the counters of a bridge's IPFIX.
type IPFIXBridgeReply struct{ IPFIXStats }

// IPFIXFlowRequest asks for the counters of flow sampling (NXST_IPFIX_FLOW).
type IPFIXFlowRequest struct{}

// IPFIXFlowReply has the counters of flow sampling, per set of collectors.
type IPFIXFlowReply struct{ Sets []IPFIXStats }

func (*IPFIXBridgeRequest) raw(Protocols) rawType { return rawNXIPFIXBridgeRequest }
func (*IPFIXBridgeReply) raw(Protocols) rawType   { return rawNXIPFIXBridgeReply }
func (*IPFIXFlowRequest) raw(Protocols) rawType   { return rawNXIPFIXFlowRequest }
func (*IPFIXFlowReply) raw(Protocols) rawType     { return rawNXIPFIXFlowReply }
func (*IPFIXBridgeRequest) encode(*msgEncoder)    {}
func (*IPFIXFlowRequest) encode(*msgEncoder)      {}
func (*IPFIXBridgeRequest) print(*printer)        {}
func (*IPFIXFlowRequest) print(*printer)          {}

const ipfixStatsLen = 88

func (s *IPFIXStats) counters() [10]*uint64 {
	return [...]*uint64{&s.Flows, &s.CurrentFlows, &s.Packets, &s.IPv4Packets, &s.IPv6Packets, &s.ErrPackets, &s.IPv4ErrPackets,
		&s.IPv6ErrPackets, &s.TxPackets, &s.TxErrors}
}

func (s *IPFIXStats) encode(e *msgEncoder) {
	for _, c := range s.counters() {
		e.u64(*c)
	}
	e.u32(s.CollectorSet)
	e.zeros(4)
}

func (m *IPFIXFlowReply) encode(e *msgEncoder) {
	for i := range m.Sets {
		start := len(e.b)
		m.Sets[i].encode(e)
		e.item(start)
	}
}

func ipfixStats(b []byte) IPFIXStats {
	s := IPFIXStats{CollectorSet: be.Uint32(b[80:])}
	for i, c := range s.counters() {
		*c = be.Uint64(b[8*i:])
	}
	return s
}

func decodeIPFIXBridgeReply(_ *msgDecoder, b []byte) (Message, error) {
	s := ipfixStats(b)
	s.CollectorSet = 0
	return &IPFIXBridgeReply{s}, nil
}

func decodeIPFIXFlowReply(_ *msgDecoder, b []byte) (Message, error) {
	m := &IPFIXFlowReply{}
	for ; len(b) > 0; b = b[ipfixStatsLen:] {
		m.Sets = append(m.Sets, ipfixStats(b))
	}
	return m, nil
}

func (s *IPFIXStats) print(p *printer, indent string) {
	p.f("flows=%d, current flows=%d, sampled pkts=%d, ipv4 ok=%d, ipv6 ok=%d, tx pkts=%d\n",
		s.Flows, s.CurrentFlows, s.Packets, s.IPv4Packets, s.IPv6Packets, s.TxPackets)
	p.f("%spkts errs=%d, ipv4 errs=%d, ipv6 errs=%d, tx errs=%d\n", indent, s.ErrPackets, s.IPv4ErrPackets, s.IPv6ErrPackets, s.TxErrors)
}

func (m *IPFIXBridgeReply) print(p *printer) {
	p.str("\n  bridge ipfix: ")
	m.IPFIXStats.print(p, "                ")
}

func (m *IPFIXFlowReply) print(p *printer) {
	p.f(" %d ids\n", len(m.Sets))
	for i := range m.Sets {
		p.f("  id %3d: ", m.Sets[i].CollectorSet)
		m.Sets[i].print(p, "          ")
	}
}
