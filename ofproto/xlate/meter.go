package xlate

import (
	"govs/dpif"
	"govs/openflow"
)

// meter sends the packet through a meter.
func (t *Translator) meter(id uint32) {
	t.out.Tables.Add(UsesBit)
	if m := t.tables.Meters.Get(id); m != nil {
		t.odp = t.odp.Meter(m.Datapath)
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
