package tunnel

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"govs/netdev/linux"
	"govs/packet"
	"govs/route"
)

const (
	ethLen, ip4Len, ip6Len, udpLen = packet.EthernetLen, 20, 40, 8
	// maxOuter is the space for all outer headers.
	maxOuter = 128
	// keepPath is how long a path is used before routes and neighbour are
	// looked at again, even without news.
	keepPath = time.Second
	maxPaths = 1024
)

// pathKey is what the way of an encapsulated packet depends on.
type pathKey struct {
	dst, src netip.Addr
	mark     uint32
}

// path is how packets to one tunnel endpoint leave; immutable.
type path struct {
	gen   uint64
	until time.Time
	state pathState
	eg    route.Egress
	hop   netip.Addr // neighbour
	src   netip.Addr
	v6    bool
	fd    *linux.FD // packet socket of the egress interface
	l2l3  []byte    // Ethernet and IP header with what does not change
}

type pathState uint8

const (
	pathReady pathState = iota
	pathLocal           // the endpoint is this host
	pathNoRoute
	pathNoNeighbor // not resolved yet
)

func (k *pathKey) set(t *packet.Tunnel, mark uint32) {
	*k = pathKey{mark: mark}
	if t.IPv6Dst != [16]byte{} {
		k.dst = netip.AddrFrom16(t.IPv6Dst)
		if t.IPv6Src != [16]byte{} {
			k.src = netip.AddrFrom16(t.IPv6Src)
		}
		return
	}
	k.dst = v4(t.Dst)
	if t.Src != 0 {
		k.src = v4(t.Src)
	}
}

func v4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// find makes the path for k.
func (d *Device) find(k pathKey, now time.Time) *path {
	p := &path{gen: d.rt.Gen(), until: now.Add(keepPath), v6: k.dst.Is6()}
	eg, err := d.rt.Lookup(k.dst, k.src, k.mark)
	if err != nil {
		p.state = pathNoRoute
		return p
	}
	p.eg, p.src = eg, eg.Source
	if k.src.IsValid() {
		p.src = k.src
	}
	if eg.Local {
		p.state = pathLocal
		return p
	}
	if p.hop = eg.Gateway; !p.hop.IsValid() {
		p.hop = k.dst
	}
	var mac [6]byte
	if p.hop.IsMulticast() {
		mac = multicastMAC(p.hop)
	} else if m, ok := d.rt.Neighbor(eg.Ifindex, p.hop); ok {
		mac = m
	} else {
		p.state = pathNoNeighbor
		return p
	}
	if p.fd, err = d.egress.get(eg.Ifindex); err != nil || !p.src.IsValid() {
		p.state = pathNoRoute
		return p
	}
	p.l2l3 = append(append(p.l2l3, mac[:]...), eg.MAC[:]...)
	if p.v6 {
		p.l2l3 = append(p.l2l3, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, unix.IPPROTO_UDP, 0)
	} else {
		p.l2l3 = append(p.l2l3, 0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, unix.IPPROTO_UDP, 0, 0)
	}
	p.l2l3 = append(append(p.l2l3, p.src.AsSlice()...), k.dst.AsSlice()...)
	return p
}

// multicastMAC maps a group (RFC 1112 section 6.4, RFC 2464 section 7).
func multicastMAC(a netip.Addr) [6]byte {
	if a.Is4() {
		b := a.As4()
		return [6]byte{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}
	}
	b := a.As16()
	return [6]byte{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// overhead is the number of bytes in front of an inner frame that count
// towards the path's MTU.
func (p *path) overhead(k *kind) int {
	if p.v6 {
		return ip6Len + udpLen + k.hdrLen
	}
	return ip4Len + udpLen + k.hdrLen
}

// outer writes the outer headers for an inner frame into b and returns them.
func (p *path) outer(b []byte, d *Device, t *packet.Tunnel, inner []byte) []byte {
	b = p.headers(b, d, t, inner, d.kind.hdrLen+len(inner))
	u := b[len(p.l2l3):]
	switch {
	case p.v6:
		p.sum(u, inner, packet.PseudoV6(packet.IPv6(b[ethLen:]), unix.IPPROTO_UDP, len(u)+len(inner)))
	case t.Flags&packet.TunCsum != 0:
		p.sum(u, inner, packet.PseudoV4(packet.IPv4(b[ethLen:]), unix.IPPROTO_UDP, len(u)+len(inner)))
	}
	return b
}

// headers writes the outer headers in front of n bytes of UDP payload, with a
// UDP checksum of zero. inner is the frame that decides on the source port.
func (p *path) headers(b []byte, d *Device, t *packet.Tunnel, inner []byte, n int) []byte {
	b = append(b[:0], p.l2l3...)
	udpAt := len(b)
	b = b[:udpAt+udpLen+d.kind.hdrLen]
	n += udpLen
	u := b[udpAt:]
	be.PutUint16(u, sourcePort(innerHash(inner)))
	dport := d.port
	if t.TPDst != 0 {
		dport = t.TPDst
	}
	be.PutUint16(u[2:], dport)
	be.PutUint16(u[4:], uint16(n))
	be.PutUint16(u[6:], 0)
	d.kind.put(u[udpLen:], t)
	ip := b[ethLen:udpAt]
	if p.v6 {
		h := packet.IPv6(ip)
		h.SetTC(t.TOS)
		h.SetPayloadLen(n)
		h.SetHopLimit(ttl(t))
		return b
	}
	h := packet.IPv4(ip)
	h[1], h[8] = t.TOS, ttl(t)
	be.PutUint16(h[2:], uint16(ip4Len+n))
	if t.Flags&packet.TunDF != 0 {
		h[6] = 0x40
	} else {
		be.PutUint16(h[4:], uint16(d.ipid.Add(1)))
	}
	h.Checksum()
	return b
}

// sum fills in the outer UDP checksum.
func (p *path) sum(u, inner []byte, acc uint64) {
	c := ^packet.Fold(packet.Sum(inner, packet.Sum(u, acc)))
	if c == 0 {
		c = 0xffff
	}
	be.PutUint16(u[6:], c)
}

// ttl is the outer time to live; translation gives one, 64 is OVS's default.
func ttl(t *packet.Tunnel) uint8 {
	if t.TTL == 0 {
		return 64
	}
	return t.TTL
}
