package openflow

import "time"

// PortStatsReply is (a part of) the answer to a PortStatsRequest.
type PortStatsReply struct{ Ports []PortStats }

func (*PortStatsRequest) raw(p Protocols) rawType { return p.raw2(rawPortRequest10, rawPortRequest11) }

func (m *PortStatsRequest) encode(e *msgEncoder) {
	if e.version == V10 {
		e.u16(uint16(m.Port))
		e.zeros(6)
	} else {
		e.u32(m.Port.Wide())
		e.zeros(4)
	}
}

func decodePortRequest10(_ *msgDecoder, b []byte) (Message, error) {
	return &PortStatsRequest{Port(be.Uint16(b))}, nil
}

func decodePortRequest11(_ *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b))
	if !ok {
		return nil, ErrBadActionBadOutPort
	}
	return &PortStatsRequest{p}, nil
}

func (m *PortStatsRequest) print(p *printer) {
	p.str(" port_no=")
	p.port(m.Port)
}

func (*PortStatsReply) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawPortReply10
	case v < V13:
		return rawPortReply11
	case v < V14:
		return rawPortReply13
	}
	return rawPortReply14
}

// counters are in the order of every version.
func (s *PortStats) counters() [12]*uint64 {
	return [...]*uint64{&s.RxPackets, &s.TxPackets, &s.RxBytes, &s.TxBytes, &s.RxDropped, &s.TxDropped, &s.RxErrors, &s.TxErrors,
		&s.RxFrameErr, &s.RxOverErr, &s.RxCRCErr, &s.Collisions}
}

func (m *PortStatsReply) encode(e *msgEncoder) {
	for i := range m.Ports {
		s := &m.Ports[i]
		start := len(e.b)
		c := s.counters()
		sec, ns := durationWire(s.Duration)
		switch {
		case e.version == V10:
			e.u16(uint16(s.Port))
			e.zeros(6)
			for _, n := range c {
				e.u64(*n)
			}
		case e.version < V14:
			e.u32(s.Port.Wide())
			e.zeros(4)
			for _, n := range c {
				e.u64(*n)
			}
			if e.version >= V13 {
				e.u32(sec)
				e.u32(ns)
			}
		default:
			e.u16(120)
			e.zeros(2)
			e.u32(s.Port.Wide())
			e.u32(sec)
			e.u32(ns)
			for _, n := range c[:8] {
				e.u64(*n)
			}
			e.u16(0) // OFPPSPT_ETHERNET
			e.u16(40)
			e.zeros(4)
			for _, n := range c[8:] {
				e.u64(*n)
			}
		}
		e.item(start)
	}
}

func durationWire(d time.Duration) (sec, ns uint32) {
	if d < 0 {
		return 0xffffffff, 0xffffffff
	}
	return uint32(d / time.Second), uint32(d % time.Second)
}

func durationFrom(b []byte) time.Duration {
	if be.Uint32(b) == 0xffffffff {
		return -1
	}
	return duration(b)
}

func decodePortReply10(d *msgDecoder, b []byte) (Message, error) {
	m := &PortStatsReply{}
	n := int(d.row.unit)
	for ; len(b) > 0; b = b[n:] {
		s := PortStats{Port: Port(be.Uint16(b)), Duration: -1}
		for i, c := range s.counters() {
			*c = be.Uint64(b[8+8*i:])
		}
		m.Ports = append(m.Ports, s)
	}
	return m, nil
}

func decodePortReply13(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &PortStatsReply{}
	n := int(d.row.unit)
	for ; len(b) > 0; b = b[n:] {
		p, ok := PortFromWide(be.Uint32(b))
		if !ok {
			return m, ErrBadActionBadOutPort
		}
		s := PortStats{Port: p, Duration: -1}
		for i, c := range s.counters() {
			*c = be.Uint64(b[8+8*i:])
		}
		if d.Version >= V13 {
			s.Duration = durationFrom(b[104:])
		}
		m.Ports = append(m.Ports, s)
	}
	return m, nil
}

func decodePortReply14(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &PortStatsReply{}
	for len(b) > 0 {
		if len(b) < 80 {
			d.names.warnf("ofp_port", "OFPST_PORT reply has %d leftover bytes at end", len(b))
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		if n < 80 || n > len(b) {
			return m, ErrBadRequestBadLen
		}
		s, err := portStats14(b[:n])
		if err != nil {
			return m, err
		}
		m.Ports = append(m.Ports, s)
		b = b[n:]
	}
	return m, nil
}

func portStats14(b []byte) (PortStats, error) {
	p, ok := PortFromWide(be.Uint32(b[4:]))
	if !ok {
		return PortStats{}, ErrBadActionBadOutPort
	}
	s := PortStats{Port: p, Duration: durationFrom(b[8:])}
	c := s.counters()
	for i := range c[:8] {
		*c[i] = be.Uint64(b[16+8*i:])
	}
	for _, x := range c[8:] {
		*x = ^uint64(0)
	}
	err := eachProp(b[80:], func(typ uint16, p []byte) error {
		if typ == 0 {
			if len(p) != 40 {
				return ErrBadPropertyBadLen
			}
			for i := range c[8:] {
				*c[8+i] = be.Uint64(p[8+8*i:])
			}
		}
		return nil
	})
	return s, err
}

func (m *PortStatsReply) print(p *printer) {
	p.f(" %d ports\n", len(m.Ports))
	if p.verbosity < 1 {
		return
	}
	for i := range m.Ports {
		s := &m.Ports[i]
		name := string(p.names.AppendPort(nil, s.Port))
		p.f("  port %2s: rx ", name)
		p.count("pkts=", s.RxPackets)
		p.count("bytes=", s.RxBytes)
		p.count("drop=", s.RxDropped)
		p.count("errs=", s.RxErrors)
		p.count("frame=", s.RxFrameErr)
		p.count("over=", s.RxOverErr)
		p.lastCount("crc=", s.RxCRCErr)
		p.str("\n")
		p.str("           tx ")
		p.count("pkts=", s.TxPackets)
		p.count("bytes=", s.TxBytes)
		p.count("drop=", s.TxDropped)
		p.count("errs=", s.TxErrors)
		p.lastCount("coll=", s.Collisions)
		p.str("\n")
		if s.Duration >= 0 {
			p.str("           duration=")
			p.duration(s.Duration)
			p.str("\n")
		}
	}
}
