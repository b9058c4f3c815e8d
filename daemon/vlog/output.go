package vlog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"govs/cli"
	"govs/internal/dirs"
)

// output is where lines go; all is guarded by reg.mu.
type output struct {
	app      string // program's name, of %A and the default log file
	sub      string // subprogram's name for the whole process, such as "monitor"
	patterns [numDests]string
	facility int
	file     *os.File
	path     string // of the log file, kept while it is closed
	console  io.Writer
	syslog   sender
	now      func() time.Time
	start    time.Time
}

var serial atomic.Uint64

// own returns the module that logs about logging, registered at first use so
// that this package has no work at start-up.
func own() *Module { return New("vlog") }

// SetProgram says what the program is called, in %A and the default log
// file's name.
func SetProgram(name string) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.out.app = name
}

// SetSubprogram names a helper process (%t and %T), such as "monitor".
func SetSubprogram(name string) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.out.sub = name
}

// SetConsole sends console messages to w instead of os.Stderr; nil undoes it.
func SetConsole(w io.Writer) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.out.console = w
}

// SetClock makes the log take its time from now; nil undoes it.
func SetClock(now func() time.Time) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.out.now = now
}

// SetRateClock makes rate limits take their time from now, which may be turned by hand
// while lines have the wall clock's; nil undoes it.
func SetRateClock(now func() time.Time) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.rateNow = now
}

// time returns the wall clock; reg.mu is held.
func (o *output) time() time.Time {
	if o.now != nil {
		return o.now()
	}
	return time.Now()
}

func (o *output) program() string {
	if o.app == "" {
		return filepath.Base(os.Args[0])
	}
	return o.app
}

func (o *output) pattern(d Dest) string {
	if o.patterns[d] == "" {
		return defaultPatterns[d]
	}
	return o.patterns[d]
}

var inherited atomic.Bool

// Inherit says that this process goes on with the log of the one that started
// it with the same options, and which has said already that it opened it.
func Inherit() {
	inherited.Store(true)
	serial.Store(1)
}

// write formats a message for each destination that wants it.
func (m *Module) write(sub string, l Level, text string) {
	n := serial.Add(1)
	reg.mu.Lock()
	defer reg.mu.Unlock()
	o := &reg.out
	r := record{module: m.name, sub: sub, level: l, text: text, serial: n, time: o.time(), out: o}
	if r.sub == "" {
		r.sub = o.sub
	}
	for d := range numDests {
		if Level(m.levels[d].Load()) < l {
			continue
		}
		switch d {
		case Console:
			w := o.console
			if w == nil {
				w = os.Stderr
			}
			w.Write(append(r.format(nil, o.pattern(d)), '\n'))
		case File:
			if o.file != nil {
				o.file.Write(append(r.format(nil, o.pattern(d)), '\n'))
			}
		case Syslog:
			o.syslog.send(&r, o.pattern(d))
		}
	}
}

// DefaultFile is the log file --log-file without an argument opens.
func DefaultFile(program string) string { return filepath.Join(dirs.Log(), program+".log") }

// OpenFile starts logging to a file; an empty path means DefaultFile. The
// failure is logged; the caller exits with status 1.
func OpenFile(path string) error {
	reg.mu.Lock()
	if path == "" {
		path = DefaultFile(reg.out.program())
	}
	reg.mu.Unlock()
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o660)
	if err != nil {
		own().Warn("failed to open %s for logging: %s", path, cli.Strerror(err))
		return err
	}
	reg.mu.Lock()
	old := reg.out.file
	reg.out.path = path
	if old != nil {
		a, errA := old.Stat()
		b, errB := f.Stat()
		if errA == nil && errB == nil && os.SameFile(a, b) {
			reg.mu.Unlock()
			f.Close()
			return nil
		}
	}
	reg.mu.Unlock()
	if old != nil {
		own().Info("closing log file")
	}
	// What the runtime says of a crash belongs where operators look; a daemon
	// has no standard error.
	debug.SetCrashOutput(f, debug.CrashOptions{})
	reg.mu.Lock()
	reg.out.file = f
	for _, m := range reg.modules {
		m.update()
	}
	reg.mu.Unlock()
	if old != nil {
		old.Close()
	}
	if inherited.Swap(false) {
		return nil
	}
	own().Info("opened log file %s", path)
	return nil
}

// ErrNoFile is Reopen's error when no log file was ever asked for.
var ErrNoFile = errors.New("Logging to file not configured")

// Reopen closes the log file and opens it anew, after a rotation.
func Reopen() error {
	reg.mu.Lock()
	path := reg.out.path
	reg.mu.Unlock()
	if path == "" {
		return ErrNoFile
	}
	return OpenFile(path)
}

// CloseFile stops logging to the file; Reopen starts it again.
func CloseFile() {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if reg.out.file == nil {
		return
	}
	debug.SetCrashOutput(nil, debug.CrashOptions{})
	reg.out.file.Close()
	reg.out.file = nil
	for _, m := range reg.modules {
		m.update()
	}
}
