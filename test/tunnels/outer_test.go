package tunnels

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/internal/pcapfile"
	"govs/packet"
	"govs/test/sandbox"
)

// outer is what a port's options say of the header around a packet.
type outer struct {
	tos, ttl uint8
	df       bool // of IPv4
}

func (o outer) String() string { return fmt.Sprintf("tos %#x ttl %d df %t", o.tos, o.ttl, o.df) }

// around are packets and the headers that they get, by options of the port.
var around = []struct {
	opts string
	send string // options of ping, or an address to ask for by ARP
	want outer
}{
	{"", "", outer{0, 64, true}},
	{"", "-Q 0x48 -t 17 -M dont", outer{0, 64, true}},
	// Marks of congestion go along whatever the options; one that was put on inside is
	// outside a mark of being able to tell.
	{"", "-Q 0x49", outer{1, 64, true}},
	{"tos=0x20", "-Q 0x4a", outer{0x22, 64, true}},
	{"tos=0x20", "-Q 0x4b", outer{0x22, 64, true}},
	{"tos=0x20 ttl=9 df_default=false", "-Q 0x48 -t 17 -M do", outer{0x20, 9, false}},
	{"tos=inherit", "-Q 0x48 -t 17", outer{0x48, 64, true}},
	{"tos=inherit", "-Q 0x4b -t 17", outer{0x4a, 64, true}},
	{"tos=inherit", "-6 -Q 0x49 -t 17", outer{0x49, 64, true}},
	{"ttl=inherit", "-Q 0x48 -t 17", outer{0, 17, true}},
	{"tos=inherit ttl=inherit df_default=false", "-Q 0x4a -t 255", outer{0x4a, 255, false}},
	{"tos=inherit ttl=inherit df_default=false", "-6 -Q 0xb8 -t 33", outer{0xb8, 33, false}},
	{"ttl=inherit tos=0xfc", "-Q 0xb8 -t 1", outer{0xfc, 1, true}},
	{"df_default=true", "-M dont", outer{0, 64, true}},
	// What is no IP packet has nothing to inherit.
	{"tos=inherit ttl=inherit", "192.168.7.99", outer{0, 64, true}},
}

// TestOuter looks at the headers that ours and the reference put around packets, and
// by which way they leave: egress_pkt_mark takes them another.
func TestOuter(t *testing.T) {
	for _, m := range []sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)} {
		for _, r := range []*row{
			{name: "vxlan", typ: "vxlan", opts: "key=1", short: true},
			{name: "vxlan-v6", typ: "vxlan", opts: "key=1", v6: true},
			{name: "geneve", typ: "geneve", opts: "key=1"},
			{name: "gre", typ: "gre"},
			{name: "ip6gre", typ: "ip6gre", v6: true},
			{name: "erspan", typ: "erspan", opts: "erspan_ver=1 erspan_idx=1"},
		} {
			if !r.short && !long() {
				continue
			}
			t.Run(m.Name+"/"+r.name, func(t *testing.T) { outers(t, m, r) })
		}
	}
}

