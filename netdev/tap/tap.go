// Package tap is the device behind internal ports and ports of type "tap": a
// Linux tap with vnet headers, so that checksum-partial frames and super-frames
// pass between the host's stack and the switch whole.
//
// Control methods may be called from any goroutine, the queue and each
// transmit queue number belong to one goroutine at a time. The device lives as
// long as its descriptor: it vanishes with the process, and it stays usable
// when an operator moves it to another network namespace.
package tap

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"govs/internal/away"
	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// maxFrame holds the largest super-frame: 64 kB of IP packet, Ethernet and two
// VLAN headers.
const maxFrame = 65536 + 14 + 8

// Device is an open tap.
type Device struct {
	cfg    netdev.Config
	fd     *linux.FD // the first queue's
	link   *linux.Link
	cnt    netdev.Counters
	queues atomic.Pointer[[]*rxQueue] // replaced under mu
	tx     netdev.PerQueue[txScratch]

	single bool // it was there before and cannot have more queues
	status map[string]string

	mu        sync.Mutex
	onRequeue func() // guarded by mu
}

type txScratch struct {
	vnet [packet.VNetHdrLen]byte
	iov  [2]unix.Iovec
}

type rxQueue struct {
	d  *Device
	fd *linux.FD
}

// Open creates the tap cfg.Name. It starts down, as OVS's internal ports do.
// The error is "Device or resource busy" (EBUSY) when another process or port
// holds a tap of that name, and "Invalid argument" (EINVAL) when an interface
// of another kind has it.
func Open(cfg netdev.Config) (*Device, error) {
	fail := func(op string, err error) (*Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	if len(cfg.Name) == 0 || len(cfg.Name) >= unix.IFNAMSIZ {
		return fail("create tap", unix.EINVAL)
	}
	n, err := queuesOf(cfg.Options)
	if err != nil {
		return fail("create tap", err)
	}
	fd, err := openTun()
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENXIO) {
			err = fmt.Errorf("the tun driver is not available here: %w", err)
		}
		return fail("open /dev/net/tun", err)
	}
	single := false
	// Exclusively: a queue of a tap that somebody has is not to be had.
	err = attach(fd, cfg.Name, unix.IFF_MULTI_QUEUE|iffExclusive)
	if errors.Is(err, unix.EBUSY) {
		// It is there. One that was left for us ("ip tuntap add") has one queue.
		n, single = 1, true
		err = attach(fd, cfg.Name, 0)
		if l := linux.NewLink(cfg.Name, nil); errors.Is(err, unix.EINVAL) && l.Status()["driver_name"] == "tun" {
			err = unix.EBUSY
		}
	}
	if err != nil {
		unix.Close(fd)
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("needs CAP_NET_ADMIN: %w", err)
		}
		return fail("create tap", err)
	}
	d := &Device{cfg: cfg, fd: linux.NewFD(fd), single: single}
	d.link = linux.NewLink(cfg.Name, d.namespace)
	d.queues.Store(&[]*rxQueue{{d: d, fd: d.fd}})
	_ = d.attach(n, cfg.Name) // fewer will do, too
	d.setOffload(fd)
	d.status = d.link.Status()
	return d, nil
}

func openTun() (int, error) {
	return unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

// iffExclusive is IFF_TUN_EXCL of linux/if_tun.h.
const iffExclusive = 0x8000

// attach makes fd a queue of the tap.
func attach(fd int, name string, flags uint16) error {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return unix.EINVAL
	}
	ifr.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR | flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return err
	}
	return unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, packet.VNetHdrLen)
}

// attach adds queues until there are n.
func (d *Device) attach(n int, name string) error {
	l := slices.Clone(*d.queues.Load())
	defer func() { d.queues.Store(&l) }()
	for len(l) < n {
		fd, err := openTun()
		if err != nil {
			return err
		}
		if err := attach(fd, name, unix.IFF_MULTI_QUEUE); err != nil {
			unix.Close(fd)
			return err
		}
		l = append(l, &rxQueue{d: d, fd: linux.NewFD(fd)})
	}
	return nil
}

