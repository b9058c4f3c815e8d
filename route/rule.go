package route

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Rule says which table decides on packets from some addresses, as the kernel's
// rules do. Rules added by command go before the kernel's.
type Rule struct {
	User     bool
	Priority uint32
	IPv6     bool
	Not      bool         // packets that are not from From
	From     netip.Prefix // invalid: any
	Table    uint32
}

// mainPriority is the kernel's rule for the main table.
const mainPriority = 32766

// Rules returns the rules of a family by priority: the kernel's and those added
// by command. Of the kernel's only those that select by source.
func (t *Table) Rules(v6 bool) ([]Rule, error) {
	var list []Rule
	family := netlink.FAMILY_V4
	if v6 {
		family = netlink.FAMILY_V6
	}
	if !t.noSystem.Load() {
		rs, err := t.nl.RuleList(family)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			if r.Dst != nil || r.IifName != "" || r.OifName != "" || r.Mark != 0 || r.Table == 0 {
				continue
			}
			x := Rule{Priority: uint32(max(r.Priority, 0)), IPv6: v6, Not: r.Invert, Table: uint32(r.Table)}
			if r.Src != nil {
				ones, _ := r.Src.Mask.Size()
				if a, ok := netip.AddrFromSlice(r.Src.IP); ok {
					x.From = netip.PrefixFrom(a.Unmap(), ones)
				}
			}
			list = append(list, x)
		}
	} else {
		for i, table := range []uint32{unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT} {
			list = append(list, Rule{Priority: []uint32{0, mainPriority, mainPriority + 1}[i], IPv6: v6, Table: table})
		}
	}
	t.mu.Lock()
	for _, r := range t.rules {
		if r.IPv6 == v6 {
			list = append(list, r)
		}
	}
	t.mu.Unlock()
	slices.SortStableFunc(list, func(a, b Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	return list, nil
}

// AddRule adds a rule by command ("ovs/route/rule/add"). Without a priority it
// gets one before all but the rule for local addresses.
func (t *Table) AddRule(r Rule, havePriority bool) error {
	r.User = true
	if !havePriority {
		list, err := t.Rules(r.IPv6)
		if err != nil {
			return err
		}
		r.Priority = mainPriority
		for _, x := range list {
			if x.Priority > 0 {
				r.Priority = min(r.Priority, x.Priority)
			}
		}
		if r.Priority > 0 {
			r.Priority--
		}
	}
	t.mu.Lock()
	t.rules = append(t.rules, r)
	slices.SortStableFunc(t.rules, func(a, b Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	t.mu.Unlock()
	t.forget()
	return nil
}

// DelRule removes a rule added by command, of any priority unless one is given,
// and reports whether it was there.
func (t *Table) DelRule(r Rule, havePriority bool) bool {
	r.User = true
	t.mu.Lock()
	i := slices.IndexFunc(t.rules, func(x Rule) bool {
		if !havePriority {
			r.Priority = x.Priority
		}
		return x == r
	})
	if i >= 0 {
		t.rules = slices.Delete(t.rules, i, i+1)
	}
	t.mu.Unlock()
	t.forget()
	return i >= 0
}

// matches reports whether the rule is about packets from src, which is invalid
// when no source has been chosen.
func (r *Rule) matches(v6 bool, src netip.Addr) bool {
	if r.IPv6 != v6 {
		return false
	}
	in := !r.From.IsValid() || src.IsValid() && r.From.Contains(src)
	return in != r.Not
}

// byRule returns the decision of the tables that rules added by command select,
// or nil.
func (t *Table) byRule(q query) *Egress {
	t.mu.Lock()
	rules := slices.Clone(t.rules)
	t.mu.Unlock()
	for i := range rules {
		r := &rules[i]
		if !r.matches(q.dst.Is6(), q.src) {
			continue
		}
		table := r.Table
		if table == unix.RT_TABLE_MAIN {
			table = 0
		}
		if e := t.userRoute(q, table); e != nil {
			return e
		}
		if e := t.kernelRoute(q, r.Table); e != nil {
			return e
		}
	}
	return nil
}

// kernelRoute returns the decision of one of the kernel's tables.
func (t *Table) kernelRoute(q query, table uint32) *Egress {
	list, err := t.Entries(table)
	if err != nil {
		return nil
	}
	var best *Entry
	for i := range list {
		e := &list[i]
		if !e.User && e.Table == table && e.Prefix.Contains(q.dst) && (best == nil || e.Prefix.Bits() > best.Prefix.Bits()) {
			best = e
		}
	}
	if best == nil {
		return nil
	}
	l, err := t.nl.LinkByName(best.Dev)
	if err != nil {
		return nil
	}
	e := &Egress{Ifindex: l.Attrs().Index, Gateway: best.Gateway, Source: best.Source, Local: best.Local}
	if q.src.IsValid() {
		e.Source = q.src
	}
	if t.fillLink(e) != nil {
		return nil
	}
	return e
}
