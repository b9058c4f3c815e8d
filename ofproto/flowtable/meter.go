package flowtable

import (
	"time"

	"govs/openflow"
)

// Meter is one meter. It never changes: one that is modified becomes a new
// Meter.
type Meter struct {
	openflow.MeterConfig
	Created  time.Time
	Datapath uint32 // the datapath's number for it
}

// Meters are the meters of a switch at one moment.
type Meters = Numbered[Meter]

// Metering is the datapath's part of meters.
type Metering interface {
	// Features returns what meters are possible; MaxMeters is 0 for none.
	Features() openflow.MeterFeatures
	// Set makes a meter or, if old is not nil, changes that one, and returns the
	// datapath's number.
	Set(old *Meter, c *openflow.MeterConfig) (uint32, error)
	// Delete removes a meter.
	Delete(m *Meter)
	// Stats fills in what the datapath has counted.
	Stats(m *Meter, s *openflow.MeterCounters)
}

// SetMetering sets who does the datapath's part of meters; without, there are
// none.
func (t *Tables) SetMetering(m Metering) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.metering = m
}

// Meters returns the meters as they are now.
func (t *Tables) Meters() *Meters { return t.State().Meters }

// MeterFeatures returns what meters are possible.
func (t *Tables) MeterFeatures() (f openflow.MeterFeatures) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.metering != nil {
		f = t.metering.Features()
	}
	return f
}

// ApplyMeter does what a meter-mod from a controller asks. The error is an
// openflow.ErrorCode.
func (t *Tables) ApplyMeter(mm *openflow.MeterMod, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	if mm.Command == openflow.MeterDelete {
		for _, m := range t.latest().Meters.pick(mm.ID, openflow.MeterAll) {
			t.deleteMeter(m)
		}
		return nil
	}
	if err := t.checkMeter(mm); err != nil {
		return err
	}
	old := t.latest().Meters.Get(mm.ID)
	switch {
	case mm.Command == openflow.MeterAdd && old != nil:
		return openflow.ErrMeterModFailedMeterExists
	case mm.Command == openflow.MeterModify && old == nil:
		return openflow.ErrMeterModFailedUnknownMeter
	}
	id, err := t.metering.Set(old, &mm.MeterConfig)
	if err != nil {
		return err
	}
	m := &Meter{MeterConfig: mm.MeterConfig, Created: now, Datapath: id}
	if old != nil {
		m.Created = old.Created
	}
	t.setMeter(mm.ID, m)
	return nil
}

// checkMeter refuses meters that cannot be.
func (t *Tables) checkMeter(mm *openflow.MeterMod) error {
	virtual := mm.ID == openflow.MeterSlowPath || mm.ID == openflow.MeterController
	if mm.ID == 0 || mm.ID > openflow.MeterMax && !virtual || t.metering == nil {
		return openflow.ErrMeterModFailedInvalidMeter
	}
	f := t.metering.Features()
	switch {
	case f.MaxMeters == 0:
		return openflow.ErrMeterModFailedInvalidMeter
	case uint32(mm.Flags)&^f.Capabilities != 0:
		return openflow.ErrMeterModFailedBadFlags
	case len(mm.Bands) > int(f.MaxBands):
		return openflow.ErrMeterModFailedOutOfBands
	}
	for _, b := range mm.Bands {
		if f.BandTypes&(1<<b.Type) == 0 {
			return openflow.ErrMeterModFailedBadBand
		}
	}
	return nil
}

// deleteMeter removes a meter and the flows that use it.
func (t *Tables) deleteMeter(m *Meter) {
	for r := range t.users[use{useMeter, m.ID}] {
		t.remove(r, openflow.RemovedMeterDelete)
	}
	t.setMeter(m.ID, nil)
	t.metering.Delete(m)
}

func (t *Tables) setMeter(id uint32, m *Meter) {
	s := *t.latest()
	s.Meters = s.Meters.with(id, m)
	t.setState(&s)
}

// CloseMeters gives the meters back to the datapath, as a switch does that goes.
func (t *Tables) CloseMeters() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, m := range t.latest().Meters.All() {
		t.setMeter(id, nil)
		t.metering.Delete(m)
	}
}

// MeterConfigs returns one meter, or all with openflow.MeterAll; ok is false if
// the one is not there.
func (t *Tables) MeterConfigs(id uint32) (out []openflow.MeterConfig, ok bool) {
	for _, m := range t.Meters().pick(id, openflow.MeterAll) {
		out = append(out, m.MeterConfig)
	}
	return out, out != nil || id == openflow.MeterAll
}

// MeterStats returns the counters of one meter, or of all with
// openflow.MeterAll; ok is false if the one is not there.
func (t *Tables) MeterStats(id uint32, now time.Time) (out []openflow.MeterCounters, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.Meters().pick(id, openflow.MeterAll) {
		s := openflow.MeterCounters{
			ID: m.ID, Flows: uint32(len(t.users[use{useMeter, m.ID}])), Duration: now.Sub(m.Created).Truncate(time.Millisecond),
			Bands: make([]openflow.BandStats, len(m.Bands)),
		}
		t.metering.Stats(m, &s)
		out = append(out, s)
	}
	return out, out != nil || id == openflow.MeterAll
}
