// Package testcontroller is ovs-testcontroller(8): a controller that makes
// OpenFlow switches learning switches or hubs. It shows how one is written on
// openflow/conn: lswitch is a machine without a connection, and conn.Serve lets
// it speak over one.
package testcontroller

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/version"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

const (
	defaultIdle = 60
	greatestTTL = 65535
)

// options is what the command line says besides the common options.
type options struct {
	cfg      config
	versions openflow.Versions
	files    []string // of --with-flows
	tls      stream.TLS
	help     bool
	version  bool
}

func (f *options) rows() []cli.Option {
	c := &f.cfg
	on := func(do func()) func(string, bool) error {
		return func(string, bool) error { do(); return nil }
	}
	return []cli.Option{
		{Long: "hub", Short: 'H', Do: on(func() { c.mode = hub })},
		{Long: "noflow", Short: 'n', Do: on(func() { c.noFlow = true })},
		{Long: "normal", Short: 'N', Do: on(func() { c.mode = normal })},
		{Long: "mute", Do: on(func() { c.mute = true })},
		{Long: "wildcards", Short: 'w', Arg: cli.OptArg, Meta: "MASK", Do: f.setWildcards},
		{Long: "max-idle", Arg: cli.ReqArg, Meta: "SECS", Do: f.setMaxIdle},
		{Long: "queue", Short: 'q', Arg: cli.ReqArg, Meta: "QUEUE-ID", Do: func(v string, _ bool) (err error) {
			c.queue, err = parseQueue(v)
			return err
		}},
		{Long: "port-queue", Short: 'Q', Arg: cli.ReqArg, Meta: "PORT-NAME:QUEUE-ID", Do: f.setPortQueue},
		{Long: "with-flows", Arg: cli.ReqArg, Meta: "FILE", Do: func(v string, _ bool) error {
			f.files = append(f.files, v)
			return nil
		}},
		{Long: "protocols", Short: 'O', Arg: cli.ReqArg, Meta: "PROTOCOLS", Do: func(v string, _ bool) error {
			vs, err := openflow.ParseVersions(v)
			f.versions |= vs
			return err
		}},
		{Long: "help", Short: 'h', Do: func(string, bool) error { f.help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { f.version = true; return cli.ErrStop }},
	}
}

func (f *options) setWildcards(v string, has bool) error {
	f.cfg.wildcards = openflow.WildcardsL2
	if !has {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimPrefix(v, "0x"), "0X"), 16, 32)
	if err != nil {
		return fmt.Errorf("%s: not a hexadecimal mask of wildcards", v)
	}
	f.cfg.wildcards = uint32(n)
	return nil
}

func (f *options) setMaxIdle(v string, _ bool) error {
	if v == "permanent" {
		f.cfg.maxIdle = 0
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > greatestTTL {
		return fmt.Errorf("--max-idle argument must be between 1 and %d or the word 'permanent'", greatestTTL)
	}
	f.cfg.maxIdle = n
	return nil
}

func (f *options) setPortQueue(v string, _ bool) error {
	port, id, ok := strings.Cut(v, ":")
	if !ok || port == "" {
		return errors.New(`argument to -Q or --port-queue should take the form "<port-name>:<queue-id>"`)
	}
	if _, twice := f.cfg.queues[port]; twice {
		return fmt.Errorf("<port-name> arguments for -Q or --port-queue must be unique")
	}
	q, err := parseQueue(id)
	f.cfg.queues[port] = q
	return err
}

func parseQueue(v string) (uint32, error) {
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return noQueue, fmt.Errorf("%s: not a queue ID", v)
	}
	return uint32(n), nil
}

// loadFlows reads the files of --with-flows.
func (f *options) loadFlows() error {
	f.cfg.usable = openflow.ProtoAny
	names := &openflow.Names{Warn: func(module, text string) { vlog.New(module).Warn("%s", text) }}
	for _, file := range f.files {
		in, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("%s: open failed (%s)", file, cli.Strerror(err))
		}
		err = openflow.ReadFlows(in, file, openflow.FlowAdd, names, func(l openflow.FlowLine) error {
			f.cfg.flows = append(f.cfg.flows, l)
			f.cfg.usable &= l.Usable
			return nil
		})
		in.Close()
		if err != nil {
			return err
		}
	}
	if f.cfg.usable == 0 {
		return errors.New("no OpenFlow version can carry all of the flows")
	}
	return nil
}

// Main runs ovs-testcontroller.
func Main(argv []string, o cli.IO) int {
	p := daemon.New(argv, o)
	name := p.Name()
	f := options{cfg: config{maxIdle: defaultIdle, queue: noQueue, queues: map[string]uint32{}}}
	args, err := cli.Parse(argv[1:], cli.Permute, f.rows(), p.Options(), vlog.Options(name), f.tls.Options())
	switch {
	case f.help:
		usage(o.Out, p)
		return 0
	case f.version:
		version.Print(o.Out, name)
		fmt.Fprintln(o.Out, "OpenFlow versions 0x1:0x6")
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) == 0:
		o.Errorf(name, "at least one vconn argument required; use --help for usage")
		return 1
	}
	if err := f.loadFlows(); err != nil {
		o.Errorf(name, "%v", err)
		return 1
	}
	if f.versions == 0 {
		f.versions = openflow.AllVersions
	}
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	c := &controller{cfg: &f.cfg, versions: f.versions, stream: stream.Config{Port: stream.OpenFlowPort, TLS: &f.tls}}
	if !c.open(p.Context(), args) {
		return p.Fail("no active or passive switch connections")
	}
	p.Ready()
	c.run(p.Context())
	return 0
}

func usage(w io.Writer, p *daemon.Process) {
	fmt.Fprintf(w, `%s: OpenFlow controller
usage: %[1]s [OPTIONS] METHOD
where METHOD is any OpenFlow connection method.
%s%s
OpenFlow version options:
  -V, --version           display version information
  -O, --protocols         set allowed OpenFlow versions
                          (default: %s)
%s
Other options:
  -H, --hub               act as hub instead of learning switch
  -n, --noflow            pass traffic, but don't add flows
  --max-idle=SECS         max idle time for new flows
  -N, --normal            use OFPP_NORMAL action
  -w, --wildcards[=MASK]  wildcard (specified) bits in flows
  -q, --queue=QUEUE-ID    OpenFlow queue ID to use for output
  -Q PORT-NAME:QUEUE-ID   use QUEUE-ID for frames from PORT-NAME
  --with-flows FILE       use the flows from FILE
  --unixctl=SOCKET        override default control socket name
  -h, --help              display this help message
  -V, --version           display version information
`, p.Name(), conn.Methods(true, true), p.Usage(), strings.ReplaceAll(openflow.AllVersions.String(), ",", ", "), vlog.Usage(p.Name()))
}
