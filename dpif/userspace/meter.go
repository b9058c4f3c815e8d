package userspace

import (
	"sync"
	"sync/atomic"

	"govs/dpif"
)

// Limits of meters, as in OVS.
const (
	maxMeters = 1 << 18
	maxBands  = 8
	meterPage = 512
)

// meterTable finds meters by number without a lock.
type meterTable [maxMeters / meterPage]atomic.Pointer[[meterPage]atomic.Pointer[meter]]

func (t *meterTable) get(id uint32) *meter {
	if id >= maxMeters {
		return nil
	}
	if page := t[id/meterPage].Load(); page != nil {
		return page[id%meterPage].Load()
	}
	return nil
}

// set puts m at id and returns what was there. The caller holds a lock against
// other writers.
func (t *meterTable) set(id uint32, m *meter) *meter {
	page := t[id/meterPage].Load()
	if page == nil {
		if m == nil {
			return nil
		}
		page = new([meterPage]atomic.Pointer[meter])
		t[id/meterPage].Store(page)
	}
	return page[id%meterPage].Swap(m)
}

// meter is a set of token buckets.
type meter struct {
	packets bool
	most    int64 // milliseconds in which any bucket becomes full

	mu    sync.Mutex
	used  int64 // milliseconds; when buckets were filled last
	stats dpif.MeterStats
	bands []bucket
}

// bucket holds what may still pass, in thousandths of packets or in bits.
type bucket struct {
	rate         uint64 // what comes in a millisecond
	level, depth uint64
}

func newMeter(c *dpif.Meter, now int64) *meter {
	m := &meter{packets: c.Packets, used: now, bands: make([]bucket, len(c.Bands)), stats: dpif.MeterStats{Bands: make([]dpif.MeterBandStats, len(c.Bands))}}
	for i, b := range c.Bands {
		burst := uint64(b.Burst)
		if burst == 0 {
			burst = uint64(b.Rate)
		}
		// Buckets start full.
		m.bands[i] = bucket{rate: uint64(b.Rate), depth: burst * 1000, level: burst * 1000}
		if b.Rate > 0 {
			m.most = max(m.most, int64((burst*1000+uint64(b.Rate)-1)/uint64(b.Rate)))
		}
	}
	return m
}

// passes counts a packet that comes at now, in milliseconds, and reports whether
// it may go on.
func (m *meter) passes(bytes int, now int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Packets++
	m.stats.Bytes += uint64(bytes)
	delta := uint64(max(min(now-m.used, m.most), 0))
	m.used = now
	need := uint64(bytes) * 8
	if m.packets {
		need = 1000
	}
	over := -1
	for i := range m.bands {
		b := &m.bands[i]
		b.level = min(b.level+delta*b.rate, b.depth)
		if b.level >= need {
			b.level -= need
		} else if over < 0 || b.rate > m.bands[over].rate {
			over = i
		}
	}
	if over < 0 {
		return true
	}
	s := &m.stats.Bands[over]
	s.Packets++
	s.Bytes += uint64(bytes)
	return false
}

func (m *meter) read() dpif.MeterStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Bands = append([]dpif.MeterBandStats(nil), s.Bands...)
	return s
}

// MeterFeatures implements dpif.Meters.
func (dp *Datapath) MeterFeatures() dpif.MeterFeatures {
	return dpif.MeterFeatures{MaxMeters: maxMeters, MaxBands: maxBands}
}

// MeterSet implements dpif.Meters.
func (dp *Datapath) MeterSet(id uint32, c *dpif.Meter) error {
	switch {
	case id >= maxMeters:
		return dpif.ErrTooMany
	case len(c.Bands) == 0 || len(c.Bands) > maxBands:
		return dpif.ErrInvalid
	}
	m := newMeter(c, dp.cfg.Now().UnixMilli())
	dp.meterMu.Lock()
	defer dp.meterMu.Unlock()
	dp.meters.set(id, m)
	return nil
}

// MeterStats implements dpif.Meters.
func (dp *Datapath) MeterStats(id uint32) (dpif.MeterStats, error) {
	if m := dp.meters.get(id); m != nil {
		return m.read(), nil
	}
	return dpif.MeterStats{}, dpif.ErrNotFound
}

// MeterDel implements dpif.Meters.
func (dp *Datapath) MeterDel(id uint32) (dpif.MeterStats, error) {
	if id >= maxMeters {
		return dpif.MeterStats{}, dpif.ErrNotFound
	}
	dp.meterMu.Lock()
	defer dp.meterMu.Unlock()
	if m := dp.meters.set(id, nil); m != nil {
		return m.read(), nil
	}
	return dpif.MeterStats{}, dpif.ErrNotFound
}

// meter takes a packet through a meter and reports whether it may go on. One
// that is gone lets all packets pass.
func (x *exec) meter(w *work, o *op) bool {
	m := x.dp.meters.get(o.n)
	if m == nil || m.passes(packetLen(w.p), x.now/1e6) {
		return true
	}
	x.dp.drop(dropMeter)
	return false
}
