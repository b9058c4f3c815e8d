package flowtable

import (
	"iter"
	"slices"

	"govs/classifier"
	"govs/flow"
)

// DefaultMax is how many flows a table without a limit says it can hold.
const DefaultMax = 1000000

// Limits are what a Flow_Table row sets.
type Limits struct {
	Name     string
	Limited  bool                // flow_limit is set
	Max      int                 // to this
	Evict    bool                // overflow_policy is "evict"
	Groups   []flow.Subfield     // groups: by which fields flows are evicted evenly
	Prefixes []classifier.Prefix // nil for the default
}

// Equal reports whether two Limits are the same.
func (l *Limits) Equal(o *Limits) bool {
	return l.Name == o.Name && l.Limited == o.Limited && l.Max == o.Max && l.Evict == o.Evict && slices.Equal(l.Groups, o.Groups) &&
		(l.Prefixes == nil) == (o.Prefixes == nil) && slices.Equal(l.Prefixes, o.Prefixes)
}

// Mod is what a controller's table-mod sets.
type Mod struct {
	Miss     uint8 // openflow.TableMiss
	Eviction bool
	// VacancyEvents tells of a table that has less than VacancyDown percent of
	// its room left, and of one that has more than VacancyUp again.
	VacancyEvents          bool
	VacancyDown, VacancyUp uint8
}

// A VacancyEvent tells how full a table has become.
type VacancyEvent uint8

// Vacancy events.
const (
	VacancyDown VacancyEvent = iota // less free than asked for
	VacancyUp                       // enough free again
)

// Limits returns what Configure has set for table i; Name says if it is empty.
func (t *Tables) Limits(i uint8) Limits {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tables[i].limits
}

// Mod returns what SetMod has set for table i.
func (t *Tables) Mod(i uint8) Mod {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tables[i].mod
}

// Configure sets the limits of table i. A limit below the number of flows evicts
// what may be evicted.
func (t *Tables) Configure(i uint8, l Limits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tb := &t.tables[i]
	old := tb.limits
	tb.limits = l
	if (old.Prefixes == nil) != (l.Prefixes == nil) || !slices.Equal(old.Prefixes, l.Prefixes) {
		t.rebuild(tb)
	}
	if old.Evict != l.Evict || !slices.Equal(old.Groups, l.Groups) {
		tb.setEvictor()
	}
	t.makeRoom(tb, 0)
	t.tellVacancy(i)
}

// SetMod sets what a table-mod asks of table i.
func (t *Tables) SetMod(i uint8, m Mod) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tb := &t.tables[i]
	old := tb.mod
	tb.mod = m
	tb.miss.Store(uint32(m.Miss))
	if old.Miss != m.Miss {
		t.changed(i)
	}
	if old.Eviction != m.Eviction {
		tb.setEvictor()
	}
	if old.VacancyEvents != m.VacancyEvents || old.VacancyDown != m.VacancyDown || old.VacancyUp != m.VacancyUp {
		tb.vacancy = VacancyDown
		if tb.free() < int(m.VacancyDown) {
			tb.vacancy = VacancyUp
		}
	}
}

// Miss returns what happens to packets that match no flow (openflow.TableMiss).
func (tb *Table) Miss() uint8 { return uint8(tb.miss.Load()) }

// Free returns how much of table i is free, in percent.
func (t *Tables) Free(i uint8) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tables[i].free()
}

func (tb *Table) free() int {
	switch {
	case !tb.limits.Limited:
		return 100
	case tb.limits.Max == 0:
		return 0
	}
	return max(tb.limits.Max-tb.Len(), 0) * 100 / tb.limits.Max
}

// tellVacancy calls Vacancy if the table has become too full, or empty enough.
func (t *Tables) tellVacancy(i uint8) {
	tb := &t.tables[i]
	if !tb.mod.VacancyEvents || t.Vacancy == nil {
		return
	}
	switch free := tb.free(); {
	case tb.vacancy == VacancyDown && free < int(tb.mod.VacancyDown):
		tb.vacancy = VacancyUp
		t.Vacancy(i, tb.mod, VacancyDown, free)
	case tb.vacancy == VacancyUp && free > int(tb.mod.VacancyUp):
		tb.vacancy = VacancyDown
		t.Vacancy(i, tb.mod, VacancyUp, free)
	}
}

// rules yields all flows of the table.
func (tb *Table) rules() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		for r := range tb.cls.Load().All(classifier.Latest) {
			if !yield(r.Value) {
				return
			}
		}
	}
}

// rebuild makes the table's classifier anew with other tries. Flows become new
// Rules that share their counters.
func (t *Tables) rebuild(tb *Table) {
	t.dropGarbage(tb)
	cls := t.newClassifier(tb)
	for old := range tb.rules() {
		r := old.clone()
		m := old.Match()
		r.classify(cls, &m, old.Priority())
		cls.Insert(&r.cls)
		if tb.evict != nil {
			tb.evict.remove(old)
			tb.evict.add(r)
		}
		t.forget(old)
		t.note(r)
	}
	tb.cls.Store(cls)
	t.unlearning = nil // nothing is gone
	t.changed(uint8(tb.id))
}
