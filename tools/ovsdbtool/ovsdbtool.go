// Package ovsdbtool is ovsdb-tool(1): it makes, converts, compacts and shows
// database files without a server. Main keeps no state.
package ovsdbtool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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
	role string
	args []string
}

// command is one row. DB and SCHEMA arguments have defaults.
type command struct {
	name, args string
	min, max   int
	help       string
	run        func(t *tool) error
}

// exitCode is the error of a command that only has a status to tell.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprint(int(e)) }

const many = 1 << 30

func commands() []command {
	return []command{
		{"create", "[DB [SCHEMA]]", 0, 2, "make a database file", (*tool).create},
		{"create-cluster", "DB CONTENTS LOCAL", 3, 3, "make the first member of a cluster", (*tool).newMember},
		{"join-cluster", "DB NAME LOCAL REMOTE...", 4, many, "make another member of a cluster", (*tool).newMember},
		{"compact", "[DB [DST]]", 0, 2, "write the file anew without its history, or into DST", (*tool).compact},
		{"convert", "[DB [SCHEMA [DST]]]", 0, 3, "give the data another schema, or write that into DST", (*tool).convert},
		{"needs-conversion", "[DB [SCHEMA]]", 0, 2, "print \"yes\" if the schemas differ, else \"no\"", (*tool).needsConversion},
		{"db-name", "[DB]", 0, 1, "print the name of the file's schema", dbInfo(func(s *ovsdb.Schema) string { return s.Name })},
		{"db-version", "[DB]", 0, 1, "print the version of the file's schema", dbInfo(func(s *ovsdb.Schema) string { return s.Version })},
		{"db-cksum", "[DB]", 0, 1, "print the checksum of the file's schema", dbInfo(func(s *ovsdb.Schema) string { return s.Cksum })},
		{"db-cid", "DB", 1, 1, "print the ID of a member's cluster", (*tool).clusterOnly},
		{"db-sid", "DB", 1, 1, "print the ID of a member", (*tool).clusterOnly},
		{"db-local-address", "DB", 1, 1, "print the address of a member", (*tool).clusterOnly},
		{"db-is-clustered", "DB", 1, 1, "exit with status 2 unless the file is a cluster member's", isKind(log.Cluster)},
		{"db-is-standalone", "DB", 1, 1, "exit with status 2 if the file is a cluster member's", isKind(log.Standalone)},
		{"schema-name", "[SCHEMA]", 0, 1, "print the name of a schema file", schemaInfo(func(s *ovsdb.Schema) string { return s.Name })},
		{"schema-version", "[SCHEMA]", 0, 1, "print the version of a schema file", schemaInfo(func(s *ovsdb.Schema) string { return s.Version })},
		{"schema-cksum", "[SCHEMA]", 0, 1, "print the checksum of a schema file", schemaInfo(func(s *ovsdb.Schema) string { return s.Cksum })},
		{"compare-versions", "A OP B", 3, 3, "exit with status 2 unless A OP B holds", (*tool).compareVersions},
		{"query", "[DB] TRANSACTION", 1, 2, "run a transaction without writing anything", func(t *tool) error { return t.transact(false) }},
		{"transact", "[DB] TRANSACTION", 1, 2, "run a transaction", func(t *tool) error { return t.transact(true) }},
		{"show-log", "[DB]", 0, 1, "print the file's records, with -m and -mm in more detail", (*tool).showLog},
		{"check-cluster", "DB...", 1, many, "compare the files of a cluster's members", (*tool).checkCluster},
		{"cluster-to-standalone", "DB CLUSTERDB", 2, 2, "write a member's data as a standalone file", (*tool).toStandalone},
		{"help", "", 0, many, "print this help", func(t *tool) error { usage(t.out, t.name); return nil }},
	}
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, "%s: Open vSwitch database management utility\nusage: %s [OPTIONS] COMMAND [ARG...]\n", name, name)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-37s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	schema := defaultSchema()
	if os.Getenv("OVS_PKGDATADIR") == "" {
		schema = "built in, version " + schemas.OpenVSwitch.Version
	}
	fmt.Fprintf(w, "The default DB is %s.\nThe default SCHEMA is %s.\n", defaultDB(), schema)
	fmt.Fprint(w, vlog.Usage(name), `
Other options:
  -m, --more                  print more in show-log; may be given twice
  --rbac-role=ROLE            run query and transact with this role
  -h, --help                  print this help
  -V, --version               print the version
`)
}

func defaultDB() string     { return filepath.Join(daemon.DBDir(), "conf.db") }
func defaultSchema() string { return filepath.Join(daemon.PkgDataDir(), "vswitch.ovsschema") }

