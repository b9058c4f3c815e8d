// Package dummy is a network device without a network, for tests by
// --enable-dummy: packets are put in by command (netdev-dummy/receive) or come
// by a stream socket, and what is sent goes to files and the socket.
//
// Everything may be called from any goroutine.
package dummy

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
)

// maxQueue is how many packets wait to be received; more are dropped.
const maxQueue = 100

// devices are all dummy devices that are open, by name, for the commands.
var devices struct {
	mu sync.Mutex
	m  map[string]*Device // guarded by mu
}

// nextMAC numbers the addresses that devices get.
var nextMAC atomic.Uint32

// Device is a dummy device.
type Device struct {
	cfg netdev.Config
	cnt netdev.Counters
	fd  *linux.FD // event descriptor: readable while the queue holds packets

	mu     sync.Mutex
	mac    [6]byte       // guarded by mu
	mtu    int           // guarded by mu
	up     bool          // guarded by mu
	addr   addresses     // guarded by mu
	queue  [][]byte      // guarded by mu
	idle   chan struct{} // closed when everything queued was handled; guarded by mu
	pcaps  pcaps         // guarded by mu
	conn   *conns        // nil without stream options; guarded by mu
	closed bool          // guarded by mu
}

// Open makes a dummy device of type "dummy", "dummy-internal" or "dummy-pmd".
// Options: pcap, rxq_pcap and tx_pcap name files that get what is received and
// sent; pstream and stream are sockets that devices exchange packets by; ifindex is
// what the device says that its index is.
func Open(cfg netdev.Config) (netdev.Device, error) {
	fail := func(op string, err error) (netdev.Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	devices.mu.Lock()
	defer devices.mu.Unlock()
	if devices.m[cfg.Name] != nil {
		return fail("open", unix.EEXIST)
	}
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return fail("eventfd", err)
	}
	n := nextMAC.Add(1) - 1
	d := &Device{cfg: cfg, fd: linux.NewFD(fd), mtu: 1500, up: cfg.Type != "dummy-internal",
		mac: [6]byte{0xaa, 0x55, 0xaa, 0x55, byte(n >> 8), byte(n)}}
	if d.pcaps, err = openPcaps(cfg.Options); err != nil {
		d.fd.Close()
		return fail("open pcap file", err)
	}
	if d.conn, err = openConns(d, cfg.Options); err != nil {
		d.fd.Close()
		d.pcaps.close()
		return fail("open stream", err)
	}
	if devices.m == nil {
		devices.m = map[string]*Device{}
	}
	devices.m[cfg.Name] = d
	return d, nil
}

// Name implements netdev.Device.
func (d *Device) Name() string { return d.cfg.Name }

// Type implements netdev.Device.
func (d *Device) Type() string { return d.cfg.Type }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mac, nil
}

// SetMAC implements netdev.Device.
func (d *Device) SetMAC(mac [6]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mac = mac
	return nil
}

// MTU implements netdev.Device.
func (d *Device) MTU() (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mtu, nil
}

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(mtu int) error {
	if mtu < 68 || mtu > 65535 {
		return &netdev.OpError{Op: "set MTU", Name: d.cfg.Name, Err: unix.EINVAL}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mtu = mtu
	return nil
}

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	index, _ := strconv.Atoi(d.cfg.Options["ifindex"])
	return netdev.State{Ifindex: index, AdminUp: d.up, Carrier: d.up && d.conn.connected()}, nil
}

// SetUp implements netdev.Device.
func (d *Device) SetUp(up bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.up = up
	return nil
}

// Stats implements netdev.Device.
func (d *Device) Stats() (netdev.Stats, error) {
	s := netdev.UnknownStats
	s.RxPackets, s.RxBytes = d.cnt.RxPackets.Load(), d.cnt.RxBytes.Load()
	s.TxPackets, s.TxBytes = d.cnt.TxPackets.Load(), d.cnt.TxBytes.Load()
	return s, nil
}

// Status implements netdev.Device.
func (d *Device) Status() map[string]string { return map[string]string{} }

// CustomStats returns counters by OVS's names for those of its dummies.
func (d *Device) CustomStats() []netdev.CustomStat {
	s, _ := d.Stats()
	return []netdev.CustomStat{
		{Name: "rx_custom_packets_1", Value: uint64(s.RxPackets)}, {Name: "rx_custom_packets_2", Value: uint64(s.RxPackets)},
		{Name: "rx_q0_bytes", Value: uint64(s.RxBytes)}, {Name: "rx_q0_packets", Value: uint64(s.RxPackets)},
		{Name: "tx_q0_bytes", Value: uint64(s.TxBytes)}, {Name: "tx_q0_packets", Value: uint64(s.TxPackets)},
	}
}

