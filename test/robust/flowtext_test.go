package robust

import (
	"regexp"
	"testing"
)

// wrongFlows are flows that no switch can take. Left out is what is normalized
// away ("nw_src=1.2.3.4" alone): the reference keeps a second rule for it that
// it prints like the first.
var wrongFlows = []string{
	"", "actions", "actions=", "nope", "nope=1,actions=drop",
	"in_port=nosuch,actions=drop", "in_port=99999999999,actions=drop",
	"priority=70000,actions=drop", "priority=-1,actions=drop", "priority=x,actions=drop",
	"table=256,actions=drop", "cookie=1/2,actions=drop", "cookie=x,actions=drop",
	"idle_timeout=65536,actions=drop", "hard_timeout=-5,actions=drop",
	"ip,nw_src=1.2.3,actions=drop", "ip,nw_src=1.2.3.4/33,actions=drop",
	"ipv6,ipv6_src=zz::1,actions=drop", "ipv6,ipv6_src=::1/129,actions=drop",
	"dl_src=1:2:3,actions=drop", "dl_src=00:11:22:33:44:gg,actions=drop", "dl_type=0x10000,actions=drop",
	"tcp,tp_dst=70000,actions=drop", "tcp,tcp_flags=+foo,actions=drop",
	"dl_vlan=5000,actions=drop", "vlan_tci=0x1ffff,actions=drop", "tun_id=xyz,actions=drop",
	"reg0=0x1ffffffff,actions=drop", "reg99=1,actions=drop", "ct_state=+nope,actions=drop",
	"actions=nope", "actions=output", "actions=output:", "actions=output:nosuch", "actions=output:99999999",
	"actions=drop,output:1", "actions=output:1,drop", "actions=mod_vlan_vid:5000", "actions=mod_vlan_pcp:8",
	"actions=mod_nw_tos:256", "actions=mod_tp_dst:99999", "actions=mod_tp_dst:80", "actions=mod_nw_src:1.2.3.4",
	"actions=resubmit(", "actions=resubmit(1,300)", "actions=resubmit()", "actions=resubmit(a,b)",
	"actions=load:1", "actions=load:1->nope[]",
	"actions=load:1->NXM_OF_VLAN_TCI[0..99]", "actions=load:1->NXM_OF_VLAN_TCI[5..2]", "actions=load:1->NXM_NX_REG0",
	"actions=move:NXM_OF_ETH_SRC[]->NXM_OF_VLAN_TCI[]", "actions=move:NXM_OF_ETH_SRC[]", "actions=move:x->y",
	"actions=set_field:1", "actions=set_field:1->nope", "actions=set_field:99999->tcp_dst", "actions=set_field:1.2.3.4->ip_dst",
	"actions=learn(", "actions=learn(table=300)", "actions=learn(nope=1)", "actions=learn(NXM_OF_ETH_DST[]=NXM_OF_VLAN_TCI[])",
	"actions=learn(table=1,output:nope)", "actions=set_tunnel:xyz", "actions=set_tunnel:0x1ffffffffffffffff",
	"actions=set_queue:x", "actions=enqueue:1", "actions=controller(nope=1)", "actions=controller(max_len=99999)",
	"actions=group:1", "actions=push_vlan:0x1234", "actions=pop_mpls:x", "actions=dec_ttl",
	"actions=conjunction(1,2/1)", "actions=conjunction(1,1/1)", "actions=bundle(nope)", "actions=multipath(x)", "actions=output:1(x",
	"actions=goto_table:0", "actions=note:zz", "actions=note:1", "actions=fin_timeout(idle=x)", "actions=ct(nope)", "actions=ct(table=300)",
	"actions=sample(probability=99999)", "actions=write_actions(drop)", "actions=clear_actions",
	"actions=output:NXM_NX_REG0[", "actions=strip_vlan,nope", "actions=NORMAL,,", "arp,arp_op=70000,actions=drop",
	"arp,icmp_type=1,actions=drop", "icmp,icmp_type=300,actions=drop", "ip,ip,tcp,udp,actions=drop", "in_port=1,in_port=2,actions=drop",
	"send_flow_rem,nope_flag,actions=drop", "duration=1s", "\xff\xfe=1,actions=drop", "actions=\xff", "actions=output:1\x01",
	"(((((((((", "actions=((((((",
}

var hints = regexp.MustCompile(`; did you mean [^?]*\?`)

// Wrong flow text gets the reference's words and changes no table; in a file
// the line is named and nothing after it, nor before, is done.
func TestFlowText(t *testing.T) {
	o, r := ours(t), reference(t)
	for _, s := range []*site{o, r} {
		s.up()
		s.must("ovs-vsctl", "--timeout=5", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure")
		s.write("bad.flows", "# first\n\ntable=1,actions=drop\ntable=2,actions=nope\ntable=3,actions=drop\n")
		s.write("empty.flows", "")
		s.write("worse.flows", "delete table=0\nadd table=1,actions=drop\nfrob x\n")
		s.write("binary.flows", "\x00\x01\x02\xff\n")
	}
	calls := [][]string{}
	for _, f := range wrongFlows {
		calls = append(calls, []string{"add-flow", "br0", f})
	}
	calls = append(calls, [][]string{
		{"add-flows", "br0", "bad.flows"},
		{"add-flows", "br0", "empty.flows"}, {"add-flows", "br0", "worse.flows"},
		{"replace-flows", "br0", "bad.flows"},
		{"del-flows", "br0", "nope"}, {"del-flows", "br0", "actions=drop"}, {"del-flows", "br0", "priority=1"},
		{"--strict", "del-flows", "br0", "nope=1"}, {"dump-flows", "br0", "nope"}, {"dump-flows", "nobr"},
		{"mod-flows", "br0", "in_port=1"}, {"mod-flows", "br0", "actions=nope"}, {"dump-aggregate", "br0", "x=1"},
		{"add-flow", "br0"}, {"add-flow"}, {"frob"}, {"-O", "OpenFlow9", "show", "br0"}, {"-F", "nope", "show", "br0"},
		{"mod-port", "br0", "9", "up"}, {"mod-port", "br0", "br0", "sideways"},
		{"show", "unix:nosuch"}, {"dump-ports", "br0", "nosuch"},
	}...)
	for _, args := range calls {
		var got [2]string
		var codes [2]int
		for i, s := range []*site{o, r} {
			got[i], codes[i] = s.run("ovs-ofctl", args...)
			// Only ours has hints.
			got[i] = hints.ReplaceAllString(s.plain(got[i]), "")
		}
		if got[0] != got[1] || codes[0] != codes[1] {
			t.Errorf("%q:\n ours      %d %q\n reference %d %q", args, codes[0], got[0], codes[1], got[1])
		}
	}
	a, b := o.must("ovs-ofctl", "--no-stats", "dump-flows", "br0"), r.must("ovs-ofctl", "--no-stats", "dump-flows", "br0")
	if a != b {
		t.Errorf("the tables differ:\n ours\n%s reference\n%s", a, b)
	}
}
