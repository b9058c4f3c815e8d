package tunnels

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// A row is a tunnel between two switches. Port 1 of bridge br-int is the machine,
// port 2 the tunnel. The options of both ends are those of opts, and %s in
// flows stands for the fields that a flow may match, or "".
type row struct {
	name, typ string
	opts      string // of both ends
	set       string // actions before the packet goes into the tunnel
	match     string // what a packet that comes out of it must have
	l3        bool   // no Ethernet header goes through
	v6        bool   // underlay
	flow      bool   // remote_ip=flow: set has the address, % for it
	alone     bool   // the reference cannot do it
	oneWay    bool   // the reference can only receive it
	tshark    string // decode as
	short     bool   // in the short run, too
}

var rows = []row{
	{name: "vxlan", typ: "vxlan", opts: "key=42"},
	{name: "vxlan-v6", typ: "vxlan", opts: "key=flow csum=true", set: "set_tunnel:77,", match: "tun_id=77,", v6: true},
	{name: "vxlan-port-tos", typ: "vxlan", opts: "in_key=5 out_key=5 dst_port=5000 tos=0x20 ttl=9", match: "tun_id=5,", tshark: "udp.port==5000,vxlan"},
	{name: "vxlan-flow", typ: "vxlan", opts: "key=flow", set: "set_tunnel:9,set_field:%->tun_dst,", match: "tun_id=9,tun_src=%,", flow: true},
	{name: "vxlan-gpe", typ: "vxlan", opts: "key=3 exts=gpe packet_type=legacy_l3 dst_port=4790", l3: true},
	{name: "vxlan-gbp", typ: "vxlan", opts: "key=3 exts=gbp", set: "set_field:500->tun_gbp_id,set_field:8->tun_gbp_flags,", match: "tun_gbp_id=500,tun_gbp_flags=8,", alone: true},
	{name: "geneve", typ: "geneve", opts: "key=flow csum=true", short: true,
		set:   "set_tunnel:0x123456,set_field:0xdeadbeef->tun_metadata0,set_field:0x1122334455667788->tun_metadata1,",
		match: "tun_id=0x123456,tun_metadata0=0xdeadbeef,tun_metadata1=0x1122334455667788/0xffffffff,"},
	{name: "geneve-v6", typ: "geneve", opts: "key=7", set: "set_field:1->tun_flags,", match: "tun_flags=oam,", v6: true},
	{name: "geneve-one-option", typ: "geneve", opts: "key=7", set: "set_field:5->tun_metadata0,", match: "tun_metadata0=5,"},
	{name: "gre", typ: "gre", opts: ""},
	{name: "gre-csum", typ: "gre", opts: "key=0x89abcdef csum=true", match: "tun_id=0x89abcdef,", short: true},
	{name: "gre-seq", typ: "gre", opts: "key=0x89abcdef seq=true", match: "tun_id=0x89abcdef,"},
	// The reference's checksum does not cover the sequence number that it sends.
	{name: "gre-all", typ: "gre", opts: "key=0x89abcdef csum=true seq=true", match: "tun_id=0x89abcdef,", alone: true},
	{name: "gre-v6", typ: "gre", opts: "key=4 csum=true", v6: true},
	{name: "gre-l3", typ: "gre", opts: "key=4 packet_type=legacy_l3", l3: true},
	{name: "ip6gre", typ: "ip6gre", opts: "key=4", v6: true},
	{name: "erspan-1", typ: "erspan", opts: "key=100 erspan_ver=1 erspan_idx=0x12345", match: "tun_erspan_ver=1,tun_erspan_idx=0x12345,", short: true},
	{name: "erspan-2", typ: "erspan", opts: "key=100 erspan_ver=2 erspan_dir=1 erspan_hwid=5", match: "tun_erspan_ver=2,tun_erspan_dir=1,"},
	{name: "ip6erspan", typ: "ip6erspan", opts: "key=100 erspan_ver=1 erspan_idx=7", match: "tun_erspan_idx=7,", v6: true},
	// The reference computes GTP-U's UDP checksum before it has filled in the
	// length, so what it sends is broken.
	{name: "gtpu-to-reference", typ: "gtpu", opts: "key=0x1000", l3: true, match: "tun_id=0x1000,tun_gtpu_msgtype=255,", oneWay: true},
	{name: "gtpu-v6-to-reference", typ: "gtpu", opts: "key=0x1000", l3: true, v6: true, oneWay: true},
	{name: "gtpu", typ: "gtpu", opts: "key=flow", set: "set_tunnel:5,", l3: true, match: "tun_id=5,tun_gtpu_flags=0x30,", alone: true},
	{name: "gtpu-v6", typ: "gtpu", opts: "key=0x1000", l3: true, v6: true, alone: true},
	{name: "bareudp", typ: "bareudp", opts: "dst_port=6000 payload_type=ip", l3: true, alone: true, tshark: "udp.port==6000,ip"},
	{name: "bareudp-v6", typ: "bareudp", opts: "dst_port=6000 payload_type=ip", l3: true, v6: true, alone: true, tshark: "udp.port==6000,ip"},
	{name: "srv6", typ: "srv6", opts: "", l3: true, v6: true, alone: true, short: true},
	{name: "srv6-label", typ: "srv6", opts: "srv6_flowlabel=compute", l3: true, v6: true, alone: true},
}

