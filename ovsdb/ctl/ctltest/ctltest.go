// Package ctltest runs tools made with package ctl beside the reference's, on
// databases of their own, and compares what they say. For tests only.
package ctltest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
	"govs/stream"
)

// asTool in the environment makes the test binary be the tool.
const asTool = "GOVS_TEST_AS_TOOL"

// Main runs a package's tests, or the tool itself if it was started as one by
// Place.Run. TestMain calls it.
func Main(m *testing.M, tool cli.Main) {
	if os.Getenv(asTool) != "" {
		os.Exit(tool(os.Args, cli.Std()))
	}
	os.Exit(m.Run())
}

// Tool is a tool and the schema of its database. It need not be made with
// package ctl.
type Tool struct {
	Name   string
	Schema *schemas.Schema
	// Unordered: the reference prints in the order of hashes, and lines count
	// as the same in any order and with any widths of columns.
	Unordered bool
}

// Answer is what one run of a tool gave.
type Answer struct {
	Out, Err string
	Status   int
}

// Place is a run directory with a database server in it, and the schema in the
// file "schema".
type Place struct {
	Tool
	Dir string
}

// Env returns the environment that makes programs use the place.
func (p *Place) Env() []string {
	return append(os.Environ(), "OVS_RUNDIR="+p.Dir, "OVS_LOGDIR="+p.Dir, "OVS_DBDIR="+p.Dir, "OVS_SYSCONFDIR="+p.Dir, "OVS_SYSLOG_METHOD=null")
}

// Command returns our tool's run, not started.
func (p *Place) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = p.Name
	cmd.Env = append(p.Env(), asTool+"=1")
	return cmd
}

// Run runs a tool. An empty path is ours.
func (p *Place) Run(t testing.TB, path string, args ...string) Answer {
	t.Helper()
	cmd := p.Command(args...)
	if path != "" {
		cmd.Path, cmd.Args[0] = path, filepath.Base(path)
		cmd.Env = p.Env()
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return Answer{}
	}
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
	clean := strings.NewReplacer(p.Dir, "DIR")
	return Answer{clean.Replace(out.String()), clean.Replace(errs.String()), cmd.ProcessState.ExitCode()}
}

func (tool Tool) place(t testing.TB) *Place {
	p := &Place{tool, t.TempDir()}
	if err := os.WriteFile(filepath.Join(p.Dir, "schema"), []byte(tool.Schema.Text()), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// Ours serves an empty database in this process.
func (tool Tool) Ours(t testing.TB) *Place {
	p := tool.place(t)
	s := server.New(server.Config{})
	if err := s.AddDB(server.NewDatabase(ovsdb.NewStore(tool.Schema.Parse()), nil)); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Listen("punix:" + filepath.Join(p.Dir, "db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); <-done })
	return p
}

// Reference runs the reference's server, with more options, on an empty
// database.
func (tool Tool) Reference(t testing.TB, options ...string) *Place {
	p := tool.place(t)
	db := filepath.Join(p.Dir, "conf.db")
	if out, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "create", db, filepath.Join(p.Dir, "schema")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(ovsref.Path(t, "ovsdb-server"), append([]string{db, "--remote=punix:" + filepath.Join(p.Dir, "db.sock"),
		"--unixctl=" + filepath.Join(p.Dir, "ctl"), "-vconsole:off"}, options...)...)
	cmd.Env = p.Env()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ovsref.WaitListening(t, filepath.Join(p.Dir, "db.sock"))
	return p
}
