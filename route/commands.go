package route

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"govs/daemon/unixctl"
)

// Commands returns the rows of ovs/route/* and tnl/neigh/* (tnl/arp/*), with
// OVS's layout (ovs-vswitchd(8)).
func (t *Table) Commands() []unixctl.Command {
	rows := []unixctl.Command{
		{Name: "ovs/route/add", Usage: "ip/plen dev [gw] [pkt_mark=mark] [src=src_ip] [table=id]", MinArgs: 2, MaxArgs: 6, Run: t.cmdAdd},
		{Name: "ovs/route/del", Usage: "ip/plen [pkt_mark=mark] [table=id]", MinArgs: 1, MaxArgs: 3, Run: t.cmdDel},
		{Name: "ovs/route/show", Usage: "[table=all|id]", MaxArgs: 1, Run: t.cmdShow},
		{Name: "ovs/route/lookup", Usage: "ip_addr [pkt_mark=mark] [src=src_ip]", MinArgs: 1, MaxArgs: 3, Run: t.cmdLookup},
		{Name: "ovs/route/rule/add", Usage: "[-6] [not] from=all|ip/plen [prio=num] table=local|main|default|id", MinArgs: 2, MaxArgs: 5, Run: t.cmdRuleAdd},
		{Name: "ovs/route/rule/del", Usage: "[-6] [not] from=all|ip/plen [prio=num] table=local|main|default|id", MinArgs: 2, MaxArgs: 5, Run: t.cmdRuleDel},
		{Name: "ovs/route/rule/show", Usage: "[-6]", MaxArgs: 1, Run: t.cmdRuleShow},
	}
	for _, p := range []string{"tnl/neigh/", "tnl/arp/"} {
		rows = append(rows,
			unixctl.Command{Name: p + "show", MaxArgs: 0, Run: t.cmdNeighShow},
			unixctl.Command{Name: p + "set", Usage: "BRIDGE IP MAC", MinArgs: 3, MaxArgs: 3, Run: t.cmdNeighSet},
			unixctl.Command{Name: p + "flush", MaxArgs: 0, Run: t.cmdNeighFlush},
			unixctl.Command{Name: p + "aging", Usage: "[SECS]", MaxArgs: 1, Run: t.cmdNeighAging})
	}
	return rows
}

// qualifiers are the trailing arguments of a command about a route.
type qualifiers struct {
	mark, table uint32
	src         netip.Addr
}

// parse takes the qualifiers out of a command's arguments and returns the rest,
// and what is wrong.
func (q *qualifiers) parse(args []string) (rest []string, bad string) {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, "pkt_mark="); ok {
			n, err := strconv.ParseUint(v, 0, 32)
			if err != nil {
				return nil, "Invalid pkt_mark"
			}
			q.mark = uint32(n)
		} else if v, ok := strings.CutPrefix(a, "src="); ok {
			var err error
			if q.src, err = netip.ParseAddr(v); err != nil {
				return nil, "Invalid src address"
			}
		} else if v, ok := strings.CutPrefix(a, "table="); ok {
			if q.table, ok = parseTable(v); !ok {
				return nil, "Invalid table"
			}
			if q.table == unix.RT_TABLE_MAIN {
				q.table = 0
			}
		} else {
			rest = append(rest, a)
		}
	}
	return rest, ""
}

// tableNames are the kernel's tables that have names.
var tableNames = map[uint32]string{unix.RT_TABLE_LOCAL: "local", unix.RT_TABLE_MAIN: "main", unix.RT_TABLE_DEFAULT: "default"}