// side is one end: a switch and a machine behind it.
type side struct {
	t      *testing.T
	sw     *sandbox.Switch
	ns, vm *netlab.Namespace
	n      int // 1 or 2
	maker  sandbox.Maker
}

func (s *side) addr(v6 bool) string {
	if v6 {
		return fmt.Sprintf("fd10::%d", s.n)
	}
	return fmt.Sprintf("10.10.0.%d", s.n)
}

func (s *side) vmAddr() string  { return fmt.Sprintf("192.168.7.%d", s.n) }
func (s *side) vmAddr6() string { return fmt.Sprintf("fd07::%d", s.n) }
func (s *side) vmMAC() string   { return fmt.Sprintf("02:00:00:00:07:%02x", s.n) }

// sh runs a line of shell in a namespace.
func sh(t *testing.T, ns *netlab.Namespace, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/sbin:/usr/bin:/bin")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := ns.Run(cmd); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out.String())
	}
	return out.String()
}

// connect builds two sides with a cable between the switches, and the tunnel of
// the row on both.
func connect(t *testing.T, r *row, makers [2]sandbox.Maker) (a, b *side) {
	t.Helper()
	ovsref.Root(t)
	sides := [2]*side{}
	for i, m := range makers {
		s := &side{t: t, n: i + 1, maker: m, ns: namespace(t, "sw"), vm: namespace(t, "vm")}
		sides[i] = s
		for _, ns := range []*netlab.Namespace{s.ns, s.vm} {
			sh(t, ns, "ip link set lo up; sysctl -q net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0")
		}
	}
	a, b = sides[0], sides[1]
	must(t, netlab.Veth(a.ns, "und", b.ns, "und"))
	for i, s := range sides {
		// The reference takes no unfinished packets.
		sh(t, s.ns, "ethtool -K und tx off gro off >/dev/null 2>&1; ip link set und mtu 1600")
		must(t, netlab.Veth(s.vm, "eth0", s.ns, "vm"))
		if s.maker.Name == "reference" {
			sh(t, s.vm, "ethtool -K eth0 tx off >/dev/null 2>&1")
		}
		must(t, s.vm.MAC("eth0", s.vmMAC()))
		sh(t, s.vm, fmt.Sprintf("ip addr add %s/24 dev eth0; ip neigh add %s lladdr %s dev eth0; ip link set eth0 mtu 1400",
			s.vmAddr(), sides[1-i].vmAddr(), sides[1-i].vmMAC()))
		s.start(r, sides[1-i])
	}
	return a, b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// underlay gives addresses to an interface that packets leave by, and returns what
// routes call it.
func (s *side) underlay(nic, v4, v6 string) (dev string) {
	dev = nic
	if s.maker.Name == "reference" {
		// Its encapsulated packets leave by a bridge.
		dev = "br-" + nic
		s.sw.Must("ovs-vsctl", "add-br", dev, "--", "set", "bridge", dev, "datapath_type=netdev",
			fmt.Sprintf("other_config:hwaddr=02:00:00:%02x:10:%02x", nic[0], s.n), "--", "add-port", dev, nic)
	}
	sh(s.t, s.ns, fmt.Sprintf("ip addr add %s/24 dev %s; ip addr add %s/64 dev %[2]s; ip link set %[2]s mtu 1600; ip link set %[2]s up", v4, dev, v6))
	return dev
}

// start starts the switch and its tunnel to the other side.
func (s *side) start(r *row, other *side) {
	t := s.t
	s.sw = sandbox.Start(t, s.maker, sandbox.Config{Dummy: "no", Namespace: s.ns})
	s.underlay("und", s.addr(false), s.addr(true))
	remote := other.addr(r.v6)
	args := []string{"add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure",
		"--", "add-port", "br-int", "vm", "--", "set", "interface", "vm", "ofport_request=1",
		"--", "add-port", "br-int", "tun", "--", "set", "interface", "tun", "ofport_request=2", "type=" + r.typ}
	if r.flow {
		args = append(args, "options:remote_ip=flow")
	} else {
		args = append(args, fmt.Sprintf("options:remote_ip=%q", remote))
	}
	for _, o := range strings.Fields(r.opts) {
		k, v, _ := strings.Cut(o, "=")
		args = append(args, fmt.Sprintf("options:%s=%q", k, v))
	}
	s.sw.Must("ovs-vsctl", args...)
	if e := s.sw.Must("ovs-vsctl", "get", "interface", "tun", "error"); e != "[]\n" {
		t.Fatalf("%s: %s", s.maker.Name, e)
	}
	s.sw.Must("ovs-ofctl", "add-tlv-map", "br-int", "{class=0xffff,type=0x80,len=4}->tun_metadata0,{class=0x102,type=1,len=8}->tun_metadata1")
	in := ""
	if r.l3 {
		in = "mod_dl_dst:" + s.vmMAC() + ","
	}
	subst := func(x string) string { return strings.ReplaceAll(x, "%", remote) }
	s.sw.Must("ovs-ofctl", "add-flow", "br-int", "in_port=1,actions="+subst(r.set)+"output:2")
	s.sw.Must("ovs-ofctl", "add-flow", "br-int", "in_port=2,"+subst(r.match)+"actions="+in+"output:1")
}

// state tells where packets got lost.
func (s *side) state() string {
	var b strings.Builder
	for _, cmd := range [][]string{
		{"ovs-ofctl", "dump-flows", "br-int"}, {"ovs-appctl", "dpctl/dump-flows", "-m"}, {"ovs-appctl", "ovs/route/show"},
		{"ovs-appctl", "tnl/neigh/show"}, {"ovs-appctl", "tnl/ports/show", "-v"}, {"ovs-ofctl", "dump-ports", "br-int"},
	} {
		r := s.sw.Run(cmd[0], cmd[1:]...)
		fmt.Fprintf(&b, "%s %v:\n%s%s", s.maker.Name, cmd, r.Out, r.Err)
	}
	return b.String()
}

// capture records what passes on a cable between the switches.
func capture(t *testing.T, s *side, nic string) (file string, stop func()) {
	t.Helper()
	file = filepath.Join(t.TempDir(), nic+".pcap")
	cmd := exec.Command("tcpdump", "-i", nic, "-U", "-s", "2048", "--immediate-mode", "-Z", "root", "-w", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, s.ns.Start(cmd))
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	for range 300 {
		if st, err := os.Stat(file); err == nil && st.Size() >= 24 {
			return file, stop
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	t.Fatal("tcpdump does not begin")
	return "", nil
}

// faults lists frames that are malformed or have a wrong checksum. That of TCP may be
// 0xffff where tshark wants zero: the kernel writes it so.
func faults(t *testing.T, file, decode string) string {
	t.Helper()
	args := []string{"-n", "-r", file, "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE",
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
		"-Y", "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 && tcp.checksum != 0xffff || udp.checksum.status == 0 || icmp.checksum.status == 0 || gre.checksum.status == 0"}
	if decode != "" {
		args = append(args, "-d", decode)
	}
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(file))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	if n := bytes.Count(out, []byte("\n")); n > 5 {
		return string(out[:min(len(out), 1500)]) + fmt.Sprintf("... %d frames\n", n)
	}
	return string(out)
}

// unanswered pings, words being ping's, and returns what ping says where that gets no
// answer. The first packets may be lost while neighbours are being found. After those
// each is a ping of its own, as one that has got answers waits for the last no longer
// than those took, which on a busy machine is too short.
func unanswered(t *testing.T, ns *netlab.Namespace, words string) string {
	t.Helper()
	sh(t, ns, "for i in $(seq 60); do ping -q -c 1 -W 0.2 "+words+" && exit; done; true")
	return sh(t, ns, "for i in 1 2 3 4 5; do out=$(ping -c 1 -W 3 "+words+") || { echo \"$out\"; exit 0; }; done")
}

// exchange pings and sends by TCP both ways.
func exchange(t *testing.T, a, b *side) {
	t.Helper()
	sides := []*side{a, b}
	for i, s := range sides {
		o := sides[1-i]
		if lost := unanswered(t, s.vm, o.vmAddr()); lost != "" {
			t.Fatalf("%s to %s: %s\n%s\n%s", s.maker.Name, o.maker.Name, lost, s.state(), o.state())
		}
	}
	for i, s := range sides {
		o := sides[1-i]
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		got, err := netlab.Transfer(ctx, s.vm, o.vm, netip.MustParseAddr(o.vmAddr()), 300_000)
		cancel()
		t.Logf("TCP from %s to %s: %v", s.maker.Name, o.maker.Name, got.Took)
		if err != nil || got.Sent != got.Received {
			t.Fatalf("TCP from %s to %s: %v\n%s\n%s", s.maker.Name, o.maker.Name, err, s.state(), o.state())
		}
	}
}

// sends pings from a to b, which must get the requests.
func sends(t *testing.T, a, b *side) {
	t.Helper()
	sh(t, a.vm, fmt.Sprintf("ping -q -c 10 -i 0.1 -w 3 %s || true", b.vmAddr()))
	out := sh(t, b.vm, "cat /proc/net/snmp")
	if lines := strings.Split(out[strings.Index(out, "Icmp:"):], "\n"); len(lines) < 2 || strings.HasPrefix(lines[1], "Icmp: 0 ") {
		t.Errorf("no request has arrived:\n%s\n%s", a.state(), b.state())
	}
}

// TestWire has two switches talk through each row's tunnel: ours and the
// reference, or two of ours where the reference has no such tunnel.
func TestWire(t *testing.T) {
	for i := range rows {
		r := &rows[i]
		if !r.short && !long() {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			makers := [2]sandbox.Maker{sandbox.Ours(t), sandbox.Reference(t)}
			if r.alone {
				makers[1] = makers[0]
			}
			a, b := connect(t, r, makers)
			file, stop := capture(t, a, "und")
			if r.oneWay {
				sends(t, a, b)
			} else {
				exchange(t, a, b)
			}
			stop()
			if r.oneWay {
				return // what the reference answers would count as faulty
			}
			if f := faults(t, file, r.tshark); f != "" {
				t.Errorf("faulty frames:\n%s", f)
			}
		})
	}
}