// Main runs ovsdb-tool.
func Main(argv []string, o cli.IO) int {
	t := &tool{name: cli.Name(argv), out: o.Out}
	var help, ver bool
	args, err := cli.Parse(argv[1:], cli.Permute, t.options(&help, &ver))
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

func (t *tool) options(help, ver *bool) []cli.Option {
	return append([]cli.Option{
		{Long: "more", Short: 'm', Doc: "print more in show-log; may be given twice", Do: func(string, bool) error { t.more++; return nil }},
		{Long: "rbac-role", Arg: cli.ReqArg, Meta: "ROLE", Doc: "run query and transact with this role", Do: func(v string, _ bool) error { t.role = v; return nil }},
		// For create-cluster and join-cluster, which refuse to work.
		{Long: "cid", Arg: cli.ReqArg, Meta: "UUID", Doc: "for join-cluster, which is not built yet", Do: func(v string, _ bool) error {
			if _, ok := ovsdb.ParseUUID(v); !ok {
				return fmt.Errorf("%s: not a valid UUID", v)
			}
			return nil
		}},
		{Long: "election-timer", Arg: cli.ReqArg, Meta: "MS", Doc: "for create-cluster, which is not built yet", Do: func(string, bool) error { return nil }},
		{Long: "help", Short: 'h', Doc: "print a summary", Do: func(string, bool) error { *help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Doc: "print the version", Do: func(string, bool) error { *ver = true; return cli.ErrStop }},
	}, vlog.Options(t.name)...)
}

// Manual returns the tool's manual.
func Manual() *cli.Manual {
	t := &tool{name: "ovsdb-tool"}
	var help, ver bool
	g := cli.Group{}
	for _, c := range commands() {
		g.Entries = append(g.Entries, cli.Entry{Term: strings.TrimSpace(c.name + " " + c.args), Text: c.help})
	}
	return &cli.Manual{
		Name: t.name, Section: 1, About: "work on database files", Usage: "[OPTION]... COMMAND [ARG]...",
		Text:    []string{"Works on the files of databases that no server is using; query, show-log and the commands that only print may be used at any time. Without DB it is the file conf.db in the database directory. Without SCHEMA it is the switch's, which this program has built in."},
		Groups:  []cli.Group{g},
		Options: t.options(&help, &ver),
		Status:  []cli.Entry{{Term: "0", Text: "success"}, {Term: "1", Text: "an error"}, {Term: "2", Text: "a command that asks a question says no"}},
		Env:     []cli.Entry{{Term: "OVS_DBDIR", Text: "the directory of conf.db"}},
		SeeAlso: []string{"ovsdb-server(1)", "ovsdb-client(1)"},
	}
}

// arg returns the i-th argument or a default.
func (t *tool) arg(i int, def func() string) string {
	if i < len(t.args) {
		return t.args[i]
	}
	return def()
}

func (t *tool) db() string { return t.arg(0, defaultDB) }

// schema reads the schema file that the i-th argument names. When none is named
// the schema that this program has built in is meant, unless OVS_PKGDATADIR says
// where it is: a file in the usual place may be an older release's, whose
// databases lack columns.
func (t *tool) schema(i int) (*ovsdb.Schema, error) {
	given := i < len(t.args)
	if !given && os.Getenv("OVS_PKGDATADIR") == "" {
		return schemas.OVSSchema(), nil
	}
	path := t.arg(i, defaultSchema)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && path == defaultSchema() {
		return schemas.OVSSchema(), nil
	}
	return ovsdb.ReadSchema(path)
}

// load opens a database file and replays it; a damaged end is reported in the
// log only.
func load(name string, mode log.Mode) (*log.Reader, *ovsdb.Store, error) {
	r, err := log.OpenDatabase(name, mode)
	if err != nil {
		return nil, nil, err
	}
	st, damage := r.Load(nil)
	if damage != nil {
		vlog.New("ovsdb_tool").Err("%v", damage)
	}
	return r, st, nil
}

func (t *tool) create() error {
	s, err := t.schema(1)
	if err != nil {
		return err
	}
	return log.CreateDatabase(t.db(), s)
}

func (t *tool) compact() error {
	return t.rewrite(nil, 1, "compacted by ovsdb-tool "+version.OVS)
}

func (t *tool) convert() error {
	s, err := t.schema(1)
	if err != nil {
		return err
	}
	return t.rewrite(s, 2, "converted by ovsdb-tool "+version.OVS)
}

// rewrite writes the state of a database, under another schema if one is
// given, in its place or as the dst-th argument.
func (t *tool) rewrite(schema *ovsdb.Schema, dst int, comment string) error {
	mode := log.ReadWrite
	if len(t.args) > dst {
		mode = log.ReadOnly
	}
	r, st, err := load(t.db(), mode)
	if err != nil {
		return err
	}
	defer r.Close()
	if schema != nil {
		if st, err = st.Head().Convert(schema); err != nil {
			return err
		}
	}
	if mode == log.ReadWrite {
		return r.Compact(st.Head(), comment, time.Now())
	}
	return write(t.args[dst], st, comment)
}

// write writes a database file, in the place of one that may be there.
func write(name string, st *ovsdb.Store, comment string) error {
	tmp := name + ".tmp"
	os.Remove(tmp)
	if err := log.CreateDatabase(tmp, st.Schema()); err != nil {
		return err
	}
	l, err := log.Open(tmp, log.ReadWrite, log.Standalone)
	if err == nil {
		err = l.Compact(st.Head(), comment, time.Now())
		l.Close()
	}
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}

func (t *tool) needsConversion() error {
	s, err := t.schema(1)
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
		s, err := t.schema(0)
		if err == nil {
			fmt.Fprintln(t.out, f(s))
		}
		return err
	}
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
	mode := log.ReadOnly
	if write {
		mode = log.ReadWrite
	}
	r, st, err := load(name, mode)
	if err != nil {
		return err
	}
	defer r.Close()
	params, err := json.ParseString(text)
	if err != nil {
		return fmt.Errorf("\"%s\": %v", text, err)
	}
	res := st.Execute(params, ovsdb.ExecOptions{Access: ovsdb.Access{Role: t.role}})
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