// Queues returns the one queue that a dummy has, as OVS's.
func (d *Device) Queues() []netdev.Queue {
	return []netdev.Queue{{ID: 0, TxBytes: -1, TxPackets: -1, TxErrors: -1}}
}

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue { return []netdev.RxQueue{(*rxQueue)(d)} }

// Close implements netdev.Device.
func (d *Device) Close() error {
	devices.mu.Lock()
	if devices.m[d.cfg.Name] == d {
		delete(devices.m, d.cfg.Name)
	}
	devices.mu.Unlock()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.pcaps.close()
	d.settled()
	conn := d.conn
	d.mu.Unlock()
	conn.close() // its readers take mu
	d.fd.Close()
	return nil
}

// rxQueue is the device seen as its one queue.
type rxQueue Device

// FD implements netdev.RxQueue.
func (q *rxQueue) FD() int { return q.fd.Num() }

// Recv implements netdev.RxQueue. Its descriptor stays readable until a call
// found nothing, which also says that the packets of the call before are
// handled.
func (q *rxQueue) Recv(batch []*packet.Packet) (int, error) {
	d := (*Device)(q)
	fd, ok := d.fd.Acquire()
	if !ok {
		return 0, netdev.ErrClosed
	}
	defer d.fd.Release()
	d.mu.Lock()
	defer d.mu.Unlock()
	// One packet at a time, as in OVS: the second of two alike then finds the flow
	// that the first has set up.
	n := min(len(batch), len(d.queue), 1)
	if n == 0 {
		var b [8]byte
		unix.Read(fd, b[:])
		d.settled()
		return 0, nil
	}
	var bytes int64
	for i, b := range d.queue[:n] {
		batch[i].Reset(len(b))
		copy(batch[i].Bytes(), b)
		bytes += int64(len(b))
	}
	d.queue = append(d.queue[:0], d.queue[n:]...)
	d.cnt.RxPackets.Add(int64(n))
	d.cnt.RxBytes.Add(bytes)
	return n, nil
}

// settled wakes those who wait for the queue to be handled. The caller holds mu.
func (d *Device) settled() {
	if d.idle != nil {
		close(d.idle)
		d.idle = nil
	}
}

// Receive has the device receive a frame, which it keeps. The channel is closed
// once everything received so far was handled.
func (d *Device) Receive(frame []byte) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.queue) >= maxQueue {
		done := make(chan struct{})
		close(done)
		return done
	}
	d.pcaps.rx.write(frame)
	d.queue = append(d.queue, frame)
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	idle := d.idle
	if fd, ok := d.fd.Acquire(); ok {
		one := [8]byte{1}
		unix.Write(fd, one[:])
		d.fd.Release()
	}
	return idle
}

// Send implements netdev.Device. A frame longer than the MTU is dropped; an ARP
// request for the device's own address is answered.
func (d *Device) Send(_ int, batch []*packet.Packet) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, netdev.ErrClosed
	}
	sent := 0
	var first error
	for _, p := range batch {
		n, err := d.sendOne(p)
		if err != nil && first == nil {
			first = err
		}
		sent += n
	}
	return sent, first
}

func (d *Device) sendOne(p *packet.Packet) (int, error) {
	frames := []*packet.Packet{p}
	if p.Offload.GSOType != packet.GSONone {
		segs, err := p.Segment(nil)
		if err != nil {
			return 0, err
		}
		frames = segs
	}
	for _, f := range frames {
		f.FinishChecksum()
		b := f.Bytes()
		limit := d.mtu + packet.EthernetLen
		if len(b) >= packet.EthernetLen && packet.Ethernet(b).Type() == 0x8100 {
			limit += packet.VLANLen
		}
		if len(b) < packet.EthernetLen || len(b) > limit {
			d.cnt.TxDropped.Add(1)
			return 0, unix.EMSGSIZE
		}
		d.cnt.TxPackets.Add(1)
		d.cnt.TxBytes.Add(int64(len(b)))
		d.pcaps.tx.write(b)
		d.conn.send(b)
		if reply := d.addr.answer(b, d.mac); reply != nil {
			go d.Receive(reply)
		}
	}
	return 1, nil
}

// await waits for done, but not for ever: the switch may be busy with whoever
// waits.
func await(done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}
