package appctl

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"govs/cli"
	"govs/daemon/unixctl"
	"govs/daemon/vlog"
	"govs/internal/ovsref"
)

func ours(args ...string) (out, errs string, code int) {
	var o, e strings.Builder
	vlog.SetConsole(&e)
	defer vlog.SetConsole(nil)
	code = Main(append([]string{"ovs-appctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &o, Err: &e})
	return o.String(), e.String(), code
}

// noTime cuts the time and number off log lines.
func noTime(s string) string {
	lines := strings.SplitAfter(s, "\n")
	for i, l := range lines {
		if f := strings.SplitN(l, "|", 3); len(f) == 3 {
			lines[i] = f[2]
		}
	}
	return strings.Join(lines, "")
}

// TestAgainstReference runs both clients against the reference's ovsdb-server
// and compares what they print and how they end.
func TestAgainstReference(t *testing.T) {
	server, client := ovsref.Path(t, "ovsdb-server"), ovsref.Path(t, "ovs-appctl")
	dir := t.TempDir()
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"} {
		t.Setenv(v, dir)
	}
	if b, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "create", dir+"/db", ovsref.Schema(t, "vswitch.ovsschema")).CombinedOutput(); err != nil {
		t.Fatalf("%s", b)
	}
	if b, err := exec.Command(server, "--detach", "--no-chdir", "--pidfile", dir+"/db").CombinedOutput(); err != nil {
		t.Fatalf("%s", b)
	}
	b, _ := os.ReadFile(filepath.Join(dir, "ovsdb-server.pid"))
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p, err := os.FindProcess(pid); err == nil {
			p.Kill()
		}
	})
	os.WriteFile(dir+"/stale.pid", []byte("1\n"), 0o644)
	for _, args := range []string{
		"", "--foo", "--foo=1", "--v", "--version=3", "--target", "-q", "-t", "--t=3", "-T 0 version", "-T x version",
		"version", "-t ovs-vswitchd version", "-t stale version", "-t /nope version", "-t " + dir + "/db version",
		"-t ovsdb-server version", "-tovsdb-server list-commands", "-t ovsdb-server foo", "-t ovsdb-server version 1",
		"-t ovsdb-server coverage/read-counter", "-t ovsdb-server coverage/read-counter x", "-t ovsdb-server vlog/list",
		"-t ovsdb-server vlog/set x", "-t ovsdb-server vlog/reopen", "--tim 5 -t ovsdb-server ovsdb-server/list-dbs",
		"-t ovsdb-server -- version", "-vfoo version", "--syslog-method=x version",
	} {
		words := strings.Fields(args)
		out, errs, code := ours(words...)
		ref := exec.Command(client, words...)
		ref.Args[0] = "ovs-appctl"
		var o, e strings.Builder
		ref.Stdout, ref.Stderr = &o, &e
		ref.Run()
		wantErr := e.String()
		// Declared: one option more begins with these letters, and the tables
		// differ in order.
		if strings.Contains(wantErr, "is ambiguous") {
			errs, _, _ = strings.Cut(errs, ";")
			wantErr, _, _ = strings.Cut(wantErr, ";")
		}
		if out != o.String() || noTime(errs) != noTime(wantErr) || code != ref.ProcessState.ExitCode() {
			t.Errorf("%q: %q, %q, %d; the reference: %q, %q, %d", args, out, errs, code, o.String(), e.String(), ref.ProcessState.ExitCode())
		}
	}
}

func TestJSON(t *testing.T) {
	vlog.SetConsole(&strings.Builder{})
	s := unixctl.NewServer("x")
	s.Register(unixctl.Command{Name: "j", Run: func(r *unixctl.Request) { r.ReplyJSON(map[string]any{"a": []int{1}, "b": "<"}) }})
	path := filepath.Join(t.TempDir(), "ctl")
	if err := s.Start(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, tt := range []struct{ args, out, err string }{
		{"-f json j", `{"a":[1],"b":"<"}` + "\n", ""},
		{"--format=json --pretty j", "{\n  \"a\": [\n    1],\n  \"b\": \"<\"}\n", ""},
		{"--pretty j", "", "ovs-appctl: --pretty is supported with --format json only\n"},
		{"-f xml j", "", "ovs-appctl: value xml on -f or --format is invalid\n"},
	} {
		out, errs, code := ours(append([]string{"-t", path}, strings.Fields(tt.args)...)...)
		if out != tt.out || errs != tt.err || (code != 0) != (tt.err != "") {
			t.Errorf("%s: %q, %q, %d", tt.args, out, errs, code)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	if out, _, code := ours("--version"); !strings.HasPrefix(out, "ovs-appctl (Open vSwitch) 3.7.1\n") || code != 0 {
		t.Errorf("%q", out)
	}
	if out, _, code := ours("-h"); !strings.HasPrefix(out, "ovs-appctl, for querying") || code != 0 {
		t.Errorf("%q", out)
	}
}
