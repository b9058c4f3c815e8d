package route

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	// askAgain is the least time between two requests to resolve one address.
	askAgain = time.Second
	// probeAfter is how long a stale entry is used before the kernel is asked
	// to confirm it; the kernel does not see the packets that we send.
	probeAfter = 5 * time.Second
)

type neighKey struct {
	ifindex int
	ip      netip.Addr
}

// staticKey is an entry set by command; its interface may not exist yet.
type staticKey struct {
	name string
	ip   netip.Addr
}

// defaultAging is how long entries set by command last; maxAging the longest.
const (
	defaultAging = 900 * time.Second
	maxAging     = 3600 * time.Second
)

// neighbor is one entry; all but probed is immutable.
type neighbor struct {
	mac    [6]byte
	stale  bool
	set    bool         // by command
	until  time.Time    // an entry set by command ends
	probed atomic.Int64 // Unix nanoseconds of the last request to confirm it
}

// NeighborNews is a neighbour that became known or is known not to answer.
type NeighborNews struct {
	Ifindex int
	IP      netip.Addr
	MAC     [6]byte
	Failed  bool
}

const valid = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE |
	netlink.NUD_PERMANENT | netlink.NUD_NOARP

// OnNeighbor has fn called, from one goroutine, when a neighbour becomes known
// or fails, until cancel is called.
func (t *Table) OnNeighbor(fn func(NeighborNews)) (cancel func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := &fn
	t.watchers[key] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watchers, key)
	}
}

func (t *Table) loadNeighbors() {
	list, err := t.nl.NeighList(0, 0)
	if err != nil {
		return
	}
	m := map[neighKey]*neighbor{}
	for i := range list {
		if k, n := convert(&list[i]); n != nil {
			m[k] = n
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for k, n := range t.static {
		if now.After(n.until) {
			delete(t.static, k)
		} else if l, err := t.nl.LinkByName(k.name); err == nil {
			m[neighKey{l.Attrs().Index, k.ip}] = n
		}
	}
	t.neighs.Store(&m)
	t.gen.Add(1)
}

// convert returns nil for an entry without a usable address.
func convert(n *netlink.Neigh) (neighKey, *neighbor) {
	k := neighKey{n.LinkIndex, addr(n.IP)}
	if n.State&valid == 0 || n.Flags&netlink.NTF_PROXY != 0 || len(n.HardwareAddr) != 6 || !k.ip.IsValid() {
		return k, nil
	}
	return k, &neighbor{mac: [6]byte(n.HardwareAddr), stale: n.State&netlink.NUD_STALE != 0}
}

func (t *Table) neighborNews(n *netlink.Neigh, deleted bool) {
	if n.Family != unix.AF_INET && n.Family != unix.AF_INET6 {
		return // a bridge's forwarding entry
	}
	k, e := convert(n)
	if deleted {
		e = nil
	}
	t.mu.Lock()
	old := (*t.neighs.Load())[k]
	if old != nil && old.set {
		t.mu.Unlock()
		return
	}
	if e != nil && old != nil && old.mac == e.mac {
		e.probed.Store(old.probed.Load())
		if old.stale == e.stale {
			t.mu.Unlock()
			return
		}
	}
	if e != nil || old != nil {
		t.replace(k, e)
		if e == nil || old == nil || e.mac != old.mac {
			t.gen.Add(1)
		}
	}
	news := NeighborNews{Ifindex: k.ifindex, IP: k.ip}
	tell := false
	if e != nil {
		news.MAC, tell = e.mac, true
	} else if n.State&netlink.NUD_FAILED != 0 {
		news.Failed, tell = true, true
	}
	if tell {
		delete(t.asked, k)
	}
	var fns []func(NeighborNews)
	if tell {
		for fn := range t.watchers {
			fns = append(fns, *fn)
		}
	}
	t.mu.Unlock()
	for _, fn := range fns {
		fn(news)
	}
}

// replace puts e in place of k's entry; nil deletes it. The caller holds mu.
func (t *Table) replace(k neighKey, e *neighbor) {
	old := *t.neighs.Load()
	m := make(map[neighKey]*neighbor, len(old)+1)
	for kk, v := range old {
		m[kk] = v
	}
	if e == nil {
		delete(m, k)
	} else {
		m[k] = e
	}
	t.neighs.Store(&m)
}

// Neighbor returns the Ethernet address of ip on an interface. When it is not
// known, the kernel is asked to find it, and OnNeighbor tells the outcome.
func (t *Table) Neighbor(ifindex int, ip netip.Addr) (mac [6]byte, ok bool) {
	k := neighKey{ifindex, ip.Unmap()}
	e := (*t.neighs.Load())[k]
	if e != nil && e.set && time.Now().After(e.until) {
		t.loadNeighbors()
		e = (*t.neighs.Load())[k]
	}
	if e != nil {
		if e.stale {
			t.confirm(k, e)
		}
		return e.mac, true
	}
	t.mu.Lock()
	now := time.Now()
	if len(t.asked) > maxCache {
		clear(t.asked)
	}
	due := now.Sub(t.asked[k]) >= askAgain
	if due {
		t.asked[k] = now
	}
	t.mu.Unlock()
	if due {
		t.use(k)
	}
	return mac, false
}

// confirm has the kernel ask a stale neighbour whether it is still there, now
// and then.
func (t *Table) confirm(k neighKey, e *neighbor) {
	now := time.Now().UnixNano()
	last := e.probed.Load()
	if last == 0 {
		e.probed.CompareAndSwap(0, now) // give it probeAfter as the kernel does
		return
	}
	if now-last < int64(probeAfter) || !e.probed.CompareAndSwap(last, now) {
		return
	}
	t.use(k)
}

// use tells the kernel that a packet is to be sent to the neighbour, which makes
// it resolve or confirm the entry.
func (t *Table) use(k neighKey) {
	family := netlink.FAMILY_V4
	if k.ip.Is6() {
		family = netlink.FAMILY_V6
	}
	// A failure shows as the neighbour staying unknown.
	_ = t.nl.NeighSet(&netlink.Neigh{LinkIndex: k.ifindex, Family: family, IP: net.IP(k.ip.AsSlice()), Flags: netlink.NTF_USE})
}
