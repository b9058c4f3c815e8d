package openflow

// Hello opens a connection with the versions that the sender speaks.
type Hello struct {
	Versions Versions

	odd bool // came with more than is understood
}

func (*Hello) raw(Protocols) rawType { return rawHello }

// helloBitmap is the element of a hello that lists versions.
const helloBitmap = 1

func (m *Hello) encode(e *msgEncoder) {
	e.b[0] = byte(m.Versions.Max())
	if m.Versions&^(m.Versions&-m.Versions) == 0 && m.Versions.Max() == V10 {
		return
	}
	e.u16(helloBitmap)
	e.u16(8)
	e.u32(uint32(m.Versions))
}

func decodeHello(d *msgDecoder, b []byte) (Message, error) {
	vs, ok := helloVersions(d.Version, b)
	return &Hello{vs, !ok}, nil
}

// helloVersions reads a hello's body. ok is false when it holds more than is
// understood.
func helloVersions(v Version, b []byte) (vs Versions, ok bool) {
	ok = true
	for len(b) > 0 {
		if len(b) < 4 {
			ok = false
			break
		}
		typ, n := be.Uint16(b), int(be.Uint16(b[2:]))
		padded := (n + 7) &^ 7
		if n < 4 || padded > len(b) {
			ok = false
			break
		}
		if typ == helloBitmap && n >= 8 && n%4 == 0 {
			list := Versions(be.Uint32(b[4:])) &^ 1
			if list != 0 {
				vs = list
			}
			ok = ok && list != 0
		} else {
			ok = false
		}
		b = b[padded:]
	}
	if vs == 0 {
		// Without a list, the sender has all versions up to the header's.
		vs = 1<<(min(v, 31)+1) - 2
	}
	return vs, ok
}

func (m *Hello) print(p *printer) {
	p.str("\n version bitmap: ")
	first := true
	for v := Version(0); v < 32; v++ {
		if m.Versions.Has(v) {
			if !first {
				p.str(", ")
			}
			first = false
			p.f("0x%02x", uint8(v))
		}
	}
	if m.odd {
		p.str("\n unknown data in hello:\n")
		p.b = AppendHexDump(p.b, p.raw, true)
	}
}

// EchoRequest asks for an EchoReply with the same data.
type EchoRequest struct{ Data []byte }

// EchoReply answers an EchoRequest.
type EchoReply struct{ Data []byte }

func (*EchoRequest) raw(Protocols) rawType  { return rawEchoRequest }
func (*EchoReply) raw(Protocols) rawType    { return rawEchoReply }
func (m *EchoRequest) encode(e *msgEncoder) { e.bytes(m.Data) }
func (m *EchoReply) encode(e *msgEncoder)   { e.bytes(m.Data) }
func (m *EchoRequest) print(p *printer)     { p.echo(m.Data) }
func (m *EchoReply) print(p *printer)       { p.echo(m.Data) }

func (p *printer) echo(b []byte) {
	p.f(" %d bytes of payload\n", len(b))
	if p.verbosity > 1 {
		p.b = AppendHexDump(p.b, b, true)
	}
}

func decodeEchoRequest(_ *msgDecoder, b []byte) (Message, error) {
	return &EchoRequest{append([]byte(nil), b...)}, nil
}

func decodeEchoReply(_ *msgDecoder, b []byte) (Message, error) {
	return &EchoReply{append([]byte(nil), b...)}, nil
}

// FeaturesRequest asks for SwitchFeatures.
type FeaturesRequest struct{}

// GetConfigRequest asks for a GetConfigReply.
type GetConfigRequest struct{}

// BarrierRequest asks for a BarrierReply once all messages before it are done.
type BarrierRequest struct{}

// BarrierReply answers a BarrierRequest.
type BarrierReply struct{}

// FlowAge asks the switch to say in flow stats how old flows are (NXT_FLOW_AGE).
type FlowAge struct{}

// DescRequest asks for Desc.
type DescRequest struct{}

// TableStatsRequest asks for a TableStatsReply.
type TableStatsRequest struct{}