// OnRequeue implements netdev.Requeuer.
func (d *Device) OnRequeue(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onRequeue = fn
}

// Requeue implements netdev.Requeuer. The first queue is the interface's life and stays.
func (d *Device) Requeue(o map[string]string) error {
	n, err := queuesOf(o)
	if err == nil && !d.single {
		err = d.requeue(n)
	}
	if err != nil {
		return &netdev.OpError{Op: "change n_rxq", Name: d.cfg.Name, Err: err}
	}
	return nil
}

func (d *Device) requeue(n int) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := *d.queues.Load()
	switch {
	case n > len(old):
		err = d.away(func(name string) error { return d.attach(n, name) })
	case n < len(old):
		fewer := slices.Clone(old[:n])
		d.queues.Store(&fewer)
	}
	if d.onRequeue != nil && len(*d.queues.Load()) != len(old) {
		d.onRequeue()
	}
	for _, q := range old[min(n, len(old)):] {
		q.fd.Close()
	}
	return err
}

// away runs fn where the tap is, with the name that it has there.
func (d *Device) away(fn func(name string) error) error {
	ns, err := d.namespace()
	if err != nil {
		return err
	}
	defer unix.Close(ns)
	fd, ok := d.fd.Acquire()
	if !ok {
		return netdev.ErrClosed
	}
	defer d.fd.Release()
	ifr, err := unix.NewIfreq("")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, ifr); err != nil {
		return err
	}
	return away.Do(func() error {
		if err := netns.Set(netns.NsHandle(ns)); err != nil {
			return err
		}
		return fn(ifr.Name())
	})
}

// maxQueues is how many queues a tap has by itself, at most.
const maxQueues = 4

// queuesOf returns how many queues a tap is to have: as many as there are
// processors to work on them, unless n_rxq says otherwise. The kernel keeps the
// packets of a connection in one queue, the one that its answers are sent by.
func queuesOf(o map[string]string) (int, error) {
	s, ok := o["n_rxq"]
	if !ok {
		return min(runtime.NumCPU(), maxQueues), nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 64 {
		return 0, fmt.Errorf("n_rxq %q is not from 1 to 64: %w", s, unix.EINVAL)
	}
	return n, nil
}

// setOffload tells the kernel what super-frames we take; older kernels know
// fewer, without any they are cut and summed before we see them.
func (d *Device) setOffload(fd int) {
	const tso = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN
	for _, f := range []int{tso | unix.TUN_F_USO4 | unix.TUN_F_USO6, tso, unix.TUN_F_CSUM} {
		// The argument is a plain integer, not a pointer.
		if unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, f) == nil {
			return
		}
	}
}

// namespace returns a descriptor of the network namespace the tap is in.
func (d *Device) namespace() (int, error) {
	fd, ok := d.fd.Acquire()
	if !ok {
		return -1, netdev.ErrClosed
	}
	defer d.fd.Release()
	ns, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNGETDEVNETNS, 0)
	if e != 0 {
		return -1, e
	}
	return int(ns), nil
}

// Name implements netdev.Device.
func (d *Device) Name() string { return d.cfg.Name }

// Type implements netdev.Device.
func (d *Device) Type() string { return d.cfg.Type }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) { return d.link.MAC() }

// SetMAC implements netdev.Device.
func (d *Device) SetMAC(mac [6]byte) error { return d.link.SetMAC(mac) }

// SetIPv4 implements netdev.Addressed.
func (d *Device) SetIPv4(p netip.Prefix) error { return d.link.SetIPv4(p) }

// AddGateway implements netdev.Addressed.
func (d *Device) AddGateway(gw netip.Addr) error { return d.link.AddGateway(gw) }

