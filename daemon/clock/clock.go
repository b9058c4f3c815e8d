// Package clock is the daemon's time: it runs with the machine's monotonic
// clock until it is stopped, and is then turned by hand (time/stop and
// time/warp). A Clock may be used from any goroutine.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock is a time that can be stopped and warped. The zero value runs with
// the machine's clock.
type Clock struct {
	mu      sync.Mutex
	stopped bool
	now     time.Time              // while stopped; guarded by mu
	ahead   time.Duration          // of the machine's clock while running; guarded by mu
	waits   map[chan struct{}]wait // guarded by mu
}

type wait struct {
	at    time.Time
	timer *time.Timer // nil while stopped
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *Clock) read() time.Time {
	if c.stopped {
		return c.now
	}
	return time.Now().Add(c.ahead)
}

// WaitUntil blocks until the clock has reached t, or ctx ends, whose error it
// returns.
func (c *Clock) WaitUntil(ctx context.Context, t time.Time) error {
	ch, give := c.At(t)
	defer give()
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// At returns a channel that is closed when the clock reaches t, and a
// function that gives the wait up; it may be called more than once.
func (c *Clock) At(t time.Time) (<-chan struct{}, func()) {
	ch := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.read()
	if !t.After(now) {
		close(ch)
		return ch, func() {}
	}
	if c.waits == nil {
		c.waits = map[chan struct{}]wait{}
	}
	w := wait{at: t}
	if !c.stopped {
		w.timer = c.timer(ch, t.Sub(now))
	}
	c.waits[ch] = w
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if w, ok := c.waits[ch]; ok {
			if w.timer != nil {
				w.timer.Stop()
			}
			delete(c.waits, ch)
		}
	}
}

func (c *Clock) timer(ch chan struct{}, d time.Duration) *time.Timer {
	return time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if w, ok := c.waits[ch]; ok && w.timer != nil {
			delete(c.waits, ch)
			close(ch)
		}
	})
}

// Stop freezes the clock: from now on only Warp moves it.
func (c *Clock) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.now, c.stopped = c.read(), true
	for ch, w := range c.waits {
		w.timer.Stop()
		w.timer = nil
		c.waits[ch] = w
	}
}

// Stopped reports whether Stop was called.
func (c *Clock) Stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// Warp moves the clock forward by total, step at a time (all at once if step
// is not positive), and wakes waiters after each step; run, if not nil, is
// called after each step so that the daemon handles what has become due. A
// running clock jumps ahead and keeps running.
func (c *Clock) Warp(total, step time.Duration, run func()) {
	if step <= 0 {
		step = total
	}
	for total > 0 {
		d := min(step, total)
		total -= d
		c.mu.Lock()
		if c.stopped {
			c.now = c.now.Add(d)
		} else {
			c.ahead += d
		}
		now := c.read()
		for ch, w := range c.waits {
			switch {
			case !w.at.After(now):
				if w.timer != nil {
					w.timer.Stop()
				}
				delete(c.waits, ch)
				close(ch)
			case w.timer != nil:
				w.timer.Stop()
				w.timer = c.timer(ch, w.at.Sub(now))
				c.waits[ch] = w
			}
		}
		c.mu.Unlock()
		if run != nil {
			run()
		}
	}
}
