package openflow

const (
	meterBandLen  = 16
	meterStatsLen = 40
)

func meterRaw(p Protocols, r rawType) rawType {
	if p.Version() < V13 {
		return rawNone
	}
	return r
}

func (*MeterMod) raw(p Protocols) rawType             { return meterRaw(p, rawMeterMod) }
func (*MeterConfigRequest) raw(p Protocols) rawType   { return meterRaw(p, rawMeterConfigRequest) }
func (*MeterConfigReply) raw(p Protocols) rawType     { return meterRaw(p, rawMeterConfigReply) }
func (*MeterStatsRequest) raw(p Protocols) rawType    { return meterRaw(p, rawMeterRequest) }
func (*MeterStatsReply) raw(p Protocols) rawType      { return meterRaw(p, rawMeterReply) }
func (*MeterFeaturesRequest) raw(p Protocols) rawType { return meterRaw(p, rawMeterFeaturesRequest) }
func (*MeterFeatures) raw(p Protocols) rawType        { return meterRaw(p, rawMeterFeaturesReply) }

func (m *MeterMod) encode(e *msgEncoder) {
	e.u16(uint16(m.Command))
	e.u16(uint16(m.Flags))
	e.u32(m.ID)
	e.bands(m.Bands)
}

func (e *msgEncoder) bands(bs []MeterBand) {
	for _, b := range bs {
		e.u16(uint16(b.Type))
		e.u16(meterBandLen)
		e.u32(b.Rate)
		e.u32(b.Burst)
		e.u8(b.PrecLevel)
		e.zeros(3)
	}
}

func decodeMeterMod(d *msgDecoder, b []byte) (Message, error) {
	m := &MeterMod{Command: MeterCommand(be.Uint16(b)), MeterConfig: MeterConfig{ID: be.Uint32(b[4:])}}
	if m.Command > MeterDelete {
		return nil, ErrMeterModFailedBadCommand
	}
	if m.Command == MeterDelete {
		return m, nil
	}
	m.Flags = MeterFlags(be.Uint16(b[2:]))
	if m.Flags&MeterKbps != 0 && m.Flags&MeterPktps != 0 {
		return nil, ErrMeterModFailedBadFlags
	}
	var err error
	m.Bands, err = d.bands(b[8:])
	return m, err
}

func (d *msgDecoder) bands(b []byte) ([]MeterBand, error) {
	var out []MeterBand
	for len(b) > 0 {
		if len(b) < meterBandLen {
			return out, ErrBadRequestBadLen
		}
		typ, n := MeterBandType(be.Uint16(b)), int(be.Uint16(b[2:]))
		if typ != propExperimenter && n != meterBandLen {
			return out, ErrBadRequestBadLen
		}
		if n < meterBandLen || n%8 != 0 || n > len(b) {
			return out, ErrBadRequestBadLen
		}
		x := MeterBand{Type: typ, Rate: be.Uint32(b[4:]), Burst: be.Uint32(b[8:])}
		switch typ {
		case BandDrop:
		case BandDSCPRemark:
			x.PrecLevel = b[12]
		default:
			return out, ErrMeterModFailedBadBand
		}
		out = append(out, x)
		b = b[n:]
	}
	return out, nil
}

func (m *MeterMod) print(p *printer) {
	p.str(" ")
	p.str([...]string{"ADD", "MOD", "DEL"}[m.Command])
	p.str(" ")
	p.meterConfig(&m.MeterConfig)
}

func (m *MeterConfigRequest) encode(e *msgEncoder) {
	e.u32(m.ID)
	e.u32(0)
}

func (m *MeterStatsRequest) encode(e *msgEncoder) {
	e.u32(m.ID)
	e.u32(0)
}

func decodeMeterConfigRequest(_ *msgDecoder, b []byte) (Message, error) {
	return &MeterConfigRequest{be.Uint32(b)}, nil
}

func decodeMeterRequest(_ *msgDecoder, b []byte) (Message, error) {
	return &MeterStatsRequest{be.Uint32(b)}, nil
}

func (m *MeterConfigRequest) print(p *printer) {
	p.str(" ")
	p.meterNumber("=", m.ID)
}

func (m *MeterStatsRequest) print(p *printer) {
	p.str(" ")
	p.meterNumber("=", m.ID)
}

