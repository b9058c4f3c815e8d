package openflow

import (
	"bytes"
	"slices"

	"govs/flow"
)

// vendorNTR is Netronome, whose extension says how select groups select.
const vendorNTR = 0x0000154d

const (
	bucketHead11 = 16
	bucketHead15 = 8

	bucketPropWeight     = 0
	bucketPropWatchPort  = 1
	bucketPropWatchGroup = 2
	propExperimenter     = 0xffff

	selectionLen    = 40 // of the property, without fields
	selectionMethod = 16 // of the method's name, with a zero byte
)

func (*GroupMod) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawNXGroupMod
	case v < V15:
		return rawGroupMod11
	}
	return rawGroupMod15
}

func (m *GroupMod) encode(e *msgEncoder) {
	e.u16(uint16(m.Command))
	e.u8(uint8(m.Type))
	e.u8(0)
	e.u32(m.ID)
	if e.row == &msgTable[rawGroupMod11] {
		e.buckets11(m.Type, m.Buckets)
		return
	}
	ofs := len(e.b)
	e.zeros(4)
	e.u32(m.CommandBucket)
	e.buckets15(m.Type, m.Buckets)
	be.PutUint16(e.b[ofs:], uint16(len(e.b)-ofs-8))
	e.selection(&m.Selection)
}

func (e *msgEncoder) buckets11(t GroupType, bs []Bucket) {
	for i := range bs {
		b := &bs[i]
		start := len(e.b)
		e.u16(0)
		e.u16(b.Weight)
		e.u32(b.WatchPort.Wide())
		e.u32(b.WatchGroup)
		e.u32(0)
		e.list(b.Actions)
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
	}
}

func (e *msgEncoder) buckets15(t GroupType, bs []Bucket) {
	for i := range bs {
		b := &bs[i]
		start := len(e.b)
		e.u32(0)
		e.u32(b.ID)
		e.list(b.Actions)
		be.PutUint16(e.b[start+2:], uint16(len(e.b)-start-bucketHead15))
		prop := func(typ uint16, v uint32) {
			e.u16(typ)
			e.u16(8)
			e.u32(v)
		}
		if b.Weight != 0 || t == GroupTypeSelect {
			prop(bucketPropWeight, uint32(b.Weight)<<16)
		}
		if b.WatchPort != PortNone {
			prop(bucketPropWatchPort, b.WatchPort.Wide())
		}
		if b.WatchGroup != GroupAny {
			prop(bucketPropWatchGroup, b.WatchGroup)
		}
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
	}
}

// selection appends the property that says how a select group selects.
func (e *msgEncoder) selection(s *GroupSelection) {
	if s.Method == "" {
		return
	}
	start := len(e.b)
	e.u16(propExperimenter)
	e.u16(0)
	e.u32(vendorNTR)
	e.u32(1)
	e.u32(0)
	e.text(s.Method, selectionMethod)
	e.u64(s.Param)
	version := uint8(flow.WireNXM)
	if e.version >= V12 {
		version = uint8(e.version)
	}
	for _, f := range s.Fields {
		e.b = f.Field.AppendHeader(e.b, version, false)
		e.b = f.Mask.AppendBytes(e.b, int(f.Field.Info().Bytes))
	}
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
}

func decodeGroupMod11(d *msgDecoder, b []byte) (Message, error) {
	m := &GroupMod{Command: GroupCommand(be.Uint16(b)), Type: GroupType(b[2]), ID: be.Uint32(b[4:]), CommandBucket: BucketAll}
	var err error
	if m.Buckets, err = d.buckets11(b[8:]); err != nil {
		return nil, err
	}
	if m.Command == GroupDelete && len(m.Buckets) > 0 && d.Version >= V13 { // other versions let it pass
		return nil, ErrGroupModFailedInvalidGroup
	}
	return m, m.verify()
}

func decodeGroupMod15(d *msgDecoder, b []byte) (Message, error) {
	m := &GroupMod{Command: GroupCommand(be.Uint16(b)), Type: GroupType(b[2]), ID: be.Uint32(b[4:]), CommandBucket: be.Uint32(b[12:])}
	if !m.commandBucketOK() {
		d.names.warnf("ofp_group", "group command bucket id (%d) is out of range", m.CommandBucket)
		return nil, ErrGroupModFailedBadBucket
	}
	n := int(be.Uint16(b[8:]))
	if n > len(b)-16 {
		return nil, ErrBadRequestBadLen
	}
	var err error
	if m.Buckets, err = d.buckets15(m.Type, b[16:16+n]); err != nil {
		return nil, err
	}
	if m.Selection, err = d.selection(m.Type, m.Command, b[16+n:]); err != nil {
		return nil, err
	}
	return m, m.verify()
}

func (c GroupCommand) known() bool {
	return c <= GroupInsertBucket || c == GroupRemoveBucket || c == GroupAddOrModify
}

