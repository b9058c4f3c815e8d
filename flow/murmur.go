package flow

import "math/bits"

// The functions below are the 32-bit MurmurHash3 in the pieces in which Open
// vSwitch uses it, on processors without an instruction for CRC-32C.

func murmurAdd(h, data uint32) uint32 {
	data = bits.RotateLeft32(data*0xcc9e2d51, 15) * 0x1b873593
	return bits.RotateLeft32(h^data, 13)*5 + 0xe6546b64
}

func murmurFinish(h, n uint32) uint32 {
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// MurmurInt returns the hash of x with a basis (OVS's hash_int).
func MurmurInt(x, basis uint32) uint32 { return murmurFinish(murmurAdd(murmurAdd(x, 0), basis), 8) }

// MurmurUint64 returns the hash of x (OVS's hash_uint64).
func MurmurUint64(x uint64) uint32 {
	return murmurFinish(murmurAdd(murmurAdd(0, uint32(x)), uint32(x>>32)), 8)
}

// MurmurBytes returns the hash of b with a basis (OVS's hash_bytes).
func MurmurBytes(b []byte, basis uint32) uint32 {
	h, n := basis, uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		h = murmurAdd(h, le.Uint32(b))
	}
	if len(b) > 0 {
		var tail [4]byte
		copy(tail[:], b)
		h = murmurAdd(h, le.Uint32(tail[:]))
	}
	return murmurFinish(h, n)
}
