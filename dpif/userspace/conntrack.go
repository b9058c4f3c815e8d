package userspace

import (
	"time"

	"govs/conntrack"
	"govs/conntrack/frag"
	"govs/dpif"
)

var _ dpif.Conntrack = (*Datapath)(nil)

// CtDump implements dpif.Conntrack.
func (dp *Datapath) CtDump(f *conntrack.Filter, fn func(*conntrack.Entry) bool) error {
	dp.ct.tracker.Dump(f, dp.ct.now(), fn)
	return nil
}

// CtFlush implements dpif.Conntrack.
func (dp *Datapath) CtFlush(f *conntrack.Filter) (int, error) { return dp.ct.tracker.Flush(f), nil }

// CtExpectations implements dpif.Conntrack.
func (dp *Datapath) CtExpectations() ([]conntrack.Expectation, error) {
	return dp.ct.tracker.Expectations(), nil
}

// CtBuckets implements dpif.Conntrack.
func (dp *Datapath) CtBuckets() ([]int, error) { return dp.ct.tracker.Buckets(), nil }

// CtConns implements dpif.Conntrack.
func (dp *Datapath) CtConns() (n, most uint32, err error) {
	return uint32(dp.ct.tracker.Len()), dp.ct.tracker.MaxConns(), nil
}

// CtSetMaxConns implements dpif.Conntrack.
func (dp *Datapath) CtSetMaxConns(most uint32) error {
	dp.ct.tracker.SetMaxConns(most)
	return nil
}

// CtSeqCheck implements dpif.Conntrack.
func (dp *Datapath) CtSeqCheck() (bool, error) { return dp.ct.tracker.SeqCheck(), nil }

// CtSetSeqCheck implements dpif.Conntrack.
func (dp *Datapath) CtSetSeqCheck(on bool) error {
	dp.ct.tracker.SetSeqCheck(on)
	return nil
}

// CtLimits implements dpif.Conntrack.
func (dp *Datapath) CtLimits(zones []uint16) (uint32, []conntrack.ZoneLimit, error) {
	t := dp.ct.tracker
	if len(zones) == 0 {
		return t.DefaultLimit(), t.ZoneLimits(), nil
	}
	var l []conntrack.ZoneLimit
	for _, z := range zones {
		l = append(l, t.ZoneLimit(z))
	}
	return t.DefaultLimit(), l, nil
}

// CtSetLimits implements dpif.Conntrack.
func (dp *Datapath) CtSetLimits(def *uint32, list []conntrack.ZoneLimit) error {
	if def != nil {
		dp.ct.tracker.SetDefaultLimit(*def)
	}
	for _, l := range list {
		dp.ct.tracker.SetZoneLimit(l.Zone, l.Limit)
	}
	return nil
}

// CtDelLimits implements dpif.Conntrack.
func (dp *Datapath) CtDelLimits(zones []uint16) error {
	for _, z := range zones {
		dp.ct.tracker.DelZoneLimit(z)
	}
	return nil
}

// CtSetPolicy implements dpif.Conntrack.
func (dp *Datapath) CtSetPolicy(id uint32, timeouts map[string]uint32) error {
	var p *conntrack.Policy
	if timeouts != nil {
		p = conntrack.NewPolicy(timeouts)
	}
	dp.ct.tracker.SetPolicy(id, p)
	return nil
}

// CtPolicies implements dpif.Conntrack.
func (dp *Datapath) CtPolicies() ([]uint32, error) { return dp.ct.tracker.Policies(), nil }

// CtSweepInterval implements dpif.Conntrack.
func (dp *Datapath) CtSweepInterval() (time.Duration, error) {
	return time.Duration(dp.ct.interval.Load()), nil
}

// CtSetSweepInterval implements dpif.Conntrack.
func (dp *Datapath) CtSetSweepInterval(d time.Duration) error {
	dp.ct.interval.Store(int64(max(d, time.Millisecond)))
	select {
	case dp.ct.changed <- struct{}{}:
	default:
	}
	return nil
}

// CtFrags implements dpif.Conntrack.
func (dp *Datapath) CtFrags(lists bool) (frag.Status, error) {
	dp.ct.frags.Sweep(dp.ct.now())
	return dp.ct.frags.Status(lists), nil
}

// CtFragEnable implements dpif.Conntrack.
func (dp *Datapath) CtFragEnable(f frag.Family, on bool) error {
	dp.ct.frags.Enable(f, on)
	return nil
}

// CtFragSetMin implements dpif.Conntrack.
func (dp *Datapath) CtFragSetMin(f frag.Family, n uint32) error {
	if !dp.ct.frags.SetMin(f, n) {
		return dpif.ErrPerm
	}
	return nil
}

// CtFragSetMax implements dpif.Conntrack.
func (dp *Datapath) CtFragSetMax(n uint32) error {
	if !dp.ct.frags.SetMax(n) {
		return dpif.ErrPerm
	}
	return nil
}
