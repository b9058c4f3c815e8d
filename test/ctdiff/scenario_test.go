package ctdiff

import (
	"encoding/binary"
	"fmt"
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

// flows are the datapath flows for all scenarios. What a packet's ct_state was is
// written into its Ethernet source.
func flows() []string {
	var l []string
	for n, s := range scenarios {
		for _, v := range []struct{ typ, match, a, b, c string }{
			{"0x0800", "ipv4(frag=no)", "10.9.0.1", "10.9.0.2", "10.119.120.121"},
			{"0x86dd", "ipv6(frag=no)", "fd09::1:1", "fd09::1:2", "fd09::aaaa:bbbb:cccc"},
		} {
			fill := func(act string) string {
				out := ""
				for i := 0; i < len(act); i++ {
					switch {
					case len(act) >= i+4 && act[i:i+4] == "ZONE":
						out += fmt.Sprint(10 + n)
						i += 3
					case act[i] >= 'A' && act[i] <= 'C':
						a := [...]string{v.a, v.b, v.c}[act[i]-'A']
						if v.typ == "0x86dd" && i+1 < len(act) && act[i+1] == ':' {
							a = "[" + a + "]"
						}
						out += a
					default:
						out += act[i : i+1]
					}
				}
				return out
			}
			next := "recirc(1)"
			if s.second != "" {
				next = fmt.Sprintf("recirc(%d)", 0x10+n)
			}
			flow := func(recirc, port int, match, act string) {
				l = append(l, fmt.Sprintf("recirc_id(%#x),in_port(%d)%s,eth(dst=52:00:00:00:00:%02x),eth_type(%s),%s %s",
					recirc, port, match, n, v.typ, v.match, act))
			}
			flow(0, 1, "", fill(s.client)+","+next)
			back := "recirc(1)"
			if s.related != "" {
				back = fmt.Sprintf("recirc(%d)", 16+n)
				flow(16+n, 2, ",ct_state(+new+rel+trk)", fill(s.related)+",recirc(1)")
				flow(16+n, 2, ",ct_state(+new-rel+trk)", "recirc(1)")
				flow(16+n, 2, ",ct_state(-new+trk)", "recirc(1)")
			}
			flow(0, 2, "", fill(s.server)+","+back)
			if s.second != "" {
				flow(0x10+n, 1, ",ct_state(+new+trk)", fill(s.second)+",recirc(1)")
				flow(0x10+n, 1, ",ct_state(-new+trk)", "recirc(1)")
			}
		}
	}
	for _, state := range states() {
		for port := 1; port <= 2; port++ {
			for _, v := range [][2]string{{"0x0800", "ipv4(frag=no)"}, {"0x86dd", "ipv6(frag=no)"}} {
				l = append(l, fmt.Sprintf("recirc_id(0x1),in_port(%d),ct_state(%#x/0xff),eth(),eth_type(%s),%s "+
					"set(eth(src=00:00:00:00:00:%02x/00:00:00:00:00:ff)),%d", port, state, v[0], v[1], state, 3-port))
			}
		}
	}
	return l
}

// states are the values of ct_state that a tracked packet can have.
func states() (l []int) {
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