func (m *MeterConfigReply) encode(e *msgEncoder) {
	for i := range m.Meters {
		c := &m.Meters[i]
		start := len(e.b)
		e.u16(uint16(8 + meterBandLen*len(c.Bands)))
		e.u16(uint16(c.Flags))
		e.u32(c.ID)
		e.bands(c.Bands)
		e.item(start)
	}
}

func decodeMeterConfigReply(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &MeterConfigReply{}
	for len(b) > 0 {
		n := 0
		if len(b) >= 8 {
			n = int(be.Uint16(b))
		}
		if n < 8 || n > len(b) {
			return m, ErrBadRequestBadLen
		}
		bands, err := d.bands(b[8:n])
		if err != nil {
			return m, err
		}
		m.Meters = append(m.Meters, MeterConfig{be.Uint32(b[4:]), MeterFlags(be.Uint16(b[2:])), bands})
		b = b[n:]
	}
	return m, nil
}

func (m *MeterConfigReply) print(p *printer) {
	for i := range m.Meters {
		p.str("\n")
		p.meterConfig(&m.Meters[i])
	}
}

func (m *MeterStatsReply) encode(e *msgEncoder) {
	for i := range m.Meters {
		s := &m.Meters[i]
		start := len(e.b)
		e.u32(s.ID)
		e.u16(uint16(meterStatsLen + 16*len(s.Bands)))
		e.zeros(6)
		e.u32(s.Flows)
		e.u64(s.Packets)
		e.u64(s.Bytes)
		sec, ns := durationWire(s.Duration)
		e.u32(sec)
		e.u32(ns)
		for _, b := range s.Bands {
			e.u64(b.Packets)
			e.u64(b.Bytes)
		}
		e.item(start)
	}
}

func decodeMeterReply(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &MeterStatsReply{}
	for len(b) > 0 {
		if len(b) < meterStatsLen {
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b[4:]))
		if n < meterStatsLen || n > len(b) || (n-meterStatsLen)%16 != 0 {
			return m, ErrBadRequestBadLen
		}
		s := MeterCounters{ID: be.Uint32(b), Flows: be.Uint32(b[12:]), Packets: be.Uint64(b[16:]), Bytes: be.Uint64(b[24:]), Duration: duration(b[32:])}
		for x := b[meterStatsLen:n]; len(x) > 0; x = x[16:] {
			s.Bands = append(s.Bands, BandStats{be.Uint64(x), be.Uint64(x[8:])})
		}
		m.Meters = append(m.Meters, s)
		b = b[n:]
	}
	return m, nil
}

func (m *MeterStatsReply) print(p *printer) {
	for i := range m.Meters {
		s := &m.Meters[i]
		p.str("\n")
		p.meterNumber(":", s.ID)
		p.f(" flow_count:%d packet_in_count:%d byte_in_count:%d duration:", s.Flows, s.Packets, s.Bytes)
		p.duration(s.Duration)
		p.str(" bands:\n")
		for j, b := range s.Bands {
			p.f("%d: packet_count:%d byte_count:%d\n", j, b.Packets, b.Bytes)
		}
	}
}

func (*MeterFeaturesRequest) encode(*msgEncoder) {}
func (*MeterFeaturesRequest) print(*printer)     {}

func (m *MeterFeatures) encode(e *msgEncoder) {
	e.u32(m.MaxMeters)
	e.u32(m.BandTypes)
	e.u32(m.Capabilities)
	e.u8(m.MaxBands)
	e.u8(m.MaxColor)
	e.zeros(2)
}

func decodeMeterFeatures(_ *msgDecoder, b []byte) (Message, error) {
	return &MeterFeatures{be.Uint32(b), be.Uint32(b[4:]), be.Uint32(b[8:]), b[12], b[13]}, nil
}

func (m *MeterFeatures) print(p *printer) {
	p.f("\nmax_meter:%d max_bands:%d max_color:%d\nband_types: ", m.MaxMeters, m.MaxBands, m.MaxColor)
	types := m.BandTypes
	for t, name := range bandNames {
		if types&(1<<t) != 0 && name != "" {
			types &^= 1 << t
			p.space()
			p.str(name)
		}
	}
	p.rest(types, m.BandTypes)
	p.str("\ncapabilities: ")
	p.rest(p.meterFlags(m.Capabilities), m.Capabilities)
	p.str("\n")
}

// rest prints the bits of a bitmap that have no name; all says whether there
// are any others.
func (p *printer) rest(bits, all uint32) {
	switch {
	case all == 0:
		p.str("0")
	case bits != 0:
		p.space()
		p.f("0x%x", bits)
	}
}
