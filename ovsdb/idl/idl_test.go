package idl_test

import (
	"context"
	"fmt"
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
	"govs/ovsdb/server"
	"govs/stream"
)

// backend is a database server on a database of its own: the reference's, or
// ours in this process.
type backend struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	ours *server.Server
}

// onBoth runs a test against both servers.
func onBoth(t *testing.T, f func(t *testing.T, s *backend)) {
	t.Run("ours", func(t *testing.T) { f(t, startOurs(t)) })
	t.Run("reference", func(t *testing.T) { f(t, startServer(t)) })
}

func startOurs(t testing.TB) *backend {
	s := &backend{t: t, dir: t.TempDir(), ours: server.New(server.Config{})}
	if err := s.ours.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Listen("p" + s.remote())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.ours.Serve(l) }()
	t.Cleanup(func() { s.ours.Close(); l.Close(); <-done })
	return s
}

func (s *backend) remote() string { return "unix:" + filepath.Join(s.dir, "db.sock") }

func startServer(t testing.TB) *backend {
	s := &backend{t: t, dir: t.TempDir()}
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

func (s *backend) start() {
	s.t.Helper()
	s.cmd = exec.Command(ovsref.Path(s.t, "ovsdb-server"), filepath.Join(s.dir, "conf.db"),
		"--remote=p"+s.remote(), "--unixctl="+filepath.Join(s.dir, "ctl"), "-vconsole:off")
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ovsref.WaitListening(s.t, filepath.Join(s.dir, "db.sock"))
}

func (s *backend) stop() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.cmd = nil
		os.Remove(filepath.Join(s.dir, "db.sock"))
	}
}

func connect(t testing.TB, s *backend, change func(*idl.Config)) (*idl.Client, context.Context) {
	t.Helper()
	cfg := idl.Config{Remote: s.remote(), DB: "Open_vSwitch", Schema: schemas.OVSSchema()}
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

func TestTransactions(t *testing.T) { onBoth(t, testTransactions) }

func testTransactions(t *testing.T, s *backend) {
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
	txn.Add(br, "external_ids", ovsdb.StringMap(map[string]string{"a": "1", "b": "2"}))
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

func TestVerify(t *testing.T) { onBoth(t, testVerify) }

func testVerify(t *testing.T, s *backend) {
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

func TestLock(t *testing.T) { onBoth(t, testLock) }

func testLock(t *testing.T, s *backend) {
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
	c, err := idl.New(idl.Config{Remote: "unix:" + filepath.Join(t.TempDir(), "none"), DB: "Open_vSwitch", Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(context.Background()); err == nil {
		t.Error("no error without a server")
	}
}

func TestMonitorSome(t *testing.T) {
	onBoth(t, func(t *testing.T, s *backend) {
		a, ctx := connect(t, s, nil)
		txn := a.Txn()
		br := addBridge(txn, txn.Insert("Open_vSwitch"), "br0")
		txn.SetStr(br, "datapath_type", "netdev")
		must(t, idl.Success, txn.Commit(ctx))
		b, _ := connect(t, s, func(c *idl.Config) { c.Tables = map[string][]string{"Bridge": {"name"}, "Port": {}} })
		snap := b.Snapshot()
		got := idl.First(snap, "Bridge")
		if got.Str("name") != "br0" || got.Has("ports") || got.Str("datapath_type") != "" {
			t.Errorf("name %q, ports %v, datapath_type %q", got.Str("name"), got.UUIDs("ports"), got.Str("datapath_type"))
		}
		if len(snap.Rows("Port")) != 1 || len(snap.Rows("Interface")) != 0 {
			t.Errorf("%d ports, %d interfaces", len(snap.Rows("Port")), len(snap.Rows("Interface")))
		}
	})
}

func TestServersSchema(t *testing.T) {
	c, _ := connect(t, startOurs(t), func(c *idl.Config) { c.Schema = nil })
	if s := c.Snapshot().Schema(); s == nil || s.Version != schemas.OpenVSwitch.Version {
		t.Errorf("schema %v", s)
	}
}

func TestUnknownDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, s *backend) {
		c, err := idl.New(idl.Config{Remote: s.remote(), DB: "nope", Once: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "unknown database") {
			t.Error(err)
		}
	})
}

// Many clients that count up one number: none of the additions may be lost,
// whether by verified writes or by the counter.
func TestConcurrent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *backend) {
		first, ctx := connect(t, s, nil)
		txn := first.Txn()
		txn.Insert("Open_vSwitch")
		must(t, idl.Success, txn.Commit(ctx))
		const clients, each = 4, 15
		done := make(chan error, clients)
		for range clients {
			c, _ := connect(t, s, nil)
			waitFor(t, ctx, c, func(s *idl.Snapshot) bool { return idl.First(s, "Open_vSwitch") != nil })
			go func() { done <- countUp(ctx, c, each) }()
		}
		for range clients {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		want := int64(clients * each)
		waitFor(t, ctx, first, func(s *idl.Snapshot) bool {
			r := idl.First(s, "Open_vSwitch")
			return r.Int("next_cfg") == want && r.Map("other_config")["n"] == fmt.Sprint(want)
		})
	})
}

func countUp(ctx context.Context, c *idl.Client, times int) error {
	for done := 0; done < times; {
		txn := c.Txn()
		root := idl.First(txn, "Open_vSwitch")
		n, _ := root.Key("other_config", "n")
		var i int
		fmt.Sscan(n, &i)
		txn.Verify(root, "other_config")
		root = txn.SetMap(root, "other_config", map[string]string{"n": fmt.Sprint(i + 1)})
		txn.Increment(root, "next_cfg", false)
		snap := txn.Snapshot()
		switch r := txn.Commit(ctx); r.Status {
		case idl.Success:
			done++
		case idl.TryAgain:
			if _, err := c.Wait(ctx, snap); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%v: %w", r.Status, r.Err)
		}
	}
	return nil
}
