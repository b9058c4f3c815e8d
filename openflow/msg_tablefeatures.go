package openflow

import (
	"math/bits"

	"govs/flow"
)

// TableCommand is what a TableFeaturesRequest does (OFPTFC_*); versions before
// OpenFlow 1.5 only replace.
type TableCommand uint8

// Commands of a TableFeatures.
const (
	TableReplace TableCommand = iota
	TableModify
	TableEnable
	TableDisable
)

// FieldSet is a set of fields.
type FieldSet [4]uint64

// Add puts fields into the set.
func (s *FieldSet) Add(ids ...flow.FieldID) {
	for _, id := range ids {
		s[id/64] |= 1 << (id % 64)
	}
}

// Has reports whether a field is in the set.
func (s *FieldSet) Has(id flow.FieldID) bool { return s[id/64]&(1<<(id%64)) != 0 }

// each calls f with each number in the set, in order.
func (s *FieldSet) each(f func(n int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(i*64 + bits.TrailingZeros64(w))
		}
	}
}

// TableSet is a set of flow tables.
type TableSet = FieldSet

// TableFeatures say what a flow table can do, or is to do.
type TableFeatures struct {
	Table         uint8
	Command       TableCommand
	Name          string
	MetadataMatch uint64 // bits of metadata that can be matched
	MetadataWrite uint64 // and written
	Miss          TableMiss
	Eviction      Switched // whether there is any
	Vacancy       Switched
	MaxEntries    uint32

	// HasProperties is set when the rest is said.
	HasProperties bool
	Flows         TableInstructions // what flows can do
	MissFlow      TableInstructions // and the flow for a miss
	Match         FieldSet          // fields that can be matched
	Mask          FieldSet          // with any mask
	Wildcard      FieldSet          // or not at all
}

// TableInstructions say what flows can do.
type TableInstructions struct {
	Next         TableSet // tables to go to
	Instructions uint32   // bit N is instruction N (OFPIT_*)
	Write, Apply TableActions
}

// TableActions say which actions can be written or applied.
type TableActions struct {
	Actions   uint64   // bit N is action of Kind N
	SetFields FieldSet // fields that can be set
}

// TableFeaturesRequest asks for the features of tables, or changes them if
// there are any in it.
type TableFeaturesRequest struct{ Tables []TableFeatures }

// TableFeaturesReply is (a part of) the answer to a TableFeaturesRequest.
type TableFeaturesReply struct{ Tables []TableFeatures }

// Properties of table features (OFPTFPT_*); the one for the flow of a miss is
// one more.
const (
	tfpInstructions  = 0
	tfpNextTables    = 2
	tfpWriteActions  = 4
	tfpApplyActions  = 6
	tfpMatch         = 8
	tfpWildcards     = 10
	tfpWriteSetField = 12
	tfpApplySetField = 14

	tfpRequired = 1<<tfpInstructions | 1<<tfpNextTables | 1<<tfpWriteActions | 1<<tfpApplyActions |
		1<<tfpMatch | 1<<tfpWildcards | 1<<tfpWriteSetField | 1<<tfpApplySetField

	tableFeaturesLen = 64
)

func (*TableFeaturesRequest) raw(Protocols) rawType { return rawTableFeaturesRequest }
func (*TableFeaturesReply) raw(Protocols) rawType   { return rawTableFeaturesReply }

func (m *TableFeaturesRequest) encode(e *msgEncoder) { e.tableFeatures(m.Tables) }
func (m *TableFeaturesReply) encode(e *msgEncoder)   { e.tableFeatures(m.Tables) }

func (e *msgEncoder) tableFeatures(tables []TableFeatures) {
	for i := range tables {
		start := len(e.b)
		tables[i].encode(e)
		be.PutUint16(e.b[start:], uint16(len(e.b)-start))
		e.item(start)
	}
}

