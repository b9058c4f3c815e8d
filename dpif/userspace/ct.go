package userspace

import (
	"strconv"
	"sync/atomic"
	"time"

	"govs/conntrack"
	"govs/conntrack/frag"
	"govs/dpif"
	"govs/flow"
)

// sweepEvery is how often expired connections are removed at first, as in OVS.
const sweepEvery = 30 * time.Second

// ctState is a datapath's connection tracker with what drives it.
type ctState struct {
	dp       *Datapath
	tracker  *conntrack.Tracker
	frags    *frag.Reassembler
	interval atomic.Int64 // nanoseconds between sweeps
	sweeping atomic.Bool  // a sweeper is running
	changed  chan struct{}
	quit     chan struct{}
}

func (s *ctState) init(dp *Datapath) {
	s.dp, s.tracker, s.frags = dp, conntrack.New(), frag.New()
	s.changed, s.quit = make(chan struct{}, 1), make(chan struct{})
	s.interval.Store(int64(sweepEvery))
}

func (s *ctState) close() { close(s.quit) }

func (s *ctState) now() int64 { return s.dp.cfg.Now().UnixMilli() }

// idle reports whether there is nothing to sweep.
func (s *ctState) idle() bool { return s.tracker.Len() == 0 && s.frags.Held() == 0 }

// wake starts the sweeper if there is something to sweep and none is running: a
// datapath without connections does nothing.
func (s *ctState) wake() {
	if !s.sweeping.Load() && !s.idle() && s.sweeping.CompareAndSwap(false, true) {
		go s.sweep()
	}
}

func (s *ctState) sweep() {
	timer := time.NewTimer(time.Duration(s.interval.Load()))
	defer timer.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-s.changed:
		case <-timer.C:
			s.tracker.Sweep(s.now())
			s.frags.Sweep(s.now())
			if s.idle() {
				s.sweeping.Store(false)
				s.wake() // for one that came just now
				return
			}
		}
		timer.Reset(time.Duration(s.interval.Load()))
	}
}

// compileCT decodes a ct action.
func compileCT(b []byte) (*conntrack.Action, error) {
	c, err := dpif.ParseCT(b)
	if err != nil {
		return nil, err
	}
	a := &conntrack.Action{Zone: c.Zone, Commit: c.Commit, Force: c.Force, Helper: c.Helper,
		Mark: c.Mark, MarkMask: c.MarkMask, SetMark: c.MarkMask != 0, SetLabel: !c.LabelMask.IsZero()}
	c.Label.AppendBytes(a.Label[:0], 16)
	c.LabelMask.AppendBytes(a.LabelMask[:0], 16)
	if n, err := strconv.ParseUint(c.Timeout, 10, 32); err == nil {
		a.Policy = uint32(n)
	}
	if n := c.NAT; n != nil {
		a.NAT = &conntrack.NAT{Src: n.Src, Dst: n.Dst, Random: n.Random, Persistent: n.Persistent,
			PortMin: n.PortMin, PortMax: max(n.PortMin, n.PortMax)}
		if len(n.IPMin) > 0 {
			last := n.IPMax
			if len(last) != len(n.IPMin) {
				last = n.IPMin
			}
			a.NAT.V6 = len(n.IPMin) == 16
			copy(a.NAT.Min[:], n.IPMin)
			copy(a.NAT.Max[:], last)
			// All zeros mean the packet's own address.
			a.NAT.Addr = a.NAT.Min != [16]byte{}
		}
	}
	return a, nil
}

// track carries the ct action o out. It returns false if the packet does not go
// on by itself: a fragment waits for the others, and with the last all go on by
// the actions rest.
func (x *exec) track(w *work, o *op, rest []op) bool {
	s := &x.dp.ct
	p := x.own(w)
	now := x.now / 1e6
	if k := x.fresh(w); k.NwFrag&flow.FragAny != 0 {
		g, res := s.frags.Add(p, o.ct.Zone, now)
		switch res {
		case frag.Held:
			s.wake()
			return false
		case frag.Complete:
			var k flow.Key
			flow.Extract(g.Whole, &k)
			s.tracker.Process(g.Whole, o.ct, now)
			for _, p := range g.Fragments() {
				f := work{p: p, key: &flow.Key{}, stale: true, depth: w.depth, nest: w.nest + 1}
				flow.Extract(p, f.key)
				x.run(&f, rest)
			}
			s.wake()
			return false
		}
	}
	if w.depth == 0 {
		x.tracked, x.zone = true, o.ct.Zone
	}
	s.tracker.Process(p, o.ct, now)
	w.stale = true
	if o.ct.Commit {
		s.wake()
	}
	return true
}
