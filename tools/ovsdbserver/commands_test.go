package ovsdbserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/internal/testpki"
	"govs/stream"
)

// Each line goes to ovs-appctl against both servers. $DIR is the server's own
// directory, $DB its database.
const commandScript = `ovsdb-server/sync-status
ovsdb-server/perf-counters-show
ovsdb-server/perf-counters-clear
ovsdb-server/tlog-list
ovsdb-server/tlog-set T:A on
ovsdb-server/tlog-list
ovsdb-server/tlog-set T:A foo
ovsdb-server/tlog-set T:Nope on
ovsdb-server/tlog-set Nope:A on
ovsdb-server/tlog-set T on
ovsdb-server/tlog-set T:A OFF
ovsdb-server/tlog-list
ovsdb-server/get-active-ovsdb-server
ovsdb-server/get-sync-exclude-tables
ovsdb-server/disconnect-active-ovsdb-server
ovsdb-server/set-active-ovsdb-server-probe-interval x
ovsdb-server/memory-trim-on-compaction foo
ovsdb-server/memory-trim-on-compaction on
ovsdb-server/compact
ovsdb-server/compact T
ovsdb-server/compact x
ovsdb-server/compact _Server
ovsdb-server/add-db $DIR/none
ovsdb-server/add-db $DB
ovsdb-server/remove-db x
ovsdb-server/remove-db _Server
ovsdb-server/list-dbs
ovsdb-server/get-db-storage-status T
ovsdb-server/get-db-storage-status x
ovsdb-server/add-remote db:x,y,z
ovsdb-server/add-remote db:x
ovsdb-server/add-remote db:T,x,y
ovsdb-server/add-remote db:T,A,x
ovsdb-server/add-remote punix:$DIR/two
ovsdb-server/list-remotes
ovsdb-server/remove-remote punix:$DIR/two
ovsdb-server/remove-remote x
ovsdb-server/list-remotes
ovsdb-server/remove-db T
ovsdb-server/list-dbs
ovsdb-server/add-db $DB
ovsdb-server/list-dbs
ovsdb-server/reconnect
ovsdb-server/disable-monitor-cond
memory/show
ovsdb-server/tlog-set
ovsdb-server/compact a b
exit`

func TestCommandsAsReference(t *testing.T) {
	bin, appctl := ovsref.Path(t, "ovsdb-server"), ovsref.Path(t, "ovs-appctl")
	var out [2][]string
	var known [2][]string
	for i := range out {
		file := newDB(t)
		var p *process
		if i == 0 {
			p = launch(t, file)
		} else {
			p = launchReference(t, bin, file)
		}
		p.dial(t).Close()
		run := func(line string) string {
			args := strings.Fields(strings.NewReplacer("$DIR", p.dir, "$DB", file).Replace(line))
			text, _ := exec.Command(appctl, append([]string{"-t", p.dir + "/ctl"}, args...)...).CombinedOutput()
			return strings.NewReplacer(file, "DB", p.dir, "DIR").Replace(string(text))
		}
		known[i] = regexp.MustCompile(`(?m)^  (ovsdb-server/.*?) *$`).FindAllString(run("list-commands"), -1)
		for _, line := range strings.Split(commandScript, "\n") {
			out[i] = append(out[i], line+"\n"+run(line))
		}
		if err := p.Wait(); err != nil {
			t.Errorf("exit: %v\n%s", err, p.errs.String())
		}
	}
	for i := range out[1] {
		if out[0][i] != out[1][i] {
			t.Errorf("ours   %s\ntheirs %s", out[0][i], out[1][i])
		}
	}
	ours := strings.Join(known[0], "\n")
	for _, c := range known[1] {
		if !strings.Contains(ours, strings.Join(strings.Fields(c), " ")) && !strings.Contains(ours, c) {
			t.Errorf("missing: %s", c)
		}
	}
}

