package openflow

func (*GroupDescRequest) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawNXGroupDescRequest
	case v < V15:
		return rawGroupDescRequest11
	}
	return rawGroupDescRequest15
}

func (m *GroupDescRequest) encode(e *msgEncoder) {
	if e.row != &msgTable[rawGroupDescRequest11] {
		e.u32(m.ID)
		e.u32(0)
	}
}

func decodeGroupDescRequestAll(*msgDecoder, []byte) (Message, error) {
	return &GroupDescRequest{GroupAll}, nil
}

func decodeGroupDescRequest(_ *msgDecoder, b []byte) (Message, error) {
	return &GroupDescRequest{be.Uint32(b)}, nil
}

func (m *GroupDescRequest) print(p *printer) {
	p.str(" group_id=")
	p.groupNumber(m.ID)
}

func (*GroupDescReply) raw(p Protocols) rawType {
	return p.raw2(rawNXGroupDescReply, rawGroupDescReply)
}

func (m *GroupDescReply) encode(e *msgEncoder) {
	for i := range m.Groups {
		g := &m.Groups[i]
		start := len(e.b)
		e.u16(0)
		e.u8(uint8(g.Type))
		e.u8(0)
		e.u32(g.ID)
		if e.row == &msgTable[rawGroupDescReply] && e.version < V15 {
			e.buckets11(g.Type, g.Buckets)
		} else {
			e.zeros(8)
			e.buckets15(g.Type, g.Buckets)
			be.PutUint16(e.b[start+8:], uint16(len(e.b)-start-16))
			e.selection(&g.Selection)
		}
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

// groupDescs walks the groups of a reply, each of which has at least min bytes.
func (d *msgDecoder) groupDescs(b []byte, min int, f func(g *GroupDesc, b []byte) error) (Message, error) {
	d.partial = true
	m := &GroupDescReply{}
	for len(b) > 0 {
		if len(b) < min {
			d.names.warnf("ofp_group", "OFPST11_GROUP_DESC reply has %d leftover bytes at end", len(b))
			return m, ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		if n < min || n > len(b) {
			d.names.warnf("ofp_group", "OFPST11_GROUP_DESC reply claims invalid length %d", n)
			return m, ErrBadRequestBadLen
		}
		g := GroupDesc{Type: GroupType(b[2]), ID: be.Uint32(b[4:])}
		if err := f(&g, b[:n]); err != nil {
			return m, err
		}
		m.Groups = append(m.Groups, g)
		b = b[n:]
	}
	return m, nil
}

func decodeGroupDescReply(d *msgDecoder, b []byte) (Message, error) {
	if d.Version >= V15 {
		return decodeGroupDescReply15(d, b)
	}
	return decodeGroupDescReply11(d, b)
}

func decodeGroupDescReply11(d *msgDecoder, b []byte) (Message, error) {
	return d.groupDescs(b, 8, func(g *GroupDesc, b []byte) (err error) {
		g.Buckets, err = d.buckets11(b[8:])
		return err
	})
}

func decodeGroupDescReply15(d *msgDecoder, b []byte) (Message, error) {
	return d.groupDescs(b, 16, func(g *GroupDesc, b []byte) (err error) {
		n := int(be.Uint16(b[8:]))
		if n > len(b)-16 {
			d.names.warnf("ofp_group", "OFPST15_GROUP_DESC reply claims invalid bucket list length %d", n)
			return ErrBadRequestBadLen
		}
		if g.Buckets, err = d.buckets15(g.Type, b[16:16+n]); err != nil {
			return err
		}
		g.Selection, err = d.selection(g.Type, GroupAdd, b[16+n:])
		return err
	})
}

func (m *GroupDescReply) print(p *printer) {
	for i := range m.Groups {
		g := &m.Groups[i]
		p.str("\n ")
		p.group(g.ID, g.Type, true, g.Buckets, &g.Selection)
	}
}
