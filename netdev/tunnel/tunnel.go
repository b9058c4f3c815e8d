// Package tunnel is the device behind a datapath's tunnel port, such as
// "vxlan_sys_4789". It decapsulates what its UDP sockets receive into packets
// with packet.Tunnel, and encapsulates what is sent to it as packet.Tunnel says:
// the outer headers are built here and leave as whole frames by the interface
// that the kernel's routes choose. No kernel tunnel device is involved; the far
// end may be one.
//
// Control methods may be called from any goroutine, each queue and each
// transmit queue number belongs to one goroutine at a time.
package tunnel

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"govs/daemon/coverage"
	"govs/netdev"
	"govs/netdev/linux"
	"govs/route"
)

// Device is a tunnel port of a datapath.
type Device struct {
	cfg   netdev.Config
	kind  *kind
	port  uint16
	rt    *route.Table
	mac   [6]byte
	cnt   netdev.Counters
	rx    []*rxQueue // of the underlays that the kind and the host have
	tx    netdev.PerQueue[txScratch]
	ipid  atomic.Uint32
	seq   atomic.Uint32 // of packets that are numbered
	began time.Time     // what ERSPAN's clock counts from

	ext     atomic.Uint32 // VXLAN extensions, extXxx
	payload atomic.Uint32 // Ethertype of what bare UDP carries
	supers  atomic.Uint32 // supersXxx

	cover    *coverage.Counter
	oversize atomic.Int64 // too long for the path, with DF
	noRoute  atomic.Int64
	noNeigh  atomic.Int64 // neighbour did not answer, or too many packets waited

	egress  egressTable
	wait    waiting
	answers answers
	cancel  func() // ends neighbour news

	mu     sync.Mutex
	closed bool              // guarded by mu
	tooBig map[bigFor]uint64 // packets too long, by where they were for; guarded by mu
}

// Extensions of VXLAN (options:exts).
const (
	extGBP = 1 << iota
	extGPE
)

// Open makes the tunnel device of type cfg.Type ("vxlan"), listening on all
// addresses. Its options are "dst_port", the UDP port (default the type's own),
// and those of SetOptions. rt must outlive the device. Errors wrap EAFNOSUPPORT
// for an unknown type and EADDRINUSE when somebody else, such as a kernel tunnel
// device, has the port.
func Open(cfg netdev.Config, rt *route.Table) (*Device, error) {
	fail := func(op string, err error) (*Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	k := kindOf(cfg.Type)
	if k == nil {
		return fail("tunnel type "+strconv.Quote(cfg.Type), unix.EAFNOSUPPORT)
	}
	d := &Device{cfg: cfg, kind: k, port: k.port, rt: rt, began: time.Now(), cover: coverage.New("tunnel_oversize")}
	if s := cfg.Options["dst_port"]; s != "" && d.overUDP() {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return fail("dst_port "+strconv.Quote(s), unix.EINVAL)
		}
		d.port = uint16(n)
	}
	if err := d.SetOptions(cfg.Options); err != nil {
		return fail("options", err)
	}
	rand.Read(d.mac[:])
	d.mac[0] = d.mac[0]&^1 | 2
	what := fmt.Sprintf("listen on UDP port %d", d.port)
	if !d.overUDP() {
		what = fmt.Sprintf("listen for IP protocol %d", k.proto)
	}
	for _, v6 := range [...]bool{false, true} {
		if v6 && !k.v6 || !v6 && !k.v4 {
			continue
		}
		fd, err := listen(k.proto, d.port, v6)
		switch {
		case err == nil:
			d.rx = append(d.rx, newRxQueue(d, fd, v6))
		case v6 && k.v4 && (err == unix.EAFNOSUPPORT || err == unix.EADDRNOTAVAIL):
			// A host without IPv6 has no IPv6 underlay.
		default:
			d.closeSockets()
			return fail(what, err)
		}
	}
	if err := d.answers.open(); err != nil {
		d.closeSockets()
		return fail("eventfd", err)
	}
	d.wait.d = d
	d.cancel = rt.OnNeighbor(d.wait.news)
	return d, nil
}

