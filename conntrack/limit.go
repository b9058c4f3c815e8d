package conntrack

import (
	"sync"
	"sync/atomic"
)

const zonePage = 256

// zone counts the connections of a zone.
type zone struct {
	count atomic.Int32
	own   atomic.Bool // limit is its own, not the default
	limit atomic.Uint32
}

// zoneTable finds zones by number without a lock.
type zoneTable struct {
	def   atomic.Uint32 // limit of zones without their own; 0 none
	pages [65536 / zonePage]atomic.Pointer[[zonePage]zone]
	mu    sync.Mutex // orders makers of pages
}

func (t *zoneTable) get(id uint16) *zone {
	if p := t.pages[id/zonePage].Load(); p != nil {
		return &p[id%zonePage]
	}
	return nil
}

func (t *zoneTable) make(id uint16) *zone {
	if z := t.get(id); z != nil {
		return z
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pages[id/zonePage].Load() == nil {
		t.pages[id/zonePage].Store(new([zonePage]zone))
	}
	return t.get(id)
}

func (t *zoneTable) add(id uint16, n int32) { t.make(id).count.Add(n) }

// limit is that of z, 0 for none.
func (t *zoneTable) limit(z *zone) uint32 {
	if z != nil && z.own.Load() {
		return z.limit.Load()
	}
	return t.def.Load()
}

// full reports whether the zone has no room for another connection.
func (t *zoneTable) full(id uint16) bool {
	z := t.get(id)
	limit := t.limit(z)
	return limit != 0 && z != nil && uint32(z.count.Load()) >= limit
}

// ZoneLimit is how many connections a zone may have and has.
type ZoneLimit struct {
	Zone  uint16
	Limit uint32 // 0: no limit
	Count uint32
}

// DefaultLimit returns the limit of zones that have none of their own, 0 for
// no limit.
func (t *Tracker) DefaultLimit() uint32 { return t.zones.def.Load() }

// SetDefaultLimit changes it.
func (t *Tracker) SetDefaultLimit(n uint32) { t.zones.def.Store(n) }

// SetZoneLimit gives a zone a limit of its own; 0 is no limit.
func (t *Tracker) SetZoneLimit(id uint16, n uint32) {
	z := t.zones.make(id)
	z.limit.Store(n)
	z.own.Store(true)
}

// DelZoneLimit has the zone obey the default again, and reports whether it had a
// limit of its own.
func (t *Tracker) DelZoneLimit(id uint16) bool {
	z := t.zones.get(id)
	return z != nil && z.own.Swap(false)
}

// ZoneLimit returns the limit that a zone has to obey, and its connections.
func (t *Tracker) ZoneLimit(id uint16) ZoneLimit {
	z := t.zones.get(id)
	l := ZoneLimit{Zone: id, Limit: t.zones.limit(z)}
	if z != nil {
		l.Count = uint32(max(z.count.Load(), 0))
	}
	return l
}

// ZoneLimits returns those of the zones that have a limit of their own.
func (t *Tracker) ZoneLimits() []ZoneLimit {
	var l []ZoneLimit
	for i := range t.zones.pages {
		p := t.zones.pages[i].Load()
		if p == nil {
			continue
		}
		for j := range p {
			if p[j].own.Load() {
				l = append(l, t.ZoneLimit(uint16(i*zonePage+j)))
			}
		}
	}
	return l
}
