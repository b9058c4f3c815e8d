// Package afxdp is the device behind ports of type "afxdp": an existing network
// interface whose frames an XDP program hands to AF_XDP sockets, before the
// host's stack spends anything on them.
//
// Frames come and go finished: a peer of a veth that leaves checksums and
// segments to others must not ("ethtool -K PEER tx off"), as with Open vSwitch;
// ports of type "system" keep them.
//
// Control methods may be called from any goroutine, each queue belongs to one
// goroutine at a time; transmit queue numbers share the sockets under a lock.
package afxdp

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
)

// depth is the length of a socket's rings.
const depth = 2048

// Device is an interface taken over by AF_XDP sockets.
type Device struct {
	cfg    netdev.Config
	link   *linux.Link
	cancel func() // ends link news
	cnt    netdev.Counters
	queues []*queue

	mu      sync.Mutex
	closed  bool      // guarded by mu
	opts    options   // guarded by mu
	inUse   *mode     // nil while there is no interface; guarded by mu
	ifindex int       // guarded by mu
	xsks    *ebpf.Map // of the program; guarded by mu
	prog    io.Closer // the program's hold on the interface; guarded by mu
}

// Open takes over the interface cfg.Name. The error wraps ENODEV ("No such
// device") if there is none of that name.
func Open(cfg netdev.Config) (*Device, error) {
	fail := func(op string, err error) (*Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	opts, err := parseOptions(cfg.Options)
	if err != nil {
		return fail("set options", err)
	}
	d := &Device{cfg: cfg, link: linux.NewLink(cfg.Name, nil), opts: opts}
	for i := range opts.rxqs {
		q, err := newQueue(d, i)
		if err != nil {
			d.closeQueues()
			return fail("make queue", err)
		}
		d.queues = append(d.queues, q)
	}
	d.mu.Lock()
	err = d.start()
	d.mu.Unlock()
	if err != nil {
		d.closeQueues()
		return fail("open AF_XDP", err)
	}
	d.cancel = linux.OnLink(cfg.Name, d.linkChanged)
	return d, nil
}

// start opens everything anew, in the wanted mode or the best one that works.
// The caller holds mu.
func (d *Device) start() error {
	d.stop()
	ifindex, err := d.link.Index()
	if err != nil {
		return err
	}
	mtu, err := d.link.MTU()
	if err != nil {
		return err
	}
	frame := frameFor(mtu)
	if frame == 0 {
		return fmt.Errorf("MTU %d: %w", mtu, errMTU)
	}
	var errs []error
	for i := range modes {
		m := &modes[i]
		if d.opts.mode != "best-effort" && d.opts.mode != m.name {
			continue
		}
		if err := d.try(m, ifindex, frame); err == nil {
			d.inUse, d.ifindex = m, ifindex
			return nil
		} else {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
		}
		d.stop()
	}
	return errors.Join(errs...)
}

// xdpHeadroom is what XDP keeps free in front of a frame.
const xdpHeadroom = 256

var errMTU = fmt.Errorf("too large for AF_XDP: %w", unix.EINVAL)

// frameFor returns the size of the pieces that frames of an MTU fit, 0 if none
// does.
func frameFor(mtu int) int {
	for _, f := range []int{2048, 4096} {
		if mtu+14+8+xdpHeadroom <= f {
			return f
		}
	}
	return 0
}

func (d *Device) try(m *mode, ifindex, frame int) (err error) {
	d.xsks, err = ebpf.NewMap(&ebpf.MapSpec{Name: "govs_xsks", Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: maxQueues})
	if err != nil {
		return fmt.Errorf("make map of sockets: %w", err)
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "govs_xsk", Type: ebpf.XDP, License: "Apache-2.0",
		Instructions: asm.Instructions{
			// Frames of queues without a socket go on to the host.
			asm.LoadMem(asm.R2, asm.R1, 16, asm.Word), // xdp_md.rx_queue_index
			asm.LoadMapPtr(asm.R1, d.xsks.FD()),
			asm.Mov.Imm(asm.R3, xdpPass),
			asm.FnRedirectMap.Call(),
			asm.Return(),
		},
	})
	if err != nil {
		return fmt.Errorf("load XDP program: %w", err)
	}
	defer prog.Close()
	d.prog, err = link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifindex, Flags: m.flags})
	if err != nil {
		d.prog = nil
		return fmt.Errorf("attach XDP program: %w", err)
	}
	for _, q := range d.queues {
		if err := q.open(SocketConfig{
			Ifindex: ifindex, Queue: q.n, Frame: frame, Depth: depth, ZeroCopy: m.zeroCopy, NeedWakeup: d.opts.needWakeup,
		}); err != nil {
			return err
		}
		if err := d.xsks.Put(uint32(q.n), uint32(q.sock.Load().FD())); err != nil {
			return fmt.Errorf("put socket into map: %w", err)
		}
	}
	return nil
}

