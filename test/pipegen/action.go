package pipegen

import (
	"fmt"
	"strconv"
	"strings"
)

// family is a kind of action: how often it is taken, and what it is like in a
// flow of a table.
type family struct {
	name   string
	weight int
	set    bool // may stand in an action set or a bucket
	make   func(g *Gen, table int) string
}

// families returns the table of them. Its rows come round to it again, which a
// variable's value must not.
func families() []family {
	return []family{
		{"output", 12, true, func(g *Gen, _ int) string {
			return "output:" + g.pick(append([]string{"LOCAL", "IN_PORT", "NORMAL", "77", "ALL", "FLOOD"}, append(g.Ports, g.Ports...)...)...)
		}},
		{"resubmit", 12, false, func(g *Gen, table int) string {
			return fmt.Sprintf("resubmit(%s,%d)", g.pick("", "", g.port()), table+g.IntN(3))
		}},
		{"next", 8, false, func(g *Gen, table int) string { return fmt.Sprintf("resubmit(,%d)", table+1) }},
		{"eth", 4, true, func(g *Gen, _ int) string { return g.pick("mod_dl_src:", "mod_dl_dst:") + g.mac() }},
		{"ip", 4, true, func(g *Gen, _ int) string { return g.pick("mod_nw_src:", "mod_nw_dst:") + g.ip() }},
		{"tp", 3, true, func(g *Gen, _ int) string { return g.pick("mod_tp_src:", "mod_tp_dst:") + g.n(3) }},
		{"vlan", 8, true, func(g *Gen, _ int) string {
			return g.pick("mod_vlan_vid:"+g.n(4), "mod_vlan_pcp:"+g.n(8), "strip_vlan", "push_vlan:0x8100", "push_vlan:0x88a8")
		}},
		{"tos", 4, true, func(g *Gen, _ int) string {
			return g.pick("mod_nw_tos:"+strconv.Itoa(g.IntN(4)*4), "mod_nw_ttl:9", "mod_nw_ecn:2")
		}},
		{"dec_ttl", 2, true, func(g *Gen, _ int) string { return "dec_ttl" }},
		{"tunnel", 3, true, func(g *Gen, _ int) string { return "set_tunnel:" + g.n(3) }},
		{"tunnel_field", 10, true, func(g *Gen, _ int) string { return g.tunnelField() }},
		{"tunnel_move", 4, false, func(g *Gen, _ int) string { return g.tunnelMove() }},
		{"load", 10, false, func(g *Gen, _ int) string { return g.load() }},
		{"move", 5, false, func(g *Gen, _ int) string { return g.move() }},
		{"set_field", 8, true, func(g *Gen, _ int) string { return "set_field:" + g.setField() }},
		{"note", 2, false, func(g *Gen, _ int) string { return g.pick("note:01.02", "exit", "ct_clear") }},
		{"queue", 2, true, func(g *Gen, _ int) string { return g.pick("set_queue:3", "set_queue:0") }},
		{"pop_queue", 1, false, func(g *Gen, _ int) string { return "pop_queue" }},
		{"enqueue", 1, false, func(g *Gen, _ int) string { return fmt.Sprintf("enqueue:%s:%d", g.port(), g.IntN(3)) }},
		{"fin_timeout", 1, false, func(g *Gen, _ int) string {
			return g.pick("fin_timeout(idle_timeout=5)", "fin_timeout(hard_timeout=9,idle_timeout=3)")
		}},
		{"stack", 3, false, func(g *Gen, _ int) string {
			return g.pick("push:NXM_NX_REG0[]", "push:NXM_OF_ETH_SRC[]", "pop:NXM_NX_REG1[]", "pop:NXM_OF_ETH_DST[]", "push:NXM_NX_REG1[3..9]", "pop:NXM_NX_REG2[0..7]")
		}},
		{"clone", 3, false, func(g *Gen, table int) string { return "clone(" + g.list(table, 3, false) + ")" }},
		{"output_reg", 2, false, func(g *Gen, _ int) string {
			return g.pick("output:NXM_NX_REG1[0..15]", "output:NXM_NX_REG0[0..3]", "output:NXM_NX_REG2[]")
		}},
		{"learn", 5, false, func(g *Gen, table int) string { return g.learn(table) }},
		{"resubmit_port", 2, false, func(g *Gen, _ int) string { return "resubmit:" + g.port() }},
		{"mpls", 4, true, func(g *Gen, _ int) string {
			g.isIP = false
			return g.pick("push_mpls:0x8847", "push_mpls:0x8848", "pop_mpls:0x0800", "pop_mpls:0x86dd", "pop_mpls:0x8847", "pop_mpls:0x0806",
				"set_mpls_label(7)", "set_mpls_ttl(9)", "dec_mpls_ttl", "set_mpls_tc(3)")
		}},
		{"check_pkt_larger", 2, false, func(g *Gen, _ int) string {
			return fmt.Sprintf("check_pkt_larger(%d)->NXM_NX_REG%d[%d]", 64+g.IntN(3), g.IntN(3), g.IntN(2))
		}},
		{"output_trunc", 2, false, func(g *Gen, _ int) string {
			to := append([]string{"LOCAL", "IN_PORT"}, g.Ports...)
			if g.Tunnels { // none of which are among the first
				to = append([]string{"LOCAL"}, g.Ports[:3]...)
			}
			return fmt.Sprintf("output(port=%s,max_len=%d)", g.pick(to...), 64+g.IntN(3))
		}},
		{"sample", 1, false, func(g *Gen, _ int) string {
			return g.pick("sample(probability=65535,collector_set_id=1)", "sample(probability=100,collector_set_id=1,obs_domain_id=5,obs_point_id=7)",
				"sample(probability=65535,collector_set_id=2)", "sample(probability=65535,collector_set_id=1,sampling_port="+g.port()+g.pick("", ",ingress", ",egress")+")")
		}},
		{"controller", 2, false, func(g *Gen, _ int) string {
			return g.pick("controller", "controller:64", "controller(reason=action,max_len=20,id=3)", "controller(reason=no_match,userdata=01.02)")
		}},
		{"ct", 4, false, func(g *Gen, table int) string { return g.ct(table) }},
		{"multipath", 1, false, func(g *Gen, _ int) string {
			return fmt.Sprintf("multipath(%s,%d,%s,%d,%d,NXM_NX_REG%d[0..3])", g.hashFields("eth_src", "symmetric_l4", "nw_src", "nw_dst", "symmetric_l3"),
				g.IntN(3), g.pick("modulo_n", "hash_threshold", "hrw", "iter_hash"), 1+g.IntN(4), g.IntN(3), g.IntN(3))
		}},
		{"bundle", 1, false, func(g *Gen, _ int) string {
			h := fmt.Sprintf("%s,%d,%s,ofport,", g.hashFields("eth_src", "symmetric_l4", "nw_dst"), g.IntN(3), g.pick("active_backup", "hrw"))
			members := "slaves:" + g.port() + "," + g.port()
			return g.pick("bundle("+h+members+")", "bundle_load("+h+"NXM_NX_REG1[0..15],"+members+")")
		}},
		{"group", 3, true, func(g *Gen, _ int) string {
			if g.Groups == 0 {
				return "drop"
			}
			return "group:" + strconv.Itoa(1+g.IntN(g.Groups))
		}},
		{"nsh", 4, false, func(g *Gen, _ int) string { g.isIP = false; return g.nshAction() }},
	}
}

