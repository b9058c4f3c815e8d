package ovsdbserver

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/internal/testpki"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/stream"
)

const rbacSchema = `{"name":"T","version":"1.0.0","tables":{
"RBAC_Role":{"isRoot":true,"columns":{"name":{"type":"string"},"permissions":{"type":{"key":{"type":"string"},"value":{"type":"uuid","refTable":"RBAC_Permission","refType":"weak"},"min":0,"max":"unlimited"}}}},
"RBAC_Permission":{"isRoot":true,"columns":{"table":{"type":"string"},"authorization":{"type":{"key":"string","min":0,"max":"unlimited"}},"insert_delete":{"type":"boolean"},"update":{"type":{"key":"string","min":0,"max":"unlimited"}}}},
"Conn":{"isRoot":true,"columns":{"target":{"type":"string"},"role":{"type":"string"},"read_only":{"type":{"key":"boolean","min":0}},"inactivity_probe":{"type":{"key":"integer","min":0}},
  "is_connected":{"type":"boolean","ephemeral":true},"status":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"},"ephemeral":true}}},
"Top":{"isRoot":true,"columns":{"conns":{"type":{"key":{"type":"uuid","refTable":"Conn"},"min":0,"max":"unlimited"}}}},
"Open":{"isRoot":true,"columns":{"name":{"type":"string"},"n":{"type":"integer"},"m":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}},
"Own":{"isRoot":true,"columns":{"name":{"type":"string"},"n":{"type":"integer"},"ids":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},"set":{"type":{"key":"string","min":0,"max":"unlimited"}}}},
"Shut":{"isRoot":true,"columns":{"name":{"type":"string"}}},
"Fixed":{"isRoot":true,"columns":{"name":{"type":"string"},"n":{"type":"integer"}}}}}`

// What the administrator puts in, and what the client with the role then does.
const rbacSetup = `{"op":"insert","table":"RBAC_Permission","uuid-name":"p1","row":{"table":"Open","authorization":["set",[""]],"insert_delete":true,"update":["set",["n","m:ok","set"]]}},
{"op":"insert","table":"RBAC_Permission","uuid-name":"p2","row":{"table":"Own","authorization":["set",["name","ids:owner","set"]],"insert_delete":true,"update":["set",["n"]]}},
{"op":"insert","table":"RBAC_Permission","uuid-name":"p3","row":{"table":"Fixed","authorization":["set",[""]],"insert_delete":false,"update":["set",["n"]]}},
{"op":"insert","table":"RBAC_Role","row":{"name":"r","permissions":["map",[["Open",["named-uuid","p1"]],["Own",["named-uuid","p2"]],["Fixed",["named-uuid","p3"]]]]}},
{"op":"insert","table":"Own","row":{"name":"client1"}},{"op":"insert","table":"Own","row":{"name":"other"}},
{"op":"insert","table":"Own","row":{"name":"mapped","ids":["map",[["owner","client1"],["x","client2"]]]}},
{"op":"insert","table":"Own","row":{"name":"listed","set":["set",["a","client1"]]}},
{"op":"insert","table":"Fixed","row":{"name":"f"}},
{"op":"insert","table":"Conn","uuid-name":"c","row":{"target":"pssl:0:127.0.0.1","role":"r"}},
{"op":"insert","table":"Top","row":{"conns":["named-uuid","c"]}}`

var rbacScript = []string{
	`{"op":"select","table":"Shut","where":[]}`,
	`{"op":"insert","table":"Shut","row":{"name":"x"}}`,
	`{"op":"delete","table":"Shut","where":[]}`,
	`{"op":"update","table":"Shut","where":[],"row":{"name":"x"}}`,
	`{"op":"insert","table":"Open","row":{"name":"x","m":["map",[["ok","1"]]]}}`,
	`{"op":"update","table":"Open","where":[],"row":{"n":5}}`,
	`{"op":"update","table":"Open","where":[],"row":{"name":"y"}}`,
	`{"op":"update","table":"Open","where":[["name","==","none"]],"row":{"name":"y"}}`,
	`{"op":"update","table":"Open","where":[],"row":{"m":["map",[["ok","2"]]]}}`,
	`{"op":"mutate","table":"Open","where":[],"mutations":[["n","+=",1]]}`,
	`{"op":"mutate","table":"Open","where":[],"mutations":[["m","insert",["map",[["ok","3"],["fine","4"]]]]]}`,
	`{"op":"mutate","table":"Open","where":[],"mutations":[["m","insert",["map",[["bad","3"],["fine","4"]]]]]}`,
	`{"op":"mutate","table":"Open","where":[],"mutations":[["m","delete",["set",["ok"]]]]}`,
	`{"op":"mutate","table":"Open","where":[],"mutations":[["m","delete",["set",["bad"]]]]}`,
	`{"op":"update","table":"Own","where":[["name","==","client1"]],"row":{"n":1}}`,
	`{"op":"update","table":"Own","where":[["name","==","other"]],"row":{"n":1}}`,
	`{"op":"update","table":"Own","where":[["name","==","mapped"]],"row":{"n":1}}`,
	`{"op":"update","table":"Own","where":[["name","==","listed"]],"row":{"n":1}}`,
	`{"op":"update","table":"Own","where":[],"row":{"n":1}}`,
	`{"op":"mutate","table":"Own","where":[["name","==","other"]],"mutations":[["n","+=",1]]}`,
	`{"op":"mutate","table":"Own","where":[["name","==","client1"]],"mutations":[["set","insert","x"]]}`,
	`{"op":"delete","table":"Own","where":[["name","==","other"]]}`,
	`{"op":"delete","table":"Own","where":[["name","==","none"]]}`,
	`{"op":"delete","table":"Own","where":[["name","==","mapped"]]}`,
	`{"op":"insert","table":"Fixed","row":{"name":"g"}}`,
	`{"op":"update","table":"Fixed","where":[],"row":{"n":7}}`,
	`{"op":"delete","table":"Fixed","where":[]}`,
	`{"op":"update","table":"RBAC_Role","where":[],"row":{"name":"q"}}`,
	`{"op":"insert","table":"Nope","row":{}}`,
	`{"op":"insert","table":"Open","row":{"nope":1}}`,
	`{"op":"update","table":"Shut","where":[],"row":{"nope":1}}`,
	`{"op":"wait","table":"Shut","where":[],"columns":["name"],"until":"==","rows":[],"timeout":0}`,
	`{"op":"select","table":"Own","where":[["n","==",1]],"columns":["name"]}`,
}

var rbacUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// A client with a role is refused the same as by the reference.
func TestRBAC(t *testing.T) {
	bin := ovsref.Path(t, "ovsdb-server")
	ca := testpki.New(t)
	key, cert := ca.Member("server")
	tls := []string{"--private-key=" + key, "--certificate=" + cert, "--ca-cert=" + ca.File}
	key, cert = ca.Member("client1")
	client := stream.Config{TLS: &stream.TLS{PrivateKey: key, Certificate: cert, CACert: ca.File}}
	var replies [2][]string
	for i := range replies {
		file := newDBOf(t, rbacSchema)
		var p *process
		args := append([]string{"--remote=db:T,Top,conns"}, tls...)
		if i == 0 {
			p = launch(t, file, args...)
		} else {
			p = launchReference(t, bin, file, args...)
		}
		admin := p.dial(t)
		if out, err := call(admin, "transact", `["T",`+rbacSetup+`]`); err != nil || strings.Contains(out, "error") {
			t.Fatal(out, err)
		}
		port := boundPort(t, admin)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		conn, err := client.Dial(ctx, "ssl:127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		s := jsonrpc.NewSession(conn, jsonrpc.Config{})
		defer s.Close()
		ask := func(ops string) {
			out, err := call(s, "transact", `["T",`+ops+`]`)
			if err != nil {
				out += " " + err.Error()
			}
			replies[i] = append(replies[i], rbacUUID.ReplaceAllString(sorted(t, out), "U"))
		}
		for _, ops := range rbacScript {
			ask(ops)
		}
		if i == 1 {
			continue
		}
		// The role and the rights of a connection change while it is open; with
		// Debian's release they stay what they were.
		for _, row := range []string{`{"role":"unknown"}`, `{"role":""}`, `{"read_only":true}`} {
			if out, err := call(admin, "transact", `["T",{"op":"update","table":"Conn","where":[],"row":`+row+`}]`); err != nil {
				t.Fatal(out, err)
			}
			want := map[string]string{`{"role":"unknown"}`: `role \"unknown\" prohibit`, `{"role":""}`: `"uuid"`, `{"read_only":true}`: "read only mode"}[row]
			out := ""
			for n := 0; n < 100 && !strings.Contains(out, want); n++ {
				time.Sleep(10 * time.Millisecond)
				out, _ = call(s, "transact", `["T",{"op":"insert","table":"Shut","row":{}}]`)
			}
			if !strings.Contains(out, want) {
				t.Errorf("%s: %s", row, out)
			}
		}
	}
	for j := range replies[1] {
		if replies[0][j] != replies[1][j] {
			t.Errorf("%d\nours   %s\ntheirs %s", j, replies[0][j], replies[1][j])
		}
	}
	if denied := strings.Count(strings.Join(replies[0], ""), "permission error"); denied < 10 {
		t.Errorf("only %d refusals", denied)
	}
}

// boundPort waits until the server has written which port its remote has.
func boundPort(t testing.TB, s *jsonrpc.Session) string {
	t.Helper()
	for range 100 {
		out, err := call(s, "transact", `["T",{"op":"select","table":"Conn","where":[],"columns":["status"]}]`)
		if err != nil {
			t.Fatal(err)
		}
		if port := regexp.MustCompile(`"bound_port","(\d+)"`).FindStringSubmatch(out); port != nil {
			return port[1]
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no bound_port")
	return ""
}

func newDBOf(t testing.TB, text string) string {
	t.Helper()
	v := parse(t, text)
	s, err := ovsdb.ParseSchema(v)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "t.db")
	if err := log.CreateDatabase(file, s); err != nil {
		t.Fatal(err)
	}
	return file
}

// launchReference is launch for Debian's server.
func launchReference(t testing.TB, bin, file string, args ...string) *process {
	t.Helper()
	return launchProgram(t, filepath.Dir(file), bin, "LC_ALL=C", append([]string{file, "--remote=punix:s", "--unixctl=ctl", "-vconsole:warn"}, args...)...)
}

// sorted returns a JSON text with the members of objects in order.
func sorted(t testing.TB, text string) string {
	if i := strings.IndexAny(text, "[{"); i != 0 {
		return text
	}
	return string(json.AppendSorted(nil, parse(t, text)))
}

func parse(t testing.TB, text string) json.Value {
	t.Helper()
	v, err := json.ParseString(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
