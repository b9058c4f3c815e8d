package pipegen

import (
	"fmt"
	"strings"
)

// Match returns the match of a flow in the words of ovs-ofctl, "" for all
// packets.
func (g *Gen) Match() string {
	var m []string
	add := func(n int, f string, args ...any) {
		if g.one(n) {
			m = append(m, fmt.Sprintf(f, args...))
		}
	}
	add(3, "in_port=%s", g.port())
	add(4, "dl_src=%s%s", g.mac(), g.pick("", "", "/00:00:00:00:00:ff"))
	add(4, "dl_dst=%s%s", g.mac(), g.pick("", "", "/01:00:00:00:00:00", "/ff:00:00:00:00:00"))
	add(5, "%s", g.vlanMatch())
	add(8, "reg%d=%d", g.IntN(4), g.IntN(3))
	add(8, "reg1=%d/3", g.IntN(3))
	add(16, "%s", g.pick("xreg0=0x1/0x3", "xreg1=2", "xxreg0=0x1/0x1", "reg15=1", "reg2=0/0x80000000", "pkt_mark=5", "pkt_mark=0/1", "skb_priority=0"))
	add(8, "metadata=%d%s", g.IntN(2), g.pick("", "/1"))
	if !g.Tunnels {
		add(8, "tun_id=%d%s", g.IntN(3), g.pick("", "/1"))
		add(30, "%s", g.pick("tun_src=1.1.1.1", "tun_dst=0.0.0.0", "tun_flags=+oam", "tun_ipv6_src=::", "tun_gbp_id=0", "tun_metadata0=0"))
	} else if g.one(3) {
		m = append(m, g.tunnelMatch()...)
	}
	add(14, "%s", g.pick("ct_state=-trk", "ct_state=+trk", "ct_state=+est+trk", "ct_state=+new+trk", "ct_zone=0", "ct_zone=1", "ct_mark=0", "ct_mark=1/1", "ct_label=0", "ct_state=+rpl+trk"))
	add(40, "actset_output=%s", g.pick("1", "2", "unset", "LOCAL"))
	m = append(m, g.upper()...)
	return strings.Join(m, ",")
}

func (g *Gen) vlanMatch() string {
	if g.one(3) {
		return g.pick("vlan_tci=0x0000", "vlan_tci=0x1000/0x1000", "vlan_tci=0x0001/0x0fff", "vlan_tci=0x1002/0x1fff", "vlan_vid=0x1000/0x1000", "dl_vlan_pcp=3", "dl_vlan=0xffff")
	}
	return "dl_vlan=" + g.vid() + g.pick("", "", ",dl_vlan_pcp=0", ",dl_vlan_pcp=3")
}

// maskedIP returns an IPv4 address, perhaps of a network.
func (g *Gen) maskedIP() string {
	return g.ip() + g.pick("", "", "/16", "/24", "/8", "/31", "/255.0.255.0")
}