// parseTable reads a table's name or number.
func parseTable(s string) (uint32, bool) {
	for id, name := range tableNames {
		if name == s {
			return id, true
		}
	}
	n, err := strconv.ParseUint(s, 0, 32)
	return uint32(n), err == nil && n != 0
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
	var q qualifiers
	p, ok := prefix(r.Args[0])
	if !ok {
		r.Error("Invalid parameters")
		return
	}
	rest, bad := q.parse(r.Args[1:])
	var gw netip.Addr
	switch {
	case bad == "" && len(rest) == 2:
		var err error
		if gw, err = netip.ParseAddr(rest[1]); err != nil || gw.Is4() != p.Addr().Is4() {
			bad = "Invalid pkt_mark or gateway"
		}
	case bad == "" && len(rest) != 1:
		bad = "Invalid parameters"
	case bad == "Invalid pkt_mark" && len(r.Args) == 3:
		bad = "Invalid pkt_mark or gateway"
	}
	switch {
	case bad != "":
		r.Error(bad)
	case t.AddUser(p, rest[0], gw, q.src, q.mark, q.table) != nil:
		r.Error("Error while inserting route.")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdDel(r *unixctl.Request) {
	var q qualifiers
	p, ok := prefix(r.Args[0])
	if !ok {
		r.Error("Invalid parameters")
		return
	}
	rest, bad := q.parse(r.Args[1:])
	switch {
	case bad != "":
		r.Error(bad)
	case len(rest) != 0:
		r.Error("Invalid pkt_mark")
	case !t.DelUser(p, q.mark, q.table):
		r.Error("Not found")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdShow(r *unixctl.Request) {
	table := uint32(0)
	for _, a := range r.Args {
		v, named := strings.CutPrefix(a, "table=")
		if named && v == "all" {
			table = AllTables
			continue
		}
		n, ok := parseTable(v)
		if !ok || !named {
			r.Error("Invalid table")
			return
		}
		table = n
	}
	list, err := t.Entries(table)
	if err != nil {
		r.Error(err.Error())
		return
	}
	var b strings.Builder
	last := uint32(0)
	if table == 0 || table == AllTables || tableNames[table] != "" {
		b.WriteString("Route Table:\n")
	}
	for _, e := range list {
		if g := e.group(); g != last {
			last = g
			fmt.Fprintf(&b, "Route Table #%d:\n", g)
		}
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
	var q qualifiers
	dst, err := netip.ParseAddr(r.Args[0])
	if err != nil {
		r.Error("Invalid parameters")
		return
	}
	rest, bad := q.parse(r.Args[1:])
	switch {
	case bad != "":
		r.Error(bad)
		return
	case len(rest) != 0:
		r.Error("Invalid pkt_mark")
		return
	}
	e, err := t.Lookup(dst, q.src, q.mark)
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

// parseRule reads a rule's arguments, and whether they give a priority.
func parseRule(args []string) (r Rule, havePriority, ok bool) {
	from := false
	for _, a := range args {
		name, v, _ := strings.Cut(a, "=")
		switch name {
		case "-6":
			r.IPv6 = true
		case "not":
			r.Not = true
		case "from":
			from = true
			if v != "all" {
				if r.From, ok = prefix(v); !ok {
					return r, false, false
				}
				r.From = r.From.Masked()
			}
		case "prio":
			n, err := strconv.ParseUint(v, 0, 32)
			if err != nil {
				return r, false, false
			}
			r.Priority, havePriority = uint32(n), true
		case "table":
			if r.Table, ok = parseTable(v); !ok {
				return r, false, false
			}
		default:
			return r, false, false
		}
	}
	if r.From.IsValid() && r.From.Addr().Is6() {
		r.IPv6 = true
	}
	return r, havePriority, from && r.Table != 0 && (!r.From.IsValid() || r.From.Addr().Is6() == r.IPv6)
}

func (t *Table) cmdRuleAdd(r *unixctl.Request) {
	rule, prio, ok := parseRule(r.Args)
	switch {
	case !ok:
		r.Error("Invalid parameters")
	case t.AddRule(rule, prio) != nil:
		r.Error("Error while inserting rule.")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdRuleDel(r *unixctl.Request) {
	rule, prio, ok := parseRule(r.Args)
	switch {
	case !ok:
		r.Error("Invalid parameters")
	case !t.DelRule(rule, prio):
		r.Error("Not found")
	default:
		r.Reply("OK")
	}
}

func (t *Table) cmdRuleShow(r *unixctl.Request) {
	v6 := false
	for _, a := range r.Args {
		if v6 = a == "-6"; !v6 {
			r.Error("Invalid parameters")
			return
		}
	}
	list, err := t.Rules(v6)
	if err != nil {
		r.Error(err.Error())
		return
	}
	var b strings.Builder
	for _, x := range list {
		kind, not, from := "Cached", "", "all"
		if x.User {
			kind = "User"
		}
		if x.Not {
			not = "not "
		}
		if x.From.IsValid() {
			if from = x.From.String(); x.From.IsSingleIP() {
				from = x.From.Addr().String()
			}
		}
		table := tableNames[x.Table]
		if table == "" {
			table = strconv.FormatUint(uint64(x.Table), 10)
		}
		fmt.Fprintf(&b, "%s: %d: %sfrom %s lookup %s\n", kind, x.Priority, not, from, table)
	}
	r.Reply(b.String())
}

func (t *Table) cmdNeighShow(r *unixctl.Request) {
	type line struct {
		ip        netip.Addr
		mac, name string
	}
	var lines []line
	names := map[int]string{}
	for k, n := range *t.neighs.Load() {
		if n.set {
			continue
		}
		if names[k.ifindex] == "" {
			if l, err := t.nl.LinkByIndex(k.ifindex); err == nil {
				names[k.ifindex] = l.Attrs().Name
			}
		}
		name := names[k.ifindex]
		if name == "lo" || k.ip.IsMulticast() {
			continue // the kernel's own entries for these are no neighbours
		}
		lines = append(lines, line{k.ip, net.HardwareAddr(n.mac[:]).String(), name})
	}
	t.mu.Lock()
	for k, n := range t.static {
		if !time.Now().After(n.until) {
			lines = append(lines, line{k.ip, net.HardwareAddr(n.mac[:]).String(), k.name})
		}
	}
	t.mu.Unlock()
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
	t.mu.Lock()
	t.static[staticKey{r.Args[0], ip}] = &neighbor{mac: [6]byte(mac), set: true, until: time.Now().Add(t.aging)}
	t.mu.Unlock()
	t.loadNeighbors()
	r.Reply("OK")
}

// cmdNeighAging shows or sets how long entries set by command last; what the
// kernel knows ages as the kernel likes.
func (t *Table) cmdNeighAging(r *unixctl.Request) {
	if len(r.Args) == 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		r.Reply(strconv.Itoa(int(t.aging / time.Second)))
		return
	}
	n, err := strconv.Atoi(r.Args[0])
	if err != nil || n < 1 || n > int(maxAging/time.Second) {
		r.Error("bad aging value")
		return
	}
	t.mu.Lock()
	t.aging = time.Duration(n) * time.Second
	for k, e := range t.static {
		if end := time.Now().Add(t.aging); e.until.After(end) {
			t.static[k] = &neighbor{mac: e.mac, set: true, until: end}
		}
	}
	t.mu.Unlock()
	t.loadNeighbors()
	r.Reply("OK")
}

func (t *Table) cmdNeighFlush(r *unixctl.Request) {
	t.mu.Lock()
	clear(t.static)
	t.mu.Unlock()
	t.loadNeighbors()
	r.Reply("OK")
}