func (*FeaturesRequest) raw(Protocols) rawType   { return rawFeaturesRequest }
func (*GetConfigRequest) raw(Protocols) rawType  { return rawGetConfigRequest }
func (*FlowAge) raw(Protocols) rawType           { return rawNXFlowAge }
func (*DescRequest) raw(Protocols) rawType       { return rawDescRequest }
func (*TableStatsRequest) raw(Protocols) rawType { return rawTableRequest }

func (*BarrierRequest) raw(p Protocols) rawType {
	return p.raw2(rawBarrierRequest, rawBarrierRequest11)
}
func (*BarrierReply) raw(p Protocols) rawType { return p.raw2(rawBarrierReply, rawBarrierReply11) }

// raw2 chooses between the rows of OpenFlow 1.0 and of later versions.
func (p Protocols) raw2(v10, v11 rawType) rawType {
	if p.Version() == V10 {
		return v10
	}
	return v11
}

func (*FeaturesRequest) encode(*msgEncoder)   {}
func (*GetConfigRequest) encode(*msgEncoder)  {}
func (*FlowAge) encode(*msgEncoder)           {}
func (*DescRequest) encode(*msgEncoder)       {}
func (*TableStatsRequest) encode(*msgEncoder) {}
func (*BarrierRequest) encode(*msgEncoder)    {}
func (*BarrierReply) encode(*msgEncoder)      {}

func (*FeaturesRequest) print(*printer)   {}
func (*GetConfigRequest) print(*printer)  {}
func (*FlowAge) print(*printer)           {}
func (*DescRequest) print(*printer)       {}
func (*TableStatsRequest) print(*printer) {}
func (*BarrierRequest) print(*printer)    {}
func (*BarrierReply) print(*printer)      {}

// GetConfigReply answers a GetConfigRequest.
type GetConfigReply struct{ SwitchConfig }

// SetConfig changes the switch's configuration.
type SetConfig struct{ SwitchConfig }

func (*GetConfigReply) raw(Protocols) rawType { return rawGetConfigReply }
func (*SetConfig) raw(Protocols) rawType      { return rawSetConfig }

const configInvalidTTL = 1 << 2

func (c *SwitchConfig) encode(e *msgEncoder) {
	flags := uint16(c.Frag)
	if c.InvalidTTLToController > 0 && e.version < V13 {
		flags |= configInvalidTTL
	}
	e.u16(flags)
	e.u16(c.MissSendLen)
}

func decodeConfig(d *msgDecoder, b []byte) (SwitchConfig, error) {
	flags := be.Uint16(b)
	c := SwitchConfig{Frag: FragHandling(flags & 3), MissSendLen: be.Uint16(b[2:]), InvalidTTLToController: -1}
	known := uint16(3)
	if d.Version < V13 {
		known |= configInvalidTTL
		c.InvalidTTLToController = int8(flags >> 2 & 1)
	}
	if flags&^known != 0 {
		return c, ErrSwitchConfigFailedBadFlags
	}
	return c, nil
}

func decodeGetConfigReply(d *msgDecoder, b []byte) (Message, error) {
	c, _ := decodeConfig(d, b)
	return &GetConfigReply{c}, nil
}

func decodeSetConfig(d *msgDecoder, b []byte) (Message, error) {
	c, err := decodeConfig(d, b)
	return &SetConfig{c}, err
}

var fragNames = [...]string{FragNormal: "normal", FragDrop: "drop", FragReasm: "reassemble", FragNXMatch: "nx-match"}

// String returns the name that get-frags prints.
func (f FragHandling) String() string { return fragNames[f&3] }

// ParseFragHandling reads what FragHandling.String prints.
func ParseFragHandling(s string) (FragHandling, bool) {
	for i, n := range fragNames {
		if n == s {
			return FragHandling(i), true
		}
	}
	return 0, false
}

func (c *SwitchConfig) print(p *printer) {
	p.f(" frags=%s", c.Frag)
	if c.InvalidTTLToController > 0 {
		p.str(" invalid_ttl_to_controller")
	}
	p.f(" miss_send_len=%d\n", c.MissSendLen)
}

// SetFlowFormat chooses between the standard match of OpenFlow 1.0 and NXM for
// what the switch sends (NXT_SET_FLOW_FORMAT).
type SetFlowFormat struct {
	NXM bool

	unknown bool // neither, for printing
}

