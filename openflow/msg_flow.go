package openflow

import (
	"govs/flow"
)

// flowFlagWire are the flags as versions have them on the wire.
var flowFlagWire = [...]struct {
	bit   uint16
	first Version
	last  Version
	flag  FlowModFlags
}{
	{1 << 0, V10, V15, FlagSendFlowRem},
	{1 << 1, V10, V15, FlagCheckOverlap},
	{1 << 2, V10, V10, FlagEmergency},
	{1 << 2, V12, V15, FlagResetCounts},
	{1 << 3, V13, V15, FlagNoPktCounts},
	{1 << 4, V13, V15, FlagNoByteCounts},
}

func flowFlagsTo(f FlowModFlags, v Version) (w uint16) {
	for _, r := range flowFlagWire {
		if f&r.flag != 0 && v >= r.first && v <= r.last {
			w |= r.bit
		}
	}
	return w
}

func flowFlagsFrom(w uint16, v Version) (f FlowModFlags, ok bool) {
	for _, r := range flowFlagWire {
		if w&r.bit != 0 && v >= r.first && v <= r.last {
			w &^= r.bit
			f |= r.flag
		}
	}
	return f, w == 0
}

func (fm *FlowMod) raw(p Protocols) rawType {
	switch {
	case p&protoOF10Any != 0:
		return rawFlowMod10
	case p&protoNXMAny != 0:
		return rawNXFlowMod
	}
	return rawFlowMod11
}

// command10 is the command of OpenFlow 1.0, which may have the table above it.
func (fm *FlowMod) command10(p Protocols) uint16 {
	c := uint16(fm.Command)
	if p.NamesTable() {
		c |= uint16(fm.Table) << 8
	}
	return c
}

func (fm *FlowMod) encode(e *msgEncoder) {
	flags := flowFlagsTo(fm.Flags, e.version)
	switch e.row {
	case &msgTable[rawFlowMod10]:
		e.b = AppendMatch10(e.b, &fm.Match)
		e.u64(fm.NewCookie)
		e.flowModTail(fm, flags)
		e.list(fm.Actions)
	case &msgTable[rawNXFlowMod]:
		e.u64(fm.NewCookie)
		e.flowModTail(fm, flags)
		ofs := len(e.b)
		e.u16(0)
		e.zeros(6)
		var c *flow.Cookie
		if fm.CookieMask != 0 {
			c = &flow.Cookie{Value: fm.Cookie & fm.CookieMask, Mask: fm.CookieMask}
		}
		n := e.nxMatch(&fm.Match, c)
		be.PutUint16(e.b[ofs:], n)
		e.list(fm.Actions)
	default:
		cookie := fm.Cookie & fm.CookieMask
		if fm.Command == FlowAdd || e.version == V11 && fm.ModifyCookie && fm.CookieMask == 0 {
			cookie = fm.NewCookie
		}
		e.u64(cookie)
		e.u64(fm.CookieMask)
		table := fm.Table
		if table == TableAny && (!fm.Delete() || e.version == V11) {
			table = 0
		}
		e.u8(table)
		e.u8(uint8(fm.Command))
		e.u16(fm.IdleTimeout)
		e.u16(fm.HardTimeout)
		e.u16(fm.Priority)
		e.u32(fm.Buffer)
		e.u32(fm.OutPort.Wide())
		e.u32(fm.OutGroup)
		e.u16(flags)
		if e.version >= V14 && fm.Command == FlowAdd {
			e.u16(fm.Importance)
		} else {
			e.u16(0)
		}
		e.oxmMatch(&fm.Match)
		e.instructions(fm.Actions)
	}
}

// flowModTail is the common part of both flow-mods of OpenFlow 1.0.
func (e *msgEncoder) flowModTail(fm *FlowMod, flags uint16) {
	e.u16(fm.command10(e.proto))
	e.u16(fm.IdleTimeout)
	e.u16(fm.HardTimeout)
	e.u16(fm.Priority)
	e.u32(fm.Buffer)
	e.u16(uint16(fm.OutPort))
	e.u16(flags)
}

// nxMatch appends an NXM match padded to 8 bytes and returns its length
// without the padding.
func (e *msgEncoder) nxMatch(m *flow.Match, c *flow.Cookie) uint16 {
	start := len(e.b)
	e.b = flow.AppendNXM(e.b, m, flow.WireNXM, c)
	n := len(e.b) - start
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
	return uint16(n)
}

