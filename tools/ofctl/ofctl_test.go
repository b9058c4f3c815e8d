package ofctl

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/ovsref"
)

// reference starts Debian's switch with a bridge br0 of three dummy ports in a
// directory of the test's own.
func reference(t *testing.T) {
	t.Helper()
	for _, p := range []string{"ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl"} {
		ovsref.Path(t, p)
	}
	dir := t.TempDir()
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"} {
		t.Setenv(v, dir)
	}
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(ovsref.Path(t, name), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	db := filepath.Join(dir, "conf.db")
	run("ovsdb-tool", "create", db, ovsref.Schema(t, "vswitch.ovsschema"))
	start := func(name string, args ...string) {
		cmd := exec.Command(ovsref.Path(t, name), append(args, "--log-file", "-vconsole:off")...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	}
	sock := filepath.Join(dir, "db.sock")
	start("ovsdb-server", db, "--remote=punix:"+sock)
	ovsref.WaitListening(t, sock)
	run("ovs-vsctl", "--no-wait", "init")
	start("ovs-vswitchd", "--enable-dummy=override", "--disable-system", "unix:"+sock)
	run("ovs-vsctl", "--timeout=20", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail_mode=secure",
		"protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15", "--",
		"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1", "--",
		"add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy", "ofport_request=2", "--",
		"add-port", "br0", "patch-int", "--", "set", "interface", "patch-int", "type=dummy", "ofport_request=3")
}

// both runs a command of the reference and of ours and returns what each gave.
func both(t *testing.T, args []string) (ref, ours string) {
	cmd := exec.Command(ovsref.Path(t, "ovs-ofctl"), args...)
	var refOut, ourOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &refOut, &refOut
	cmd.Run()
	code := Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &ourOut, Err: &ourOut})
	return fmt.Sprintf("%sexit %d", refOut.String(), cmd.ProcessState.ExitCode()), fmt.Sprintf("%sexit %d", ourOut.String(), code)
}

var changing = regexp.MustCompile(`duration=[0-9.]+s|(idle|hard)_age=[0-9]+|[0-9-]+T[0-9:]+Z\|[0-9]+\|`)

// TestCommandsReference runs commands by turns on one switch: ours must print
// what the reference prints, to either stream, and exit alike.
func TestCommandsReference(t *testing.T) {
	reference(t)
	b, err := os.ReadFile("testdata/commands")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range strings.Split(string(b), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		args := strings.Split(line, "|")
		ref, ours := both(t, args)
		ref, ours = changing.ReplaceAllString(ref, "T"), changing.ReplaceAllString(ours, "T")
		if ref != ours {
			t.Errorf("ovs-ofctl %s\n got %s\nwant %s", strings.Join(args, " "), ours, ref)
		}
		n++
	}
	t.Logf("%d commands", n)
}

// TestReplaceFlows says that a replaced table has the file's flows, that those
// unchanged keep their age, and that diff-flows then finds no difference.
func TestReplaceFlows(t *testing.T) {
	reference(t)
	file := filepath.Join(t.TempDir(), "flows")
	run := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out}); code != want {
			t.Fatalf("%v: exit %d\n%s", args, code, out.String())
		}
		return out.String()
	}
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("table=1,in_port=1,actions=2\ntable=1,in_port=2,actions=1\n# a comment\ntable=2,priority=0,actions=NORMAL # so is this\n")
	run(0, "replace-flows", "br0", file)
	run(0, "diff-flows", "br0", file)
	write("table=1,in_port=1,actions=2\ntable=1,in_port=2,actions=drop\ntable=3,actions=NORMAL\n")
	got := run(2, "diff-flows", "br0", file)
	want := "-table=1 in_port=2 actions=output:1\n+table=1 in_port=2 actions=drop\n-table=2 priority=0 actions=NORMAL\n+table=3  actions=NORMAL\n"
	if got != want {
		t.Errorf("diff-flows: %s", got)
	}
	run(0, "-O", "OpenFlow13", "replace-flows", "br0", file)
	run(0, "diff-flows", "br0", file)
	if got := run(0, "--no-stats", "dump-flows", "br0"); strings.Count(got, "\n") != 3 {
		t.Errorf("%s", got)
	}
	write("table=1,in_port=1,actions=2\n\nfoo,actions=1\n")
	if got := run(1, "add-flows", "br0", file); got != fmt.Sprintf("ovs-ofctl: %s:3: field foo missing value\n", file) {
		t.Errorf("%s", got)
	}
}

