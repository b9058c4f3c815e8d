package pipegen

import (
	"fmt"
	"regexp"
	"strings"
)

// Flow returns a flow in the words of ovs-ofctl.
func (g *Gen) Flow() string {
	table := g.IntN(g.Tables)
	s := fmt.Sprintf("table=%d,priority=%d", table, g.IntN(6)*10)
	if g.one(8) {
		s += g.pick(",idle_timeout=5", ",hard_timeout=20", ",idle_timeout=60,hard_timeout=100", ",cookie=0x5", ",send_flow_rem")
	}
	if g.one(7) {
		id := 1 + g.IntN(2)
		if g.one(3) {
			return fmt.Sprintf("%s,conj_id=%d%s,actions=%s", s, id, g.pick("", ",ip", ",in_port=1"), g.Action(table))
		}
		s = withMatch(s, g.Match())
		return fmt.Sprintf("%s,actions=conjunction(%d,%d/2)%s", s, id, 1+g.IntN(2), g.pick("", fmt.Sprintf(",conjunction(%d,%d/2)", 3-id, 1+g.IntN(2))))
	}
	m := g.Match()
	s = withMatch(s, m)
	words := ipWords.FindStringSubmatch(m)
	g.isIP, g.isIPv6 = words != nil, words != nil && strings.HasSuffix(words[1], "6")
	defer func() { g.isIP, g.isIPv6 = false, false }()
	return s + ",actions=" + g.actions(table)
}

// withMatch puts a match behind what else a flow is. The reference ends itself when
// it tells that a flow with tunnel options is gone, as it has forgotten how long they
// are.
func withMatch(s, m string) string {
	if strings.Contains(m, "tun_metadata") {
		s = strings.ReplaceAll(s, ",send_flow_rem", "")
	}
	if m != "" {
		s += "," + m
	}
	return s
}

// ipWords are those of a match that only packets of IP meet.
var ipWords = regexp.MustCompile(`(?:^|,)(ip|ipv6|tcp6?|udp6?|icmp6?|sctp6?)(?:,|$)`)

// actions returns a flow's actions and instructions.
func (g *Gen) actions(table int) string {
	if g.one(10) {
		return "drop"
	}
	var acts []string
	if g.Meters > 0 && g.one(8) {
		acts = append(acts, fmt.Sprintf("meter:%d", 1+g.IntN(g.Meters)))
	}
	acts = append(acts, g.list(table, 5, false))
	if g.Writes {
		if g.one(8) {
			acts = append(acts, "clear_actions")
		}
		if g.one(2) {
			acts = append(acts, "write_actions("+g.list(table, 4, true)+")")
		}
	}
	if g.one(12) {
		acts = append(acts, "write_metadata:"+g.pick("1", "0", "1/1", "0x100/0xff00"))
	}
	if g.one(3) && table < g.Tables {
		acts = append(acts, fmt.Sprintf("goto_table:%d", table+1+g.IntN(2)))
	}
	return strings.Join(acts, ",")
}

// Group returns group number id in the words of ovs-ofctl.
func (g *Gen) Group(id int) string {
	typ := g.pick("all", "select", "indirect", "fast_failover", "select")
	s := fmt.Sprintf("group_id=%d,type=%s", id, typ)
	if typ == "select" {
		s += g.pick("", "", ",selection_method=hash,fields(eth_src)", ",selection_method=hash,fields(ip_src,tcp_dst)", ",selection_method=hash,fields=eth_dst", ",selection_method=dp_hash",
			",selection_method=dp_hash,selection_method_param=3")
		if g.Without["dp_hash"] && !strings.Contains(s, "=hash") {
			s = fmt.Sprintf("group_id=%d,type=select,selection_method=hash,fields(eth_src,eth_dst)", id)
		}
	}
	buckets := 1 + g.IntN(4)
	if typ == "indirect" {
		buckets = 1
	}
	for range buckets {
		s += ",bucket="
		if typ == "fast_failover" {
			s += "watch_port:" + g.port() + ","
		}
		if typ == "select" && g.one(2) {
			s += "weight:" + g.n(4) + ","
		}
		keep := g.Groups
		g.Groups = id - 1 // a group has only those before it in it
		s += "actions=" + g.list(0, 3, true)
		g.Groups = keep
	}
	return s
}