func outers(t *testing.T, m sandbox.Maker, r *row) {
	ovsref.Root(t)
	s := &side{t: t, n: 1, maker: m, ns: namespace(t, "sw"), vm: namespace(t, "vm")}
	far := &side{t: t, n: 2, ns: namespace(t, "far")}
	for _, ns := range []*netlab.Namespace{s.ns, s.vm, far.ns} {
		sh(t, ns, "ip link set lo up; sysctl -q net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0")
	}
	must(t, netlab.Veth(s.vm, "eth0", s.ns, "vm"))
	sh(t, s.vm, "ethtool -K eth0 tx off >/dev/null 2>&1")
	sh(t, s.vm, fmt.Sprintf("ip addr add %s/24 dev eth0; ip addr add %s/64 dev eth0; ip link set eth0 up mtu 1400; "+
		"ip neigh add %s lladdr %s dev eth0; ip neigh add %s lladdr %[4]s dev eth0", s.vmAddr(), s.vmAddr6(), far.vmAddr(), far.vmMAC(), far.vmAddr6()))
	// The other side answers for its addresses, and has no tunnel.
	const gateway, gateway6 = "10.11.0.2", "fd11::2"
	for _, l := range [][3]string{{"und", far.addr(false), far.addr(true)}, {"alt", gateway, gateway6}} {
		must(t, netlab.Veth(s.ns, l[0], far.ns, l[0]))
		sh(t, s.ns, "ethtool -K "+l[0]+" tx off gro off >/dev/null 2>&1")
		sh(t, far.ns, fmt.Sprintf("ip addr add %s/24 dev %s; ip addr add %s/64 dev %[2]s; ip link set %[2]s up mtu 1600", l[1], l[0], l[2]))
	}
	s.start(r, far)
	alt := s.underlay("alt", "10.11.0.1", "fd11::1")
	byUnd, stop := capture(t, far, "und")
	defer stop()
	byAlt, stop := capture(t, far, "alt")
	defer stop()

	number := 0
	// send sends until a packet with the header has come by a way, and returns what came.
	send := func(opts, words, file string, want outer) (got outer) {
		args := []string{"clear", "interface", "tun", "options", "--", "set", "interface", "tun", fmt.Sprintf("options:remote_ip=%q", far.addr(r.v6))}
		for _, o := range strings.Fields(r.opts + " " + opts) {
			args = append(args, "options:"+o)
		}
		s.sw.Must("ovs-vsctl", args...)
		number++
		pattern := []byte{0x5a, 0x17, 0xc3, byte(number)}
		to := far.vmAddr()
		if strings.Contains(words, "-6") {
			to = far.vmAddr6()
		}
		line := fmt.Sprintf("ping -q -c 1 -W 0.1 -p %x %s %s || true", pattern, words, to)
		if a, err := netip.ParseAddr(words); err == nil {
			pattern, line = a.AsSlice(), "arping -q -c 1 -w 1 -I eth0 "+words+" || true"
		}
		for range 40 {
			sh(t, s.vm, line)
			if got = last(t, file, pattern, netip.MustParseAddr(far.addr(r.v6))); got == want {
				break
			}
		}
		return got
	}
	for _, x := range around {
		if r.v6 {
			x.want.df = false
		}
		if got := send(x.opts, x.send, byUnd, x.want); got != x.want {
			t.Errorf("options %q, packet %q: %v, want %v", x.opts, x.send, got, x.want)
		}
	}

	way, via := far.addr(r.v6)+"/32", gateway
	if r.v6 {
		way, via = far.addr(r.v6)+"/128", gateway6
	}
	s.sw.Must("ovs-appctl", "ovs/route/add", way, alt, via, "pkt_mark=7")
	want := outer{0, 64, !r.v6}
	goes := func(opts, file, why string) {
		t.Helper()
		if got := send(opts, "", file, want); got != want {
			t.Errorf("%s: %v\n%s", why, got, s.state())
		}
	}
	goes("", byUnd, "without a mark")
	goes("egress_pkt_mark=7", byAlt, "with the mark of a route")
	s.sw.Must("ovs-ofctl", "add-flow", "br-int", "in_port=1,actions=set_field:7->pkt_mark,output:2")
	goes("", byAlt, "with a mark that a flow sets")
	s.sw.Must("ovs-ofctl", "add-flow", "br-int", "in_port=1,actions=set_field:8->pkt_mark,output:2")
	goes("egress_pkt_mark=7", byAlt, "the port's mark takes the place of the packet's")
	if m.Name == "reference" {
		return // has no rules, and no route for a packet whose mark none has
	}
	s.sw.Must("ovs-ofctl", "add-flow", "br-int", "in_port=1,actions=output:2")
	goes("egress_pkt_mark=9", byUnd, "with a mark that no route has")
	sh(t, s.ns, fmt.Sprintf("ip %s route add %s via %s dev alt table 88; ip %[1]s rule add fwmark 9 lookup 88",
		map[bool]string{true: "-6", false: "-4"}[r.v6], way, via))
	goes("egress_pkt_mark=9", byAlt, "with the mark of a rule of the kernel")
}

// last returns the header around the last frame in a file that has what in it and goes
// to an address: an error that comes back has it in it, too.
func last(t *testing.T, file string, what []byte, to netip.Addr) (o outer) {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	r, err := pcapfile.NewReader(f)
	must(t, err)
	for {
		rec, err := r.Next()
		if err != nil { // the last record may be half there
			return o
		}
		ip := rec.Data[min(len(rec.Data), packet.EthernetLen):]
		if !bytes.Contains(ip, what) {
			continue
		}
		if h := packet.IPv6(ip); to.Is6() && h.Valid() && netip.AddrFrom16([16]byte(h[24:40])) == to {
			o = outer{h.TC(), h.HopLimit(), false}
		} else if h := packet.IPv4(ip); to.Is4() && h.Valid() && netip.AddrFrom4([4]byte(h[16:20])) == to {
			o = outer{h[1], h[8], h[6]&0x40 != 0}
		}
	}
}
