package ovsdbclient

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/ovsref"
)

// refServer starts the reference's server on a new database and returns its
// name.
func refServer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	env := append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	create := exec.Command(ovsref.Path(t, "ovsdb-tool"), "create", filepath.Join(dir, "d.db"), ovsref.Schema(t, "vswitch.ovsschema"))
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(ovsref.Path(t, "ovsdb-server"), "d.db", "--remote=punix:s", "--unixctl=ctl", "-vconsole:off")
	cmd.Dir, cmd.Env = dir, env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 250 {
		if _, err := os.Stat(filepath.Join(dir, "s")); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "unix:" + filepath.Join(dir, "s")
}

func ours(stdin string, args ...string) (string, int) {
	var out bytes.Buffer
	code := Main(append([]string{"ovsdb-client"}, args...), cli.IO{In: strings.NewReader(stdin), Out: &out, Err: &out})
	return out.String(), code
}

// Both clients print the same of the same server.
func TestSameAsReference(t *testing.T) {
	s := refServer(t)
	ref := ovsref.Path(t, "ovsdb-client")
	if out, code := ours("", "transact", s, `["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{"next_cfg":3,"bridges":["set",[["named-uuid","a"],["named-uuid","b"]]]}},{"op":"insert","table":"Bridge","uuid-name":"a","row":{"name":"br0"}},{"op":"insert","table":"Bridge","uuid-name":"b","row":{"name":"br 1","fail_mode":"secure"}}]`); code != 0 {
		t.Fatal(out)
	}
	for _, args := range [][]string{
		{"list-dbs", s}, {"get-schema-version", s}, {"get-schema", s, "Open_vSwitch"}, {"get-schema", s}, {"get-schema-cksum", s},
		{"dump", s}, {"dump", s, "Open_vSwitch", "Bridge", "name", "fail_mode"}, {"-f", "list", "dump", s, "Open_vSwitch", "Bridge"},
		{"-f", "csv", "dump", s, "Open_vSwitch", "Bridge"}, {"-f", "json", "dump", s, "Open_vSwitch", "Bridge", "name"}, {"-f", "html", "dump", s, "Open_vSwitch", "Bridge", "name"},
		{"dump", s, "Open_vSwitch", "Foo"}, {"dump", s, "Open_vSwitch", "Bridge", "foo"}, {"transact", s, `["Open_vSwitch"]`}, {"transact", s, `["Foo"]`}, {"transact", s, `[1,]`},
		{"query", s, `["Open_vSwitch",{"op":"select","table":"Open_vSwitch","where":[],"columns":["next_cfg"]}]`}, {"query", s, `[5]`}, {"get-schema", s, "Foo"},
		{"transact", "unix:none", `["a"]`}, {"nonsense"}, {}, {"monitor", s, "Open_vSwitch", "Foo"}, {"monitor", s, "Open_vSwitch", "Bridge", "foo"},
		{"--pretty", "transact", s, `["Open_vSwitch",{"op":"comment","comment":"x"}]`}, {"--pretty", "transact", s, `["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["name"],"sort":["name"]}]`},
		{"needs-conversion", s, ovsref.Schema(t, "vswitch.ovsschema")},
	} {
		got, code := ours("", args...)
		cmd := exec.Command(ref, args...)
		want, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if got != string(want) || code != cmd.ProcessState.ExitCode() {
			t.Errorf("%q:\nours   %d %s\ntheirs %d %s", args, code, got, cmd.ProcessState.ExitCode(), want)
		}
	}
}

func TestBackupRestore(t *testing.T) {
	s := refServer(t)
	ours("", "transact", s, `["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{"next_cfg":3,"bridges":["named-uuid","a"]}},{"op":"insert","table":"Bridge","uuid-name":"a","row":{"name":"br0","external_ids":["map",[["k","v"]]]}}]`)
	saved, code := ours("", "backup", s)
	if code != 0 {
		t.Fatal(saved)
	}
	before, _ := ours("", "dump", s, "Open_vSwitch", "Bridge", "name", "external_ids")
	ours("", "transact", s, `["Open_vSwitch",{"op":"delete","table":"Open_vSwitch","where":[]}]`)
	if out, code := ours(saved, "restore", s); code != 0 {
		t.Fatal(out)
	}
	if after, _ := ours("", "dump", s, "Open_vSwitch", "Bridge", "name", "external_ids"); after != before || !strings.Contains(after, "br0") {
		t.Fatal(after)
	}
}
