// Package route answers where the kernel would send a packet, and to which
// Ethernet address, for tunnels that are encapsulated by us.
//
// It asks the kernel, once per destination, and keeps the answers until news
// arrive that routes, rules, addresses or interfaces have changed: so policy
// rules, marks, metrics and learned path MTUs count without being rebuilt here.
//
// A Table may be used from any goroutine; Lookup and Neighbor take no lock when
// the answer is known.
package route

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Errors of Lookup.
var (
	ErrNoRoute = errors.New("no route")
	ErrClosed  = errors.New("route table closed")
)

// maxCache bounds the answers kept; with more destinations, or none that is
// asked for twice, the cache starts over.
const maxCache = 8192

// Egress is where a packet to some address leaves.
type Egress struct {
	Ifindex int
	Name    string
	MAC     [6]byte    // of the interface
	Gateway netip.Addr // next hop; invalid when the destination is on the link
	Source  netip.Addr // what the kernel would send from
	Local   bool       // the destination is this host
	MTU     int        // of the path if known, else of the interface
}

// query is what a routing decision depends on.
type query struct {
	dst, src netip.Addr
	mark     uint32
}

// Table knows the kernel's routing decisions and neighbours.
type Table struct {
	nl   *netlink.Handle
	sock *nl.NetlinkSocket
	done chan struct{}
	gen  atomic.Uint64 // of routes; see Gen

	routes atomic.Pointer[map[query]Egress]
	neighs atomic.Pointer[map[neighKey]*neighbor]

	noSystem atomic.Bool
	devices  atomic.Pointer[func(name string) (Device, bool)]

	mu       sync.Mutex
	user     []userRoute                  // guarded by mu
	rules    []Rule                       // added by command, by priority; guarded by mu
	static   map[staticKey]*neighbor      // set by command; guarded by mu
	aging    time.Duration                // of static; guarded by mu
	asked    map[neighKey]time.Time       // resolutions under way; guarded by mu
	watchers map[*func(NeighborNews)]bool // guarded by mu
	closed   bool                         // guarded by mu
}

// New begins to follow the kernel of the calling thread's network namespace.
func New() (*Table, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	s, err := nl.Subscribe(unix.NETLINK_ROUTE,
		unix.RTNLGRP_LINK, unix.RTNLGRP_NEIGH,
		unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV4_RULE,
		unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV6_RULE)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("route: %w", err)
	}
	s.SetReceiveBufferSize(1<<20, true) // a full routing table may change at once
	t := &Table{nl: h, sock: s, done: make(chan struct{}),
		static: map[staticKey]*neighbor{}, aging: defaultAging, asked: map[neighKey]time.Time{}, watchers: map[*func(NeighborNews)]bool{}}
	t.routes.Store(&map[query]Egress{})
	t.neighs.Store(&map[neighKey]*neighbor{})
	t.loadNeighbors()
	go t.follow()
	return t, nil
}

// Close ends following; it may be called twice.
func (t *Table) Close() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	t.mu.Unlock()
	t.sock.Close()
	<-t.done
	t.nl.Close()
	return nil
}

// DisableSystem makes the table forget the kernel's routes and ask for no more:
// only those added by command are left.
func (t *Table) DisableSystem() {
	t.noSystem.Store(true)
	t.forget()
}

// Device is an interface that is not the kernel's, for routes added by command.
type Device struct {
	Addresses []netip.Prefix
	MAC       [6]byte
	MTU       int
}

// SetDevices has the table ask find for an interface by its name before the kernel.
func (t *Table) SetDevices(find func(name string) (Device, bool)) { t.devices.Store(&find) }

func (t *Table) device(name string) (Device, bool) {
	if find := t.devices.Load(); find != nil {
		return (*find)(name)
	}
	return Device{}, false
}

// Gen changes whenever an earlier answer of Lookup or Neighbor may have become
// wrong. Those who keep answers compare it.
func (t *Table) Gen() uint64 { return t.gen.Load() }

