package openflow

import (
	"govs/flow"
	"govs/packet"
)

func (m *PacketIn) raw(p Protocols) rawType {
	if m.Format == PacketInNXT {
		return rawNXPacketIn
	}
	if m.Format == PacketInNXT2 {
		return rawNXPacketIn2
	}
	switch v := p.Version(); {
	case v == V10:
		return rawPacketIn10
	case v == V11:
		return rawPacketIn11
	case v == V12:
		return rawPacketIn12
	}
	return rawPacketIn13
}

// Property types of NXT_PACKET_IN2.
const (
	nxpintPacket = iota
	nxpintFullLen
	nxpintBufferID
	nxpintTableID
	nxpintCookie
	nxpintReason
	nxpintMetadata
	nxpintUserdata
	nxpintContinuation
)

// wireReason is the reason in the numbers that a version has.
func (r PacketInReason) wire(v Version) uint8 {
	if v < V14 {
		switch r {
		case ReasonActionSet, ReasonGroup, ReasonPacketOut:
			return uint8(ReasonAction)
		}
	}
	if r == ReasonExplicitMiss && v < V13 {
		return uint8(ReasonAction)
	}
	if r == ReasonExplicitMiss || r == ReasonImplicitMiss {
		return uint8(ReasonNoMatch)
	}
	return uint8(r)
}

func (m *PacketIn) inPort() Port { return Port(m.Metadata.Key.InPort) }

func (m *PacketIn) encode(e *msgEncoder) {
	switch e.row {
	case &msgTable[rawPacketIn10]:
		e.u32(m.Buffer)
		e.u16(uint16(m.TotalLen))
		e.u16(uint16(m.inPort()))
		e.u8(m.Reason.wire(e.version))
		e.u8(0)
	case &msgTable[rawPacketIn11]:
		e.u32(m.Buffer)
		e.u32(m.inPort().Wide())
		e.u32(m.inPort().Wide())
		e.u16(uint16(m.TotalLen))
		e.u8(m.Reason.wire(e.version))
		e.u8(m.Table)
	case &msgTable[rawNXPacketIn]:
		e.u32(m.Buffer)
		e.u16(uint16(m.TotalLen))
		e.u8(m.Reason.wire(e.version))
		e.u8(m.Table)
		e.u64(m.Cookie)
		ofs := len(e.b)
		e.u16(0)
		e.zeros(6)
		n := e.nxMatch(&m.Metadata, nil)
		be.PutUint16(e.b[ofs:], n)
		e.zeros(2)
	case &msgTable[rawNXPacketIn2]:
		e.packetIn2(m)
		return
	default:
		e.u32(m.Buffer)
		e.u16(uint16(m.TotalLen))
		e.u8(m.Reason.wire(e.version))
		e.u8(m.Table)
		if e.version >= V13 {
			e.u64(m.Cookie)
		}
		e.oxmMatch(&m.Metadata)
		e.zeros(2)
	}
	e.bytes(m.Packet)
}

// prop appends a property padded to 8 bytes; f writes its value.
func (e *msgEncoder) prop(typ uint16, f func()) {
	start := len(e.b)
	e.u16(typ)
	e.u16(0)
	f()
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
}

func (e *msgEncoder) packetIn2(m *PacketIn) {
	e.prop(nxpintPacket, func() { e.bytes(m.Packet) })
	if m.TotalLen != len(m.Packet) {
		e.prop(nxpintFullLen, func() { e.u32(uint32(m.TotalLen)) })
	}
	if m.Buffer != NoBuffer {
		e.prop(nxpintBufferID, func() { e.u32(m.Buffer) })
	}
	e.prop(nxpintTableID, func() { e.u8(m.Table) })
	if m.Cookie != ^uint64(0) {
		e.prop(nxpintCookie, func() { e.zeros(4); e.u64(m.Cookie) })
	}
	e.prop(nxpintReason, func() { e.u8(m.Reason.wire(e.version)) })
	e.prop(nxpintMetadata, func() { e.b = flow.AppendNXM(e.b, &m.Metadata, uint8(max(e.version, V12)), nil) })
	if len(m.Continuation) > 0 {
		e.nested(nxpintContinuation, func() { e.bytes(m.Continuation) })
	}
	if len(m.Userdata) > 0 && e.row != &msgTable[rawNXResume] {
		e.prop(nxpintUserdata, func() { e.bytes(m.Userdata) })
	}
}