// Meter returns meter number id in the words of ovs-ofctl.
func (g *Gen) Meter(id int) string {
	return fmt.Sprintf("meter=%d,%s,burst,stats,band=type=drop,rate=%s,burst_size=%s", id, g.pick("kbps", "pktps"), g.pick("1000000", "2000000"), g.pick("1000000", "4000000"))
}

// Packet returns a packet for ofproto/trace in the words of ovs-ofctl.
func (g *Gen) Packet() string {
	k := fmt.Sprintf("in_port=%s,dl_src=%s,dl_dst=%s", g.port(), g.pick(macs[:3]...), g.mac())
	if g.one(3) {
		k += fmt.Sprintf(",dl_vlan=%s,dl_vlan_pcp=%d", g.vid(), g.IntN(2)*3)
	}
	if g.Tunnels && g.one(2) {
		k += fmt.Sprintf(",tun_src=1.1.2.%s,tun_dst=1.1.1.%s,tun_id=%d", g.pick("92", "1"), g.n(3), g.IntN(3))
		k += g.pick("", "", ",tun_flags=oam", ",tun_metadata0=1", ",tun_metadata1=5,tun_metadata0=2", ",tun_gbp_id=1")
	} else if g.one(4) {
		k += ",tun_id=" + g.n(3)
	}
	if g.one(6) {
		k += fmt.Sprintf(",reg%d=%d,metadata=%d", g.IntN(3), g.IntN(3), g.IntN(2))
	}
	l3 := func() string {
		return fmt.Sprintf("nw_src=%s,nw_dst=%s,nw_ttl=%s,nw_tos=%d", g.ip(), g.ip(), g.ttl(), g.IntN(3)*4)
	}
	l6 := func() string { return fmt.Sprintf("ipv6_src=%s,ipv6_dst=%s,nw_ttl=%s", g.ip6(), g.ip6(), g.ttl()) }
	switch g.IntN(12) {
	case 0:
		k += fmt.Sprintf(",arp,arp_op=%d,arp_spa=%s,arp_tpa=%s", g.IntN(3), g.ip(), g.ip())
	case 1, 2:
		k += ",tcp," + l3() + fmt.Sprintf(",tp_src=%d,tp_dst=%d,tcp_flags=%s", g.IntN(3), g.IntN(5)*64+g.IntN(2), g.pick(tcpFl...))
	case 3:
		k += ",udp," + l3() + fmt.Sprintf(",tp_src=%d,tp_dst=%d", g.IntN(3), g.IntN(300))
	case 4:
		k += ",icmp," + l3() + ",icmp_type=8"
	case 5:
		k += ",ip,nw_proto=6," + l3() + ",nw_frag=" + g.pick("first", "later")
	case 6:
		k += ",tcp6," + l6() + fmt.Sprintf(",tp_dst=%d", g.IntN(3)*64)
	case 7:
		k += ",icmp6," + l6() + ",icmp_type=" + g.pick("135", "136") + ",icmp_code=0,nd_target=" + g.ip6()
	case 8:
		k += fmt.Sprintf(",%s,mpls_label=%d,mpls_tc=%d,mpls_ttl=%d,mpls_bos=%d", g.pick("mpls", "mplsm"), g.IntN(3), g.IntN(3), g.IntN(3), g.IntN(4)&1|g.IntN(2))
	case 9:
		k += ",sctp," + l3() + fmt.Sprintf(",tp_src=%d,tp_dst=%d", g.IntN(3), g.IntN(3)*64)
	case 10:
		k += ",dl_type=" + g.pick("0x1234", "0x88cc", "0x8035", "0x05ff")
	}
	return k
}

// ttl returns a time to live, in which an action set would meet a controller's
// packet if it were one.
func (g *Gen) ttl() string {
	if g.Writes {
		return "64"
	}
	return g.n(4)
}
