package pipegen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// TunnelMap is how the tunnel options of a bridge with tunnels map to fields, in
// the words of ovs-ofctl's add-tlv-map.
const TunnelMap = "{class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=0x81,len=8}->tun_metadata1,{class=0x1,type=1,len=16}->tun_metadata2"

// partOfOption is an action that reads an option of a tunnel, or sets a part of it.
var partOfOption = regexp.MustCompile(`(?:move|push):NXM_NX_TUN_METADATA([0-9])|->NXM_NX_TUN_METADATA([0-9])\[(?:4\.\.7|0\.\.15)\]|/0x[0-9a-f]+->tun_metadata([0-9])`)

// optionKeys are the options of TunnelMap as keys begin with them.
var optionKeys = []string{"{class=0xffff,type=0,", "{class=0xffff,type=0x81,", "{class=0x1,type=0x1,"}

// TakesBytes reports whether a tunnel's packet is without an option of TunnelMap that a
// flow may read or set in part, and has others. The reference translates on top of the
// options as they came in the packet, so that it has bytes of those, headers and all, in
// place of zeros.
func TakesBytes(flow, packet string) bool {
	return strings.Contains(packet, "geneve(") && slices.ContainsFunc(partOfOption.FindAllStringSubmatch(flow, -1), func(sub []string) bool {
		n, _ := strconv.Atoi(sub[1] + sub[2] + sub[3])
		return !strings.Contains(packet, optionKeys[n])
	})
}

// tunnelValue returns a field of a tunnel and a value, for a match or to set.
func (g *Gen) tunnelValue() (field, value string) {
	switch g.IntN(14) {
	case 0, 1:
		return "tun_id", g.n(4)
	case 2:
		return "tun_src", "1.1.1." + g.n(3)
	case 3, 4:
		return "tun_dst", "1.1.2." + g.pick("1", "92", "93")
	case 5:
		return "tun_ipv6_src", "fd00::" + g.n(3)
	case 6:
		return "tun_ipv6_dst", "fd00::" + g.pick("2", "5", "1")
	case 7:
		return "tun_flags", g.pick("oam", "1", "0")
	case 8:
		return "tun_gbp_id", g.n(3)
	case 9:
		return "tun_gbp_flags", g.pick("0", "8")
	case 10, 11:
		return "tun_metadata0", g.n(3)
	case 12:
		return g.pick("tun_metadata1", "tun_metadata2"), g.pick("0", "5", "0x1122334455667788")
	}
	switch g.IntN(4) {
	case 0:
		return "tun_erspan_ver", g.pick("0", "1", "2")
	case 1:
		return "tun_erspan_idx", g.n(6)
	case 2:
		return "tun_erspan_dir", g.n(2)
	}
	return "tun_erspan_hwid", g.n(4)
}

// tunnelMatch returns what a match says of the tunnel a packet came by.
func (g *Gen) tunnelMatch() (m []string) {
	for range 1 + g.IntN(2) {
		f, v := g.tunnelValue()
		switch {
		case strings.Contains(strings.Join(m, ","), f+"="):
			continue
		case f == "tun_flags":
			v = g.pick("+oam", "-oam", "oam", "1", "0")
		case strings.HasPrefix(f, "tun_erspan"):
			v = "1" // the reference reads zero as any
		case f == "tun_id", strings.HasPrefix(f, "tun_metadata"):
			v += g.pick("", "", "/1", "/0xff")
		case strings.HasPrefix(f, "tun_ipv6"):
			v += g.pick("", "/64")
		case f == "tun_src", f == "tun_dst":
			v += g.pick("", "/24")
		}
		m = append(m, f+"="+v)
	}
	return m
}

// tunnelMove returns an action that copies to or from a field of a tunnel.
func (g *Gen) tunnelMove() string {
	return g.pick("move:NXM_NX_TUN_IPV4_SRC[]->NXM_NX_TUN_IPV4_DST[]", "move:NXM_NX_REG0[0..7]->NXM_NX_TUN_IPV4_DST[0..7]", "load:0x5c->NXM_NX_TUN_IPV4_DST[0..7]",
		"move:NXM_NX_TUN_METADATA0[0..31]->NXM_NX_REG1[]", "load:3->NXM_NX_TUN_METADATA1[4..7]", "move:NXM_NX_TUN_ID[0..15]->NXM_NX_TUN_METADATA0[0..15]",
		"move:NXM_OF_IN_PORT[]->NXM_NX_TUN_ID[0..15]", "load:1->NXM_NX_TUN_GBP_ID[]", "move:NXM_NX_TUN_IPV6_SRC[]->NXM_NX_TUN_IPV6_DST[]",
		"push:NXM_NX_TUN_ID[]", "pop:NXM_NX_TUN_ID[]", "push:NXM_NX_TUN_METADATA0[0..31]", "pop:NXM_NX_TUN_METADATA0[0..31]", "delete_field:tun_metadata1", "delete_field:tun_metadata0")
}