// commandBucketOK reports whether the command bucket fits the command.
func (m *GroupMod) commandBucketOK() bool {
	switch c := m.CommandBucket; m.Command {
	case GroupInsertBucket:
		return c <= BucketMax || c == BucketFirst || c == BucketLast
	case GroupRemoveBucket:
		return c <= BucketMax || c >= BucketFirst
	default:
		return c == BucketAll
	}
}

// verify checks what a switch must refuse in every version.
func (m *GroupMod) verify() error {
	switch m.Type {
	case GroupTypeIndirect:
		if len(m.Buckets) != 1 && m.Command != GroupDelete {
			return ErrGroupModFailedInvalidGroup
		}
	case GroupTypeAll, GroupTypeSelect, GroupTypeFastFailover:
	default:
		return ErrGroupModFailedBadType
	}
	switch {
	case !m.Command.known():
		return ErrGroupModFailedBadCommand
	case m.Command == GroupRemoveBucket && len(m.Buckets) > 0:
		return ErrGroupModFailedBadBucket
	}
	for i := range m.Buckets {
		b := &m.Buckets[i]
		watches := b.WatchPort != PortNone || b.WatchGroup != GroupAny
		switch {
		case b.Weight > 0 && m.Type != GroupTypeSelect && m.Command != GroupInsertBucket:
			return ErrGroupModFailedInvalidGroup
		case m.Type == GroupTypeFastFailover && !watches:
			return ErrGroupModFailedInvalidGroup
		case m.Type != GroupTypeFastFailover && m.Type != GroupTypeSelect && watches:
			return ErrGroupModFailedWatchUnsupported
		}
	}
	return nil
}

func (d *msgDecoder) buckets11(b []byte) ([]Bucket, error) {
	var out []Bucket
	for len(b) > 0 {
		n, err := d.bucketLen(b, bucketHead11)
		if err != nil {
			return nil, err
		}
		x := Bucket{ID: uint32(len(out)), Weight: be.Uint16(b[2:]), WatchGroup: be.Uint32(b[8:])}
		if x.Actions, err = DecodeActions(b[bucketHead11:n], d.Version, d.names); err != nil {
			return nil, err
		}
		var ok bool
		if x.WatchPort, ok = d.wide(b[4:]); !ok {
			return nil, ErrGroupModFailedBadWatch
		}
		out = append(out, x)
		b = b[n:]
	}
	return out, nil
}

func (d *msgDecoder) bucketLen(b []byte, min int) (int, error) {
	n := 0
	if len(b) >= 2 {
		n = int(be.Uint16(b))
	}
	switch {
	case len(b) < min || n < min:
		d.names.warnf("ofp_group", "OpenFlow message bucket length %d is not valid", n)
		return 0, ErrGroupModFailedBadBucket
	case n > len(b):
		d.names.warnf("ofp_group", "OpenFlow message bucket length %d exceeds remaining buckets data size %d", n, len(b))
		return 0, ErrGroupModFailedBadBucket
	}
	return n, nil
}

// wide reads a 32-bit port.
func (d *msgDecoder) wide(b []byte) (Port, bool) { return d.widePort(be.Uint32(b)) }

func (d *msgDecoder) widePort(n uint32) (Port, bool) {
	p, ok := PortFromWide(n)
	if !ok {
		d.names.warnf("ofp_port", "port %d is outside the supported range 0 through %d or 0xffffff00 through 0xffffffff", n, PortMax-1)
	}
	return p, ok
}

func (d *msgDecoder) buckets15(t GroupType, b []byte) ([]Bucket, error) {
	var out []Bucket
	for len(b) > 0 {
		n, err := d.bucketLen(b, bucketHead15)
		if err != nil {
			return nil, err
		}
		x, err := d.bucket15(t, b[:n])
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o Bucket) bool { return o.ID == x.ID }) {
			d.names.warnf("ofp_group", "Duplicate bucket id")
			return nil, ErrGroupModFailedBadBucket
		}
		out = append(out, x)
		b = b[n:]
	}
	return out, nil
}

func (d *msgDecoder) bucket15(t GroupType, b []byte) (x Bucket, err error) {
	acts := int(be.Uint16(b[2:]))
	if acts > len(b)-bucketHead15 {
		d.names.warnf("ofp_group", "OpenFlow message bucket actions length %d exceeds remaining bucket data size %d", acts, len(b)-bucketHead15)
		return x, ErrGroupModFailedBadBucket
	}
	x = Bucket{ID: be.Uint32(b[4:]), Weight: t.weight(), WatchPort: PortNone, WatchGroup: GroupAny}
	if x.ID > BucketMax {
		d.names.warnf("ofp_group", "bucket id (%d) is out of range", x.ID)
		return x, ErrGroupModFailedBadBucket
	}
	if x.Actions, err = DecodeActions(b[bucketHead15:bucketHead15+acts], d.Version, d.names); err != nil {
		return x, err
	}
	watch := PortNone.Wide()
	err = eachProp(b[bucketHead15+acts:], func(typ uint16, p []byte) error {
		// A weight may be of any length that has it, as in OVS.
		if typ == bucketPropWeight && len(p) < 6 || (typ == bucketPropWatchPort || typ == bucketPropWatchGroup) && len(p) != 8 {
			return ErrBadPropertyBadLen
		}
		switch typ {
		case bucketPropWeight:
			x.Weight = be.Uint16(p[4:])
		case bucketPropWatchPort:
			watch = be.Uint32(p[4:]) // of several the last one counts
		case bucketPropWatchGroup:
			x.WatchGroup = be.Uint32(p[4:])
		default:
			return d.unknownGroupProp("group bucket", typ, p)
		}
		return nil
	})
	if err != nil {
		return x, err
	}
	var ok bool
	if x.WatchPort, ok = d.widePort(watch); !ok {
		return x, ErrGroupModFailedBadWatch
	}
	return x, nil
}

