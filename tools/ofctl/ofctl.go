// Package ofctl is ovs-ofctl: it asks and tells a switch by OpenFlow
// (ovs-ofctl(8)). Main keeps no state between calls.
package ofctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/flow"
	"govs/internal/version"
	"govs/openflow"
	"govs/stream"
)

// tool is one run of ovs-ofctl.
type tool struct {
	cli.IO
	name string
	ctx  context.Context

	versions  openflow.Versions  // -O
	protocols openflow.Protocols // -F
	packetIn  string             // -P
	// anyVersion takes any version that the switch speaks when it has none of
	// versions, because none was asked for.
	anyVersion, strictVersion bool
	strict                    bool
	readd                     bool
	sort                      []sortKey
	names                     int // 1 --names, -1 --no-names, 0 by the terminal
	stats                     bool
	readOnly                  bool
	timestamp                 bool
	bundle                    bool
	json                      bool   // --format=json
	color                     string // --color: never, auto or always
	colors                    *flow.Palette
	cookie, cookieMask        uint64 // --cookie
	mayCreate                 bool
	bare                      bool // compose-packet: only the packet, on one line
	badChecksum               bool // compose-packet
	verbosity                 int
	timeout                   int
	process                   *daemon.Process
	common                    cli.Common
	stream                    stream.TLS

	xids    int // used up before the next connection
	modules map[string]*vlog.Module

	asking    sync.Mutex // held while a switch is asked for names
	unreached error      // of asking
}

type sortKey struct {
	field string
	desc  bool
}

// failure ends the run with a message, which has been written when it is "".
type failure struct {
	text string
	code int
}

func (f *failure) Error() string { return f.text }

func fatalf(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...), 1} }

// Main runs ovs-ofctl.
func Main(argv []string, o cli.IO) int {
	t := &tool{IO: o, name: cli.Name(argv), ctx: context.Background(), protocols: openflow.ProtoAny, stats: true, color: "never", modules: map[string]*vlog.Module{}}
	vlog.SetConsole(o.Err)
	t.process = daemon.New(argv, o)
	rows, logs, tls, manners, common := t.options(), vlog.Options(t.name), t.stream.Options(), t.process.Options(), t.common.Rows()
	args, err := cli.Parse(argv[1:], cli.Permute, rows, common, logs, tls, manners)
	switch {
	case t.common.Help:
		t.usage(o.Out)
		return 0
	case t.common.Option:
		cli.PrintOptions(o.Out, rows, common, logs, tls, manners)
		return 0
	case t.common.Version:
		version.Print(o.Out, t.name)
		fmt.Fprintf(o.Out, "OpenFlow versions %s\n", "0x1:0x6")
		return 0
	case err != nil:
		return o.Fail(t.name, err)
	}
	if t.timeout > 0 {
		ctx, cancel := context.WithTimeout(t.ctx, time.Duration(t.timeout)*time.Second)
		defer cancel()
		t.ctx = ctx
	}
	if !t.json && t.colored() {
		t.colors = flow.ParsePalette(os.Getenv("OVS_COLORS"))
	}
	if err = t.settle(); err == nil {
		err = t.command(args)
	}
	if err != nil && t.unreached != nil {
		err = t.unreached // the name was not unknown, the switch was
	}
	var f *failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		if f.text != "" {
			o.Errorf(t.name, "%s", f.text)
		}
		return f.code
	}
	o.Errorf(t.name, "%s", err)
	return 1
}

// colored reports whether flows are printed in colors.
func (t *tool) colored() bool {
	term := os.Getenv("TERM")
	return t.color == "always" || t.color == "auto" && t.onTerminal() && term != "" && term != "dumb"
}