func (*Resume) raw(Protocols) rawType  { return rawNXResume }
func (m *Resume) encode(e *msgEncoder) { e.packetIn2(&m.PacketIn) }

func decodeResume(d *msgDecoder, b []byte) (Message, error) {
	in, err := d.packetIn2(b)
	if err != nil {
		return nil, err
	}
	return &Resume{*in}, nil
}

func decodePacketInNX2(d *msgDecoder, b []byte) (Message, error) {
	m, err := d.packetIn2(b)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func packetIn(b []byte) *PacketIn {
	return &PacketIn{Packet: append([]byte(nil), b...), TotalLen: len(b), Buffer: NoBuffer, Cookie: ^uint64(0)}
}

func (m *PacketIn) setInPort(p Port) {
	m.Metadata.Key.InPort, m.Metadata.Mask.InPort = uint32(p), 0xffffffff
}

func decodePacketIn10(_ *msgDecoder, b []byte) (Message, error) {
	m := packetIn(b[10:])
	m.Buffer, m.TotalLen, m.Reason = be.Uint32(b), int(be.Uint16(b[4:])), PacketInReason(b[8])
	m.setInPort(Port(be.Uint16(b[6:])))
	return m, nil
}

func decodePacketIn11(_ *msgDecoder, b []byte) (Message, error) {
	m := packetIn(b[16:])
	m.Buffer, m.TotalLen, m.Reason, m.Table = be.Uint32(b), int(be.Uint16(b[12:])), PacketInReason(b[14]), b[15]
	p, ok := PortFromWide(be.Uint32(b[4:]))
	if !ok {
		return nil, ErrBadActionBadOutPort
	}
	m.setInPort(p)
	return m, nil
}

func decodePacketIn12(d *msgDecoder, b []byte) (Message, error) { return packetInOXM(d, b, 8) }

func decodePacketIn13(d *msgDecoder, b []byte) (Message, error) { return packetInOXM(d, b, 16) }

func packetInOXM(d *msgDecoder, b []byte, head int) (Message, error) {
	var meta flow.Match
	rest, err := takeOnlyOXM(&meta, b[head:], false, d.tlvs())
	if err != nil {
		return nil, err
	}
	if len(rest) < 2 {
		return nil, ErrBadRequestBadLen
	}
	m := packetIn(rest[2:])
	m.Buffer, m.TotalLen, m.Reason, m.Table, m.Metadata = be.Uint32(b), int(be.Uint16(b[4:])), PacketInReason(b[6]), b[7], meta
	if head == 16 {
		m.Cookie = be.Uint64(b[8:])
	}
	return m, nil
}

func decodePacketInNX(d *msgDecoder, b []byte) (Message, error) {
	var meta flow.Match
	rest, err := takeNXM(&meta, b[24:], int(be.Uint16(b[16:])), false, nil, d.tlvs())
	if err != nil {
		return nil, err
	}
	if len(rest) < 2 {
		return nil, ErrBadRequestBadLen
	}
	m := packetIn(rest[2:])
	m.Format = PacketInNXT
	m.Buffer, m.TotalLen, m.Reason, m.Table, m.Cookie = be.Uint32(b), int(be.Uint16(b[4:])), PacketInReason(b[6]), b[7], be.Uint64(b[8:])
	m.Metadata = meta
	return m, nil
}

func (d *msgDecoder) packetIn2(b []byte) (*PacketIn, error) {
	m := packetIn(nil)
	m.Format = PacketInNXT2
	full := 0
	err := eachProp(b, func(typ uint16, p []byte) error {
		v := p[4:]
		need := [...]int{nxpintFullLen: 4, nxpintBufferID: 4, nxpintTableID: 1, nxpintCookie: 12, nxpintReason: 1, nxpintContinuation: 0}
		if int(typ) < len(need) && (len(v) < need[typ] || need[typ] > 1 && len(v) != need[typ]) {
			return ErrBadPropertyBadLen
		}
		var err error
		switch typ {
		case nxpintPacket:
			m.Packet = append([]byte(nil), v...)
		case nxpintFullLen:
			full = int(be.Uint32(v))
		case nxpintBufferID:
			m.Buffer = be.Uint32(v)
		case nxpintTableID:
			m.Table = v[0]
		case nxpintCookie:
			m.Cookie = be.Uint64(v[4:])
		case nxpintReason:
			m.Reason = PacketInReason(v[0])
		case nxpintMetadata:
			if err = m.Metadata.ReadNXM(v, !d.loose, nil, d.tlvs()); err != nil {
				return matchError(err)
			}
		case nxpintUserdata:
			m.Userdata = append([]byte(nil), v...)
		case nxpintContinuation:
			if len(v) < 4 {
				return ErrBadPropertyBadLen
			}
			m.Continuation = append([]byte(nil), v[4:]...)
		default:
			return d.unknownProp("NX_PACKET_IN2", typ)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch {
	case len(m.Packet) == 0:
		d.names.warnf("ofp_packet", "NXT_PACKET_IN2 lacks packet")
		return nil, ErrBadRequestBadLen
	case full == 0:
		full = len(m.Packet)
	case full < len(m.Packet):
		d.names.warnf("ofp_packet", "NXT_PACKET_IN2 claimed full_len < len")
		return nil, ErrBadRequestBadLen
	}
	m.TotalLen = full
	if d.loose && len(m.Continuation) > 0 {
		m.cont, err = d.continuation(m.Continuation)
	}
	return m, err
}

func (m *PacketIn) print(p *printer) {
	if m.Table != 0 {
		p.f(" table_id=%d", m.Table)
	}
	if m.Cookie != ^uint64(0) {
		p.f(" cookie=0x%x", m.Cookie)
	}
	p.f(" total_len=%d ", m.TotalLen)
	p.match(&m.Metadata, DefaultPriority)
	reason := m.Reason.String()
	if m.Reason == ReasonExplicitMiss || m.Reason == ReasonImplicitMiss {
		reason = "" // no message has them
	}
	p.f(" (via %s) data_len=%d", reason, len(m.Packet))
	if m.Buffer == NoBuffer {
		p.str(" (unbuffered)")
		if m.TotalLen != len(m.Packet) {
			p.str(" (***total_len != data_len***)")
		}
	} else {
		p.f(" buffer=0x%08x", m.Buffer)
		if m.TotalLen < len(m.Packet) {
			p.str(" (***total_len < data_len***)")
		}
	}
	p.str("\n")
	if len(m.Userdata) > 0 {
		p.str(" userdata=")
		p.b = appendHexBytes(p.b, m.Userdata)
		p.str("\n")
	}
	if m.cont != nil {
		m.cont.print(p)
	}
	if p.verbosity > 0 {
		p.packet(m.Packet)
	}
	if p.verbosity > 2 {
		p.b = AppendHexDump(p.b, m.Packet, false)
	}
}

// packet prints what a packet is, as a flow and its checksum.
func (p *printer) packet(b []byte) {
	var k flow.Key
	pkt := packet.New(b)
	flow.Extract(pkt, &k)
	p.b = flow.AppendKey(p.b, &k, nil)
	p.str(l4Checksum(&k, b))
	p.str("\n")
}

func (*PacketOut) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawPacketOut10
	case v < V15:
		return rawPacketOut11
	}
	return rawPacketOut15
}

func (m *PacketOut) encode(e *msgEncoder) {
	in := Port(m.Metadata.Key.InPort)
	e.u32(m.Buffer)
	switch {
	case e.version == V10:
		e.u16(uint16(in))
	case e.version < V15:
		e.u32(in.Wide())
	}
	ofs := len(e.b)
	e.u16(0)
	switch {
	case e.version >= V15:
		e.zeros(2)
		e.oxmMatch(&m.Metadata)
	case e.version >= V11:
		e.zeros(6)
	}
	start := len(e.b)
	e.list(m.Actions)
	be.PutUint16(e.b[ofs:], uint16(len(e.b)-start))
	if m.Buffer == NoBuffer {
		e.bytes(m.Packet)
	}
}

func decodePacketOut10(d *msgDecoder, b []byte) (Message, error) {
	m := &PacketOut{Buffer: be.Uint32(b)}
	m.setInPort(Port(be.Uint16(b[4:])))
	return d.packetOut(m, int(be.Uint16(b[6:])), b[8:])
}

func decodePacketOut11(d *msgDecoder, b []byte) (Message, error) {
	p, ok := PortFromWide(be.Uint32(b[4:]))
	if !ok {
		return nil, ErrBadActionBadOutPort
	}
	m := &PacketOut{Buffer: be.Uint32(b)}
	m.setInPort(p)
	return d.packetOut(m, int(be.Uint16(b[8:])), b[16:])
}

func decodePacketOut15(d *msgDecoder, b []byte) (Message, error) {
	m := &PacketOut{Buffer: be.Uint32(b)}
	var rest []byte
	var err error
	if rest, err = takeOnlyOXM(&m.Metadata, b[8:], false, d.tlvs()); err != nil {
		return nil, err
	}
	if !pipelineOnly(&m.Metadata) {
		return nil, ErrBadRequestPipelineFieldsOnly
	}
	if m.Metadata.Mask.InPort == 0 {
		return nil, ErrBadRequestBadPort
	}
	return d.packetOut(m, int(be.Uint16(b[4:])), rest)
}

// pipelineOnly reports whether a match is only of what goes with a packet, and
// not of the packet itself.
func pipelineOnly(m *flow.Match) bool {
	for id := flow.EthSrc; id < flow.NumFields; id++ {
		if id.GetMask(&m.Mask) != (flow.Value{}) {
			return false
		}
	}
	return true
}

func (m *PacketOut) setInPort(p Port) {
	m.Metadata.Key.InPort, m.Metadata.Mask.InPort = uint32(p), 0xffffffff
}

// packetOut reads n bytes of actions and the packet behind them.
func (d *msgDecoder) packetOut(m *PacketOut, n int, b []byte) (Message, error) {
	in := Port(m.Metadata.Key.InPort)
	if n > len(b) {
		d.names.warnf("ofp_actions", "OpenFlow message actions length %d exceeds remaining message length (%d)", n, len(b))
		return nil, ErrBadRequestBadLen
	}
	var err error
	if m.Actions, err = DecodeActions(b[:n], d.Version, d.names); err != nil {
		return nil, err
	}
	if in >= PortMax && in != PortLocal && in != PortNone && in != PortController && in != PortUnset {
		d.names.warnf("ofp_packet", "packet-out has bad input port %#x", uint32(in))
		return nil, ErrBadRequestBadPort
	}
	if m.Buffer == NoBuffer {
		m.Packet = append([]byte(nil), b[n:]...)
	}
	return m, nil
}

func (m *PacketOut) print(p *printer) {
	p.str(" ")
	p.match(&m.Metadata, DefaultPriority)
	p.str(" actions=")
	p.list(m.Actions)
	if m.Buffer == NoBuffer {
		p.f(" data_len=%d\n", len(m.Packet))
		if p.verbosity > 0 && len(m.Packet) > 0 {
			p.packet(m.Packet)
		}
		if p.verbosity > 2 {
			p.b = AppendHexDump(p.b, m.Packet, false)
		}
		return
	}
	p.f(" buffer=0x%08x\n", m.Buffer)
}

// l4Checksum is the checksum of the transport header as OVS prints it behind a
// packet, if all of the header is there.
func l4Checksum(k *flow.Key, b []byte) string {
	if !k.IsIP() {
		return ""
	}
	name, ofs, size := "", 0, 0
	switch k.NwProto {
	case flow.ProtoTCP:
		name, ofs, size = "tcp", 16, 20
	case flow.ProtoUDP:
		name, ofs, size = "udp", 6, 8
	case flow.ProtoICMP:
		name, ofs, size = "icmp", 2, 8
	case flow.ProtoICMPv6:
		name, ofs, size = "icmp6", 2, 8
	default:
		return ""
	}
	l3 := 14
	for i := range k.VLANs {
		if k.VLANs[i].TCI&flow.VLANPresent != 0 {
			l3 += 4
		}
	}
	l4, end := l3+40, len(b)
	if len(b) < l3+40 && k.DLType() != flow.EthTypeIP || len(b) < l3+20 {
		return ""
	}
	if k.DLType() == flow.EthTypeIP {
		l4 = l3 + int(b[l3]&15)*4
		end = min(end, l3+int(be.Uint16(b[l3+2:])))
	} else {
		end = min(end, l4+int(be.Uint16(b[l3+4:])))
	}
	if end < l4+size {
		return ""
	}
	return " " + name + "_csum:" + string(appendHexNum(nil, uint64(be.Uint16(b[l4+ofs:]))))
}
