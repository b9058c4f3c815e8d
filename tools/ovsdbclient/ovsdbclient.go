// Package ovsdbclient is ovsdb-client(1): it asks and changes databases of a
// running server. Main keeps no state.
package ovsdbclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	name      string
	io        cli.IO
	style     table.Style
	timestamp bool
	force     bool
	aware     bool
	tls       stream.TLS

	s      *jsonrpc.Session
	server string
	db     string
	schema *ovsdb.Schema
	args   []string
	notes  chan *jsonrpc.Message
}

// needs says what a command wants to be found out before it runs.
type needs uint8

const (
	noDB       needs = iota
	wantDB           // a database: the next argument if it names one
	wantSchema       // its schema, too
)

type command struct {
	name     string
	need     needs
	min, max int
	run      func(c *client) error
}

const many = 1 << 30

func commands() []command {
	info := func(f func(*ovsdb.Schema) string) func(*client) error {
		return func(c *client) error {
			fmt.Fprintln(c.io.Out, f(c.schema))
			return nil
		}
	}
	return []command{
		{"list-dbs", noDB, 0, 0, (*client).listDBs},
		{"get-schema", wantSchema, 0, 0, info(func(s *ovsdb.Schema) string { return s.JSON().String() })},
		{"get-schema-version", wantSchema, 0, 0, info(func(s *ovsdb.Schema) string { return s.Version })},
		{"get-schema-cksum", wantSchema, 0, 0, info(func(s *ovsdb.Schema) string { return s.Cksum })},
		{"list-tables", wantSchema, 0, 0, (*client).listTables},
		{"list-columns", wantSchema, 0, 1, (*client).listColumns},
		{"transact", noDB, 1, 1, func(c *client) error { return c.transact(false) }},
		{"query", noDB, 1, 1, func(c *client) error { return c.transact(true) }},
		{"monitor", wantSchema, 1, many, func(c *client) error { return c.monitor("monitor") }},
		{"monitor-cond", wantSchema, 2, many, func(c *client) error { return c.monitor("monitor_cond") }},
		{"monitor-cond-since", wantSchema, 2, many, func(c *client) error { return c.monitor("monitor_cond_since") }},
		{"convert", noDB, 1, 1, (*client).convert},
		{"needs-conversion", noDB, 1, 1, (*client).needsConversion},
		{"wait", noDB, 2, 2, (*client).wait},
		{"dump", wantSchema, 0, many, (*client).dump},
		{"backup", wantSchema, 0, 0, (*client).backup},
		{"restore", wantSchema, 0, 0, (*client).restore},
		{"lock", noDB, 1, 1, func(c *client) error { return c.lock("lock") }},
		{"steal", noDB, 1, 1, func(c *client) error { return c.lock("steal") }},
		{"unlock", noDB, 1, 1, func(c *client) error { return c.lock("unlock") }},
	}
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, `%s: Open vSwitch database JSON-RPC client
usage: %s [OPTIONS] COMMAND [ARG...]

Valid commands are:
  list-dbs [SERVER]
  get-schema [SERVER] [DATABASE]
  get-schema-version [SERVER] [DATABASE]
  get-schema-cksum [SERVER] [DATABASE]
  list-tables [SERVER] [DATABASE]
  list-columns [SERVER] [DATABASE] [TABLE]
  transact [SERVER] TRANSACTION
  query [SERVER] TRANSACTION
  monitor [SERVER] [DATABASE] TABLE [COLUMN,...]...
  monitor [SERVER] [DATABASE] ALL
  monitor-cond [SERVER] [DATABASE] CONDITION TABLE [COLUMN,...]...
  monitor-cond-since [SERVER] [DATABASE] [LASTID] CONDITION TABLE [COLUMN,...]...
  convert [SERVER] SCHEMA
  needs-conversion [SERVER] SCHEMA
  wait [SERVER] DATABASE STATE
  dump [SERVER] [DATABASE] [TABLE [COLUMN]...]
  backup [SERVER] [DATABASE] > SNAPSHOT
  [--force] restore [SERVER] [DATABASE] < SNAPSHOT
  lock [SERVER] LOCK
  steal [SERVER] LOCK
  unlock [SERVER] LOCK

The default SERVER is %s.
The default DATABASE is Open_vSwitch.
`, name, name, defaultServer())
	fmt.Fprint(w, vlog.Usage(name), `
Output formatting options:
  -f, --format=FORMAT         set output formatting to FORMAT
                              ("table", "html", "csv", or "json")
  --no-headings               omit table heading row
  --pretty                    pretty-print JSON in output
  --timestamp                 timestamp "monitor" output

Other options:
  -t, --timeout=SECS          give up after SECS seconds
  -h, --help                  display this help message
  -V, --version               display version information
`)
}

func defaultServer() string { return "unix:" + daemon.RunDir() + "/db.sock" }

