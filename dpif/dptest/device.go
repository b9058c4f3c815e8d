package dptest

import (
	"sync"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// Device is a network device in memory: the test puts frames in and sees what
// was sent.
type Device struct {
	name string
	fd   *linux.FD // event descriptor: readable while frames wait

	mu   sync.Mutex
	in   []*packet.Packet // guarded by mu
	out  []*packet.Packet // guarded by mu
	idle chan struct{}    // closed when what was put in is handled; guarded by mu
}

// NewDevice makes a device.
func NewDevice(name string) (*Device, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &Device{name: name, fd: linux.NewFD(fd)}, nil
}

// Inject has the device receive packets, and returns when the datapath is done
// with them.
func (d *Device) Inject(pkts ...*packet.Packet) {
	d.mu.Lock()
	d.in = append(d.in, pkts...)
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	idle := d.idle
	d.mu.Unlock()
	if fd, ok := d.fd.Acquire(); ok {
		one := [8]byte{1}
		unix.Write(fd, one[:])
		d.fd.Release()
	}
	<-idle
}

// Sent returns copies of the packets sent since the last call.
func (d *Device) Sent() []*packet.Packet {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.out
	d.out = nil
	return l
}

// Name implements netdev.Device.
func (d *Device) Name() string { return d.name }

// Type implements netdev.Device.
func (d *Device) Type() string { return "system" }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) { return [6]byte{2}, nil }

// SetMAC implements netdev.Device.
func (d *Device) SetMAC([6]byte) error { return netdev.ErrNotSupported }

// MTU implements netdev.Device.
func (d *Device) MTU() (int, error) { return 1500, nil }

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(int) error { return netdev.ErrNotSupported }

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) {
	return netdev.State{AdminUp: true, Carrier: true}, nil
}

// SetUp implements netdev.Device.
func (d *Device) SetUp(bool) error { return nil }

// Stats implements netdev.Device.
func (d *Device) Stats() (netdev.Stats, error) { return netdev.UnknownStats, nil }

// Status implements netdev.Device.
func (d *Device) Status() map[string]string { return nil }

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue { return []netdev.RxQueue{(*queue)(d)} }

// Send implements netdev.Device.
func (d *Device) Send(_ int, batch []*packet.Packet) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range batch {
		c := &packet.Packet{}
		p.CopyTo(c)
		d.out = append(d.out, c)
	}
	return len(batch), nil
}

// Close implements netdev.Device.
func (d *Device) Close() error {
	d.fd.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled()
	return nil
}

func (d *Device) settled() {
	if d.idle != nil {
		close(d.idle)
		d.idle = nil
	}
}

type queue Device

// FD implements netdev.RxQueue.
func (q *queue) FD() int { return q.fd.Num() }

// Recv implements netdev.RxQueue. The descriptor stays readable until a call
// finds nothing; that call tells that the one before is dealt with.
func (q *queue) Recv(batch []*packet.Packet) (int, error) {
	d := (*Device)(q)
	fd, ok := d.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer d.fd.Release()
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(batch), len(d.in))
	if n == 0 {
		var b [8]byte
		unix.Read(fd, b[:])
		d.settled()
		return 0, nil
	}
	for i, p := range d.in[:n] {
		p.CopyTo(batch[i])
	}
	d.in = append(d.in[:0], d.in[n:]...)
	return n, nil
}
