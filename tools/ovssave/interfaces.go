package ovssave

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"govs/cli"
	"govs/internal/programs"
)

// interfaces writes a script that gives network interfaces their addresses and
// routes again, in ip(8)'s words. A name without an interface is reported and
// left out.
func interfaces(o cli.IO, name string, ifaces []string) int {
	if len(ifaces) == 0 {
		return 0
	}
	for _, iface := range ifaces {
		link, err := netlink.LinkByName(iface)
		if err != nil {
			var gone netlink.LinkNotFoundError
			if errors.As(err, &gone) {
				o.Errorf(name, "device %q does not exist", iface)
				continue
			}
			return o.Fail(name, err)
		}
		if err := saveInterface(o, link); err != nil {
			return o.Fail(name, fmt.Errorf("%s: %w", iface, err))
		}
	}
	saveIptables(o)
	return 0
}

func saveInterface(o cli.IO, link netlink.Link) error {
	a := link.Attrs()
	dev := quoteIface(a.Name)
	fmt.Fprintf(o.Out, "# %s\nip link set dev %s down\n", a.Name, dev)
	if a.Flags&net.FlagUp != 0 {
		fmt.Fprintf(o.Out, "ip link set dev %s up txqueuelen %d", dev, a.TxQLen)
		if len(a.HardwareAddr) > 0 && a.Flags&net.FlagLoopback == 0 {
			fmt.Fprintf(o.Out, " address %s", a.HardwareAddr)
		}
		fmt.Fprintf(o.Out, " mtu %d\n", a.MTU)
	}
	fmt.Fprintf(o.Out, "ip addr flush dev %s 2>/dev/null\n", dev)
	for _, f := range []struct {
		family int
		name   string
	}{{netlink.FAMILY_V4, "inet"}, {netlink.FAMILY_V6, "inet6"}} {
		addrs, err := netlink.AddrList(link, f.family)
		if err != nil {
			return err
		}
		for _, ad := range addrs {
			fmt.Fprintf(o.Out, "ip -f %s addr add %s dev %s\n", f.name, address(&ad), dev)
		}
		routes, err := netlink.RouteListFiltered(f.family, &netlink.Route{LinkIndex: a.Index, Protocol: unix.RTPROT_BOOT},
			netlink.RT_FILTER_OIF|netlink.RT_FILTER_PROTOCOL)
		if err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "ip -f %s route flush dev %s proto boot 2>/dev/null\n", f.name, dev)
		for _, r := range routes {
			fmt.Fprintf(o.Out, "ip -f %s route add %s dev %s\n", f.name, routeText(&r, f.family), dev)
		}
	}
	fmt.Fprintln(o.Out)
	return nil
}

// address is what follows "ip addr add".
func address(a *netlink.Addr) string {
	var b strings.Builder
	if a.Peer != nil && !a.Peer.IP.Equal(a.IP) {
		fmt.Fprintf(&b, "%s peer %s", a.IP, a.Peer)
	} else {
		fmt.Fprint(&b, a.IPNet)
	}
	if a.Broadcast != nil {
		fmt.Fprintf(&b, " brd %s", a.Broadcast)
	}
	scope := netlink.Scope(a.Scope).String()
	if a.Scope == unix.RT_SCOPE_UNIVERSE {
		scope = "global" // which ip(8) calls it
	}
	fmt.Fprintf(&b, " scope %s", scope)
	if a.Label != "" {
		fmt.Fprintf(&b, " label %s", quoteIface(a.Label))
	}
	return b.String()
}

// routeText is what follows "ip route add".
func routeText(r *netlink.Route, family int) string {
	dst := "default"
	if r.Dst != nil {
		if ones, _ := r.Dst.Mask.Size(); ones > 0 {
			dst = r.Dst.String()
		}
	}
	if r.Gw != nil {
		dst += " via " + r.Gw.String()
	}
	if r.Src != nil {
		dst += " src " + r.Src.String()
	}
	// The kernel gives IPv6 routes this metric by itself.
	const defaultV6 = 1024
	if r.Priority != 0 && !(family == netlink.FAMILY_V6 && r.Priority == defaultV6) {
		dst += fmt.Sprintf(" metric %d", r.Priority)
	}
	if r.MTU != 0 {
		dst += fmt.Sprintf(" mtu %d", r.MTU)
	}
	if family == netlink.FAMILY_V4 && r.Scope == netlink.SCOPE_LINK && r.Gw == nil {
		dst += " scope link"
	}
	if r.Table != 0 && r.Table != unix.RT_TABLE_MAIN {
		dst += fmt.Sprintf(" table %d", r.Table)
	}
	return dst
}

// saveIptables adds the rules of iptables where its programs are.
func saveIptables(o cli.IO) {
	for _, tool := range []string{"iptables", "ip6tables"} {
		b, err := exec.Command(tool + "-save").Output()
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintf(o.Out, "# %s-save is not installed: its rules are not saved\n", tool)
			continue
		}
		if err != nil {
			fmt.Fprintf(o.Out, "# %s-save failed (%s): its rules are not saved\n", tool, err)
			continue
		}
		if text := string(b); strings.TrimSpace(text) != "" {
			fmt.Fprintf(o.Out, "%s-restore <<'EOF'\n%sEOF\n", tool, text)
		}
	}
}

// quoteIface is a shell word, in quotes where a name needs them.
func quoteIface(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@") == "" {
		return s
	}
	return programs.ShellWord(s)
}
