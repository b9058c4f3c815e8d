package conn

import "time"

// Action is what a Reconnect wants done.
type Action uint8

// What a Reconnect may want.
const (
	Nothing    Action = iota
	Connect           // call the other side, then say Connected or Failed
	Probe             // send an echo request
	Disconnect        // close the connection, then say Failed
)

// Reconnect decides when to call a controller again and when to ask whether it
// is still there. It is a pure machine: every method is told the time, nothing
// happens by itself. The zero value with MaxBackoff and Probe set is ready
// after Enable.
type Reconnect struct {
	MinBackoff time.Duration // before the second attempt; 0 is 1 s
	MaxBackoff time.Duration // 0 is 8 s
	Probe      time.Duration // of silence before a probe, and again before giving up; 0 is never

	state   state
	since   time.Time // when the state was entered
	upSince time.Time // when the connection came up
	heard   time.Time // when something last came
	backoff time.Duration
}

type state uint8

const (
	off state = iota
	waiting
	calling
	up
	probing
)

// Enable begins to connect, at once.
func (r *Reconnect) Enable(now time.Time) {
	if r.state == off {
		r.enter(waiting, now)
		r.backoff = 0
	}
}

// Disable stops connecting; Run then wants a connection that is up closed.
func (r *Reconnect) Disable() { r.state = off }

func (r *Reconnect) enter(s state, now time.Time) { r.state, r.since = s, now }

func (r *Reconnect) limits() (lo, hi time.Duration) {
	lo, hi = r.MinBackoff, r.MaxBackoff
	if lo <= 0 {
		lo = time.Second
	}
	if hi <= 0 {
		hi = 8 * time.Second
	}
	return min(lo, hi), hi
}

// Connected says that the connection is up.
func (r *Reconnect) Connected(now time.Time) {
	r.enter(up, now)
	r.upSince, r.heard = now, now
}

// Heard says that something came from the other side.
func (r *Reconnect) Heard(now time.Time) {
	r.heard = now
	if r.state == probing {
		r.enter(up, now)
	}
}

// Failed says that an attempt failed or that the connection broke. A
// connection that had lasted for a while is called again at once.
func (r *Reconnect) Failed(now time.Time) {
	if r.state == off {
		return
	}
	lo, hi := r.limits()
	wasUp := r.state == up || r.state == probing
	switch {
	case wasUp && now.Sub(r.upSince) >= max(r.backoff, lo):
		r.backoff = 0
	case r.backoff < lo:
		r.backoff = lo
	default:
		r.backoff = min(2*r.backoff, hi)
	}
	r.enter(waiting, now)
}

// IsUp reports whether the connection is up.
func (r *Reconnect) IsUp() bool { return r.state == up || r.state == probing }

// Backoff returns how long it waits between attempts at present.
func (r *Reconnect) Backoff() time.Duration { return r.backoff }

// Run says what is to be done now, and when to ask again (zero: when something
// happens). Connect and Disconnect are said once.
func (r *Reconnect) Run(now time.Time) (Action, time.Time) {
	switch r.state {
	case waiting:
		at := r.since.Add(r.backoff)
		if now.Before(at) {
			return Nothing, at
		}
		r.enter(calling, now)
		return Connect, now.Add(max(time.Second, r.backoff))
	case calling:
		at := r.since.Add(max(time.Second, r.backoff))
		if now.Before(at) {
			return Nothing, at
		}
		return Disconnect, time.Time{}
	case up:
		if r.Probe <= 0 {
			return Nothing, time.Time{}
		}
		at := r.heard.Add(r.Probe)
		if now.Before(at) {
			return Nothing, at
		}
		r.enter(probing, now)
		return Probe, now.Add(r.Probe)
	case probing:
		at := r.since.Add(r.Probe)
		if now.Before(at) {
			return Nothing, at
		}
		return Disconnect, time.Time{}
	}
	return Nothing, time.Time{}
}