// freezes are the families that stop a translation to go on with it later.
var freezes = map[string]bool{"ct": true, "controller": true, "sample": true}

// Action returns one action for a flow in a table.
func (g *Gen) Action(table int) string { return g.action(table, false) }

func (g *Gen) action(table int, set bool) string {
	allowed := func(f *family) bool {
		return !g.Without[f.name] && (g.Tunnels || f.name != "tunnel_field" && f.name != "tunnel_move") && (f.set || !set) && !(g.Writes && freezes[f.name])
	}
	if g.families == nil {
		g.families = families()
	}
	rows := g.families
	total := 0
	for i := range rows {
		if allowed(&rows[i]) {
			total += rows[i].weight
		}
	}
	n := g.IntN(total)
	for i := range rows {
		f := &rows[i]
		if !allowed(f) {
			continue
		}
		if n -= f.weight; n < 0 {
			return f.make(g, table)
		}
	}
	panic("weights")
}

// hashFields returns what a packet is hashed by. Of what is not IP the reference
// hashes Ethernet's header for symmetric_l3l4, but keeps that out of the mask.
func (g *Gen) hashFields(s ...string) string {
	if g.isIP {
		s = append(s, "symmetric_l3l4", "symmetric_l3l4+udp")
	}
	return g.pick(s...)
}

