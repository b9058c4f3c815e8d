package vsctl

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// asTool in the environment makes the test binary be ovs-vsctl.
const asTool = "GOVS_TEST_AS_OVS_VSCTL"

func TestMain(m *testing.M) {
	if os.Getenv(asTool) != "" {
		os.Exit(Main(os.Args, cli.Std()))
	}
	os.Exit(m.Run())
}

// answer is what one run of a tool gave.
type answer struct {
	out, err string
	status   int
}

// place is a run directory with a database server in it.
type place struct {
	dir string
}

func (p *place) env() []string {
	return append(os.Environ(), "OVS_RUNDIR="+p.dir, "OVS_LOGDIR="+p.dir, "OVS_DBDIR="+p.dir, "OVS_SYSCONFDIR="+p.dir, "OVS_SYSLOG_METHOD=null")
}

// tool runs a tool. An empty path is ours.
func (p *place) tool(t testing.TB, path string, args ...string) answer {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = p.env()
	if path == "" {
		cmd.Path = os.Args[0]
		cmd.Err = nil
		cmd.Env = append(cmd.Env, asTool+"=1")
	}
	cmd.Args[0] = "ovs-vsctl"
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
	return answer{out.String(), strings.ReplaceAll(errs.String(), p.dir, "DIR"), cmd.ProcessState.ExitCode()}
}

// ourServer serves an empty database in this process.
func ourServer(t testing.TB) *place {
	p := &place{t.TempDir()}
	s := server.New(server.Config{})
	if err := s.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Listen("punix:" + filepath.Join(p.dir, "db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); <-done })
	return p
}

// refServer runs the reference's server on an empty database.
func refServer(t testing.TB) *place {
	p := &place{t.TempDir()}
	schema, db := filepath.Join(p.dir, "schema"), filepath.Join(p.dir, "conf.db")
	if err := os.WriteFile(schema, []byte(schemas.OpenVSwitch.Text()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "create", db, schema).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(ovsref.Path(t, "ovsdb-server"), db, "--remote=punix:"+filepath.Join(p.dir, "db.sock"),
		"--unixctl="+filepath.Join(p.dir, "ctl"), "-vconsole:off")
	cmd.Env = p.env()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ovsref.WaitListening(t, filepath.Join(p.dir, "db.sock"))
	return p
}

// words splits a line as a shell does.
func words(t testing.TB, line string) []string {
	t.Helper()
	var all []string
	var w []byte
	in := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ':
			if in {
				all, w, in = append(all, string(w)), nil, false
			}
		case '\'':
			in = true
			for i++; i < len(line) && line[i] != '\''; i++ {
				w = append(w, line[i])
			}
		case '"':
			in = true
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' && i+1 < len(line) {
					i++
				}
				w = append(w, line[i])
			}
		case '\\':
			i++
			fallthrough
		default:
			in = true
			w = append(w, line[i])
		}
	}
	if in {
		all = append(all, string(w))
	}
	return all
}

// script returns the commands of a script.
func script(t testing.TB, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(b), "\n"), func(l string) bool {
		return strings.HasPrefix(l, "#") || strings.TrimSpace(l) == ""
	})
}
