package tunnels

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/test/pipegen"
	"govs/test/sandbox"
)

// traced are the ports of the switches that translate, numbered from 1, besides
// p20.
var traced = []string{
	"vxlan remote_ip=1.2.3.4 key=flow",
	"geneve remote_ip=flow key=flow csum=true",
	"gre remote_ip=1.2.3.4 key=5 tos=inherit ttl=inherit",
	"gre remote_ip=flow local_ip=flow key=flow df_default=false",
	"erspan remote_ip=1.2.3.5 key=7 erspan_ver=1 erspan_idx=5",
	"ip6erspan remote_ip=fd00::5 key=flow erspan_ver=flow",
	"gtpu remote_ip=1.2.3.4 key=flow",
	"geneve remote_ip=fd00::2 local_ip=fd00::1 key=9 tos=0x1c ttl=7",
	"vxlan remote_ip=1.2.3.6 in_key=3 out_key=4 dst_port=4790 egress_pkt_mark=7 df_default=false",
	"erspan remote_ip=1.2.3.7 key=7 erspan_ver=2 erspan_dir=1 erspan_hwid=f",
	"bareudp remote_ip=1.2.3.8 dst_port=6000 payload_type=ip",
	"vxlan remote_ip=flow key=flow",
}

// tunnelled are packets as the datapath sees them, % the number of a datapath port.
var tunnelled = []string{
	"tunnel(tun_id=0x%x,src=1.2.3.4,dst=1.1.1.1,tos=0x%x,ttl=64,flags(df|key)),in_port(4789)",
	"tunnel(tun_id=0x%x,src=9.2.3.4,dst=1.1.1.1,tos=0x%x,ttl=64,vxlan(gbp(id=7,flags=0x8)),flags(key)),in_port(4789)",
	"tunnel(tun_id=0x%x,src=1.2.3.4,dst=1.1.1.1,tos=0x%x,ttl=64,geneve({class=0xffff,type=0,len=4,0x11}{class=0xffff,type=0x81,len=8,0x1122334455667788}{class=0x1,type=0x1,len=0}),flags(df|csum|key)),in_port(6081)",
	"tunnel(tun_id=0x%x,ipv6_src=fd00::2,ipv6_dst=fd00::1,tos=0x%x,ttl=64,geneve({class=0x1,type=0x1,len=4,0x5}),flags(oam|key)),in_port(6081)",
	"tunnel(tun_id=0x%x,src=1.2.3.4,dst=1.1.1.1,tos=0x%x,ttl=64,flags(key)),in_port(1)",
	// The second option is critical and not known.
	"tunnel(tun_id=0x%x,src=1.2.3.4,dst=1.1.1.1,tos=0x%x,ttl=64,geneve({class=0xffff,type=0,len=4,0x11}{class=0x2,type=0x80,len=0}),flags(key)),in_port(6081)",
	"tunnel(tun_id=0x%x,src=1.2.3.5,dst=1.1.1.1,tos=0x%x,ttl=64,erspan(ver=1,idx=0x5),flags(df|key)),in_port(2)",
	"tunnel(tun_id=0x%x,ipv6_src=fd00::5,ipv6_dst=fd00::1,tos=0x%x,ttl=64,erspan(ver=2,dir=1,hwid=0x7),flags(key)),in_port(3)",
}

// fields are what flows set or match, of tunnels and of packets.
var fields = []string{
	"tun_id=%d", "tun_gbp_id=%d", "tun_gbp_flags=%d", "tun_metadata0=%d", "tun_metadata1=%d", "tun_metadata1=%d/0xff",
	"tun_erspan_ver=%d", "tun_erspan_idx=%d", "tun_erspan_dir=1", "tun_erspan_hwid=%d", "tun_flags=oam", "nw_tos=%d",
	"tun_src=1.1.1.%d", "tun_dst=1.2.9.%d", "tun_ipv6_src=fd00::%d", "tun_ipv6_dst=fd00::9%d", "pkt_mark=%d", "dl_dst=2:2:2:2:2:%d", "nw_ttl=%d",
}

// wholeMask are values to match of fields whose value the reference takes for the mask,
// too: those with all bits that one of the packets has.
var wholeMask = map[string]string{"tun_erspan_ver": "3", "tun_erspan_hwid": "7"}

func field(r *rand.Rand) string {
	f := fields[r.IntN(len(fields))]
	n := []int{0, 1, 2, 4, 5, 7, 8}[r.IntN(7)]
	if strings.HasPrefix(f, "nw_tos") {
		n &^= 3
	}
	if strings.Contains(f, "%d") {
		f = fmt.Sprintf(f, n)
	}
	return f
}

