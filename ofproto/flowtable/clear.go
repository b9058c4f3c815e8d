package flowtable

import (
	"math"

	"govs/classifier"
	"govs/openflow"
)

// deleteAll deletes the flows of a table, or of all that controllers see, and
// tells of each.
func (t *Tables) deleteAll(id uint8) {
	from, to, _ := t.selected(id)
	for i := from; i < to; i++ {
		tb := &t.tables[i]
		if tb.Len() == 0 {
			continue
		}
		if tb.cls.Load().MaxPriority() <= math.MaxUint16 && !tb.mod.VacancyEvents {
			t.clear(tb, func(r *Rule) { t.tellRemoved(r, openflow.RemovedDelete) })
			continue
		}
		for r := range tb.rules() {
			if !r.Hidden() {
				t.remove(r, openflow.RemovedDelete)
			}
		}
	}
}

// Flush removes all flows, hidden ones too, but not those of the internal table.
// Nobody is told.
func (t *Tables) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range Internal {
		if tb := &t.tables[i]; tb.Len() > 0 {
			t.clear(tb, func(*Rule) {})
			t.tellVacancy(tb.id)
		}
	}
}

// clear empties a table in one step, by giving it a new classifier, and calls
// gone with each flow that was in it.
func (t *Tables) clear(tb *Table, gone func(*Rule)) {
	t.dropGarbage(tb)
	old := tb.cls.Load()
	tb.cls.Store(t.newClassifier(tb))
	if tb.evict != nil {
		tb.setEvictor() // of an empty table
	}
	for r := range old.All(classifier.Latest) {
		t.forget(r.Value)
		gone(r.Value)
	}
	t.changed(tb.id)
}

// newClassifier returns an empty classifier with the tries that a table is to have.
func (t *Tables) newClassifier(tb *Table) *classifier.Classifier[*Rule] {
	if p := tb.limits.Prefixes; p != nil {
		return classifier.New[*Rule](p...)
	}
	return classifier.New[*Rule](t.prefixes...)
}
