package userspace

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"sync"

	"govs/flow"
	"govs/packet"
)

// Offsets in headers that the setters change.
const (
	ipv4TOS, ipv4TTL, ipv4Csum, ipv4Src, ipv4Dst = 1, 8, 10, 12, 16
	ipv6Hop, ipv6Src, ipv6Dst                    = 7, 8, 24
	protoICMP, protoTCP, protoUDP                = 1, 6, 17
	protoICMPv6, protoSCTP                       = 58, 132
)

// pushVLAN puts a tag behind the Ethernet addresses.
func pushVLAN(p *packet.Packet, tpid, tci uint16) {
	b := p.Push(4)
	copy(b[:12], b[4:16])
	binary.BigEndian.PutUint16(b[12:], tpid)
	binary.BigEndian.PutUint16(b[14:], tci)
}

// popVLAN takes the outermost tag away; false if there is none.
func popVLAN(p *packet.Packet) bool {
	b := p.Bytes()
	if len(b) < 18 {
		return false
	}
	if t := binary.BigEndian.Uint16(b[12:]); t != flow.EthTypeVLAN && t != flow.EthTypeQinQ {
		return false
	}
	copy(b[4:16], b[:12])
	p.Pull(4)
	return true
}

// merge writes val's bits under mask to dst.
func merge(dst, val, mask []byte) {
	for i := range dst {
		dst[i] = dst[i]&^mask[i] | val[i]
	}
}

func setEthernet(p *packet.Packet, _ *flow.Key, o *op) bool {
	b := p.Bytes()
	if len(b) < 12 {
		return false
	}
	// The attribute has the source first, the wire the destination.
	merge(b[6:12], o.val[:6], o.mask[:6])
	merge(b[:6], o.val[6:12], o.mask[6:12])
	return true
}

// l3 returns the network header on, if it has at least n bytes.
func l3(p *packet.Packet, n int) []byte {
	if p.L3 < 0 || p.Len()-p.L3 < n {
		return nil
	}
	return p.Bytes()[p.L3:]
}

// l4 returns the transport header on, if it has at least n bytes and this is
// no later fragment.
func l4(p *packet.Packet, n int) []byte {
	if p.L4 < 0 || p.Len()-p.L4 < n {
		return nil
	}
	return p.Bytes()[p.L4:]
}

// l4Csum returns the place of the transport checksum, nil if there is none that
// must follow a change.
func l4Csum(p *packet.Packet, k *flow.Key) []byte {
	if k.NwFrag&flow.FragLater != 0 {
		return nil
	}
	switch k.NwProto {
	case protoTCP:
		if b := l4(p, 18); b != nil {
			return b[16:18]
		}
	case protoUDP:
		if b := l4(p, 8); b != nil && (p.Offload.CsumPartial || b[6]|b[7] != 0) {
			return b[6:8]
		}
	case protoICMPv6:
		if b := l4(p, 4); b != nil {
			return b[2:4]
		}
	}
	return nil
}

// fold brings a sum of 16-bit words into 16 bits.
func fold(s uint32) uint16 {
	s = s&0xffff + s>>16
	return uint16(s + s>>16)
}

// adjust updates a checksum for old becoming new, which have the same even
// length (RFC 1624). A checksum that is left to the device holds the plain sum
// of the pseudo-header instead of its complement.
func adjust(c []byte, old, new []byte, partial bool) {
	s := uint32(binary.BigEndian.Uint16(c))
	if !partial {
		s = ^s & 0xffff
	}
	for i := 0; i+1 < len(old); i += 2 {
		s += uint32(^binary.BigEndian.Uint16(old[i:])) + uint32(binary.BigEndian.Uint16(new[i:]))
		s = s&0xffff + s>>16
	}
	v := fold(s)
	if !partial {
		v = ^v
	}
	binary.BigEndian.PutUint16(c, v)
}