// TestUsageReference says that the usage text is the reference's, but for a
// section of its own.
func TestUsageReference(t *testing.T) {
	ovsref.Path(t, "ovs-ofctl")
	for _, v := range []string{"OVS_RUNDIR", "OVS_LOGDIR"} {
		t.Setenv(v, "/nowhere")
	}
	ref, ours := both(t, []string{"--help"})
	before, rest, ok := strings.Cut(ours, headings[beyond])
	_, after, ok2 := strings.Cut(rest, "\n\n")
	if !ok || !ok2 || before+"\n"+after != ref {
		t.Errorf("usage differs:\n got %s\nwant %s", before+"\n"+after, ref)
	}
}

// TestMonitorReference runs monitor as a daemon, does to it what ovs-appctl
// can, and compares what it wrote.
func TestMonitorReference(t *testing.T) {
	reference(t)
	bin := filepath.Join(t.TempDir(), "ovs-ofctl")
	if out, err := exec.Command("go", "build", "-o", bin, "govs/cmd/govs").CombinedOutput(); err != nil {
		t.Fatalf("building govs: %v\n%s", err, out)
	}
	dir := os.Getenv("OVS_RUNDIR")
	var got [2]string
	for i, program := range []string{ovsref.Path(t, "ovs-ofctl"), bin} {
		run := func(name string, args ...string) string {
			out, _ := exec.Command(name, args...).CombinedOutput()
			return string(out)
		}
		log, err := os.Create(filepath.Join(dir, "monitor.log"))
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		run(ovsref.Path(t, "ovs-ofctl"), "del-flows", "br0")
		run(ovsref.Path(t, "ovs-ofctl"), "add-flow", "br0", "in_port=1,actions=controller,2")
		cmd := exec.Command(program, "monitor", "br0", "65534", "--detach", "--no-chdir", "--pidfile", "--unixctl=m.ctl")
		cmd.Stderr = log
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		var all strings.Builder
		for _, c := range []string{"ofctl/send 0109000c0000000300000080", "ofctl/send 01 zz", "ofctl/send zz",
			"ofctl/barrier", "ofctl/packet-out foo=1", "ofctl/packet-out in_port=p1,packet=00112233445566778899aabb0800,actions=table,2",
			"ofctl/barrier", "ofctl/set-output-file " + dir + "/more", "ofctl/block", "ofctl/block", "ofctl/unblock", "ofctl/unblock",
			"ofctl/send 0102000900000003aa 0102000800000004", "ofctl/set-output-file /nonexistent/x", "ofctl/barrier", "exit"} {
			fmt.Fprintf(&all, "%s: %s", c, run(ovsref.Path(t, "ovs-appctl"), append([]string{"-t", filepath.Join(dir, "m.ctl")}, strings.Fields(c)...)...))
		}
		for _, f := range []string{"monitor.log", "more"} {
			b, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "--- %s\n%s", f, b)
		}
		for range 1000 {
			if _, err := os.Stat(filepath.Join(dir, "m.ctl")); os.IsNotExist(err) {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		got[i] = all.String()
	}
	if got[0] != got[1] {
		t.Errorf("got:\n%s\nwant:\n%s", got[1], got[0])
	}
	if !strings.Contains(got[0], "NXT_PACKET_IN2") {
		t.Errorf("no packet came:\n%s", got[0])
	}
}

// TestAnyVersion says that a switch without OpenFlow 1.0 is spoken to in its
// best version, unless a version was asked for.
func TestAnyVersion(t *testing.T) {
	reference(t)
	if out, err := exec.Command(ovsref.Path(t, "ovs-vsctl"), "set", "bridge", "br0", "protocols=OpenFlow12,OpenFlow13").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const note = "ovs-ofctl: br0 does not speak OpenFlow10; using OpenFlow13 (-O chooses the version, --strict-version gives up instead)\n"
	const refused = `version negotiation failed \(we support version 0x01, peer supports versions 0x03, 0x04\)\novs-ofctl: br0: failed to connect to socket \(Broken pipe\)\n$`
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"add-flow", "br0", "table=3,in_port=p1,actions=p2"}, "^" + regexp.QuoteMeta(note) + "$"},
		{[]string{"add-flow", "br0", "table=3,in_port=2,actions=meter:7,1"}, regexp.QuoteMeta(note) + "OFPT_ERROR.*OFPMMFC_INVALID_METER|OFPBAC|OFPBIC"},
		{[]string{"dump-flows", "br0", "table=3"}, regexp.QuoteMeta(note) + `OFPST_FLOW reply \(OF1\.3\) .*\n cookie=0x0, .*table=3, .*in_port=1 actions=output:2\n$`},
		{[]string{"--strict-version", "dump-flows", "br0"}, refused},
		{[]string{"-F", "NXM", "dump-flows", "br0"}, refused},
		{[]string{"-O", "OpenFlow10", "dump-flows", "br0"}, refused},
	} {
		var out bytes.Buffer
		Main(append([]string{"ovs-ofctl"}, tt.args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out})
		if !regexp.MustCompile(tt.want).MatchString(out.String()) {
			t.Errorf("%v: %s", tt.args, out.String())
		}
	}
}