// list returns up to max actions, at least one.
func (g *Gen) list(table, max int, set bool) string {
	var acts []string
	for range 1 + g.IntN(max) {
		if a := g.action(table, set); a != "drop" {
			acts = append(acts, a)
		}
	}
	if len(acts) == 0 {
		return "output:" + g.port()
	}
	return strings.Join(acts, ",")
}

func (g *Gen) load() string {
	if g.one(2) {
		bits := g.pick("", "0..3", "1..2", "31")
		most := 3
		if bits == "31" {
			most = 2
		}
		return fmt.Sprintf("load:%d->NXM_NX_REG%d[%s]", g.IntN(most), g.IntN(4), bits)
	}
	return g.pick("load:0x2->NXM_OF_ARP_OP[]", "load:0x5->NXM_OF_ETH_DST[0..15]", "load:0x3->NXM_OF_VLAN_TCI[0..11]", "load:0x1003->NXM_OF_VLAN_TCI[]", "load:0->NXM_OF_VLAN_TCI[]",
		"load:9->NXM_OF_IP_TOS[2..7]", "load:0x7->OXM_OF_METADATA[]", "load:0x102->NXM_OF_IP_SRC[16..31]", "load:3->NXM_OF_IN_PORT[]", "load:0->NXM_OF_IN_PORT[]", "load:5->NXM_NX_PKT_MARK[]",
		"load:1->NXM_NX_TUN_ID[]", "load:0x12->NXM_OF_TCP_DST[0..7]", "load:5->NXM_OF_UDP_SRC[]", "load:7->NXM_NX_IPV6_LABEL[]", "load:0xfe80->NXM_NX_IPV6_DST[112..127]", "load:5->OXM_OF_MPLS_LABEL[]",
		"load:1->NXM_OF_ICMP_TYPE[]", "load:0->NXM_OF_ICMP_CODE[]", "load:0x0a000001->NXM_OF_ARP_TPA[]", "load:0x77->NXM_NX_ARP_SHA[]", "load:2->NXM_NX_XXREG0[64..127]")
}

func (g *Gen) move() string {
	if g.one(2) {
		return fmt.Sprintf("move:NXM_NX_REG%d[0..15]->NXM_NX_REG%d[%s]", g.IntN(3), g.IntN(3), g.pick("0..15", "16..31"))
	}
	return g.pick("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]", "move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG0[0..15]",
		"move:NXM_NX_REG0[0..11]->NXM_OF_VLAN_TCI[0..11]", "move:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15]", "move:NXM_OF_TCP_DST[]->NXM_OF_TCP_SRC[]", "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]",
		"move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]", "move:NXM_NX_TUN_ID[0..31]->NXM_NX_REG1[]", "move:NXM_OF_VLAN_TCI[]->NXM_NX_REG2[0..15]", "move:OXM_OF_METADATA[0..31]->NXM_NX_REG0[]",
		"move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]", "move:NXM_OF_IP_TOS[]->NXM_NX_REG1[0..7]", "move:NXM_NX_IP_TTL[]->NXM_NX_REG0[0..7]", "move:OXM_OF_MPLS_LABEL[]->NXM_NX_REG0[0..19]",
		"move:NXM_NX_TCP_FLAGS[]->NXM_NX_REG0[0..11]", "move:NXM_OF_UDP_DST[]->NXM_NX_REG1[0..15]", "move:NXM_NX_ND_TARGET[]->NXM_NX_IPV6_SRC[]")
}