func (t *TableFeatures) encode(e *msgEncoder) {
	e.u16(0)
	e.u8(t.Table)
	if e.version >= V15 {
		e.u8(uint8(t.Command))
	} else {
		e.u8(0)
	}
	e.zeros(4)
	e.text(t.Name, 32)
	e.u64(t.MetadataMatch)
	e.u64(t.MetadataWrite)
	e.tableConfig(0, t.Eviction, t.Vacancy)
	e.u32(t.MaxEntries)
	if !t.HasProperties {
		return
	}
	for miss, in := range [...]*TableInstructions{&t.Flows, &t.MissFlow} {
		typ := func(n int) uint16 { return uint16(n + miss) }
		e.prop(typ(tfpInstructions), func() { e.ids(uint64(in.Instructions)) })
		e.prop(typ(tfpNextTables), func() { in.Next.each(func(n int) { e.u8(uint8(n)) }) })
		e.prop(typ(tfpWriteActions), func() { e.ids(actionBits(in.Write.Actions, e.version)) })
		e.fieldsProp(typ(tfpWriteSetField), &in.Write.SetFields, nil)
		e.prop(typ(tfpApplyActions), func() { e.ids(actionBits(in.Apply.Actions, e.version)) })
		e.fieldsProp(typ(tfpApplySetField), &in.Apply.SetFields, nil)
	}
	e.fieldsProp(tfpMatch, &t.Match, &t.Mask)
	e.fieldsProp(tfpWildcards, &t.Wildcard, nil)
}

// ids appends a header without a body for each bit.
func (e *msgEncoder) ids(set uint64) {
	for ; set != 0; set &= set - 1 {
		e.u16(uint16(bits.TrailingZeros64(set)))
		e.u16(4)
	}
}

func (e *msgEncoder) fieldsProp(typ uint16, fields, masked *FieldSet) {
	e.prop(typ, func() {
		fields.each(func(n int) {
			id := flow.FieldID(n)
			e.b = id.AppendHeader(e.b, uint8(e.version), masked != nil && masked.Has(id))
		})
	})
}

// actionBits turns bits of kinds into bits of version v's numbers.
func actionBits(kinds uint64, v Version) (out uint64) {
	eachActionID(v, func(code uint16, k Kind) {
		if kinds&(1<<k) != 0 {
			out |= 1 << code
		}
	})
	return out
}

func actionKinds(wire uint64, v Version) (out uint64) {
	eachActionID(v, func(code uint16, k Kind) {
		if wire&(1<<code) != 0 {
			out |= 1 << k
		}
	})
	return out
}

// eachActionID calls f with the numbers of version v's standard actions.
func eachActionID(v Version, f func(code uint16, k Kind)) {
	for i := range actionTable {
		r := &actionTable[i]
		for _, w := range r.wire {
			if w.org == orgOF && w.first <= v && v <= w.last && w.code <= 25 && (v < V12 || w.code == 15 || !deprecated12(w.code)) {
				f(w.code, r.kind)
			}
		}
	}
}

func decodeTableFeaturesRequest(d *msgDecoder, b []byte) (Message, error) {
	tables, err := d.tableFeatures(b)
	return &TableFeaturesRequest{tables}, err
}

func decodeTableFeaturesReply(d *msgDecoder, b []byte) (Message, error) {
	tables, err := d.tableFeatures(b)
	return &TableFeaturesReply{tables}, err
}

func (d *msgDecoder) tableFeatures(b []byte) (tables []TableFeatures, err error) {
	d.partial = true
	for len(b) > 0 {
		if len(b) < tableFeaturesLen {
			return tables, ErrBadPropertyBadLen
		}
		n := int(be.Uint16(b))
		if n < tableFeaturesLen || n%8 != 0 || n > len(b) {
			return tables, ErrBadPropertyBadLen
		}
		t, err := d.tableFeature(b[:n])
		if err != nil {
			return tables, err
		}
		tables = append(tables, t)
		b = b[n:]
	}
	return tables, nil
}

func (d *msgDecoder) tableFeature(b []byte) (t TableFeatures, err error) {
	t = TableFeatures{Table: b[2], Name: cStringIn(b[8:40]), MetadataMatch: be.Uint64(b[40:]), MetadataWrite: be.Uint64(b[48:]), MaxEntries: be.Uint32(b[60:])}
	if d.Version >= V15 {
		if t.Command = TableCommand(b[3]); t.Command > TableDisable {
			return t, ErrTableFeaturesFailedBadCommand
		}
	}
	if t.Table == TableAny {
		return t, ErrTableFeaturesFailedBadTable
	}
	_, t.Eviction, t.Vacancy = d.tableConfig(be.Uint32(b[56:]))
	if d.Version < V14 {
		t.Eviction, t.Vacancy = SwitchedDefault, SwitchedDefault
	}
	b = b[tableFeaturesLen:]
	t.HasProperties = len(b) > 0
	var seen uint32
	err = eachProp(b, func(typ uint16, p []byte) error {
		if typ < 32 {
			if seen&(1<<typ) != 0 {
				return ErrTableFeaturesFailedBadFeatures
			}
			seen |= 1 << typ
		}
		return d.tableFeatureProp(&t, typ, p[4:])
	})
	if err != nil {
		return t, err
	}
	if missing := ^seen & tfpRequired; missing != 0 && (t.HasProperties || d.Version < V15) {
		d.names.warnf("ofp_table", "table features message missing %d required properties, including property %d",
			bits.OnesCount32(missing), bits.TrailingZeros32(missing))
		return t, ErrTableFeaturesFailedBadFeatures
	}
	t.complete(seen)
	return t, nil
}