// A configuration file says which remotes and databases there are; reload
// leaves alone what stays.
func TestConfigFile(t *testing.T) {
	appctl := ovsref.Path(t, "ovs-appctl")
	first, second := newDB(t), newDBOf(t, strings.Replace(schema, `"name":"T"`, `"name":"U"`, 1))
	dir := filepath.Dir(first)
	write := func(text string) {
		if err := os.WriteFile(dir+"/config", []byte(strings.NewReplacer("$1", first, "$2", second, "$DIR", dir).Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"remotes":{"punix:$DIR/s":{},"punix:$DIR/ro":{"read-only":true,"inactivity-probe":0}},"databases":{"$1":{"service-model":"standalone"}}}`)
	p := launchOurs(t, dir, "--config-file="+dir+"/config")
	s := p.dial(t)
	if _, err := call(s, "echo", "[]"); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, _ := exec.Command(appctl, append([]string{"-t", dir + "/ctl"}, args...)...).CombinedOutput()
		return string(out)
	}
	write(`{"remotes":{"punix:$DIR/s":null,"punix:$DIR/ro":{"read-only":false}},"databases":{"$1":null,"$2":{}}}`)
	if out := run("ovsdb-server/reload"); out != "" {
		t.Fatal(out)
	}
	if out := run("ovsdb-server/list-dbs"); out != "T\nU\n_Server\n" {
		t.Error(out)
	}
	if _, err := call(s, "transact", `["T",{"op":"insert","table":"A","row":{"name":"a"}}]`); err == nil {
		t.Error("a client that follows no databases stayed when one was added")
	}
	for text, why := range map[string]string{
		`{`: "reading JSON failed", `[]`: "must be a JSON object", `{"remotes":5}`: "'remotes' is not a JSON object or null",
		`{"remotes":{"punix:x":5}}`:                          "JSON-RPC options are not a JSON object or null",
		`{"remotes":{"punix:x":{"dscp":64}}}`:                "Type mismatch for member 'dscp'",
		`{"remotes":{"punix:x":{"x":1}}}`:                    "Member 'x' is present but not allowed here",
		`{"databases":{"$1":{"service-model":"clustered"}}}`: "not built into this version",
		`{"databases":{"$1":{"service-model":"foo"}}}`:       "'foo' is not a valid service model",
	} {
		write(text)
		if out := run("ovsdb-server/reload"); !strings.HasPrefix(out, "Configuration failed.  See the log file for details.") {
			t.Errorf("%s: %s", text, out)
		}
		// The log comes through a pipe.
		for n := 0; n < 200 && !strings.Contains(p.errs.String(), why); n++ {
			time.Sleep(10 * time.Millisecond)
		}
		if !strings.Contains(p.errs.String(), why) {
			t.Errorf("%s: the log lacks %q:\n%s", text, why, p.errs.String())
		}
	}
	if out := run("ovsdb-server/list-dbs"); out != "T\nU\n_Server\n" {
		t.Error(out)
	}
	write(`{"databases":{"$2":{}},"remotes":{"punix:$DIR/s":{}}}`)
	run("ovsdb-server/reload")
	if out := run("ovsdb-server/list-dbs") + run("ovsdb-server/list-remotes"); out != "U\n_Server\npunix:"+dir+"/s\n" {
		t.Error(out)
	}
	if out := run("ovsdb-server/add-remote", "punix:x"); !strings.Contains(out, "configured in") {
		t.Error(out)
	}
}

// The files of keys and certificates come from the database, and what is
// there now counts.
func TestTLSFromDatabase(t *testing.T) {
	ca, other := testpki.New(t), testpki.New(t)
	file := newDBOf(t, `{"name":"T","version":"1.0.0","tables":{"SSL":{"isRoot":true,"columns":{"key":{"type":"string"},"cert":{"type":"string"},"ca":{"type":"string"}}},
		"Top":{"isRoot":true,"columns":{"conns":{"type":{"key":{"type":"uuid","refTable":"Conn"},"min":0,"max":"unlimited"}}}},
		"Conn":{"isRoot":true,"columns":{"target":{"type":"string"},"status":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"},"ephemeral":true}}}}}`)
	p := launch(t, file, "--remote=db:T,Top,conns", "--private-key=db:T,SSL,key", "--certificate=db:T,SSL,cert", "--ca-cert=db:T,SSL,ca")
	s := p.dial(t)
	row := func(ca *testpki.CA) string {
		key, cert := ca.Member("server")
		return `{"key":"` + key + `","cert":"` + cert + `","ca":"` + ca.File + `"}`
	}
	if out, err := call(s, "transact", `["T",{"op":"insert","table":"Conn","uuid-name":"c","row":{"target":"pssl:0:127.0.0.1"}},{"op":"insert","table":"Top","row":{"conns":["named-uuid","c"]}}]`); err != nil {
		t.Fatal(out, err)
	}
	if out, err := call(s, "transact", `["T",{"op":"insert","table":"SSL","row":`+row(ca)+`}]`); err != nil || strings.Contains(out, "error") {
		t.Fatal(out, err)
	}
	port := boundPort(t, s)
	dial := func(ca *testpki.CA) error {
		key, cert := ca.Member("client")
		c, err := stream.Config{TLS: &stream.TLS{PrivateKey: key, Certificate: cert, CACert: ca.File}}.Dial(t.Context(), "ssl:127.0.0.1:"+port)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		c.Write([]byte(`{"method":"echo","params":[],"id":1}`))
		_, err = c.Read(make([]byte, 100))
		return err
	}
	if err := dial(ca); err != nil {
		t.Error(err)
	}
	if err := dial(other); err == nil {
		t.Error("a stranger was served")
	}
	call(s, "transact", `["T",{"op":"update","table":"SSL","where":[],"row":`+row(other)+`}]`)
	if err := dial(other); err != nil {
		t.Error(err)
	}
	if err := dial(ca); err == nil {
		t.Error("the former authority's client was served")
	}
}
