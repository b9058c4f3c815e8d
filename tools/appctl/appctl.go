// Package appctl is ovs-appctl: it sends one command to a running daemon's
// control socket (ovs-appctl(8)). Main keeps no state.
package appctl

import (
	"encoding/json"
	"fmt"
	"io"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/unixctl"
	"govs/daemon/vlog"
	"govs/internal/version"
	ovsjson "govs/jsonrpc/json"
)

type options struct {
	cli.Common
	target       string
	json, pretty bool
	timeout      int
}

func (opt *options) rows() []cli.Option {
	return []cli.Option{
		{Long: "target", Short: 't', Arg: cli.ReqArg, Meta: "TARGET", Doc: "the daemon: its name, whose pidfile is in the run directory, or the path of its control socket (default: ovs-vswitchd)", Do: func(v string, _ bool) error { opt.target = v; return nil }},
		{Long: "format", Short: 'f', Arg: cli.ReqArg, Meta: "FORMAT", Doc: "ask for text or json", Do: func(v string, _ bool) error {
			if v != "json" && v != "text" {
				return fmt.Errorf("value %s on -f or --format is invalid", v)
			}
			opt.json = v == "json"
			return nil
		}},
		{Long: "pretty", Doc: "with -f json, indent what is printed", Do: func(string, bool) error { opt.pretty = true; return nil }},
		{Long: "timeout", Short: 'T', Arg: cli.ReqArg, Meta: "SECS", Doc: "end by SIGALRM after SECS seconds", Do: func(v string, _ bool) (err error) {
			opt.timeout, err = daemon.TimeoutOption('T', v)
			return err
		}},
	}
}

// Main runs ovs-appctl.
func Main(argv []string, o cli.IO) int {
	name := cli.Name(argv)
	opt := options{target: "ovs-vswitchd"}
	groups := [][]cli.Option{opt.rows(), opt.Rows(), vlog.Options(name)}
	args, err := cli.Parse(argv[1:], cli.StopFirst, groups...)
	switch {
	case opt.Help:
		usage(o.Out, name)
		return 0
	case opt.Option:
		cli.PrintOptions(o.Out, groups...)
		return 0
	case opt.Version:
		version.Print(o.Out, name)
		return 0
	case err != nil:
		return o.Fail(name, err)
	case len(args) == 0:
		o.Errorf(name, "at least one non-option argument is required (use --help for help)")
		return 1
	case opt.pretty && !opt.json:
		o.Errorf(name, "--pretty is supported with --format json only")
		return 1
	}
	daemon.SetTimeout(opt.timeout)
	path, err := unixctl.TargetPath(opt.target)
	if err != nil {
		o.Errorf(name, "%s", err)
		return 1
	}
	c, err := unixctl.Connect(path)
	if err != nil {
		o.Errorf(name, "cannot connect to \"%s\" (%s)", path, cli.Strerror(err))
		return 1
	}
	defer c.Close()
	if opt.json {
		if code := opt.run(c, o, name, "set-options", []string{"--format", "json"}, io.Discard); code != 0 {
			return code
		}
	}
	return opt.run(c, o, name, args[0], args[1:], o.Out)
}

// run sends a command and prints what comes back.
func (opt *options) run(c *unixctl.Client, o cli.IO, name, cmd string, args []string, out io.Writer) int {
	r, err := c.Do(cmd, args)
	if err != nil {
		o.Errorf(name, "%s: transaction error (%s)", opt.target, cli.Strerror(err))
		return 1
	}
	if r.Error != nil {
		fmt.Fprint(o.Err, opt.render(r.Error))
		o.Errorf(name, "%s: server returned an error", opt.target)
		return 2
	}
	fmt.Fprint(out, opt.render(r.Result))
	return 0
}

// render turns a string into its text and any other value into JSON.
func (opt *options) render(raw json.RawMessage) string {
	var s string
	if raw == nil || json.Unmarshal(raw, &s) == nil {
		return s
	}
	v, err := ovsjson.Parse(raw)
	if err != nil {
		return string(raw) + "\n" // a number, or another scalar
	}
	if opt.pretty {
		return string(ovsjson.AppendPretty(nil, v, true)) + "\n"
	}
	return string(ovsjson.AppendSorted(nil, v)) + "\n"
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, `%[1]s, for querying and controlling Open vSwitch daemon
usage: %[1]s [TARGET] COMMAND [ARG...]
Targets:
  -t, --target=TARGET  pidfile or socket to contact
Common commands:
  list-commands      List commands supported by the target
  version            Print version of the target
  vlog/list          List current logging levels
  vlog/list-pattern  List logging patterns for each destination.
  vlog/set [SPEC]
      Set log levels as detailed in SPEC, which may include:
      A valid module name (all modules, by default)
      'syslog', 'console', 'file' (all destinations, by default))
      'off', 'emer', 'err', 'warn', 'info', or 'dbg' ('dbg', bydefault)
  vlog/reopen        Make the program reopen its log file
Other options:
  --timeout=SECS     wait at most SECS seconds for a response
  -f, --format=FMT   answer as 'text' (the default) or as 'json'
  --pretty           with -f json, indent what is printed
  -h, --help         Print this helpful information
  -V, --version      Display %[1]s version information
`, name)
}
