package openflow

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
		if apply >= 0 && len(e.b) == apply+8 {
			e.b = e.b[:apply] // there was nothing to write
		} else if apply >= 0 {
			be.PutUint16(e.b[apply+2:], uint16(len(e.b)-apply))
		}
		apply = -1
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
			if len(a.Actions) == 0 {
				continue
			}
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
			if e.version < V13 {
				continue
			}
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
	// Bodies by type: what is wrong with instructions comes before what is wrong
	// inside one.
	var bodies [instMeter + 1][]byte
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
		if typ == instMeter && d.Version >= V15 && n == 8 {
			return nil, ErrBadInstructionUnknownInst
		}
		if bodies[typ] != nil {
			return nil, ErrBadInstructionDupInst
		}
		if fixed := [...]int{instGoto: 8, instWriteMetadata: 24, instClear: 8, instMeter: 8}; int(typ) < len(fixed) && fixed[typ] != 0 && n != fixed[typ] {
			return nil, ErrBadInstructionBadLen
		}
		bodies[typ] = p
	}
	var meter, clear, goTo Action
	var write, meta Action
	var apply []Action
	var err error
	if p := bodies[instMeter]; p != nil {
		meter = &Meter{be.Uint32(p)}
	}
	if p := bodies[instApply]; p != nil {
		if apply, err = decodeList(p[4:], d.Version, d.names); err == nil {
			err = refuseInstructions(apply)
		}
		if err != nil {
			return nil, err
		}
	}
	if bodies[instClear] != nil {
		clear = &ClearActions{}
	}
	if p := bodies[instWriteActions]; p != nil {
		var acts []Action
		if acts, err = decodeList(p[4:], d.Version, d.names); err != nil {
			return nil, err
		}
		for _, a := range acts {
			if !inActionSet(a.Kind()) {
				d.names.warnf("ofp_actions", "disallowed action in action set")
				return nil, ErrBadActionBadType
			}
		}
		if err = verifyCode(verify(acts, KindWriteActions, d.Version), d.names); err != nil {
			return nil, err
		}
		write = &WriteActions{acts}
	}
	if p := bodies[instWriteMetadata]; p != nil {
		meta = &WriteMetadata{be.Uint64(p[4:]), be.Uint64(p[12:])}
	}
	if p := bodies[instGoto]; p != nil {
		goTo = &GotoTable{p[0]}
	}
	acts := apply
	if meter != nil {
		acts = append([]Action{meter}, apply...)
	}
	for _, a := range [...]Action{clear, write, meta, goTo} {
		if a != nil {
			acts = append(acts, a)
		}
	}
	return acts, verifyCode(verify(acts, 0, d.Version), d.names)
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
