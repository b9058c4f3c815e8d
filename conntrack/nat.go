package conntrack

import (
	"math/bits"
	"math/rand/v2"

	"govs/packet"
)

// natKind says which address of the first direction is translated.
type natKind uint8

const (
	natSrc natKind = 1 + iota
	natDst
)

// NAT is the nat() part of a ct action. Without Src or Dst it translates packets
// of known connections only.
type NAT struct {
	Src, Dst bool
	// Min and Max are the range of addresses, IPv4 in the first four bytes; not
	// Addr means to keep the address and translate only to avoid a clash.
	Addr             bool
	V6               bool
	Min, Max         [16]byte
	PortMin, PortMax uint16 // 0: keep the port if it is free
	Random           bool   // choose at random, not by a hash
	Persistent       bool   // choose by the source address alone, the same after a restart
}

// Ports from which another is chosen when that of the packet is taken.
const (
	ephemeralMin = 1024
	ephemeralMax = 65535
)

// How many addresses, and ports of a large range, are tried before the range
// counts as exhausted.
const (
	triesAddr = 256
	triesScan = 4096
	triesSeq  = 512
)

// chooseReply sets the key of answers and what is translated. It fails when no
// address and port is free.
func (t *Tracker) chooseReply(c *conn, n *NAT, exp *expectation, now int64) bool {
	rev := c.rev()
	*rev = c.orig().reversed()
	c.nat = 0
	switch {
	case n == nil:
		return true
	case exp != nil:
		c.nat = exp.nat
		if exp.nat == natSrc {
			rev.dst = exp.addr
		} else {
			rev.src = exp.addr
			if exp.port != 0 {
				rev.srcPort = exp.port
			}
		}
		return true
	case n.Src:
		c.nat = natSrc
	case n.Dst:
		c.nat = natDst
	default:
		return true
	}
	if n.Addr && n.V6 != rev.v6 {
		return false
	}
	return t.chooseTuple(c.orig(), rev, n, now)
}

// chooseTuple finds a key of answers that no connection has yet.
func (t *Tracker) chooseTuple(k, rev *key, n *NAT, now int64) bool {
	h := t.natHash(k, n)
	end := &rev.src // whose address is translated, in the key of answers
	if n.Src {
		end = &rev.dst
	}
	addrs := uint64(1)
	if n.Addr {
		addrs = rangeSize(n)
	}
	free := func() bool { return !t.taken(rev, rev.hash(t.seed), now) }
	for i := range min(addrs, triesAddr) {
		if n.Addr {
			*end = rangeAt(n, (h+i)%addrs)
		}
		if !k.hasPorts() {
			if free() {
				return true
			}
			continue
		}
		sport := portRange{k.srcPort, ephemeralMin, ephemeralMax}
		dport := portRange{k.dstPort, k.dstPort, k.dstPort}
		if n.PortMin != 0 {
			r := portRange{0, n.PortMin, max(n.PortMin, n.PortMax)}
			r.at = r.min + uint16(h>>32%(uint64(r.max-r.min)+1))
			if n.Src {
				sport = r
			} else {
				dport = r
			}
		}
		rev.srcPort, rev.dstPort = dport.at, sport.at
		if n.Dst && n.PortMin != 0 && dport.search(&rev.srcPort, free) || sport.search(&rev.dstPort, free) {
			return true
		}
	}
	return false
}

// portRange is where a port is searched, from at on.
type portRange struct{ at, min, max uint16 }

// search sets port to the first in the range for which free is true.
func (r portRange) search(port *uint16, free func() bool) bool {
	size := int(r.max) - int(r.min) + 1
	tries := size
	if size > triesScan {
		tries = triesSeq
	}
	p := r.at
	for range tries {
		if *port = p; free() {
			return true
		}
		if p++; p == 0 || p > r.max {
			p = r.min
		}
	}
	if size > triesScan {
		for range triesSeq {
			if *port = r.min + uint16(rand.IntN(size)); free() {
				return true
			}
		}
	}
	*port = r.at
	return false
}

// natHash chooses addresses and ports for a connection.
func (t *Tracker) natHash(k *key, n *NAT) uint64 {
	switch {
	case n.Random:
		return rand.Uint64()
	case n.Persistent:
		return hashEnd(0, &k.src, 0, 0)
	}
	h := hashEnd(t.seed, &k.src, k.srcPort, k.srcType)
	return mix(h, hashEnd(t.seed, &k.dst, k.dstPort, k.proto))
}

// rangeSize is the number of addresses, at most 2^64-1.
func rangeSize(n *NAT) uint64 {
	if !n.V6 {
		lo, hi := be.Uint32(n.Min[:]), be.Uint32(n.Max[:])
		return uint64(max(hi, lo)-lo) + 1
	}
	lo, borrow := bits.Sub64(be.Uint64(n.Max[8:]), be.Uint64(n.Min[8:]), 0)
	hi, less := bits.Sub64(be.Uint64(n.Max[:8]), be.Uint64(n.Min[:8]), borrow)
	switch {
	case less != 0:
		return 1
	case hi != 0 || lo == ^uint64(0):
		return ^uint64(0)
	}
	return lo + 1
}

