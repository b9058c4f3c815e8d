package unixctl

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"govs/daemon/vlog"
	"govs/internal/ovsref"
)

func serve(t *testing.T) *Server {
	t.Helper()
	vlog.SetConsole(io.Discard)
	t.Cleanup(func() { vlog.SetConsole(nil) })
	s := NewServer("ovs-test")
	s.Register(
		Command{Name: "echo", Usage: "[word]...", MaxArgs: Many, Run: func(r *Request) { r.Reply(strings.Join(r.Args, " ")) }},
		Command{Name: "later", Run: func(r *Request) {
			go func() { time.Sleep(10 * time.Millisecond); r.Reply("at last"); r.Error("twice") }()
		}},
		Command{Name: "one", Usage: "x", MinArgs: 1, MaxArgs: 1, Run: func(r *Request) { r.Error("no\nluck") }},
		Command{Name: "json", Run: func(r *Request) {
			if r.JSON {
				r.ReplyJSON(map[string]int{"a": 1})
			} else {
				r.Reply("a=1")
			}
		}},
		Command{Name: "never", Run: func(r *Request) {}},
	)
	if err := s.Start(filepath.Join(t.TempDir(), "x.ctl")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func TestCommands(t *testing.T) {
	s := serve(t)
	c, err := Connect(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, tt := range []struct{ cmd, result, err string }{
		{"echo a b<&>", "a b<&>\n", ""},
		{"echo", "", ""},
		{"later", "at last\n", ""},
		{"one", "", "\"one\" command requires at least 1 arguments\n"},
		{"one a b", "", "\"one\" command takes at most 1 arguments\n"},
		{"one a", "", "no\nluck\n"},
		{"foo", "", "\"foo\" is not a valid command (use \"list-commands\" to see a list of valid commands)\n"},
		{"json", "a=1\n", ""},
		{"set-options --format xml", "", "option format has invalid value xml\n"},
		{"set-options --format json", "", ""},
		{"json", `{"a":1}`, ""},
		{"echo x", `{"reply":"x\n","reply-format":"plain"}`, ""},
		{"set-options --format text", `{"reply":"","reply-format":"plain"}`, ""},
		{"list-commands", `The available commands are:
  echo                    [word]...
  json                    
  later                   
  list-commands           
  never                   
  one                     x
  set-options             [--format text|json]
  version                 
`, ""},
	} {
		w := strings.Fields(tt.cmd)
		r, err := c.Do(w[0], w[1:])
		if err != nil {
			t.Fatal(err)
		}
		if text(r.Result) != tt.result || text(r.Error) != tt.err {
			t.Errorf("%s: %q, %q; want %q, %q", tt.cmd, r.Result, r.Error, tt.result, tt.err)
		}
	}
	if text, ok := s.Do("echo", "in", "here"); text != "in here\n" || !ok {
		t.Errorf("Do: %q", text)
	}
}

// TestReferenceClient drives our server with Debian's ovs-appctl.
func TestReferenceClient(t *testing.T) {
	appctl := ovsref.Path(t, "ovs-appctl")
	s := serve(t)
	for _, tt := range []struct {
		args, out, err string
		code           int
	}{
		{"echo hello there", "hello there\n", "", 0},
		{"one a", "", "no\nluck\novs-appctl: %s: server returned an error\n", 2},
		{"later", "at last\n", "", 0},
	} {
		cmd := exec.Command(appctl, append([]string{"-t", s.Path()}, strings.Fields(tt.args)...)...)
		cmd.Args[0] = "ovs-appctl"
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		cmd.Run()
		want := tt.err
		if want != "" {
			want = fmt.Sprintf(want, s.Path())
		}
		if out.String() != tt.out || errs.String() != want || cmd.ProcessState.ExitCode() != tt.code {
			t.Errorf("%s: %q, %q, %d", tt.args, out.String(), errs.String(), cmd.ProcessState.ExitCode())
		}
	}
}

func TestWire(t *testing.T) {
	s := serve(t)
	for _, tt := range []struct{ in, want string }{
		{`{"id":0,"method":"echo","params":["a"]}{"id":"x","method":"echo","params":[]}`,
			`{"id":0,"result":"a\n","error":null}` + "\n" + `{"id":"x","result":"","error":null}` + "\n"},
		{`{"id":0,"method":"echo","params":[1]}`, `{"id":0,"result":null,"error":"\"echo\" command has non-string argument\n"}` + "\n"},
		{`{"id":0,"method":"echo","params":{}}`, ""},
		{`{"id":0,"method":"echo"}`, ""},
		{`{"id":null,"method":"echo","params":[]}`, ""},
		{`hello`, ""},
		{`[]`, ""},
	} {
		c, err := net.Dial("unix", s.Path())
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(tt.in))
		c.(*net.UnixConn).CloseWrite()
		got, err := io.ReadAll(c)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v", tt.in, got, err)
		}
		c.Close()
	}
}

func TestCloseEndsAll(t *testing.T) {
	s := serve(t)
	c, err := Connect(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.Do("never", nil) })
	time.Sleep(20 * time.Millisecond)
	path := s.Path()
	s.Close()
	s.Close()
	wg.Wait()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is left behind")
	}
}

func TestTargetPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("OVS_RUNDIR", dir)
	vlog.SetConsole(io.Discard)
	defer vlog.SetConsole(nil)
	if p, err := TargetPath("/x"); p != "/x" || err != nil {
		t.Error(p, err)
	}
	_, err := TargetPath("nope")
	if want := `cannot read pidfile "` + dir + `/nope.pid" (No such file or directory)`; err == nil || err.Error() != want {
		t.Error(err)
	}
	os.WriteFile(dir+"/stale.pid", []byte("1\n"), 0o644)
	_, err = TargetPath("stale")
	if want := `cannot read pidfile "` + dir + `/stale.pid" (No such process)`; err == nil || err.Error() != want {
		t.Error(err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"id":0,"method":"version","params":["a"]}`))
	f.Add([]byte(`{"id":{},"method":3,"params":[[]]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewServer("x")
		if q, err := parse(b); err == nil {
			if args, ok := q.args(); ok {
				s.call(&session{}, q.Method, args)
			}
		}
	})
}
