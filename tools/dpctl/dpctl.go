// Package dpctl is ovs-dpctl: it looks at and changes the datapaths of the
// kernel (ovs-dpctl(8)). Those of the switch daemon itself are reached by
// ovs-appctl dpctl/COMMAND. Main keeps no state.
package dpctl

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vishvananda/netlink"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/dpif/dpctl"
	"govs/internal/version"
)

type options struct {
	dpctl.Options
	help, version bool
}

func (o *options) rows() []cli.Option {
	set := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return nil }
	}
	stop := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return cli.ErrStop }
	}
	return []cli.Option{
		{Long: "statistics", Short: 's', Do: set(&o.Stats)},
		{Long: "more", Short: 'm', Do: func(string, bool) error { o.More++; return nil }},
		{Long: "names", Do: set(&o.Names)},
		{Long: "no-names", Do: set(&o.NoNames)},
		{Long: "clear", Do: set(&o.Clear)},
		{Long: "may-create", Do: set(&o.MayCreate)},
		{Long: "read-only", Do: set(&o.ReadOnly)},
		{Long: "timeout", Short: 't', Arg: cli.ReqArg, Do: func(v string, _ bool) error {
			secs, err := daemon.TimeoutOption('t', v)
			if err == nil {
				daemon.Alarm(secs, nil)
			}
			return err
		}},
		{Long: "help", Short: 'h', Do: stop(&o.help)},
		{Long: "version", Short: 'V', Do: stop(&o.version)},
	}
}

// Main runs ovs-dpctl.
func Main(argv []string, o cli.IO) int {
	name := cli.Name(argv)
	var opt options
	args, err := cli.Parse(argv[1:], cli.Permute, opt.rows(), vlog.Options(name))
	switch {
	case opt.help:
		usage(o.Out, name)
		return 0
	case opt.version:
		version.Print(o.Out, name)
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) == 0:
		o.Errorf(name, "missing command name; use --help for help")
		return 1
	}
	var noKernel error // of the only look
	env := &dpctl.Env{Program: name, Usage: func(w io.Writer) { usage(w, name) }, Datapaths: func() ([]dpif.Datapath, error) {
		if noKernel == nil {
			noKernel = kernel()
			o.Errorf(name, "the datapaths of ovs-vswitchd itself are shown by \"ovs-appctl dpctl/%s\"", args[0])
		}
		return nil, noKernel
	}}
	return dpctl.Run(env, o, opt.Options, args)
}

// kernel says why the kernel's datapaths cannot be had: the module is not there
// or, until there is a datapath that drives it, is not for us.
func kernel() error {
	const family = "ovs_datapath"
	if _, err := netlink.GenlFamilyGet(family); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			vlog.New("dpif_netlink").Info("Generic Netlink family '%s' cannot be looked up (%s).", family, cli.Strerror(err))
		} else {
			vlog.New("dpif_netlink").Info("Generic Netlink family '%s' does not exist. The Open vSwitch kernel module is probably not loaded.", family)
		}
		vlog.New("dpif").Warn("failed to enumerate system datapaths: %s", cli.Strerror(err))
		return err
	}
	err := errors.New("this version of govs does not drive the kernel module")
	vlog.New("dpif").Warn("failed to enumerate system datapaths: %s", err)
	return err
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, "%s: Open vSwitch datapath management utility\nusage: %s [OPTIONS] COMMAND [ARG...]\n", name, name)
	dpctl.Help(w)
	fmt.Fprint(w, `An IFACE may be followed by options: IFACE,type=TYPE,port_no=N,KEY=VALUE.
DP may be left out where it is in brackets and only one datapath exists.
`)
	fmt.Fprint(w, vlog.Usage(name))
	fmt.Fprint(w, `
Options for show, mod-flow and del-flow:
  -s, --statistics            print counters
Options for dump-flows and get-flow:
  -m, --more                  print also what flows ignore
  --names                     print port names instead of numbers
  --no-names                  print port numbers with -m, too
Options for mod-flow:
  --may-create                create a flow that does not exist
  --clear                     start the flow's counters at zero

Other options:
  --read-only                 refuse commands that change something
  -t, --timeout=SECS          give up after SECS seconds
  -h, --help                  display this help message
  -V, --version               display version information
`)
}