// unknownGroupProp is the error for a property that is not known; unlike other
// messages, those of groups have none that may be passed over.
func (d *msgDecoder) unknownGroupProp(what string, typ uint16, p []byte) error {
	switch {
	case typ != propExperimenter:
		d.names.warnf("ofp_group", "unknown %s property type %d", what, typ)
		return ErrBadPropertyBadType
	case len(p) < 12:
		return ErrBadPropertyBadLen
	}
	d.names.warnf("ofp_group", "unknown %s property type for exp_id %#x, exp_type %d", what, be.Uint32(p[4:]), be.Uint32(p[8:]))
	return ErrBadPropertyBadExpType
}

// selection reads a group's properties.
func (d *msgDecoder) selection(t GroupType, c GroupCommand, b []byte) (s GroupSelection, err error) {
	err = eachProp(b, func(typ uint16, p []byte) error {
		if typ != propExperimenter || len(p) < 12 || be.Uint32(p[4:]) != vendorNTR || be.Uint32(p[8:]) != 1 {
			return d.unknownGroupProp("group", typ, p)
		}
		switch c {
		case GroupAdd, GroupModify, GroupAddOrModify:
		default:
			if !c.known() {
				return ErrGroupModFailedBadCommand
			}
			return d.badSelection("property is only allowed for add and delete group modifications")
		}
		switch {
		case t >= numGroupTypes:
			return ErrGroupModFailedBadType
		case t != GroupTypeSelect:
			return d.badSelection("property is only allowed for select groups")
		}
		if len(p) < selectionLen {
			d.names.warnf("ofp_group", "ntr selection method property length %d is not valid", len(p))
			return ErrBadPropertyBadLen
		}
		name, _, ok := bytes.Cut(p[16:32], []byte{0})
		if !ok {
			return d.badSelection("is not null terminated")
		}
		s = GroupSelection{Method: string(name), Param: be.Uint64(p[32:])}
		switch {
		case s.Method != "hash" && s.Method != "dp_hash":
			return d.badSelection("'" + s.Method + "' is not supported")
		case s.Method == "dp_hash" && len(p) > selectionLen:
			return d.badSelection("dp_hash does not support fields")
		}
		if err := s.parseFields(p[selectionLen:]); err != nil {
			d.names.warnf("ofp_group", "ntr selection method fields are invalid")
			return err
		}
		return nil
	})
	return s, err
}

func (d *msgDecoder) badSelection(why string) error {
	d.names.warnf("ofp_group", "ntr selection method %s", why)
	return ErrBadPropertyBadValue
}

func (s *GroupSelection) parseFields(b []byte) error {
	for len(b) > 0 {
		id, masked, payload, hdr, err := flow.ParseHeader(b)
		switch {
		case hdr == 0 || len(b) < hdr+payload:
			return ErrBadMatchBadLen
		case err != nil:
			return matchError(err)
		case masked:
			return ErrBadMatchBadMask
		case slices.ContainsFunc(s.Fields, func(f HashField) bool { return f.Field == id }):
			return ErrBadMatchDupField
		}
		mask := flow.ValueFromBytes(b[hdr : hdr+payload])
		if !id.Info().Maskable && !mask.IsZero() && mask != flow.OnesValue(8*payload) {
			return ErrBadMatchBadMask
		}
		s.add(HashField{id, mask})
		b = b[hdr+payload:]
	}
	return nil
}

func (m *GroupMod) print(p *printer) {
	p.str("\n ")
	known := false
	for _, c := range groupCommands {
		if c.cmd == m.Command {
			p.str(c.printed)
			known = true
		}
	}
	if !known {
		p.f("cmd:%d", m.Command)
	}
	p.str(" ")
	if (m.Command == GroupInsertBucket || m.Command == GroupRemoveBucket) && (p.Version == V10 || p.Version >= V15) {
		p.str("command_bucket_id:")
		switch m.CommandBucket {
		case BucketFirst:
			p.str("first")
		case BucketLast:
			p.str("last")
		case BucketAll:
			p.str("all")
		default:
			p.dec(uint64(m.CommandBucket))
		}
		p.str(",")
	}
	p.group(m.ID, m.Type, m.Command != GroupInsertBucket && m.Command != GroupRemoveBucket, m.Buckets, &m.Selection)
}
