package vlog

import (
	"fmt"
	"sync"
	"time"
)

// RateLimit is a token bucket that a group of messages shares: Rate messages a
// minute on average, Burst at once. The zero value of the other fields is
// ready for use; it must not be copied after first use.
//
//	var rl = vlog.RateLimit{Rate: 60, Burst: 5}
//	log.WarnRL(&rl, "bad packet: %v", err)
type RateLimit struct {
	Rate, Burst int

	mu      sync.Mutex
	tokens  float64   // guarded by mu, as all below
	filled  time.Time // when tokens was right; zero before first use
	dropped int
	first   time.Time // of the dropped
	last    time.Time
}

// take reports whether a message may pass at now, and then what was dropped
// before it.
func (rl *RateLimit) take(now time.Time) (ok bool, dropped int, first, last time.Time) {
	rl.mu.Lock()
	defer rl.mu.Unlock()
	rate := float64(max(rl.Rate, 1)) / 60
	burst := float64(max(rl.Burst, 1))
	if rl.filled.IsZero() {
		rl.tokens = burst
	} else if d := now.Sub(rl.filled).Seconds(); d > 0 {
		rl.tokens = min(burst, rl.tokens+d*rate)
	}
	rl.filled = now
	if rl.tokens < 1 {
		if rl.dropped == 0 {
			rl.first = now
		}
		rl.last = now
		rl.dropped++
		return false, 0, first, last
	}
	rl.tokens--
	dropped, first, last = rl.dropped, rl.first, rl.last
	rl.dropped = 0
	return true, dropped, first, last
}

// LogRL is Log under a rate limit. When messages were dropped, the next one
// let through is preceded by OVS's "Dropped N log messages in last S seconds".
func (m *Module) LogRL(rl *RateLimit, l Level, format string, args ...any) {
	if !m.IsEnabled(l) {
		return
	}
	if !m.noRL.Load() {
		now := rateNow()
		ok, dropped, first, last := rl.take(now)
		if !ok {
			return
		}
		if dropped > 0 {
			m.write("", l, fmt.Sprintf("Dropped %d log messages in last %d seconds (most recently, %d seconds ago) due to excessive rate",
				dropped, int(now.Sub(first).Seconds()), int(now.Sub(last).Seconds())))
		}
	}
	m.write("", l, fmt.Sprintf(format, args...))
}

func rateNow() time.Time {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if reg.rateNow != nil {
		return reg.rateNow()
	}
	return reg.out.time()
}

// ErrRL is Err under a rate limit.
func (m *Module) ErrRL(rl *RateLimit, format string, args ...any) { m.LogRL(rl, Err, format, args...) }

// WarnRL is Warn under a rate limit.
func (m *Module) WarnRL(rl *RateLimit, format string, args ...any) {
	m.LogRL(rl, Warn, format, args...)
}

// InfoRL is Info under a rate limit.
func (m *Module) InfoRL(rl *RateLimit, format string, args ...any) {
	m.LogRL(rl, Info, format, args...)
}

// DbgRL is Dbg under a rate limit.
func (m *Module) DbgRL(rl *RateLimit, format string, args ...any) { m.LogRL(rl, Dbg, format, args...) }

// HonorRateLimit switches rate limits of the named modules on or off; no
// names mean all. Either all names are known or nothing changes.
func HonorRateLimit(names []string, on bool) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	var mods []*Module
	for _, n := range names {
		m := find(n)
		if m == nil {
			return fmt.Errorf("unknown module")
		}
		mods = append(mods, m)
	}
	if len(names) == 0 {
		mods = reg.modules
	}
	for _, m := range mods {
		m.noRL.Store(!on)
	}
	return nil
}