func (d *msgDecoder) tableFeatureProp(t *TableFeatures, typ uint16, v []byte) (err error) {
	in := &t.Flows
	if typ&1 != 0 {
		in = &t.MissFlow
	}
	switch typ &^ 1 {
	case tfpInstructions:
		var set uint64
		set, err = d.idSet(v, func(n uint16) bool { return n >= 1 && n <= 6 })
		in.Instructions = uint32(set)
	case tfpNextTables:
		for _, n := range v {
			if n == TableAny {
				return ErrBadPropertyBadValue
			}
			in.Next.Add(flow.FieldID(n))
		}
	case tfpWriteActions:
		in.Write.Actions, err = d.actionIDs(v)
	case tfpApplyActions:
		in.Apply.Actions, err = d.actionIDs(v)
	case tfpWriteSetField:
		err = d.fieldSet(v, &in.Write.SetFields, nil)
	case tfpApplySetField:
		err = d.fieldSet(v, &in.Apply.SetFields, nil)
	case tfpMatch:
		if typ != tfpMatch {
			return d.unknownProp("table features", typ)
		}
		err = d.fieldSet(v, &t.Match, &t.Mask)
	case tfpWildcards:
		if typ != tfpWildcards {
			return d.unknownProp("table features", typ)
		}
		err = d.fieldSet(v, &t.Wildcard, nil)
	default:
		return d.unknownProp("table features", typ)
	}
	return err
}

// idSet reads headers without a body; known says which may be.
func (d *msgDecoder) idSet(b []byte, known func(n uint16) bool) (set uint64, err error) {
	err = eachPropAlign(b, 1, func(n uint16, _ []byte) error {
		switch {
		case known == nil && n < 32, known != nil && known(n):
			set |= 1 << n
		case known != nil && !d.loose:
			return ErrBadInstructionUnknownInst
		}
		return nil
	})
	return set, err
}

func (d *msgDecoder) actionIDs(b []byte) (uint64, error) {
	set, err := d.idSet(b, nil)
	return actionKinds(set, d.Version), err
}

// fieldSet reads headers of fields.
func (d *msgDecoder) fieldSet(b []byte, fields, masked *FieldSet) error {
	for len(b) > 0 {
		id, mask, _, n, err := flow.ParseHeader(b)
		switch {
		case err == nil && mask && masked == nil:
			return ErrBadMatchBadMask
		case err == nil && mask:
			masked.Add(id)
		case err == nil:
			fields.Add(id)
		default:
			if code := matchError(err); code != ErrBadMatchBadField || !d.loose || n == 0 {
				return code
			}
		}
		b = b[n:]
	}
	return nil
}

// complete fills in what properties leave out, and what they imply: without
// properties of its own the flow for a miss is like all, and a field that has a
// mask can be matched or left out.
func (t *TableFeatures) complete(seen uint32) {
	has := func(n int) bool { return seen&(1<<(n+1)) != 0 }
	if t.HasProperties {
		if !has(tfpInstructions) {
			t.MissFlow.Instructions = t.Flows.Instructions
		}
		if !has(tfpNextTables) {
			t.MissFlow.Next = t.Flows.Next
		}
		if !has(tfpWriteActions) {
			t.MissFlow.Write.Actions = t.Flows.Write.Actions
		}
		if !has(tfpApplyActions) {
			t.MissFlow.Apply.Actions = t.Flows.Apply.Actions
		}
		if !has(tfpWriteSetField) {
			t.MissFlow.Write.SetFields = t.Flows.Write.SetFields
		}
		if !has(tfpApplySetField) {
			t.MissFlow.Apply.SetFields = t.Flows.Apply.SetFields
		}
	}
	for i := range t.Match {
		t.Match[i] |= t.Mask[i]
		t.Wildcard[i] = (t.Wildcard[i] | t.Mask[i]) & t.Match[i]
	}
}
