package openflow

import "govs/flow"

// TableStats are the counters of a flow table.
type TableStats struct {
	Table        uint8
	ActiveCount  uint32
	LookupCount  uint64
	MatchedCount uint64
	// Features come with the counters in OpenFlow 1.0 to 1.2, and are nil in
	// later versions.
	Features *TableFeatures
}

// TableStatsReply is (a part of) the answer to a TableStatsRequest.
type TableStatsReply struct{ Tables []TableStats }

func (*TableStatsReply) raw(p Protocols) rawType {
	switch p.Version() {
	case V10:
		return rawTableReply10
	case V11:
		return rawTableReply11
	case V12:
		return rawTableReply12
	}
	return rawTableReply13
}

// fieldBit is a bit of a message that stands for a field.
type fieldBit struct {
	bit   uint32
	field flow.FieldID
}

// fieldBits10 are the wildcards of OpenFlow 1.0; fieldBits11 are OpenFlow 1.1's
// OFPFMF_*.
var (
	fieldBits10 = []fieldBit{
		{wildInPort, flow.InPort},
		{wildVLAN, flow.VlanVID},
		{wildDLSrc, flow.EthSrc},
		{wildDLDst, flow.EthDst},
		{wildDLType, flow.EthType},
		{wildNWProto, flow.IPProto},
		{wildTPSrc, flow.TCPSrc},
		{wildTPDst, flow.TCPDst},
		{63 << wildNWSrc, flow.IPSrc},
		{63 << wildNWDst, flow.IPDst},
		{wildPCP, flow.VlanPCP},
		{wildTOS, flow.IPTOS},
	}
	fieldBits11 = []fieldBit{
		{1 << 0, flow.InPort},
		{1 << 1, flow.VlanVID},
		{1 << 2, flow.VlanPCP},
		{1 << 3, flow.EthType},
		{1 << 4, flow.IPTOS},
		{1 << 5, flow.IPProto},
		{1 << 6, flow.TCPSrc},
		{1 << 7, flow.TCPDst},
		{1 << 8, flow.MPLSLabel},
		{1 << 9, flow.MPLSTC},
		{1 << 11, flow.EthSrc},
		{1 << 12, flow.EthDst},
		{1 << 13, flow.IPSrc},
		{1 << 14, flow.IPDst},
		{1 << 15, flow.Metadata},
	}
)

// Fields10 returns the fields that OpenFlow 1.0 can match.
func Fields10() FieldSet { return fieldsFrom(wildAll, fieldBits10) }

func fieldsTo(s *FieldSet, table []fieldBit) (w uint32) {
	for _, r := range table {
		if s.Has(r.field) {
			w |= r.bit
		}
	}
	return w
}

func fieldsFrom(w uint32, table []fieldBit) (s FieldSet) {
	for _, r := range table {
		if w&r.bit != 0 {
			s.Add(r.field)
		}
	}
	return s
}

// oxmBits are bits by the numbers of OXM's basic class, of which OpenFlow 1.2
// has 36.
func oxmBits(s *FieldSet) (w uint64) {
	s.each(func(n int) {
		if h := header32(flow.FieldID(n), uint8(V12)); h>>16 == 0x8000 && h>>9&63 < 36 {
			w |= 1 << (h >> 9 & 63)
		}
	})
	return w
}

func oxmFields(w uint64) (s FieldSet) {
	for id := range flow.NumFields {
		if h := header32(id, uint8(V12)); h>>16 == 0x8000 && h>>9&63 < 36 && w&(1<<(h>>9&63)) != 0 {
			s.Add(id)
		}
	}
	return s
}

