package ofproto

import (
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// evictionFlags say by what a table of ours chooses the flows to evict.
const evictionFlags = openflow.EvictOther | openflow.EvictImportance | openflow.EvictLifetime

// SetFlowTables sets the limits of tables (Bridge:flow_tables); tables that are
// not named have none.
func (p *Ofproto) SetFlowTables(limits map[uint8]flowtable.Limits) {
	for i := range uint8(flowtable.N) {
		if l, old := limits[i], p.tables.Limits(i); !l.Equal(&old) {
			p.tables.Configure(i, l)
			p.backer.wake()
		}
	}
}

// tableMod does what a table-mod asks.
func (p *Ofproto) tableMod(m *openflow.TableMod) error {
	switch {
	case m.Table == openflow.TableAny:
		for i := range uint8(flowtable.Internal) {
			p.modTable(i, m)
		}
	case m.Table >= flowtable.N:
		return openflow.ErrTableModFailedBadTable
	case m.Table == flowtable.Internal:
		return openflow.ErrTableModFailedEperm
	default:
		p.modTable(m.Table, m)
	}
	p.backer.wake()
	return nil
}

func (p *Ofproto) modTable(i uint8, m *openflow.TableMod) {
	s := p.tables.Mod(i)
	s.Miss = uint8(m.Miss)
	if m.Eviction != openflow.SwitchedDefault {
		s.Eviction = m.Eviction == openflow.SwitchedOn
	}
	switch m.Vacancy {
	case openflow.SwitchedOn:
		s.VacancyEvents, s.VacancyDown, s.VacancyUp = true, m.VacancyDown, m.VacancyUp
	case openflow.SwitchedOff:
		s.VacancyEvents, s.VacancyDown, s.VacancyUp = false, 0, 0
	}
	p.tables.SetMod(i, s)
}

func switched(on bool) openflow.Switched {
	if on {
		return openflow.SwitchedOn
	}
	return openflow.SwitchedOff
}

// tableDesc describes how table i behaves; free is how much of it is, in percent.
func tableDesc(i uint8, s flowtable.Mod, free int) openflow.TableDesc {
	return openflow.TableDesc{
		Table: i, Eviction: switched(s.Eviction), EvictionFlags: evictionFlags, Vacancy: switched(s.VacancyEvents),
		VacancyDown: s.VacancyDown, VacancyUp: s.VacancyUp, VacancyNow: uint8(free),
	}
}

func (p *Ofproto) tableDescs() *openflow.TableDescReply {
	r := &openflow.TableDescReply{}
	for i := range uint8(flowtable.Internal) {
		r.Tables = append(r.Tables, tableDesc(i, p.tables.Mod(i), p.tables.Free(i)))
	}
	return r
}

// vacancy tells controllers that a table has become too full, or empty enough.
// The tables are locked.
func (p *Ofproto) vacancy(i uint8, mod flowtable.Mod, e flowtable.VacancyEvent, free int) {
	m := &openflow.TableStatus{Reason: openflow.TableVacancyDown, Desc: tableDesc(i, mod, free)}
	if e == flowtable.VacancyUp {
		m.Reason = openflow.TableVacancyUp
	}
	for _, o := range p.conns.all() {
		if o.wants(openflow.AsyncTableStatus, uint8(m.Reason)) {
			o.post(m)
		}
	}
}

// tableStats returns the counters of all tables that controllers see.
func (p *Ofproto) tableStats(v openflow.Version) *openflow.TableStatsReply {
	r := &openflow.TableStatsReply{}
	f := p.tableFeatures(v)
	for i := range f {
		t := p.tables.Table(uint8(i))
		matched := t.Matched.Load()
		s := openflow.TableStats{
			Table: uint8(i), ActiveCount: uint32(t.Len()), LookupCount: matched + t.Missed.Load(), MatchedCount: matched,
		}
		if v < openflow.V13 {
			s.Features = &f[i]
		}
		r.Tables = append(r.Tables, s)
	}
	return r
}

// tableFeatures says what each table can match and do, which is the same for
// all of them but for where they can go.
func (p *Ofproto) tableFeatures(v openflow.Version) []openflow.TableFeatures {
	const (
		gotoTable    = 1 << 1
		instructions = 1<<2 | 1<<3 | 1<<4 | 1<<5
		meter        = 1 << 6
	)
	actions := openflow.TableActions{}
	for _, k := range [...]openflow.Kind{
		openflow.KindOutput, openflow.KindGroup, openflow.KindSetField, openflow.KindStripVLAN, openflow.KindPushVLAN,
		openflow.KindSetIPTTL, openflow.KindDecTTL, openflow.KindSetMPLSTTL, openflow.KindDecMPLSTTL,
		openflow.KindPushMPLS, openflow.KindPopMPLS, openflow.KindSetQueue,
	} {
		actions.Actions |= 1 << k
	}
	if v == openflow.V11 {
		for _, k := range [...]openflow.Kind{
			openflow.KindSetVLANVID, openflow.KindSetVLANPCP, openflow.KindSetEthSrc, openflow.KindSetEthDst,
			openflow.KindSetIPv4Src, openflow.KindSetIPv4Dst, openflow.KindSetIPDSCP, openflow.KindSetIPECN,
			openflow.KindSetL4SrcPort, openflow.KindSetL4DstPort, openflow.KindSetMPLSLabel, openflow.KindSetMPLSTC,
		} {
			actions.Actions |= 1 << k
		}
	}
	var match, mask openflow.FieldSet
	for id := flow.FieldID(0); id < flow.NumFields; id++ {
		f := id.Info()
		if !id.Available() || f.Name == "" {
			continue
		}
		match.Add(id)
		if f.Maskable {
			mask.Add(id)
		}
		if f.Writable {
			actions.SetFields.Add(id)
		}
	}
	if v == openflow.V10 {
		match = openflow.Fields10()
	}
	out := make([]openflow.TableFeatures, flowtable.Internal)
	for i := range out {
		l, mod := p.tables.Limits(uint8(i)), p.tables.Mod(uint8(i))
		in := openflow.TableInstructions{Instructions: instructions, Write: actions, Apply: actions}
		if v >= openflow.V13 {
			in.Instructions |= meter
		}
		for to := i + 1; to < flowtable.Internal; to++ {
			in.Next.Add(flow.FieldID(to))
			in.Instructions |= gotoTable
		}
		out[i] = openflow.TableFeatures{
			Table: uint8(i), Name: l.Name, MetadataMatch: ^uint64(0), MetadataWrite: ^uint64(0),
			Miss: openflow.TableMiss(mod.Miss), Eviction: switched(mod.Eviction), Vacancy: switched(mod.VacancyEvents),
			MaxEntries: flowtable.DefaultMax, HasProperties: true, Flows: in, MissFlow: in,
			Match: match, Mask: mask, Wildcard: match,
		}
		if l.Limited {
			out[i].MaxEntries = uint32(l.Max)
		}
	}
	return out
}
