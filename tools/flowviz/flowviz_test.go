package flowviz

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govs/cli"
)

const ofDump = `NXST_FLOW reply (xid=0x4):
 cookie=0x5, duration=1.5s, table=0, n_packets=3, n_bytes=5, idle_age=3, priority=100,ip,in_port=2,nw_src=10.0.0.0/8 actions=load:0x5->NXM_NX_REG1[0..3],resubmit(,3)
 cookie=0x5, duration=1.5s, table=0, n_packets=30, n_bytes=50, priority=100,ip,in_port=3,nw_src=11.0.0.1 actions=load:0x6->NXM_NX_REG1[0..3],resubmit(,3)
 cookie=0x6, duration=2s, table=3, n_packets=0, n_bytes=0, ct_state=+trk,reg0=0x5/0xff,dl_src=01:00:00:00:00:00/01:00:00:00:00:00 actions=ct(commit,zone=5,nat(src=1.1.1.1),exec(set_field:0x1->ct_mark)),output:3,NORMAL
 cookie=0x6, duration=2s, table=3, n_packets=0, n_bytes=0, priority=0 actions=drop
`

const dpDump = `flow-dump from the main thread:
recirc_id(0),in_port(1),eth(src=50:54:00:00:00:05),eth_type(0x0800),ipv4(frag=no), packets:10, bytes:980, used:0.5s, flags:S, actions:ct(zone=5),recirc(0x5)
recirc_id(0x5),in_port(1),ct_state(+est),eth_type(0x0800),ipv4(src=10.0.0.0/255.0.0.0,frag=no), packets:9, bytes:882, used:0.5s, actions:2
recirc_id(0x5),in_port(1),ct_state(+inv),eth_type(0x0800),ipv4(frag=no), packets:1, bytes:98, used:0.5s, actions:drop
recirc_id(0),in_port(7),eth_type(0x0806), packets:0, bytes:0, used:never, actions:userspace(pid=0,slow_path(action))
`

func run(t *testing.T, in string, args ...string) (string, int) {
	t.Helper()
	var b strings.Builder
	code := Main(append([]string{"ovs-flowviz"}, args...), cli.IO{In: strings.NewReader(in), Out: &b, Err: &b})
	return b.String(), code
}

func flowLines(dump string, numbers ...int) (s string) {
	lines := strings.Split(dump, "\n")
	for _, n := range numbers {
		s += strings.TrimSpace(lines[n]) + "\n"
	}
	return s
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ in, args, want string }{
		{ofDump, "openflow console", flowLines(ofDump, 1, 2, 3, 4)},
		{ofDump, "-f drop openflow console", flowLines(ofDump, 4)},
		{ofDump, "-f n_packets>5 openflow console", flowLines(ofDump, 2)},
		{ofDump, "-f nw_src~=10.1.2.3||output.port=3 openflow console", flowLines(ofDump, 1, 3)},
		{ofDump, "-f ct.zone=5&&!nw_src openflow console", flowLines(ofDump, 3)},
		{ofDump, "-f reg0~=0x105 openflow console", flowLines(ofDump, 3)},
		{ofDump, "-f dl_src~=03:00:00:00:00:01 openflow console", flowLines(ofDump, 3)},
		{ofDump, "-f (table=0|table=3)&in_port!=2 openflow console", flowLines(ofDump, 2)},
		{ofDump, "openflow logic", "table 0\n    priority 100 match [in_port,ip,nw_src] actions [load,resubmit(,3)] (x 2)\n" +
			"table 3\n    priority 32768 match [ct_state,dl_src,reg0] actions [ct,output:3,NORMAL] (x 1)\n    priority 0 match [] actions [drop] (x 1)\n"},
		{ofDump, "-f table=3 openflow logic -s -c", "table 3\n    priority 32768 cookie 0x6 match [ct_state,dl_src,reg0] actions [ct,output:3,NORMAL] (x 1)\n        " +
			flowLines(ofDump, 3) + "    priority 0 cookie 0x6 match [] actions [drop] (x 1)\n        " + flowLines(ofDump, 4)},
		{ofDump, "-f n_packets=0 openflow cookie", "cookie 0x6\n    " + flowLines(ofDump, 3) + "    " + flowLines(ofDump, 4)},
		{dpDump, "datapath console", flowLines(dpDump, 1, 2, 3, 4)},
		{dpDump, "datapath tree", flowLines(dpDump, 1) + "+-- " + flowLines(dpDump, 2) + "+-- " + flowLines(dpDump, 3) + flowLines(dpDump, 4)},
		{dpDump, "-f drop datapath tree", flowLines(dpDump, 1) + "+-- " + flowLines(dpDump, 2) + "+-- " + flowLines(dpDump, 3)},
		{"", "openflow console", ""},
		{"", "openflow json", "[]\n"},
	} {
		got, code := run(t, c.in, strings.Fields(c.args)...)
		if diff := cmp.Diff(c.want, got); diff != "" || code != 0 {
			t.Errorf("%s: %d\n%s", c.args, code, diff)
		}
	}
}

