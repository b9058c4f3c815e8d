// Package ovsctl is ovs-ctl: it starts, stops and checks the two daemons for a
// system's start-up scripts (ovs-ctl(8)). The programs it runs are those in
// OVS_SBINDIR and OVS_BINDIR if these are set, and this very program
// otherwise. Main keeps no state but the process's core limit and niceness.
package ovsctl

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"govs/cli"
	"govs/internal/dirs"
	"govs/internal/version"
)

// ctl is one run of ovs-ctl.
type ctl struct {
	cli.IO
	cli.Common
	name string

	systemID, systemType, systemVersion string
	externalIDs                         []string
	deleteBridges, deletePorts          bool
	user                                string
	noMonitor, noCores, shortHostname   bool
	noHostname, noConfine               bool
	cwd                                 string
	noServer, noSwitch                  bool
	nice                                map[string]int
	more                                map[string]string // options added to a daemon's
	dbFile, dbSock, dbSchema            string
	schemaGiven                         bool
	extraDBs                            []string
}

const (
	server  = "ovsdb-server"
	vswitch = "ovs-vswitchd"
)

// command is one row of what ovs-ctl can do; a nil run is refused with why.
type command struct {
	name, help, why string
	run             func(c *ctl) int
}

func commands() []command {
	return []command{
		{"start", "start the daemons", "", (*ctl).start},
		{"stop", "stop the daemons", "", (*ctl).stop},
		{"restart", "stop and start the daemons, keeping flows", "", (*ctl).restart},
		{"status", "say whether the daemons run", "", (*ctl).status},
		{"version", "print the daemons' versions", "", (*ctl).versions},
		{"load-kmod", "load the kernel module if there is one", "", (*ctl).loadModule},
		{"delete-transient-ports", "delete ports with other_config:transient=true", "", (*ctl).deleteTransient},
		{"record-hostname-if-not-set", "put the host's name into the database", "", (*ctl).recordHostname},
		{"help", "print this message", "", (*ctl).usage},
		{"force-reload-kmod", "", "govs runs without the kernel module", nil},
		{"enable-protocol", "", "set the packet filter with its own tools", nil},
		{"start-ovs-ipsec", "", "IPsec is not part of this version of govs", nil},
		{"stop-ovs-ipsec", "", "IPsec is not part of this version of govs", nil},
	}
}

// Main runs ovs-ctl.
func Main(argv []string, o cli.IO) int {
	c := &ctl{IO: o, name: cli.Name(argv), cwd: "/",
		nice:   map[string]int{server: -10, vswitch: -10},
		more:   map[string]string{},
		dbFile: dirs.Abs(dirs.DB(), "conf.db"),
		dbSock: dirs.Abs(dirs.Run(), "db.sock"),
		// A package data directory of one's own is asking for its schema.
		dbSchema: dirs.Abs(dirs.PkgData(), "vswitch.ovsschema"), schemaGiven: os.Getenv("OVS_PKGDATADIR") != "",
	}
	args, err := cli.Parse(argv[1:], cli.Permute, c.options(), c.Rows())
	switch {
	case c.Help:
		return c.usage()
	case c.Option:
		cli.PrintOptions(o.Out, c.options(), c.Rows())
		return 0
	case c.Version:
		version.Print(o.Out, c.name)
		return 0
	case err != nil:
		return o.Fail(c.name, fmt.Errorf("%w (use --help for help)", err))
	case len(args) == 0:
		o.Errorf(c.name, "missing command name (use --help for help)")
		return 1
	case len(args) > 1:
		o.Errorf(c.name, "exactly one command argument is required (use --help for help)")
		return 1
	}
	for _, row := range commands() {
		if row.name != args[0] {
			continue
		}
		if row.run == nil {
			o.Errorf(c.name, "%s is not supported: %s", row.name, row.why)
			return 1
		}
		return row.run(c)
	}
	o.Errorf(c.name, "unknown command \"%s\" (use --help for help)", args[0])
	return 1
}

