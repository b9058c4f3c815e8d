// Package ovsdbserver is ovsdb-server(1): it serves database files over
// JSON-RPC. Main runs once a process.
package ovsdbserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/internal/heap"
	"govs/internal/version"
	"govs/ovsdb/server"
	"govs/stream"
)

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
	if err := opt.check(args); err != nil {
		return o.Fail(p.Name(), err)
	}
	d := &database{srv: server.New(server.Config{}), opt: &opt}
	p.Server().Register(d.commands()...)
	if code, done := p.Start(); done {
		return code
	}
	defer p.Close()
	daemon.ReportMemory(d.memory)
	heap.Tune(50, 32<<20)
	given := opt.databases(args)
	for i, name := range given {
		if slices.Contains(given[:i], name) {
			logger().Warn("Duplicate database configuration: %s", name)
			continue
		}
		if err := d.open(name); err != nil {
			return p.Fail("%v", err)
		}
	}
	heap.Release()
	d.remotes = server.NewRemotes(d.srv, stream.Config{TLSFrom: d.tls})
	p.OnExit(func() {
		d.remotes.Close()
		d.srv.Close()
	})
	for _, r := range opt.remotes {
		if err := d.remotes.Add(r); err != nil {
			return p.Fail("%v\n", err)
		}
	}
	if opt.config != "" && !d.reload() {
		return p.Fail("failed to load configuration from %s", opt.config)
	}
	if err := d.checkTLS(); err != nil {
		return p.Fail("%v\n", err)
	}
	if opt.run == "" {
		logger().Info("%s (Open vSwitch) %s", p.Name(), version.OVS)
	}
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
			return p.Fail("%s: child exited, %s", d.opt.run, exitText(cmd.ProcessState))
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

	mu sync.Mutex // one management command at a time
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
	if u.Sessions > 0 {
		add("sessions", u.Sessions)
	}
	if u.Triggers > 0 {
		add("triggers", u.Triggers)
	}
	if u.Backlog > 0 {
		add("backlog", u.Backlog)
	}
}