// follow reads the kernel's news.
func (t *Table) follow() {
	defer close(t.done)
	for {
		msgs, _, err := t.sock.Receive()
		if err != nil {
			t.mu.Lock()
			closed := t.closed
			t.mu.Unlock()
			if closed {
				return
			}
			// News were lost (ENOBUFS): nothing known can be trusted.
			t.loadNeighbors()
			t.forget()
			if !errors.Is(err, unix.ENOBUFS) {
				time.Sleep(50 * time.Millisecond)
			}
			continue
		}
		routes := false
		for _, m := range msgs {
			switch m.Header.Type {
			case unix.RTM_NEWNEIGH, unix.RTM_DELNEIGH:
				if n, err := netlink.NeighDeserialize(m.Data); err == nil {
					t.neighborNews(n, m.Header.Type == unix.RTM_DELNEIGH)
				}
			default:
				routes = true
			}
		}
		if routes {
			t.forget()
			t.mu.Lock()
			static := len(t.static) > 0
			t.mu.Unlock()
			if static { // an interface that has come may have some
				t.loadNeighbors()
			}
		}
	}
}

// forget drops all known routing decisions.
func (t *Table) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gen.Add(1)
	t.routes.Store(&map[query]Egress{})
}

// Lookup returns where a packet to dst with firewall mark leaves; src, if
// valid, is the source address it will have. The error is ErrNoRoute when the
// kernel has none or refuses the destination.
func (t *Table) Lookup(dst, src netip.Addr, mark uint32) (Egress, error) {
	q := query{dst.Unmap(), src.Unmap(), mark}
	if e, ok := (*t.routes.Load())[q]; ok {
		if e.Ifindex == 0 {
			return e, ErrNoRoute
		}
		return e, nil
	}
	gen := t.gen.Load()
	e, err := t.ask(q)
	if err != nil && !errors.Is(err, ErrNoRoute) {
		return e, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gen.Load() == gen {
		old := *t.routes.Load()
		m := make(map[query]Egress, len(old)+1)
		if len(old) < maxCache {
			for k, v := range old {
				m[k] = v
			}
		}
		m[q] = e
		t.routes.Store(&m)
	}
	return e, err
}

// ask has the kernel decide.
func (t *Table) ask(q query) (Egress, error) {
	if e := t.byRule(q); e != nil {
		return *e, nil
	}
	if u := t.userRoute(q, 0); u != nil {
		return *u, nil
	}
	if t.noSystem.Load() {
		return Egress{}, fmt.Errorf("%s: %w", q.dst, ErrNoRoute)
	}
	opt := &netlink.RouteGetOptions{Mark: q.mark}
	if q.src.IsValid() {
		opt.SrcAddr = q.src.AsSlice()
	}
	rs, err := t.nl.RouteGetWithOptions(q.dst.AsSlice(), opt)
	if err != nil || len(rs) == 0 {
		return Egress{}, fmt.Errorf("%s: %w", q.dst, errors.Join(ErrNoRoute, err))
	}
	r := rs[0]
	e := Egress{Ifindex: r.LinkIndex, Local: r.Type == unix.RTN_LOCAL, MTU: r.MTU, Gateway: addr(r.Gw), Source: addr(r.Src)}
	if v, ok := r.Via.(*netlink.Via); ok {
		e.Gateway = addr(v.Addr)
	}
	switch r.Type {
	case unix.RTN_UNICAST, unix.RTN_LOCAL, 0:
	default:
		return Egress{}, fmt.Errorf("%s: %w", q.dst, ErrNoRoute)
	}
	if q.src.IsValid() {
		e.Source = q.src
	}
	return e, t.fillLink(&e)
}

// fillLink adds what the interface itself says.
func (t *Table) fillLink(e *Egress) error {
	l, err := t.nl.LinkByIndex(e.Ifindex)
	if err != nil {
		*e = Egress{}
		return fmt.Errorf("interface: %w", errors.Join(ErrNoRoute, err))
	}
	a := l.Attrs()
	e.Name = a.Name
	copy(e.MAC[:], a.HardwareAddr)
	if e.MTU == 0 {
		e.MTU = a.MTU
	}
	return nil
}

// addr converts an address of the netlink library; nil and unspecified become
// the invalid Addr.
func addr(b []byte) netip.Addr {
	a, ok := netip.AddrFromSlice(b)
	if a = a.Unmap(); !ok || a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}
