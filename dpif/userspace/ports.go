package userspace

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"govs/dpif"
	"govs/netdev"
)

// maxPort is the highest port number, which bounds the table below.
const maxPort = 65535

// port is one port; immutable but for its settings and queues.
type port struct {
	no      dpif.PortNo
	name    string
	dev     netdev.Device
	flusher netdev.Flusher // dev, or nil if it keeps nothing back
	rx      []*rx          // guarded by the datapath's mu
	// noCache: its packets do not go into the cache (emc-enable).
	noCache atomic.Bool
	// steer: a hash of each packet says by which transmit queue it leaves (tx-steering).
	steer  atomic.Bool
	failed atomic.Bool // that it cannot send was logged
	node   int         // of NUMA that it is near, or -1; guarded by the datapath's mu
}

// rx is a queue that some thread polls.
type rx struct {
	port *port
	q    netdev.RxQueue
	more func() bool // nil, or whether q has packets that its descriptor does not show
	calm calmer      // q, or nil
	told atomic.Bool // whether it is to be told that there is little to do
	// settled tells q that what its FD says is polled; nil if that is always the same.
	settled func()
	// moved: it has come from a thread that may still have been receiving, so that its
	// descriptor may no longer be the one it came with.
	moved atomic.Bool
	t     *thread // that polls it, and
	at    *seat   // how; guarded by the datapath's mu

	n      int          // number of the queue
	mu     sync.Mutex   // one thread at a time receives, also when queues move
	work   atomic.Int64 // nanoseconds spent on it
	load   history      // of work; written under the datapath's lock
	pinned bool         // settings name its thread; guarded by the datapath's mu
}

// calmer is a queue that receives by other means under load, which cost memory.
type calmer interface {
	// Strained reports whether it does; anybody may ask.
	Strained() bool
	// Calm tells it, on its thread, that there is little to do. Recv follows.
	Calm()
}

// portTable is an immutable snapshot of the ports, by number. It is made of pages,
// so that one with very many ports is changed at the price of few.
type portTable struct {
	pages [(maxPort + 1) / portPage]*[portPage]*port // nil where there is none
}

const portPage = 256

func (t *portTable) get(no dpif.PortNo) *port {
	if no > maxPort {
		return nil
	}
	if pg := t.pages[no/portPage]; pg != nil {
		return pg[no%portPage]
	}
	return nil
}

// with returns a copy of the table in which number no is p.
func (t *portTable) with(no dpif.PortNo, p *port) *portTable {
	n := *t
	pg := new([portPage]*port)
	if old := t.pages[no/portPage]; old != nil {
		*pg = *old
	}
	pg[no%portPage] = p
	n.pages[no/portPage] = pg
	return &n
}

// all goes over the ports in order.
func (t *portTable) all() iter.Seq[*port] {
	return func(yield func(*port) bool) {
		for _, pg := range t.pages {
			if pg == nil {
				continue
			}
			for _, p := range pg {
				if p != nil && !yield(p) {
					return
				}
			}
		}
	}
}

// PortAdd implements dpif.Datapath.
func (dp *Datapath) PortAdd(name string, dev netdev.Device, want dpif.PortNo) (dpif.PortNo, error) {
	if d, ok := dev.(netdev.Requeuer); ok {
		d.OnRequeue(func() { dp.requeue(name, dev) })
	}
	dp.mu.Lock()
	defer dp.mu.Unlock()
	if dp.closed {
		return dpif.NoPort, dpif.ErrNoDevice
	}
	tbl := dp.ports.Load()
	if dp.names[name] {
		return dpif.NoPort, dpif.ErrExist
	}
	no := want
	switch {
	case want == dpif.NoPort:
		no = dp.choosePort(tbl, name)
		if no > maxPort {
			return dpif.NoPort, dpif.ErrTooMany
		}
	case want > maxPort:
		return dpif.NoPort, dpif.ErrInvalid
	case tbl.get(want) != nil:
		return dpif.NoPort, dpif.ErrBusy
	}
	p := dp.newPort(no, name, dev)
	dp.ports.Store(tbl.with(no, p))
	if err := dp.place(p.rx); err != nil {
		dp.ports.Store(tbl)
		for _, r := range p.rx {
			r.t.del(r)
		}
		return dpif.NoPort, err
	}
	dp.names[name] = true
	dp.grown = true
	return no, nil
}

