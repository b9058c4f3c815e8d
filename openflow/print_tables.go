package openflow

import (
	"strings"

	"govs/flow"
)

// tablePrinter prints tables one after the other, and says of each only what
// differs from the one before.
type tablePrinter struct {
	*printer
	prev      *TableFeatures
	prevStats *TableStats
	ditto     [2]int // first and last table of a run that is not printed; first -1 for none
}

func (m *TableStatsReply) print(p *printer) {
	tp := &tablePrinter{printer: p, ditto: [2]int{-1, -1}}
	for i := range m.Tables {
		t := &m.Tables[i]
		f := t.Features
		if f == nil {
			f = &TableFeatures{Table: t.Table}
		}
		tp.table(f, t)
	}
	tp.finish()
}

func (m *TableFeaturesRequest) print(p *printer) { p.tables(m.Tables) }
func (m *TableFeaturesReply) print(p *printer)   { p.tables(m.Tables) }

// AppendTables prints the features of tables, of which a switch may tell in
// several messages, as one list.
func AppendTables(b []byte, tables []TableFeatures, names *Names) []byte {
	p := printer{formatter: formatter{b: b, names: names}}
	p.tables(tables)
	return p.b
}

func (p *printer) tables(tables []TableFeatures) {
	tp := &tablePrinter{printer: p, ditto: [2]int{-1, -1}}
	for i := range tables {
		tp.table(&tables[i], nil)
	}
	tp.finish()
}

func (p *tablePrinter) table(t *TableFeatures, stats *TableStats) {
	prev, prevStats := p.prev, p.prevStats
	p.prev, p.prevStats = t, stats
	if prev == nil && t.Command != TableReplace {
		p.f("\n  command: %s", [...]string{"replace", "modify", "enable", "disable"}[t.Command&3])
	}
	sameStats := stats == nil || prevStats != nil && stats.ActiveCount == prevStats.ActiveCount &&
		stats.LookupCount == prevStats.LookupCount && stats.MatchedCount == prevStats.MatchedCount
	same := prev != nil && t.like(prev)
	if sameStats && same && t.Name == "" {
		if p.ditto[0] < 0 {
			p.ditto[0] = int(t.Table)
		}
		p.ditto[1] = int(t.Table)
		return
	}
	p.finish()
	p.f("\n  table %d", t.Table)
	if t.Name != "" {
		p.f(" (\"%s\")", t.Name)
	}
	p.str(":")
	if sameStats && same {
		p.str(" ditto")
		return
	}
	p.str("\n")
	if stats != nil {
		p.f("    active=%d, lookup=%d, matched=%d\n", stats.ActiveCount, stats.LookupCount, stats.MatchedCount)
	}
	if same {
		if !t.empty() {
			p.str("    (same features)\n")
		}
		return
	}
	p.features(t, prev)
}

// finish prints the run of tables that are like the one before them.
func (p *tablePrinter) finish() {
	if p.ditto[0] < 0 {
		return
	}
	p.str("\n")
	if p.ditto[0] == p.ditto[1] {
		p.f("  table %d: ditto\n", p.ditto[0])
	} else {
		p.f("  tables %d...%d: ditto\n", p.ditto[0], p.ditto[1])
	}
	p.ditto[0] = -1
}

func (p *tablePrinter) features(t, prev *TableFeatures) {
	if t.MetadataMatch != 0 || t.MetadataWrite != 0 {
		p.f("    metadata: match=%s write=%s\n", altHex64(t.MetadataMatch), altHex64(t.MetadataWrite))
	}
	if t.Miss != TableMissDefault {
		p.f("    config=%s\n", t.Miss)
	}
	for _, s := range [...]struct {
		name string
		s    Switched
	}{{"eviction", t.Eviction}, {"vacancy events", t.Vacancy}} {
		switch s.s {
		case SwitchedOn:
			p.f("    %s: supported\n", s.name)
		case SwitchedOff:
			p.f("    %s: not supported\n", s.name)
		}
	}
	if t.MaxEntries != 0 {
		p.f("    max_entries=%d\n", t.MaxEntries)
	}
	var flows, miss *TableInstructions
	if prev != nil {
		flows, miss = &prev.Flows, &prev.MissFlow
	}
	switch {
	case prev != nil && sameInstructions(&t.Flows, t.Table, flows, prev.Table) && sameInstructions(&t.MissFlow, t.Table, miss, prev.Table):
		if t.Flows != (TableInstructions{}) {
			p.str("    (same instructions)\n")
		}
	case t.Flows != t.MissFlow:
		p.str("    instructions (other than table miss):\n")
		p.instructions(&t.Flows, flows)
		p.str("    instructions (table miss):\n")
		p.instructions(&t.MissFlow, miss)
	case t.Flows != (TableInstructions{}):
		p.str("    instructions (table miss and others):\n")
		p.instructions(&t.Flows, flows)
	}
	if t.Match == (FieldSet{}) {
		return
	}
	if prev != nil && t.Match == prev.Match {
		p.str("    (same matching)\n")
		return
	}
	p.str("    matching:\n")
	for _, r := range [...]struct {
		title      string
		mask, wild bool
	}{{"arbitrary mask", true, true}, {"exact match or wildcard", false, true}, {"must exact match", false, false}} {
		var s FieldSet
		for id := range flow.NumFields {
			if t.Match.Has(id) && t.Mask.Has(id) == r.mask && t.Wildcard.Has(id) == r.wild {
				s.Add(id)
			}
		}
		if s != (FieldSet{}) {
			p.f("      %s:", r.title)
			p.fieldSet(&s)
		}
	}
}