func (t *tool) options() []cli.Option {
	flag := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return nil }
	}
	return []cli.Option{
		{Long: "timeout", Short: 't', Arg: cli.ReqArg, Meta: "SECS", Help: "give up after SECS seconds", Do: func(v string, _ bool) error {
			n, err := strconv.ParseUint(v, 10, 31)
			if err != nil || n == 0 {
				return fmt.Errorf("value %s on -t or --timeout is invalid", v)
			}
			t.timeout = int(n)
			return nil
		}},
		{Long: "strict", Help: "use strict match for flow commands", Do: flag(&t.strict)},
		{Long: "strict-version", Help: "do not try another version than OpenFlow 1.0 without -O", Do: flag(&t.strictVersion)},
		{Long: "read-only", Help: "do not execute read/write commands", Do: flag(&t.readOnly)},
		{Long: "readd", Help: "replace flows that haven't changed", Do: flag(&t.readd)},
		{Long: "flow-format", Short: 'F', Arg: cli.ReqArg, Meta: "FORMAT", Help: "force particular flow format", Do: func(v string, _ bool) error {
			p, bad := openflow.ParseProtocols(v)
			if bad != "" {
				return fmt.Errorf("%s: unknown flow protocol", bad)
			}
			if p == 0 {
				return fmt.Errorf("%s: invalid flow format(s)", v)
			}
			t.protocols = p
			return nil
		}},
		{Long: "packet-in-format", Short: 'P', Arg: cli.ReqArg, Meta: "FRMT", Help: "force particular packet in format", Do: func(v string, _ bool) error {
			if _, ok := openflow.ParsePacketInFormat(v); !ok {
				return fmt.Errorf("unknown packet-in format `%s'", v)
			}
			t.packetIn = v
			return nil
		}},
		{Long: "more", Short: 'm', Help: "be more verbose printing OpenFlow", Do: func(string, bool) error { t.verbosity++; return nil }},
		{Long: "timestamp", Help: "(monitor, snoop) print timestamps", Do: flag(&t.timestamp)},
		{Long: "sort", Arg: cli.OptArg, Meta: "field", Help: "sort in ascending order", Do: func(v string, _ bool) error { t.sort = append(t.sort, sortKey{v, false}); return nil }},
		{Long: "rsort", Arg: cli.OptArg, Meta: "field", Help: "sort in descending order", Do: func(v string, _ bool) error { t.sort = append(t.sort, sortKey{v, true}); return nil }},
		{Long: "names", Help: "show port names instead of numbers", Do: func(string, bool) error { t.names = 1; return nil }},
		{Long: "no-names", Help: "show port numbers, but not names", Do: func(string, bool) error { t.names = -1; return nil }},
		{Long: "stats", Help: "print counters and times (the default)", Do: func(string, bool) error { t.stats = true; return nil }},
		{Long: "no-stats", Help: "leave out counters and times", Do: func(string, bool) error { t.stats = false; return nil }},
		{Long: "bundle", Help: "send flows and groups as one bundle: all or none take effect", Do: flag(&t.bundle)},
		{Long: "may-create", Help: "(mod-group) add the group if there is none", Do: flag(&t.mayCreate)},
		{Long: "format", Short: 'f', Arg: cli.ReqArg, Meta: "text|json", Help: "how dumps are printed", Do: func(v string, _ bool) error {
			if v != "text" && v != "json" {
				return fmt.Errorf("%s: unknown output format", v)
			}
			t.json = v == "json"
			return nil
		}},
		{Long: "cookie", Arg: cli.ReqArg, Meta: "COOKIE[/MASK]", Help: "(sync) the flows to keep in step", Do: func(v string, _ bool) (err error) {
			t.cookie, t.cookieMask, err = parseCookie(v)
			return err
		}},
		{Long: "bare", Help: "(compose-packet) print the bytes on one line", Do: flag(&t.bare)},
		{Long: "bad-csum", Help: "(compose-packet) with wrong checksums", Do: flag(&t.badChecksum)},
		{Long: "color", Arg: cli.OptArg, Meta: "always|never|auto", Help: "color flows", Do: func(v string, _ bool) error {
			switch v {
			case "":
				v = "auto"
			case "auto", "always", "never":
			default:
				return fmt.Errorf("incorrect value `%s' for --color", v)
			}
			t.color = v
			return nil
		}},
		{Long: "protocols", Short: 'O', Arg: cli.ReqArg, Meta: "PROTOCOLS", Help: "set allowed OpenFlow versions (default: OpenFlow10)", Do: func(v string, _ bool) error {
			vs, err := openflow.ParseVersions(v)
			t.versions |= vs
			return err
		}},
	}
}

// settle checks that -O and -F go together.
func (t *tool) settle() error {
	if t.versions == 0 {
		t.versions = openflow.VersionsOf(openflow.V10)
		t.anyVersion = !t.strictVersion && t.protocols == openflow.ProtoAny
		if t.protocols != openflow.ProtoAny {
			t.versions |= t.protocols.Versions()
		}
	}
	vs := openflow.ProtocolsOf(t.versions)
	if vs&t.protocols == 0 {
		return fatalf("None of the enabled OpenFlow versions (%s) supports any of the enabled flow formats (%s).  (Use -O to enable additional OpenFlow versions or -F to enable additional flow formats.)", t.versions, t.protocols)
	}
	t.protocols &= vs
	t.versions &= t.protocols.Versions()
	return nil
}

// warn logs what reading text and connecting complain about. The module may
// end in "|LEVEL".
func (t *tool) warn(module, text string) {
	module, level, _ := strings.Cut(module, "|")
	m := t.modules[module]
	if m == nil {
		m = vlog.New(module)
		t.modules[module] = m
	}
	switch level {
	case "INFO":
		m.Info("%s", text)
	case "ERR":
		m.Err("%s", text)
	default:
		m.Warn("%s", text)
	}
}

// command is a row of the table.
type command struct {
	name     string
	section  section
	help     string // lines of the usage text
	min, max int
	write    bool
	run      func(t *tool, args []string) error
}

func (t *tool) command(args []string) error {
	if len(args) == 0 {
		return fatalf("missing command name; use --help for help")
	}
	for i := range commands {
		c := &commands[i]
		if c.name != args[0] {
			continue
		}
		args = args[1:]
		switch {
		case len(args) < c.min:
			return fatalf("'%s' command requires at least %d arguments", c.name, c.min)
		case len(args) > c.max:
			return fatalf("'%s' command takes at most %d arguments", c.name, c.max)
		case c.write && t.readOnly:
			return fatalf("'%s' command does not work in read only mode", c.name)
		case t.json && jsonForms[c.name].item == nil:
			return fatalf("'%s' command has no JSON output", c.name)
		case c.run == nil:
			return fatalf("'%s' command is not there yet", c.name)
		}
		return c.run(t, args)
	}
	return fatalf("unknown command '%s'; use --help for help", args[0])
}