func (*SetFlowFormat) raw(Protocols) rawType { return rawNXSetFlowFormat }

func (m *SetFlowFormat) encode(e *msgEncoder) {
	if m.NXM {
		e.u32(2)
	} else {
		e.u32(0)
	}
}

func decodeSetFlowFormat(d *msgDecoder, b []byte) (Message, error) {
	n := be.Uint32(b)
	m := &SetFlowFormat{NXM: n == 2, unknown: n != 0 && n != 2}
	if m.unknown {
		d.names.warnf("ofp_protocol", "NXT_SET_FLOW_FORMAT message specified invalid flow format %d", n)
		if !d.loose {
			return nil, ErrBadRequestEperm
		}
	}
	return m, nil
}

func (m *SetFlowFormat) print(p *printer) {
	switch {
	case m.unknown:
		p.str(" format=(unknown)")
	case m.NXM:
		p.str(" format=nxm")
	default:
		p.str(" format=openflow10")
	}
}

// FlowModTableID turns on or off that flow-mods of OpenFlow 1.0 name a table
// (NXT_FLOW_MOD_TABLE_ID).
type FlowModTableID struct{ On bool }

func (*FlowModTableID) raw(Protocols) rawType { return rawNXFlowModTableID }

func (m *FlowModTableID) encode(e *msgEncoder) {
	if m.On {
		e.u8(1)
	} else {
		e.u8(0)
	}
	e.zeros(7)
}

func decodeFlowModTableID(_ *msgDecoder, b []byte) (Message, error) {
	return &FlowModTableID{b[0] != 0}, nil
}

func (m *FlowModTableID) print(p *printer) {
	if m.On {
		p.str(" enable")
	} else {
		p.str(" disable")
	}
}

// SetPacketInFormat chooses how packets come to this controller
// (NXT_SET_PACKET_IN_FORMAT).
type SetPacketInFormat struct{ Format PacketInFormat }

func (*SetPacketInFormat) raw(Protocols) rawType  { return rawNXSetPacketInFormat }
func (m *SetPacketInFormat) encode(e *msgEncoder) { e.u32(uint32(m.Format)) }

func decodeSetPacketInFormat(d *msgDecoder, b []byte) (Message, error) {
	n := be.Uint32(b)
	if n > uint32(PacketInNXT2) {
		d.names.warnf("ofp_packet", "NXT_SET_PACKET_IN_FORMAT message specified invalid packet-in format %d", n)
		return nil, ErrBadRequestEperm
	}
	return &SetPacketInFormat{PacketInFormat(n)}, nil
}

var packetInFormatNames = [...]string{PacketInStandard: "standard", PacketInNXT: "nxt_packet_in", PacketInNXT2: "nxt_packet_in2"}

// String returns the name that the -P option takes.
func (f PacketInFormat) String() string {
	if int(f) < len(packetInFormatNames) {
		return packetInFormatNames[f]
	}
	return "?"
}

// ParsePacketInFormat reads what PacketInFormat.String prints; openflow10 is
// another name of standard.
func ParsePacketInFormat(s string) (PacketInFormat, bool) {
	for i, n := range packetInFormatNames {
		if n == s {
			return PacketInFormat(i), true
		}
	}
	return 0, s == "openflow10"
}

func (m *SetPacketInFormat) print(p *printer) { p.f(" format=%s", m.Format) }

// SetControllerID gives this controller an id, which a Controller action may
// name (NXT_SET_CONTROLLER_ID).
type SetControllerID struct{ ID uint16 }

func (*SetControllerID) raw(Protocols) rawType { return rawNXSetControllerID }

func (m *SetControllerID) encode(e *msgEncoder) {
	e.zeros(6)
	e.u16(m.ID)
}

func decodeSetControllerID(d *msgDecoder, b []byte) (Message, error) {
	if !d.loose && !isZero(b[:6]) {
		return nil, ErrBadRequestMustBeZero
	}
	return &SetControllerID{be.Uint16(b[6:])}, nil
}

func (m *SetControllerID) print(p *printer) { p.f(" id=%d", m.ID) }

// RoleReply answers a RoleRequest with the role the controller has.
type RoleReply struct {
	Role         Role
	GenerationID uint64
	HasID        bool
}