// upper returns what a match says of the protocols above Ethernet.
func (g *Gen) upper() (m []string) {
	add := func(n int, f string, args ...any) {
		if g.one(n) {
			m = append(m, fmt.Sprintf(f, args...))
		}
	}
	switch g.IntN(12) {
	case 0, 1, 2:
		proto := g.pick("ip", "tcp", "udp", "icmp", "sctp")
		m = append(m, proto)
		add(2, "nw_src=%s", g.maskedIP())
		add(2, "nw_dst=%s", g.maskedIP())
		add(6, "nw_ttl=%d", g.IntN(3))
		add(6, "nw_tos=%d", g.IntN(3)*4)
		add(8, "nw_ecn=%d", g.IntN(4))
		add(6, "nw_frag=%s", g.pick("no", "first", "later", "yes", "not_later"))
		if proto == "ip" {
			add(4, "nw_proto=%s", g.pick("6", "17", "1", "2"))
		}
		m = append(m, g.ports(proto)...)
		if g.one(12) {
			m = append(m, "ct_state=+trk"+g.pick("", ",ct_nw_src="+g.ip(), ",ct_nw_dst="+g.ip()+"/16", ",ct_nw_proto=6", ",ct_nw_proto=17,ct_tp_dst="+g.n(3), ",ct_nw_proto=6,ct_tp_src="+g.n(3)))
		}
	case 3:
		m = append(m, g.pick("arp", "arp", "rarp"))
		add(2, "arp_tpa=%s", g.maskedIP())
		add(3, "arp_spa=%s", g.maskedIP())
		add(3, "arp_op=%d", g.IntN(3))
		add(5, "arp_sha=%s", g.mac())
		add(6, "arp_tha=%s%s", g.mac(), g.pick("", "/ff:00:00:00:00:00"))
	case 4, 5:
		proto := g.pick("ipv6", "tcp6", "udp6", "icmp6", "sctp6")
		m = append(m, proto)
		add(2, "ipv6_dst=%s%s", g.ip6(), g.pick("", "/64", "/126", "/16"))
		add(3, "ipv6_src=%s%s", g.ip6(), g.pick("", "/64", "/127"))
		add(6, "ipv6_label=%s", g.pick("0", "5", "5/1"))
		add(8, "nw_tos=%d", g.IntN(3)*4)
		if proto == "icmp6" && g.one(2) {
			m = append(m, g.pick("icmp_type=135", "icmp_type=136")+",icmp_code=0")
			add(2, "nd_target=%s%s", g.ip6(), g.pick("", "/64"))
			add(12, "nd_reserved=%s", g.pick("0", "5", "0x80000000"))
			add(12, "nd_options_type=%d", g.IntN(3))
			if strings.HasPrefix(m[len(m)-1], "icmp_type=135") {
				add(2, "nd_sll=%s", g.mac())
			}
		} else {
			m = append(m, g.ports(strings.TrimSuffix(proto, "6"))...)
			if g.one(12) {
				m = append(m, "ct_state=+trk"+g.pick("", ",ct_ipv6_src="+g.ip6(), ",ct_ipv6_dst="+g.ip6()+"/64", ",ct_nw_proto=58"))
			}
		}
	case 6:
		m = append(m, g.pick("mpls", "mplsm"))
		add(2, "mpls_label=%d", g.IntN(3))
		add(3, "mpls_bos=%d", g.IntN(2))
		add(4, "mpls_tc=%d", g.IntN(3))
		add(5, "mpls_ttl=%d", g.IntN(3))
	case 8:
		if g.Without["nsh"] || !g.one(3) {
			break
		}
		if g.one(2) {
			m = append(m, g.nshMatch()...)
		} else {
			m = append(m, "packet_type="+g.pick("(1,0x800)", "(1,0x894f)", "(0,0)", "(1,0x86dd)", "(1,0x8847)"))
		}
	case 7:
		add(2, "dl_type=%s", g.pick("0x1234", "0x0800", "0x88cc", "0x05ff", "0x8035"))
	}
	return m
}

// ports returns what a match says of a transport protocol's header.
func (g *Gen) ports(proto string) (m []string) {
	add := func(n int, f string, args ...any) {
		if g.one(n) {
			m = append(m, fmt.Sprintf(f, args...))
		}
	}
	switch proto {
	case "tcp", "udp", "sctp":
		add(3, "tp_dst=%d%s", g.IntN(5)*64, g.pick("", "/0xffc0", "/0xff00"))
		add(3, "tp_src=%d%s", g.IntN(3), g.pick("", "/1"))
		if proto == "tcp" {
			add(4, "tcp_flags=%s", g.pick("+syn-ack", "+fin", "syn", "-rst", "0x2/0x7"))
		}
	case "icmp":
		add(3, "icmp_type=%s", g.pick("0", "8", "3"))
		add(4, "icmp_code=%d", g.IntN(2))
	}
	return m
}
