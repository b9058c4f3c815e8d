package idl_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// server is the reference's database server on a database of its own.
type server struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	args []string
}

func (s *server) remote() string { return "unix:" + filepath.Join(s.dir, "db.sock") }

func startServer(t testing.TB) *server {
	s := &server{t: t, dir: t.TempDir()}
	schema := filepath.Join(s.dir, "schema")
	if err := os.WriteFile(schema, []byte(schemas.OpenVSwitch.Text()), 0o644); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(s.dir, "conf.db")
	if out, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "create", db, schema).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command(ovsref.Path(s.t, "ovsdb-server"), filepath.Join(s.dir, "conf.db"),
		"--remote=p"+s.remote(), "--unixctl="+filepath.Join(s.dir, "ctl"), "-vconsole:off")
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 500 {
		if _, err := os.Stat(filepath.Join(s.dir, "db.sock")); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the server does not serve")
}

func (s *server) stop() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.cmd = nil
		os.Remove(filepath.Join(s.dir, "db.sock"))
	}
}

func dialUnix(_ context.Context, remote string) (net.Conn, error) {
	return net.Dial("unix", strings.TrimPrefix(remote, "unix:"))
}

func connect(t testing.TB, s *server, change func(*idl.Config)) (*idl.Client, context.Context) {
	t.Helper()
	cfg := idl.Config{Remote: s.remote(), Dial: dialUnix, DB: "Open_vSwitch", Schema: schemas.OVSSchema()}
	if change != nil {
		change(&cfg)
	}
	c, err := idl.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	if _, err := c.Ready(ctx); err != nil {
		t.Fatal(err, c.Err())
	}
	return c, ctx
}

func must(t testing.TB, want idl.Status, r *idl.Result) *idl.Result {
	t.Helper()
	if r.Status != want {
		t.Fatalf("status %v (%v), want %v", r.Status, r.Err, want)
	}
	return r
}

func str(s string) ovsdb.Datum { return ovsdb.Scalar(ovsdb.StringAtom(s)) }

// addBridge inserts what ovs-vsctl add-br does.
func addBridge(txn *idl.Txn, root *idl.Row, name string) *idl.Row {
	iface := txn.Insert("Interface")
	iface = txn.Set(iface, "name", str(name))
	port := txn.Insert("Port")
	port = txn.Set(port, "name", str(name))
	port = txn.SetRefs(port, "interfaces", iface)
	br := txn.Insert("Bridge")
	br = txn.Set(br, "name", str(name))
	br = txn.SetRefs(br, "ports", port)
	txn.Add(root, "bridges", idl.RefSet(br))
	return br
}

func TestTransactions(t *testing.T) {
	s := startServer(t)
	c, ctx := connect(t, s, nil)
	if n := len(c.Snapshot().Rows("Open_vSwitch")); n != 0 {
		t.Fatalf("%d rows in an empty database", n)
	}
	txn := c.Txn()
	must(t, idl.Unchanged, txn.Commit(ctx))

	txn = c.Txn()
	root := txn.Insert("Open_vSwitch")
	br := addBridge(txn, root, "br0")
	txn.Increment(root, "next_cfg", false)
	txn.Comment("add %s", "br0")
	if got := idl.Find(txn, "Bridge", "name", "br0"); got == nil || got.UUID() != br.UUID() {
		t.Fatal("the transaction does not see its own row")
	}
	res := must(t, idl.Success, txn.Commit(ctx))
	if res.Counter != 1 {
		t.Errorf("next_cfg is %d", res.Counter)
	}
	snap := c.Snapshot()
	got := snap.Row("Bridge", res.UUID(br.UUID()))
	if got == nil || got.Str("name") != "br0" {
		t.Fatal("the snapshot after the commit lacks the new bridge")
	}
	ports := idl.Refs(snap, got, "ports")
	if len(ports) != 1 || idl.Ref(snap, ports[0], "interfaces").Str("name") != "br0" {
		t.Fatalf("ports %v", ports)
	}

	// Maps: Add replaces, Remove by key and by pair.
	txn = c.Txn()
	br = idl.First(txn, "Bridge")
	br = txn.Add(br, "external_ids", ovsdb.StringMap(map[string]string{"a": "1", "b": "2"}))
	must(t, idl.Success, txn.Commit(ctx))
	txn = c.Txn()
	br = idl.First(txn, "Bridge")
	br = txn.Add(br, "external_ids", ovsdb.StringMap(map[string]string{"a": "3", "c": "4"}))
	br = txn.Remove(br, "external_ids", ovsdb.StringSet("b"))
	want := fmt.Sprint(br.Map("external_ids"))
	must(t, idl.Success, txn.Commit(ctx))
	if got := fmt.Sprint(idl.First(c.Snapshot(), "Bridge").Map("external_ids")); got != want || got != "map[a:3 c:4]" {
		t.Errorf("external_ids %s, the transaction showed %s", got, want)
	}

	// A value the server refuses.
	txn = c.Txn()
	txn.Set(idl.First(txn, "Port"), "tag", ovsdb.Scalar(ovsdb.IntAtom(5000)))
	res = must(t, idl.Failed, txn.Commit(ctx))
	if !strings.Contains(res.Err.Error(), "constraint violation") {
		t.Error(res.Err)
	}

	// Nothing changes on a dry run, or when the value is the same.
	txn = c.Txn()
	txn.DryRun()
	txn.SetStr(idl.First(txn, "Bridge"), "datapath_type", "netdev")
	must(t, idl.Aborted, txn.Commit(ctx))
	txn = c.Txn()
	txn.SetStr(idl.First(txn, "Bridge"), "datapath_type", "")
	must(t, idl.Unchanged, txn.Commit(ctx))

	txn = c.Txn()
	txn.Clear(idl.First(txn, "Open_vSwitch"), "bridges")
	must(t, idl.Success, txn.Commit(ctx))
	if snap := c.Snapshot(); len(snap.Rows("Bridge"))+len(snap.Rows("Port"))+len(snap.Rows("Interface")) != 0 {
		t.Error("rows without references stayed")
	}
}