// rangeAt is address number i of the range.
func rangeAt(n *NAT, i uint64) (a [16]byte) {
	if !n.V6 {
		be.PutUint32(a[:], be.Uint32(n.Min[:])+uint32(i))
		return a
	}
	lo, carry := bits.Add64(be.Uint64(n.Min[8:]), i, 0)
	be.PutUint64(a[8:], lo)
	be.PutUint64(a[:], be.Uint64(n.Min[:8])+carry)
	return a
}

// translate changes p as its connection says, once in a zone. v is what p was
// read as; it may be nil unless p is an ICMP error.
func (c *conn) translate(p *packet.Packet, v *view, zone uint16, reply, related bool) {
	const bothNAT = StateSrcNAT | StateDstNAT
	if c.nat == 0 || p.CtState&bothNAT != 0 && zone == p.CtZone {
		return
	}
	var again view
	if related && v == nil { // an action before has read it
		if v = &again; !v.locate(p) {
			return
		}
	}
	p.CtState &^= bothNAT
	src := c.nat == natSrc
	if reply {
		src = !src
	}
	// After translation the packet looks like what the other direction answers.
	other := &c.dir[1].key
	if reply {
		other = &c.dir[0].key
	}
	if src {
		p.CtState |= StateSrcNAT
	} else {
		p.CtState |= StateDstNAT
	}
	setAddr(p, other, src)
	switch {
	case related:
		c.translateCarried(p, v, reply)
	case other.proto == protoTCP:
		p.SetTCPPorts(other.dstPort, other.srcPort)
	case other.proto == protoUDP:
		p.SetUDPPorts(other.dstPort, other.srcPort)
	case other.proto == protoSCTP:
		p.SetSCTPPorts(other.dstPort, other.srcPort)
	}
}

// setAddr changes the source or destination address of p to that which the key
// of the other direction has.
func setAddr(p *packet.Packet, other *key, src bool) {
	if other.v6 {
		h := p.IPv6()
		if h == nil {
			return
		}
		from, to := [16]byte(h[8:24]), [16]byte(h[24:40])
		if src {
			from = other.dst
		} else {
			to = other.src
		}
		p.SetIPv6(from, to, h.TC(), h.Label(), h.HopLimit())
		return
	}
	h := p.IPv4()
	if h == nil {
		return
	}
	from, to := h.Src(), h.Dst()
	if src {
		from = be.Uint32(other.dst[:])
	} else {
		to = be.Uint32(other.src[:])
	}
	p.SetIPv4(from, to, h.TOS(), h.TTL())
}

// translateCarried changes the packet that an ICMP error carries back to what it
// was before it was translated.
func (c *conn) translateCarried(p *packet.Packet, v *view, reply bool) {
	k := &c.dir[1].key
	if reply {
		k = &c.dir[0].key
	}
	b := p.Bytes()
	l3, l4 := b[v.innerL3:v.innerL4], b[v.innerL4:]
	if n := len(v.l4); n > 0 {
		l4 = b[v.innerL4 : p.L4+n]
	}
	at, size := 12, 4
	if k.v6 {
		at, size = 8, 16
	}
	sum := innerSum(k, l4)
	for i, to := range [2][]byte{k.src[:size], k.dst[:size]} {
		old := l3[at+i*size:][:size]
		if !k.v6 {
			packet.PatchChecksum(l3[10:12], old, to)
		}
		packet.PatchChecksum(sum, old, to)
		copy(old, to)
	}
	if k.hasPorts() && k.proto != protoSCTP {
		var ports [4]byte
		be.PutUint16(ports[:], k.srcPort)
		be.PutUint16(ports[2:], k.dstPort)
		packet.PatchChecksum(sum, l4[:4], ports[:])
		copy(l4, ports[:])
	} else if k.proto == protoSCTP {
		be.PutUint16(l4, k.srcPort)
		be.PutUint16(l4[2:], k.dstPort)
	}
	// Any byte may have changed that the error's own checksum covers.
	h := p.Transport()
	h[2], h[3] = 0, 0
	var acc uint64
	if k.v6 {
		ip := p.IPv6()
		acc = packet.PseudoV6(ip, protoICMPv6, len(h))
	}
	be.PutUint16(h[2:], ^packet.Fold(packet.Sum(h, acc)))
}

// innerSum is where the checksum of the carried transport header is, if it is
// there and in use, else nil.
func innerSum(k *key, l4 []byte) []byte {
	switch {
	case k.proto == protoTCP && len(l4) >= 18:
		return l4[16:18]
	case k.proto == protoUDP && len(l4) >= 8 && l4[6]|l4[7] != 0:
		return l4[6:8]
	case k.proto == protoICMPv6 && k.v6 && len(l4) >= 4:
		return l4[2:4]
	}
	return nil
}

// locate finds what an ICMP error carries, without judging it.
func (v *view) locate(p *packet.Packet) bool {
	h := p.Transport()
	if len(h) < packet.ICMPLen || p.L4 < 0 {
		return false
	}
	var k key
	if h6 := p.IPv6(); h6 != nil {
		k.v6, k.proto = true, protoICMPv6
		k.dst = [16]byte(h6[24:40])
	} else if h4 := p.IPv4(); h4 != nil {
		k.proto = protoICMP
		copy(k.dst[:4], h4[16:20])
	}
	v.key, v.l4 = k, h
	return isError(h[0], k.v6) && v.carried(p, h, p.L4)
}
