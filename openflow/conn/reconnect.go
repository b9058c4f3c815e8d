package conn

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
)

var relog = vlog.New("rconn")

// Action is what a Reconnect wants done.
type Action uint8

// What a Reconnect may want.
const (
	Nothing    Action = iota
	Connect           // call the other side, then say Connected or Failed
	Probe             // send an echo request
	Disconnect        // close the connection or give up the attempt, then say Failed
)

// errTimeout ends an attempt that takes too long.
var errTimeout = fmt.Errorf("connection timed out: %w", syscall.ETIMEDOUT)

// Reconnect decides when to call a controller again and when to ask whether it
// is still there; it logs what it sees in OVS's words. It is a pure machine:
// every method is told the time, nothing happens by itself. The zero value with
// Name, MaxBackoff and Probe set is ready after Enable or, for a connection that
// the other side made, after Connected.
type Reconnect struct {
	Name       string        // for the log
	MinBackoff time.Duration // before the second attempt; 0 is 1 s
	MaxBackoff time.Duration // 0 is 8 s
	Probe      time.Duration // of silence before a probe, and again before giving up; 0 is never

	state   State
	since   time.Time     // when the state was entered
	upSince time.Time     // when the connection came up last
	downAt  time.Time     // when it was lost, or an attempt failed, last
	heard   time.Time     // when something last came
	backoff time.Duration // before the next attempt
	last    error         // why the last connection or attempt ended; nil for io.EOF
	lastSet bool
}

// State is where a connection stands.
type State uint8

// States, by the names of Controller:status.
const (
	Void       State = iota // not enabled
	Backoff                 // waits before the next attempt
	Connecting              // an attempt is under way
	Active                  // up
	Idle                    // up, a probe is out
)

var stateNames = [...]string{"VOID", "BACKOFF", "CONNECTING", "ACTIVE", "IDLE"}

// String returns the state's name.
func (s State) String() string { return stateNames[s] }

// Enable begins to connect, at once.
func (r *Reconnect) Enable(now time.Time) {
	if r.state == Void {
		r.enter(Backoff, now)
		r.backoff = 0
	}
}

// Disable stops connecting.
func (r *Reconnect) Disable() { r.state = Void }

func (r *Reconnect) enter(s State, now time.Time) { r.state, r.since = s, now }

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
	if r.state != Void {
		relog.Info("%s: connected", r.Name)
	}
	r.enter(Active, now)
	r.upSince, r.heard = now, now
}

// Heard says that something came from the other side.
func (r *Reconnect) Heard(at time.Time) {
	if !at.After(r.heard) {
		return
	}
	r.heard = at
	if r.state == Idle {
		r.enter(Active, at)
	}
}

// Failed says why an attempt failed or the connection broke: io.EOF if the other
// side closed it, nil if we did. A connection that had lasted for a while is
// called again soon.
func (r *Reconnect) Failed(now time.Time, err error) {
	if r.state == Void {
		return
	}
	lo, hi := r.limits()
	up := r.IsUp()
	r.report(err, up, hi)
	r.downAt = now
	switch {
	case up && now.Sub(r.upSince) >= max(r.backoff, lo):
		r.backoff = lo
	case r.backoff < hi/2 || r.backoff < lo:
		r.backoff = max(lo, 2*r.backoff)
		relog.Info("%s: waiting %d seconds before reconnect", r.Name, int(r.backoff/time.Second))
	default:
		if r.backoff != hi {
			relog.Info("%s: continuing to retry connections in the background but suppressing further logging", r.Name)
		}
		r.backoff = hi
	}
	r.enter(Backoff, now)
}

// report logs the end of a connection or of an attempt and keeps its reason.
func (r *Reconnect) report(err error, up bool, hi time.Duration) {
	r.last, r.lastSet = err, true
	if errors.Is(err, io.EOF) {
		r.last = nil
	}
	level := vlog.Info
	if r.backoff >= hi && !up {
		level = vlog.Dbg
	}
	switch {
	case up && (err == nil || errors.Is(err, errSilent)):
	case up && errors.Is(err, io.EOF):
		relog.Info("%s: connection closed by peer", r.Name)
	case up:
		relog.Warn("%s: connection dropped (%s)", r.Name, cli.Strerror(err))
	case errors.Is(err, errTimeout):
		relog.Log(level, "%s: connection timed out", r.Name)
	case err != nil:
		if level == vlog.Info {
			level = vlog.Warn
		}
		relog.Log(level, "%s: connection failed (%s)", r.Name, cli.Strerror(err))
	}
}

// IsUp reports whether the connection is up.
func (r *Reconnect) IsUp() bool { return r.state == Active || r.state == Idle }

// State returns where the connection stands, and since when.
func (r *Reconnect) State() (State, time.Time) { return r.state, r.since }

// LastError returns why the last connection or attempt ended; ok is unset when
// none has. The error is nil for an orderly end.
func (r *Reconnect) LastError() (err error, ok bool) { return r.last, r.lastSet }

// LastUp and LastDown return when a connection came up, and when one was lost or
// an attempt failed, last; zero for never.
func (r *Reconnect) LastUp() time.Time   { return r.upSince }
func (r *Reconnect) LastDown() time.Time { return r.downAt }

// Wait returns how long it waits between attempts at present.
func (r *Reconnect) Wait() time.Duration { return r.backoff }

// Run says what is to be done now, and when to ask again (zero: when something
// happens). Connect and Disconnect are said once; why the machine gives a
// connection up is for Failed.
func (r *Reconnect) Run(now time.Time) (do Action, again time.Time, why error) {
	switch r.state {
	case Backoff:
		at := r.since.Add(r.backoff)
		if now.Before(at) {
			return Nothing, at, nil
		}
		if _, hi := r.limits(); r.backoff < hi {
			relog.Info("%s: connecting...", r.Name)
		}
		r.enter(Connecting, now)
		return Connect, now.Add(max(time.Second, r.backoff)), nil
	case Connecting:
		at := r.since.Add(max(time.Second, r.backoff))
		if now.Before(at) {
			return Nothing, at, nil
		}
		return Disconnect, time.Time{}, errTimeout
	case Active:
		if r.Probe <= 0 {
			return Nothing, time.Time{}, nil
		}
		at := r.heard.Add(r.Probe)
		if now.Before(at) {
			return Nothing, at, nil
		}
		relog.Dbg("%s: idle %d seconds, sending inactivity probe", r.Name, int(now.Sub(r.heard)/time.Second))
		r.enter(Idle, now)
		return Probe, now.Add(r.Probe), nil
	case Idle:
		at := r.since.Add(r.Probe)
		if r.Probe <= 0 {
			r.enter(Active, now)
			return Nothing, time.Time{}, nil
		}
		if now.Before(at) {
			return Nothing, at, nil
		}
		relog.Err("%s: no response to inactivity probe after %d seconds, disconnecting", r.Name, int(now.Sub(r.since)/time.Second))
		return Disconnect, time.Time{}, errSilent
	}
	return Nothing, time.Time{}, nil
}
