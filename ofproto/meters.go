package ofproto

import (
	"sync"

	"govs/dpif"
	"govs/ofproto/flowtable"
	"govs/openflow"
)

// meterMod changes the meters.
func (o *ofConn) meterMod(m *openflow.MeterMod, b []byte) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	if err := o.p.tables.ApplyMeter(m, o.p.now()); err != nil {
		return o.fail(errorCode(err, openflow.ErrMeterModFailedUnknown), b)
	}
	o.p.backer.wake()
	return nil
}

// replyIf answers with m, or with an error.
func (o *ofConn) replyIf(ok bool, m openflow.Message, code openflow.ErrorCode, request []byte) error {
	if !ok {
		return o.fail(code, request)
	}
	return o.reply(m, openflow.ParseHeader(request).Xid)
}

// meterPool makes the meters of all switches of a datapath. It is a
// flowtable.Metering.
type meterPool struct {
	dp dpif.Meters

	mu   sync.Mutex
	next uint32   // the first number never used; guarded by mu
	free []uint32 // numbers used before; guarded by mu
}

// newMeterPool returns the pool for a datapath; nil if it has no meters.
func newMeterPool(dp dpif.Datapath) flowtable.Metering {
	if m, ok := dp.(dpif.Meters); ok {
		return &meterPool{dp: m}
	}
	return nil
}

// Features implements flowtable.Metering.
func (p *meterPool) Features() openflow.MeterFeatures {
	f := p.dp.MeterFeatures()
	types := uint32(1 << openflow.BandDrop)
	if f.Marks {
		types |= 1 << openflow.BandDSCPRemark
	}
	return openflow.MeterFeatures{
		MaxMeters: f.MaxMeters, MaxBands: f.MaxBands, BandTypes: types,
		Capabilities: uint32(openflow.MeterKbps | openflow.MeterPktps | openflow.MeterBurst | openflow.MeterStats),
	}
}

// take returns a number that is free.
func (p *meterPool) take() (uint32, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		id := p.free[n-1]
		p.free = p.free[:n-1]
		return id, true
	}
	if p.next >= p.dp.MeterFeatures().MaxMeters {
		return 0, false
	}
	p.next++
	return p.next - 1, true
}

func (p *meterPool) give(id uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, id)
}

// Set implements flowtable.Metering.
func (p *meterPool) Set(old *flowtable.Meter, c *openflow.MeterConfig) (uint32, error) {
	m := &dpif.Meter{Packets: c.Flags&openflow.MeterPktps != 0}
	for _, b := range c.Bands {
		m.Bands = append(m.Bands, dpif.MeterBand{Rate: b.Rate, Burst: b.Burst, Mark: b.Type == openflow.BandDSCPRemark, Raise: b.PrecLevel})
	}
	var id uint32
	if old != nil {
		id = old.Datapath
	} else {
		var ok bool
		if id, ok = p.take(); !ok {
			return 0, openflow.ErrMeterModFailedOutOfMeters
		}
	}
	if err := p.dp.MeterSet(id, m); err != nil {
		if old == nil {
			p.give(id)
		}
		return 0, openflow.ErrMeterModFailedUnknown
	}
	return id, nil
}

// Delete implements flowtable.Metering.
func (p *meterPool) Delete(m *flowtable.Meter) {
	p.dp.MeterDel(m.Datapath)
	p.give(m.Datapath)
}

// Stats implements flowtable.Metering.
func (p *meterPool) Stats(m *flowtable.Meter, s *openflow.MeterCounters) {
	d, err := p.dp.MeterStats(m.Datapath)
	if err != nil {
		return
	}
	s.Packets, s.Bytes = d.Packets, d.Bytes
	for i := range min(len(s.Bands), len(d.Bands)) {
		s.Bands[i] = openflow.BandStats{Packets: d.Bands[i].Packets, Bytes: d.Bands[i].Bytes}
	}
}
