package xlate

import (
	"slices"

	"govs/dpif"
	"govs/openflow"
)

// meter sends the packet through a meter. What follows one that marks packets
// looks at them as they come back.
func (t *Translator) meter(id uint32, last bool) {
	t.out.Tables.Add(UsesBit)
	m := t.tables.Meters.Get(id)
	if m == nil {
		return
	}
	marks := t.flow.IsIP() && slices.ContainsFunc(m.Bands, func(b openflow.MeterBand) bool { return b.Type == openflow.BandDSCPRemark })
	if marks {
		t.commit() // the mark is put on what has been set so far
	}
	t.odp = t.odp.Meter(m.Datapath)
	if marks && !last {
		// A step, without which all would begin anew where nothing follows.
		t.steps = append(t.steps, openflow.ContinuationStep{Table: t.table, Cookie: t.cookie})
		t.freeze(false)
	}
}

// metered appends actions that only packets get which the meter lets pass; the
// others go on all the same. A meter that is not there lets all pass.
func (b *Bridge) metered(dst dpif.Actions, meter uint32, in dpif.Actions) dpif.Actions {
	m := b.Tables.Meters().Get(meter)
	if m == nil {
		return append(dst, in...)
	}
	var list dpif.Actions
	return dst.Sample(^uint32(0), append(list.Meter(m.Datapath), in...))
}

// controllerMeter is the meter of a controller action: its own, or the one for
// packets to controllers.
func controllerMeter(a *openflow.Controller) uint32 {
	if a.MeterID != 0 {
		return a.MeterID
	}
	return openflow.MeterController
}