// newPort makes a port of a device. The caller holds mu.
func (dp *Datapath) newPort(no dpif.PortNo, name string, dev netdev.Device) *port {
	p := &port{no: no, name: name, dev: dev, node: nearest(dev)}
	p.flusher, _ = dev.(netdev.Flusher)
	dp.set(p)
	for i, q := range dev.RxQueues() {
		p.rx = append(p.rx, newRx(p, q, i))
	}
	return p
}

// set carries out the settings of a port. The caller holds mu.
func (dp *Datapath) set(p *port) {
	s := dp.portSettings[p.name]
	p.noCache.Store(s.noCache)
	if p.steer.Swap(s.steer) != s.steer {
		mode := map[bool]string{true: "hash", false: "thread"}[s.steer]
		dp.cfg.Info("%s: Tx packet steering mode has been set to '%s'.", p.name, mode)
	}
}

func newRx(p *port, q netdev.RxQueue, n int) *rx {
	r := &rx{port: p, q: q, n: n}
	if m, ok := q.(interface{ Pending() bool }); ok {
		r.more = m.Pending
	}
	if m, ok := q.(interface{ Settled() }); ok {
		r.settled = m.Settled
	}
	r.calm, _ = q.(calmer)
	return r
}

// requeue has the receive queues polled that a device has now.
func (dp *Datapath) requeue(name string, dev netdev.Device) {
	dp.mu.Lock()
	defer dp.mu.Unlock()
	for p := range dp.ports.Load().all() {
		if p.name != name || p.dev != dev {
			continue
		}
		now := dev.RxQueues()
		p.rx = slices.DeleteFunc(p.rx, func(r *rx) bool {
			if slices.Contains(now, r.q) {
				return false
			}
			r.t.del(r)
			return true
		})
		had := len(p.rx)
		for i := had; i < len(now); i++ {
			p.rx = append(p.rx, newRx(p, now[i], i))
		}
		if err := dp.place(p.rx[had:]); err != nil {
			dp.cfg.Log("%s: cannot poll all queues: %v", name, err)
		}
		dp.grown = true
	}
}

// choosePort returns the number for a new port: the digits of a dummy port's
// name ("p7" is 7), as tests expect, else the lowest that is free.
func (dp *Datapath) choosePort(tbl *portTable, name string) dpif.PortNo {
	if dp.cfg.NamedPorts {
		start := dpif.PortNo(0)
		if len(name) > 2 && name[:2] == "br" {
			start = 100
		}
		for i := range len(name) {
			if name[i] < '0' || name[i] > '9' {
				continue
			}
			n := dpif.PortNo(0)
			for _, c := range []byte(name[i:]) {
				if c < '0' || c > '9' || n > maxPort {
					break
				}
				n = n*10 + dpif.PortNo(c-'0')
			}
			if n += start; n > 0 && n <= maxPort && tbl.get(n) == nil {
				return n
			}
			break
		}
	}
	no := max(dp.lowest, 1)
	for tbl.get(no) != nil {
		no++
	}
	dp.lowest = no
	return no
}

// PortDel implements dpif.Datapath. It does not wait for packet threads: the
// device refuses those that still hold it.
func (dp *Datapath) PortDel(no dpif.PortNo) error {
	dp.mu.Lock()
	tbl := dp.ports.Load()
	p := tbl.get(no)
	if p == nil {
		dp.mu.Unlock()
		return dpif.ErrNoDevice
	}
	dp.ports.Store(tbl.with(no, nil))
	delete(dp.names, p.name)
	dp.lowest = min(dp.lowest, no)
	for _, r := range p.rx {
		r.t.del(r)
	}
	dp.mu.Unlock()
	return p.dev.Close()
}

// Ports implements dpif.Datapath.
func (dp *Datapath) Ports() []dpif.Port {
	var list []dpif.Port
	for p := range dp.ports.Load().all() {
		list = append(list, dpif.Port{No: p.no, Name: p.name, Type: p.dev.Type(), Device: p.dev})
	}
	return list
}

func epollAdd(ep, fd int, id int32) error {
	return unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: id})
}

func epollDel(ep, fd int) { unix.EpollCtl(ep, unix.EPOLL_CTL_DEL, fd, nil) }
