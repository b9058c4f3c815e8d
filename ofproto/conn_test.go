package ofproto

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// volatile are parts of answers that differ from run to run.
var volatile = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`duration=[0-9.]+s`), "duration=Ds"},
	{regexp.MustCompile(`(idle|hard)_age=\d+`), "${1}_age=N"},
	{regexp.MustCompile(`dpid:[0-9a-f]+`), "dpid:D"},
	{regexp.MustCompile(`addr:[0-9a-f:]+`), "addr:A"},
	{regexp.MustCompile(`xid=0x[0-9a-f]+`), "xid=X"},
	{regexp.MustCompile(`Software: .*`), "Software: S"},
	{regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT[0-9:.]+Z\|\d+\|`), "T|"},
}

// settle makes an answer comparable; lines of flows are sorted, as their order
// inside a table is nobody's business.
func settle(s string) string {
	for _, v := range volatile {
		s = v.re.ReplaceAllString(s, v.by)
	}
	lines := strings.Split(s, "\n")
	var flows, rest []string
	for _, l := range lines {
		if strings.HasPrefix(l, " cookie=") || strings.HasPrefix(l, " priority=") || strings.HasPrefix(l, " table=") {
			flows = append(flows, l)
		} else {
			rest = append(rest, l)
		}
	}
	if len(flows) == 0 {
		return strings.Join(lines, "\n")
	}
	sortStrings(flows)
	return strings.Join(rest, "\n") + strings.Join(flows, "\n")
}

func sortStrings(s []string) {
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

// TestOfctl lets the reference's ovs-ofctl talk to the reference's switch and to
// ours and compares the answers.
func TestOfctl(t *testing.T) {
	r := startReference(t)
	r.build(seedBridges)
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newTestHostIn(t, dir)
	h.build(t, seedBridges)
	ofctl := ovsref.Path(t, "ovs-ofctl")
	ours := func(args ...string) string {
		cmd := exec.Command(ofctl, args...)
		cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir)
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	flows := dir + "/flows"
	os.WriteFile(flows, []byte(seedFlows(t)), 0o644)
	for _, line := range strings.Split(strings.TrimSpace(`
show br-tun
show br-int
dump-desc br-int
get-frags br-int
dump-flows br-int
dump-flows br-tun
dump-tables br-tun
add-flows br-tun FLOWS
dump-flows br-tun
--no-stats dump-flows br-tun
dump-flows br-tun table=20
dump-flows br-tun arp
dump-flows br-tun out_port=3
dump-flows br-tun table=21,arp,arp_tpa=192.168.1.6
dump-aggregate br-tun
dump-aggregate br-tun table=20
dump-tables br-tun
dump-ports br-int 1
dump-ports br-int 77
dump-ports-desc br-tun
-O OpenFlow13 dump-flows br-tun
-O OpenFlow13 --no-stats dump-flows br-tun table=0
-O OpenFlow14 dump-flows br-tun table=20
-O OpenFlow13 mod-flows br-tun table=78,ip,actions=drop
-O OpenFlow13 add-flow br-tun table=3,actions=goto_table:2
-O OpenFlow13 add-flow br-tun table=3,actions=write_metadata:0x5,goto_table:4
-O OpenFlow13 add-flow br-tun table=3,priority=7,actions=write_actions(output:1,set_field:00:00:00:00:00:01->eth_dst),goto_table:4
-O OpenFlow13 --no-stats dump-flows br-tun table=3
-O OpenFlow13 del-flows br-tun table=3
-O OpenFlow13 dump-ports-desc br-tun
mod-flows br-tun table=20,actions=drop
--no-stats dump-flows br-tun table=20
--strict mod-flows br-tun table=20,priority=2,dl_vlan=1,dl_dst=fa:16:3e:d3:4f:c1,actions=output:1
--no-stats dump-flows br-tun table=20
mod-flows br-tun table=77,ip,actions=drop
--no-stats dump-flows br-tun table=77
--no-stats dump-flows br-tun table=78
add-flow br-tun table=50,priority=10,ip,actions=drop
add-flow br-tun table=50,priority=10,tcp,check_overlap,actions=drop
add-flow br-tun table=50,priority=11,tcp,check_overlap,actions=drop
add-flow br-tun table=254,actions=drop
add-flow br-tun table=255,priority=3,actions=drop
--no-stats dump-flows br-tun table=0
add-flow br-tun table=33,tcp,cookie=0x5,actions=output:1
add-flow br-tun table=33,ip,nw_src=10.0.0.0/8,cookie=0x15,actions=output:2
add-flow br-tun table=33,ipv6,cookie=0x16,actions=output:3
dump-flows br-tun table=33,cookie=0x5/0xf
dump-flows br-tun table=33,out_port=2
del-flows br-tun table=33,cookie=0x10/-1
del-flows br-tun table=33,cookie=0x15/-1
dump-flows br-tun table=33
add-flow br-tun table=33,ip,nw_src=10.0.0.0/8,idle_timeout=100,hard_timeout=200,send_flow_rem,actions=output:2
dump-flows br-tun table=33
del-flows br-tun table=33,ip
dump-flows br-tun table=33
--strict del-flows br-tun table=33,priority=1,ipv6
dump-flows br-tun table=33
--strict del-flows br-tun table=33,ipv6
dump-flows br-tun table=33
add-flow br-tun table=34,actions=drop
add-flow br-tun table=34,arp_op=2,actions=output:1
--no-stats dump-flows br-tun table=34
--no-stats dump-flows br-tun table=34,tp_dst=80
-O OpenFlow13 add-flow br-tun table=34,nw_src=10.0.0.1,actions=output:2
--no-stats dump-flows br-tun table=34
--strict del-flows br-tun table=34,arp_op=1
--no-stats dump-flows br-tun table=34
del-flows br-tun out_port=3
--no-stats dump-flows br-tun
mod-port br-tun p1 no-flood
mod-port br-tun p1 no-forward
mod-port br-tun 77 no-forward
show br-tun
mod-port br-tun p1 flood
set-frags br-int drop
get-frags br-int
set-frags br-int nx-match
get-frags br-int
set-frags br-int normal
add-flow br-tun actions=group:5
add-flow br-tun actions=meter:5
packet-out br-tun in_port=1,packet=50540000000a505400000009800008004500,actions=output:3
del-flows br-tun
dump-flows br-tun
del-flows br-int
dump-flows br-int
ping br-tun 10 1
`), "\n") {
		args := strings.Fields(strings.ReplaceAll(line, "FLOWS", flows))
		want, _ := r.try("ovs-ofctl", args...)
		got := ours(args...)
		if strings.HasPrefix(line, "ping") {
			continue
		}
		if g, w := settle(got), settle(want); g != w {
			t.Errorf("ovs-ofctl %s\n--- ours\n%s\n--- reference\n%s", line, g, w)
		}
	}
}

// TestFlowModsRandom sends random sequences of flow-mods to both switches and
// compares what their tables hold.
func TestFlowModsRandom(t *testing.T) {
	bridges := []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}, {"p4", "", 4, -1}}}}
	r := startReference(t)
	r.build(bridges)
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newTestHostIn(t, dir)
	h.build(t, bridges)
	ofctl := ovsref.Path(t, "ovs-ofctl")
	ours := func(args ...string) string {
		cmd := exec.Command(ofctl, args...)
		cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir)
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	rounds, _ := strconv.Atoi(os.Getenv("OFPROTO_PIPELINES"))
	if rounds == 0 {
		rounds = 10
	}
	seed, _ := strconv.ParseUint(os.Getenv("OFPROTO_SEED"), 10, 64)
	file := dir + "/mods"
	for n := range rounds {
		g := &generator{Rand: rand.New(rand.NewPCG(seed+uint64(n), 99)), ports: []string{"1", "2", "3", "4"}}
		var lines []string
		for range 30 {
			var f []string
			add := func(n int, s string) {
				if g.IntN(n) == 0 {
					f = append(f, s)
				}
			}
			cmd := g.pick("add", "add", "add", "add", "modify", "modify_strict", "delete", "delete_strict")
			del := strings.HasPrefix(cmd, "delete")
			if !del || g.IntN(2) == 0 {
				f = append(f, "table="+g.pick("0", "1", "2"))
			}
			if !del && cmd != "modify" || cmd == "delete_strict" {
				add(2, "priority="+g.pick("1", "5", "9"))
			}
			add(3, "in_port="+g.pick(g.ports...))
			add(4, g.pick("ip", "tcp", "arp", "ip,nw_src=10.0.0.0/8", "ip,nw_src=10.1.0.0/16", "tcp,tp_dst=80", "tp_dst=80", "nw_src=10.0.0.0/8"))
			add(4, g.pick("dl_src=00:00:00:00:00:01", "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_vlan=3", "reg1=2/3"))
			switch {
			case cmd == "add":
				add(3, "cookie=0x"+g.pick("5", "7", "15"))
				add(5, "idle_timeout=100")
				add(5, "hard_timeout=200")
				add(6, "send_flow_rem")
				add(6, "check_overlap")
			default:
				add(3, "cookie=0x"+g.pick("5/-1", "5/0xf", "7/0x3"))
				if del {
					add(4, "out_port="+g.pick(g.ports...))
				}
			}
			if !del {
				f = append(f, "actions="+g.pick("drop", "output:1", "output:2,output:3", "NORMAL", "resubmit(,5)", "enqueue:2:1", "CONTROLLER:100", "clone(output:3)"))
			}
			lines = append(lines, cmd+" "+strings.Join(f, ","))
		}
		os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
		want, _ := r.try("ovs-ofctl", "add-flows", "br9", file)
		got := ours("add-flows", "br9", file)
		if g, w := settle(got), settle(want); g != w {
			t.Errorf("seed %d\n%s\n--- ours\n%s\n--- reference\n%s", seed+uint64(n), strings.Join(lines, "\n"), g, w)
		}
		want, _ = r.try("ovs-ofctl", "dump-flows", "br9")
		got = ours("dump-flows", "br9")
		age := regexp.MustCompile(`(idle|hard)_age=N, `)
		if g, w := age.ReplaceAllString(settle(got), ""), age.ReplaceAllString(settle(want), ""); g != w {
			t.Errorf("seed %d\n%s\n--- ours\n%s\n--- reference\n%s", seed+uint64(n), strings.Join(lines, "\n"), g, w)
		}
		if t.Failed() {
			return
		}
		if g.IntN(3) == 0 {
			r.run("ovs-ofctl", "del-flows", "br9")
			ours("del-flows", "br9")
		}
	}
}
