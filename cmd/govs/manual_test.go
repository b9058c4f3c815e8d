package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
	"govs/stream"
	"govs/tools/vsctl"
)

// Everything is described, and the pages in the directory man are made of what
// the tables say now.
func TestManuals(t *testing.T) {
	var want []string
	for _, m := range manuals() {
		if u := m.Undocumented(); len(u) > 0 {
			t.Errorf("%s: nothing is said of %q", m.Name, u)
		}
		name := m.Name + "." + string(rune('0'+m.Section))
		want = append(want, name)
		page, err := os.ReadFile(filepath.Join("../../man", name))
		if err != nil || string(page) != m.Page() {
			t.Errorf("man/%s is not current (run \"make man\"): %v", name, err)
		}
		if path, err := exec.LookPath("man"); err == nil {
			cmd := exec.Command(path, "--warnings", "-l", "-")
			cmd.Stdin = strings.NewReader(m.Page())
			cmd.Env = append(os.Environ(), "MANROFFSEQ=", "PAGER=cat", "MANPAGER=cat")
			var errs strings.Builder
			cmd.Stderr = &errs
			if out, err := cmd.Output(); err != nil || errs.Len() > 0 || !strings.Contains(string(out), m.Name) {
				t.Errorf("man %s: %v %s", name, err, errs.String())
			}
		}
	}
	entries, _ := os.ReadDir("../../man")
	for _, e := range entries {
		if !slices.Contains(want, e.Name()) {
			t.Errorf("man/%s is neither a tool's nor a topic's", e.Name())
		}
	}
}

func TestMan(t *testing.T) {
	if out, _, code := try("govs", "man", "ovs-vsctl"); code != 0 || !strings.Contains(out, ".TH OVS\\-VSCTL 8") {
		t.Error(out)
	}
	if out, _, code := try("govs", "man", "ovs-pcap"); code != 0 || !strings.Contains(out, "usage: ovs\\-pcap") {
		t.Error(out)
	}
	for _, args := range [][]string{{"man"}, {"man", "nope"}, {"man", "--all"}, {"completion"}, {"completion", "line", "x", "5"}, {"completion", "zsh"}} {
		if out, errs, code := try(append([]string{"govs"}, args...)...); code != 1 || out != "" || errs == "" {
			t.Errorf("%v: %q %q %d", args, out, errs, code)
		}
	}
}

// serve runs a database with a bridge and a port where tools look for it.
func serve(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"} {
		t.Setenv(v, dir)
	}
	s := server.New(server.Config{})
	if err := s.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	l, err := stream.Listen("punix:" + dir + "/db.sock")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); <-done })
	var errs strings.Builder
	argv := strings.Fields("ovs-vsctl --no-wait add-br br-int -- add-br br-ex -- add-port br-int tap0")
	if vsctl.Main(argv, cli.IO{Out: &errs, Err: &errs}) != 0 {
		t.Fatal(errs.String())
	}
}

func FuzzCompleteLine(f *testing.F) {
	for _, s := range []string{"ovs-vsctl set bridge br0 other_config:hw", "ovs-vsctl -- --id=@", "govs ovsdb-tool 'x", "vtep-ctl bind-ls \\", "ovs-vsctl -t", "\"'"} {
		f.Add(s)
	}
	f.Setenv("OVS_RUNDIR", f.TempDir())
	f.Fuzz(func(t *testing.T, s string) {
		completeLine("ovs-vsctl " + s)
	})
}

func TestCompletion(t *testing.T) {
	serve(t)
	os.WriteFile(filepath.Join(os.Getenv("OVS_RUNDIR"), "ovs-vswitchd.pid"), nil, 0o644)
	for line, want := range map[string]string{
		"ovs-vsctl add-b":                               "add-bond add-bond-iface add-br",
		"ovs-vsctl --no-w":                              "--no-wait",
		"ovs-vsctl --may-exist add-p":                   "add-port",
		"ovs-vsctl -t 5 list-p":                         "list-ports",
		"ovs-vsctl list-ports ":                         "br-ex br-int",
		"ovs-vsctl add-port br-i":                       "br-int",
		"ovs-vsctl add-br b2 -- --may":                  "--may-exist",
		"ovs-vsctl add-br b2 -- set Bri":                "Bridge",
		"ovs-vsctl add-br b2 -- set bridge br-":         "br-ex br-int",
		"ovs-vsctl set bridge br-int fail":              "fail_mode=",
		"ovs-vsctl set bridge br-int other_config:hw":   "hwaddr=",
		"ovs-vsctl set interface tap0 opt":              "options:",
		"ovs-vsctl set interface tap0 options:remote_i": "remote_ip=",
		"ovs-vsctl get bridge br-int other_config:hwa":  "hwaddr",
		"ovs-vsctl get interface tap0 ofp":              "ofport ofport_request",
		"ovs-vsctl del-port br-int tap":                 "tap0",
		"ovs-vsctl set-fail-mode br-int s":              "secure standalone",
		"ovs-vsctl br-exists br-int ":                   "--",
		"ovs-vsctl nope ":                               "",
		"/usr/bin/ovs-vsctl list-d":                     "list-dp-cap",
		"govs ovs-vsctl emer":                           "emer-reset",
		"govs ovs-vs":                                   "ovs-vsctl ovs-vswitchd",
		"govs comp":                                     "completion",
		"ovsdb-client moni":                             "monitor monitor-cond monitor-cond-since",
		"ovsdb-client --no-l":                           "--no-leader-only",
		"ovsdb-client dump ":                            "",
		"ovsdb-tool db-is":                              "db-is-clustered db-is-standalone",
		"ovs-ofctl dump-f":                              "dump-flows",
		"ovs-ofctl --read-":                             "--read-only",
		"ovs-appctl -t ovs-":                            "ovs-vswitchd",
		"ovs-appctl --form":                             "--format=",
		"vtep-ctl bind":                                 "bind-ls",
		"vtep-ctl list-ports ":                          "",
		"ls ":                                           "",
		"":                                              "",
	} {
		if got := strings.Join(completeLine(line), " "); got != want {
			t.Errorf("%q: %s; want %s", line, got, want)
		}
	}
}

// bash itself completes with the script.
func TestBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	serve(t)
	dir := t.TempDir()
	wrapper := "GOVS_TEST_RUN=1\nexport GOVS_TEST_RUN\nexec -a govs " + os.Args[0] + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "govs"), []byte("#!"+bash+"\n"+wrapper), 0o755); err != nil {
		t.Fatal(err)
	}
	script := `source <(govs completion bash)
complete -p ovs-vsctl vtep-ctl ovs-ofctl govs >/dev/null || exit 1
compopt() { echo "compopt $1 $2"; }
COMP_LINE="ovs-vsctl list-ports br-"; COMP_POINT=${#COMP_LINE}; _govs; echo "${COMPREPLY[*]}"
COMP_LINE="ovs-vsctl set bridge br-ex fail_m and more"; COMP_POINT=33; _govs; echo "${COMPREPLY[*]}"
`
	cmd := exec.Command(bash, "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if want := "br-ex br-int\ncompopt -o nospace\nfail_mode=\n"; err != nil || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
}
