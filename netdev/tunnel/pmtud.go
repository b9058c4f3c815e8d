package tunnel

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"govs/packet"
)

const (
	// maxAnswers is the most answers that wait to be received.
	maxAnswers = 64
	// quotedV4 and quotedV6 are how much of a packet an ICMP error quotes (RFC
	// 1812 section 4.3.2.3, RFC 4443 section 3.2).
	quotedV4 = 576 - 2*20 - 8
	quotedV6 = 1280 - 40 - 8
)

// bigFor is where a packet that was too long was for.
type bigFor struct {
	to  netip.Addr
	key uint64
}

// maxBigFor bounds how many of them are told apart.
const maxBigFor = 4096

func (d *Device) countTooBig(t *packet.Tunnel) {
	var k pathKey
	k.set(t, 0)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tooBig == nil || len(d.tooBig) > maxBigFor {
		d.tooBig = map[bigFor]uint64{}
	}
	d.tooBig[bigFor{k.dst, t.ID}]++
}

// Oversize returns how many packets to a tunnel endpoint with a key were too
// long for their path; an invalid address and a nil key stand for any.
func (d *Device) Oversize(to netip.Addr, key *uint64) (n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for b, m := range d.tooBig {
		if (!to.IsValid() || b.to == to) && (key == nil || b.key == *key) {
			n += m
		}
	}
	return n
}

// refuse accounts for a frame that is too long for its path with over bytes of
// outer headers, and answers its sender if the tunnel wants that: with the ICMP
// error that a router would send, received from the tunnel's far end.
func (d *Device) refuse(w *path, p *packet.Packet, over int) {
	d.oversize.Add(1)
	d.cover.Inc()
	d.countTooBig(&p.Tunnel)
	if p.Tunnel.Flags&packet.TunPMTUD == 0 {
		return
	}
	_, l3 := network(p.Bytes(), p.PacketType)
	if l3 < 0 {
		return
	}
	a := &packet.Packet{}
	if !answer(a, p, l3, w.eg.MTU-over-l3) {
		return
	}
	a.PacketType = p.PacketType
	t := &a.Tunnel
	*t = packet.Tunnel{ID: p.Tunnel.ID, Flags: p.Tunnel.Flags & packet.TunKey, TTL: 64, TPDst: d.port}
	if w.v6 {
		t.IPv6Src, t.IPv6Dst = p.Tunnel.IPv6Dst, w.src.As16()
	} else {
		src := w.src.As4()
		t.Src, t.Dst = p.Tunnel.Dst, be.Uint32(src[:])
	}
	d.answers.add(a)
}

// answer makes a the ICMP error that says that the IP packet at l3 of p should
// be at most mtu bytes long; false when there must be none.
func answer(a, p *packet.Packet, l3, mtu int) bool {
	b := p.Bytes()
	ip := b[l3:]
	var head, quote int
	switch {
	case packet.IPv4(ip).Valid():
		h := packet.IPv4(ip)
		if h.Frag()&0x4000 == 0 || h.Frag()&0x1fff != 0 || mtu < 68 || isICMPError(h.Proto(), ip[h.HeaderLen():], false) {
			return false
		}
		head, quote = ip4Len+packet.ICMPLen, quotedV4
	case packet.IPv6(ip).Valid():
		if mtu = max(mtu, 1280); isICMPError(ip[6], ip[ip6Len:], true) {
			return false
		}
		head, quote = ip6Len+packet.ICMPLen, quotedV6
	default:
		return false
	}
	quote = min(quote, len(ip))
	a.Reset(l3 + head + quote)
	o := a.Bytes()
	copy(o, b[:l3])
	if l3 > 0 {
		copy(o[:6], b[6:12])
		copy(o[6:12], b[:6])
	}
	r := o[l3:]
	clear(r[:head])
	copy(r[head:], ip[:quote])
	if head == ip4Len+packet.ICMPLen {
		h := packet.IPv4(r)
		r[0], r[8], r[9] = 0x45, 64, unix.IPPROTO_ICMP
		be.PutUint16(r[2:], uint16(len(r)))
		copy(r[12:16], ip[16:20])
		copy(r[16:20], ip[12:16])
		h.Checksum()
		m := r[ip4Len:]
		m[0], m[1] = 3, 4 // destination unreachable, fragmentation needed (RFC 1191)
		be.PutUint16(m[6:], uint16(mtu))
		be.PutUint16(m[2:], packet.Checksum(m))
		return true
	}
	h := packet.IPv6(r)
	r[0], r[6], r[7] = 0x60, unix.IPPROTO_ICMPV6, 64
	h.SetPayloadLen(len(r) - ip6Len)
	copy(r[8:24], ip[24:40])
	copy(r[24:40], ip[8:24])
	m := r[ip6Len:]
	m[0] = 2 // packet too big (RFC 4443 section 3.2)
	be.PutUint32(m[4:], uint32(mtu))
	be.PutUint16(m[2:], ^packet.Fold(packet.Sum(m, packet.PseudoV6(h, unix.IPPROTO_ICMPV6, len(m)))))
	return true
}

// isICMPError reports whether what follows an IP header is an ICMP error, which
// is never answered by one.
func isICMPError(proto uint8, b []byte, v6 bool) bool {
	if len(b) == 0 {
		return true
	}
	if v6 {
		return proto == unix.IPPROTO_ICMPV6 && b[0] < 128
	}
	return proto == unix.IPPROTO_ICMP && b[0] != 0 && b[0] != 8
}
