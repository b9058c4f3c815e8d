// Package vswitchd is the command ovs-vswitchd (ovs-vswitchd(8)). Main keeps no
// state.
package vswitchd

import (
	"fmt"
	"io"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/heap"
	"govs/internal/version"
	"govs/stream"
	"govs/vswitchd"
)

var log = vlog.New("bridge")

// flags is what the command line says besides the common options.
type flags struct {
	cfg           vswitchd.Config
	help, version bool
}

func (f *flags) options() []cli.Option {
	return []cli.Option{
		{Long: "enable-dummy", Arg: cli.OptArg, Do: func(v string, _ bool) error { return f.cfg.EnableDummy(v) }},
		{Long: "disable-system", Do: func(string, bool) error { f.cfg.DisableSystem = true; return nil }},
		{Long: "disable-system-route", Do: func(string, bool) error { f.cfg.DisableSystemRoute = true; return nil }},
		{Long: "dummy-numa", Arg: cli.ReqArg, Do: func(v string, _ bool) error { return f.cfg.DummyNUMA(v) }},
		{Long: "help", Short: 'h', Do: func(string, bool) error { f.help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { f.version = true; return cli.ErrStop }},
	}
}

// Main runs ovs-vswitchd.
func Main(argv []string, o cli.IO) int {
	p := daemon.New(argv, o)
	p.KeepNetwork()
	name := p.Name()
	f := flags{cfg: vswitchd.Config{RunDir: daemon.RunDir()}}
	keys := &stream.TLS{}
	args, err := cli.Parse(argv[1:], cli.Permute, f.options(), p.Options(), vlog.Options(name), keys.Options())
	switch {
	case f.help:
		usage(o.Out, p)
		return 0
	case f.version:
		version.Print(o.Out, name)
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) == 0:
		f.cfg.Remote = "unix:" + daemon.RunDir() + "/db.sock"
	case len(args) == 1:
		f.cfg.Remote = args[0]
	default:
		o.Errorf(name, "at most one non-option argument accepted; use --help for usage")
		return 1
	}
	f.cfg.Stream.TLS = keys
	d, err := vswitchd.New(f.cfg)
	if err != nil {
		o.Errorf(name, "%v", err)
		return 1
	}
	heap.TuneLarge(200, 8<<20) // flow tables that grow are copied less often
	p.Server().Register(d.Commands()...)
	p.ExitUsage("[--cleanup]") // no flow or device of ours outlives the process either way
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	log.Info("%s (Open vSwitch) %s", name, version.OVS)
	go daemon.TrimMemory(p.Context())
	go func() {
		// --detach returns when the database's configuration is carried out.
		select {
		case <-d.Configured():
			p.Ready()
		case <-p.Context().Done():
		}
	}()
	if err := d.Run(p.Context()); err != nil {
		return p.Fail("%v", err)
	}
	return 0
}

func usage(w io.Writer, p *daemon.Process) {
	fmt.Fprintf(w, `%s: Open vSwitch daemon
usage: %[1]s [OPTIONS] [DATABASE]
where DATABASE is a socket on which ovsdb-server is listening
      (default: "unix:%s/db.sock").
%s%s
Datapath options:
  --enable-dummy[=MODE]   add datapaths and ports for tests; MODE "system"
                          stands them in for system ports, "override" for all
  --dummy-numa=N[,N]...   for tests: as if the host had a processor on each of
                          these NUMA nodes
  --disable-system        use no network devices of the host
  --disable-system-route  use none of the host's routes

Other options:
  -h, --help              display this help message
  -V, --version           display version information
`, p.Name(), daemon.RunDir(), p.Usage(), vlog.Usage(p.Name()))
}
