package userspace

import (
	"strconv"
	"sync/atomic"
	"time"

	"govs/conntrack"
	"govs/dpif"
)

// sweepEvery is how often expired connections are removed at first, as in OVS.
const sweepEvery = 30 * time.Second

// ctState is a datapath's connection tracker with what drives it.
type ctState struct {
	dp       *Datapath
	tracker  *conntrack.Tracker
	interval atomic.Int64 // nanoseconds between sweeps
	sweeping atomic.Bool  // a sweeper is running
	changed  chan struct{}
	quit     chan struct{}
}

func (s *ctState) init(dp *Datapath) {
	s.dp, s.tracker = dp, conntrack.New()
	s.changed, s.quit = make(chan struct{}, 1), make(chan struct{})
	s.interval.Store(int64(sweepEvery))
}

func (s *ctState) close() { close(s.quit) }

func (s *ctState) now() int64 { return s.dp.cfg.Now().UnixMilli() }

// wake starts the sweeper if there is something to sweep and none is running: a
// datapath without connections does nothing.
func (s *ctState) wake() {
	if !s.sweeping.Load() && s.tracker.Len() > 0 && s.sweeping.CompareAndSwap(false, true) {
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
			if s.tracker.Len() == 0 {
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
// on by itself.
func (x *exec) track(w *work, o *op, _ []op) bool {
	s := &x.dp.ct
	p := x.own(w)
	x.fresh(w)
	s.tracker.Process(p, o.ct, x.now/1e6)
	w.stale = true
	if o.ct.Commit {
		s.wake()
	}
	return true
}
