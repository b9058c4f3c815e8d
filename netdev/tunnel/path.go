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
	maxOuter = ethLen + ip6Len + udpLen + packet.GeneveLen + packet.MaxGeneveOpts
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
		p.l2l3 = append(p.l2l3, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, d.kind.proto, 0)
	} else {
		p.l2l3 = append(p.l2l3, 0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, d.kind.proto, 0, 0)
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

// outer writes the outer headers for an inner frame into b and returns them;
// false when the tunnel cannot carry the frame.
func (p *path) outer(b []byte, d *Device, o *outgoing) ([]byte, bool) {
	at := len(p.l2l3)
	b, ok := p.headers(b, d, o)
	if !ok {
		return b, false
	}
	p.finish(b, d, o, len(b)-at+len(o.inner))
	if !d.overUDP() {
		return b, true
	}
	u := b[at:]
	switch {
	case p.v6:
		sumUDP(u, o.inner, packet.PseudoV6(packet.IPv6(b[ethLen:]), unix.IPPROTO_UDP, len(u)+len(o.inner)))
	case o.t.Flags&packet.TunCsum != 0:
		sumUDP(u, o.inner, packet.PseudoV4(packet.IPv4(b[ethLen:]), unix.IPPROTO_UDP, len(u)+len(o.inner)))
	}
	return b, true
}

// headers writes the outer headers but for what finish adds.
func (p *path) headers(b []byte, d *Device, o *outgoing) ([]byte, bool) {
	b = append(b[:0], p.l2l3...)
	if d.overUDP() {
		dport := d.port
		if o.t.TPDst != 0 {
			dport = o.t.TPDst
		}
		b = be.AppendUint16(b, sourcePort(innerHash(o.inner, o.typ)))
		b = be.AppendUint16(b, dport)
		b = append(b, 0, 0, 0, 0)
	}
	return d.kind.put(d, b, o)
}

// finish completes the IP and UDP headers in b for n bytes behind the IP header,
// with a UDP checksum of zero.
func (p *path) finish(b []byte, d *Device, o *outgoing, n int) {
	at := len(p.l2l3)
	if d.overUDP() {
		be.PutUint16(b[at+4:], uint16(n))
	}
	t := o.t
	if p.v6 {
		h := packet.IPv6(b[ethLen:at])
		if d.kind.proto == unix.IPPROTO_ROUTING && t.Flags&packet.TunSegments != 0 {
			copy(h[24:], o.opts[:16])
		}
		h.SetTC(t.TOS)
		h.SetLabel(outerLabel(o))
		h.SetPayloadLen(n)
		h.SetHopLimit(ttl(t))
		return
	}
	h := packet.IPv4(b[ethLen:at])
	h[1], h[8] = t.TOS, ttl(t)
	be.PutUint16(h[2:], uint16(ip4Len+n))
	if t.Flags&packet.TunDF != 0 {
		h[6] = 0x40
	} else {
		be.PutUint16(h[4:], uint16(d.ipid.Add(1)))
	}
	h.Checksum()
}

// outerLabel is the flow label of an outer IPv6 header.
func outerLabel(o *outgoing) uint32 {
	switch {
	case o.t.Flags&packet.TunLabelHash != 0:
		return innerHash(o.inner, o.typ) & 0xfffff
	case o.t.Flags&packet.TunLabelCopy != 0:
		if ether, l3 := network(o.inner, o.typ); ether == 0x86dd && l3 >= 0 {
			if ip := packet.IPv6(o.inner[l3:]); ip.Valid() {
				return ip.Label()
			}
		}
	}
	return 0
}

// sumUDP fills in the checksum of a UDP header with what follows it in u and
// inner.
func sumUDP(u, inner []byte, acc uint64) {
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
