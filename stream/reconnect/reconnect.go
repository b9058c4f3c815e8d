// Package reconnect is the machine that decides when a session connects,
// probes, disconnects and backs off. It is pure: the caller passes the time
// and does what Run says. An FSM is used by one goroutine.
//
//	f := &reconnect.FSM{Name: "tcp:127.0.0.1:6640", ProbeInt: 5 * time.Second}
//	f.Enable(now)
//	switch f.Run(now) {
//	case reconnect.Connect: // start; then f.Connecting, f.Connected or f.Failed
//	...
//	}
//	if at, ok := f.Deadline(); ok { wake up then }
package reconnect

import (
	"errors"
	"io"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
)

var log = vlog.New("reconnect")

// Action is what Run asks the caller to do.
type Action uint8

// Actions.
const (
	None       Action = iota
	Connect           // start connecting (or listening), then report what came of it
	Disconnect        // drop the connection, then report Disconnected or Failed
	Probe             // send something that makes the peer answer
)

// State is where a session stands.
type State uint8

// States, by OVS's names.
const (
	Void       State = iota // disabled
	Backoff                 // waits before it connects
	Connecting              // a connection attempt runs
	Active                  // connected, the peer was heard of lately
	Idle                    // connected, a probe is out
	Reconnect               // asked to drop the connection and make a new one
	Listening               // waits for the peer to connect
)

var stateNames = [...]string{"VOID", "BACKOFF", "CONNECTING", "ACTIVE", "IDLE", "RECONNECT", "LISTENING"}

// String returns the state's name as it is logged and shown in status columns.
func (s State) String() string { return stateNames[s] }

// Defaults of the zero FSM.
const (
	DefaultMinBack = time.Second
	DefaultMaxBack = 8 * time.Second
)

// FSM is the state of one session. Set the exported fields before Enable.
type FSM struct {
	Name     string        // the target's name in log lines
	MinBack  time.Duration // first backoff; 0: 1 s
	MaxBack  time.Duration // longest backoff; 0: 8 s
	ProbeInt time.Duration // idle time before a probe; 0: none
	Passive  bool          // listens instead of connecting
	MaxTries int           // attempts before it gives up; 0: no end
	Quiet    bool          // logs connecting, connected and the like as DBG

	state         State
	entered       time.Time
	backoff       time.Duration
	tries         int
	active        time.Time // of the last sign of life
	connectedAt   time.Time
	disconnected  time.Time
	everConnected bool
	everDropped   bool
}

// State returns where the session stands.
func (f *FSM) State() State { return f.state }

// Since returns when the state was entered.
func (f *FSM) Since() time.Time { return f.entered }

// IsConnected reports whether there is a connection.
func (f *FSM) IsConnected() bool { return f.state == Active || f.state == Idle }

// LastConnected returns when the last connection was made; ok is unset if
// there was none yet.
func (f *FSM) LastConnected() (at time.Time, ok bool) { return f.connectedAt, f.everConnected }

// LastDisconnected returns when the last connection was lost; ok is unset if
// none was.
func (f *FSM) LastDisconnected() (at time.Time, ok bool) { return f.disconnected, f.everDropped }

func (f *FSM) bounds() (lo, hi time.Duration) {
	lo, hi = f.MinBack, f.MaxBack
	if lo <= 0 {
		lo = DefaultMinBack
	}
	if hi <= 0 {
		hi = DefaultMaxBack
	}
	return lo, max(lo, hi)
}

func (f *FSM) info() vlog.Level {
	if f.Quiet {
		return vlog.Dbg
	}
	return vlog.Info
}

func (f *FSM) enter(now time.Time, s State) {
	log.Dbg("%s: entering %s", f.Name, s)
	f.state, f.entered = s, now
}

// Enable lets a disabled session connect at once.
func (f *FSM) Enable(now time.Time) {
	if f.state == Void && f.mayTry() {
		f.backoff = 0
		f.enter(now, Backoff)
	}
}

// Disable ends the session: no more actions until Enable. The caller drops a
// connection it has.
func (f *FSM) Disable(now time.Time) {
	if f.state != Void {
		f.enter(now, Void)
	}
}

// Force makes a live session drop its connection and connect again.
func (f *FSM) Force(now time.Time) {
	switch f.state {
	case Connecting, Active, Idle:
		f.enter(now, Reconnect)
	}
}

// SkipBackoff lets the next attempt begin without delay.
func (f *FSM) SkipBackoff() {
	if f.state == Backoff {
		f.backoff = 0
	}
}

func (f *FSM) mayTry() bool { return f.MaxTries == 0 || f.tries < f.MaxTries }

// Connecting reports that an attempt has begun.
func (f *FSM) Connecting(now time.Time) {
	if f.state == Connecting {
		return
	}
	if f.Passive {
		log.Log(f.info(), "%s: listening...", f.Name)
	} else if _, hi := f.bounds(); f.backoff < hi {
		log.Log(f.info(), "%s: connecting...", f.Name)
	}
	f.tries++
	f.enter(now, Connecting)
}

