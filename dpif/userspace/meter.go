package userspace

import (
	"sync"
	"sync/atomic"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
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
	mark         bool  // what is above the rate, not drop it
	raise        uint8 // its drop precedence, by so much
}

func newMeter(c *dpif.Meter, now int64) *meter {
	m := &meter{packets: c.Packets, used: now, bands: make([]bucket, len(c.Bands)), stats: dpif.MeterStats{Bands: make([]dpif.MeterBandStats, len(c.Bands))}}
	for i, b := range c.Bands {
		burst := uint64(b.Burst)
		if burst == 0 {
			burst = uint64(b.Rate)
		}
		// Buckets start full.
		m.bands[i] = bucket{rate: uint64(b.Rate), depth: burst * 1000, level: burst * 1000, mark: b.Mark, raise: b.Raise}
		if b.Rate > 0 {
			m.most = max(m.most, int64((burst*1000+uint64(b.Rate)-1)/uint64(b.Rate)))
		}
	}
	return m
}

// passes counts a packet that comes at now, in milliseconds, and reports whether
// it may go on, and by how much its drop precedence rises.
func (m *meter) passes(bytes int, now int64) (ok bool, raise uint8) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Packets++
	m.stats.Bytes += uint64(bytes)
	m.fill(now)
	need := m.need(1, bytes)
	over := -1
	for i := range m.bands {
		b := &m.bands[i]
		if b.level >= need {
			b.level -= need
		} else if over < 0 || b.rate > m.bands[over].rate {
			over = i
		}
	}
	if over < 0 {
		return true, 0
	}
	s := &m.stats.Bands[over]
	s.Packets++
	s.Bytes += uint64(bytes)
	return m.bands[over].mark, m.bands[over].raise
}

// passWhole is passes for so many packets at once if all of them may go on as they
// are; if not, it does nothing.
func (m *meter) passWhole(packets, bytes int, now int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fill(now)
	need := m.need(packets, bytes)
	for i := range m.bands {
		if m.bands[i].level < need {
			return false
		}
	}
	for i := range m.bands {
		m.bands[i].level -= need
	}
	m.stats.Packets += uint64(packets)
	m.stats.Bytes += uint64(bytes)
	return true
}

// fill fills the buckets up to now. The caller holds mu.
func (m *meter) fill(now int64) {
	delta := uint64(max(min(now-m.used, m.most), 0))
	m.used = now
	for i := range m.bands {
		b := &m.bands[i]
		b.level = min(b.level+delta*b.rate, b.depth)
	}
}

// need is what packets take out of a bucket.
func (m *meter) need(packets, bytes int) uint64 {
	if m.packets {
		return uint64(packets) * 1000
	}
	return uint64(bytes) * 8
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
	return dpif.MeterFeatures{MaxMeters: maxMeters, MaxBands: maxBands, Marks: true}
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

// meter takes a packet through the meter that is the first of the operations and
// reports whether it may go on to the others. One that is gone lets all packets
// pass. A super-frame counts as what it stands for: where not all of that may pass,
// each frame goes its own way.
func (x *exec) meter(w *work, ops []op) bool {
	m := x.dp.meters.get(ops[0].n)
	if m == nil {
		return true
	}
	now := x.now / 1e6
	if w.p.Offload.GSOType != packet.GSONone {
		if n, _, all := x.segments(w); m.passWhole(n, all, now) {
			return true
		}
		x.split(w, ops)
		return false
	}
	ok, raise := m.passes(w.p.Len(), now)
	if !ok {
		x.dp.drop(dropMeter)
	} else if raise > 0 {
		x.mark(w, raise)
	}
	return ok
}

// mark raises the drop precedence of an IP packet.
func (x *exec) mark(w *work, raise uint8) {
	k := x.look(w)
	tos := raised(k.NwTOS, raise)
	if !k.IsIP() || tos == k.NwTOS {
		return
	}
	p := x.own(w)
	if k.EthType == flow.EthTypeIP {
		if h := p.AsIPv4(); h != nil {
			p.SetIPv4(h.Src(), h.Dst(), tos, h.TTL())
		}
	} else if h := p.AsIPv6(); h != nil {
		p.SetIPv6([16]byte(h[8:24]), [16]byte(h[24:40]), tos, h.Label(), h.HopLimit())
	}
	w.stale = true
}

// raised returns a type of service with a drop precedence that is higher by raise,
// at most 3. Only the classes of assured forwarding have one, AFxy: class x, 1 to
// 4, in the three highest bits, and precedence y, 1 to 3, in the next two.
func raised(tos, raise uint8) uint8 {
	class, drop := tos>>5, int(tos>>3&3)
	if class < 1 || class > 4 || drop == 0 || tos&4 != 0 {
		return tos
	}
	return tos&^0x18 | uint8(min(drop+int(raise), 3))<<3
}