// TestJSON says what --format=json prints, which docs/ofctl-json.md promises.
func TestJSON(t *testing.T) {
	reference(t)
	run := func(args ...string) string {
		var out bytes.Buffer
		code := Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out})
		s := regexp.MustCompile(`("(?:duration|idle_age|hard_age)"):[0-9.e-]+`).ReplaceAllString(out.String(), "$1:T")
		return regexp.MustCompile(`"mac":"[0-9a-f:]+"`).ReplaceAllString(s, `"mac":M`) + fmt.Sprint(code)
	}
	run("add-flow", "br0", "table=1,cookie=7,priority=5,idle_timeout=60,ip,in_port=1,actions=dec_ttl,output:2")
	run("add-flow", "br0", "table=2,actions=drop")
	const one = `{"table":1,"priority":5,"match":"ip,in_port=1","actions":"dec_ttl,output:2","action_list":["dec_ttl","output:2"],"cookie":7,"idle_timeout":60,"hard_timeout":0,"importance":0`
	const two = `{"table":2,"priority":32768,"match":"","actions":"drop","action_list":[],"cookie":0,"idle_timeout":0,"hard_timeout":0,"importance":0}`
	for _, tt := range []struct{ args, want string }{
		{"dump-flows br0 table=1", `{"type":"flows","version":"OpenFlow10","items":[` + one + `,"duration":T,"packets":0,"bytes":0,"idle_age":T,"hard_age":T}]}` + "\n0"},
		{"--no-stats --rsort -O OpenFlow13 dump-flows br0", `{"type":"flows","version":"OpenFlow13","items":[` + two + "," + one + "}]}\n0"},
		{"--names --no-stats dump-flows br0 table=1", `{"type":"flows","version":"OpenFlow10","items":[` +
			strings.NewReplacer("in_port=1", "in_port=p1", "output:2", "output:p2").Replace(one) + "}]}\n0"},
		{"dump-flows br0 table=9", `{"type":"flows","version":"OpenFlow10","items":[]}` + "\n0"},
		{"dump-aggregate br0", `{"type":"aggregate","version":"OpenFlow10","items":[{"packets":0,"bytes":0,"flows":2}]}` + "\n0"},
		{"-O OpenFlow13 dump-ports br0 1", `{"type":"ports","version":"OpenFlow13","items":[{"port":"1","rx_packets":0,"rx_bytes":0,"rx_dropped":null,"rx_errors":null,"tx_packets":0,"tx_bytes":0,"tx_dropped":null,"tx_errors":null,"duration":T}]}` + "\n0"},
		{"-O OpenFlow15 dump-ports-desc br0 3", `{"type":"port_descs","version":"OpenFlow15","items":[{"port":"3","name":"patch-int","mac":M,"down":false,"link_down":false,"config":0,"state":4,"curr_speed":0,"max_speed":0}]}` + "\n0"},
		{"dump-desc br0", `{"type":"desc","version":"OpenFlow10","items":[{"manufacturer":"Nicira, Inc.","hardware":"Open vSwitch","software":"3.1.0","serial":"None","datapath":"None"}]}` + "\n0"},
		{"queue-stats br0 1 3", "OFPT_ERROR (xid=0x2): OFPQOFC_BAD_QUEUE\nOFPST_QUEUE request (xid=0x2): port=1 queue=3\n1"},
		{"probe br0", "ovs-ofctl: 'probe' command has no JSON output\n1"},
		{"--format=xml dump-desc br0", "ovs-ofctl: xml: unknown output format\n1"},
	} {
		args := strings.Fields(tt.args)
		if !strings.HasPrefix(tt.args, "--format") {
			args = append([]string{"-f", "json"}, args...)
		}
		if got := run(args...); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.args, got, tt.want)
		}
	}
}

