package route

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"govs/daemon/unixctl"
)

// Commands returns the rows of ovs/route/* and tnl/neigh/* (tnl/arp/*), with
// OVS's layout (ovs-vswitchd(8)).
func (t *Table) Commands() []unixctl.Command {
	rows := []unixctl.Command{
		{Name: "ovs/route/add", Usage: "ip/plen dev [gw] [pkt_mark=mark] [src=src_ip]", MinArgs: 2, MaxArgs: 5, Run: t.cmdAdd},
		{Name: "ovs/route/del", Usage: "ip/plen [pkt_mark=mark]", MinArgs: 1, MaxArgs: 2, Run: t.cmdDel},
		{Name: "ovs/route/show", MaxArgs: 0, Run: t.cmdShow},
		{Name: "ovs/route/lookup", Usage: "ip_addr [pkt_mark=mark] [src=src_ip]", MinArgs: 1, MaxArgs: 3, Run: t.cmdLookup},
	}
	for _, p := range []string{"tnl/neigh/", "tnl/arp/"} {
		rows = append(rows,
			unixctl.Command{Name: p + "show", MaxArgs: 0, Run: t.cmdNeighShow},
			unixctl.Command{Name: p + "set", Usage: "BRIDGE IP MAC", MinArgs: 3, MaxArgs: 3, Run: t.cmdNeighSet},
			unixctl.Command{Name: p + "flush", MaxArgs: 0, Run: t.cmdNeighFlush})
	}
	return rows
}

// qualifiers reads the trailing pkt_mark= and src= of a command; what is left is
// returned.
func qualifiers(args []string) (rest []string, mark uint32, src netip.Addr, bad string) {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, "pkt_mark="); ok {
			n, err := strconv.ParseUint(v, 0, 32)
			if err != nil {
				return nil, 0, src, "Invalid pkt_mark"
			}
			mark = uint32(n)
		} else if v, ok := strings.CutPrefix(a, "src="); ok {
			var err error
			if src, err = netip.ParseAddr(v); err != nil {
				return nil, 0, src, "Invalid src address"
			}
		} else {
			rest = append(rest, a)
		}
	}
	return rest, mark, src, ""
}

// prefix reads "ip/plen", or an address as a prefix of full length.
func prefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}

func (t *Table) cmdAdd(r *unixctl.Request) {
	rest, mark, src, bad := qualifiers(r.Args)
	if bad != "" {
		r.Error(bad)
		return
	}
	if len(rest) < 2 || len(rest) > 3 {
		r.Error("Invalid parameters")
		return
	}
	p, ok := prefix(rest[0])
	var gw netip.Addr
	if ok && len(rest) == 3 {
		var err error
		gw, err = netip.ParseAddr(rest[2])
		ok = err == nil
	}
	switch {
	case !ok:
		r.Error("Invalid parameters")
	case t.AddUser(p, rest[1], gw, src, mark) != nil:
		r.Error("Error while inserting route.")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdDel(r *unixctl.Request) {
	rest, mark, _, bad := qualifiers(r.Args)
	if bad != "" {
		r.Error(bad)
		return
	}
	if len(rest) != 1 {
		r.Error("Invalid parameters")
		return
	}
	p, ok := prefix(rest[0])
	switch {
	case !ok:
		r.Error("Invalid parameters")
	case !t.DelUser(p, mark):
		r.Error("Not found")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdShow(r *unixctl.Request) {
	list, err := t.Entries()
	if err != nil {
		r.Error(err.Error())
		return
	}
	var b strings.Builder
	b.WriteString("Route Table:\n")
	for _, e := range list {
		kind := "Cached"
		if e.User {
			kind = "User"
		}
		fmt.Fprintf(&b, "%s: %s", kind, e.Prefix)
		if e.Mark != 0 {
			fmt.Fprintf(&b, " MARK %d", e.Mark)
		}
		fmt.Fprintf(&b, " dev %s", e.Dev)
		if e.Gateway.IsValid() {
			fmt.Fprintf(&b, " GW %s", e.Gateway)
		}
		fmt.Fprintf(&b, " SRC %s", e.Source)
		if e.Local {
			b.WriteString(" local")
		}
		b.WriteByte('\n')
	}
	r.Reply(b.String())
}

func (t *Table) cmdLookup(r *unixctl.Request) {
	rest, mark, src, bad := qualifiers(r.Args)
	if bad != "" {
		r.Error(bad)
		return
	}
	if len(rest) != 1 {
		r.Error("Invalid parameters")
		return
	}
	dst, err := netip.ParseAddr(rest[0])
	if err != nil {
		r.Error("Invalid parameters")
		return
	}
	e, err := t.Lookup(dst, src, mark)
	if err != nil {
		r.Error("Not found")
		return
	}
	gw := "::" // as OVS prints "none"
	if e.Gateway.IsValid() {
		gw = e.Gateway.String()
	}
	r.Reply(fmt.Sprintf("src %s\ngateway %s\ndev %s\n", e.Source, gw, e.Name))
}

func (t *Table) cmdNeighShow(r *unixctl.Request) {
	m := *t.neighs.Load()
	type line struct {
		ip        netip.Addr
		mac, name string
	}
	var lines []line
	names := map[int]string{}
	for k, n := range m {
		name := n.name
		if name == "" {
			if names[k.ifindex] == "" {
				if l, err := t.nl.LinkByIndex(k.ifindex); err == nil {
					names[k.ifindex] = l.Attrs().Name
				}
			}
			name = names[k.ifindex]
		}
		if name == "lo" || k.ip.IsMulticast() {
			continue // the kernel's own entries for these are no neighbours
		}
		lines = append(lines, line{k.ip, net.HardwareAddr(n.mac[:]).String(), name})
	}
	slices.SortFunc(lines, func(a, b line) int { return a.ip.Compare(b.ip) })
	var b strings.Builder
	b.WriteString("IP                                            MAC                 Bridge\n" +
		"==========================================================================\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "%-46s%s   %s\n", l.ip, l.mac, l.name)
	}
	r.Reply(b.String())
}

func (t *Table) cmdNeighSet(r *unixctl.Request) {
	ip, err := netip.ParseAddr(r.Args[1])
	if err != nil {
		r.Error("bad IP address")
		return
	}
	mac, err := net.ParseMAC(r.Args[2])
	if err != nil || len(mac) != 6 {
		r.Error("bad MAC address")
		return
	}
	l, err := t.nl.LinkByName(r.Args[0])
	if err != nil {
		r.Error("no such interface: " + r.Args[0])
		return
	}
	k := neighKey{l.Attrs().Index, ip}
	e := &neighbor{mac: [6]byte(mac), set: true, name: r.Args[0]}
	t.mu.Lock()
	t.static[k] = e
	t.replace(k, e)
	t.gen.Add(1)
	t.mu.Unlock()
	r.Reply("OK")
}

func (t *Table) cmdNeighFlush(r *unixctl.Request) {
	t.mu.Lock()
	clear(t.static)
	t.mu.Unlock()
	t.loadNeighbors()
	r.Reply("OK")
}