const xdpPass = 2

// stop lets the interface go. The caller holds mu.
func (d *Device) stop() {
	if d.prog != nil {
		d.prog.Close()
		d.prog = nil
	}
	if d.xsks != nil {
		d.xsks.Close()
		d.xsks = nil
	}
	for _, q := range d.queues {
		q.drop()
	}
	d.inUse, d.ifindex = nil, 0
}

// linkChanged follows an interface that was deleted and made again.
func (d *Device) linkChanged(linux.LinkEvent) {
	idx, err := d.link.Index()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
	case err != nil:
		d.stop()
	case idx != d.ifindex:
		d.start() // a failure is the interface's vanishing again; the next news retries
	}
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

// SetMTU implements netdev.Device. What does not fit a page cannot be received.
func (d *Device) SetMTU(mtu int) error {
	frame := frameFor(mtu)
	if frame == 0 {
		return &netdev.OpError{Op: "set MTU", Name: d.cfg.Name, Err: errMTU}
	}
	if err := d.link.SetMTU(mtu); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.queues[0].sock.Load(); s != nil && s.frame < frame {
		return d.start()
	}
	return nil
}

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) { return d.link.State() }

// SetUp implements netdev.Device.
func (d *Device) SetUp(up bool) error { return d.link.SetUp(up) }

// Stats implements netdev.Device.
func (d *Device) Stats() (netdev.Stats, error) {
	s, err := d.link.Stats()
	if err == nil {
		s.TxDropped += d.cnt.TxDropped.Load()
		s.RxErrors += d.cnt.RxErrors.Load()
	}
	return s, err
}

// CustomStats implements netdev.CustomCounter: the kernel's counters of the
// sockets, by Open vSwitch's names.
func (d *Device) CustomStats() []netdev.CustomStat {
	var l []netdev.CustomStat
	for _, q := range d.queues {
		s := q.sock.Load()
		if s == nil || !s.Enter() {
			continue
		}
		st, err := s.Statistics()
		s.Leave()
		if err != nil {
			continue
		}
		l = append(l,
			netdev.CustomStat{Name: fmt.Sprintf("xsk_queue_%d_rx_dropped", q.n), Value: st.Rx_dropped},
			netdev.CustomStat{Name: fmt.Sprintf("xsk_queue_%d_rx_invalid_descs", q.n), Value: st.Rx_invalid_descs},
			netdev.CustomStat{Name: fmt.Sprintf("xsk_queue_%d_tx_invalid_descs", q.n), Value: st.Tx_invalid_descs})
	}
	return l
}

// Status implements netdev.Device.
func (d *Device) Status() map[string]string {
	s := d.link.Status()
	d.mu.Lock()
	defer d.mu.Unlock()
	s[inUseKey] = d.shown()[inUseKey]
	return s
}

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue {
	l := make([]netdev.RxQueue, len(d.queues))
	for i, q := range d.queues {
		l[i] = q
	}
	return l
}

// Close implements netdev.Device.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.cancel()
	d.stop()
	d.closeQueues()
	return nil
}

func (d *Device) closeQueues() {
	for _, q := range d.queues {
		q.close()
	}
}
