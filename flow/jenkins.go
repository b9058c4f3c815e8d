package flow

import (
	"encoding/binary"
	"math/bits"
)

var le = binary.LittleEndian

// Jenkins returns Bob Jenkins' lookup3 hash of b, which Open vSwitch calls
// jhash: the words of b are little-endian, a tail is filled up with zeros.
func Jenkins(b []byte, basis uint32) uint32 {
	x := 0xdeadbeef + uint32(len(b)) + basis
	y, z := x, x
	for ; len(b) > 12; b = b[12:] {
		x += le.Uint32(b)
		y += le.Uint32(b[4:])
		z += le.Uint32(b[8:])
		x = (x - z) ^ bits.RotateLeft32(z, 4)
		z += y
		y = (y - x) ^ bits.RotateLeft32(x, 6)
		x += z
		z = (z - y) ^ bits.RotateLeft32(y, 8)
		y += x
		x = (x - z) ^ bits.RotateLeft32(z, 16)
		z += y
		y = (y - x) ^ bits.RotateLeft32(x, 19)
		x += z
		z = (z - y) ^ bits.RotateLeft32(y, 4)
		y += x
	}
	if len(b) == 0 {
		return z
	}
	var tail [12]byte
	copy(tail[:], b)
	x += le.Uint32(tail[:])
	y += le.Uint32(tail[4:])
	z += le.Uint32(tail[8:])
	z = (z ^ y) - bits.RotateLeft32(y, 14)
	x = (x ^ z) - bits.RotateLeft32(z, 11)
	y = (y ^ x) - bits.RotateLeft32(x, 25)
	z = (z ^ y) - bits.RotateLeft32(y, 16)
	x = (x ^ z) - bits.RotateLeft32(z, 4)
	y = (y ^ x) - bits.RotateLeft32(x, 14)
	z = (z ^ y) - bits.RotateLeft32(y, 24)
	return z
}
