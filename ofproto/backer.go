package ofproto

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"govs/classifier"
	"govs/dpif"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
)

// Backer is one datapath and the switches that share it.
type Backer struct {
	host *Host
	dp   dpif.Datapath
	opts Options

	cfg    atomic.Pointer[xlate.Config] // what translation sees
	dirty  atomic.Bool                  // cfg is out of date
	kick   chan struct{}                // wakes Run
	ukeys  ukeyMap
	frozen frozenTable
	// Of frozen, as translation wants them; a method's value would be made anew for
	// each packet.
	freeze  func(*xlate.Frozen) uint32
	thaw    func(id uint32) *xlate.Frozen
	stats   upcallStats
	reduced atomic.Pointer[dpif.Features] // nil: all that the datapath has
	exact   atomic.Bool                   // no megaflows: flows match packets in everything

	mu         sync.Mutex
	cfgSeq     uint64
	ofprotos   []*Ofproto
	tunnels    []*tunnelDevice
	lastBundle BundleID
	limits     Limits
	ctZones    zonePolicies

	metering flowtable.Metering // nil if the datapath has no meters

	round sync.Mutex // held by a revalidation
	reval revalidator
}

// Limits are the settings of Open_vSwitch:other_config on cached flows.
type Limits struct {
	FlowLimit      int           // flow-limit: most datapath flows; default 200000
	MaxIdle        time.Duration // max-idle: default 10 s
	MaxRevalidator time.Duration // max-revalidator: default 500 ms
	MinPPS         int           // min-revalidate-pps: default 5
}

// DefaultLimits are the limits unless set otherwise.
var DefaultLimits = Limits{FlowLimit: 200000, MaxIdle: 10 * time.Second, MaxRevalidator: 500 * time.Millisecond, MinPPS: 5}

func newBacker(h *Host, dp dpif.Datapath, opts Options) *Backer {
	if opts.Prefixes == nil {
		opts.Prefixes = classifier.DefaultPrefixes
	}
	b := &Backer{host: h, dp: dp, opts: opts, limits: DefaultLimits, kick: make(chan struct{}, 1)}
	b.metering = newMeterPool(dp)
	b.dirty.Store(true)
	b.frozen.init()
	b.reval.limit.Store(int64(DefaultLimits.FlowLimit))
	b.thaw = func(id uint32) *xlate.Frozen { return b.frozen.get(id, h.clock.Now()) }
	b.freeze = func(f *xlate.Frozen) uint32 { return b.frozen.put(f, h.clock.Now()) }
	dp.SetHandler(b.upcalls)
	return b
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

// Ofprotos returns the switches in the order they were made.
func (b *Backer) Ofprotos() []*Ofproto {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*Ofproto(nil), b.ofprotos...)
}

// SetLimits changes the limits on cached flows.
func (b *Backer) SetLimits(l Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.FlowLimit != b.limits.FlowLimit {
		b.reval.limit.Store(int64(l.FlowLimit))
	}
	b.limits = l
}

func (b *Backer) currentLimits() Limits {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limits
}

// wake makes Run look for work soon.
func (b *Backer) wake() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

// Run does the periodic work (revalidation, timeouts, aging) until ctx ends.
func (b *Backer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.kick:
			// Changes come in bursts; wait for the rest of this one.
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
		case <-timer.C:
		}
		b.Step(b.host.clock.Now())
		timer.Reset(b.currentLimits().MaxRevalidator)
	}
}

// Step does the periodic work that is due at now and returns when it wants to be
// called again. Run calls it; a daemon whose clock is turned by hand calls it too.
func (b *Backer) Step(now time.Time) time.Time {
	b.revalidate(now, false)
	for _, p := range b.Ofprotos() {
		p.tables.Expire(now)
		p.macs.Run(now)
		p.conns.wake()
	}
	return now.Add(b.currentLimits().MaxRevalidator)
}

// Flush removes all datapath flows; they are set up anew by upcalls.
func (b *Backer) Flush() error {
	b.revalidate(b.host.clock.Now(), true)
	return nil
}

// Close ends the switches and closes the datapath. Unless cleanup is set, the
// datapath's flows stay where the datapath outlives the process.
func (b *Backer) Close(cleanup bool) error {
	for _, p := range b.Ofprotos() {
		p.Destroy()
	}
	b.dp.SetHandler(nil)
	if cleanup {
		b.dp.FlowFlush()
	}
	b.host.forget(b)
	return b.dp.Close()
}