// tunnelField returns an action that sets a field of the tunnel a packet goes out
// by.
func (g *Gen) tunnelField() string {
	f, v := g.tunnelValue()
	if g.one(6) && strings.HasPrefix(f, "tun_metadata") {
		v += "/0xf"
	}
	return "set_field:" + v + "->" + f
}

// TunnelPacket returns a packet that came by a tunnel, as the datapath has it: a
// key in the words of ovs-dpctl. ports are the numbers of the datapath's ports
// for VXLAN, Geneve, GRE and ERSPAN.
func (g *Gen) TunnelPacket(vxlan, geneve, gre, erspan string) string {
	addr := fmt.Sprintf("src=1.1.2.%s,dst=1.1.1.%s", g.pick("92", "93", "1"), g.n(3))
	if g.one(4) {
		addr = "ipv6_src=fd00::2,ipv6_dst=fd00::1"
	}
	port, opts, flags := vxlan, "", []string{"key"}
	switch g.IntN(5) {
	case 1, 2:
		port = geneve
		for range g.IntN(4) {
			opts += g.pick("{class=0xffff,type=0,len=4,0x1}", "{class=0xffff,type=0x81,len=8,0x5}", "{class=0x1,type=0x1,len=16,0x5}", "{class=0x2,type=0x1,len=0}", "{class=0xffff,type=0,len=4,0}")
		}
		if opts != "" {
			opts = "geneve(" + opts + "),"
		}
		if g.one(4) {
			flags = append(flags, "oam")
		}
	case 3:
		port = gre
	case 4:
		port, opts = erspan, g.pick("erspan(ver=1,idx=0x5),", "erspan(ver=2,dir=1,hwid=0x3),")
	case 0:
		if g.one(4) {
			opts = "vxlan(gbp(id=1,flags=0x8)),"
		}
	}
	for _, f := range []string{"df", "csum"} {
		if g.one(2) {
			flags = append(flags, f)
		}
	}
	if g.one(8) {
		flags = flags[1:]
	}
	outer := fmt.Sprintf("tunnel(tun_id=0x%d,%s,tos=0x%d,ttl=64,%sflags(%s)),in_port(%s)", g.IntN(4), addr, g.IntN(8), opts, strings.Join(flags, "|"), port)
	return outer + fmt.Sprintf(",eth(src=%s,dst=%s),", g.pick(macs[:3]...), g.mac()) + g.datapathUpper()
}

// datapathUpper returns what the datapath's key says from the Ethernet type on.
func (g *Gen) datapathUpper() string {
	if g.one(4) {
		return fmt.Sprintf("eth_type(0x8100),vlan(vid=%s,pcp=%d),encap(%s)", g.vid(), g.IntN(2)*3, g.datapathL3())
	}
	return g.datapathL3()
}

func (g *Gen) datapathL3() string {
	switch g.IntN(5) {
	case 0:
		return "eth_type(0x1234)"
	case 1:
		return fmt.Sprintf("eth_type(0x0806),arp(sip=%s,tip=%s,op=%d,sha=%s,tha=%s)", g.ip(), g.ip(), g.IntN(3), g.mac(), g.mac())
	case 2:
		return fmt.Sprintf("eth_type(0x86dd),ipv6(src=%s,dst=%s,label=%d,proto=6,tclass=%d,hlimit=%s,frag=no),tcp(src=%d,dst=%d)", g.ip6(), g.ip6(), g.IntN(2)*5, g.IntN(8), g.ttl(), g.IntN(3), g.IntN(5)*64)
	}
	proto := g.pick("6", "17")
	l4 := map[string]string{"6": "tcp", "17": "udp"}[proto]
	return fmt.Sprintf("eth_type(0x0800),ipv4(src=%s,dst=%s,proto=%s,tos=%d,ttl=%s,frag=no),%s(src=%d,dst=%d)", g.ip(), g.ip(), proto, g.IntN(8), g.ttl(), l4, g.IntN(3), g.IntN(5)*64)
}
