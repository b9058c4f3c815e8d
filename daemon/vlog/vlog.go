// Package vlog is the log of every tool and daemon: modules with a level per
// destination (syslog, console, file), line patterns, rate limits and the -v
// options, as ovs-vswitchd(8) "Logging Options" and ovs-appctl(8) describe
// them. All functions may be called from any goroutine; a disabled message
// costs one atomic load.
//
//	var log = vlog.New("bridge")
//	log.Warn("%s: no such port", name)
package vlog

// Level is a message's severity; smaller is more severe.
type Level int32

// Levels in OVS's order. A destination logs messages up to its level.
const (
	Off Level = iota
	Emer
	Err
	Warn
	Info
	Dbg
)

// Module is a named source of messages. Make it once per package with New.
type Module struct {
	name string
}

// New registers a module. The name is the one OVS uses ("bridge", "vconn",
// "ofproto_dpif", ...), so that -vMODULE settings written for OVS work.
// Calling it again with the same name returns the same module.
func New(name string) *Module { return &Module{name: name} }

// Name returns the module's name.
func (m *Module) Name() string { return m.name }

// IsEnabled reports whether a message of that level would go anywhere.
func (m *Module) IsEnabled(l Level) bool { return false }

// Log writes one message. The format has no newline at its end.
func (m *Module) Log(l Level, format string, args ...any) {}

// Emer logs a failure that forces the process to abort.
func (m *Module) Emer(format string, args ...any) { m.Log(Emer, format, args...) }

// Err logs a failed high-level operation; attention is warranted.
func (m *Module) Err(format string, args ...any) { m.Log(Err, format, args...) }

// Warn logs a failed low-level operation that upper layers may survive.
func (m *Module) Warn(format string, args ...any) { m.Log(Warn, format, args...) }

// Info logs what helps in retrospect.
func (m *Module) Info(format string, args ...any) { m.Log(Info, format, args...) }

// Dbg logs what helps only those who know the code.
func (m *Module) Dbg(format string, args ...any) { m.Log(Dbg, format, args...) }

// RateLimit is a token bucket that a group of messages shares: Rate messages a
// minute on average, Burst at once. The zero value of the other fields is
// ready for use.
//
//	var rl = vlog.RateLimit{Rate: 60, Burst: 5}
//	log.WarnRL(&rl, "bad packet: %v", err)
type RateLimit struct {
	Rate, Burst int
}

// LogRL is Log under a rate limit. When messages were dropped, the next one
// let through is followed by OVS's "Dropped N log messages in last S seconds".
func (m *Module) LogRL(rl *RateLimit, l Level, format string, args ...any) {}

// ErrRL is Err under a rate limit.
func (m *Module) ErrRL(rl *RateLimit, format string, args ...any) { m.LogRL(rl, Err, format, args...) }

// WarnRL is Warn under a rate limit.
func (m *Module) WarnRL(rl *RateLimit, format string, args ...any) {
	m.LogRL(rl, Warn, format, args...)
}

// InfoRL is Info under a rate limit.
func (m *Module) InfoRL(rl *RateLimit, format string, args ...any) {
	m.LogRL(rl, Info, format, args...)
}

// DbgRL is Dbg under a rate limit.
func (m *Module) DbgRL(rl *RateLimit, format string, args ...any) { m.LogRL(rl, Dbg, format, args...) }
