package ovsdbserver

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/dirs"
	"govs/stream"
)

type options struct {
	remotes       []string
	config        string // absolute
	run           string
	noDBs         bool
	fullRecords   bool
	tls           stream.TLS
	help, version bool
}

// rows are ovsdb-server's own options; usage says what each is for.
func (o *options) rows() []cli.Option {
	on := func(dst *bool) func(string, bool) error {
		return func(string, bool) error { *dst = true; return nil }
	}
	missing := func(name string, arg cli.ArgKind) cli.Option {
		return cli.Option{Long: name, Arg: arg, Do: func(string, bool) error {
			return fmt.Errorf("--%s is not built into this version of govs yet", name)
		}}
	}
	rows := []cli.Option{
		{Long: "remote", Arg: cli.ReqArg, Do: func(v string, _ bool) error { o.remotes = append(o.remotes, v); return nil }},
		{Long: "config-file", Arg: cli.ReqArg, Do: func(v string, _ bool) error { o.config, o.noDBs = dirs.Abs(daemon.DBDir(), v), true; return nil }},
		{Long: "run", Arg: cli.ReqArg, Do: func(v string, _ bool) error { o.run = v; return nil }},
		{Long: "no-dbs", Do: on(&o.noDBs)},
		{Long: "disable-file-column-diff", Do: on(&o.fullRecords)},
		// A conversion always writes the data, too: that any release reads.
		{Long: "disable-file-no-data-conversion", Do: func(string, bool) error { return nil }},
		missing("sync-from", cli.ReqArg), missing("sync-exclude-tables", cli.ReqArg), missing("active", cli.NoArg),
		missing("record", cli.OptArg), missing("replay", cli.OptArg),
		{Long: "help", Short: 'h', Do: func(string, bool) error { o.help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { o.version = true; return cli.ErrStop }},
	}
	return append(rows, o.tls.Options()...)
}

// check returns the error of options and arguments that do not go together.
func (o *options) check(databases []string) error {
	switch {
	case o.config != "" && len(o.remotes) > 0:
		return errors.New("--config-file is mutually exclusive with --remote")
	case o.config != "" && len(databases) > 0:
		return errors.New("Databases should be specified in a config file")
	}
	return nil
}

func (o *options) databases(args []string) []string {
	if len(args) == 0 && !o.noDBs {
		return []string{filepath.Join(daemon.DBDir(), "conf.db")}
	}
	return args
}

func usage(w io.Writer, name string, p *daemon.Process) {
	fmt.Fprintf(w, `%s: Open vSwitch database server
usage: %s [OPTIONS] [DATABASE...]
where each DATABASE is a database file in ovsdb format.
The default DATABASE, if none is given, is
%s/conf.db.

JSON-RPC options (may be specified any number of times):
  --remote=REMOTE         connect or listen to REMOTE

Active JSON-RPC connection methods:
  tcp:HOST:PORT           PORT at remote HOST
  ssl:HOST:PORT           SSL/TLS PORT at remote HOST
  unix:FILE               Unix domain socket named FILE
Passive JSON-RPC connection methods:
  ptcp:PORT[:IP]          listen to TCP PORT on IP
  pssl:PORT[:IP]          listen for SSL/TLS on PORT on IP
  punix:FILE              listen on Unix domain socket FILE
PKI configuration (required to use SSL/TLS):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
  --bootstrap-ca-cert=FILE  file with peer CA certificate to read or create
  --peer-ca-cert=FILE     file with CA certificates to send to peers
SSL/TLS options:
  --ssl-protocols=PROTOS  list of SSL/TLS protocols to enable
  --ssl-ciphers=CIPHERS   list of SSL/TLS ciphers to enable
  --ssl-ciphersuites=SUITES  list of TLS 1.3+ ciphersuites to enable

Configuration file:
  --config-file FILE      read remotes and databases from FILE, a JSON object,
                          in place of DATABASE and --remote
`, name, name, daemon.DBDir())
	fmt.Fprint(w, p.Usage(), vlog.Usage(name))
	fmt.Fprint(w, `
Other options:
  --run COMMAND           run COMMAND as subprocess then exit
  --unixctl=SOCKET        override default control socket name
  --no-dbs                do not add default database
  --disable-file-column-diff
                          don't use column diff in database file
  -h, --help              display this help message
  -V, --version           display version information
`)
}
