package ofproto

import (
	"slices"
	"sync"

	"govs/flow"
	"govs/openflow"
)

// Limits of the table of tunnel options.
const (
	tlvFields = 64
	tlvSpace  = 256 // bytes of all options together
)

// tlvMod changes the table of Geneve options, in order of their fields: all of
// what it says or nothing.
func tlvMod(table []openflow.TLVMap, m *openflow.TLVTableMod) ([]openflow.TLVMap, error) {
	table = slices.Clone(table)
	switch m.Command {
	case openflow.TLVClear:
		return nil, nil
	case openflow.TLVDelete:
		return slices.DeleteFunc(table, func(t openflow.TLVMap) bool {
			return slices.ContainsFunc(m.Maps, func(d openflow.TLVMap) bool { return d.Index == t.Index })
		}), nil
	case openflow.TLVAdd:
	default:
		return nil, openflow.ErrTLVTableModFailedBadCommand
	}
	space := 0
	for _, t := range table {
		space += int(t.Length)
	}
	for _, a := range m.Maps {
		switch {
		case a.Index >= tlvFields:
			return nil, openflow.ErrTLVTableModFailedBadFieldIdx
		case a.Length > 124 || a.Length%4 != 0:
			return nil, openflow.ErrTLVTableModFailedBadOptLen
		}
		for _, t := range table {
			switch {
			case t.Index == a.Index:
				return nil, openflow.ErrTLVTableModFailedAlreadyMapped
			case t.Class == a.Class && t.Type == a.Type:
				return nil, openflow.ErrTLVTableModFailedDupEntry
			}
		}
		if space += int(a.Length); space > tlvSpace {
			return nil, openflow.ErrTLVTableModFailedTableFull
		}
		table = append(table, a)
	}
	slices.SortFunc(table, func(a, b openflow.TLVMap) int { return int(a.Index) - int(b.Index) })
	return table, nil
}

func (p *Ofproto) tlvTable() *openflow.TLVTableReply {
	r := &openflow.TLVTableReply{MaxSpace: tlvSpace, MaxFields: tlvFields}
	p.locked(func() { r.Maps = p.tlvs })
	return r
}

func (p *Ofproto) tlvTableMod(m *openflow.TLVTableMod) (err error) {
	used := p.tlvsInUse()
	p.locked(func() {
		var t []openflow.TLVMap
		if t, err = tlvMod(p.tlvs, m); err != nil {
			return
		}
		for _, old := range p.tlvs {
			if used>>old.Index&1 != 0 && !slices.Contains(t, old) {
				err = openflow.ErrTLVTableModFailedInvalidTLVDel
				return
			}
		}
		var list []flow.TLV
		for _, x := range t {
			list = append(list, flow.TLV{Class: x.Class, Type: x.Type, Len: x.Length, Index: uint8(x.Index)})
		}
		old := p.tlvMap.Load()
		if old == noTLVs() {
			old = nil
		}
		n, e := old.Change(list)
		if e != nil {
			err = openflow.ErrTLVTableModFailedTableFull
			return
		}
		p.tlvs = t
		p.tlvMap.Store(n)
		p.backer.changed()
	})
	return err
}

// noTLVs is the map of a switch that has never had one: no tunnel option can be
// matched.
var noTLVs = sync.OnceValue(func() *flow.TLVMap {
	t, _ := flow.NewTLVMap(nil)
	return t
})

// eachTLV calls fn with the tunnel options that the actions name.
func eachTLV(actions []openflow.Action, fn func(flow.FieldID)) {
	use := func(ids ...flow.FieldID) {
		for _, id := range ids {
			if id.IsTLV() {
				fn(id)
			}
		}
	}
	for _, a := range actions {
		switch a := a.(type) {
		case *openflow.SetField:
			use(a.Field)
		case *openflow.DeleteField:
			use(a.Field)
		case *openflow.Move:
			use(a.Src.Field, a.Dst.Field)
		case *openflow.Push:
			use(a.Field.Field)
		case *openflow.Pop:
			use(a.Field.Field)
		case *openflow.OutputReg:
			use(a.Src.Field)
		case *openflow.Multipath:
			use(a.Dst.Field)
		case *openflow.Bundle:
			use(a.Dst.Field)
		case *openflow.CT:
			use(a.ZoneSrc.Field)
		case *openflow.Learn:
			for i := range a.Specs {
				use(a.Specs[i].SrcField.Field, a.Specs[i].DstField.Field)
			}
		case *openflow.Clone:
			eachTLV(a.Actions, fn)
		case *openflow.WriteActions:
			eachTLV(a.Actions, fn)
		}
	}
}

// checkTLVs refuses actions that name tunnel options which the switch's table
// does not have.
func (p *Ofproto) checkTLVs(actions []openflow.Action) (err error) {
	tlvs := p.tlvMap.Load()
	eachTLV(actions, func(id flow.FieldID) {
		if !tlvs.Has(id) {
			err = openflow.ErrFlowModFailedInvalidTLVField
		}
	})
	return err
}

// tlvsInUse returns a bit for each tunnel option that a flow matches or that its
// actions name.
func (p *Ofproto) tlvsInUse() (used uint64) {
	flows, err := p.tables.Flows(&openflow.FlowStatsRequest{Table: 0xff, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny})
	if err != nil {
		return 0
	}
	for r := range flows {
		m := r.Match()
		used |= m.Mask.TunPresent
		eachTLV(r.Actions, func(id flow.FieldID) { used |= 1 << (id - flow.TunMetadata0) })
	}
	return used
}

// names is what decoding a message of the connection needs to know. It is run's
// alone, and good for the message under way.
func (o *ofConn) names() *openflow.Names {
	o.decoding = openflow.Names{Warn: vconnLog, TLVs: o.p.tlvMap.Load(), Debug: o.p.backer.opts.Debug}
	return &o.decoding
}
