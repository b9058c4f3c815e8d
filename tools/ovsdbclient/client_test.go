package ovsdbclient

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/ovsdb/ctl/ctltest"
)

func TestMain(m *testing.M) { ctltest.Main(m, Main) }

var tool = ctltest.Tool{Name: "ovsdb-client", Schema: &ctltest.Family, Unordered: true}

// Both clients say the same of both servers.
func TestLikeReference(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	tool.Compare(t, files)
}

func run(t *testing.T, cmd *exec.Cmd, stdin string) string {
	t.Helper()
	// The reference wants to seek.
	file := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(file, []byte(stdin), 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdin = in
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Run()
	return out.String()
}

func TestBackupRestore(t *testing.T) {
	for _, p := range []*ctltest.Place{tool.Reference(t), tool.Ours(t)} {
		p.Run(t, "", "transact", `["Open_vSwitch",{"op":"insert","table":"Root","row":{"name":"r","kids":["named-uuid","k"]}},{"op":"insert","table":"Kid","uuid-name":"k","row":{"name":"kid","tag":7}}]`)
		before := p.Run(t, "", "dump", "Open_vSwitch", "Kid", "name", "tag")
		saved := p.Run(t, "", "backup")
		if saved.Status != 0 {
			t.Fatal(saved.Err)
		}
		for _, path := range []string{"", ovsref.Path(t, "ovsdb-client")} {
			p.Run(t, "", "transact", `["Open_vSwitch",{"op":"delete","table":"Root","where":[]}]`)
			cmd := p.Command("restore")
			if path != "" {
				cmd.Path, cmd.Env = path, p.Env()
			}
			if out := run(t, cmd, saved.Out); out != "" {
				t.Fatal(out)
			}
			if after := p.Run(t, "", "dump", "Open_vSwitch", "Kid", "name", "tag"); after != before || !strings.Contains(after.Out, "kid") {
				t.Fatal(after)
			}
		}
		other := strings.Replace(saved.Out, `"version":"1.0.0"`, `"version":"1.0.1"`, 1)
		for _, tt := range []struct{ file, want string }{
			{"", "ovsdb-client: ovsdb error: /dev/stdin: cannot identify file type\n"},
			{"garbage", "ovsdb-client: ovsdb error: /dev/stdin: unexpected file format\n"},
			{other, "should have hash"},
		} {
			want := run(t, &exec.Cmd{Path: ovsref.Path(t, "ovsdb-client"), Args: []string{"ovsdb-client", "restore"}, Env: p.Env()}, tt.file)
			if got := run(t, p.Command("restore"), tt.file); got != want || !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

// Another schema's backup is refused, and taken with --force.
func TestRestoreOther(t *testing.T) {
	next := ctltest.Family
	next.Version = "1.1.0"
	newer := ctltest.Tool{Name: "ovsdb-client", Schema: &next}.Ours(t)
	newer.Run(t, "", "transact", `["Open_vSwitch",{"op":"insert","table":"Root","row":{"name":"new"}}]`)
	saved := newer.Run(t, "", "backup").Out
	p := tool.Ours(t)
	want := "ovsdb-client: backup schema has version \"1.1.0\" but database schema has version \"1.0.0\" (use --force to override differences, or \"ovsdb-client convert\" to change the schema)\n"
	if got := run(t, p.Command("restore"), saved); got != want {
		t.Error(got)
	}
	if got := run(t, p.Command("--force", "restore"), saved); !strings.HasSuffix(got, "but database schema has version \"1.0.0\"\n") {
		t.Error(got)
	}
	if got := p.Run(t, "", "--bare", "dump", "Open_vSwitch", "Root", "name"); got.Out != "Root table\nnew\n" {
		t.Error(got)
	}
}

// A detached client is told by ovs-appctl to wait, to go on, to look at other
// rows, to lock and to end.
func TestDetach(t *testing.T) {
	appctl := ovsref.Path(t, "ovs-appctl")
	p := tool.Ours(t)
	add := func(name string) {
		p.Run(t, "", "transact", fmt.Sprintf(`["Open_vSwitch",{"op":"insert","table":"Root","row":{"name":"%s"}}]`, name))
	}
	add("first")
	detach := func(args ...string) (output func(wait string) string) {
		t.Helper()
		out := filepath.Join(p.Dir, args[0]+".out")
		f, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		cmd := p.Command(append([]string{"--detach", "--no-chdir", "--unixctl=" + p.Dir + "/ctl"}, args...)...)
		cmd.Stdout, cmd.Stderr = f, f
		if err := cmd.Run(); err != nil {
			b, _ := os.ReadFile(out)
			t.Fatalf("%v: %s", err, b)
		}
		f.Close()
		return func(wait string) string {
			t.Helper()
			for i := 0; ; i++ {
				b, _ := os.ReadFile(out)
				if strings.Contains(string(b), wait) {
					return string(b)
				}
				if i == 500 {
					t.Fatalf("no %q in %s", wait, b)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	tell := func(want string, args ...string) {
		t.Helper()
		a := p.Run(t, appctl, append([]string{"-t", p.Dir + "/ctl"}, args...)...)
		if a.Out+a.Err != want {
			t.Errorf("%v: %s%s", args, a.Out, a.Err)
		}
	}
	output := detach("monitor-cond", "Open_vSwitch", `[["name","!=","hidden"]]`, "Root", "name")
	output("initial first")
	tell("", "ovsdb-client/block")
	tell("already blocked\n", "ovsdb-client/block")
	add("second")
	add("hidden")
	if got := output(""); strings.Contains(got, "second") {
		t.Error(got)
	}
	tell("", "ovsdb-client/unblock")
	tell("already unblocked\n", "ovsdb-client/unblock")
	output("insert second")
	tell("condition changed\n", "ovsdb-client/cond_change", "Root", `[["name","==","hidden"]]`)
	output("insert hidden")
	tell("transaction returned error: {\"details\":\"no table named Nope\",\"error\":\"syntax error\"}\novs-appctl: DIR/ctl: server returned an error\n", "ovsdb-client/cond_change", "Nope", "[]")
	tell("", "exit")

	output = detach("lock", "L1")
	output(`{"locked":true}`)
	tell("", "lock", "L2")
	tell("", "unlock", "L2")
	output("{}\n")
	p.Run(t, "", "-t1", "steal", "L1")
	output("stolen\n[\"L1\"]\n")
	output("locked\n[\"L1\"]\n")
	tell("", "exit")
}

// A failure before the client is ready is the status of who started it.
func TestDetachFails(t *testing.T) {
	p := tool.Ours(t)
	if a := p.Run(t, "", "--detach", "monitor", "Nope"); a.Status != 1 || a.Err != "ovsdb-client: unix:DIR/db.sock: Open_vSwitch does not have a table named \"Nope\"\n" {
		t.Errorf("%+v", a)
	}
}
