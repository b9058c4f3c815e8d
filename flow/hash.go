package flow

// The hashes below choose among paths for a packet. Each adds to wc, unless it is
// nil, the bits of k that it depends on. The symmetric ones are the same for both
// directions of a connection. The values are the same in every process.

// HashEthSrc hashes the Ethernet source.
func (k *Key) HashEthSrc(basis uint32, wc *Mask) uint32 {
	if wc != nil {
		fill(wc.EthSrc[:])
	}
	return short(mix(uint64(basis)<<32 ^ k.EthSrc.Uint64()))
}

// HashNwSrc hashes the IP source address; packets that are not IP have 0 there.
func (k *Key) HashNwSrc(basis uint32, wc *Mask) uint32 {
	return short(k.hashAddr(uint64(basis), k.NwSrc, &k.IPv6Src, wc, true, false))
}

// HashNwDst hashes the IP destination address.
func (k *Key) HashNwDst(basis uint32, wc *Mask) uint32 {
	return short(k.hashAddr(uint64(basis), k.NwDst, &k.IPv6Dst, wc, false, true))
}

// hashAddr adds an address of the packet's IP version to a hash.
func (k *Key) hashAddr(h uint64, v4 uint32, v6 *[16]byte, wc *Mask, src, dst bool) uint64 {
	if wc != nil {
		k.needType(wc)
	}
	switch k.DLType() {
	case EthTypeIP:
		if wc != nil {
			if src {
				wc.NwSrc = ^uint32(0)
			}
			if dst {
				wc.NwDst = ^uint32(0)
			}
		}
		return mix(h ^ uint64(v4))
	case EthTypeIPv6:
		if wc != nil {
			if src {
				fill(wc.IPv6Src[:])
			}
			if dst {
				fill(wc.IPv6Dst[:])
			}
		}
		return mix(mix(h^be.Uint64(v6[:8])) ^ be.Uint64(v6[8:]))
	}
	return mix(h)
}

// needType adds the Ethertype of the payload to wc.
func (k *Key) needType(wc *Mask) {
	if k.IsEthernet() {
		wc.EthType = 0xffff
	} else {
		wc.PacketType = ^uint32(0)
	}
}

// HashSymmetricL3 hashes both IP addresses.
func (k *Key) HashSymmetricL3(basis uint32, wc *Mask) uint32 {
	v6 := xor16(&k.IPv6Src, &k.IPv6Dst)
	return short(k.hashAddr(uint64(basis), k.NwSrc^k.NwDst, &v6, wc, true, true))
}

// HashSymmetricL3L4 hashes IP addresses, protocol and the ports of TCP and SCTP,
// and those of UDP if udp says so. Packets that are not IP all have one value.
func (k *Key) HashSymmetricL3L4(basis uint32, udp bool, wc *Mask) uint32 {
	v6 := xor16(&k.IPv6Src, &k.IPv6Dst)
	h := k.hashAddr(uint64(basis), k.NwSrc^k.NwDst, &v6, wc, true, true)
	if !k.IsIP() {
		return short(h)
	}
	return short(k.hashPorts(h, udp, wc))
}

// hashPorts adds protocol and ports to a hash.
func (k *Key) hashPorts(h uint64, udp bool, wc *Mask) uint64 {
	if wc != nil {
		wc.NwProto = 0xff
	}
	h = mix(h ^ uint64(k.NwProto))
	switch k.NwProto {
	case ProtoUDP:
		if !udp {
			return h
		}
	case ProtoTCP, ProtoSCTP:
	default:
		return h
	}
	if wc != nil {
		wc.NwFrag |= FragAny | FragLater
	}
	if k.NwFrag&FragLater != 0 {
		return h
	}
	if wc != nil {
		wc.TPSrc, wc.TPDst = 0xffff, 0xffff
	}
	return mix(h ^ uint64(k.TPSrc^k.TPDst))
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
	switch typ {
	case EthTypeIP:
		be.PutUint32(b[:], k.NwSrc^k.NwDst)
	case EthTypeIPv6:
		a := xor16(&k.IPv6Src, &k.IPv6Dst)
		copy(b[:], a[:])
	}
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
	k.hashAddr(0, 0, &k.IPv6Src, wc, true, true)
	if k.IsIP() {
		k.hashPorts(0, true, wc)
	}
}

func xor16(a, b *[16]byte) (c [16]byte) {
	for i := range c {
		c[i] = a[i] ^ b[i]
	}
	return c
}

// short folds a hash to 32 bits.
func short(h uint64) uint32 { return uint32(h) ^ uint32(h>>32) }
