package flow

import "math/bits"

// The hashes below choose among paths for a packet. Each adds to wc, unless it is
// nil, the bits of k that it depends on. The symmetric ones are the same for both
// directions of a connection. The values are Open vSwitch's (on little-endian
// processors without an instruction for CRC-32C).

// HashEthSrc hashes the Ethernet source.
func (k *Key) HashEthSrc(basis uint32, wc *Mask) uint32 {
	if wc != nil {
		fill(wc.EthSrc[:])
	}
	return Jenkins(k.EthSrc[:], basis)
}

// HashNwSrc hashes the IP source address; packets that are not IP have 0 there.
func (k *Key) HashNwSrc(basis uint32, wc *Mask) uint32 {
	return k.hashOne(basis, k.NwSrc, &k.IPv6Src, wc, true, false)
}

// HashNwDst hashes the IP destination address.
func (k *Key) HashNwDst(basis uint32, wc *Mask) uint32 {
	return k.hashOne(basis, k.NwDst, &k.IPv6Dst, wc, false, true)
}

// hashOne hashes an address of the packet's IP version.
func (k *Key) hashOne(basis, v4 uint32, v6 *[16]byte, wc *Mask, src, dst bool) uint32 {
	if wc != nil {
		k.maskAddr(wc, src, dst)
	}
	switch k.DLType() {
	case EthTypeIP:
		return Jenkins(be.AppendUint32(nil, v4), basis)
	case EthTypeIPv6:
		return Jenkins(v6[:], basis)
	}
	return basis
}

// maskAddr adds addresses of the packet's IP version to wc.
func (k *Key) maskAddr(wc *Mask, src, dst bool) {
	k.needType(wc)
	switch k.DLType() {
	case EthTypeIP:
		if src {
			wc.NwSrc = ^uint32(0)
		}
		if dst {
			wc.NwDst = ^uint32(0)
		}
	case EthTypeIPv6:
		if src {
			fill(wc.IPv6Src[:])
		}
		if dst {
			fill(wc.IPv6Dst[:])
		}
	}
}

// needType adds the Ethertype of the payload to wc.
func (k *Key) needType(wc *Mask) {
	if k.IsEthernet() {
		wc.EthType = 0xffff
	} else {
		wc.PacketType = ^uint32(0)
	}
}

// addAddrs adds what the addresses of both ends have in common to a hash; ok is
// false for packets that are not IP.
func (k *Key) addAddrs(h uint32) (_ uint32, ok bool) {
	switch k.DLType() {
	case EthTypeIP:
		return murmurAdd(h, bits.ReverseBytes32(k.NwSrc^k.NwDst)), true
	case EthTypeIPv6:
		v6 := xor16(&k.IPv6Src, &k.IPv6Dst)
		for i := 0; i < 16; i += 4 {
			h = murmurAdd(h, le.Uint32(v6[i:]))
		}
		return h, true
	}
	return h, false
}

// HashTuple hashes addresses and protocol of IP and ARP, and ports of TCP, UDP and
// SCTP or the type of ICMP, as OVS's own datapath does where a device has not.
func (k *Key) HashTuple() uint32 {
	h := uint32(0)
	switch k.EthType {
	case EthTypeIP, EthTypeARP:
		h = murmurAdd(h, bits.ReverseBytes32(k.NwSrc))
		h = murmurAdd(h, bits.ReverseBytes32(k.NwDst))
	case EthTypeIPv6:
		for _, a := range [...]*[16]byte{&k.IPv6Src, &k.IPv6Dst} {
			for i := 0; i < 16; i += 4 {
				h = murmurAdd(h, le.Uint32(a[i:]))
			}
		}
	default:
		return murmurFinish(h, tupleEnd)
	}
	h = murmurAdd(h, uint32(k.NwProto))
	switch k.NwProto {
	case ProtoTCP, ProtoUDP, ProtoSCTP, ProtoICMP, ProtoICMPv6:
		h = murmurAdd(h, uint32(bits.ReverseBytes16(k.TPDst))<<16|uint32(bits.ReverseBytes16(k.TPSrc)))
	}
	return murmurFinish(h, tupleEnd)
}

// tupleEnd is the number with which OVS ends its hash of a tuple.
const tupleEnd = 42

// HashSymmetricL3 hashes the Ethernet type and both IP addresses.
func (k *Key) HashSymmetricL3(basis uint32, wc *Mask) uint32 {
	if wc != nil {
		k.maskAddr(wc, true, true)
	}
	// The order and the padding are those of OVS's structure.
	var b [20]byte
	typ := k.DLType()
	be.PutUint16(b[16:], typ)
	k.putAddrs(b[:16], typ)
	return Jenkins(b[:], basis)
}

// putAddrs writes what IP addresses of both ends have in common to b.
func (k *Key) putAddrs(b []byte, typ uint16) {
	switch typ {
	case EthTypeIP:
		be.PutUint32(b, k.NwSrc^k.NwDst)
	case EthTypeIPv6:
		a := xor16(&k.IPv6Src, &k.IPv6Dst)
		copy(b, a[:])
	}
}