func (g *Gen) setField() string {
	return g.pick(g.mac()+"->eth_src", g.mac()+"->eth_dst", g.mac()+"/01:00:00:00:00:00->eth_dst", g.ip()+"->ip_src", g.ip()+"/255.255.0.0->ip_dst", g.ip6()+"->ipv6_src", g.ip6()+"/ffff::->ipv6_dst",
		g.n(5)+"->tcp_src", g.n(5)+"->tcp_dst", g.n(5)+"/1->udp_dst", g.n(5)+"->udp_src", g.n(5)+"->sctp_dst", "1->icmp_type", "8->icmpv6_type", g.n(3)+"->reg"+g.n(4), "0x5/0x7->reg1", g.n(3)+"->metadata",
		g.ip()+"->arp_spa", g.ip()+"->arp_tpa", g.mac()+"->arp_sha", g.mac()+"->arp_tha", "2->arp_op", g.ip6()+"->nd_target", g.mac()+"->nd_sll", g.mac()+"->nd_tll",
		"0x1003->vlan_vid", "3->vlan_pcp", "0x0/0x1000->vlan_tci", "5->mpls_label", "2->mpls_tc", "9->mpls_ttl", "5->ip_dscp", "1->ip_ecn", "7->nw_ttl", "3->ipv6_label",
		"9->tun_id", "1.2.3.9->tun_dst", "1.2.3.8->tun_src", "5->pkt_mark", "0x1/0x3->pkt_mark", g.n(3)+"->xreg1", "1->xxreg0", "0x100000002->xreg0")
}

func (g *Gen) learn(table int) string {
	to := table + 1 + g.IntN(3)
	if g.one(6) {
		to = g.IntN(g.Tables)
	}
	args := []string{fmt.Sprintf("table=%d,priority=%d", to, 10+g.IntN(3))}
	add := func(n int, s string) {
		if g.one(n) {
			args = append(args, s)
		}
	}
	add(3, "idle_timeout="+g.pick("100", "5"))
	add(4, "hard_timeout=60")
	add(5, "cookie=0x"+g.n(9))
	add(8, "fin_idle_timeout=2")
	add(9, "fin_hard_timeout=3")
	add(10, "delete_learned")
	add(12, "send_flow_rem")
	add(10, "limit="+g.pick("1", "2"))
	args = append(args, g.pick("NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]", "NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]", "in_port=2", "eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[]",
		"NXM_OF_ETH_SRC[]", "eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],NXM_OF_TCP_SRC[]=NXM_OF_TCP_DST[]", "NXM_NX_REG0[0..3]", "NXM_OF_ETH_DST[0..15]=NXM_OF_ETH_SRC[0..15]", "reg1=2"))
	add(2, g.pick("output:NXM_OF_IN_PORT[]", "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]", "load:5->NXM_NX_REG2[]", "load:NXM_NX_REG1[]->NXM_NX_REG2[]", "load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],output:NXM_OF_IN_PORT[]"))
	add(12, "result_dst=NXM_NX_REG3["+g.n(4)+"]")
	return "learn(" + strings.Join(args, ",") + ")"
}

// natRange returns what an address is to become, of the kind that the flow matches.
func (g *Gen) natRange() string {
	if g.isIPv6 {
		return g.pick("src=[fd00::9]", "dst=[fe80::2]", "src=[fd00::9]-[fd00::9]:5000-5000")
	}
	return g.pick("src=10.9.9.9", "dst=10.0.0.2", "src=10.9.9.1-10.9.9.1:5000-5000")
}

func (g *Gen) ct(table int) string {
	var args []string
	add := func(n int, s string) {
		if g.one(n) {
			args = append(args, s)
		}
	}
	add(2, "commit")
	commit := len(args) > 0
	add(3, "zone="+g.pick("1", "2", "3", "65535", "NXM_NX_REG0[0..15]"))
	add(2, "table="+strconv.Itoa(table+1))
	if commit {
		add(6, "force")
		add(4, "exec("+g.pick("load:1->NXM_NX_CT_MARK[]", "set_field:0x1/0x1->ct_label", "set_field:2->ct_mark", "move:NXM_NX_REG0[]->NXM_NX_CT_MARK[]")+")")
		add(6, "nat("+g.natRange()+")")
	} else {
		add(8, "nat")
	}
	return "ct(" + strings.Join(args, ",") + ")"
}
