package ovsdbserver

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
)

// What clients are told when databases come, change and go. A line is a request
// of session A, which follows databases, or B, which does not; "ctl" is a
// management command, "new" a new session. $U is a second database.
const eventScript = `A set_db_change_aware [true]
A monitor_cond ["_Server","srv",{"Database":{"columns":["name","connected","model","leader"],"select":{"initial":false}}}]
A monitor_cond ["T","t1",{"A":{}}]
A monitor ["T","t2",{"A":{}}]
B monitor ["T","b",{"A":{}}]
A transact ["T",{"op":"wait","table":"A","where":[],"columns":["n"],"until":"==","rows":[{"n":99}]}]
ctl ovsdb-server/add-db $U
new B
B monitor ["T","b",{"A":{}}]
A monitor_cond ["U","u1",{"A":{}}]
A convert ["U",$SCHEMA]
new B
B monitor ["T","b",{"A":{}}]
A monitor_cond ["U","u1",{"A":{}}]
A monitor_cancel ["u2"]
ctl ovsdb-server/remove-db T
new B
B monitor ["U","b",{"A":{}}]
A transact ["T"]
A list_dbs []
A monitor_cancel ["t1"]
B lock ["l"]
A lock ["l"]
new B
ctl ovsdb-server/reconnect
new A
new B
A get_server_id ["x"]
A get_server_id []
ctl ovsdb-server/disable-monitor-cond
new A
A monitor_cond ["U","u1",{"A":{}}]
A monitor_cond_since ["U","u1",{"A":{}},"00000000-0000-0000-0000-000000000000"]
A monitor ["U","u1",{"A":{}}]
A monitor_cond_change ["u1","u1",{"A":[{"where":[]}]}]`

// listener collects what a session is told.
type listener struct {
	conn net.Conn
	got  chan string
}

func (p *process) listen(t testing.TB) *listener {
	t.Helper()
	p.dial(t).Close() // until it listens
	conn, err := net.Dial("unix", p.dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l := &listener{conn, make(chan string, 100)}
	go func() {
		defer close(l.got)
		r := jsonrpc.NewReader(conn)
		for {
			m, err := r.Next()
			if err != nil {
				l.got <- "closed"
				return
			}
			v, _ := json.Parse(m.Append(nil))
			l.got <- rbacUUID.ReplaceAllString(string(json.AppendSorted(nil, v)), "U")
		}
	}()
	return l
}

// hear returns what has come by the time that two echoes are answered. Monitors
// are canceled in the order of a hash table.
func (l *listener) hear(t testing.TB) string {
	t.Helper()
	var lines []string
	for range 2 {
		fmt.Fprint(l.conn, `{"method":"echo","params":["sync"],"id":"sync"}`)
		for open := true; open; {
			select {
			case text, ok := <-l.got:
				open = ok && !strings.Contains(text, `["sync"]`)
				if open {
					lines = append(lines, text)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("no answer")
			}
		}
	}
	canceled := func(s string) bool { return strings.Contains(s, "monitor_canceled") }
	for i := range lines {
		for j := i; j > 0 && canceled(lines[j]) && canceled(lines[j-1]) && lines[j] < lines[j-1]; j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
	return strings.Join(lines, "\n")
}

func TestDatabaseEvents(t *testing.T) {
	bin, appctl := ovsref.Path(t, "ovsdb-server"), ovsref.Path(t, "ovs-appctl")
	var out [2][]string
	for i := range out {
		file, second := newDB(t), newDBOf(t, strings.Replace(schema, `"name":"T"`, `"name":"U"`, 1))
		var p *process
		if i == 0 {
			p = launch(t, file)
		} else {
			p = launchReference(t, bin, file)
		}
		fill := strings.NewReplacer("$U", second, "$SCHEMA", strings.Replace(schema, `"name":"T","version":"1.0.0"`, `"name":"U","version":"1.1.0"`, 1))
		sessions := map[string]*listener{"A": p.listen(t), "B": p.listen(t)}
		for n, line := range strings.Split(eventScript, "\n") {
			who, what, _ := strings.Cut(fill.Replace(line), " ")
			switch who {
			case "new":
				sessions[what].conn.Close()
				time.Sleep(20 * time.Millisecond)
				sessions[what] = p.listen(t)
			case "ctl":
				text, err := exec.Command(appctl, append([]string{"-t", p.dir + "/ctl"}, strings.Fields(what)...)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %s", line, text)
				}
			default:
				method, params, _ := strings.Cut(what, " ")
				fmt.Fprintf(sessions[who].conn, `{"method":"%s","params":%s,"id":%d}`, method, params, n)
			}
			heard := line
			for _, name := range []string{"A", "B"} {
				if text := sessions[name].hear(t); text != "" {
					heard += "\n" + name + ": " + text
				}
			}
			out[i] = append(out[i], heard)
		}
	}
	for j := range out[1] {
		if out[0][j] != out[1][j] {
			t.Errorf("ours   %s\ntheirs %s", out[0][j], out[1][j])
		}
	}
}