// Listening reports that a passive session waits for its peer.
func (f *FSM) Listening(now time.Time) {
	if f.state != Listening {
		log.Log(f.info(), "%s: listening...", f.Name)
		f.enter(now, Listening)
	}
}

// Connected reports that a connection stands.
func (f *FSM) Connected(now time.Time) {
	if f.IsConnected() {
		return
	}
	if f.state != Connecting {
		f.Connecting(now)
	}
	log.Log(f.info(), "%s: connected", f.Name)
	f.everConnected = true
	f.connectedAt, f.active = now, now
	f.enter(now, Active)
}

// Activity reports that something came from the peer.
func (f *FSM) Activity(now time.Time) {
	f.active = now
	if f.state == Idle {
		f.enter(now, Active)
	}
}

// Failed reports that an attempt has failed.
func (f *FSM) Failed(now time.Time, err error) {
	if f.state != Connecting {
		f.Connecting(now)
	}
	f.Disconnected(now, err)
}

// Disconnected reports that the connection is gone, or the attempt has failed:
// io.EOF if the peer closed it, nil if we did.
func (f *FSM) Disconnected(now time.Time, err error) {
	if f.state == Void || f.state == Backoff {
		return
	}
	lo, hi := f.bounds()
	up := f.IsConnected()
	f.report(err, up, hi)
	if up {
		f.disconnected, f.everDropped = now, true
	}
	// A connection that lived longer than the last wait earns a short one.
	if up && f.active.Sub(f.connectedAt) >= f.backoff || f.Passive {
		f.backoff = lo
		if f.Passive {
			f.backoff = 0
		}
	} else {
		f.lengthen(lo, hi)
	}
	if !f.mayTry() {
		f.enter(now, Void)
		return
	}
	f.enter(now, Backoff)
}

func (f *FSM) report(err error, up bool, hi time.Duration) {
	what := "connection attempt"
	if f.Passive || f.state == Listening {
		what = "error listening for connections"
	}
	switch {
	case up && err == nil:
		log.Log(f.info(), "%s: connection dropped", f.Name)
	case up && errors.Is(err, io.EOF):
		log.Log(f.info(), "%s: connection closed by peer", f.Name)
	case up:
		log.Warn("%s: connection dropped (%s)", f.Name, cli.Strerror(err))
	case f.backoff >= hi:
		// Said often enough.
	case f.state == Reconnect && err == nil:
	case what != "connection attempt":
		if err == nil {
			log.Log(f.info(), "%s: error listening for connections", f.Name)
		} else {
			log.Warn("%s: error listening for connections (%s)", f.Name, cli.Strerror(err))
		}
	case err == nil:
		log.Log(f.info(), "%s: connection attempt timed out", f.Name)
	default:
		log.Log(f.info(), "%s: connection attempt failed (%s)", f.Name, cli.Strerror(err))
	}
}

func (f *FSM) lengthen(lo, hi time.Duration) {
	old := f.backoff
	switch {
	case old < lo:
		f.backoff = lo
		return
	case old >= hi/2:
		f.backoff = hi
	default:
		f.backoff = 2 * old
	}
	if f.backoff < hi {
		log.Log(f.info(), "%s: waiting %.3g seconds before reconnect", f.Name, f.backoff.Seconds())
	} else if old < hi {
		log.Log(f.info(), "%s: continuing to reconnect in the background but suppressing further logging", f.Name)
	}
}

// Deadline returns when Run has something to say next, if nothing is reported
// before.
func (f *FSM) Deadline() (at time.Time, ok bool) {
	switch f.state {
	case Backoff:
		return f.entered.Add(f.backoff), true
	case Connecting:
		return f.entered.Add(max(time.Second, f.backoff)), true
	case Active:
		if f.ProbeInt > 0 {
			from := f.active
			if f.entered.After(from) {
				from = f.entered
			}
			return from.Add(f.ProbeInt), true
		}
	case Idle:
		if f.ProbeInt > 0 {
			return f.entered.Add(f.ProbeInt), true
		}
	case Reconnect:
		return f.entered, true
	}
	return time.Time{}, false
}

// Run says what to do at this time; call it again after doing so.
func (f *FSM) Run(now time.Time) Action {
	at, ok := f.Deadline()
	if !ok || now.Before(at) {
		return None
	}
	switch f.state {
	case Backoff:
		return Connect
	case Connecting, Reconnect:
		return Disconnect
	case Active:
		log.Dbg("%s: idle %d ms, sending inactivity probe", f.Name, now.Sub(f.active).Milliseconds())
		f.enter(now, Idle)
		return Probe
	case Idle:
		log.Err("%s: no response to inactivity probe after %.3g seconds, disconnecting", f.Name, now.Sub(f.entered).Seconds())
		return Disconnect
	}
	return None
}