// oxmMatch appends an ofp_match, of type OXM but in OpenFlow 1.1.
func (e *msgEncoder) oxmMatch(m *flow.Match) {
	if e.version == V11 {
		e.b = AppendMatch11(e.b, m)
		return
	}
	e.onlyOXM(m)
}

// onlyOXM appends an ofp_match of type OXM, which OVS uses even in OpenFlow
// 1.1 where a match can be one that 1.1's own cannot say.
func (e *msgEncoder) onlyOXM(m *flow.Match) {
	start := len(e.b)
	e.u16(match11OXM)
	e.u16(0)
	e.b = flow.AppendNXM(e.b, m, uint8(max(e.version, V12)), nil)
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
}

// tlvs returns the tunnel options that a switch has; nil for a tool.
func (d *msgDecoder) tlvs() *flow.TLVMap {
	if d.names == nil {
		return nil
	}
	return d.names.TLVs
}

// takeOXM reads an ofp_match from the front of b into m and returns what follows.
func takeOXM(m *flow.Match, b []byte, strict bool, tlvs *flow.TLVMap) (rest []byte, err error) {
	if len(b) < 4 {
		return nil, ErrBadMatchBadLen
	}
	switch be.Uint16(b) {
	case match11OXM:
	case match11Standard:
		n := int(be.Uint16(b[2:]))
		if n != Match11Len || len(b) < n {
			return nil, ErrBadMatchBadLen
		}
		*m, err = ParseMatch11(b)
		return b[n:], err
	default:
		return nil, ErrBadMatchBadType
	}
	return takeOnlyOXM(m, b, strict, tlvs)
}

// takeOnlyOXM is takeOXM where OpenFlow 1.1's match cannot be.
func takeOnlyOXM(m *flow.Match, b []byte, strict bool, tlvs *flow.TLVMap) (rest []byte, err error) {
	if len(b) < 4 {
		return nil, ErrBadMatchBadLen
	}
	n := int(be.Uint16(b[2:]))
	padded := (n + 7) &^ 7
	switch {
	case n < 4:
		return nil, ErrBadMatchBadLen
	case be.Uint16(b) != match11OXM:
		return nil, ErrBadMatchBadType
	case padded > len(b):
		return nil, ErrBadMatchBadLen
	}
	if err = m.ReadNXM(b[4:n], strict, nil, tlvs); err != nil {
		err = matchError(err)
	}
	return b[padded:], err
}

// takeNXM reads an NXM match of n bytes and its padding from the front of b into m.
func takeNXM(m *flow.Match, b []byte, n int, strict bool, c *flow.Cookie, tlvs *flow.TLVMap) (rest []byte, err error) {
	padded := (n + 7) &^ 7
	if padded > len(b) {
		return nil, ErrBadMatchBadLen
	}
	if err = m.ReadNXM(b[:n], strict, c, tlvs); err != nil {
		err = matchError(err)
	}
	return b[padded:], err
}

// finish decodes the actions and checks the whole.
func (d *msgDecoder) finishFlowMod(fm *FlowMod, flags uint16, acts []byte) (Message, error) {
	var err error
	if fm.Command > FlowDeleteStrict {
		return nil, ErrFlowModFailedBadCommand
	}
	if d.Version >= V11 {
		fm.Actions, err = d.instructions(acts)
	} else {
		fm.Actions, err = d.actions(acts)
	}
	if err != nil {
		return nil, err
	}
	var ok bool
	fm.Flags, ok = flowFlagsFrom(flags, d.Version)
	if !ok {
		return nil, ErrFlowModFailedBadFlags
	}
	if d.Version <= V11 && fm.Command == FlowAdd {
		fm.Flags |= FlagResetCounts
	}
	if fm.Flags&FlagEmergency != 0 {
		if fm.HardTimeout != 0 || fm.IdleTimeout != 0 {
			return nil, ErrFlowModFailedBadEmergTimeout
		}
		return nil, ErrFlowModFailedTableFull
	}
	// The addresses of the connection must be those of the packet's kind.
	k, x := &fm.Match.Key, &fm.Match.Mask
	if x.CtNwSrc|x.CtNwDst != 0 && k.DLType() != flow.EthTypeIP ||
		(x.CtIPv6Src != [16]byte{} || x.CtIPv6Dst != [16]byte{}) && k.DLType() != flow.EthTypeIPv6 {
		return nil, ErrBadActionMatchInconsistent
	}
	usable, err := Check(fm.Actions, &fm.Match, CheckParams{Table: fm.Table, Names: d.names})
	if err == nil && usable.Versions()&VersionsOf(d.Version) == 0 {
		err = ErrBadActionMatchInconsistent
	}
	return fm, err
}

