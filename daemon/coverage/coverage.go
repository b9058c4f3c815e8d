// Package coverage counts events by name for coverage/show, as OVS's coverage
// counters do. Counters are lock-free and may be bumped from any goroutine.
//
//	var hits = coverage.New("dpif_flow_put")
//	hits.Inc()
package coverage

import "sync/atomic"

// Counter is one named event count.
type Counter struct {
	name string
	n    atomic.Uint64
}

// New registers a counter under a name that is unique in the program.
func New(name string) *Counter { return &Counter{name: name} }

// Inc counts one event.
func (c *Counter) Inc() { c.n.Add(1) }

// Add counts n events.
func (c *Counter) Add(n uint64) { c.n.Add(n) }
