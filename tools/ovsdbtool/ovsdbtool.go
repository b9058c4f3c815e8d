// Package ovsdbtool is ovsdb-tool(1): it makes, converts, compacts and shows
// database files without a server. Main keeps no state.
package ovsdbtool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/version"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/ovsdb/schemas"
)

type tool struct {
	name string
	out  io.Writer
	more int
	args []string
}

// command is one row. DB and SCHEMA arguments have defaults.
type command struct {
	name     string
	usage    string
	min, max int
	run      func(t *tool) error
}

// exitCode is the error of a command that only has a status to tell.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprint(int(e)) }

func commands() []command {
	cluster := func(t *tool) error {
		return errors.New("clustered databases are not built into this version of govs yet")
	}
	return []command{
		{"create", "[DB [SCHEMA]]", 0, 2, (*tool).create},
		{"create-cluster", "DB CONTENTS LOCAL", 3, 3, cluster},
		{"join-cluster", "DB NAME LOCAL REMOTE...", 4, 1 << 30, cluster},
		{"compact", "[DB [DST]]", 0, 2, (*tool).compact},
		{"convert", "[DB [SCHEMA [DST]]]", 0, 3, (*tool).convert},
		{"needs-conversion", "[DB [SCHEMA]]", 0, 2, (*tool).needsConversion},
		{"db-name", "[DB]", 0, 1, dbInfo(func(s *ovsdb.Schema) string { return s.Name })},
		{"db-version", "[DB]", 0, 1, dbInfo(func(s *ovsdb.Schema) string { return s.Version })},
		{"db-cksum", "[DB]", 0, 1, dbInfo(func(s *ovsdb.Schema) string { return s.Cksum })},
		{"db-cid", "DB", 1, 1, (*tool).clusterOnly},
		{"db-sid", "DB", 1, 1, (*tool).clusterOnly},
		{"db-local-address", "DB", 1, 1, (*tool).clusterOnly},
		{"db-is-clustered", "DB", 1, 1, isKind(log.Cluster)},
		{"db-is-standalone", "DB", 1, 1, isKind(log.Standalone)},
		{"schema-name", "[SCHEMA]", 0, 1, schemaInfo(func(s *ovsdb.Schema) string { return s.Name })},
		{"schema-version", "[SCHEMA]", 0, 1, schemaInfo(func(s *ovsdb.Schema) string { return s.Version })},
		{"schema-cksum", "[SCHEMA]", 0, 1, schemaInfo(func(s *ovsdb.Schema) string { return s.Cksum })},
		{"compare-versions", "A OP B", 3, 3, (*tool).compareVersions},
		{"query", "[DB] TRNS", 1, 2, func(t *tool) error { return t.transact(false) }},
		{"transact", "[DB] TRNS", 1, 2, func(t *tool) error { return t.transact(true) }},
		{"show-log", "[DB]", 0, 1, (*tool).showLog},
		{"check-cluster", "DB...", 1, 1 << 30, cluster},
		{"cluster-to-standalone", "DB DB", 2, 2, cluster},
	}
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, `%s: Open vSwitch database management utility
usage: %s [OPTIONS] COMMAND [ARG...]
  create [DB [SCHEMA]]    create DB with the given SCHEMA
  [--election-timer=ms] create-cluster DB CONTENTS LOCAL
    create clustered DB with given CONTENTS and LOCAL address
  [--cid=UUID] join-cluster DB NAME LOCAL REMOTE...
    join clustered DB with given NAME and LOCAL and REMOTE addrs
  compact [DB [DST]]      compact DB in-place (or to DST)
  convert [DB [SCHEMA [DST]]]   convert DB to SCHEMA (to DST)
  db-name [DB]            report name of schema used by DB
  db-version [DB]         report version of schema used by DB
  db-cksum [DB]           report checksum of schema used by DB
  db-cid DB               report cluster ID of clustered DB
  db-sid DB               report server ID of clustered DB
  db-local-address DB     report local address of clustered DB
  db-is-clustered DB      test whether DB is clustered
  db-is-standalone DB     test whether DB is standalone
  schema-name [SCHEMA]    report SCHEMA's name
  schema-version [SCHEMA] report SCHEMA's schema version
  schema-cksum [SCHEMA]   report SCHEMA's checksum
  compare-versions A OP B  compare OVSDB schema version numbers
  query [DB] TRNS         execute read-only transaction on DB
  transact [DB] TRNS      execute read/write transaction on DB
  cluster-to-standalone DB DB    Convert clustered DB to
      standalone DB when cluster is down and cannot be
        revived
  [-m]... show-log [DB]   print DB's log entries
The default DB is %s.
The default SCHEMA is %s.
`, name, name, defaultDB(), defaultSchema())
	fmt.Fprint(w, vlog.Usage(name), `
Other options:
  -m, --more                  increase show-log verbosity
  --rbac-role=ROLE            RBAC role for transact and query commands
  -h, --help                  display this help message
  -V, --version               display version information
`)
}