func TestVerify(t *testing.T) {
	s := startServer(t)
	a, ctx := connect(t, s, nil)
	b, _ := connect(t, s, nil)
	txn := a.Txn()
	addBridge(txn, txn.Insert("Open_vSwitch"), "br0")
	must(t, idl.Success, txn.Commit(ctx))
	old := waitFor(t, ctx, b, func(s *idl.Snapshot) bool { return len(s.Rows("Bridge")) == 1 })

	// Somebody else is faster.
	late := b.TxnOn(old)
	br := idl.First(late, "Bridge")
	late.Verify(br, "fail_mode")
	late.Set(br, "fail_mode", str("secure"))
	txn = a.Txn()
	txn.Set(idl.First(txn, "Bridge"), "fail_mode", str("standalone"))
	must(t, idl.Success, txn.Commit(ctx))
	must(t, idl.TryAgain, late.Commit(ctx))
	again := waitFor(t, ctx, b, func(s *idl.Snapshot) bool { return idl.First(s, "Bridge").Str("fail_mode") == "standalone" })
	if old.Rows("Bridge")[0].Has("fail_mode") {
		t.Error("an old snapshot has changed")
	}
	if !(again.TableSeqno("Bridge") > old.TableSeqno("Bridge")) || again.TableSeqno("Port") != old.TableSeqno("Port") {
		t.Error("table seqnos do not tell what changed")
	}
	txn = b.Txn()
	br = idl.First(txn, "Bridge")
	txn.Verify(br, "fail_mode")
	txn.Set(br, "fail_mode", str("secure"))
	must(t, idl.Success, txn.Commit(ctx))
}

func waitFor(t testing.TB, ctx context.Context, c *idl.Client, ok func(*idl.Snapshot) bool) *idl.Snapshot {
	t.Helper()
	s := c.Snapshot()
	for !ok(s) {
		var err error
		if s, err = c.Wait(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestLock(t *testing.T) {
	s := startServer(t)
	lock := func(c *idl.Config) { c.Lock = "ovs_vswitchd" }
	a, ctx := connect(t, s, lock)
	waitFor(t, ctx, a, func(s *idl.Snapshot) bool { return s.Locked })
	b, _ := connect(t, s, lock)
	if b.Snapshot().Locked {
		t.Fatal("two own the lock")
	}
	txn := b.Txn()
	txn.Insert("Open_vSwitch")
	must(t, idl.NotLocked, txn.Commit(ctx))
	a.Kick()
	waitFor(t, ctx, b, func(s *idl.Snapshot) bool { return s.Locked })
	txn = b.Txn()
	txn.Insert("Open_vSwitch")
	must(t, idl.Success, txn.Commit(ctx))
}

func TestReconnect(t *testing.T) {
	s := startServer(t)
	c, ctx := connect(t, s, func(c *idl.Config) { c.MaxBackoff = 50 * time.Millisecond })
	txn := c.Txn()
	addBridge(txn, txn.Insert("Open_vSwitch"), "br0")
	must(t, idl.Success, txn.Commit(ctx))
	s.stop()
	waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return !s.Connected })
	txn = c.Txn()
	txn.SetStr(idl.First(txn, "Bridge"), "datapath_type", "netdev")
	must(t, idl.TryAgain, txn.Commit(ctx))
	s.start()
	snap := waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return s.Connected })
	if idl.Find(snap, "Bridge", "name", "br0") == nil {
		t.Error("the bridge is gone")
	}
	txn = c.Txn()
	txn.SetStr(idl.First(txn, "Bridge"), "datapath_type", "netdev")
	must(t, idl.Success, txn.Commit(ctx))
}

func TestOnce(t *testing.T) {
	c, err := idl.New(idl.Config{Remote: "unix:" + filepath.Join(t.TempDir(), "none"), Dial: dialUnix, DB: "Open_vSwitch", Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(context.Background()); err == nil {
		t.Error("no error without a server")
	}
}