// SetOptions sets "exts", the VXLAN extensions (a list of "gbp" and "gpe") that
// are sent and taken, and "payload_type", what bare UDP carries (default "ip").
func (d *Device) SetOptions(o map[string]string) error {
	var ext uint32
	for _, e := range strings.Split(o["exts"], ",") {
		switch e {
		case "gbp":
			ext |= extGBP
		case "gpe":
			ext |= extGPE
		}
	}
	payload := uint64(0x0800)
	switch s := o["payload_type"]; s {
	case "", "ip":
	case "mpls":
		payload = 0x8847
	default:
		var err error
		if payload, err = strconv.ParseUint(s, 0, 16); err != nil {
			return unix.EINVAL
		}
	}
	d.ext.Store(ext)
	d.payload.Store(uint32(payload))
	return nil
}

// overUDP reports whether the tunnel runs over UDP.
func (d *Device) overUDP() bool { return d.kind.proto == unix.IPPROTO_UDP }

// queue returns the queue of an underlay, or nil.
func (d *Device) queue(v6 bool) *rxQueue {
	for _, q := range d.rx {
		if q.v6 == v6 {
			return q
		}
	}
	return nil
}

func (d *Device) closeSockets() {
	for _, q := range d.rx {
		q.fd.Close()
	}
}

// Name implements netdev.Device.
func (d *Device) Name() string { return d.cfg.Name }

// Type implements netdev.Device.
func (d *Device) Type() string { return d.cfg.Type }

// Port returns the UDP port.
func (d *Device) Port() uint16 { return d.port }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) { return d.mac, nil }

// SetMAC implements netdev.Device.
func (d *Device) SetMAC([6]byte) error { return netdev.ErrNotSupported }

// MTU implements netdev.Device: what fits depends on the path.
func (d *Device) MTU() (int, error) { return 0, netdev.ErrNotSupported }

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(int) error { return netdev.ErrNotSupported }

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) {
	return netdev.State{AdminUp: true, Carrier: true}, nil
}

// SetUp implements netdev.Device; a tunnel is always up.
func (d *Device) SetUp(bool) error { return nil }

// Stats implements netdev.Device.
func (d *Device) Stats() (netdev.Stats, error) { return d.cnt.Stats(), nil }

// Status implements netdev.Device, with counters of the packets that could not
// be sent, by reason, once there are any.
func (d *Device) Status() map[string]string {
	s := map[string]string{}
	for _, c := range []struct {
		key string
		n   *atomic.Int64
	}{
		{"tunnel_oversize", &d.oversize},
		{"tunnel_no_route", &d.noRoute},
		{"tunnel_no_neighbor", &d.noNeigh},
	} {
		if n := c.n.Load(); n > 0 {
			s[c.key] = strconv.FormatInt(n, 10)
		}
	}
	return s
}

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue {
	var l []netdev.RxQueue
	for _, q := range d.rx {
		l = append(l, q)
	}
	return append(l, &d.answers)
}

// Close implements netdev.Device.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.closeSockets()
	d.answers.fd.Close()
	d.egress.close()
	return nil
}

var _ netdev.Device = (*Device)(nil)

// listen opens the socket that receives the packets of one underlay: a UDP
// socket, or a raw one of another protocol.
func listen(proto uint8, port uint16, v6 bool) (int, error) {
	domain := unix.AF_INET
	if v6 {
		domain = unix.AF_INET6
	}
	typ := unix.SOCK_RAW
	if proto == unix.IPPROTO_UDP {
		typ = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(proto))
	if err != nil {
		return -1, err
	}
	if !v6 {
		return bind(fd, &unix.SockaddrInet4{Port: int(port)}, unix.IPPROTO_IP, []sockopt{
			{unix.IP_PKTINFO, 1}, {unix.IP_RECVTTL, 1}, {unix.IP_RECVTOS, 1},
			{unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT},
		})
	}
	if proto == unix.IPPROTO_UDP {
		// UDP without a checksum is allowed to tunnels (RFC 6935).
		unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_RX, 1)
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1) // raw sockets are by nature
	}
	return bind(fd, &unix.SockaddrInet6{Port: int(port)}, unix.IPPROTO_IPV6, []sockopt{
		{unix.IPV6_RECVPKTINFO, 1}, {unix.IPV6_RECVHOPLIMIT, 1}, {unix.IPV6_RECVTCLASS, 1},
		{unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DONT},
	})
}

type sockopt struct{ opt, val int }

func bind(fd int, sa unix.Sockaddr, level int, opts []sockopt) (int, error) {
	var err error
	for _, o := range opts {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, o.opt, o.val)
		}
	}
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	linux.SetBuffers(fd, 4<<20, 1<<20)
	return fd, nil
}
