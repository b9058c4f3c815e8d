// Package coverage counts events by name for coverage/show, as OVS's coverage
// counters do. Counters are lock-free and may be bumped from any goroutine.
//
//	var hits = coverage.New("dpif_flow_put")
//	hits.Inc()
package coverage

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Counter is one named event count.
type Counter struct {
	name string
	n    atomic.Uint64

	// History for the rates of Show, guarded by all.mu: what was counted in
	// each 5 second slot of the last minute and each minute of the last hour.
	last uint64
	fine [slots]uint64
	min  [60]uint64
}

// Interval is the time between two calls of Tick.
const Interval = 5 * time.Second

const (
	slotTime = Interval
	slots    = 12
)

var all struct {
	mu       sync.Mutex
	counters []*Counter
	slot     int64 // of the last Tick, in slotTime since the first
	begun    time.Time
}

// New registers a counter under a name that is unique in the program; a name
// taken before gives the same counter.
func New(name string) *Counter {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, c := range all.counters {
		if c.name == name {
			return c
		}
	}
	c := &Counter{name: name}
	all.counters = append(all.counters, c)
	return c
}

// Inc counts one event.
func (c *Counter) Inc() { c.n.Add(1) }

// Add counts n events.
func (c *Counter) Add(n uint64) { c.n.Add(n) }

// Value returns the count.
func (c *Counter) Value() uint64 { return c.n.Load() }

// Read returns the count of a name.
func Read(name string) (uint64, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, c := range all.counters {
		if c.name == name {
			return c.n.Load(), true
		}
	}
	return 0, false
}

// Tick notes the counts for the rates of Show; a daemon calls it about every
// five seconds. Time is passed in.
func Tick(now time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.begun.IsZero() {
		all.begun = now
	}
	slot := int64(now.Sub(all.begun) / slotTime)
	for ; all.slot < slot; all.slot++ {
		next := all.slot + 1
		for _, c := range all.counters {
			n := c.n.Load()
			d := n - c.last
			c.last = n
			c.fine[next%slots] = d
			if next%slots == 0 {
				c.min[next/slots%60] = 0
			}
			c.min[next/slots%60] += d
		}
	}
}

// Show returns coverage/show's text: average rates over the last 5 seconds,
// minute and hour, and totals, of the events that happened.
func Show() string {
	all.mu.Lock()
	defer all.mu.Unlock()
	hit := slices.DeleteFunc(slices.Clone(all.counters), func(c *Counter) bool { return c.n.Load() == 0 })
	slices.SortFunc(hit, func(a, b *Counter) int { return strings.Compare(a.name, b.name) })
	hash := crc32.NewIEEE()
	var rows strings.Builder
	for _, c := range hit {
		var minute, hour uint64
		for _, n := range c.fine {
			minute += n
		}
		for _, n := range c.min {
			hour += n
		}
		fmt.Fprintf(hash, "%s ", c.name)
		fmt.Fprintf(&rows, "%-24s %5.1f/sec %9.3f/sec %13.4f/sec   total: %d\n", c.name,
			float64(c.fine[all.slot%slots])/slotTime.Seconds(), float64(minute)/60, float64(hour)/3600, c.n.Load())
	}
	return fmt.Sprintf("Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=%08x:\n%s%d events never hit\n",
		hash.Sum32(), rows.String(), len(all.counters)-len(hit))
}
