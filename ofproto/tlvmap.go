package ofproto

import (
	"slices"

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
		case a.Length == 0 || a.Length > 124 || a.Length%4 != 0:
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
	p.locked(func() {
		var t []openflow.TLVMap
		if t, err = tlvMod(p.tlvs, m); err == nil {
			p.tlvs = t
			p.backer.changed()
		}
	})
	return err
}