// HashSymmetricL3L4 hashes IP addresses, protocol and the ports of TCP and SCTP,
// and those of UDP if udp says so; of packets that are not IP, Ethernet addresses,
// type and VLAN ids.
func (k *Key) HashSymmetricL3L4(basis uint32, udp bool, wc *Mask) uint32 {
	if wc != nil {
		k.maskAddr(wc, true, true)
		k.maskPorts(wc, udp)
	}
	h, ok := k.addAddrs(basis)
	if !ok {
		return k.hashSymmetricL2(basis, wc)
	}
	h = murmurAdd(h, uint32(k.NwProto))
	if k.hasPorts(udp) {
		h = murmurAdd(h, uint32(bits.ReverseBytes16(k.TPSrc^k.TPDst)))
	}
	return murmurFinish(h, basis)
}

// hashSymmetricL2 hashes Ethernet addresses, type and VLAN ids. Other packets all
// have one value.
func (k *Key) hashSymmetricL2(basis uint32, wc *Mask) uint32 {
	if !k.IsEthernet() {
		return 0
	}
	if wc != nil {
		fill(wc.EthSrc[:])
		fill(wc.EthDst[:])
	}
	var b [12]byte
	be.PutUint16(b[:], k.EthType)
	var tci uint16
	for i := range k.VLANs {
		tci ^= k.VLANs[i].TCI & 0x0fff
		if wc != nil {
			wc.VLANs[i].TCI |= 0x0fff | VLANPresent
		}
	}
	be.PutUint16(b[2:], tci)
	for i := range k.EthSrc {
		b[4+i] = k.EthSrc[i] ^ k.EthDst[i]
	}
	h := basis
	for i := 0; i < len(b); i += 4 {
		h = murmurAdd(h, le.Uint32(b[i:]))
	}
	return murmurFinish(h, basis)
}

// hasPorts reports whether the packet is of TCP or SCTP, or of UDP if udp says
// so, and no fragment: all fragments of a packet have one hash.
func (k *Key) hasPorts(udp bool) bool {
	switch k.NwProto {
	case ProtoUDP:
		if !udp {
			return false
		}
	case ProtoTCP, ProtoSCTP:
	default:
		return false
	}
	return k.NwFrag&FragAny == 0
}

// maskPorts adds the protocol of IP packets, and ports if hasPorts, to wc.
func (k *Key) maskPorts(wc *Mask, udp bool) {
	if !k.IsIP() {
		return
	}
	wc.NwProto = 0xff
	switch k.NwProto {
	case ProtoTCP, ProtoSCTP, ProtoUDP:
		wc.NwFrag |= FragAny | FragLater
	}
	if k.hasPorts(udp) {
		wc.TPSrc, wc.TPDst = 0xffff, 0xffff
	}
}

// HashSymmetricL4 hashes Ethernet addresses and type, VLAN ids, IP addresses and
// protocol, and the ports of TCP and SCTP. Its values are Open vSwitch's.
func (k *Key) HashSymmetricL4(basis uint32, wc *Mask) uint32 {
	if wc != nil {
		k.maskSymmetricL4(wc)
	}
	// The order and the padding are those of OVS's structure.
	var b [32]byte
	typ := k.DLType()
	var tci uint16
	for i := range k.VLANs {
		tci ^= k.VLANs[i].TCI & 0x0fff
	}
	be.PutUint16(b[16:], typ)
	be.PutUint16(b[18:], tci)
	for i := range k.EthSrc {
		b[22+i] = k.EthSrc[i] ^ k.EthDst[i]
	}
	k.putAddrs(b[:16], typ)
	if k.IsIP() {
		b[28] = k.NwProto
		if (k.NwProto == ProtoTCP || k.NwProto == ProtoSCTP) && k.NwFrag&FragLater == 0 {
			be.PutUint16(b[20:], k.TPSrc^k.TPDst)
		}
	}
	return Jenkins(b[:], basis)
}

func (k *Key) maskSymmetricL4(wc *Mask) {
	fill(wc.EthSrc[:])
	fill(wc.EthDst[:])
	for i := range k.VLANs {
		wc.VLANs[i].TCI |= 0x0fff | VLANPresent
	}
	k.maskAddr(wc, true, true)
	k.maskPorts(wc, false)
	if k.IsIP() && k.NwProto != ProtoUDP { // whatever else it is, as OVS does
		wc.TPSrc, wc.TPDst = 0xffff, 0xffff
		if k.NwProto == ProtoICMP {
			wc.TPSrc, wc.TPDst = 0xff, 0xff
		}
	}
}

func xor16(a, b *[16]byte) (c [16]byte) {
	for i := range c {
		c[i] = a[i] ^ b[i]
	}
	return c
}
