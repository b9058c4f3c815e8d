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
		typ, opts string
		over      int // bytes around an inner IP packet
	}{
		{"vxlan", "key=1", 20 + 8 + 8 + 14},
		{"gre", "key=1 packet_type=legacy_l3", 20 + 8},
	} {
		if x.typ != "vxlan" && !long() {
			continue
		}
		t.Run(x.typ, func(t *testing.T) {
			ours := sandbox.Ours(t)
			r := &row{typ: x.typ, opts: x.opts, l3: strings.Contains(x.opts, "l3")}
			a, b := connect(t, r, [2]sandbox.Maker{ours, ours})
			for _, s := range []*side{a, b} {
				sh(t, s.ns, "ip link set und mtu 1000")
				sh(t, s.vm, "ip link set eth0 mtu 1500; ethtool -K eth0 tso on gso on >/dev/null 2>&1; true")
			}
			ping := fmt.Sprintf("ping -c 3 -i 0.2 -W 1 -M do -s 1200 %s 2>&1 || true", b.vmAddr())
			if out := sh(t, a.vm, ping); !strings.Contains(out, "100% packet loss") || strings.Contains(out, "Frag needed") {
				t.Errorf("without pmtud: %s", out)
			}
			for _, s := range []*side{a, b} {
				s.sw.Must("ovs-vsctl", "set", "interface", "tun", "options:pmtud=true")
			}
			out := sh(t, a.vm, ping)
			if want := fmt.Sprintf("mtu = %d", 1000-x.over); !strings.Contains(out, want) {
				t.Errorf("with pmtud no %q: %s\n%s", want, out, a.state())
			}
			if n := strings.TrimSpace(a.sw.Must("ovs-appctl", "coverage/read-counter", "tunnel_oversize")); n == "0" {
				t.Errorf("counted %s", n)
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
			if got, err := netlab.Transfer(ctx, a.vm, b.vm, netip.MustParseAddr(b.vmAddr()), 3_000_000); err != nil || got.Sent != got.Received {
				t.Errorf("TCP: %v\n%s", err, a.state())
			}
		})
	}
}
