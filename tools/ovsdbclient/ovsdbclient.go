// Package ovsdbclient is ovsdb-client(1): it asks and changes databases of a
// running server. Main keeps no state.
package ovsdbclient

import (
	"errors"
	"fmt"

	"govs/cli"
	"govs/cli/table"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/version"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/stream"
)

type client struct {
	name                               string
	io                                 cli.IO
	style                              table.Style
	timestamp, force, aware, anyServer bool
	tls                                stream.TLS
	daemon                             *daemon.Process

	s       *jsonrpc.Session
	server  string
	db      string
	schema  *ovsdb.Schema
	args    []string
	notes   chan *jsonrpc.Message
	blocked bool        // updates wait (ovsdb-client/block)
	jobs    chan func() // of unixctl commands, for the goroutine of the command
}

// options returns the rows of all options.
func (c *client) options(help, ver *bool) [][]cli.Option {
	on := func(dst *bool, val bool) func(string, bool) error {
		return func(string, bool) error { *dst = val; return nil }
	}
	stop := func(dst *bool) func(string, bool) error {
		return func(string, bool) error { *dst = true; return cli.ErrStop }
	}
	missing := func(name string) func(string, bool) error {
		return func(string, bool) error {
			return fmt.Errorf("--%s is not built into this version of govs yet", name)
		}
	}
	own := []cli.Option{
		{Long: "help", Short: 'h', Doc: "print a summary", Do: stop(help)},
		{Long: "version", Short: 'V', Doc: "print the version", Do: stop(ver)},
		{Long: "timestamp", Doc: "say when each update of monitor came", Do: on(&c.timestamp, true)},
		{Long: "force", Doc: "with restore, accept a backup with another schema", Do: on(&c.force, true)},
		{Long: "db-change-aware", Doc: "be told of changed databases by messages (the default)", Do: on(&c.aware, true)},
		{Long: "no-db-change-aware", Doc: "be told of changed databases by disconnection", Do: on(&c.aware, false)},
		{Long: "leader-only", Doc: "of several servers, work only with the leader of the cluster (the default)", Do: on(&c.anyServer, false)},
		{Long: "no-leader-only", Doc: "of several servers, work with any", Do: on(&c.anyServer, true)},
		{Long: "record", Arg: cli.OptArg, Meta: "DIR", Doc: "not built yet; refused", Do: missing("record")},
		{Long: "replay", Arg: cli.OptArg, Meta: "DIR", Doc: "not built yet; refused", Do: missing("replay")},
		{Long: "timeout", Short: 't', Arg: cli.ReqArg, Meta: "SECS", Doc: "end by SIGALRM after SECS seconds", Do: func(v string, _ bool) error {
			secs, err := daemon.TimeoutOption('t', v)
			if err == nil {
				daemon.Alarm(secs, nil)
			}
			return err
		}},
	}
	return [][]cli.Option{own, c.style.Options(), c.tls.Options(), c.daemon.Options(), vlog.Options(c.name)}
}

// Main runs ovsdb-client.
func Main(argv []string, o cli.IO) int {
	c := &client{name: cli.Name(argv), io: o, aware: true, notes: make(chan *jsonrpc.Message, 1<<16), jobs: make(chan func()),
		daemon: daemon.New(argv, o)}
	c.daemon.KeepOutput()
	var help, ver bool
	args, err := cli.Parse(argv[1:], cli.Permute, c.options(&help, &ver)...)
	switch {
	case help:
		usage(o.Out, c)
		return 0
	case ver:
		version.Print(o.Out, c.name)
		return 0
	case err != nil:
		return o.Fail(c.name, err)
	case len(args) == 0:
		return c.fail(errors.New("missing command name; use --help for help"))
	}
	for _, row := range commands() {
		if row.name == args[0] {
			c.args = args[1:]
			return c.run(&row)
		}
	}
	return c.fail(fmt.Errorf("unknown command '%s'; use --help for help", args[0]))
}

// run runs a command, as a daemon if that is asked for and it is one that
// stays.
func (c *client) run(row *command) int {
	switch {
	case row.stays && c.daemon.Wanted():
		c.register(row)
		if code, done := c.daemon.Start(); done {
			return code
		}
		defer c.daemon.Close()
	case row.stays:
		defer daemon.CatchSignals(func() {})()
	}
	if err := c.prepare(row); err != nil {
		return c.fail(err)
	}
	if c.s != nil {
		defer c.s.Close()
	}
	if err := row.run(c); err != nil {
		return c.fail(err)
	}
	return 0
}

func (c *client) fail(err error) int {
	c.io.Errorf(c.name, "%v", err)
	return 1
}

func (c *client) print(v json.Value) {
	var b []byte
	if c.style.Pretty {
		b = json.AppendPretty(nil, v, true)
	} else {
		b = json.AppendSorted(nil, v)
	}
	c.io.Out.Write(append(b, '\n'))
}

// cell is a value in a table.
type cell struct {
	d ovsdb.Datum
	t *ovsdb.Type
}

func (x cell) Text(d table.Data) string {
	switch d {
	case table.Bare:
		return string(x.d.AppendBare(nil, x.t))
	case table.JSONData:
		return string(x.d.AppendJSON(nil, x.t))
	}
	return x.d.Text(x.t)
}

func (x cell) JSON() string { return string(x.d.AppendJSON(nil, x.t)) }

// jsonCell is JSON in a table.
type jsonCell struct{ v json.Value }

func (x jsonCell) Text(table.Data) string { return x.v.String() }
func (x jsonCell) JSON() string           { return x.v.String() }