func (*RoleRequest) raw(p Protocols) rawType {
	if p.Version() < V12 {
		return rawNXRoleRequest
	}
	return rawRoleRequest
}

func (*RoleReply) raw(p Protocols) rawType {
	if p.Version() < V12 {
		return rawNXRoleReply
	}
	return rawRoleReply
}

func (e *msgEncoder) role(r Role, gen uint64, has bool) {
	if e.version < V12 {
		// NXT_ROLE_REQUEST: other, master, slave from 0 on.
		e.u32(uint32(r) - 1)
		return
	}
	e.u32(uint32(r))
	e.u32(0)
	if !has {
		gen = ^uint64(0)
	}
	e.u64(gen)
}

func (m *RoleRequest) encode(e *msgEncoder) { e.role(m.Role, m.GenerationID, m.HasID) }
func (m *RoleReply) encode(e *msgEncoder)   { e.role(m.Role, m.GenerationID, m.HasID) }

func decodeRole(b []byte) (r Role, gen uint64, has bool, err error) {
	r, gen = Role(be.Uint32(b)), be.Uint64(b[8:])
	if r > RoleSecondary {
		return 0, 0, false, ErrRoleRequestFailedBadRole
	}
	return r, gen, gen != ^uint64(0), nil
}

func decodeRoleRequest(_ *msgDecoder, b []byte) (Message, error) {
	r, gen, _, err := decodeRole(b)
	if r == RoleNoChange {
		gen = 0
	}
	return &RoleRequest{r, gen, r != RoleNoChange}, err
}

func decodeRoleReply(_ *msgDecoder, b []byte) (Message, error) {
	r, gen, has, err := decodeRole(b)
	return &RoleReply{r, gen, has}, err
}

func decodeNXRoleRequest(_ *msgDecoder, b []byte) (Message, error) {
	r := be.Uint32(b)
	if r > 2 {
		return nil, ErrRoleRequestFailedBadRole
	}
	return &RoleRequest{Role: Role(r + 1)}, nil
}

func decodeNXRoleReply(_ *msgDecoder, b []byte) (Message, error) {
	r := be.Uint32(b)
	if r > 2 {
		return nil, ErrRoleRequestFailedBadRole
	}
	return &RoleReply{Role: Role(r + 1)}, nil
}

var roleNames = [...]string{RoleNoChange: "nochange", RoleEqual: "equal", RolePrimary: "primary", RoleSecondary: "secondary"}

func (p *printer) role(r Role, gen uint64, has bool) {
	p.f(" role=%s", roleNames[r&3])
	if has && gen != ^uint64(0) {
		p.f(" generation_id=%d", gen)
	}
}

func (m *RoleRequest) print(p *printer) { p.role(m.Role, m.GenerationID, m.HasID) }
func (m *RoleReply) print(p *printer)   { p.role(m.Role, m.GenerationID, m.HasID) }

func (*Desc) raw(Protocols) rawType { return rawDescReply }

func (m *Desc) encode(e *msgEncoder) {
	e.text(m.Manufacturer, 256)
	e.text(m.Hardware, 256)
	e.text(m.Software, 256)
	e.text(m.Serial, 32)
	e.text(m.Datapath, 256)
}

func decodeDesc(_ *msgDecoder, b []byte) (Message, error) {
	return &Desc{cString(b[:256]), cString(b[256:512]), cString(b[512:768]), cString(b[768:800]), cString(b[800:1056])}, nil
}

// cStringIn is cString in a field whose last byte is always the terminator.
func cStringIn(b []byte) string { return cString(b[:len(b)-1]) }

// cString returns the text before the first zero byte.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func (m *Desc) print(p *printer) {
	p.f("\nManufacturer: %s\nHardware: %s\nSoftware: %s\nSerial Num: %s\nDP Description: %s\n",
		m.Manufacturer, m.Hardware, m.Software, m.Serial, m.Datapath)
}

// Types of messages on the wire that are the same in every version.
const (
	TypeHello       = 0
	TypeError       = 1
	TypeEchoRequest = 2
	TypeEchoReply   = 3
)

// HasMore reports whether further parts follow this part of a multipart
// message.
func HasMore(b []byte) bool {
	_, more, _ := multipartOf(b)
	return more
}
