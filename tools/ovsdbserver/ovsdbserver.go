// Package ovsdbserver is ovsdb-server(1): it serves database files over
// JSON-RPC. Main runs once a process.
package ovsdbserver

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/heap"
	"govs/internal/version"
	"govs/ovsdb/server"
	"govs/stream"
)

type options struct {
	remotes       []string
	run           string
	noDBs         bool
	fullRecords   bool
	tls           stream.TLS
	help, version bool
}

func (o *options) rows() []cli.Option {
	str := func(dst *string) func(string, bool) error {
		return func(v string, _ bool) error { *dst = v; return nil }
	}
	on := func(dst *bool) func(string, bool) error {
		return func(string, bool) error { *dst = true; return nil }
	}
	missing := func(name string) cli.Option {
		return cli.Option{Long: name, Arg: cli.OptArg, Do: func(string, bool) error {
			return fmt.Errorf("--%s is not built into this version of govs yet", name)
		}}
	}
	return []cli.Option{
		{Long: "remote", Arg: cli.ReqArg, Do: func(v string, _ bool) error { o.remotes = append(o.remotes, v); return nil }},
		{Long: "run", Arg: cli.ReqArg, Do: str(&o.run)},
		{Long: "no-dbs", Do: on(&o.noDBs)},
		{Long: "disable-file-column-diff", Do: on(&o.fullRecords)},
		{Long: "private-key", Short: 'p', Arg: cli.ReqArg, Do: str(&o.tls.PrivateKey)},
		{Long: "certificate", Short: 'c', Arg: cli.ReqArg, Do: str(&o.tls.Certificate)},
		{Long: "ca-cert", Short: 'C', Arg: cli.ReqArg, Do: str(&o.tls.CACert)},
		{Long: "bootstrap-ca-cert", Arg: cli.ReqArg, Do: func(v string, _ bool) error { o.tls.CACert, o.tls.Bootstrap = v, true; return nil }},
		missing("sync-from"), missing("sync-exclude-tables"), missing("active"), missing("config-file"),
		missing("record"), missing("replay"), missing("peer-ca-cert"), missing("ssl-protocols"), missing("ssl-ciphers"), missing("ssl-ciphersuites"),
		{Long: "help", Short: 'h', Do: func(string, bool) error { o.help = true; return cli.ErrStop }},
		{Long: "version", Short: 'V', Do: func(string, bool) error { o.version = true; return cli.ErrStop }},
	}
}

func usage(w io.Writer, name string, p *daemon.Process) {
	fmt.Fprintf(w, `%s: Open vSwitch database server
usage: %s [OPTIONS] [DATABASE...]
where each DATABASE is a database file in ovsdb format.
The default DATABASE, if none is given, is
%s/conf.db.

JSON-RPC options (may be specified any number of times):
  --remote=REMOTE         connect or listen to REMOTE
PKI configuration (required to use SSL/TLS):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
  --bootstrap-ca-cert=FILE  file with peer CA certificate to read or create
`, name, name, daemon.DBDir())
	fmt.Fprint(w, p.Usage(), vlog.Usage(name))
	fmt.Fprint(w, `
Other options:
  --run COMMAND           run COMMAND as subprocess then exit
  --unixctl=SOCKET        override default control socket name
  --disable-file-column-diff
                          don't use column diff in database file
  -h, --help              display this help message
  -V, --version           display version information
`)
}

// Main runs ovsdb-server.
func Main(argv []string, o cli.IO) int {
	p := daemon.New(argv, o)
	var opt options
	args, err := cli.Parse(argv[1:], cli.Permute, opt.rows(), p.Options(), vlog.Options(p.Name()))
	switch {
	case opt.help:
		usage(o.Out, p.Name(), p)
		return 0
	case opt.version:
		version.Print(o.Out, p.Name())
		return 0
	case err != nil:
		return o.Fail(p.Name(), err)
	}
	if len(args) == 0 && !opt.noDBs {
		args = []string{filepath.Join(daemon.DBDir(), "conf.db")}
	}
	d := &database{srv: server.New(server.Config{}), opt: &opt}
	p.Server().Register(d.commands()...)
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	daemon.ReportMemory(d.memory)
	heap.Tune(50, 32<<20)
	for _, name := range args {
		if err := d.open(name); err != nil {
			return p.Fail("%v", err)
		}
	}
	heap.Release()
	var tls *stream.TLS
	if opt.tls.Certificate != "" || opt.tls.PrivateKey != "" {
		tls = &opt.tls
	}
	d.remotes = server.NewRemotes(d.srv, stream.Config{TLS: tls})
	p.OnExit(func() {
		d.remotes.Close()
		d.srv.Close()
	})
	for _, r := range opt.remotes {
		if err := d.remotes.Add(r); err != nil {
			return p.Fail("%v", err)
		}
	}
	logger().Info("%s (Open vSwitch) %s", p.Name(), version.OVS)
	p.Ready()
	code := 0
	if opt.run != "" {
		code = d.runCommand(p, o)
	} else {
		<-p.Context().Done()
	}
	return code
}

func logger() *vlog.Module { return vlog.New("ovsdb_server") }

// runCommand runs --run's command and returns our exit status.
func (d *database) runCommand(p *daemon.Process, o cli.IO) int {
	cmd := exec.Command("/bin/sh", "-c", d.opt.run)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.In, o.Out, o.Err
	if f, ok := o.In.(*os.File); ok {
		cmd.Stdin = f
	}
	if err := cmd.Start(); err != nil {
		return p.Fail("%s: process failed to start", d.opt.run)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			logger().Warn("%s: child exited, %s", d.opt.run, exitText(cmd.ProcessState))
			return 1
		}
	case <-p.Context().Done():
		cmd.Process.Signal(syscall.SIGTERM)
		<-done
	}
	return 0
}

func exitText(s *os.ProcessState) string {
	ws, ok := s.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return fmt.Sprintf("killed (%s)", daemon.SignalText(ws.Signal()))
	}
	return fmt.Sprintf("exit status %d", s.ExitCode())
}

// database is the running server with its management commands.
type database struct {
	srv     *server.Server
	remotes *server.Remotes
	opt     *options
}

func (d *database) open(name string) error {
	if strings.HasPrefix(name, "relay:") {
		return fmt.Errorf("%s: relay databases are not built into this version of govs yet", name)
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		abs = name
	}
	for _, db := range d.srv.DBs() {
		if db.Path() != "" && same(db.Path(), abs) {
			return fmt.Errorf("ovsdb error: %s: already open", name)
		}
	}
	db, err := server.OpenFileWith(name, server.FileOptions{FullRecords: d.opt.fullRecords})
	if err != nil {
		return err
	}
	if err := d.srv.AddDB(db); err != nil {
		db.Close()
		return fmt.Errorf("ovsdb error: %s: duplicate database name", db.Name())
	}
	return nil
}

func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func (d *database) memory(add func(name string, n int)) {
	u := d.srv.Usage()
	add("atoms", u.Atoms)
	add("cells", u.Cells)
	add("monitors", u.Monitors)
	add("n-weak-refs", u.WeakRefs)
	add("sessions", u.Sessions)
	if u.Triggers > 0 {
		add("triggers", u.Triggers)
	}
	if u.Backlog > 0 {
		add("backlog", u.Backlog)
	}
}
