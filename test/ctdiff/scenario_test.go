package ctdiff

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

var le = binary.LittleEndian

// A scenario is what happens to packets: what a client's and a server's go
// through before they are sent on.
type scenario struct {
	name           string
	client, server string // actions, with ZONE for the zone and A for an address
	second         string // of a client's new connections, after recirc(16+n)
	related        string // of a server's new connections that a helper expected
	nat            bool
	alg            string // helper that the conversations suit
	orderly        bool   // no segment is lost or sent again
}

var scenarios = []scenario{
	{name: "commit", client: "ct(commit,zone=ZONE,mark=0x5/0xf,label=0x1/0x3)", server: "ct(zone=ZONE)"},
	{name: "two passes", client: "ct(zone=ZONE)", server: "ct(zone=ZONE)", second: "ct(commit,zone=ZONE,mark=0x9/0xffffffff)"},
	{name: "snat", client: "ct(commit,zone=ZONE,nat(src=A))", server: "ct(zone=ZONE,nat)", nat: true},
	{name: "dnat", client: "ct(commit,zone=ZONE,nat(dst=A))", server: "ct(zone=ZONE,nat)", nat: true},
	{name: "dnat, two passes", client: "ct(zone=ZONE,nat)", server: "ct(zone=ZONE,nat)", second: "ct(commit,zone=ZONE,nat(dst=A))", nat: true},
	{name: "snat to one port", client: "ct(commit,zone=ZONE,nat(src=B:7000))", server: "ct(zone=ZONE,nat)", nat: true},
	{name: "null snat", client: "ct(commit,zone=ZONE,nat(src))", server: "ct(zone=ZONE,nat)", nat: true},
	{name: "force", client: "ct(force_commit,zone=ZONE)", server: "ct(force_commit,zone=ZONE)"},
	{name: "both commit", client: "ct(commit,zone=ZONE,mark=0x1/0xff)", server: "ct(commit,zone=ZONE,mark=0x200/0xff00)"},
	{name: "two zones", client: "ct(commit,zone=ZONE,nat(src=A)),ct(commit,zone=1ZONE)", server: "ct(zone=1ZONE),ct(zone=ZONE,nat)", nat: true},
	{name: "clear", client: "ct(commit,zone=ZONE),ct_clear", server: "ct(zone=ZONE),ct_clear,ct(zone=2ZONE)"},
	{name: "ftp", client: "ct(commit,zone=ZONE,helper=ftp)", server: "ct(commit,zone=ZONE,helper=ftp)", alg: "ftp"},
	{name: "ftp snat", client: "ct(commit,zone=ZONE,helper=ftp,nat(src=A))", server: "ct(zone=ZONE,nat)", related: "ct(commit,zone=ZONE,nat)", nat: true, alg: "ftp"},
	{name: "ftp dnat", client: "ct(commit,zone=ZONE,helper=ftp,nat(dst=A))", server: "ct(zone=ZONE,nat)", related: "ct(commit,zone=ZONE,nat)", nat: true, alg: "ftp"},
	// The reference shifts sequence numbers from the first change of length on, also
	// those of what was sent before, so that only orderly conversations compare.
	// Addresses of the scenarios above are as long as what they are translated to.
	{name: "ftp snat, longer", client: "ct(commit,zone=ZONE,helper=ftp,nat(src=C))", server: "ct(zone=ZONE,nat)", related: "ct(commit,zone=ZONE,nat)", nat: true, alg: "ftp", orderly: true},
	{name: "tftp", client: "ct(commit,zone=ZONE,helper=tftp)", server: "ct(commit,zone=ZONE)", alg: "tftp"},
}

// A version is an address family with the addresses that actions name.
type version struct{ eth, ofp, frag, a, b, c string }

var versions = []version{
	{"0x0800", "ip", "ipv4()", "10.9.0.1", "10.9.0.2", "10.119.120.121"},
	{"0x86dd", "ipv6", "ipv6()", "fd09::1:1", "fd09::1:2", "fd09::aaaa:bbbb:cccc"},
}

// fill puts zone and addresses into an action.
func (v *version) fill(act string, n int) string {
	act = strings.ReplaceAll(act, "ZONE", fmt.Sprint(10+n))
	for name, addr := range map[string]string{"=A": v.a, "=B": v.b, "=C": v.c} {
		if v.ofp == "ipv6" {
			act = strings.ReplaceAll(act, name+":", "=["+addr+"]:")
		}
		act = strings.ReplaceAll(act, name, "="+addr)
	}
	return act
}

// A pass is what happens to packets with some ct_state that come by a port, after
// recirculation number from, and where they go on: 0 out.
type pass struct {
	from, port int
	state      string // as both languages write it, "" any
	actions    string
	next       int
}