func defaultDB() string     { return filepath.Join(daemon.DBDir(), "conf.db") }
func defaultSchema() string { return filepath.Join(daemon.PkgDataDir(), "vswitch.ovsschema") }

// Main runs ovsdb-tool.
func Main(argv []string, o cli.IO) int {
	t := &tool{name: cli.Name(argv), out: o.Out}
	var help, ver bool
	missing := func(name string) func(string, bool) error {
		return func(string, bool) error {
			return fmt.Errorf("--%s is not built into this version of govs yet", name)
		}
	}
	args, err := cli.Parse(argv[1:], cli.Permute, []cli.Option{
		{Long: "more", Short: 'm', Do: func(string, bool) error { t.more++; return nil }},
		{Long: "rbac-role", Arg: cli.ReqArg, Do: missing("rbac-role")},
		{Long: "cid", Arg: cli.ReqArg, Do: missing("cid")},
		{Long: "election-timer", Arg: cli.ReqArg, Do: missing("election-timer")},
		{Long: "help", Short: 'h', Do: func(string, bool) error { help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { ver = true; return cli.ErrStop }},
	}, vlog.Options(t.name))
	fail := func(format string, args ...any) int {
		o.Errorf(t.name, format, args...)
		return 1
	}
	switch {
	case help:
		usage(o.Out, t.name)
		return 0
	case ver:
		version.Print(o.Out, t.name)
		return 0
	case err != nil:
		return o.Fail(t.name, err)
	case len(args) == 0:
		return fail("missing command name; use --help for help")
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		t.args = args[1:]
		if n := len(t.args); n < c.min {
			return fail("'%s' command requires at least %d arguments", c.name, c.min)
		} else if n > c.max {
			return fail("'%s' command takes at most %d arguments", c.name, c.max)
		}
		err := c.run(t)
		var code exitCode
		if errors.As(err, &code) {
			return int(code)
		}
		if err != nil {
			return fail("%v", err)
		}
		return 0
	}
	return fail("unknown command '%s'; use --help for help", args[0])
}

// arg returns the i-th argument or a default.
func (t *tool) arg(i int, def func() string) string {
	if i < len(t.args) {
		return t.args[i]
	}
	return def()
}

func (t *tool) db() string { return t.arg(0, defaultDB) }

// readSchema reads a schema file. The one that is meant when none is named need
// not be there: this program has it built in.
func readSchema(path string) (*ovsdb.Schema, error) {
	s, err := ovsdb.LoadSchema(path)
	if errors.Is(err, os.ErrNotExist) && path == defaultSchema() {
		return schemas.OVSSchema(), nil
	}
	var pe *json.SyntaxError
	var oe *ovsdb.Error
	switch {
	case err == nil:
		return s, nil
	case errors.As(err, &pe):
		return nil, fmt.Errorf("failed to read schema: \"%s\" could not be read as JSON (%v)", path, pe)
	case errors.As(err, &oe):
		return nil, fmt.Errorf("failed to parse \"%s\" as ovsdb schema (%v)", path, oe)
	}
	return nil, fmt.Errorf("failed to read schema: \"%s\" could not be read as JSON (error opening \"%s\": %s)", path, path, cli.Strerror(err))
}

// load opens a database file and replays it; a damaged end is reported in the
// log only.
func load(name string, mode log.Mode, schema *ovsdb.Schema) (*log.Reader, *ovsdb.Store, error) {
	r, err := log.OpenDatabase(name, mode)
	if err != nil {
		return nil, nil, err
	}
	st, damage := r.Load(schema)
	if damage != nil {
		vlog.New("ovsdb_tool").Err("%v", damage)
	}
	return r, st, nil
}

func (t *tool) create() error {
	s, err := readSchema(t.arg(1, defaultSchema))
	if err != nil {
		return err
	}
	return log.CreateDatabase(t.db(), s)
}

func (t *tool) compact() error {
	return t.rewrite(nil, 1, "compacted by ovsdb-tool "+version.OVS)
}

func (t *tool) convert() error {
	s, err := readSchema(t.arg(1, defaultSchema))
	if err != nil {
		return err
	}
	return t.rewrite(s, 2, "converted by ovsdb-tool "+version.OVS)
}

// rewrite writes the state of a database, under another schema if one is
// given, in its place or as the new file in the dst-th argument.
func (t *tool) rewrite(schema *ovsdb.Schema, dst int, comment string) error {
	if len(t.args) <= dst {
		r, st, err := load(t.db(), log.ReadWrite, schema)
		if err != nil {
			return err
		}
		defer r.Close()
		return r.Compact(st.Head(), comment, time.Now())
	}
	r, st, err := load(t.db(), log.ReadOnly, schema)
	if err != nil {
		return err
	}
	r.Close()
	if err := log.CreateDatabase(t.args[dst], st.Schema()); err != nil {
		return err
	}
	l, err := log.Open(t.args[dst], log.ReadWrite, log.Standalone)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Compact(st.Head(), comment, time.Now())
}

func (t *tool) needsConversion() error {
	s, err := readSchema(t.arg(1, defaultSchema))
	if err != nil {
		return err
	}
	r, err := log.OpenDatabase(t.db(), log.ReadOnly)
	if err != nil {
		return err
	}
	defer r.Close()
	if r.Schema.Equal(s) {
		fmt.Fprintln(t.out, "no")
	} else {
		fmt.Fprintln(t.out, "yes")
	}
	return nil
}

func dbInfo(f func(*ovsdb.Schema) string) func(*tool) error {
	return func(t *tool) error {
		r, err := log.OpenDatabase(t.db(), log.ReadOnly)
		if err != nil {
			return err
		}
		defer r.Close()
		fmt.Fprintln(t.out, f(r.Schema))
		return nil
	}
}

func schemaInfo(f func(*ovsdb.Schema) string) func(*tool) error {
	return func(t *tool) error {
		s, err := readSchema(t.arg(0, defaultSchema))
		if err == nil {
			fmt.Fprintln(t.out, f(s))
		}
		return err
	}
}

func isKind(magic string) func(*tool) error {
	return func(t *tool) error {
		l, err := log.Open(t.args[0], log.ReadOnly, log.Standalone, log.Cluster)
		if err != nil {
			return err
		}
		defer l.Close()
		if l.Magic() != magic {
			return exitCode(2)
		}
		return nil
	}
}

func (t *tool) clusterOnly() error {
	l, err := log.Open(t.args[0], log.ReadOnly, log.Standalone, log.Cluster)
	if err != nil {
		return err
	}
	defer l.Close()
	if l.Magic() != log.Cluster {
		return fmt.Errorf("%s: not a clustered database", t.args[0])
	}
	return errors.New("clustered databases are not built into this version of govs yet")
}

func (t *tool) compareVersions() error {
	var v [2][3]int
	for i, s := range []string{t.args[0], t.args[2]} {
		var rest string
		if n, _ := fmt.Sscanf(s+"\n", "%d.%d.%d%s", &v[i][0], &v[i][1], &v[i][2], &rest); n != 3 {
			return fmt.Errorf("%s: not an OVSDB version number in format x.y.z", s)
		}
	}
	c := 0
	for i := range v[0] {
		if c == 0 {
			c = v[0][i] - v[1][i]
		}
	}
	var yes bool
	switch t.args[1] {
	case "<":
		yes = c < 0
	case "<=":
		yes = c <= 0
	case "==":
		yes = c == 0
	case ">=":
		yes = c >= 0
	case ">":
		yes = c > 0
	case "!=":
		yes = c != 0
	default:
		return fmt.Errorf("%s: not a relational operator", t.args[1])
	}
	if !yes {
		return exitCode(2)
	}
	return nil
}

func (t *tool) transact(write bool) error {
	name, text := defaultDB(), t.args[0]
	if len(t.args) == 2 {
		name, text = t.args[0], t.args[1]
	}
	params, err := json.ParseString(text)
	if err != nil {
		return fmt.Errorf("\"%s\": %v", text, err)
	}
	mode := log.ReadOnly
	if write {
		mode = log.ReadWrite
	}
	r, st, err := load(name, mode, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	res := st.Execute(params, ovsdb.ExecOptions{})
	if res.Change != nil && write {
		if rec, ok := res.Change.AppendRecord(nil, true, time.Now()); ok {
			r.Append(rec)
			if err = r.Flush(); err == nil && res.Durable {
				err = r.Sync()
			}
			if err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(t.out, "%s\n", res.JSON)
	return nil
}
