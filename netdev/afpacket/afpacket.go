// Package afpacket is the device behind "system" ports: an existing network
// interface, taken over by a packet socket with vnet headers, so that
// checksum-partial frames and super-frames are received and sent whole.
//
// Control methods may be called from any goroutine, the queue and each
// transmit queue number belong to one goroutine at a time.
package afpacket

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
)

// maxFrame holds the largest super-frame: 64 kB of IP packet, Ethernet and an
// inner VLAN header (the outer one is delivered beside the frame).
const maxFrame = 65536 + 14 + 4

const (
	rcvbuf = 4 << 20
	sndbuf = 4 << 20
)

// Device is an open packet socket bound to an interface.
type Device struct {
	cfg    netdev.Config
	fd     *linux.FD   // receives, and sends what the queueing discipline must see
	bypass atomic.Bool // the ways past the queueing discipline may be used
	link   *linux.Link
	cancel func() // ends link news
	cnt    netdev.Counters
	rx     rxQueue
	tx     netdev.PerQueue[txScratch]

	// The sockets of the ways past the queueing discipline, -1 if they cannot be had.
	// Whoever holds fd may use them.
	direct, bare int

	mu       sync.Mutex
	closed   bool      // guarded by mu
	ifindex  int       // what the socket is bound to, 0 if nothing; guarded by mu
	guard    io.Closer // guarded by mu
	guardErr error     // guarded by mu
	ringErr  error     // why there is no ring, though there was load; guarded by mu
}

// Open takes over the interface cfg.Name for the switch. The error wraps ENODEV
// ("No such device") if there is none of that name.
func Open(cfg netdev.Config) (*Device, error) {
	fail := func(op string, err error) (*Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	l := linux.NewLink(cfg.Name, nil)
	idx, err := l.Index()
	if err != nil {
		return nil, err
	}
	fd, err := newSocket(optionsRx)
	if err != nil {
		return fail("open", err)
	}
	d := &Device{cfg: cfg, fd: linux.NewFD(fd), link: l, direct: -1, bare: -1}
	d.rx.d = d
	d.rx.fd.Store(int64(fd))
	d.openPast()
	if err := d.bind(idx); err != nil {
		d.closeSockets()
		return fail("bind packet socket", err)
	}
	d.cancel = linux.OnLink(cfg.Name, d.linkChanged)
	return d, nil
}

// openPast opens the sockets of the ways past the queueing discipline, both or none.
func (d *Device) openPast() {
	var err error
	if d.direct, err = newSocket(optionsDirect); err == nil {
		d.bare, err = newSocket(optionsBare)
	}
	if err != nil {
		d.closePast()
	}
}

func (d *Device) closePast() {
	for _, fd := range []*int{&d.direct, &d.bare} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

// bind points the socket at an interface, makes that promiscuous and guards it.
// The caller holds mu or is alone.
func (d *Device) bind(ifindex int) error {
	fd := d.fd.Num()
	if err := bindTo(fd, ifindex, unix.ETH_P_ALL); err != nil {
		return err
	}
	if d.rx.ring != nil {
		if err := bindTo(d.rx.ring.fd.Num(), ifindex, unix.ETH_P_ALL); err != nil {
			return err
		}
	}
	if d.direct >= 0 {
		// Protocol 0: they only send.
		if err := cmp.Or(bindTo(d.direct, ifindex, 0), bindTo(d.bare, ifindex, 0)); err != nil {
			return err
		}
	}
	mreq := &unix.PacketMreq{Ifindex: int32(ifindex), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, mreq); err != nil {
		return fmt.Errorf("promiscuous mode: %w", err)
	}
	if d.guard != nil {
		d.guard.Close()
	}
	d.guard, d.guardErr = attachGuard(ifindex)
	d.ifindex = ifindex
	d.chooseWay()
	return nil
}

// plainQdiscs are the queueing disciplines that a frame may pass by: those that
// an interface has when nobody asked for another.
var plainQdiscs = []string{"noqueue", "mq", "pfifo_fast", "fq_codel", "fq", ""}

// chooseWay decides whether frames may pass by the interface's queueing
// discipline.
func (d *Device) chooseWay() {
	kind, err := d.link.Qdisc()
	d.bypass.Store(d.direct >= 0 && err == nil && slices.Contains(plainQdiscs, kind))
}

// linkChanged follows an interface that was deleted and made again under the
// same name.
func (d *Device) linkChanged(linux.LinkEvent) {
	idx, err := d.link.Index()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || err != nil || idx == d.ifindex {
		return
	}
	d.bind(idx) // a failure is the interface's vanishing again; the next news retries
}

// Name implements netdev.Device.
func (d *Device) Name() string { return d.cfg.Name }

// Type implements netdev.Device.
func (d *Device) Type() string { return d.cfg.Type }

// NUMANode implements netdev.NUMA.
func (d *Device) NUMANode() int { return d.link.NUMANode() }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) { return d.link.MAC() }

// SetMAC implements netdev.Device.
func (d *Device) SetMAC(mac [6]byte) error { return d.link.SetMAC(mac) }

// MTU implements netdev.Device.
func (d *Device) MTU() (int, error) { return d.link.MTU() }

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(mtu int) error { return d.link.SetMTU(mtu) }

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) { return d.link.State() }

// SetUp implements netdev.Device.
func (d *Device) SetUp(up bool) error { return d.link.SetUp(up) }

// Stats implements netdev.Device: the kernel's counters of the interface, with
// what this socket could not send among the drops.
func (d *Device) Stats() (netdev.Stats, error) {
	s, err := d.link.Stats()
	d.chooseWay()
	if err == nil {
		s.TxDropped += d.cnt.TxDropped.Load()
		s.RxErrors += d.cnt.RxErrors.Load()
	}
	return s, err
}

// Status implements netdev.Device. host_stack says whether the host's own stack
// is kept from the interface's frames, and if not, why.
func (d *Device) Status() map[string]string {
	s := d.link.Status()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.guardErr != nil {
		s["host_stack"] = "still receives: " + d.guardErr.Error()
	} else if _, older := d.guard.(*filter); older {
		s["host_stack"] = "isolated by a tc filter"
	} else {
		s["host_stack"] = "isolated by tcx"
	}
	switch {
	case d.rx.FD() != d.fd.Num():
		s["rx"] = "TPACKET_V2 ring"
	case d.ringErr != nil:
		s["rx"] = "recvmmsg, no ring: " + d.ringErr.Error()
	default:
		s["rx"] = "recvmmsg, a ring under load"
	}
	s["tx"] = "sendmmsg"
	if d.bypass.Load() {
		s["tx"] = "sendmmsg past the queueing discipline"
	}
	return s
}

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue { return []netdev.RxQueue{&d.rx} }

// Close implements netdev.Device.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	if d.guard != nil {
		d.guard.Close()
	}
	d.mu.Unlock()
	d.cancel()
	d.closeSockets()
	return nil
}

// closeSockets waits until nobody uses them.
func (d *Device) closeSockets() {
	d.fd.Close()
	d.closePast()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range []*ring{d.rx.ring, d.rx.old, d.rx.done} {
		if r != nil {
			r.close()
		}
	}
}

// wantRing reports whether a ring may be tried: one that could not be had is
// not asked for again.
func (d *Device) wantRing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ringErr == nil
}
