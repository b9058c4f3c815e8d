package openflow

import (
	"strings"
	"time"
)

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
			e.u16(0)
			e.zeros(2)
			e.u32(s.Port.Wide())
			e.u32(sec)
			e.u32(ns)
			for _, n := range c[:8] {
				e.u64(*n)
			}
			e.u16(portStatsEthernet)
			e.u16(40)
			e.zeros(4)
			for _, n := range c[8:] {
				e.u64(*n)
			}
			s.encodeIntel(e)
			be.PutUint16(e.b[start:], uint16(len(e.b)-start))
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
		switch {
		case typ == portStatsEthernet:
			if len(p) != 40 {
				return ErrBadPropertyBadLen
			}
			for i := range c[8:] {
				*c[8+i] = be.Uint64(p[8+8*i:])
			}
		case typ == propExperimenter:
			return s.experimenter(p)
		}
		return nil
	})
	return s, err
}

// Properties of port statistics. Those of Intel are experimenter's.
const (
	portStatsEthernet = 0
	vendorIntel       = 0x0000aa01
	intelRFC2819      = 1
	intelCustom       = 2
)

// experimenter reads a property of a vendor; those not known are passed over.
func (s *PortStats) experimenter(p []byte) error {
	switch {
	case len(p) < 12:
		return ErrBadPropertyBadLen
	case be.Uint32(p[4:]) == 0:
		return ErrBadPropertyBadExperimenter
	case be.Uint32(p[4:]) != vendorIntel:
		return nil
	}
	switch be.Uint32(p[8:]) {
	case intelRFC2819:
		if len(p) != 16+8*NumRFC2819 {
			return ErrBadPropertyBadLen
		}
		s.RFC2819 = new([NumRFC2819]uint64)
		for i := range s.RFC2819 {
			s.RFC2819[i] = be.Uint64(p[16+8*i:])
		}
	case intelCustom:
		if len(p) < 16 {
			return ErrBadPropertyBadLen
		}
		n := int(be.Uint16(p[14:]))
		for p = p[16:]; n > 0; n-- {
			if len(p) < 1 || len(p) < 1+int(p[0])+8 {
				return ErrBadPropertyBadLen
			}
			end := 1 + int(p[0])
			s.Custom = append(s.Custom, CustomStat{string(p[1:end]), be.Uint64(p[end:])})
			p = p[end+8:]
		}
	}
	return nil
}

// encodeIntel appends the properties of Intel that the statistics have.
func (s *PortStats) encodeIntel(e *msgEncoder) {
	if s.RFC2819 != nil {
		e.prop(propExperimenter, func() {
			e.u32(vendorIntel)
			e.u32(intelRFC2819)
			e.zeros(4)
			for _, n := range s.RFC2819 {
				e.u64(n)
			}
		})
	}
	if len(s.Custom) > 0 {
		e.prop(propExperimenter, func() {
			e.u32(vendorIntel)
			e.u32(intelCustom)
			e.zeros(2)
			e.u16(uint16(len(s.Custom)))
			for _, c := range s.Custom {
				name := c.Name[:min(len(c.Name), 255)]
				e.u8(uint8(len(name)))
				e.bytes([]byte(name))
				e.u64(c.Value)
			}
		})
	}
}

// rfc2819Names are the counters in the order in which they are printed.
var rfc2819Names = [...]struct {
	line, name string
	index      int
}{
	{"rx", "1_to_64_packets", 0}, {"rx", "65_to_127_packets", 1}, {"rx", "128_to_255_packets", 2}, {"rx", "256_to_511_packets", 3},
	{"rx", "512_to_1023_packets", 4}, {"rx", "1024_to_1522_packets", 5}, {"rx", "1523_to_max_packets", 6}, {"rx", "broadcast_packets", 15},
	{"rx", "undersized_errors", 17}, {"rx", "oversize_errors", 18}, {"rx", "rx_fragmented_errors", 19}, {"rx", "rx_jabber_errors", 20},
	{"tx", "1_to_64_packets", 7}, {"tx", "65_to_127_packets", 8}, {"tx", "128_to_255_packets", 9}, {"tx", "256_to_511_packets", 10},
	{"tx", "512_to_1023_packets", 11}, {"tx", "1024_to_1522_packets", 12}, {"tx", "1523_to_max_packets", 13}, {"tx", "multicast_packets", 14},
	{"tx", "broadcast_packets", 16},
}

func (p *printer) intelStats(s *PortStats) {
	if s.RFC2819 != nil {
		line := ""
		for _, r := range rfc2819Names {
			n := s.RFC2819[r.index]
			if n == ^uint64(0) {
				continue
			}
			if line != r.line {
				if line != "" {
					p.str("\n")
				}
				line = r.line
				p.f("           %s rfc2819 ", line)
			}
			p.f("%s=%d, ", r.name, n)
		}
		if line != "" {
			p.str("\n")
		}
	}
	if len(s.Custom) > 0 {
		p.str("           CUSTOM Statistics")
		for i, c := range s.Custom {
			name, _, _ := strings.Cut(c.Name, "\x00")
			if name == "" {
				continue
			}
			if i%3 == 0 {
				p.str("\n                     ")
			}
			p.f(" %s=%d,", name, c.Value)
		}
		p.str("\n")
	}
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
		p.intelStats(s)
	}
}
