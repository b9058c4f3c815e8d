// Package reconnect is the machine that decides when a session connects,
// probes, disconnects and backs off. It is pure: the caller passes the time
// and does what Run says. An FSM is used by one goroutine.
package reconnect

import "time"

// Action is what Run asks the caller to do.
type Action uint8

// Actions.
const (
	None       Action = iota
	Connect           // start connecting, then report Connecting, Connected or Failed
	Disconnect        // drop the connection, then report Disconnected
	Probe             // send something that makes the peer answer
)

// FSM is the state of one session.
type FSM struct {
	Name     string        // the target's name in log lines
	MinBack  time.Duration // first backoff; 0: 1 s
	MaxBack  time.Duration // longest backoff; 0: 8 s
	ProbeInt time.Duration // idle time before a probe; 0: none
	Passive  bool          // listens instead of connecting
}
