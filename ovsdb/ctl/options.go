package ctl

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/version"
)

// options returns the global options and, after them, the commands' own, which
// may stand among the global ones for the first command: their values go to
// local.
func (r *run) options(local map[string]string) []cli.Option {
	flag := func(p *bool) func(string, bool) error {
		return func(string, bool) error { *p = true; return nil }
	}
	say := func(f func()) func(string, bool) error {
		return func(string, bool) error { f(); return cli.ErrStop }
	}
	nothing := func(string, bool) error { return nil }
	opts := []cli.Option{
		{Long: "db", Arg: cli.ReqArg, Meta: "DATABASE", Help: "talk to the database server DATABASE",
			Do: func(v string, _ bool) error { r.db = v; return nil }},
		{Long: "no-syslog", Help: "log nothing below warnings to the system log",
			Do: func(string, bool) error { vlog.SetLevel(r.log, vlog.Syslog, vlog.Warn); return nil }},
		{Long: "no-wait", Help: "do not wait until the change is carried out", Do: flag(&r.noWait)},
		{Long: "dry-run", Help: "change nothing", Do: flag(&r.dryRun)},
		{Long: "oneline", Help: "print each command's output on one line", Do: flag(&r.oneline)},
		{Long: "timeout", Short: 't', Arg: cli.ReqArg, Meta: "SECS", Help: "give up after SECS seconds",
			Do: func(v string, _ bool) (err error) { r.timeout, err = daemon.TimeoutOption('t', v); return err }},
		{Long: "retry", Help: "keep trying to connect", Do: flag(&r.retry)},
		{Long: "help", Short: 'h', Doc: "print a summary", Do: say(func() { r.usage() })},
		{Long: "commands", Doc: "print the commands with their options and arguments, one a line", Do: say(func() { r.listCommands() })},
		{Long: "options", Doc: "print the options, one a line", Do: say(func() { r.listOptions() })},
		{Long: "leader-only", Doc: "of several servers, work only with the leader of the cluster (the default)", Do: flag(&r.leaderOnly)},
		{Long: "no-leader-only", Doc: "of several servers, work with any", Do: func(string, bool) error { r.leaderOnly = false; return nil }},
		// The order of servers does not matter to one that is asked once.
		{Long: "shuffle-remotes", Doc: "of several servers, take them in random order (the default)", Do: nothing},
		{Long: "no-shuffle-remotes", Doc: "for compatibility: a server is asked once", Do: nothing},
		{Long: "version", Short: 'V', Doc: "print the version of the program and of the schema", Do: say(func() {
			fmt.Fprintf(r.io.Out, "%s (Open vSwitch) %s\nDB Schema %s\n", r.app.Name, version.OVS, r.app.Schema().Version)
			fmt.Fprintf(r.io.Out, "govs %s\n", version.Govs)
		})},
	}
	if r.app.Reload == nil {
		opts = slices.DeleteFunc(opts, func(o cli.Option) bool { return o.Long == "no-wait" })
	}
	opts = append(opts, vlog.Options(r.app.Name)...)
	opts = append(opts, r.style.Options()...)
	opts = append(opts, r.tls.Options()...)
	seen := map[string]bool{}
	for _, rows := range [][]Command{dbCommands[:], r.app.Commands} {
		for i := range rows {
			for _, o := range rows[i].Options {
				name, takes := strings.CutSuffix(strings.TrimPrefix(o, "--"), "=")
				if seen[name] {
					continue
				}
				seen[name] = true
				row := cli.Option{Long: name, Do: func(v string, has bool) error {
					if _, dup := local["--"+name]; dup {
						return fmt.Errorf("'--%s' option specified multiple times", name)
					}
					if !has {
						v = noValue
					}
					local["--"+name] = v
					return nil
				}}
				if takes {
					row.Arg = cli.ReqArg
				}
				opts = append(opts, row)
			}
		}
	}
	return opts
}

// listOptions prints the global options as shells complete them.
func (r *run) listOptions() {
	for _, o := range r.options(nil) {
		own := false
		for c := range r.app.All() {
			if known, _ := c.takes("--" + o.Long); known {
				own = true
			}
		}
		if own {
			continue
		}
		arg := ""
		if o.Arg != cli.NoArg {
			arg = "ARG"
		}
		if arg != "" {
			fmt.Fprintf(r.io.Out, "--%s=%s\n", o.Long, arg)
		} else {
			fmt.Fprintf(r.io.Out, "--%s\n", o.Long)
		}
		if o.Short != 0 {
			fmt.Fprintln(r.io.Out, strings.TrimSpace(fmt.Sprintf("-%c %s", o.Short, arg)))
		}
	}
}

// listCommands prints the commands as shells complete them: options, name and
// arguments.
func (r *run) listCommands() {
	for c := range r.app.All() {
		var b strings.Builder
		for _, o := range c.Options {
			b.WriteString("[" + o + "] ")
		}
		fmt.Fprintf(r.io.Out, "%s,%s,%s\n", b.String(), c.Name, c.Args)
	}
}

func (r *run) usage() {
	w := r.io.Out
	fmt.Fprintf(w, "%s: %s\nusage: %s [OPTIONS] COMMAND [ARG...]\n", r.app.Name, r.app.About, r.app.Name)
	line := func(synopsis, help string) {
		if len(synopsis) > 27 {
			fmt.Fprintf(w, "  %s\n", synopsis)
			synopsis = ""
		}
		fmt.Fprintf(w, "  %-27s %s\n", synopsis, help)
	}
	for c := range r.app.All() {
		if c.Section != "" {
			fmt.Fprintf(w, "\n%s:\n", c.Section)
		}
		for j := 0; j+1 < len(c.Help); j += 2 {
			line(c.Help[j], c.Help[j+1])
		}
	}
	fmt.Fprint(w, "\nNames of records besides UUIDs:\n")
	for i := range r.app.Records {
		rec := &r.app.Records[i]
		for _, way := range rec.Ways {
			switch {
			case way.Name == "":
				line(rec.Table, "\".\"")
			case way.Via == "":
				line(rec.Table, fmt.Sprintf("its \"%s\"", way.Name))
			default:
				line(rec.Table, fmt.Sprintf("the \"%s\" of the %s whose \"%s\" it is", way.Name, way.Table, way.Via))
			}
		}
	}
	fmt.Fprint(w, "\nOptions:\n")
	for _, o := range r.options(nil) {
		if o.Help == "" {
			continue
		}
		name := "--" + o.Long
		if o.Short != 0 {
			name = fmt.Sprintf("-%c, %s", o.Short, name)
		}
		switch {
		case o.Arg == cli.ReqArg:
			name += "=" + o.Meta
		case o.Arg == cli.OptArg:
			name += "[=" + o.Meta + "]"
		}
		line(name, o.Help)
		if o.Long == "db" {
			line("", "(default: unix:"+filepath.Join(daemon.RunDir(), "db.sock")+")")
		}
	}
	fmt.Fprint(w, vlog.Usage(r.app.Name))
	fmt.Fprint(w, "\nOther options:\n")
	line("-h, --help", "print this help")
	line("-V, --version", "print the version")
}
