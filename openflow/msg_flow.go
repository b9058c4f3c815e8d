package openflow

import (
	"bytes"
	"time"

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
		e.b = appendMatch10(e.b, &fm.Match)
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
		if fm.Command == FlowAdd {
			cookie = fm.NewCookie
		}
		e.u64(cookie)
		e.u64(fm.CookieMask)
		table := fm.Table
		if table == TableAny && !fm.Delete() {
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

// oxmMatch appends an ofp_match of type OXM.
func (e *msgEncoder) oxmMatch(m *flow.Match) {
	start := len(e.b)
	e.u16(1)
	e.u16(0)
	e.b = flow.AppendNXM(e.b, m, uint8(max(e.version, V12)), nil)
	be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
	for (len(e.b)-start)%8 != 0 {
		e.u8(0)
	}
}

// takeOXM reads an ofp_match from the front of b and returns what follows.
func takeOXM(b []byte, strict bool) (m flow.Match, rest []byte, err error) {
	if len(b) < 4 {
		return m, nil, ErrBadMatchBadLen
	}
	n := int(be.Uint16(b[2:]))
	padded := (n + 7) &^ 7
	if be.Uint16(b) != 1 {
		return m, nil, ErrBadMatchBadType
	}
	if n < 4 || padded > len(b) {
		return m, nil, ErrBadMatchBadLen
	}
	m, err = flow.ParseNXM(b[4:n], strict, nil)
	if err != nil {
		err = matchError(err)
	}
	return m, b[padded:], err
}

// takeNXM reads an NXM match of n bytes and its padding from the front of b.
func takeNXM(b []byte, n int, strict bool, c *flow.Cookie) (m flow.Match, rest []byte, err error) {
	padded := (n + 7) &^ 7
	if padded > len(b) {
		return m, nil, ErrBadMatchBadLen
	}
	m, err = flow.ParseNXM(b[:n], strict, c)
	if err != nil {
		err = matchError(err)
	}
	return m, b[padded:], err
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
	usable, err := Check(fm.Actions, &fm.Match, CheckParams{Table: fm.Table, Names: d.names})
	if err == nil && usable.Versions()&VersionsOf(d.Version) == 0 {
		err = ErrBadActionMatchInconsistent
	}
	return fm, err
}

// actions decodes a list and checks what may stand together in it.
func (d *msgDecoder) actions(b []byte) ([]Action, error) {
	acts, err := DecodeActions(b, d.Version, d.names)
	if err == nil {
		err = verifyCode(verify(acts, 0, d.names), d.names)
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
	fm := &FlowMod{Match: match10(b), NewCookie: be.Uint64(b[40:]), OutGroup: GroupAny}
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

func decodeFlowModNX(d *msgDecoder, b []byte) (Message, error) {
	fm := &FlowMod{NewCookie: be.Uint64(b), OutGroup: GroupAny}
	fm.setCommand10(d, be.Uint16(b[8:]))
	fm.IdleTimeout, fm.HardTimeout = be.Uint16(b[10:]), be.Uint16(b[12:])
	fm.Priority = be.Uint16(b[14:])
	fm.Buffer = be.Uint32(b[16:])
	fm.OutPort = Port(be.Uint16(b[20:]))
	var c flow.Cookie
	var err error
	var acts []byte
	fm.Match, acts, err = takeNXM(b[32:], int(be.Uint16(b[24:])), true, &c)
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
	fm := &FlowMod{Table: b[16], Command: FlowModCommand(b[17]), IdleTimeout: be.Uint16(b[18:]), HardTimeout: be.Uint16(b[20:]),
		Priority: be.Uint16(b[22:]), Buffer: be.Uint32(b[24:]), OutGroup: GroupAny}
	cookie, mask := be.Uint64(b), be.Uint64(b[8:])
	if fm.Command == FlowAdd || d.Version == V11 && (fm.Command == FlowModify || fm.Command == FlowModifyStrict) && mask == 0 {
		fm.NewCookie = cookie
	} else {
		fm.Cookie, fm.CookieMask, fm.NewCookie = cookie, mask, ^uint64(0)
	}
	if fm.Table == TableAny && (d.Version == V11 || !fm.Delete()) {
		return nil, ErrFlowModFailedBadTableID
	}
	var ok bool
	if fm.OutPort, ok = PortFromWide(be.Uint32(b[28:])); !ok {
		return nil, ErrBadActionBadOutPort
	}
	if fm.Delete() {
		fm.OutGroup = be.Uint32(b[32:])
	}
	if d.Version >= V14 && fm.Command == FlowAdd {
		fm.Importance = be.Uint16(b[38:])
	}
	var err error
	var acts []byte
	if fm.Match, acts, err = takeOXM(b[40:], true); err != nil {
		return nil, err
	}
	return d.finishFlowMod(fm, be.Uint16(b[36:]), acts)
}

// Types of instructions (OFPIT_*).
const (
	instGoto = 1 + iota
	instWriteMetadata
	instWriteActions
	instApply
	instClear
	instMeter
)

// instructions appends a list in OpenFlow 1.1's form: plain actions go into an
// apply-actions.
func (e *encoder) instructions(acts []Action) {
	apply := -1
	end := func() {
		if apply >= 0 {
			be.PutUint16(e.b[apply+2:], uint16(len(e.b)-apply))
			apply = -1
		}
	}
	inst := func(typ uint16, n int) []byte {
		end()
		return e.std(typ, n)[4:]
	}
	for _, a := range acts {
		switch a := a.(type) {
		case *GotoTable:
			inst(instGoto, 8)[0] = a.Table
			continue
		case *WriteMetadata:
			b := inst(instWriteMetadata, 24)
			be.PutUint64(b[4:], a.Value)
			be.PutUint64(b[12:], a.Mask)
			continue
		case *WriteActions:
			end()
			start := len(e.b)
			e.std(instWriteActions, 8)
			e.list(a.Actions)
			be.PutUint16(e.b[start+2:], uint16(len(e.b)-start))
			continue
		case *ClearActions:
			inst(instClear, 8)
			continue
		case *Meter:
			if e.version < V15 {
				be.PutUint32(inst(instMeter, 8), a.ID)
				continue
			}
		}
		if apply < 0 {
			apply = len(e.b)
			e.std(instApply, 8)
		}
		a.encode(e)
	}
	end()
}

// instructions decodes OpenFlow 1.1's instructions into a list, in the order
// in which they take effect.
func (d *msgDecoder) instructions(b []byte) ([]Action, error) {
	if len(b)%8 != 0 {
		d.names.warnf("ofp_actions", "OpenFlow message instructions length %d is not a multiple of %d", len(b), 8)
		return nil, ErrBadInstructionBadLen
	}
	var meter, clear, goTo Action
	var write, meta Action
	var apply []Action
	seen := 0
	for len(b) > 0 {
		typ, n := be.Uint16(b), int(be.Uint16(b[2:]))
		if n < 8 || n > len(b) || n%8 != 0 {
			return nil, ErrBadInstructionBadLen
		}
		p := b[4:n:n]
		b = b[n:]
		if typ < instGoto || typ > instMeter {
			if typ == 0xffff {
				return nil, ErrBadInstructionBadExperimenter
			}
			return nil, ErrBadInstructionUnknownInst
		}
		if typ == instMeter && (d.Version < V13 || d.Version >= V15) {
			return nil, ErrBadInstructionUnknownInst
		}
		if seen&(1<<typ) != 0 {
			return nil, ErrBadInstructionDupInst
		}
		seen |= 1 << typ
		if fixed := [...]int{instGoto: 8, instWriteMetadata: 24, instClear: 8, instMeter: 8}; int(typ) < len(fixed) && fixed[typ] != 0 && n != fixed[typ] {
			return nil, ErrBadInstructionBadLen
		}
		var err error
		switch typ {
		case instGoto:
			goTo = &GotoTable{p[0]}
		case instWriteMetadata:
			meta = &WriteMetadata{be.Uint64(p[4:]), be.Uint64(p[12:])}
		case instWriteActions:
			in := decoder{version: d.Version, forms: wireIndex(), names: d.names}
			var acts []Action
			if acts, err = in.nested(p[4:], KindWriteActions); err != nil {
				return nil, err
			}
			for _, a := range acts {
				if !inActionSet(a.Kind()) {
					d.names.warnf("ofp_actions", "disallowed action in action set")
					return nil, ErrBadActionBadType
				}
			}
			write = &WriteActions{acts}
		case instApply:
			if apply, err = DecodeActions(p[4:], d.Version, d.names); err != nil {
				return nil, err
			}
		case instClear:
			clear = &ClearActions{}
		case instMeter:
			meter = &Meter{be.Uint32(p)}
		}
	}
	var acts []Action
	if meter != nil {
		acts = append(acts, meter)
	}
	acts = append(acts, apply...)
	for _, a := range [...]Action{clear, write, meta, goTo} {
		if a != nil {
			acts = append(acts, a)
		}
	}
	return acts, verifyCode(verify(acts, 0, d.names), d.names)
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
		p.b = flow.AppendMatch(p.b, &fm.Match, int(fm.Priority), p.names.shown())
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

func (r *FlowStatsRequest) raw(p Protocols) rawType {
	var q, a rawType
	switch {
	case p&protoOF10Any != 0:
		q, a = rawFlowRequest10, rawAggregateRequest10
	case p&protoNXMAny != 0:
		q, a = rawNXFlowRequest, rawNXAggregateRequest
	default:
		q, a = rawFlowRequest11, rawAggregateRequest11
	}
	if r.Aggregate {
		return a
	}
	return q
}

func (r *FlowStatsRequest) encode(e *msgEncoder) {
	switch e.row.frame {
	case frameNXSTQ:
		e.u16(uint16(r.OutPort))
		ofs := len(e.b)
		e.u16(0)
		e.u8(r.Table)
		e.zeros(3)
		var c *flow.Cookie
		if r.CookieMask != 0 {
			c = &flow.Cookie{Value: r.Cookie & r.CookieMask, Mask: r.CookieMask}
		}
		n := e.nxMatch(&r.Match, c)
		be.PutUint16(e.b[ofs:], n)
	default:
		if e.version == V10 {
			e.b = appendMatch10(e.b, &r.Match)
			e.u8(r.Table)
			e.u8(0)
			e.u16(uint16(r.OutPort))
			return
		}
		e.u8(r.Table)
		e.zeros(3)
		e.u32(r.OutPort.Wide())
		e.u32(r.OutGroup)
		e.zeros(4)
		e.u64(r.Cookie)
		e.u64(r.CookieMask)
		e.oxmMatch(&r.Match)
	}
}

func decodeFlowRequest10(d *msgDecoder, b []byte) (Message, error) {
	r := &FlowStatsRequest{Match: match10(b), Table: b[40], OutPort: Port(be.Uint16(b[42:])), OutGroup: GroupAny}
	d.normalize(&r.Match)
	return r, nil
}

func decodeAggregateRequest10(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequest10(d, b))
}

func aggregate(m Message, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	m.(*FlowStatsRequest).Aggregate = true
	return m, nil
}

func decodeFlowRequestNX(_ *msgDecoder, b []byte) (Message, error) {
	r := &FlowStatsRequest{OutPort: Port(be.Uint16(b)), Table: b[4], OutGroup: GroupAny}
	var c flow.Cookie
	m, rest, err := takeNXM(b[8:], int(be.Uint16(b[2:])), true, &c)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, ErrBadRequestBadLen
	}
	r.Match, r.Cookie, r.CookieMask = m, c.Value, c.Mask
	return r, nil
}

func decodeAggregateRequestNX(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequestNX(d, b))
}

func decodeFlowRequest11(_ *msgDecoder, b []byte) (Message, error) {
	if len(b) < 40 {
		return nil, ErrBadRequestBadLen
	}
	r := &FlowStatsRequest{Table: b[0], OutGroup: be.Uint32(b[8:]), Cookie: be.Uint64(b[16:]), CookieMask: be.Uint64(b[24:])}
	var ok bool
	if r.OutPort, ok = PortFromWide(be.Uint32(b[4:])); !ok {
		return nil, ErrBadActionBadOutPort
	}
	m, _, err := takeOXM(b[32:], true)
	r.Match = m
	return r, err
}

func decodeAggregateRequest11(d *msgDecoder, b []byte) (Message, error) {
	return aggregate(decodeFlowRequest11(d, b))
}

func (r *FlowStatsRequest) print(p *printer) {
	if r.Table != TableAny {
		p.str(" table=")
		p.b = p.names.AppendTable(p.b, r.Table)
	}
	if r.OutPort != PortNone {
		p.str(" out_port=")
		p.port(r.OutPort)
	}
	p.str(" ")
	p.b = flow.AppendMatch(p.b, &r.Match, DefaultPriority, p.names.shown())
	p.b = bytes.TrimRight(p.b, " ")
}

// FlowStatsReply is (a part of) the answer to a FlowStatsRequest.
type FlowStatsReply struct{ Flows []FlowStats }

func (*FlowStatsReply) raw(p Protocols) rawType {
	switch {
	case p&protoOF10Any != 0:
		return rawFlowReply10
	case p&protoNXMAny != 0:
		return rawNXFlowReply
	case p&ProtoOXM15 != 0:
		return rawNone
	case p.Version() >= V13:
		return rawFlowReply13
	}
	return rawFlowReply11
}

func (m *FlowStatsReply) encode(e *msgEncoder) {
	for i := range m.Flows {
		start := len(e.b)
		m.Flows[i].encode(e)
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

func ageTo(age int) uint16 {
	switch {
	case age < 0:
		return 0
	case age >= 0xfffe:
		return 0xffff
	}
	return uint16(age) + 1
}

func (fs *FlowStats) encode(e *msgEncoder) {
	sec, ns := uint32(fs.Duration/time.Second), uint32(fs.Duration%time.Second)
	e.u16(0)
	e.u8(fs.Table)
	e.u8(0)
	if e.row.frame == frameStatsR && e.version == V10 {
		e.b = appendMatch10(e.b, &fs.Match)
	}
	e.u32(sec)
	e.u32(ns)
	e.u16(fs.Priority)
	e.u16(fs.IdleTimeout)
	e.u16(fs.HardTimeout)
	switch {
	case e.row.frame == frameNXSTR:
		ofs := len(e.b)
		e.u16(0)
		e.u16(ageTo(fs.IdleAge))
		e.u16(ageTo(fs.HardAge))
		e.counts(fs)
		n := e.nxMatch(&fs.Match, nil)
		be.PutUint16(e.b[ofs:], n)
		e.list(fs.Actions)
	case e.version == V10:
		e.zeros(6)
		e.counts(fs)
		e.list(fs.Actions)
	default:
		if e.version >= V13 {
			e.u16(flowFlagsTo(fs.Flags, e.version))
		} else {
			e.u16(0)
		}
		if e.version >= V14 {
			e.u16(fs.Importance)
		} else {
			e.u16(0)
		}
		e.zeros(2)
		e.counts(fs)
		e.oxmMatch(&fs.Match)
		e.instructions(fs.Actions)
	}
}

func (e *msgEncoder) counts(fs *FlowStats) {
	e.u64(fs.Cookie)
	e.u64(fs.Packets)
	e.u64(fs.Bytes)
}

// eachEntry walks entries that begin with their length.
func (d *msgDecoder) eachEntry(b []byte, min int, f func(b []byte) error) error {
	for len(b) > 0 {
		if len(b) < min {
			d.names.warnf("ofp_flow", "%s has %d leftover bytes at end", d.row.name, len(b))
			return ErrBadRequestBadLen
		}
		n := int(be.Uint16(b))
		if n < min || n > len(b) {
			d.names.warnf("ofp_flow", "%s claims invalid length %d", d.row.name, n)
			return ErrBadRequestBadLen
		}
		if err := f(b[:n:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (d *msgDecoder) flowReply(b []byte, min int, f func(fs *FlowStats, b []byte) error) (Message, error) {
	m := &FlowStatsReply{}
	err := d.eachEntry(b, min, func(b []byte) error {
		m.Flows = append(m.Flows, FlowStats{Table: b[2], IdleAge: -1, HardAge: -1})
		return f(&m.Flows[len(m.Flows)-1], b)
	})
	return m, err
}

func duration(b []byte) time.Duration {
	return time.Duration(be.Uint32(b))*time.Second + time.Duration(be.Uint32(b[4:]))
}

func decodeFlowReply10(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 88, func(fs *FlowStats, b []byte) (err error) {
		fs.Match = match10(b[4:])
		d.normalize(&fs.Match)
		fs.Duration = duration(b[44:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[52:]), be.Uint16(b[54:]), be.Uint16(b[56:])
		if be.Uint32(b[4:])&wildAll == 0 {
			fs.Priority = 0xffff
		}
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[64:]), be.Uint64(b[72:]), be.Uint64(b[80:])
		fs.Actions, err = d.actions(b[88:])
		return err
	})
}

func decodeFlowReplyNX(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 48, func(fs *FlowStats, b []byte) (err error) {
		fs.Duration = duration(b[4:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[12:]), be.Uint16(b[14:]), be.Uint16(b[16:])
		fs.IdleAge, fs.HardAge = int(be.Uint16(b[20:]))-1, int(be.Uint16(b[22:]))-1
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[24:]), be.Uint64(b[32:]), be.Uint64(b[40:])
		var acts []byte
		if fs.Match, acts, err = takeNXM(b[48:], int(be.Uint16(b[18:])), false, nil); err != nil {
			return err
		}
		fs.Actions, err = d.actions(acts)
		return err
	})
}

func decodeFlowReply11(d *msgDecoder, b []byte) (Message, error) {
	return d.flowReply(b, 56, func(fs *FlowStats, b []byte) (err error) {
		fs.Duration = duration(b[4:])
		fs.Priority, fs.IdleTimeout, fs.HardTimeout = be.Uint16(b[12:]), be.Uint16(b[14:]), be.Uint16(b[16:])
		if d.Version >= V13 {
			fs.Flags, _ = flowFlagsFrom(be.Uint16(b[18:]), d.Version)
		}
		if d.Version >= V14 {
			fs.Importance = be.Uint16(b[20:])
		}
		fs.Cookie, fs.Packets, fs.Bytes = be.Uint64(b[24:]), be.Uint64(b[32:]), be.Uint64(b[40:])
		var acts []byte
		if fs.Match, acts, err = takeOXM(b[48:], false); err != nil {
			return err
		}
		fs.Actions, err = d.instructions(acts)
		return err
	})
}

func (m *FlowStatsReply) print(p *printer) {
	for i := range m.Flows {
		p.str("\n ")
		p.b = AppendFlowStats(p.b, &m.Flows[i], p.names, true)
	}
}

// AppendFlowStats prints a flow as a line of dump-flows, without the blank in
// front and the newline. stats false leaves out what changes by itself.
func AppendFlowStats(b []byte, fs *FlowStats, names *Names, stats bool) []byte {
	f := formatter{b: b, names: names}
	start := len(b)
	hex0 := func(n uint64) { f.str("0x"); f.hexDigits(n) }
	if stats || fs.Cookie != 0 {
		f.str("cookie=")
		hex0(fs.Cookie)
		f.str(", ")
	}
	if stats {
		f.str("duration=")
		f.b = appendDuration(f.b, fs.Duration)
		f.str(", ")
	}
	if stats || fs.Table != 0 {
		f.str("table=")
		f.b = names.AppendTable(f.b, fs.Table)
		f.str(", ")
	}
	num := func(name string, n uint64) {
		f.str(name)
		f.dec(n)
		f.str(", ")
	}
	if stats {
		f.count("n_packets=", fs.Packets)
		f.count("n_bytes=", fs.Bytes)
	}
	if fs.IdleTimeout != 0 {
		num("idle_timeout=", uint64(fs.IdleTimeout))
	}
	if fs.HardTimeout != 0 {
		num("hard_timeout=", uint64(fs.HardTimeout))
	}
	f.flowFlags(fs.Flags)
	if fs.Importance != 0 {
		num("importance=", uint64(fs.Importance))
	}
	if stats && fs.IdleAge >= 0 {
		num("idle_age=", uint64(fs.IdleAge))
	}
	if stats && fs.HardAge >= 0 && fs.HardAge != int(fs.Duration/time.Second) {
		num("hard_age=", uint64(fs.HardAge))
	}
	before := len(f.b)
	f.b = flow.AppendMatch(f.b, &fs.Match, int(fs.Priority), names.shown())
	if n := len(f.b); n > start && f.b[n-1] != ' ' && n > before || n == start {
		if n > start {
			f.str(" ")
		}
	}
	f.str("actions=")
	f.list(fs.Actions)
	return f.b
}

func (f *formatter) hexDigits(n uint64) { f.b = appendHexNum(f.b, n) }

func (*AggregateStats) raw(p Protocols) rawType {
	switch {
	case p&protoNXMAny != 0:
		return rawNXAggregateReply
	case p&protoOF10Any != 0:
		return rawAggregateReply
	}
	return rawAggregateReply11
}

func (m *AggregateStats) encode(e *msgEncoder) {
	e.u64(m.Packets)
	e.u64(m.Bytes)
	e.u32(m.Flows)
	e.zeros(4)
}

func decodeAggregateReply(_ *msgDecoder, b []byte) (Message, error) {
	return &AggregateStats{be.Uint64(b), be.Uint64(b[8:]), be.Uint32(b[16:])}, nil
}

func (m *AggregateStats) print(p *printer) {
	p.f(" packet_count=%d byte_count=%d flow_count=%d", m.Packets, m.Bytes, m.Flows)
}

func (*FlowRemoved) raw(p Protocols) rawType {
	switch {
	case p&protoNXMAny != 0:
		return rawNXFlowRemoved
	case p&protoOF10Any != 0:
		return rawFlowRemoved10
	}
	return rawFlowRemoved11
}

func (m *FlowRemoved) encode(e *msgEncoder) {
	sec, ns := uint32(m.Duration/time.Second), uint32(m.Duration%time.Second)
	if e.row.frame == frameNXT {
		e.u64(m.Cookie)
		e.u16(m.Priority)
		e.u8(uint8(m.Reason))
		e.u8(m.Table + 1)
		e.u32(sec)
		e.u32(ns)
		e.u16(m.IdleTimeout)
		ofs := len(e.b)
		e.u16(0)
		e.u64(m.Packets)
		e.u64(m.Bytes)
		n := e.nxMatch(&m.Match, nil)
		be.PutUint16(e.b[ofs:], n)
		return
	}
	if e.version == V10 {
		e.b = appendMatch10(e.b, &m.Match)
		e.u64(m.Cookie)
		e.u16(m.Priority)
		e.u8(uint8(m.Reason))
		e.u8(0)
		e.u32(sec)
		e.u32(ns)
		e.u16(m.IdleTimeout)
		e.zeros(2)
		e.u64(m.Packets)
		e.u64(m.Bytes)
		return
	}
	e.u64(m.Cookie)
	e.u16(m.Priority)
	e.u8(uint8(m.Reason))
	e.u8(m.Table)
	e.u32(sec)
	e.u32(ns)
	e.u16(m.IdleTimeout)
	e.u16(m.HardTimeout)
	e.u64(m.Packets)
	e.u64(m.Bytes)
	e.oxmMatch(&m.Match)
}

func decodeFlowRemoved10(d *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Match: match10(b), Cookie: be.Uint64(b[40:]), Priority: be.Uint16(b[48:]), Reason: FlowRemovedReason(b[50]), Table: TableAny,
		Duration: duration(b[52:]), IdleTimeout: be.Uint16(b[60:]), Packets: be.Uint64(b[64:]), Bytes: be.Uint64(b[72:])}
	d.normalize(&m.Match)
	return m, nil
}

func decodeFlowRemovedNX(_ *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Cookie: be.Uint64(b), Priority: be.Uint16(b[8:]), Reason: FlowRemovedReason(b[10]), Table: b[11] - 1,
		Duration: duration(b[12:]), IdleTimeout: be.Uint16(b[20:]), Packets: be.Uint64(b[24:]), Bytes: be.Uint64(b[32:])}
	var err error
	m.Match, _, err = takeNXM(b[40:], int(be.Uint16(b[22:])), false, nil)
	return m, err
}

func decodeFlowRemoved11(_ *msgDecoder, b []byte) (Message, error) {
	m := &FlowRemoved{Cookie: be.Uint64(b), Priority: be.Uint16(b[8:]), Reason: FlowRemovedReason(b[10]), Table: b[11],
		Duration: duration(b[12:]), IdleTimeout: be.Uint16(b[20:]), HardTimeout: be.Uint16(b[22:]), Packets: be.Uint64(b[24:]), Bytes: be.Uint64(b[32:])}
	var err error
	m.Match, _, err = takeOXM(b[40:], false)
	return m, err
}

var removedNames = [...]string{"idle", "hard", "delete", "group_delete", "meter_delete", "eviction"}

// String returns the reason as OVS prints it, such as "idle".
func (r FlowRemovedReason) String() string {
	if int(r) < len(removedNames) {
		return removedNames[r]
	}
	return "?"
}

func (m *FlowRemoved) print(p *printer) {
	p.str(" ")
	p.b = flow.AppendMatch(p.b, &m.Match, int(m.Priority), p.names.shown())
	p.f(" reason=%s", m.Reason)
	if m.Table != TableAny {
		p.str(" table_id=")
		p.b = p.names.AppendTable(p.b, m.Table)
	}
	if m.Cookie != 0 {
		p.f(" cookie:0x%x", m.Cookie)
	}
	p.str(" duration")
	p.duration(m.Duration)
	p.f(" idle%d", m.IdleTimeout)
	if m.HardTimeout != 0 {
		p.f(" hard%d", m.HardTimeout)
	}
	p.f(" pkts%d bytes%d\n", m.Packets, m.Bytes)
}

// DecodeInstructions reads instructions of OpenFlow 1.1 and later as a list of
// actions. The error is an ErrorCode.
func DecodeInstructions(b []byte, v Version, names *Names) ([]Action, error) {
	d := msgDecoder{Header: Header{Version: v}, names: names}
	return d.instructions(b)
}

// EncodeInstructions appends a list as instructions of version v, 1.1 or later.
func EncodeInstructions(b []byte, acts []Action, v Version) []byte {
	e := encoder{b: b, version: v}
	e.instructions(acts)
	return e.b
}
