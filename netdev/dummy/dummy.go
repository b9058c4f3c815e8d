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
	rx  []*rxQueue

	mu     sync.Mutex
	mac    [6]byte   // guarded by mu
	mtu    int       // guarded by mu
	up     bool      // guarded by mu
	addr   addresses // guarded by mu
	tx     []counter // by queue; guarded by mu
	pcaps  pcaps     // guarded by mu
	conn   *conns    // nil without stream options; guarded by mu
	closed bool      // guarded by mu
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
	n := nextMAC.Add(1) - 1
	d := &Device{cfg: cfg, mtu: 1500, up: cfg.Type != "dummy-internal",
		mac: [6]byte{0xaa, 0x55, 0xaa, 0x55, byte(n >> 8), byte(n)}}
	rxqs, txqs := d.queueCounts(cfg.Options)
	d.tx = make([]counter, txqs)
	if err := d.openQueues(rxqs); err != nil {
		return fail("eventfd", err)
	}
	d.pcaps, d.conn = openPcaps(cfg.Options), openConns(d, cfg.Options)
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
	return netdev.State{Ifindex: index, AdminUp: d.up, Carrier: d.up}, nil
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
	all := uint64(d.cnt.RxPackets.Load())
	l := []netdev.CustomStat{{Name: "rx_custom_packets_1", Value: all}, {Name: "rx_custom_packets_2", Value: all}}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, q := range d.rx {
		l = q.cnt.appendTo(l, "rx", i)
	}
	for i := range d.tx {
		l = d.tx[i].appendTo(l, "tx", i)
	}
	return l
}

// Queues returns the one queue that a dummy has, as OVS's.
func (d *Device) Queues() []netdev.Queue {
	return []netdev.Queue{{ID: 0, TxBytes: -1, TxPackets: -1, TxErrors: -1}}
}

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
	for _, q := range d.rx {
		q.settled()
	}
	conn := d.conn
	d.mu.Unlock()
	conn.close() // its readers take mu
	d.closeQueues()
	return nil
}

// Send implements netdev.Device. A frame longer than the MTU is dropped; an ARP
// request for the device's own address is answered.
func (d *Device) Send(queue int, batch []*packet.Packet) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, netdev.ErrClosed
	}
	sent := 0
	var first error
	for _, p := range batch {
		n, err := d.sendOne(p, &d.tx[queue%len(d.tx)])
		if err != nil && first == nil {
			first = err
		}
		sent += n
	}
	return sent, first
}

func (d *Device) sendOne(p *packet.Packet, c *counter) (int, error) {
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
		c.add(len(b))
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