func (m *TableStatsReply) encode(e *msgEncoder) {
	for i := range m.Tables {
		t := &m.Tables[i]
		start := len(e.b)
		f := t.Features
		if f == nil {
			f = &TableFeatures{}
		}
		e.u8(t.Table)
		e.zeros(3)
		switch e.version {
		case V10:
			e.text(f.Name, 32)
			e.u32(fieldsTo(&f.Wildcard, fieldBits10))
			e.u32(f.MaxEntries)
		case V11:
			e.zeros(4)
			e.text(f.Name, 32)
			e.u32(fieldsTo(&f.Wildcard, fieldBits11))
			e.u32(fieldsTo(&f.Match, fieldBits11))
			e.u32(f.Flows.Instructions)
			e.u32(uint32(actionBits(f.Flows.Write.Actions, V11)))
			e.u32(uint32(actionBits(f.Flows.Apply.Actions, V11)))
			e.tableConfig(f.Miss, 0, 0)
			e.u32(f.MaxEntries)
		case V12:
			e.zeros(4)
			e.text(f.Name, 32)
			e.u64(oxmBits(&f.Match))
			e.u64(oxmBits(&f.Wildcard))
			e.u32(uint32(actionBits(f.Flows.Write.Actions, V12)))
			e.u32(uint32(actionBits(f.Flows.Apply.Actions, V12)))
			e.u64(oxmBits(&f.Flows.Write.SetFields))
			e.u64(oxmBits(&f.Flows.Apply.SetFields))
			e.u64(f.MetadataMatch)
			e.u64(f.MetadataWrite)
			e.u32(f.Flows.Instructions)
			e.tableConfig(f.Miss, 0, 0)
			e.u32(f.MaxEntries)
		}
		e.u32(t.ActiveCount)
		e.u64(t.LookupCount)
		e.u64(t.MatchedCount)
		e.item(start)
	}
}

// tableReply reads entries of n bytes, which end in the counters.
func tableReply(b []byte, n int, f func(t *TableFeatures, b []byte)) (Message, error) {
	m := &TableStatsReply{}
	for ; len(b) > 0; b = b[n:] {
		c := b[n-20:]
		t := TableStats{Table: b[0], ActiveCount: be.Uint32(c), LookupCount: be.Uint64(c[4:]), MatchedCount: be.Uint64(c[12:])}
		if f != nil {
			t.Features = &TableFeatures{Table: b[0], MaxEntries: be.Uint32(b[n-24:])}
			f(t.Features, b)
		}
		m.Tables = append(m.Tables, t)
	}
	return m, nil
}

func decodeTableReply10(_ *msgDecoder, b []byte) (Message, error) {
	return tableReply(b, 64, func(t *TableFeatures, b []byte) {
		t.Name = cStringIn(b[4:36])
		t.Match = fieldsFrom(be.Uint32(b[36:]), fieldBits10)
		t.Wildcard = t.Match
	})
}

func decodeTableReply11(d *msgDecoder, b []byte) (Message, error) {
	return tableReply(b, 88, func(t *TableFeatures, b []byte) {
		t.Name = cStringIn(b[8:40])
		t.Wildcard, t.Match = fieldsFrom(be.Uint32(b[40:]), fieldBits11), fieldsFrom(be.Uint32(b[44:]), fieldBits11)
		t.Flows.Instructions = be.Uint32(b[48:])
		t.Flows.Write.Actions, t.Flows.Apply.Actions = actionKinds(uint64(be.Uint32(b[52:])), V11), actionKinds(uint64(be.Uint32(b[56:])), V11)
		t.Miss, _, _ = d.tableConfig(be.Uint32(b[60:]))
		t.finishStats()
	})
}

func decodeTableReply12(d *msgDecoder, b []byte) (Message, error) {
	return tableReply(b, 128, func(t *TableFeatures, b []byte) {
		t.Name = cStringIn(b[8:40])
		t.Match, t.Wildcard = oxmFields(be.Uint64(b[40:])), oxmFields(be.Uint64(b[48:]))
		t.Flows.Write.Actions, t.Flows.Apply.Actions = actionKinds(uint64(be.Uint32(b[56:])), V12), actionKinds(uint64(be.Uint32(b[60:])), V12)
		t.Flows.Write.SetFields, t.Flows.Apply.SetFields = oxmFields(be.Uint64(b[64:])), oxmFields(be.Uint64(b[72:]))
		t.MetadataMatch, t.MetadataWrite = be.Uint64(b[80:]), be.Uint64(b[88:])
		t.Flows.Instructions = be.Uint32(b[96:])
		t.Miss, _, _ = d.tableConfig(be.Uint32(b[100:]))
		t.finishStats()
	})
}

// finishStats fills in what the features of OpenFlow 1.1 and 1.2 do not say: what
// can be left out can be matched.
func (t *TableFeatures) finishStats() {
	for i, w := range t.Wildcard {
		t.Match[i] |= w
	}
	t.Flows.Instructions &= 1<<instMeter - 1<<instGoto
	t.MissFlow = t.Flows
}

func decodeTableReply13(_ *msgDecoder, b []byte) (Message, error) { return tableReply(b, 24, nil) }
