package dpctltop

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govs/cli"
	"govs/internal/ovsref"
)

const dump = `flow-dump from the main thread:
recirc_id(0),in_port(1),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x0800),ipv4(src=192.168.0.1,dst=192.168.0.2,proto=6,frag=no),tcp(src=9,dst=80), packets:10, bytes:10500, used:0.5s, flags:S, actions:2
recirc_id(0),in_port(1),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x0800),ipv4(src=192.168.0.1,dst=192.168.0.3,proto=17,frag=no),udp(src=1,dst=53), packets:4, bytes:400, used:0.5s, actions:2,3
recirc_id(0),tunnel(tun_id=0x5,src=10.0.0.1,dst=10.0.0.2,ttl=64,flags(-df-csum+key)),in_port(4),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x86dd),ipv6(src=fd00::1,dst=fd00::2,proto=58,frag=no),icmpv6(type=135), packets:0, bytes:0, used:never, actions:drop
recirc_id(0),in_port(2),eth(src=50:54:00:00:00:06,dst=50:54:00:00:00:07),eth_type(0x0806),arp(sip=1.2.3.4,tip=1.2.3.5,op=1/0xff), packets:2, bytes:84, used:3.1s, actions:1
recirc_id(0),in_port(3),eth(src=50:54:00:00:00:06,dst=ff:ff:ff:ff:ff:ff),eth_type(0x8100),vlan(vid=5,pcp=0),encap(eth_type(0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=6,frag=no)), packets:20000000, bytes:12000000000, used:3.1s, flags:SFP., actions:userspace(pid=0,slow_path(controller))
recirc_id(0),in_port(5),eth_type(0x0800),tcp(src=1,dst=80), packets:5, bytes:1073741823, used:1s, actions:1
garbage
`

var took = regexp.MustCompile(`0:00:00\.\d+ *`)

// TestAgainstReference compares the summary of one dump.
func TestAgainstReference(t *testing.T) {
	ovsref.Path(t, "ovs-dpctl")
	file := filepath.Join(t.TempDir(), "dump")
	// The reference does not know the line that names the thread.
	if err := os.WriteFile(file, []byte(dump[strings.Index(dump, "\n")+1:]), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--script", "-f", file}, {"-s", "-a", "-f", file, "-f", file}} {
		// The reference is Debian's script in Debian's Python.
		want, err := exec.Command("/usr/bin/python3", append([]string{"/usr/bin/ovs-dpctl-top"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		var out, errs strings.Builder
		if code := Main(append([]string{"ovs-dpctl-top"}, args...), cli.IO{Out: &out, Err: &errs}); code != 0 {
			t.Fatalf("%d %s", code, errs.String())
		}
		if diff := cmp.Diff(took.ReplaceAllString(string(want), ""), took.ReplaceAllString(out.String(), "")); diff != "" {
			t.Errorf("%v\n%s", args, diff)
		}
	}
}

func TestAccumulate(t *testing.T) {
	now := time.Unix(1000, 0)
	s := newSums(true, time.Minute)
	sample := func(packets string) *sum {
		s.begin(now)
		if packets != "" && !s.add("in_port(1),eth_type(0x0800), packets:"+packets+", bytes:"+packets+"00, used:1s, actions:1", now) {
			t.Fatal("not understood")
		}
		now = now.Add(20 * time.Second)
		return s.rows["in_port(1)"]
	}
	for _, c := range []struct {
		packets      string
		count, total uint64
	}{
		{"5", 1, 5}, {"7", 1, 7}, {"7", 1, 7},
		{"3", 2, 10}, // the flow was made anew
		{"", 2, 10},  // gone, but not forgotten
		{"4", 2, 11},
	} {
		if r := sample(c.packets); r.count != c.count || r.packets != c.total || r.bytes != c.total*100 {
			t.Errorf("%q: %+v", c.packets, *r)
		}
	}
	now = now.Add(time.Hour)
	if sample(""); len(s.last) != 0 {
		t.Error("decayed flows are kept")
	}
}

func TestKeys(t *testing.T) {
	s, v := newSums(false, 0), view{kind: "in_port"}
	for range kinds {
		v.key('f', s)
	}
	if v.kind != "" || v.key('s', s) || v.column != 1 || !v.key('a', s) || !s.accumulate || v.key('h', s) || !v.halted || !v.key('x', s) || v.halted {
		t.Errorf("%+v %v", v, s.accumulate)
	}
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"x":                          "ovs-dpctl-top: x: unexpected argument\n",
		"-s -f /nonexistent":         "ovs-dpctl-top: /nonexistent: No such file or directory\n",
		"--delay=x":                  "ovs-dpctl-top: --delay: \"x\" is no number of it\n",
		"":                           "ovs-dpctl-top: needs a terminal; --script prints one summary of standard input\n",
		"--host=-oProxyCommand=true": "ovs-dpctl-top: --host: \"-oProxyCommand=true\" is no host\n",
	} {
		var b strings.Builder
		if code := Main(append([]string{"ovs-dpctl-top"}, strings.Fields(args)...), cli.IO{In: strings.NewReader(""), Out: &b, Err: &b}); code != 1 || b.String() != want {
			t.Errorf("%q: %d %q", args, code, b.String())
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for l := range strings.Lines(dump) {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) { newSums(true, 0).add(line, time.Time{}) })
}
