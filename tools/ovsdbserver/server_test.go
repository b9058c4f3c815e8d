package ovsdbserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
)

// The test binary is the server itself when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_OVSDB_SERVER") != "" {
		os.Exit(Main(append([]string{"ovsdb-server"}, os.Args[1:]...), cli.Std()))
	}
	os.Exit(m.Run())
}

const schema = `{"name":"T","version":"1.0.0","tables":{"A":{"isRoot":true,"indexes":[["name"]],"columns":{"name":{"type":"string"},"n":{"type":"integer"}}},
"Man":{"isRoot":true,"columns":{"target":{"type":"string"},"is_connected":{"type":"boolean","ephemeral":true},"status":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"},"ephemeral":true}}},
"Top":{"isRoot":true,"columns":{"man":{"type":{"key":{"type":"uuid","refTable":"Man"},"min":0,"max":"unlimited"}}}}}}`

func newDB(t testing.TB) string {
	t.Helper()
	return newDBOf(t, schema)
}

// syncBuffer is a buffer that is read while the process still writes.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type process struct {
	*exec.Cmd
	dir  string
	errs syncBuffer
}

// launch starts this server on a database and its control socket ctl.
func launch(t testing.TB, file string, args ...string) *process {
	t.Helper()
	return launchOurs(t, filepath.Dir(file), append([]string{file, "--remote=punix:s"}, args...)...)
}

func launchOurs(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	os.Remove(filepath.Join(dir, "s"))
	return launchProgram(t, dir, os.Args[0], "TEST_OVSDB_SERVER=1", append(args, "--unixctl=ctl")...)
}

func launchProgram(t testing.TB, dir, program, env string, args ...string) *process {
	t.Helper()
	p := &process{dir: dir, Cmd: exec.Command(program, args...)}
	p.Dir = p.dir
	p.Env = append(os.Environ(), env, "OVS_RUNDIR="+p.dir, "OVS_LOGDIR="+p.dir, "OVS_DBDIR="+p.dir, "OVS_SYSCONFDIR="+p.dir)
	p.Stderr = &p.errs
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

func (p *process) dial(t testing.TB) *jsonrpc.Session {
	t.Helper()
	for range 250 {
		if conn, err := net.Dial("unix", filepath.Join(p.dir, "s")); err == nil {
			s := jsonrpc.NewSession(conn, jsonrpc.Config{})
			t.Cleanup(func() { s.Close() })
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no server: %s", p.errs.String())
	return nil
}

func call(s *jsonrpc.Session, method, params string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	p, err := json.ParseString(params)
	if err != nil {
		return "", err
	}
	v, err := s.Call(ctx, method, p)
	return v.String(), err
}

// A server killed at any moment under load has, when it comes back, every
// transaction whose success it told.
func TestKillUnderLoad(t *testing.T) {
	file := newDB(t)
	var mu sync.Mutex
	told := map[string]bool{}
	var next atomic.Int64
	for round := range 3 {
		p := launch(t, file)
		var wg sync.WaitGroup
		for range 4 {
			s := p.dial(t)
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					name := fmt.Sprintf("r%d", next.Add(1))
					out, err := call(s, "transact", `["T",{"op":"insert","table":"A","row":{"name":"`+name+`"}}]`)
					if err != nil {
						return
					}
					if strings.Contains(out, `"uuid"`) {
						mu.Lock()
						told[name] = true
						mu.Unlock()
					}
				}
			}()
		}
		time.Sleep(time.Duration(150+50*round) * time.Millisecond)
		p.Process.Kill()
		p.Wait()
		wg.Wait()
	}
	p := launch(t, file)
	out, err := call(p.dial(t), "transact", `["T",{"op":"select","table":"A","where":[],"columns":["name"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for name := range told {
		if !strings.Contains(out, `"`+name+`"`) {
			lost++
		}
	}
	if lost > 0 || len(told) < 100 {
		t.Fatalf("%d of %d rows lost", lost, len(told))
	}
	t.Logf("%d rows, none lost", len(told))
}

// Remotes come from the database, and their status goes there.
func TestDatabaseRemotes(t *testing.T) {
	p := launch(t, newDB(t), "--remote=db:T,Top,man")
	s := p.dial(t)
	out, err := call(s, "transact", `["T",{"op":"insert","table":"Man","uuid-name":"m","row":{"target":"punix:`+p.dir+`/other"}},{"op":"insert","table":"Top","row":{"man":["named-uuid","m"]}}]`)
	if err != nil || strings.Contains(out, "error") {
		t.Fatal(out, err)
	}
	var conn net.Conn
	for range 250 {
		if conn, err = net.Dial("unix", filepath.Join(p.dir, "other")); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out, err = call(s, "transact", `["T",{"op":"wait","timeout":8000,"table":"Man","where":[],"columns":["is_connected"],"until":"==","rows":[{"is_connected":true}]},{"op":"select","table":"Man","where":[],"columns":["status"]}]`)
	if err != nil || !strings.Contains(out, "sec_since_connect") {
		t.Fatal(out, err)
	}
	call(s, "transact", `["T",{"op":"delete","table":"Top","where":[]},{"op":"delete","table":"Man","where":[]}]`)
	for range 250 {
		if _, err = net.Dial("unix", filepath.Join(p.dir, "other")); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("a remote that left the database still listens")
}

// The reference's ovs-appctl drives the management commands.
func TestCommands(t *testing.T) {
	appctl := ovsref.Path(t, "ovs-appctl")
	p := launch(t, newDB(t))
	p.dial(t)
	run := func(args ...string) string {
		t.Helper()
		out, _ := exec.Command(appctl, append([]string{"-t", p.dir + "/ctl"}, args...)...).Output()
		return string(out)
	}
	if got := run("ovsdb-server/list-dbs"); got != "T\n_Server\n" {
		t.Error(got)
	}
	if got := run("ovsdb-server/list-remotes"); got != "punix:s\n" {
		t.Error(got)
	}
	run("ovsdb-server/add-remote", "punix:t")
	if got := run("ovsdb-server/list-remotes"); got != "punix:s\npunix:t\n" {
		t.Error(got)
	}
	run("ovsdb-server/remove-remote", "punix:s")
	if got := run("ovsdb-server/list-remotes"); got != "punix:t\n" {
		t.Error(got)
	}
	run("ovsdb-server/compact")
	if got := run("ovsdb-server/get-db-storage-status", "T"); got != "status: ok\n" {
		t.Error(got)
	}
	if got := run("memory/show"); !strings.HasPrefix(got, "atoms:") {
		t.Error(got)
	}
	second := newDB(t)
	run("ovsdb-server/remove-db", "T")
	run("ovsdb-server/add-db", second)
	if got := run("ovsdb-server/list-dbs"); got != "T\n_Server\n" {
		t.Error(got)
	}
	run("exit")
	if err := p.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.errs.String())
	}
}