// TestSync says that sync changes what differs and nothing else, and only flows
// of its cookie.
func TestSync(t *testing.T) {
	reference(t)
	file := filepath.Join(t.TempDir(), "flows")
	run := func(args ...string) string {
		var out bytes.Buffer
		code := Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out})
		return out.String() + fmt.Sprint(code)
	}
	sync := func(flows, want string, args ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(flows), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(append(args, "sync", "br0", file)...); got != want {
			t.Errorf("%v sync: %s, want %s", args, got, want)
		}
	}
	run("add-flow", "br0", "table=9,cookie=0x99,actions=drop")
	sync("table=1,in_port=1,actions=2\ntable=1,in_port=2,actions=1\n", "added 2, changed 0, deleted 0, unchanged 0\n0", "--cookie=5")
	for range 3 {
		run("packet-out", "br0", "in_port=1,packet=00112233445566778899aabb1234,actions=resubmit(,1)")
	}
	sync("table=1,in_port=1,actions=2\ntable=1,in_port=2,actions=1\n", "added 0, changed 0, deleted 0, unchanged 2\n0", "--cookie=5")
	sync("table=1,in_port=1,actions=2\ntable=1,in_port=2,actions=drop\ntable=2,actions=drop\n", "added 1, changed 1, deleted 0, unchanged 1\n0", "--cookie=5/-1")
	sync("table=1,in_port=1,actions=2\n", "added 0, changed 0, deleted 2, unchanged 1\n0", "--cookie=5")
	out := run("--no-stats", "dump-flows", "br0")
	if out != " cookie=0x5, table=1, in_port=1 actions=output:2\n cookie=0x99, table=9, actions=drop\n0" {
		t.Errorf("%s", out)
	}
	// All or nothing: a switch that refuses one change makes none.
	if err := os.WriteFile(file, []byte("table=1,in_port=1,actions=drop\ntable=3,actions=group:9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run("--cookie=5", "sync", "br0", file); !strings.Contains(got, "OFPBAC_BAD_OUT_GROUP") || !strings.HasSuffix(got, "1") {
		t.Errorf("a flow that is refused: %s", got)
	}
	if now := run("--no-stats", "dump-flows", "br0"); now != out {
		t.Errorf("after a refusal: %s", now)
	}
	sync("table=1,cookie=6,actions=drop\n", "ovs-ofctl: "+file+": a flow has cookie 0x6, which --cookie does not cover: table=1  cookie=0x6 actions=drop\n1", "--cookie=5")
	sync("", "ovs-ofctl: x: not a cookie\n1", "--cookie=x")
	sync("table=4,actions=drop\n", "added 1, changed 0, deleted 2, unchanged 0\n0")
}
