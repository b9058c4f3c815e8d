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
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"govs/netdev"
	"govs/netdev/linux"
	"govs/packet"
	"govs/route"
)

// kind is a type of tunnel that runs over UDP.
type kind struct {
	name   string
	port   uint16 // default UDP port
	hdrLen int    // bytes between UDP and the inner frame
	// put writes the tunnel's header into b, which is hdrLen bytes long.
	put func(b []byte, t *packet.Tunnel)
	// get reads the header in front of p into p.Tunnel and pulls it; false if
	// it is malformed.
	get func(p *packet.Packet) bool
}

// kinds is the registry; a type that is not in it cannot be opened.
var kinds = [...]kind{
	{"vxlan", 4789, packet.VXLANLen, putVXLAN, getVXLAN},
}

func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Types returns the names of the tunnel types there are.
func Types() []string {
	var l []string
	for i := range kinds {
		l = append(l, kinds[i].name)
	}
	return l
}

// DefaultPort returns the UDP port of a tunnel type without dst_port, 0 for an
// unknown type.
func DefaultPort(typ string) uint16 {
	if k := kindOf(typ); k != nil {
		return k.port
	}
	return 0
}

// Device is a tunnel port of a datapath.
type Device struct {
	cfg  netdev.Config
	kind *kind
	port uint16
	rt   *route.Table
	mac  [6]byte
	cnt  netdev.Counters
	rx   []*rxQueue // IPv4, and IPv6 where the host has it
	tx   netdev.PerQueue[txScratch]
	ipid atomic.Uint32
	// noSuper is set once the kernel refused an outer super-frame.
	noSuper atomic.Bool

	oversize atomic.Int64 // too long for the path, with DF
	noRoute  atomic.Int64
	noNeigh  atomic.Int64 // neighbour did not answer, or too many packets waited

	egress egressTable
	wait   waiting
	cancel func() // ends neighbour news

	mu     sync.Mutex
	closed bool // guarded by mu
}

// Open makes the tunnel device of type cfg.Type ("vxlan"), listening on UDP port
// Options["dst_port"] (default the type's own) of all addresses. rt must outlive
// the device. Errors wrap EAFNOSUPPORT for an unknown type and EADDRINUSE when
// somebody else, such as a kernel tunnel device, has the port.
func Open(cfg netdev.Config, rt *route.Table) (*Device, error) {
	fail := func(op string, err error) (*Device, error) {
		return nil, &netdev.OpError{Op: op, Name: cfg.Name, Err: err}
	}
	k := kindOf(cfg.Type)
	if k == nil {
		return fail("tunnel type "+strconv.Quote(cfg.Type), unix.EAFNOSUPPORT)
	}
	d := &Device{cfg: cfg, kind: k, port: k.port, rt: rt}
	if s := cfg.Options["dst_port"]; s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return fail("dst_port "+strconv.Quote(s), unix.EINVAL)
		}
		d.port = uint16(n)
	}
	rand.Read(d.mac[:])
	d.mac[0] = d.mac[0]&^1 | 2
	fd4, err := listen4(d.port)
	if err != nil {
		return fail(fmt.Sprintf("listen on UDP port %d", d.port), err)
	}
	d.rx = append(d.rx, newRxQueue(d, fd4, false))
	fd6, err := listen6(d.port)
	switch {
	case err == nil:
		d.rx = append(d.rx, newRxQueue(d, fd6, true))
	case err == unix.EADDRINUSE:
		unix.Close(fd4)
		return fail(fmt.Sprintf("listen on UDP port %d", d.port), err)
	}
	// Any other failure is a host without IPv6, which has no IPv6 underlay.
	d.wait.d = d
	d.cancel = rt.OnNeighbor(d.wait.news)
	return d, nil
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
	return l
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
	for _, q := range d.rx {
		q.fd.Close()
	}
	d.egress.close()
	return nil
}

var _ netdev.Device = (*Device)(nil)

func listen4(port uint16) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return bind(fd, &unix.SockaddrInet4{Port: int(port)}, unix.IPPROTO_IP, []sockopt{
		{unix.IP_PKTINFO, 1}, {unix.IP_RECVTTL, 1}, {unix.IP_RECVTOS, 1},
		{unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT},
	})
}

func listen6(port uint16) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	// UDP without a checksum is allowed to tunnels (RFC 6935).
	unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_RX, 1)
	return bind(fd, &unix.SockaddrInet6{Port: int(port)}, unix.IPPROTO_IPV6, []sockopt{
		{unix.IPV6_V6ONLY, 1},
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
