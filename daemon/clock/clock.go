// Package clock is the daemon's time: it runs with the machine's monotonic
// clock until it is stopped, and is then turned by hand (time/stop and
// time/warp). A Clock may be used from any goroutine.
package clock

import (
	"context"
	"time"
)

// Clock is a time that can be stopped and warped. The zero value runs with
// the machine's clock.
type Clock struct {
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return time.Now() }

// WaitUntil blocks until the clock has reached t, or ctx ends, whose error it
// returns.
func (c *Clock) WaitUntil(ctx context.Context, t time.Time) error { return ctx.Err() }

// At returns a channel that is closed when the clock reaches t, and a
// function that gives the wait up.
func (c *Clock) At(t time.Time) (<-chan struct{}, func()) { return nil, func() {} }

// Stop freezes the clock: from now on only Warp moves it.
func (c *Clock) Stop() {}

// Warp moves a stopped clock forward by total, step at a time, and wakes
// waiters after each step; run, if not nil, is called after each step so that
// the daemon handles what has become due.
func (c *Clock) Warp(total, step time.Duration, run func()) {}