// instructionOrder is the order in which instructions are printed.
var instructionOrder = [...]struct {
	typ  int
	name string
}{{instMeter, "meter"}, {instApply, "apply_actions"}, {instClear, "clear_actions"}, {instWriteActions, "write_actions"},
	{instWriteMetadata, "write_metadata"}, {instGoto, "goto_table"}}

func (p *tablePrinter) instructions(in, prev *TableInstructions) {
	if in.Next != (TableSet{}) {
		p.str("      next tables: ")
		p.ranges(&in.Next)
		p.str("\n")
	}
	switch {
	case in.Instructions == 0:
	case prev != nil && in.Instructions == prev.Instructions:
		p.str("      (same instructions)\n")
	default:
		p.f("      instructions: %s\n", strings.Join(in.InstructionNames(), " "))
	}
	switch {
	case prev != nil && in.Write == prev.Write && in.Apply == prev.Apply && in.Write.SetFields != (FieldSet{}):
		p.str("      (same actions)\n")
	case in.Write != in.Apply:
		p.str("      Write-Actions features:\n")
		p.actions(&in.Write)
		p.str("      Apply-Actions features:\n")
		p.actions(&in.Apply)
	case in.Write != (TableActions{}):
		p.str("      Write-Actions and Apply-Actions features:\n")
		p.actions(&in.Write)
	}
}

// ranges prints numbers as "1-3,5".
func (p *tablePrinter) ranges(s *TableSet) {
	first, last := -1, -1
	sep := ""
	flush := func() {
		switch {
		case first < 0:
			return
		case first == last:
			p.f("%s%d", sep, first)
		default:
			p.f("%s%d-%d", sep, first, last)
		}
		sep = ","
	}
	s.each(func(n int) {
		if n != last+1 || first < 0 {
			flush()
			first = n
		}
		last = n
	})
	flush()
}

func (p *tablePrinter) actions(a *TableActions) {
	if a.Actions != 0 {
		p.str("        actions: ")
		p.str(strings.Join(ActionNames(a.Actions), " "))
		p.str("\n")
	}
	if a.SetFields != (FieldSet{}) {
		p.str("        supported on Set-Field:")
		p.fieldSet(&a.SetFields)
	}
}

func (p *tablePrinter) fieldSet(s *FieldSet) {
	p.str(" ")
	p.b = appendNames(p.b, s.Names(), 0)
	p.str("\n")
}

// sameInstructions compares what flows can do in two tables. As no table can go
// to itself, neighbours whose next tables differ by just that are alike.
func sameInstructions(a *TableInstructions, aTable uint8, b *TableInstructions, bTable uint8) bool {
	x, y := *a, *b
	if bTable+1 == aTable && bTable != TableAny {
		aTable, bTable = bTable, aTable
		x, y = y, x
	}
	if bTable == aTable+1 && x.Next.Has(flow.FieldID(bTable)) && !y.Next.Has(flow.FieldID(bTable)) {
		y.Next.Add(flow.FieldID(bTable))
	}
	return x == y
}

// like reports whether a table's features are those of the table before it.
func (t *TableFeatures) like(o *TableFeatures) bool {
	return t.MetadataMatch == o.MetadataMatch && t.MetadataWrite == o.MetadataWrite && t.Miss == o.Miss &&
		t.Eviction == o.Eviction && t.Vacancy == o.Vacancy && t.MaxEntries == o.MaxEntries &&
		sameInstructions(&t.Flows, t.Table, &o.Flows, o.Table) && sameInstructions(&t.MissFlow, t.Table, &o.MissFlow, o.Table) &&
		t.Match == o.Match
}

func (t *TableFeatures) empty() bool { return t.like(&TableFeatures{Table: t.Table}) }
