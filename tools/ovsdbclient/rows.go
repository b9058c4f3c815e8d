package ovsdbclient

import (
	"fmt"
	"io"

	"govs/cli/table"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/ovsdb"
)

// needs says what a command wants to be found out before it runs.
type needs uint8

const (
	noDB       needs = iota
	wantSchema       // a database, the next argument if it names one, and its schema
)

// command is one row. After server and database it takes min to max arguments.
type command struct {
	name     string
	need     needs
	min, max int
	args     string // for the help, without SERVER
	help     string
	stays    bool                  // it goes on until it is ended, and may become a daemon
	check    func(c *client) error // refuses arguments before connecting
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
	ask := func(method string) func(*client) error { return func(c *client) error { return c.lock(method) } }
	monitor := func(method string) func(*client) error { return func(c *client) error { return c.monitor(method) } }
	return []command{
		{name: "list-dbs", run: (*client).listDBs, help: "print the names of the databases"},
		{name: "get-schema", need: wantSchema, args: "[DATABASE]", help: "print a database's schema",
			run: info(func(s *ovsdb.Schema) string { return s.JSON().String() })},
		{name: "get-schema-version", need: wantSchema, args: "[DATABASE]", help: "print the version of a database's schema",
			run: info(func(s *ovsdb.Schema) string { return s.Version })},
		{name: "get-schema-cksum", need: wantSchema, args: "[DATABASE]", help: "print the checksum of a database's schema",
			run: info(func(s *ovsdb.Schema) string { return s.Cksum })},
		{name: "list-tables", need: wantSchema, args: "[DATABASE]", help: "print the names of the tables", run: (*client).listTables},
		{name: "list-columns", need: wantSchema, max: 1, args: "[DATABASE] [TABLE]", help: "print the columns and their types", run: (*client).listColumns},
		{name: "transact", min: 1, max: 1, args: "TRANSACTION", help: "run a transaction (RFC 7047 section 4.1.3) and print the reply",
			run: func(c *client) error { return c.transact(false) }},
		{name: "query", min: 1, max: 1, args: "TRANSACTION", help: "the same, and whatever it does is undone",
			run: func(c *client) error { return c.transact(true) }},
		{name: "monitor", need: wantSchema, min: 1, max: many, args: "[DATABASE] (TABLE [COLUMN,...]... | ALL)",
			help: "print a table's rows, and then each change; !initial, !insert, !delete and !modify among the columns leave out what they name",
			run:  monitor("monitor"), stays: true},
		{name: "monitor-cond", need: wantSchema, min: 2, max: 3, args: "[DATABASE] CONDITION TABLE [COLUMN,...]",
			help: "the same of the rows that meet a condition", run: monitor("monitor_cond"), stays: true},
		{name: "monitor-cond-since", need: wantSchema, min: 2, max: 4, args: "[DATABASE] [LASTID] CONDITION TABLE [COLUMN,...]",
			help: "the same, with only what has changed since a transaction, if the server still knows that",
			run:  monitor("monitor_cond_since"), stays: true},
		{name: "convert", min: 1, max: 1, args: "SCHEMA", help: "convert the database that a schema file names to that schema", run: (*client).convert},
		{name: "needs-conversion", min: 1, max: 1, args: "SCHEMA", help: "print \"yes\" if the database has another schema than the file, else \"no\"",
			run: (*client).needsConversion},
		{name: "wait", min: 2, max: 2, args: "DATABASE STATE", help: "wait until a database is added, connected or removed", check: (*client).checkWait, run: (*client).wait},
		{name: "dump", need: wantSchema, max: many, args: "[DATABASE] [TABLE [COLUMN]...]", help: "print all rows", run: (*client).dump},
		{name: "backup", need: wantSchema, args: "[DATABASE] > SNAPSHOT", help: "write a database file with all data that lasts", run: (*client).backup},
		{name: "restore", need: wantSchema, args: "[DATABASE] < SNAPSHOT", help: "replace all data by a file's; --force allows another schema", run: (*client).restore},
		{name: "lock", min: 1, max: 1, args: "LOCK", help: "ask for a lock, and print when it comes and goes", run: ask("lock"), stays: true},
		{name: "steal", min: 1, max: 1, args: "LOCK", help: "take a lock from whoever has it", run: ask("steal"), stays: true},
		{name: "unlock", min: 1, max: 1, args: "LOCK", help: "give a lock up", run: ask("unlock"), stays: true},
		{name: "help", run: func(c *client) error { usage(c.io.Out, c); return nil }, help: "print this help"},
	}
}

func usage(w io.Writer, c *client) {
	fmt.Fprintf(w, "%s: Open vSwitch database JSON-RPC client\nusage: %s [OPTIONS] COMMAND [ARG...]\n\nValid commands are:\n", c.name, c.name)
	for _, row := range commands() {
		server := " [SERVER]"
		if row.name == "help" {
			server = ""
		}
		if row.args != "" {
			server += " "
		}
		fmt.Fprintf(w, "\n  %s%s%s\n    %s\n", row.name, server, row.args, row.help)
	}
	fmt.Fprintf(w, "\nThe default SERVER is %s.\nThe default DATABASE is Open_vSwitch.\n", defaultServer())
	fmt.Fprint(w, table.Usage(), "  --timestamp                 say when each update of \"monitor\" came\n", c.daemon.Usage(), vlog.Usage(c.name), `
Other options:
  -t, --timeout=SECS          give up after SECS seconds
  --force                     with "restore": accept another schema
  --no-leader-only            of several servers, take any that answers
  --no-db-change-aware        be told of changed databases by disconnection
  -h, --help                  print this help
  -V, --version               print the version
`)
}

func defaultServer() string { return "unix:" + daemon.RunDir() + "/db.sock" }