// Main runs ovsdb-client.
func Main(argv []string, o cli.IO) int {
	c := &client{name: cli.Name(argv), io: o, aware: true, notes: make(chan *jsonrpc.Message, 1<<16)}
	var help, ver bool
	str := func(dst *string) func(string, bool) error {
		return func(v string, _ bool) error { *dst = v; return nil }
	}
	on := func(dst *bool, val bool) func(string, bool) error {
		return func(string, bool) error { *dst = val; return nil }
	}
	var leader bool
	args, err := cli.Parse(argv[1:], cli.Permute, []cli.Option{
		{Long: "help", Short: 'h', Do: func(string, bool) error { help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { ver = true; return cli.ErrStop }},
		{Long: "timestamp", Do: on(&c.timestamp, true)},
		{Long: "force", Do: on(&c.force, true)},
		{Long: "db-change-aware", Do: on(&c.aware, true)},
		{Long: "no-db-change-aware", Do: on(&c.aware, false)},
		// A standalone server is its own leader: both are satisfied.
		{Long: "leader-only", Do: on(&leader, true)},
		{Long: "no-leader-only", Do: on(&leader, false)},
		{Long: "timeout", Short: 't', Arg: cli.ReqArg, Do: func(v string, _ bool) error {
			secs, err := daemon.TimeoutOption('t', v)
			if err == nil {
				daemon.Alarm(secs, nil)
			}
			return err
		}},
		{Long: "private-key", Short: 'p', Arg: cli.ReqArg, Do: str(&c.tls.PrivateKey)},
		{Long: "certificate", Short: 'c', Arg: cli.ReqArg, Do: str(&c.tls.Certificate)},
		{Long: "ca-cert", Short: 'C', Arg: cli.ReqArg, Do: str(&c.tls.CACert)},
		{Long: "bootstrap-ca-cert", Arg: cli.ReqArg, Do: func(v string, _ bool) error { c.tls.CACert, c.tls.Bootstrap = v, true; return nil }},
	}, c.style.Options(), vlog.Options(c.name))
	switch {
	case help:
		usage(o.Out, c.name)
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
			if err := c.prepare(&row); err != nil {
				return c.fail(err)
			}
			defer c.s.Close()
			if err := row.run(c); err != nil {
				return c.fail(err)
			}
			return 0
		}
	}
	return c.fail(fmt.Errorf("unknown command '%s'; use --help for help", args[0]))
}

func (c *client) fail(err error) int {
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	c.io.Errorf(c.name, "%v", err)
	return 1
}

type exitCode int

func (e exitCode) Error() string { return "" }

// prepare takes the server and the database off the arguments, which must be
// as many as the command wants, and connects.
func (c *client) prepare(row *command) error {
	syntax := fmt.Errorf("invalid syntax for '%s' (use --help for help)", row.name)
	c.server = defaultServer()
	if len(c.args) > 0 && stream.IsActive(c.args[0]) && len(c.args) > row.min {
		c.server, c.args = c.args[0], c.args[1:]
	}
	if len(c.args) < row.min {
		return syntax
	}
	cfg := stream.Config{Port: stream.OVSDBPort}
	if c.tls.Certificate != "" || c.tls.PrivateKey != "" {
		cfg.TLS = &c.tls
	}
	conn, err := cfg.Dial(context.Background(), c.server)
	if err != nil {
		return fmt.Errorf("failed to connect to \"%s\" (%s)", c.server, cli.Strerror(err))
	}
	c.s = jsonrpc.NewSession(conn, jsonrpc.Config{Handle: func(s *jsonrpc.Session, m *jsonrpc.Message) {
		if m.Type == jsonrpc.Notify {
			c.notes <- m
		}
	}})
	if row.need == noDB {
		if len(c.args) > row.max {
			return syntax
		}
		return nil
	}
	dbs, err := c.call("list_dbs", json.Arr())
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(dbs.Elems(), func(v json.Value) bool { return v.Str() == name })
	}
	switch {
	case len(c.args) > row.min && has(c.args[0]):
		c.db, c.args = c.args[0], c.args[1:]
	case has("Open_vSwitch"):
		c.db = "Open_vSwitch"
	default:
		var own []string
		for _, v := range dbs.Elems() {
			if !strings.HasPrefix(v.Str(), "_") {
				own = append(own, v.Str())
			}
		}
		if len(own) != 1 {
			return fmt.Errorf("no default database for `%s' command; please specify a database name", row.name)
		}
		c.db = own[0]
	}
	if len(c.args) < row.min || len(c.args) > row.max {
		return syntax
	}
	v, err := c.call("get_schema", json.Arr(json.Str(c.db)))
	if err != nil {
		return err
	}
	c.schema, err = ovsdb.ParseSchema(v)
	return err
}

// call makes a request and waits for its result.
func (c *client) call(method string, params json.Value) (json.Value, error) {
	v, err := c.s.Call(context.Background(), method, params)
	var ce *jsonrpc.CallError
	switch {
	case err == nil:
		return v, nil
	case errors.As(err, &ce):
		what := "request"
		if method == "transact" {
			what = "transaction"
		}
		return v, fmt.Errorf("%s returned error: %s", what, ce.Value)
	}
	return v, fmt.Errorf("%s: receive failed (%s)", c.server, cli.Strerror(err))
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
