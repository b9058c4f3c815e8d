package openflow

func (*GroupStatsRequest) raw(p Protocols) rawType { return p.raw2(rawNXGroupRequest, rawGroupRequest) }

func (m *GroupStatsRequest) encode(e *msgEncoder) {
	e.u32(m.ID)
	e.u32(0)
}

func decodeGroupRequest(_ *msgDecoder, b []byte) (Message, error) {
	return &GroupStatsRequest{be.Uint32(b)}, nil
}

func (m *GroupStatsRequest) print(p *printer) {
	p.str(" group_id=")
	p.groupNumber(m.ID)
}

func (*GroupStatsReply) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawNXGroupReply
	case v < V13:
		return rawGroupReply11
	}
	return rawGroupReply13
}

// groupStatsHead is the length of a group's counters before its buckets'.
func groupStatsHead(v Version) int {
	if v == V11 || v == V12 {
		return 32
	}
	return 40
}

func (m *GroupStatsReply) encode(e *msgEncoder) {
	for i := range m.Groups {
		g := &m.Groups[i]
		start := len(e.b)
		e.u32(0)
		e.u32(g.ID)
		e.u32(g.Refs)
		e.u32(0)
		e.u64(g.Packets)
		e.u64(g.Bytes)
		if groupStatsHead(e.version) == 40 {
			sec, ns := durationWire(g.Duration)
			e.u32(sec)
			e.u32(ns)
		}
		for _, b := range g.Buckets {
			e.u64(b.Packets)
			e.u64(b.Bytes)
		}
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

func decodeGroupReply(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	m := &GroupStatsReply{}
	head := groupStatsHead(d.Version)
	for len(b) > 0 {
		if len(b) < head {
			d.names.warnf("ofp_group", "%s reply has %d leftover bytes at end", d.row.name, len(b))
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		// Like OVS, what a length has beyond whole buckets need not be there
		// and is not skipped.
		buckets := (n - head) / 16
		if n < head || head+16*buckets > len(b) {
			d.names.warnf("ofp_group", "%s reply claims invalid length %d", d.row.name, n)
			return m, ErrBadRequestBadLen
		}
		g := GroupStats{ID: be.Uint32(b[4:]), Refs: be.Uint32(b[8:]), Packets: be.Uint64(b[16:]), Bytes: be.Uint64(b[24:]), Duration: -1}
		if head == 40 {
			g.Duration = durationFrom(b[32:])
		}
		for b = b[head:]; buckets > 0; buckets-- {
			g.Buckets = append(g.Buckets, BucketStats{be.Uint64(b), be.Uint64(b[8:])})
			b = b[16:]
		}
		m.Groups = append(m.Groups, g)
	}
	return m, nil
}

func (m *GroupStatsReply) print(p *printer) {
	for i := range m.Groups {
		g := &m.Groups[i]
		p.f("\n group_id=%d", g.ID)
		if g.Duration >= 0 {
			p.str(",duration=")
			p.duration(g.Duration)
		}
		p.f(",ref_count=%d,packet_count=%d,byte_count=%d", g.Refs, g.Packets, g.Bytes)
		for j, b := range g.Buckets {
			if b.Packets != ^uint64(0) {
				p.f(",bucket%d:packet_count=%d,byte_count=%d", j, b.Packets, b.Bytes)
			}
		}
	}
	if p.broken {
		p.str(" ***parse error***")
	}
}

func (*GroupFeaturesRequest) raw(p Protocols) rawType {
	if p.Version() < V12 {
		return rawNXGroupFeaturesRequest
	}
	return rawGroupFeaturesRequest
}
func (*GroupFeaturesRequest) encode(*msgEncoder) {}
func (*GroupFeaturesRequest) print(*printer)     {}

func (*GroupFeatures) raw(p Protocols) rawType {
	if p.Version() < V12 {
		return rawNXGroupFeaturesReply
	}
	return rawGroupFeaturesReply
}

func (m *GroupFeatures) encode(e *msgEncoder) {
	e.u32(m.Types)
	e.u32(m.Capabilities)
	for _, n := range m.MaxGroups {
		e.u32(n)
	}
	for _, a := range m.Actions {
		e.u32(uint32(actionBits(a, e.version)))
	}
}

func decodeGroupFeatures(d *msgDecoder, b []byte) (Message, error) {
	m := &GroupFeatures{Types: be.Uint32(b), Capabilities: be.Uint32(b[4:])}
	for i := range m.MaxGroups {
		m.MaxGroups[i] = be.Uint32(b[8+4*i:])
		m.Actions[i] = actionKinds(uint64(be.Uint32(b[24+4*i:])), d.Version)
	}
	return m, nil
}

func (m *GroupFeatures) print(p *printer) {
	p.f("\n Group table:\n    Types:  0x%x\n    Capabilities:  0x%x\n", m.Types, m.Capabilities)
	for i, name := range [numGroupTypes]string{"all", "select", "indirect", "fast failover"} {
		if m.Types&(1<<i) == 0 {
			continue
		}
		p.f("    %s group:\n       max_groups=", name)
		p.hex(uint64(m.MaxGroups[i]))
		p.str("\n       actions:")
		if m.Actions[i] == 0 {
			p.str(" <none>")
		}
		for _, name := range ActionNames(m.Actions[i]) {
			p.str(" ")
			p.str(name)
		}
		p.str("\n")
	}
}