func (c *ctl) options() []cli.Option {
	on := func(name string, b *bool, text string) cli.Option {
		return cli.Option{Long: name, Help: text, Do: func(string, bool) error { *b = true; return nil }}
	}
	str := func(name, meta, text string, s *string) cli.Option {
		return cli.Option{Long: name, Arg: cli.ReqArg, Meta: meta, Help: text, Do: func(v string, _ bool) error { *s = v; return nil }}
	}
	rows := []cli.Option{
		str("system-id", "ID", "the system's UUID, or \"random\" for one that stays", &c.systemID),
		str("system-type", "TYPE", "kind of system, such as \"debian\"", &c.systemType),
		str("system-version", "VERSION", "its version", &c.systemVersion),
		{Long: "external-id", Arg: cli.ReqArg, Meta: "KEY=VALUE", Help: "set an external-ids key of Open_vSwitch",
			Do: func(v string, _ bool) error {
				if !strings.Contains(v, "=") {
					return errors.New("--external-id argument must be in the form \"key=value\"")
				}
				c.externalIDs = append(c.externalIDs, v)
				return nil
			}},
		on("delete-bridges", &c.deleteBridges, "delete all bridges before ovs-vswitchd starts"),
		on("delete-transient-ports", &c.deletePorts, "delete transient ports before ovs-vswitchd starts"),
		str("ovs-user", "USER[:GROUP]", "run the daemons as that user", &c.user),
		on("no-monitor", &c.noMonitor, "do not restart daemons that crash"),
		on("no-force-corefiles", &c.noCores, "leave the limit of core files alone"),
		on("no-full-hostname", &c.shortHostname, "record the host's name without its domain"),
		on("no-record-hostname", &c.noHostname, "do not record the host's name"),
		on("no-self-confinement", &c.noConfine, "pass the option to the daemons"),
		// Our daemons never lock themselves into memory.
		{Long: "no-mlockall", Do: func(string, bool) error { return nil }},
		str("daemon-cwd", "DIR", "working directory of the daemons (default: /)", &c.cwd),
		on("no-ovsdb-server", &c.noServer, "leave ovsdb-server alone"),
		on("no-ovs-vswitchd", &c.noSwitch, "leave ovs-vswitchd alone"),
		str("db-file", "FILE", "database file", &c.dbFile),
		str("db-sock", "SOCKET", "socket of ovsdb-server", &c.dbSock),
		{Long: "db-schema", Arg: cli.ReqArg, Meta: "FILE", Help: "schema of a new database (default: the one built in)",
			Do: func(v string, _ bool) error { c.dbSchema, c.schemaGiven = v, true; return nil }},
		{Long: "extra-dbs", Arg: cli.ReqArg, Meta: "FILES", Help: "more databases to serve", Do: func(v string, _ bool) error {
			c.extraDBs = append(c.extraDBs, strings.Fields(v)...)
			return nil
		}},
	}
	for _, d := range []string{server, vswitch} {
		rows = append(rows,
			cli.Option{Long: d + "-priority", Arg: cli.ReqArg, Meta: "NICE", Help: "niceness of " + d + " (default: -10)", Do: func(v string, _ bool) error {
				n, err := strconv.Atoi(v)
				if err != nil && v != "" {
					return fmt.Errorf("%s: bad niceness", v)
				}
				c.nice[d] = n
				return nil
			}},
			cli.Option{Long: d + "-options", Arg: cli.ReqArg, Meta: "OPTIONS", Help: "more options of " + d, Do: func(v string, _ bool) error {
				c.more[d] = v
				return nil
			}},
			cli.Option{Long: d + "-wrapper", Arg: cli.ReqArg, Do: func(string, bool) error {
				return errors.New("wrappers are not supported: they look into C programs")
			}})
	}
	return rows
}

func (c *ctl) usage() int {
	fmt.Fprintf(c.Out, "%[1]s: controls Open vSwitch daemons\nusage: %[1]s [OPTIONS] COMMAND\n\nCommands:\n", c.name)
	for _, row := range commands() {
		if row.run != nil {
			fmt.Fprintf(c.Out, "  %-28s%s\n", row.name, row.help)
		}
	}
	fmt.Fprint(c.Out, "\nOptions:\n")
	for _, o := range c.options() {
		word := "--" + o.Long
		if o.Arg == cli.ReqArg {
			word += "=" + o.Meta
		}
		if o.Help != "" {
			fmt.Fprintf(c.Out, "  %-34s%s\n", word, o.Help)
		}
	}
	fmt.Fprint(c.Out, "  -h, --help                        print this message\n  -V, --version                     print the version\n")
	return 0
}

func (c *ctl) versions() int {
	for _, d := range c.daemons() {
		text, _ := c.output(d, "--version")
		fmt.Fprint(c.Out, text)
	}
	return 0
}

// daemons returns those this run is about.
func (c *ctl) daemons() []string {
	var ds []string
	if !c.noServer {
		ds = append(ds, server)
	}
	if !c.noSwitch {
		ds = append(ds, vswitch)
	}
	return ds
}
