package interop

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
)

// TestPythonIDL runs testdata/idl.py, a script of Python's ovs.db.idl that
// inserts, updates, changes conditions, competes for a lock and sees its server
// restart, against our ovsdb-server and the reference's: what it is told must
// be the same.
func TestPythonIDL(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import ovs.db.idl").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("package python3-openvswitch is missing")
		}
		t.Skip("package python3-openvswitch is not installed")
	}
	schema := ovsref.Schema(t, "vswitch.ovsschema")
	got := runIDL(t, python, filepath.Join(binDir, "ovsdb-server"), schema)
	want := runIDL(t, python, ovsref.Path(t, "ovsdb-server"), schema)
	if n := strings.Count(want, "\n"); n < 100 {
		t.Fatalf("the script printed %d lines:\n%s", n, want)
	}
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("line %d:\n got %s\nwant %s\nafter\n%s", i+1, g[i], w[i], strings.Join(w[max(0, i-10):i], "\n"))
		}
	}
	t.Fatalf("%d lines, want %d", len(g), len(w))
}

// runIDL returns what the script prints with a server.
func runIDL(t *testing.T, python, program, schema string) string {
	t.Helper()
	dir := t.TempDir()
	sock, db := filepath.Join(dir, "db.sock"), filepath.Join(dir, "conf.db")
	if out, err := exec.Command(filepath.Join(binDir, "ovsdb-tool"), "create", db, schema).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var server *exec.Cmd
	stop := func() {
		if server != nil {
			server.Process.Kill()
			server.Wait()
			server = nil
		}
	}
	t.Cleanup(stop)
	start := func() {
		server = exec.Command(program, db, "--remote=punix:"+sock, "--unixctl="+filepath.Join(dir, "ctl"), "--no-chdir", "-vconsole:off")
		server.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		ovsref.WaitListening(t, sock)
	}
	start()
	script := exec.Command(python, "testdata/idl.py", sock, schema)
	var stderr bytes.Buffer
	script.Stderr = &stderr
	script.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "PYTHONDONTWRITEBYTECODE=1")
	in, err := script.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { script.Process.Kill() })
	defer late.Stop()
	var text strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if lines.Text() == "restart" {
			stop()
			start()
			io.WriteString(in, "\n")
		}
	}
	in.Close()
	if err := script.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", program, err, &stderr, text.String())
	}
	return text.String()
}
