package ofproto

import (
	"math/bits"
	"slices"

	"govs/ofproto/xlate"
)

// floodOrder puts ports in the order in which OVS's FLOOD and ALL send: that of
// its hash table of ports. Within a bucket OVS's order depends on history; ours
// is newest, that is highest, number first.
func floodOrder(ports []*xlate.Port) {
	mask := bucketMask(len(ports))
	slices.SortStableFunc(ports, func(a, b *xlate.Port) int {
		if d := int(portHash(a.No)&mask) - int(portHash(b.No)&mask); d != 0 {
			return d
		}
		return int(b.No) - int(a.No)
	})
}

// bucketMask is the number of buckets, less one, that the table has after n
// insertions: it grows to half the number of entries, rounded up to a power of
// two, when there are more than two a bucket.
func bucketMask(n int) uint32 {
	mask := uint32(0)
	for i := 1; i <= n; i++ {
		if uint32(i/2) > mask {
			mask = 1<<bits.Len32(uint32(i/2)) - 1
			if mask == 1 {
				mask = 3
			}
		}
	}
	return mask
}

// portHash is MurmurHash3 (public domain, Austin Appleby) of the port number and
// a zero word, as OVS computes it.
func portHash(no uint32) uint32 {
	h := no
	for range 2 {
		// The mixed-in words are zero, which leaves only the rotation.
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	h ^= 8
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
