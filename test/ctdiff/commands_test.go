package ctdiff

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/test/sandbox"
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// words splits a line at spaces that are not in quotes.
func words(s string) (l []string) {
	for _, m := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(s, -1) {
		l = append(l, strings.Trim(m, "'"))
	}
	return l
}

// TestCommands gives both switches the same commands and traffic, with flows of
// OpenFlow, and compares every answer.
func TestCommands(t *testing.T) {
	const eth = "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),"
	const ip4 = eth + "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,tos=0,ttl=64,frag=no,proto="
	const back = "in_port(2),eth(src=50:54:00:00:00:02,dst=50:54:00:00:00:01),eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,tos=0,ttl=64,frag=no,proto="
	receive := func(port, flow string) string { return "receive " + port + " '" + flow + "'" }
	script := []string{
		"vsctl -- --id=@m create Datapath datapath_version=0 -- set Open_vSwitch . datapaths:system=@m",
		"ofctl add-flow br0 in_port=1,actions=ct(commit,zone=5,exec(set_field:3->ct_mark,set_field:1->ct_label)),2",
		"ofctl add-flow br0 in_port=2,actions=ct(zone=5),1",
		"dpctl/dump-conntrack", "dpctl/ct-stats-show", "dpctl/ct-stats-show -m", "dpctl/ct-get-nconns",
		receive("p1", ip4+"6),tcp(src=1000,dst=80),tcp_flags(syn)"),
		receive("p1", ip4+"17),udp(src=1000,dst=53)"),
		receive("p1", ip4+"1),icmp(type=8,code=0)"),
		receive("p1", ip4+"47)"),
		receive("p1", ip4+"2)"),
		receive("p1", eth+"eth_type(0x86dd),ipv6(src=fd00::1,dst=fd00::2,label=0,tclass=0,hlimit=64,frag=no,proto=17),udp(src=7,dst=8)"),
		receive("p1", eth+"eth_type(0x86dd),ipv6(src=fd00::1,dst=fd00::2,label=0,tclass=0,hlimit=64,frag=no,proto=58),icmpv6(type=128,code=0)"),
		receive("p2", back+"6),tcp(src=80,dst=1000),tcp_flags(syn|ack)"),
		receive("p2", back+"17),udp(src=53,dst=1000)"),
		"dpctl/dump-conntrack", "dpctl/dump-conntrack -m", "dpctl/dump-conntrack -s", "dpctl/dump-conntrack -m -s",
		"dpctl/dump-conntrack zone=5", "dpctl/dump-conntrack zone=4", "dpctl/dump-conntrack system@ovs-system zone=5",
		"dpctl/dump-conntrack foo", "dpctl/dump-conntrack zone=x",
		"dpctl/ct-stats-show", "dpctl/ct-stats-show -m", "dpctl/ct-stats-show zone=5", "dpctl/ct-stats-show zone=6", "dpctl/ct-stats-show foo",
		"dpctl/ct-get-nconns", "dpctl/ct-bkts foo", "dpctl/ct-bkts gt=x",
		"dpctl/flush-conntrack foo", "dpctl/flush-conntrack zone=x", "dpctl/flush-conntrack ct_nw_src", "dpctl/flush-conntrack ct_nw_src=1.1.1",
		"dpctl/flush-conntrack ct_ipv6_src=1.1.1.1", "dpctl/flush-conntrack ct_nw_src=::1", "dpctl/flush-conntrack ct_nw_proto=300",
		"dpctl/flush-conntrack ct_tp_src=99999", "dpctl/flush-conntrack icmp_type=8", "dpctl/flush-conntrack ct_nw_proto=6,icmp_type=8",
		"dpctl/flush-conntrack ct_nw_src=1.1.1.1,ct_nw_src=2.2.2.2", "dpctl/flush-conntrack ct_nw_src=1.1.1.1,ct_ipv6_dst=::1",
		"dpctl/flush-conntrack ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=6,ct_tp_src=1,ct_tp_dst=2",
		"dpctl/flush-conntrack ct_nw_proto=17", "dpctl/dump-conntrack",
		"dpctl/flush-conntrack zone=5 ct_nw_proto=1,ct_nw_src=10.0.0.1", "dpctl/dump-conntrack",
		"dpctl/flush-conntrack zone=5 ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=1,icmp_type=8,icmp_code=0,icmp_id=0", "dpctl/dump-conntrack",
		"dpctl/flush-conntrack zone=5 '' ct_nw_src=10.0.0.2,ct_nw_proto=6", "dpctl/dump-conntrack",
		"dpctl/flush-conntrack zone=5 ct_ipv6_dst=fd00::2,ct_nw_proto=17", "dpctl/dump-conntrack",
		"ofctl ct-flush br0 zone=5 ct_nw_proto=47", "dpctl/dump-conntrack",
		"ofctl ct-flush-zone br0 5", "dpctl/dump-conntrack",
		"dpctl/ct-get-maxconns", "dpctl/ct-set-maxconns 2", "dpctl/ct-get-maxconns", "dpctl/ct-set-maxconns x", "dpctl/ct-set-maxconns",
		receive("p1", ip4+"17),udp(src=1,dst=1)"), receive("p1", ip4+"17),udp(src=2,dst=1)"), receive("p1", ip4+"17),udp(src=3,dst=1)"),
		"dpctl/dump-conntrack", "dpctl/ct-get-nconns", "dpctl/flush-conntrack", "dpctl/dump-conntrack", "dpctl/ct-set-maxconns 100",
		"dpctl/ct-get-tcp-seq-chk", "dpctl/ct-disable-tcp-seq-chk", "dpctl/ct-get-tcp-seq-chk", "dpctl/ct-enable-tcp-seq-chk", "dpctl/ct-get-tcp-seq-chk",
		"dpctl/ct-get-limits", "dpctl/ct-get-limits zone=1", "dpctl/ct-get-limits zone=1,2", "dpctl/ct-set-limits default=5 zone=1,limit=7 zone=2,limit=0",
		"dpctl/ct-get-limits", "dpctl/ct-get-limits zone=1,9", "dpctl/ct-del-limits zone=1", "dpctl/ct-del-limits zone=9", "dpctl/ct-get-limits",
		"dpctl/ct-set-limits", "dpctl/ct-set-limits zone=1", "dpctl/ct-set-limits zone=70000,limit=1", "dpctl/ct-set-limits zone=1,limit=x",
		"dpctl/ct-set-limits zone=1,foo=2", "dpctl/ct-set-limits default=x", "dpctl/ct-set-limits zone", "dpctl/ct-del-limits zone=x", "dpctl/ct-del-limits", "dpctl/ct-get-limits foo",
		"dpctl/ct-set-limits zone=5,limit=2",
		receive("p1", ip4+"17),udp(src=1,dst=1)"), receive("p1", ip4+"17),udp(src=2,dst=1)"), receive("p1", ip4+"17),udp(src=3,dst=1)"),
		"dpctl/ct-get-limits zone=5", "dpctl/dump-conntrack", "dpctl/flush-conntrack zone=5", "dpctl/ct-get-limits zone=5", "dpctl/ct-del-limits zone=5,2",
		"dpctl/ipf-get-status", "dpctl/ipf-set-enabled v4", "dpctl/ipf-set-disabled v6", "dpctl/ipf-set-enabled x", "dpctl/ipf-set-min-frag v4 100",
		"dpctl/ipf-set-min-frag v4 1000", "dpctl/ipf-set-min-frag v4 x", "dpctl/ipf-set-min-frag v5 400", "dpctl/ipf-set-max-nfrags 6000",
		"dpctl/ipf-set-max-nfrags 500", "dpctl/ipf-set-max-nfrags x", "dpctl/ipf-get-status -m", "dpctl/ipf-set-enabled v6",
		"vsctl add-zone-tp system zone=5 udp_first=77 icmp_first=9", receive("p1", ip4+"17),udp(src=1,dst=1)"), receive("p1", ip4+"1),icmp(type=8,code=0)"),
		"dpctl/dump-conntrack -s", "vsctl del-zone-tp system zone=5",
	}
	var both []*sw
	for _, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
		both = append(both, startBridge(t, m))
	}
	for _, line := range script {
		var answers [2]string
		for i, s := range both {
			args := words(line)
			switch args[0] {
			case "vsctl", "ofctl":
				r := s.Run("ovs-"+args[0], args[1:]...)
				answers[i] = uuid.ReplaceAllString(r.Out+r.Err, "UUID")
			case "receive":
				s.ctl("netdev-dummy/receive", args[1:]...)
				s.ctl("dpctl/show")
			default:
				text, _ := s.Appctl(args[0], args[1:]...)
				if strings.Contains(line, "dump-conntrack") { // in any order
					l := strings.SplitAfter(text, "\n")
					slices.Sort(l)
					text = strings.Join(l, "")
				}
				answers[i] = text
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("%s\nours:\n%s\nreference:\n%s", line, answers[0], answers[1])
		}
	}
}