// actions decodes a list and checks what may stand together in it.
func (d *msgDecoder) actions(b []byte) ([]Action, error) {
	acts, err := decodeList(b, d.Version, d.names)
	if err == nil {
		err = verifyCode(verify(acts, 0, d.Version), d.names)
	}
	return acts, err
}

func (fm *FlowMod) setCommand10(d *msgDecoder, c uint16) {
	fm.Table = TableAny
	if d.proto.NamesTable() {
		fm.Command = FlowModCommand(c & 0xff)
		fm.Table = uint8(c >> 8)
		return
	}
	if c > 0xff {
		d.names.warnf("ofp_flow", "flow_mod has explicit table_id but flow_mod_table_id extension is not enabled")
		c = 0xff
	}
	fm.Command = FlowModCommand(c)
}

func decodeFlowMod10(d *msgDecoder, b []byte) (Message, error) {
	fm := d.newFlowMod()
	*fm = FlowMod{Match: ParseMatch10(b), NewCookie: be.Uint64(b[40:]), OutGroup: GroupAny}
	if fm.Match.Mask.HasHeaders() {
		// Such a flow is of frames even if nothing else of it counts.
		fm.Match.Set(flow.PacketType, flow.Value{})
	}
	d.normalize(&fm.Match)
	fm.setCommand10(d, be.Uint16(b[48:]))
	fm.IdleTimeout, fm.HardTimeout = be.Uint16(b[50:]), be.Uint16(b[52:])
	fm.Priority = be.Uint16(b[54:])
	if be.Uint32(b)&wildAll == 0 {
		// OpenFlow 1.0 section 3.4: exact matches come first.
		fm.Priority = 0xffff
	}
	fm.Buffer = be.Uint32(b[56:])
	fm.OutPort = Port(be.Uint16(b[60:]))
	fm.ModifyCookie = fm.NewCookie != ^uint64(0)
	return d.finishFlowMod(fm, be.Uint16(b[62:]), b[64:])
}

// normalize takes out of a match what cannot be, with OVS's log lines.
func (d *msgDecoder) normalize(m *flow.Match) { normalizeMatch(m, d.names) }

func normalizeMatch(m *flow.Match, names *Names) {
	pre, post, changed := m.NormalizeText(nil)
	if changed {
		names.warnf("ofp_match|INFO", "normalization changed ofp_match, details:")
		names.warnf("ofp_match|INFO", " pre: %s", pre)
		names.warnf("ofp_match|INFO", "post: %s", post)
	}
}

// newFlowMod returns the flow-mod to decode into.
func (d *msgDecoder) newFlowMod() *FlowMod {
	if d.flowMod != nil {
		return d.flowMod
	}
	return new(FlowMod)
}

func decodeFlowModNX(d *msgDecoder, b []byte) (Message, error) {
	fm := d.newFlowMod()
	*fm = FlowMod{NewCookie: be.Uint64(b), OutGroup: GroupAny}
	fm.setCommand10(d, be.Uint16(b[8:]))
	fm.IdleTimeout, fm.HardTimeout = be.Uint16(b[10:]), be.Uint16(b[12:])
	fm.Priority = be.Uint16(b[14:])
	fm.Buffer = be.Uint32(b[16:])
	fm.OutPort = Port(be.Uint16(b[20:]))
	var c flow.Cookie
	var err error
	var acts []byte
	acts, err = takeNXM(&fm.Match, b[32:], int(be.Uint16(b[24:])), true, &c, d.tlvs())
	if err != nil {
		return nil, err
	}
	if fm.Command == FlowAdd && c.Mask != 0 {
		return nil, ErrBadRequestNXMInvalid
	}
	fm.Cookie, fm.CookieMask = c.Value, c.Mask
	fm.ModifyCookie = fm.NewCookie != ^uint64(0)
	return d.finishFlowMod(fm, be.Uint16(b[22:]), acts)
}

