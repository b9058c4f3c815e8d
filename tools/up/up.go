// Package up is the command "govs up": database server and switch in one
// process, for people who just want a switch. Main keeps no state.
package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/version"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
	"govs/stream"
	"govs/vswitchd"
)

// flags is what the command line says besides the common options.
type flags struct {
	cfg           vswitchd.Config
	db            string
	memory        bool
	remotes       []string
	help, version bool
}

func (f *flags) options() []cli.Option {
	return []cli.Option{
		{Long: "db", Arg: cli.ReqArg, Do: func(v string, _ bool) error { f.db = v; return nil }},
		{Long: "memory", Do: func(string, bool) error { f.memory = true; return nil }},
		{Long: "remote", Arg: cli.ReqArg, Do: func(v string, _ bool) error { f.remotes = append(f.remotes, v); return nil }},
		{Long: "enable-dummy", Arg: cli.OptArg, Do: func(v string, _ bool) error { return f.cfg.EnableDummy(v) }},
		{Long: "help", Short: 'h', Do: func(string, bool) error { f.help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { f.version = true; return cli.ErrStop }},
	}
}

// Main runs "govs up".
func Main(argv []string, o cli.IO) int {
	// The process is the switch daemon to everybody who looks for one by its
	// pidfile and control socket; --detach runs "govs up" again.
	p := daemon.NewNamed("ovs-vswitchd", argv, o)
	f := flags{cfg: vswitchd.Config{RunDir: daemon.RunDir()}}
	args, err := cli.Parse(argv[1:], cli.Permute, f.options(), p.Options(), vlog.Options(p.Name()))
	switch {
	case f.help:
		usage(o.Out)
		return 0
	case f.version:
		version.Print(o.Out, "govs up")
		return 0
	case err != nil:
		return o.Fail("govs up", err)
	case len(args) > 0:
		o.Errorf("govs up", "no arguments are accepted; use --help for usage")
		return 1
	case f.memory && f.db != "":
		o.Errorf("govs up", "--db and --memory exclude each other")
		return 1
	}
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	if err := run(p, &f, o); err != nil {
		return p.Fail("%s", cli.Strerror(err))
	}
	return 0
}

// run serves until the process is told to exit.
func run(p *daemon.Process, f *flags, o cli.IO) error {
	for _, dir := range []string{daemon.RunDir(), daemon.DBDir()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	db, err := openDatabase(f)
	if err != nil {
		return err
	}
	srv := server.New(server.Config{})
	defer srv.Close()
	if err := srv.AddDB(db); err != nil {
		return err
	}
	for _, name := range append([]string{"punix:" + filepath.Join(daemon.RunDir(), "db.sock")}, f.remotes...) {
		l, err := stream.Listen(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.OnExit(func() { l.Close() })
		go srv.Serve(l)
	}
	f.cfg.Remote = "embedded"
	f.cfg.Dial = func(context.Context, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go srv.ServeConn(theirs, "embedded", server.SessionOptions{})
		return ours, nil
	}
	d, err := vswitchd.New(f.cfg)
	if err != nil {
		return err
	}
	p.Server().Register(d.Commands()...)
	go func() {
		select {
		case <-d.Configured():
			if !p.Detached() {
				fmt.Fprintf(o.Out, "govs is up; in another terminal: ovs-vsctl add-br br0 (Ctrl-C ends it)\n")
			}
			p.Ready()
		case <-p.Context().Done():
		}
	}()
	return d.Run(p.Context())
}

// openDatabase opens the database, and makes it, with the one row that
// "ovs-vsctl init" would add, if there is none.
func openDatabase(f *flags) (*server.Database, error) {
	var db *server.Database
	if f.memory {
		db = server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)
	} else {
		name := f.db
		if name == "" {
			name = filepath.Join(daemon.DBDir(), "conf.db")
		}
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			if err := log.CreateDatabase(name, schemas.OVSSchema()); err != nil {
				return nil, err
			}
		}
		var err error
		if db, err = server.OpenFile(name); err != nil {
			return nil, err
		}
	}
	// One row is what every database for a switch has, as by "ovs-vsctl init".
	if snap := db.Snapshot(); snap.Len(snap.Schema().Table("Open_vSwitch")) == 0 {
		op, err := json.ParseString(`["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{}}]`)
		if err != nil {
			return nil, err
		}
		db.Transact(op)
	}
	return db, nil
}

func usage(w io.Writer) {
	fmt.Fprintf(w, `govs up: a switch in one process: database server and ovs-vswitchd together
usage: govs up [OPTIONS]

Then use ovs-vsctl, ovs-ofctl and ovs-appctl as with any Open vSwitch.

  --db=FILE            the database, made if missing (default: %s/conf.db)
  --memory             keep the database in memory only
  --remote=REMOTE      also serve the database at REMOTE, such as ptcp:6640
                       (always: punix:%s/db.sock)
  --enable-dummy[=override|system]
                       datapaths and ports for tests
  --detach             return when the switch is up, and go on in the background
  --pidfile[=FILE]     make a pidfile (default: %[2]s/ovs-vswitchd.pid)
  --log-file[=FILE]    log to a file
  -v, --verbose=SPEC   set logging levels
  -h, --help           this text
  -V, --version        the versions

Stop it by Ctrl-C, or "ovs-appctl exit".
`, daemon.DBDir(), daemon.RunDir())
}