// MTU implements netdev.Device.
func (d *Device) MTU() (int, error) { return d.link.MTU() }

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(mtu int) error { return d.link.SetMTU(mtu) }

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) { return d.link.State() }

// SetUp implements netdev.Device.
func (d *Device) SetUp(up bool) error { return d.link.SetUp(up) }

// Stats implements netdev.Device. The counters are the switch's view: what the
// host sends by the interface is received. What can go wrong on a wire only
// never does.
func (d *Device) Stats() (netdev.Stats, error) {
	s := d.cnt.Stats()
	s.Collisions, s.RxCrcErr, s.RxFrameErr, s.RxOverErr, s.RxMissedErrors, s.Multicast = 0, 0, 0, 0, 0, 0
	return s, nil
}

// Status implements netdev.Device. What the driver is can be asked here only,
// not where the tap was moved to, so it is asked at first.
func (d *Device) Status() map[string]string { return maps.Clone(d.status) }

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue {
	queues := *d.queues.Load()
	l := make([]netdev.RxQueue, len(queues))
	for i, q := range queues {
		l[i] = q
	}
	return l
}

// Close implements netdev.Device.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range *d.queues.Load() {
		q.fd.Close()
	}
	return nil
}

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.fd.Num() }

// Recv implements netdev.RxQueue. The tap gives one frame per system call, so a
// shorter batch than asked for means the queue was empty, or the frames are long.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	fd, ok := q.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.fd.Release()
	var count, bytes, bad int64
	var err error
	for int(count) < len(batch) && !linux.Enough(bytes) {
		p := batch[count]
		if len(p.Buffer()) < maxFrame {
			p.Reset(maxFrame)
		}
		// The vnet header comes to lie in the headroom.
		var n int
		n, err = linux.Read(fd, p.VNetBuffer())
		if err != nil || n == 0 {
			break
		}
		n -= packet.VNetHdrLen
		if n < 14 {
			bad++
			continue
		}
		p.Reset(n)
		if !p.Offload.ReadVNetHdr(p.VNetBuffer(), n) {
			bad++
			continue
		}
		count++
		bytes += int64(n)
	}
	if count > 0 {
		q.d.cnt.RxPackets.Add(count)
		q.d.cnt.RxBytes.Add(bytes)
	}
	if bad > 0 {
		q.d.cnt.RxErrors.Add(bad)
	}
	return int(count), err
}

// write hands a frame to the kernel.
func (s *txScratch) write(fd int, p *packet.Packet) error {
	if whole := p.WithVNetHdr(); whole != nil {
		return linux.Write(fd, whole)
	}
	p.Offload.WriteVNetHdr(s.vnet[:])
	b := p.Bytes()
	s.iov[0].Base, s.iov[1].Base = &s.vnet[0], unsafe.SliceData(b)
	s.iov[0].SetLen(len(s.vnet))
	s.iov[1].SetLen(len(b))
	return linux.Writev(fd, s.iov[:])
}

// Send implements netdev.Device. A tap that is down drops what it is given, as
// the kernel answers EIO.
func (d *Device) Send(txq int, batch []*packet.Packet) (int, error) {
	queues := *d.queues.Load()
	q := queues[txq%len(queues)].fd
	fd, ok := q.Acquire()
	if !ok { // it has just gone, with others or with the device
		q = d.fd
		fd, ok = q.Acquire()
	}
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer q.Release()
	s := d.tx.Get(txq)
	var sent, bytes int64
	var first error
	for _, p := range batch {
		if err := s.write(fd, p); err != nil {
			if first == nil {
				first = err
			}
			if errors.Is(err, unix.EIO) {
				break // all others would get that, too
			}
			continue
		}
		sent++
		bytes += int64(p.Len())
	}
	if sent > 0 {
		d.cnt.TxPackets.Add(sent)
		d.cnt.TxBytes.Add(bytes)
	}
	if n := int64(len(batch)) - sent; n > 0 {
		d.cnt.TxDropped.Add(n)
	}
	return int(sent), first
}