// adjustL4 is adjust for a transport checksum, where UDP has a special zero.
func adjustL4(p *packet.Packet, k *flow.Key, old, new []byte, pseudo bool) {
	c := l4Csum(p, k)
	if c == nil || p.Offload.CsumPartial && !pseudo {
		return // what is not pseudo-header is not in an unfinished checksum
	}
	adjust(c, old, new, p.Offload.CsumPartial)
	if k.NwProto == protoUDP && !p.Offload.CsumPartial && c[0]|c[1] == 0 {
		c[0], c[1] = 0xff, 0xff
	}
}

func setIPv4(p *packet.Packet, k *flow.Key, o *op) bool {
	b := l3(p, 20)
	if b == nil || b[0]>>4 != 4 {
		return false
	}
	var old [12]byte
	copy(old[:2], b[ipv4TTL:]) // with the protocol
	copy(old[2:4], b[0:2])     // with version and length
	copy(old[4:], b[ipv4Src:ipv4Src+8])
	merge(b[ipv4Src:ipv4Src+8], o.val[:8], o.mask[:8])
	merge(b[ipv4TOS:ipv4TOS+1], o.val[9:10], o.mask[9:10])
	merge(b[ipv4TTL:ipv4TTL+1], o.val[10:11], o.mask[10:11])
	var now [12]byte
	copy(now[:2], b[ipv4TTL:])
	copy(now[2:4], b[0:2])
	copy(now[4:], b[ipv4Src:ipv4Src+8])
	adjust(b[ipv4Csum:ipv4Csum+2], old[:], now[:], false)
	if old != now && [8]byte(old[4:]) != [8]byte(now[4:]) {
		adjustL4(p, k, old[4:], now[4:], true)
	}
	return true
}

func setIPv6(p *packet.Packet, k *flow.Key, o *op) bool {
	b := l3(p, 40)
	if b == nil || b[0]>>4 != 6 {
		return false
	}
	var old [32]byte
	copy(old[:], b[ipv6Src:ipv6Src+32])
	merge(b[ipv6Src:ipv6Src+32], o.val[:32], o.mask[:32])
	first := binary.BigEndian.Uint32(b)
	label, lmask := binary.BigEndian.Uint32(o.val[32:])&0xfffff, binary.BigEndian.Uint32(o.mask[32:])&0xfffff
	class, cmask := uint32(o.val[37])<<20, uint32(o.mask[37])<<20
	binary.BigEndian.PutUint32(b, first&^(lmask|cmask)|label|class)
	merge(b[ipv6Hop:ipv6Hop+1], o.val[38:39], o.mask[38:39])
	if k.NwProto != protoICMP && old != [32]byte(b[ipv6Src:ipv6Src+32]) {
		adjustL4(p, k, old[:], b[ipv6Src:ipv6Src+32], true)
	}
	return true
}

// setPorts changes the two ports at the start of a transport header.
func setPorts(p *packet.Packet, k *flow.Key, o *op, proto uint8, size int) bool {
	b := l4(p, size)
	if b == nil || k.NwProto != proto || k.NwFrag&flow.FragLater != 0 {
		return false
	}
	old := [4]byte(b)
	merge(b[:4], o.val[:4], o.mask[:4])
	adjustL4(p, k, old[:], b[:4], false)
	return true
}

func setTCP(p *packet.Packet, k *flow.Key, o *op) bool { return setPorts(p, k, o, protoTCP, 20) }
func setUDP(p *packet.Packet, k *flow.Key, o *op) bool { return setPorts(p, k, o, protoUDP, 8) }

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// setSCTP changes ports. Its checksum is a CRC over all of it; one that was
// wrong before stays wrong by the same bits.
func setSCTP(p *packet.Packet, k *flow.Key, o *op) bool {
	b := l4(p, 12)
	if b == nil || k.NwProto != protoSCTP || k.NwFrag&flow.FragLater != 0 {
		return false
	}
	had := binary.LittleEndian.Uint32(b[8:])
	was := sctpCRC(b)
	merge(b[:4], o.val[:4], o.mask[:4])
	binary.LittleEndian.PutUint32(b[8:], had^was^sctpCRC(b))
	return true
}

