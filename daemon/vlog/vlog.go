// Package vlog is the log of every tool and daemon: modules with a level per
// destination (syslog, console, file), line patterns, rate limits and the -v
// options, as ovs-vswitchd(8) "Logging Options" and ovs-appctl(8) describe
// them. All functions may be called from any goroutine; a disabled message
// costs one atomic load.
//
//	var log = vlog.New("bridge")
//	log.Warn("%s: no such port", name)
package vlog

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Module is a named source of messages. Make it once per package with New.
type Module struct {
	name   string
	max    atomic.Int32           // most verbose level that goes anywhere
	levels [numDests]atomic.Int32 // written under reg.mu
	noRL   atomic.Bool            // vlog/disable-rate-limit
}

// reg is the program's log. Levels are read without the lock.
var reg struct {
	mu      sync.Mutex
	modules []*Module // guarded by mu
	levels  [numDests]Level
	set     bool // levels holds what later modules start with
	out     output
	rateNow func() time.Time // of rate limits, if not out's
}

// New registers a module. The name is the one OVS uses ("bridge", "vconn",
// "ofproto_dpif", ...), so that -vMODULE settings written for OVS work.
// Calling it again with the same name returns the same module.
func New(name string) *Module {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for _, m := range reg.modules {
		if m.name == name {
			return m
		}
	}
	m := &Module{name: name}
	for d := range m.levels {
		l := Info
		if reg.set {
			l = reg.levels[d]
		}
		m.levels[d].Store(int32(l))
	}
	m.update()
	reg.modules = append(reg.modules, m)
	return m
}

// update recomputes max; reg.mu is held.
func (m *Module) update() {
	top := int32(Off)
	for d := range m.levels {
		if Dest(d) == File && reg.out.file == nil {
			continue
		}
		top = max(top, m.levels[d].Load())
	}
	m.max.Store(top)
}

// find returns the module of that name, in any case, or nil; reg.mu is held.
func find(name string) *Module {
	for _, m := range reg.modules {
		if strings.EqualFold(m.name, name) {
			return m
		}
	}
	return nil
}

// sorted returns the modules by name; reg.mu is held.
func sorted() []*Module {
	all := slices.Clone(reg.modules)
	slices.SortFunc(all, func(a, b *Module) int { return strings.Compare(a.name, b.name) })
	return all
}

// SetLevel sets the level of one module (nil: all) for one destination
// (negative: all).
func SetLevel(m *Module, d Dest, l Level) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	setLevel(m, d, l)
}

func setLevel(m *Module, d Dest, l Level) {
	dests := []Dest{d}
	if d < 0 {
		dests = []Dest{Syslog, Console, File}
	}
	mods := []*Module{m}
	if m == nil {
		mods = reg.modules
		if !reg.set {
			reg.set, reg.levels = true, [numDests]Level{Info, Info, Info}
		}
		for _, d := range dests {
			reg.levels[d] = l
		}
	}
	for _, m := range mods {
		for _, d := range dests {
			m.levels[d].Store(int32(l))
		}
		m.update()
	}
}

// Name returns the module's name.
func (m *Module) Name() string { return m.name }

// Level returns the module's level for one destination.
func (m *Module) Level(d Dest) Level { return Level(m.levels[d].Load()) }

// IsEnabled reports whether a message of that level would go anywhere.
func (m *Module) IsEnabled(l Level) bool { return int32(l) <= m.max.Load() }

// Log writes one message. The format has no newline at its end.
func (m *Module) Log(l Level, format string, args ...any) {
	if m.IsEnabled(l) {
		m.write("", l, fmt.Sprintf(format, args...))
	}
}

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
