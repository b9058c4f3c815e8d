// Package daemon gives a program the manners of an Open vSwitch daemon:
// directories from the environment, pidfile, --detach with readiness,
// --monitor, fatal signals that clean up, and the common unixctl commands.
// A Process is used by the goroutine that runs Main; OnExit, Context and Ready
// may be called from any.
//
//	p := daemon.New(argv, io)
//	rest, err := cli.Parse(argv[1:], cli.Permute, p.Options(), vlog.Options(p.Name()), ...)
//	if code, done := p.Start(); done {
//		return code
//	}
//	defer p.Close()
//	... open databases and sockets; on failure: return p.Fail("...")
//	p.Ready()
//	<-p.Context().Done()
package daemon

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"govs/cli"
	"govs/daemon/coverage"
	"govs/daemon/pidfile"
	"govs/daemon/unixctl"
	"govs/daemon/vlog"
	"govs/internal/dirs"
	"govs/internal/unixsock"
)

var log = vlog.New("daemon_unix")

// Process is one daemon of this program.
type Process struct {
	name string
	argv []string
	io   cli.IO

	// What the options asked for.
	detach, monitor, noChdir  bool
	pidfileOn, overwrite      bool
	pidPath, ctlPath, userArg string
	network                   bool
	keep                      [3]bool // standard streams that a detached daemon keeps

	stage  stage
	notify *os.File // the pipe to the process that waits for readiness, or nil
	pid    *pidfile.File
	ctl    *unixctl.Server
	quiet  func() // stops catching signals, or nil

	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	exits   []func()         // guarded by mu
	request []func([]string) // guarded by mu
	ready   bool             // guarded by mu
	closed  bool             // guarded by mu
}

// New returns the daemon called argv[0]. argv is kept: --detach runs it again.
func New(argv []string, io cli.IO) *Process { return NewNamed(cli.Name(argv), argv, io) }

// NewNamed is New for a daemon that others know by another name than argv[0]:
// its pidfile, log file and control socket carry that name.
func NewNamed(name string, argv []string, io cli.IO) *Process {
	p := &Process{name: name, argv: argv, io: io}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.ctl = unixctl.NewServer(p.name)
	p.ctl.Register(Commands()...)
	p.ctl.Register(unixctl.Command{Name: "exit", MaxArgs: unixctl.Many, Run: p.exitCommand})
	if p.stage, p.notify = stageFromEnv(); p.stage != stageFront {
		vlog.Inherit()
	}
	return p
}

// Name returns the program's name.
func (p *Process) Name() string { return p.name }

// Options returns the rows --detach, --pidfile, --overwrite-pidfile,
// --no-chdir, --monitor, --user, --no-self-confinement and --unixctl.
func (p *Process) Options() []cli.Option {
	on := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return nil }
	}
	return []cli.Option{
		{Long: "detach", Doc: "run in the background; the command returns when the daemon is ready", Do: on(&p.detach)},
		{Long: "no-chdir", Doc: "with --detach, stay in the current directory", Do: on(&p.noChdir)},
		{Long: "pidfile", Arg: cli.OptArg, Meta: "FILE", Doc: "write the process number to a file, in the run directory if none is named", Do: func(v string, _ bool) error {
			p.pidfileOn, p.pidPath = true, v
			return nil
		}},
		{Long: "overwrite-pidfile", Doc: "start although the pidfile is another running process's", Do: on(&p.overwrite)},
		{Long: "monitor", Doc: "start the daemon again when it crashes", Do: on(&p.monitor)},
		// Nothing of ours confines itself, so there is nothing to turn off.
		{Long: "no-self-confinement", Doc: "for compatibility: nothing is confined", Do: func(string, bool) error { return nil }},
		{Long: "user", Arg: cli.ReqArg, Meta: "USER[:GROUP]", Doc: "run as another user", Do: func(v string, _ bool) error {
			p.userArg = v
			_, _, err := lookupUser(v)
			return err
		}},
		{Long: "unixctl", Arg: cli.ReqArg, Meta: "SOCKET", Doc: "where ovs-appctl finds the daemon", Do: func(v string, _ bool) error {
			p.ctlPath = v
			return nil
		}},
	}
}

// Usage returns the help section of Options, as the reference prints it.
func (p *Process) Usage() string {
	return `
Daemon options:
  --detach                run in background as daemon
  --monitor               creates a process to monitor this daemon
  --user=username[:group] changes the effective daemon user:group
  --no-chdir              do not chdir to '/'
  --pidfile[=FILE]        create pidfile (default: ` + p.pidfilePath() + `)
  --overwrite-pidfile     with --pidfile, start even if already running
`
}

func (p *Process) pidfilePath() string {
	if p.pidPath == "" {
		return dirs.Abs(dirs.Run(), p.name+".pid")
	}
	return dirs.Abs(dirs.Run(), p.pidPath)
}