func TestJSON(t *testing.T) {
	got, code := run(t, strings.Split(ofDump, "\n")[3], "openflow", "json")
	want := `[{"orig": ` + quoted(flowLines(ofDump, 3)) + `,
	"info": {"cookie": 6, "duration": 2, "table": 3, "n_packets": 0, "n_bytes": 0},
	"match": {"ct_state": "+trk", "reg0": {"value": 5, "mask": 255}, "dl_src": "01:00:00:00:00:00/01:00:00:00:00:00"},
	"actions": [{"ct": {"commit": true, "zone": 5, "nat": {"src": "1.1.1.1"}, "exec": [{"set_field": {"value": 1, "dst": {"field": "ct_mark"}}}]}},
		{"output": {"port": 3}}, {"NORMAL": true}]}]`
	same(t, got, want, code)

	got, code = run(t, strings.Split(dpDump, "\n")[2], "datapath", "json")
	want = `[{"orig": ` + quoted(flowLines(dpDump, 2)) + `,
	"info": {"packets": 9, "bytes": 882, "used": 0.5},
	"match": {"recirc_id": 5, "in_port": 1, "ct_state": "+est", "eth_type": 2048, "ipv4": {"src": "10.0.0.0/255.0.0.0", "frag": "no"}},
	"actions": [{"output": {"port": 2}}]}]`
	same(t, got, want, code)
}

func quoted(line string) string {
	b, _ := json.Marshal(strings.TrimSpace(line))
	return string(b)
}

func same(t *testing.T, got, want string, code int) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil || code != 0 {
		t.Fatalf("%d %v\n%s", code, err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Error(diff)
	}
}

func TestFilesAndPages(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	os.WriteFile(a, []byte(dpDump), 0o644)
	os.WriteFile(b, []byte(dpDump), 0o644)
	got, code := run(t, "", "-i", "node1,"+a, "-i", b, "-l", "drop", "datapath", "html")
	for _, want := range []string{"<h2>node1</h2>", "<h2>" + b + "</h2>", `class="flow drop marked"`, "<details"} {
		if !strings.Contains(got, want) || code != 0 {
			t.Errorf("%d: no %s in\n%s", code, want, got)
		}
	}
	got, code = run(t, ofDump+" table=9 actions=output:\"<x>\"\n", "openflow", "html")
	if code != 0 || !strings.Contains(got, "table 9 (1)") || strings.Contains(got, "<x>") {
		t.Errorf("%d %s", code, got)
	}
	got, code = run(t, dpDump, "datapath", "graph")
	for _, want := range []string{"digraph flows {", "f1 -> f2 [label=\"recirc 0x5\\l\"];", "}\n"} {
		if !strings.Contains(got, want) || code != 0 {
			t.Errorf("%d: no %s in\n%s", code, want, got)
		}
	}
	got, _ = run(t, ofDump, "--style=dark", "-l", "in_port=3", "openflow", "console", "-h")
	if !strings.Contains(got, marked) || !strings.Contains(got, red) {
		t.Errorf("%q", got)
	}
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                              "needs a kind of flows and a format (use --help for help)",
		"foo console":                   "unknown kind of flows \"foo\" (use --help for help)",
		"openflow tree":                 "unknown format \"tree\" of openflow flows (use --help for help)",
		"-f (drop openflow console":     "filter \"(drop\": missing )",
		"-f a=& openflow console":       "filter \"a=&\": \"&\" where a value should be",
		"-i /nonexistent openflow json": "/nonexistent: No such file or directory",
		"--style=x openflow json":       "--style: unknown style \"x\"",
		"openflow json x":               "x: unexpected argument",
	} {
		if got, code := run(t, "", strings.Fields(args)...); code != 1 || got != "ovs-flowviz: "+want+"\n" {
			t.Errorf("%q: %d %s", args, code, got)
		}
	}
	if got, code := run(t, "ip actions=ct(zone=5\n", "openflow", "json"); code != 1 || !strings.HasPrefix(got, "ovs-flowviz: stdin:1: unmatched parenthesis") {
		t.Errorf("%d %s", code, got)
	}
}

func FuzzFlows(f *testing.F) {
	for l := range strings.Lines(ofDump + dpDump) {
		f.Add(l, "ct.zone~=5 && !(drop | n_packets>3)")
	}
	f.Fuzz(func(t *testing.T, flow, expr string) {
		for _, kind := range []string{openflow, datapath} {
			for _, fm := range formats {
				if fm.kind == kind {
					run(t, flow, "-f", expr, kind, fm.name)
				}
			}
		}
	})
}