const out = 1 // where packets are sent by their ct_state

func (s *scenario) passes(n int) []pass {
	second := 16 + n
	client, server := pass{0, 1, "", s.client, out}, pass{0, 2, "", s.server, out}
	var l []pass
	if s.second != "" {
		client.next = second
		l = append(l, pass{second, 1, "+new+trk", s.second, out}, pass{second, 1, "-new+trk", "", out})
	}
	if s.related != "" {
		server.next = second
		l = append(l, pass{second, 2, "+new+rel+trk", s.related, out}, pass{second, 2, "+new-rel+trk", "", out}, pass{second, 2, "-new+trk", "", out})
	}
	return append(l, client, server)
}

// dpFlows are the datapath flows for all scenarios. What a packet's ct_state was
// is written into its Ethernet source.
func dpFlows() (l []string) {
	for _, v := range versions {
		for n, s := range scenarios {
			for _, p := range s.passes(n) {
				state, act := "", v.fill(p.actions, n)
				if p.state != "" {
					state = ",ct_state(" + p.state + ")"
				}
				if act != "" {
					act += ","
				}
				l = append(l, fmt.Sprintf("recirc_id(%d),in_port(%d)%s,eth(dst=52:00:00:00:00:%02x),eth_type(%s),%s %srecirc(%d)",
					p.from, p.port, state, n, v.eth, v.frag, act, p.next))
			}
		}
		for _, state := range states() {
			for port := 1; port <= 2; port++ {
				l = append(l, fmt.Sprintf("recirc_id(%d),in_port(%d),ct_state(%#x/0xff),eth(),eth_type(%s),%s "+
					"set(eth(src=00:00:00:00:00:%02x/00:00:00:00:00:ff)),%d", out, port, state, v.eth, v.frag, state, 3-port))
			}
		}
	}
	return l
}

// ofFlows are the same as OpenFlow flows, which the reference translates into
// the same actions: its revalidators let no flow be that is put by hand.
func ofFlows() (l []string) {
	for _, v := range versions {
		for n, s := range scenarios {
			for _, p := range s.passes(n) {
				state := ""
				if p.state != "" {
					state = ",ct_state=" + p.state
				}
				proto := v.ofp
				if strings.Contains(p.actions, "helper=") { // wants to know the protocol
					proto = strings.Replace(proto, "ip", map[string]string{"ftp": "tcp", "tftp": "udp"}[s.alg], 1)
				}
				proto = strings.Replace(strings.Replace(proto, "tcpv6", "tcp6", 1), "udpv6", "udp6", 1)
				l = append(l, fmt.Sprintf("table=%d,in_port=%d,%s,dl_dst=52:00:00:00:00:%02x%s,actions=%s",
					p.from, p.port, proto, n, state, openflow(v.fill(p.actions, n), p.next)))
			}
		}
		for _, state := range states() {
			for port := 1; port <= 2; port++ {
				l = append(l, fmt.Sprintf("table=%d,in_port=%d,%s,ct_state=%#x/0xff,actions=load:%#x->NXM_OF_ETH_SRC[0..7],output:%d",
					out, port, v.ofp, state, state, 3-port))
			}
		}
	}
	return l
}

var (
	dpMark  = regexp.MustCompile(`,mark=([^,)]*)(,label=([^,)]*))?`)
	dpForce = strings.NewReplacer("force_commit", "commit,force", "helper=", "alg=")
)

// openflow is what OpenFlow calls datapath actions, of which the last ct goes on
// in a table.
func openflow(act string, next int) string {
	if act == "" {
		return fmt.Sprintf("resubmit(,%d)", next)
	}
	act = dpForce.Replace(act)
	act = dpMark.ReplaceAllStringFunc(act, func(m string) string {
		f := dpMark.FindStringSubmatch(m)
		e := "set_field:" + f[1] + "->ct_mark"
		if f[3] != "" {
			e += ",set_field:" + f[3] + "->ct_label"
		}
		return ",exec(" + e + ")"
	})
	if !strings.HasSuffix(act, ")") {
		return fmt.Sprintf("%s,resubmit(,%d)", act, next)
	}
	return fmt.Sprintf("%s,table=%d)", strings.TrimSuffix(act, ")"), next)
}

// states are the values of ct_state that a packet can have.
func states() (l []int) {
	l = append(l, 0)
	const isNew, est, rel, rpl, inv, trk, snat, dnat = 1, 2, 4, 8, 16, 32, 64, 128
	for _, a := range []int{0, isNew, est, inv} {
		for _, b := range []int{0, rel} {
			for _, c := range []int{0, rpl} {
				for _, d := range []int{0, snat, dnat} {
					l = append(l, trk|a|b|c|d)
				}
			}
		}
	}
	return l
}
