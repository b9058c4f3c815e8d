package packet

import (
	"encoding/binary"
	"math/bits"
)

var be = binary.BigEndian

// Sum adds the 16-bit words of b to the partial Internet checksum acc (RFC
// 1071). An odd last byte counts as the high half of a word, so only the last
// part of a message may be of odd length. Fold the result.
func Sum(b []byte, acc uint64) uint64 {
	var carry uint64
	if len(b) >= 128 {
		// In the machine's order, which saves turning each word around (RFC 1071
		// section 2).
		var sum uint64
		sum, b = sumWide(b)
		for len(b) >= 64 {
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b), 0)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[8:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[16:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[24:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[32:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[40:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[48:]), carry)
			sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[56:]), carry)
			sum, carry = bits.Add64(sum, carry, 0)
			sum += carry
			b = b[64:]
		}
		acc, carry = bits.Add64(acc, uint64(fromNative(Fold(sum))), 0)
		acc += carry
	}
	for len(b) >= 32 {
		acc, carry = bits.Add64(acc, be.Uint64(b), 0)
		acc, carry = bits.Add64(acc, be.Uint64(b[8:]), carry)
		acc, carry = bits.Add64(acc, be.Uint64(b[16:]), carry)
		acc, carry = bits.Add64(acc, be.Uint64(b[24:]), carry)
		acc, carry = bits.Add64(acc, carry, 0)
		acc += carry
		b = b[32:]
	}
	for len(b) >= 8 {
		acc, carry = bits.Add64(acc, be.Uint64(b), 0)
		acc += carry
		b = b[8:]
	}
	var tail uint64
	if len(b) >= 4 {
		tail = uint64(be.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		tail += uint64(be.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		tail += uint64(b[0]) << 8
	}
	acc, carry = bits.Add64(acc, tail, 0)
	return acc + carry
}

// fromNative returns the network order's value of two bytes read in the machine's.
func fromNative(v uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], v)
	return be.Uint16(b[:])
}

// Fold reduces a partial sum to 16 bits, not complemented.
func Fold(acc uint64) uint16 {
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>16&0xffff + acc&0xffff + acc>>32
	acc = acc>>16 + acc&0xffff
	acc = acc>>16 + acc&0xffff
	return uint16(acc)
}

// Checksum returns the Internet checksum of b.
func Checksum(b []byte) uint16 { return ^Fold(Sum(b, 0)) }

// PseudoV4 returns the partial sum of the IPv4 pseudo-header of ip for a payload
// of n bytes.
func PseudoV4(ip IPv4, proto uint8, n int) uint64 {
	return Sum(ip[12:20], uint64(proto)+uint64(n))
}

// PseudoV6 returns the partial sum of the IPv6 pseudo-header of ip (RFC 8200
// section 8.1) for a payload of n bytes with the given upper-layer protocol.
func PseudoV6(ip IPv6, proto uint8, n int) uint64 {
	return Sum(ip[8:40], uint64(proto)+uint64(n))
}

// UpdateChecksum returns the checksum csum after a 16-bit word it covers changed
// from old to new (RFC 1624 equation 3).
func UpdateChecksum(csum, old, new uint16) uint16 {
	return ^Fold(uint64(^csum) + uint64(^old) + uint64(new))
}

// updateBytes replaces the bytes of old, which lie at an even offset of what the
// checksum at csum covers, by new in it.
func updateBytes(csum []byte, old, new []byte) {
	var inv [16]byte
	for i, c := range old {
		inv[i] = ^c
	}
	acc := uint64(^be.Uint16(csum))
	acc = Sum(inv[:len(old)], acc)
	acc = Sum(new, acc)
	be.PutUint16(csum, ^Fold(acc))
}
