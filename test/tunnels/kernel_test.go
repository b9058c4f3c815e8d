package tunnels

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// TestKernel has our switch talk to the kernel's own vxlan device, with the
// offloads that the kernel likes.
func TestKernel(t *testing.T) {
	for _, x := range []struct {
		name       string
		v6         bool
		device     string // parameters of the kernel's device
		opts       string
		set, match string
	}{
		{"v4", false, "", "key=42", "", "tun_id=42,"},
		{"v6", true, "udp6zerocsumrx", "key=flow", "set_tunnel:42,", "tun_id=42,"},
		// The kernel takes the group from the packet's mark, and gives it back.
		{"gbp", false, "gbp", "key=42 exts=gbp", "set_field:500->tun_gbp_id,", "tun_gbp_id=300,"},
	} {
		if x.v6 && !long() {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			ovsref.Root(t)
			a := &side{t: t, n: 1, maker: sandbox.Ours(t), ns: namespace(t, "sw"), vm: namespace(t, "vm")}
			b := &side{t: t, n: 2, ns: namespace(t, "k")}
			b.vm = b.ns
			for _, ns := range []*netlab.Namespace{a.ns, a.vm, b.ns} {
				sh(t, ns, "ip link set lo up; sysctl -q net.ipv6.conf.default.accept_dad=0")
			}
			must(t, netlab.Veth(a.ns, "und", b.ns, "und"))
			must(t, netlab.Veth(a.vm, "eth0", a.ns, "vm"))
			must(t, a.vm.MAC("eth0", a.vmMAC()))
			sh(t, a.vm, fmt.Sprintf("ip addr add %s/24 dev eth0; ip link set eth0 mtu 1400", a.vmAddr()))
			sh(t, b.ns, fmt.Sprintf("ip addr add %s/24 dev und; ip addr add %s/64 dev und; "+
				"ip link add vx0 address %s type vxlan id 42 dstport 4789 local %s remote %s %s; ip addr add %s/24 dev vx0; ip link set vx0 up mtu 1400",
				b.addr(false), b.addr(true), b.vmMAC(), b.addr(x.v6), a.addr(x.v6), x.device, b.vmAddr()))
			a.start(&row{typ: "vxlan", opts: x.opts, set: x.set, v6: x.v6}, b)
			mark := ""
			if x.name == "gbp" {
				mark = "-m 300 "
				// Replies carry no mark, so they go by a flow of their own.
				a.sw.Must("ovs-ofctl", "add-flow", "br-int", "priority=1,in_port=2,actions=output:1")
			} else {
				a.sw.Must("ovs-ofctl", "del-flows", "br-int", "in_port=2")
			}
			a.sw.Must("ovs-ofctl", "add-flow", "br-int", "priority=40000,in_port=2,"+x.match+"actions=output:1")
			if lost := unanswered(t, b.vm, mark+a.vmAddr()); lost != "" {
				t.Fatalf("%s\n%s", lost, a.state())
			}
			if out := a.sw.Must("ovs-ofctl", "dump-flows", "br-int", x.match+"in_port=2"); strings.Contains(out, "n_packets=0") || !strings.Contains(out, "n_packets=") {
				t.Errorf("no packet had %s\n%s", x.match, out)
			}
			for _, p := range [][2]*side{{a, b}, {b, a}} {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				got, err := netlab.Transfer(ctx, p[0].vm, p[1].vm, netip.MustParseAddr(p[1].vmAddr()), 5_000_000)
				cancel()
				if err != nil || got.Sent != got.Received {
					t.Fatalf("TCP: %v\n%s", err, a.state())
				}
				t.Logf("TCP, 5 MB: %v", got.Took)
			}
		})
	}
}