func decodeFlowMod11(d *msgDecoder, b []byte) (Message, error) {
	fm := d.newFlowMod()
	*fm = FlowMod{Table: b[16], Command: FlowModCommand(b[17]), IdleTimeout: be.Uint16(b[18:]), HardTimeout: be.Uint16(b[20:]),
		Priority: be.Uint16(b[22:]), Buffer: be.Uint32(b[24:]), OutGroup: GroupAny}
	cookie, mask := be.Uint64(b), be.Uint64(b[8:])
	if fm.Command == FlowAdd || d.Version == V11 && (fm.Command == FlowModify || fm.Command == FlowModifyStrict) && mask == 0 {
		fm.NewCookie = cookie
	} else {
		fm.Cookie, fm.CookieMask, fm.NewCookie = cookie, mask, ^uint64(0)
	}
	if fm.Delete() {
		fm.OutGroup = be.Uint32(b[32:])
	}
	if d.Version >= V14 && fm.Command == FlowAdd {
		fm.Importance = be.Uint16(b[38:])
	}
	var err error
	var acts []byte
	if acts, err = takeOXM(&fm.Match, b[40:], true, d.tlvs()); err != nil {
		return nil, err
	}
	if fm.Table == TableAny && (d.Version == V11 || !fm.Delete()) {
		return nil, ErrFlowModFailedBadTableID
	}
	var ok bool
	if fm.OutPort, ok = PortFromWide(be.Uint32(b[28:])); !ok {
		return nil, ErrBadActionBadOutPort
	}
	return d.finishFlowMod(fm, be.Uint16(b[36:]), acts)
}

var commandNames = [...]string{"ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT"}

func (p *printer) space() {
	if n := len(p.b); n > 0 && p.b[n-1] != ' ' {
		p.str(" ")
	}
}

func (fm *FlowMod) print(p *printer) {
	p.str(" ")
	p.str(commandNames[fm.Command])
	if fm.Table != 0 && fm.Table != TableAny {
		p.str(" table:")
		p.b = p.names.AppendTable(p.b, fm.Table)
	} else if fm.Table == TableAny && p.Version >= V11 {
		p.str(" table:255")
	} else if fm.Table == TableAny && p.Version == V10 {
		p.str(" table:255")
	}
	p.str(" ")
	inMatch := false // the priority
	switch {
	case p.verbosity >= 3 && p.row == &msgTable[rawFlowMod10]:
		p.match10(p.raw[HeaderLen:])
	case p.verbosity >= 3 && p.row == &msgTable[rawNXFlowMod]:
		b := p.raw[lenVendor:]
		if n := int(be.Uint16(b[24:])); n == 0 {
			p.str("<any>")
		} else {
			p.b = flow.AppendNXMText(p.b, b[32:32+n])
		}
	default:
		p.match(&fm.Match, int(fm.Priority))
		inMatch = true
	}
	p.space()
	if fm.NewCookie != 0 && fm.NewCookie != ^uint64(0) {
		p.f("cookie:0x%x ", fm.NewCookie)
	}
	if fm.CookieMask != 0 {
		p.f("cookie:0x%x/0x%x ", fm.Cookie, fm.CookieMask)
	}
	if fm.IdleTimeout != 0 {
		p.f("idle:%d ", fm.IdleTimeout)
	}
	if fm.HardTimeout != 0 {
		p.f("hard:%d ", fm.HardTimeout)
	}
	if fm.Importance != 0 {
		p.f("importance:%d ", fm.Importance)
	}
	if fm.Priority != DefaultPriority && !inMatch {
		p.f("pri:%d ", fm.Priority)
	}
	if fm.Buffer != NoBuffer {
		p.f("buf:0x%x ", fm.Buffer)
	}
	if fm.OutPort != PortNone {
		p.str("out_port:")
		p.port(fm.OutPort)
		p.str(" ")
	}
	flags := fm.Flags
	if p.Version <= V11 {
		flags &^= FlagResetCounts
	}
	p.flowFlags(flags)
	p.str("actions=")
	p.list(fm.Actions)
}

var flowFlagNames = [...]struct {
	flag FlowModFlags
	name string
}{
	{FlagSendFlowRem, "send_flow_rem"}, {FlagCheckOverlap, "check_overlap"}, {FlagResetCounts, "reset_counts"},
	{FlagNoPktCounts, "no_packet_counts"}, {FlagNoByteCounts, "no_byte_counts"},
	{FlagHiddenFields, "allow_hidden_fields"}, {FlagNoReadonly, "no_readonly_table"},
}

func (f *formatter) flowFlags(flags FlowModFlags) {
	for _, r := range flowFlagNames {
		if flags&r.flag != 0 {
			f.str(r.name)
			f.str(" ")
		}
	}
}