// randomFlow returns a flow of ovs-ofctl's syntax.
func randomFlow(r *rand.Rand, priority int) string {
	match := []string{fmt.Sprintf("priority=%d", priority)}
	proto := []string{"ip", "tcp", "arp", "ipv6", ""}[r.IntN(5)]
	if proto != "" {
		match = append(match, proto)
	}
	if r.IntN(2) == 0 {
		match = append(match, fmt.Sprintf("in_port=%d", 1+r.IntN(len(traced))))
	} else if r.IntN(2) == 0 {
		match = append(match, "in_port=20")
	}
	for range r.IntN(3) {
		f := field(r)
		name, _, _ := strings.Cut(f, "=")
		if whole, ok := wholeMask[name]; ok {
			f = name + "=" + whole
		}
		if strings.HasPrefix(f, "tun_") && !strings.Contains(strings.Join(match, ","), name+"=") {
			match = append(match, f)
		}
	}
	var acts []string
	ip := proto == "ip" || proto == "tcp"
	for n := range 1 + r.IntN(6) {
		switch r.IntN(5) {
		case 0, 1:
			f := field(r)
			if strings.HasPrefix(f, "nw_") && !ip {
				continue
			}
			name, value, _ := strings.Cut(f, "=")
			acts = append(acts, "set_field:"+value+"->"+name)
		case 2, 3:
			to := 1 + r.IntN(len(traced))
			if !strings.HasPrefix(traced[to-1], "gtpu") && !strings.HasPrefix(traced[to-1], "bareudp") || n == 5 {
				// The reference ends itself when frames follow packets without
				// Ethernet.
				acts = append(acts, fmt.Sprintf("output:%d", to))
			}
		default:
			acts = append(acts, "output:20")
		}
	}
	if len(acts) == 0 {
		acts = append(acts, "drop")
	}
	return strings.Join(match, ",") + " actions=" + strings.Join(acts, ",")
}

// TestTraces has both switches translate packets by random flows.
func TestTraces(t *testing.T) {
	ours, ref := both(t)
	switches := []*sandbox.Switch{ours, ref}
	ports := [][]string{{"add-port", "br0", "p20", "--", "set", "interface", "p20", "type=dummy", "ofport_request=20"}}
	for i, p := range traced {
		name := fmt.Sprint("t", i+1)
		words := strings.Fields(p)
		args := append([]string(nil), "add-port", "br0", name, "--", "set", "interface", name, "type="+words[0], fmt.Sprintf("ofport_request=%d", i+1))
		for _, w := range words[1:] {
			k, v, _ := strings.Cut(w, "=")
			args = append(args, fmt.Sprintf("options:%s=%q", k, v))
		}
		ports = append(ports, args)
	}
	for _, s := range switches {
		for _, p := range ports { // one by one, so that datapath ports get the same numbers
			s.Must("ovs-vsctl", p...)
		}
		s.Must("ovs-ofctl", "add-tlv-map", "br0", "{class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=0x81,len=8}->tun_metadata1")
	}
	for _, cmd := range []string{"ofproto/list-tunnels", "dpif/show"} {
		got, _ := ours.Appctl(cmd)
		want, _ := ref.Appctl(cmd)
		if sortedLines(got) != sortedLines(want) {
			t.Fatalf("%s\nours:\n%s\nreference:\n%s", cmd, got, want)
		}
	}
	rounds, each := 5, 25
	if long() {
		rounds = 200
	}
	r := rand.New(rand.NewPCG(11, 12))
	bad := 0
	for range rounds {
		var flows []string
		// Among flows of one priority it is a matter of what was there before which are
		// looked at first, and so which are looked at.
		for _, n := range r.Perm(50)[:12] {
			flows = append(flows, randomFlow(r, 1+n))
		}
		flows = append(flows, "priority=0 actions=output:20,output:1,output:2,output:8,output:10")
		text := strings.Join(flows, "\n") + "\n"
		for _, s := range switches {
			file := filepath.Join(s.Dir, "flows")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s.Must("ovs-ofctl", "del-flows", "br0")
			s.Must("ovs-ofctl", "add-flows", "br0", file)
		}
		for range each {
			args := randomPacket(r)
			if slices.ContainsFunc(flows, func(f string) bool { return pipegen.TakesBytes(f, args[1]) }) {
				continue
			}
			got, _ := ours.Appctl("ofproto/trace", args...)
			want, _ := ref.Appctl("ofproto/trace", args...)
			// Deleted flows stay in a classifier for a moment, and what a
			// lookup passes there counts as looked at.
			for i := 0; got != want && i < 10; i++ {
				time.Sleep(100 * time.Millisecond)
				got, _ = ours.Appctl("ofproto/trace", args...)
				want, _ = ref.Appctl("ofproto/trace", args...)
			}
			if got != want {
				bad++
				t.Errorf("%q with\n%s%s", args, text, difference(got, want))
			}
			if bad > 3 {
				t.Fatal("and so on")
			}
		}
	}
}

// randomPacket returns the arguments of a trace.
func randomPacket(r *rand.Rand) []string {
	if r.IntN(2) == 0 {
		p := []string{"ip", "tcp", "arp", "ipv6", "dl_type=0x1234"}[r.IntN(5)]
		if p == "ip" || p == "tcp" {
			p += fmt.Sprintf(",nw_tos=%d,nw_ecn=%d,nw_ttl=%d", 4*r.IntN(3), r.IntN(4), 1+r.IntN(3))
		}
		return []string{"br0", "in_port=20," + p}
	}
	inner := []string{",eth(),eth_type(0x0800),ipv4(tos=%d,ttl=9)", ",eth(),eth_type(0x0806),arp()", ",eth(),eth_type(0x86dd),ipv6(proto=6,tclass=%d),tcp()"}[r.IntN(3)]
	if strings.Contains(inner, "%d") {
		inner = fmt.Sprintf(inner, r.IntN(6))
	}
	return []string{"ovs-dummy", fmt.Sprintf(tunnelled[r.IntN(len(tunnelled))], []int{3, 5, 7, 9}[r.IntN(4)], r.IntN(8)) + inner}
}

// difference shows the lines of the two answers that differ, and those before.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < len(g) && n < len(w) && g[n] == w[n] {
		n++
	}
	return strings.Join(g[:n], "\n") + "\nours:\n" + strings.Join(g[n:], "\n") + "\nreference:\n" + strings.Join(w[n:], "\n")
}

func sortedLines(s string) string { return sorted(s) }
