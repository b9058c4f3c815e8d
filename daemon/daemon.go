// Package daemon gives a program the manners of an Open vSwitch daemon:
// directories from the environment, pidfile, --detach with readiness,
// --monitor, fatal signals that clean up, and the common unixctl commands.
// A Process is used by the goroutine that runs Main; OnExit and Ready may be
// called from any.
//
//	p := daemon.New(argv)
//	rest, err := cli.Parse(argv, cli.Permute, p.Options(), ...)
//	if code, done := p.Start(); done {
//		return code
//	}
//	... open databases and sockets; on failure: return p.Fail("...")
//	p.Ready()
//	<-p.Context().Done()
//	p.Close()
package daemon

import (
	"context"

	"govs/cli"
	"govs/daemon/unixctl"
)

// Process is one daemon of this program.
type Process struct {
	name string
}

// New returns the daemon called argv[0]. argv is kept: --detach runs it again.
func New(argv []string, io cli.IO) *Process { return &Process{name: cli.Name(argv)} }

// Options returns the rows --detach, --pidfile, --overwrite-pidfile,
// --no-chdir, --monitor, --user, --no-self-confinement and --unixctl.
func (p *Process) Options() []cli.Option { return nil }

// Start does what the options ask for. In a process that only starts the real
// one (--detach, --monitor) it waits and returns the exit status with done
// set; in the daemon itself it returns done unset, with pidfile and log ready.
func (p *Process) Start() (code int, done bool) { return 0, false }

// Server returns the daemon's unixctl server, with the commands every daemon
// has (list-commands, version, exit, vlog/*, coverage/*, memory/show).
func (p *Process) Server() *unixctl.Server { return nil }

// Ready tells the process that started us that we serve; after it a detached
// daemon has no standard streams.
func (p *Process) Ready() {}

// Fail logs and prints a start-up failure in OVS's form and returns the exit
// status; with --detach the parent exits with it.
func (p *Process) Fail(format string, args ...any) int { return 1 }

// Context ends when the daemon must exit: unixctl exit, or a fatal signal.
func (p *Process) Context() context.Context { return context.Background() }

// OnExit runs f once before the process ends, last registered first, also
// when a fatal signal ends it.
func (p *Process) OnExit(f func()) {}

// OnExitRequest is called with the arguments of the unixctl command exit
// (such as --cleanup) before the context ends.
func (p *Process) OnExitRequest(f func(args []string)) {}

// Close runs what OnExit collected and closes the control socket.
func (p *Process) Close() {}