// Start does what the options ask for. In a process that only starts the real
// one (--detach, --monitor) it waits and returns the exit status with done
// set; in the daemon itself it returns done unset, with pidfile and control
// socket made and fatal signals caught.
func (p *Process) Start() (code int, done bool) {
	switch {
	case p.stage == stageFront && p.detach:
		// A pidfile held by another is better noticed before anything is
		// spawned.
		if p.pidfileOn && !p.overwrite {
			if err := pidfile.Check(p.pidfilePath()); err != nil {
				return p.Fail("%s", err), true
			}
		}
		return p.launch(), true
	case p.monitor && p.stage != stageDaemon:
		return p.watch(), true
	}
	if p.stage != stageFront {
		setName(p.name)
	}
	if p.userArg != "" {
		if err := becomeUser(p.userArg, p.network); err != nil {
			return p.Fail("%s", err), true
		}
	}
	if p.stage == stageDaemon && p.monitor {
		crashHard()
	}
	p.quiet = CatchSignals(func() {
		p.cleanup()
		p.ctl.Close()
		unixsock.RemoveAll() // those of bridges, too
	})
	go p.tick()
	if p.pidfileOn {
		f, err := pidfile.Create(p.pidfilePath(), p.overwrite)
		if err != nil {
			return p.Fail("%s", err), true
		}
		p.pid = f
	}
	if err := p.ctl.Start(p.ctlPath); err != nil {
		return p.Fail("%s", err), true
	}
	return 0, false
}

// Server returns the daemon's unixctl server, with the commands every daemon
// has (list-commands, version, exit, vlog/*, coverage/*, memory/show).
// Register the daemon's own before Start or Ready.
func (p *Process) Server() *unixctl.Server { return p.ctl }

// KeepNetwork makes --user keep the capabilities to work with network devices.
// Call it before Start.
func (p *Process) KeepNetwork() { p.network = true }

// KeepOutput leaves a detached daemon its standard output. Call it before Ready.
func (p *Process) KeepOutput() { p.keep[1] = true }

// KeepStderr leaves a detached daemon its standard error and the log on it.
// Call it before Ready.
func (p *Process) KeepStderr() { p.keep[2] = true }

// Wanted reports whether an option asks for a daemon's manners.
func (p *Process) Wanted() bool { return p.detach || p.monitor || p.pidfileOn || p.ctlPath != "" }

// Detached reports whether the daemon was started by --detach.
func (p *Process) Detached() bool { return p.detach }

// Ready tells the process that started us that we serve; after it a detached
// daemon has no standard streams and does not log to the console.
func (p *Process) Ready() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready {
		return
	}
	p.ready = true
	if p.notify != nil {
		p.notify.Write([]byte{readyByte})
		p.notify.Close()
		p.notify = nil
	}
	if p.detach && p.stage != stageFront {
		if !p.keep[2] {
			vlog.SetLevel(nil, vlog.Console, vlog.Off)
		}
		closeStandard(p.keep)
		if !p.noChdir {
			os.Chdir("/")
		}
	}
}

// Fail prints a start-up failure in OVS's form, cleans up and returns the exit
// status; with --detach the parent exits with it.
func (p *Process) Fail(format string, args ...any) int {
	p.io.Errorf(p.name, "%s", fmt.Sprintf(format, args...))
	p.Close()
	return 1
}

// Context ends when the daemon must exit: by the unixctl command exit. (A
// fatal signal runs what OnExit collected and ends the process itself.)
func (p *Process) Context() context.Context { return p.ctx }

// OnExit runs f once before the process ends, last registered first, also
// when a fatal signal ends it. f must not wait for other goroutines for long.
func (p *Process) OnExit(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exits = append(p.exits, f)
}

// OnExitRequest calls f with the arguments of the unixctl command exit (such
// as --cleanup) before the context ends.
func (p *Process) OnExitRequest(f func(args []string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.request = append(p.request, f)
}

// ExitUsage sets what list-commands shows as the arguments of exit.
func (p *Process) ExitUsage(s string) {
	p.ctl.Register(unixctl.Command{Name: "exit", Usage: s, MaxArgs: unixctl.Many, Run: p.exitCommand})
}

func (p *Process) exitCommand(r *unixctl.Request) {
	p.mu.Lock()
	fs := p.request
	p.mu.Unlock()
	for _, f := range fs {
		f(r.Args)
	}
	r.Reply("")
	p.cancel()
}

// Close runs what OnExit collected, removes pidfile and control socket, and
// ends the context. It may be called twice.
func (p *Process) Close() {
	p.cancel()
	p.cleanup()
	p.ctl.Close()
	if p.quiet != nil {
		p.quiet()
	}
}

// tick keeps the rates of coverage/show and logs the use of memory.
func (p *Process) tick() {
	t := time.NewTicker(coverage.Interval)
	defer t.Stop()
	mem := memoryLog{since: time.Now()}
	for {
		select {
		case now := <-t.C:
			coverage.Tick(now)
			mem.tick(now)
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *Process) cleanup() {
	p.mu.Lock()
	fs := p.exits
	p.exits = nil
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.mu.Unlock()
	for i := len(fs) - 1; i >= 0; i-- {
		fs[i]()
	}
	p.pid.Remove()
}
