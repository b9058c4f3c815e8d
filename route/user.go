package route

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// userRoute is a route added by command; it wins over the kernel's.
type userRoute struct {
	prefix  netip.Prefix
	mark    uint32
	table   uint32 // 0: the main one
	dev     string
	gateway netip.Addr
	source  netip.Addr
}

// userRoute returns the decision of the longest matching route added by command
// to a table.
func (t *Table) userRoute(q query, table uint32) *Egress {
	t.mu.Lock()
	var best *userRoute
	for i := range t.user {
		u := &t.user[i]
		if u.mark == q.mark && u.table == table && u.prefix.Contains(q.dst) && (best == nil || u.prefix.Bits() > best.prefix.Bits()) {
			c := *u
			best = &c
		}
	}
	t.mu.Unlock()
	if best == nil {
		return nil
	}
	e := &Egress{Gateway: best.gateway, Source: best.source}
	if q.src.IsValid() {
		e.Source = q.src
	}
	if d, ok := t.device(best.dev); ok {
		e.Name, e.MAC, e.MTU = best.dev, d.MAC, d.MTU
		return e
	}
	l, err := t.nl.LinkByName(best.dev)
	if err != nil {
		return nil
	}
	e.Ifindex = l.Attrs().Index
	if t.fillLink(e) != nil {
		return nil
	}
	return e
}

// AddUser adds a route by command ("ovs/route/add") to a table, 0 for the main
// one. src may be invalid; it is then the interface's address on the way.
func (t *Table) AddUser(p netip.Prefix, dev string, gw, src netip.Addr, mark, table uint32) error {
	near := p.Addr()
	if gw.IsValid() {
		near = gw
	}
	var addrs []netip.Prefix
	if d, ok := t.device(dev); ok {
		addrs = d.Addresses
	} else {
		l, err := t.nl.LinkByName(dev)
		if err != nil {
			return err
		}
		addrs = t.addresses(l, near.Is6())
	}
	if !src.IsValid() {
		if src = source(addrs, near, true); !src.IsValid() {
			return fmt.Errorf("%s: no address to send from", dev)
		}
	}
	p = p.Masked()
	t.mu.Lock()
	t.user = slices.DeleteFunc(t.user, func(u userRoute) bool { return u.prefix == p && u.mark == mark && u.table == table })
	t.user = append(t.user, userRoute{p, mark, table, dev, gw, src})
	t.mu.Unlock()
	t.forget()
	return nil
}

// DelUser removes a route added by command and reports whether it was there.
func (t *Table) DelUser(p netip.Prefix, mark, table uint32) bool {
	p = p.Masked()
	t.mu.Lock()
	n := len(t.user)
	t.user = slices.DeleteFunc(t.user, func(u userRoute) bool { return u.prefix == p && u.mark == mark && u.table == table })
	found := len(t.user) < n
	t.mu.Unlock()
	t.forget()
	return found
}

// addresses returns the interface's addresses of a family.
func (t *Table) addresses(l netlink.Link, v6 bool) (out []netip.Prefix) {
	family := netlink.FAMILY_V4
	if v6 {
		family = netlink.FAMILY_V6
	}
	list, _ := t.nl.AddrList(l, family)
	for _, a := range list {
		if ip := addr(a.IP); a.IPNet != nil && ip.IsValid() {
			n, _ := a.Mask.Size()
			out = append(out, netip.PrefixFrom(ip, n))
		}
	}
	return out
}

// source returns the one of an interface's addresses to send from to an address near
// it: one on the same subnet, or else any of its family unless strict.
func source(addrs []netip.Prefix, near netip.Addr, strict bool) netip.Addr {
	var first netip.Addr
	for _, a := range addrs {
		if a.Contains(near) {
			return a.Addr()
		}
		if !first.IsValid() && !strict && a.Addr().Is4() == near.Is4() {
			first = a.Addr()
		}
	}
	return first
}

// Entry is one line of "ovs/route/show".
type Entry struct {
	User    bool
	Prefix  netip.Prefix
	Mark    uint32
	Dev     string
	Gateway netip.Addr
	Source  netip.Addr
	Local   bool
	Table   uint32
}

// AllTables makes Entries return the routes of all tables.
const AllTables = ^uint32(0)

// Entries returns the routes of a table that a tunnel could use, those of the
// kernel and those added by command, as a lookup prefers them. Table 0 stands for
// the kernel's local, main and default tables together.
func (t *Table) Entries(table uint32) ([]Entry, error) {
	in := func(id uint32) bool {
		switch id {
		case 0, unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT:
			return table == 0 || table == AllTables || table == id
		}
		return table == AllTables || table == id
	}
	var list []Entry
	links := map[int]netlink.Link{}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		if t.noSystem.Load() {
			break
		}
		rs, err := t.nl.RouteListFiltered(family, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			if !in(uint32(r.Table)) {
				continue
			}
			if e, ok := t.entry(family, &r, links); ok {
				list = append(list, e)
			}
		}
	}
	t.mu.Lock()
	for _, u := range t.user {
		if in(u.table) || u.table == 0 && table == unix.RT_TABLE_MAIN {
			list = append(list, Entry{true, u.prefix, u.mark, u.dev, u.gateway, u.source, false, u.table})
		}
	}
	t.mu.Unlock()
	slices.SortStableFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.group(), b.group()), cmp.Compare(b.priority(), a.priority()), a.Prefix.Addr().Compare(b.Prefix.Addr()))
	})
	return list, nil
}

// group is the table that the entry is listed under: 0 for the three of the
// kernel's own.
func (e *Entry) group() uint32 {
	switch e.Table {
	case unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT:
		return 0
	}
	return e.Table
}

// priority orders entries: own addresses, then longer prefixes, then those of
// the user.
func (e *Entry) priority() int {
	p := e.Prefix.Bits()
	if e.Prefix.Addr().Is4() {
		p += 96
	}
	if e.Local {
		p += 64
	}
	return p
}

func (t *Table) entry(family int, r *netlink.Route, links map[int]netlink.Link) (e Entry, ok bool) {
	if len(r.MultiPath) > 0 {
		r.LinkIndex, r.Gw = r.MultiPath[0].LinkIndex, r.MultiPath[0].Gw
	}
	if r.Type != unix.RTN_UNICAST && r.Type != unix.RTN_LOCAL || r.LinkIndex == 0 {
		return e, false
	}
	l := links[r.LinkIndex]
	if l == nil {
		var err error
		if l, err = t.nl.LinkByIndex(r.LinkIndex); err != nil {
			return e, false
		}
		links[r.LinkIndex] = l
	}
	e = Entry{Dev: l.Attrs().Name, Gateway: addr(r.Gw), Source: addr(r.Src), Local: r.Type == unix.RTN_LOCAL, Table: uint32(r.Table)}
	unspec := netip.IPv4Unspecified()
	if family == netlink.FAMILY_V6 {
		unspec = netip.IPv6Unspecified()
	}
	e.Prefix = netip.PrefixFrom(unspec, 0)
	if r.Dst != nil {
		ones, _ := r.Dst.Mask.Size()
		if a, valid := netip.AddrFromSlice(r.Dst.IP); valid {
			e.Prefix = netip.PrefixFrom(a.Unmap(), ones)
		}
	}
	if !e.Source.IsValid() {
		near := e.Prefix.Addr()
		if e.Gateway.IsValid() {
			near = e.Gateway
		}
		e.Source = source(t.addresses(l, near.Is6()), near, false)
	}
	return e, e.Source.IsValid() && !e.Prefix.Addr().IsMulticast()
}