func sctpCRC(b []byte) uint32 {
	var zero [4]byte
	c := crc32.Update(0, castagnoli(), b[:8])
	c = crc32.Update(c, castagnoli(), zero[:])
	return crc32.Update(c, castagnoli(), b[12:])
}

func setICMP(p *packet.Packet, k *flow.Key, o *op) bool {
	b := l4(p, 4)
	if b == nil || k.NwFrag&flow.FragLater != 0 || k.NwProto != protoICMP && k.NwProto != protoICMPv6 {
		return false
	}
	old := [2]byte(b)
	merge(b[:2], o.val[:2], o.mask[:2])
	if !p.Offload.CsumPartial {
		adjust(b[2:4], old[:], b[:2], false)
	}
	return true
}

// arpLen is the length of an ARP packet for IPv4 over Ethernet.
const arpLen = 28

func setARP(p *packet.Packet, _ *flow.Key, o *op) bool {
	b := l3(p, arpLen)
	if b == nil {
		return false
	}
	// Attribute: sip tip op sha tha; wire: op at 6, sha sip tha tip from 8.
	merge(b[14:18], o.val[0:4], o.mask[0:4])
	merge(b[24:28], o.val[4:8], o.mask[4:8])
	merge(b[6:8], o.val[8:10], o.mask[8:10])
	merge(b[8:14], o.val[10:16], o.mask[10:16])
	merge(b[18:24], o.val[16:22], o.mask[16:22])
	return true
}

// setND changes the target and the link-layer address options of a neighbour
// solicitation or advertisement (RFC 4861).
func setND(p *packet.Packet, k *flow.Key, o *op) bool {
	b := l4(p, 24)
	if b == nil || k.NwProto != protoICMPv6 {
		return false
	}
	change := func(at, from, n int) {
		var old [16]byte
		copy(old[:n], b[at:at+n])
		merge(b[at:at+n], o.val[from:from+n], o.mask[from:from+n])
		adjustL4(p, k, old[:n], b[at:at+n], false)
	}
	change(8, 0, 16)
	for at := 24; at+8 <= len(b); {
		n := int(b[at+1]) * 8
		if n == 0 || at+n > len(b) {
			break
		}
		switch b[at] {
		case 1:
			change(at+2, 16, 6)
		case 2:
			change(at+2, 22, 6)
		}
		at += n
	}
	return true
}

// packetLen is the length that check_pkt_len compares: of a super-frame, that
// of its largest segment.
func packetLen(p *packet.Packet) int {
	if p.Offload.GSOType != packet.GSONone {
		return min(p.Len(), int(p.Offload.HdrLen)+int(p.Offload.GSOSize))
	}
	return p.Len()
}

// hashFlow is the hash() action. Algorithm 0 hashes addresses, protocol and
// ports; 1 the same so that both directions agree.
func hashFlow(k *flow.Key, alg, basis uint32) uint32 {
	h := uint64(basis) ^ mixer
	mix := func(v uint64) {
		hi, lo := bits.Mul64(h^v, mixer)
		h = hi ^ lo
	}
	ports := uint64(k.TPSrc)<<16 | uint64(k.TPDst)
	src, dst := addrHash(k, true), addrHash(k, false)
	if alg == 1 {
		src, dst = src^dst, 0
		ports = uint64(k.TPSrc ^ k.TPDst)
	}
	mix(src)
	mix(dst)
	mix(uint64(k.NwProto)<<32 | ports)
	v := uint32(h ^ h>>32)
	if v == 0 {
		v = 1 // zero means "no hash was computed"
	}
	return v
}

func addrHash(k *flow.Key, src bool) uint64 {
	a4, a6 := k.NwDst, &k.IPv6Dst
	if src {
		a4, a6 = k.NwSrc, &k.IPv6Src
	}
	return uint64(a4)*mixer ^ binary.LittleEndian.Uint64(a6[:]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(a6[8:]), 31)
}
