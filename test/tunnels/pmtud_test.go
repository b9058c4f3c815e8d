package tunnels

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"govs/internal/netlab"
	"govs/test/sandbox"
)

// TestPathMTU narrows the way between the switches: with pmtud=true the machine
// is told how long its packets may be, without it they are lost, and counted
// either way.
func TestPathMTU(t *testing.T) {
	for _, x := range []struct {
		name, typ, opts string
		v6, inner6      bool // the way between the switches; the packets
		over            int  // bytes around an inner IP packet
		short           bool // in the short run, too
	}{
		{"vxlan", "vxlan", "key=1", false, false, 20 + 8 + 8 + 14, true},
		{"vxlan, IPv6 in IPv6", "vxlan", "key=1", true, true, 40 + 8 + 8 + 14, true},
		{"gre", "gre", "key=1 packet_type=legacy_l3", false, false, 20 + 8, false},
		{"gre, IPv6 in IPv4", "gre", "key=1 packet_type=legacy_l3", false, true, 20 + 8, false},
		{"gre, IPv4 in IPv6", "gre", "key=1 packet_type=legacy_l3", true, false, 40 + 8, false},
		{"geneve, IPv6 in IPv4", "geneve", "key=1", false, true, 20 + 8 + 8 + 14, false},
	} {
		if !x.short && !long() {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			ours := sandbox.Ours(t)
			r := &row{typ: x.typ, opts: x.opts, l3: strings.Contains(x.opts, "l3"), v6: x.v6}
			a, b := connect(t, r, [2]sandbox.Maker{ours, ours})
			const mtu = 1400 // IPv6 needs 1280 inside
			to, told := b.vmAddr(), "Frag needed and DF set (mtu = %d)"
			if x.inner6 {
				to, told = b.vmAddr6(), "Packet too big: mtu=%d"
			}
			for i, s := range []*side{a, b} {
				o := [...]*side{b, a}[i]
				sh(t, s.ns, fmt.Sprintf("ip link set und mtu %d", mtu))
				sh(t, s.vm, "ip link set eth0 mtu 1500; ethtool -K eth0 tso on gso on >/dev/null 2>&1; true")
				sh(t, s.vm, fmt.Sprintf("ip addr add %s/64 dev eth0; ip neigh add %s lladdr %s dev eth0", s.vmAddr6(), o.vmAddr6(), o.vmMAC()))
			}
			ping := fmt.Sprintf("ping -c 3 -i 0.2 -W 1 -M do -s 1430 %s 2>&1 || true", to)
			if out := sh(t, a.vm, ping); !strings.Contains(out, "100% packet loss") || strings.Contains(strings.ToLower(out), "mtu") {
				t.Errorf("without pmtud: %s", out)
			}
			if n := strings.TrimSpace(a.sw.Must("ovs-appctl", "coverage/read-counter", "tunnel_oversize")); n == "0" {
				t.Errorf("counted without pmtud: %s", n)
			}
			for _, s := range []*side{a, b} {
				s.sw.Must("ovs-vsctl", "set", "interface", "tun", "options:pmtud=true")
			}
			out := sh(t, a.vm, ping)
			if want := fmt.Sprintf(told, mtu-x.over); !strings.Contains(out, want) {
				t.Errorf("with pmtud no %q: %s\n%s", want, out, a.state())
			}
			for range 100 {
				if r := a.sw.Run("ovs-vsctl", "get", "interface", "tun", "statistics:tunnel_oversize"); r.Code == 0 && r.Out != "0\n" {
					out = ""
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			if out != "" {
				t.Errorf("statistics: %s", a.sw.Must("ovs-vsctl", "get", "interface", "tun", "statistics"))
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			// Super-frames, too, are brought down to the size.
			if got, err := netlab.Transfer(ctx, a.vm, b.vm, netip.MustParseAddr(to), 3_000_000); err != nil || got.Sent != got.Received {
				t.Errorf("TCP: %v\n%s", err, a.state())
			}
		})
	}
}
