package conntrack

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

var be = binary.BigEndian

// IP protocols with a state of their own.
const (
	protoICMP, protoTCP, protoUDP = 1, 6, 17
	protoICMPv6, protoSCTP        = 58, 132
)

// key identifies one direction of a connection: what its packets look like.
// IPv4 addresses fill the first four bytes. ICMP queries have the identifier in
// both ports, and the types of the two directions.
type key struct {
	src, dst         [16]byte
	srcPort, dstPort uint16
	zone             uint16
	proto            uint8
	v6               bool
	srcType, dstType uint8
}

// reversed is the key of answers.
func (k *key) reversed() key {
	return key{
		src: k.dst, dst: k.src, srcPort: k.dstPort, dstPort: k.srcPort, zone: k.zone,
		proto: k.proto, v6: k.v6, srcType: k.dstType, dstType: k.srcType,
	}
}

// hasPorts reports whether ports of the protocol may be translated.
func (k *key) hasPorts() bool {
	return k.proto == protoTCP || k.proto == protoUDP || k.proto == protoSCTP
}

func (k *key) isICMP() bool {
	return k.proto == protoICMP && !k.v6 || k.proto == protoICMPv6 && k.v6
}

const mixer = 0x9e3779b97f4a7c15

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mixer, b^0xd6e8feb86659fd93)
	return hi ^ lo
}

func hashEnd(seed uint64, a *[16]byte, port uint16, typ uint8) uint64 {
	return mix(mix(seed^be.Uint64(a[:]), be.Uint64(a[8:])^uint64(typ)<<16^uint64(port)), seed)
}

// hash is the same for a key and its reverse, so that both directions of an
// untranslated connection are found in one shard.
func (k *key) hash(seed uint64) uint32 {
	h := hashEnd(seed, &k.src, k.srcPort, k.srcType) + hashEnd(seed, &k.dst, k.dstPort, k.dstType)
	h = mix(h, uint64(k.zone)<<16|uint64(k.proto))
	return uint32(h ^ h>>32)
}

// Tuple is one direction of a connection for those who look at the table. For
// ICMP, ports are zero and the ICMP fields are set, else the other way around.
type Tuple struct {
	Src, Dst           netip.Addr
	Proto              uint8
	SrcPort, DstPort   uint16
	ICMPID             uint16
	ICMPType, ICMPCode uint8
}

// ICMP reports whether the tuple is that of an ICMP query.
func (t *Tuple) ICMP() bool { return t.Proto == protoICMP || t.Proto == protoICMPv6 }

func addrOf(a *[16]byte, v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16(*a)
	}
	return netip.AddrFrom4([4]byte(a[:4]))
}

func (k *key) tuple() Tuple {
	t := Tuple{Src: addrOf(&k.src, k.v6), Dst: addrOf(&k.dst, k.v6), Proto: k.proto}
	if k.isICMP() {
		t.ICMPID, t.ICMPType = k.srcPort, k.srcType
	} else {
		t.SrcPort, t.DstPort = k.srcPort, k.dstPort
	}
	return t
}
