package server

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/stream"
)

const testSchema = `{"name":"T","version":"1.0.0","tables":{
 "A":{"isRoot":true,"indexes":[["name"]],"columns":{
   "name":{"type":"string"},"n":{"type":{"key":"integer"}},
   "set":{"type":{"key":"integer","min":0,"max":"unlimited"}},
   "map":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}}}}`

func parse(t testing.TB, s string) json.Value {
	t.Helper()
	v, err := json.ParseString(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func testSchemaOf(t testing.TB, text string) *ovsdb.Schema {
	s, err := ovsdb.ParseSchema(parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start serves a new database file of the schema and returns its socket and
// file.
func start(t testing.TB, schema *ovsdb.Schema) (*Server, string, string) {
	t.Helper()
	return startConfig(t, schema, Config{})
}

func startConfig(t testing.TB, schema *ovsdb.Schema, cfg Config) (*Server, string, string) {
	t.Helper()
	dir := t.TempDir()
	file, sock := filepath.Join(dir, "t.db"), filepath.Join(dir, "s")
	if err := log.CreateDatabase(file, schema); err != nil {
		t.Fatal(err)
	}
	db, err := OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := New(cfg)
	if err := s.AddDB(db); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Config{}.Listen("punix:" + sock)
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return s, sock, file
}

// client is one end that keeps the notifications it gets.
type client struct {
	*jsonrpc.Session
	t     testing.TB
	notes chan string
}

func dial(t testing.TB, sock string) *client {
	t.Helper()
	conn, err := net.Dial("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, notes: make(chan string, 10000)}
	c.Session = jsonrpc.NewSession(conn, jsonrpc.Config{Handle: func(s *jsonrpc.Session, m *jsonrpc.Message) {
		c.notes <- m.Method + " " + m.Params.String()
	}})
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *client) call(method, params string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	v, err := c.Call(ctx, method, parse(c.t, params))
	if err != nil {
		return "error " + err.Error()
	}
	return v.String()
}

func (c *client) note() string {
	c.t.Helper()
	select {
	case n := <-c.notes:
		return n
	case <-time.After(10 * time.Second):
		c.t.Fatal("no notification came")
		return ""
	}
}

func TestUpdateBeforeReply(t *testing.T) {
	_, sock, _ := start(t, testSchemaOf(t, testSchema))
	c, other := dial(t, sock), dial(t, sock)
	if got := c.call("monitor", `["T","m",{"A":{"columns":["name","n"]}}]`); got != "{}" {
		t.Fatal(got)
	}
	other.call("monitor_cond", `["T",["x"],{"A":{"columns":["name","set"],"where":[["n",">",1]]}}]`)
	for i := range 50 {
		c.call("transact", fmt.Sprintf(`["T",{"op":"insert","table":"A","row":{"name":"r%d","n":%d}}]`, i, i))
		if len(c.notes) != 1 {
			t.Fatal("the reply came before the update")
		}
		want := fmt.Sprintf(`"new":{"n":%d,"name":"r%d"}`, i, i)
		if n := c.note(); !strings.HasPrefix(n, `update ["m",{"A":{`) || !strings.Contains(n, want) {
			t.Fatal(n)
		}
		if i > 1 {
			if n := other.note(); !strings.HasPrefix(n, `update2 [["x"],{"A":{`) || !strings.Contains(n, fmt.Sprintf(`"insert":{"name":"r%d"}`, i)) {
				t.Fatal(n)
			}
		}
	}
	c.call("transact", `["T",{"op":"update","table":"A","where":[["n","==",7]],"row":{"n":0}},{"op":"update","table":"A","where":[["n","==",8]],"row":{"set":["set",[1,2]]}}]`)
	if n := other.note(); !strings.Contains(n, `{"delete":null}`) || !strings.Contains(n, `{"modify":{"set":["set",[1,2]]}}`) {
		t.Fatal(n)
	}
	if got := other.call("monitor_cond_change", `[["x"],["y"],{"A":[{"where":[["n","<",1]]}]}]`); got != "{}" {
		t.Fatal(got)
	}
	if n := other.note(); !strings.HasPrefix(n, `update2 [["y"],`) || strings.Count(n, `"delete":null`) != 47 || strings.Count(n, `"insert"`) != 2 {
		t.Fatal(n)
	}
	if got := other.call("monitor_cancel", `[["y"]]`); got != "{}" {
		t.Fatal(got)
	}
}

func TestSince(t *testing.T) {
	_, sock, _ := start(t, testSchemaOf(t, testSchema))
	c := dial(t, sock)
	first := parse(t, c.call("monitor_cond_since", `["T","a",{"A":[{"columns":["name"]}]},"00000000-0000-0000-0000-000000000000"]`))
	if first.Elems()[0].Bool() {
		t.Fatal(first)
	}
	id := first.Elems()[1].Str()
	c.call("transact", `["T",{"op":"insert","table":"A","row":{"name":"x"}},{"op":"insert","table":"A","row":{"name":"y"}}]`)
	c.call("transact", `["T",{"op":"delete","table":"A","where":[["name","==","x"]]}]`)
	c.note()
	n := c.note()
	again := c.call("monitor_cond_since", `["T","b",{"A":[{"columns":["name"]}]},"`+id+`"]`)
	if !strings.HasPrefix(again, "[true,") || strings.Count(again, "insert") != 1 || !strings.Contains(again, `{"name":"y"}`) {
		t.Fatal(again)
	}
	if last := parse(t, again).Elems()[1].Str(); !strings.Contains(n, last) {
		t.Fatal(n, last)
	}
}

func TestWaitCancelLocks(t *testing.T) {
	_, sock, _ := start(t, testSchemaOf(t, testSchema))
	c, d := dial(t, sock), dial(t, sock)
	wait := `["T",{"op":"wait","table":"A","where":[["name","==","w"]],"columns":["name"],"until":"==","rows":[{"name":"w"}]%s},{"op":"select","table":"A","where":[],"columns":["name"]}]`
	if got := c.call("transact", fmt.Sprintf(wait, `,"timeout":30`)); !strings.Contains(got, `"wait\" timed out after `) {
		t.Fatal(got)
	}
	if got := c.call("transact", fmt.Sprintf(wait, `,"timeout":0`)); !strings.Contains(got, `"where\" clause test failed`) {
		t.Fatal(got)
	}
	ch, _, err := c.Go("transact", parse(t, fmt.Sprintf(wait, "")))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	d.call("transact", `["T",{"op":"insert","table":"A","row":{"name":"w"}}]`)
	if m := <-ch; m.Result.String() != `[{},{"rows":[{"name":"w"}]}]` {
		t.Fatal(m.Result, m.Err)
	}
	ch, id, _ := c.Go("transact", parse(t, strings.ReplaceAll(fmt.Sprintf(wait, ""), `"w"`, `"never"`)))
	time.Sleep(20 * time.Millisecond)
	c.Notify("cancel", json.Arr(id))
	if m := <-ch; m == nil || m.Err.String() != `"canceled"` {
		t.Fatal(m)
	}
	if got := c.call("lock", `["L"]`); got != `{"locked":true}` {
		t.Fatal(got)
	}
	if got := d.call("lock", `["L"]`); got != `{"locked":false}` {
		t.Fatal(got)
	}
	if got := d.call("transact", `["T",{"op":"assert","lock":"L"}]`); !strings.Contains(got, "Asserted lock L not held.") {
		t.Fatal(got)
	}
	c.Close()
	if n := d.note(); n != `locked ["L"]` {
		t.Fatal(n)
	}
	if got := d.call("transact", `["T",{"op":"assert","lock":"L"}]`); got != `[{}]` {
		t.Fatal(got)
	}
}

func TestConvert(t *testing.T) {
	srv, sock, file := start(t, testSchemaOf(t, testSchema))
	c, unaware := dial(t, sock), dial(t, sock)
	c.call("set_db_change_aware", "[true]")
	unaware.call("list_dbs", "[]")
	c.call("monitor", `["T","m",{"A":{}}]`)
	c.call("transact", `["T",{"op":"insert","table":"A","row":{"name":"x","n":7,"set":["set",[1,2]]}}]`)
	c.note()
	next := `{"name":"T","version":"2.0.0","tables":{"A":{"isRoot":true,"columns":{"name":{"type":"string"},"n":{"type":"integer"},"new":{"type":"boolean"}}}}}`
	if got := c.call("convert", `["T",`+strings.Replace(next, `"T"`, `"U"`, 1)+`]`); !strings.Contains(got, "does not match database name") {
		t.Fatal(got)
	}
	if got := c.call("convert", `["T",`+strings.Replace(next, `"type":"integer"`, `"type":{"key":{"type":"integer","maxInteger":5}}`, 1)+`]`); !strings.Contains(got, "constraint violation") {
		t.Fatal(got)
	}
	if got := c.call("convert", `["T",`+next+`]`); got != "{}" {
		t.Fatal(got)
	}
	if n := c.note(); n != `monitor_canceled ["m"]` {
		t.Fatal(n)
	}
	<-unaware.Done()
	if got := c.call("transact", `["T",{"op":"insert","table":"A","row":{"name":"y","new":true}},{"op":"select","table":"A","where":[],"columns":["name","n","new"],"sort":["name"]}]`); !strings.Contains(got, `{"n":7,"name":"x","new":false},{"n":0,"name":"y","new":true}`) {
		t.Fatal(got)
	}
	srv.Close()
	db, err := OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s := db.Snapshot().Schema(); s.Version != "2.0.0" || db.Snapshot().Len(s.Table("A")) != 2 {
		t.Fatal(s.Version)
	}
}

// Debian's ovs-vsctl drives the server, and its ovsdb-tool reads the file.
func TestReferenceClients(t *testing.T) {
	vsctl, tool := ovsref.Path(t, "ovs-vsctl"), ovsref.Path(t, "ovsdb-tool")
	schema, err := ovsdb.LoadSchema(ovsref.Schema(t, "vswitch.ovsschema"))
	if err != nil {
		t.Fatal(err)
	}
	s, sock, file := start(t, schema)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(vsctl, append([]string{"--no-wait", "--timeout=10", "--db=unix:" + sock}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("init")
	run("add-br", "br0", "--", "add-port", "br0", "p1", "tag=7", "--", "set", "interface", "p1", "type=internal", "options:a=b")
	run("set", "port", "p1", "trunks=3,1,2")
	run("set", "port", "p1", "trunks=3,4")
	if got := run("get", "port", "p1", "trunks", "tag"); got != "[3, 4]\n7\n" {
		t.Fatal(got)
	}
	if got := run("list-ports", "br0"); got != "p1\n" {
		t.Fatal(got)
	}
	run("del-br", "br0")
	if got := run("list-br"); got != "" {
		t.Fatal(got)
	}
	s.Close()
	out, err := exec.Command(tool, "-m", "show-log", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ovs-vsctl (invoked by") || strings.Count(string(out), "delete row") < 4 {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err = exec.Command(tool, "compact", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	db, err := OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}
