package flow

import (
	"math/rand/v2"
	"testing"
)

// TestHash holds that a hash does not change in the other direction, nor when
// bits change that it did not add to the mask, and that it does spread.
func TestHash(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	hashes := map[string]func(k *Key, wc *Mask) uint32{
		"symmetric_l4":       func(k *Key, wc *Mask) uint32 { return k.HashSymmetricL4(7, wc) },
		"symmetric_l3l4":     func(k *Key, wc *Mask) uint32 { return k.HashSymmetricL3L4(7, false, wc) },
		"symmetric_l3l4+udp": func(k *Key, wc *Mask) uint32 { return k.HashSymmetricL3L4(7, true, wc) },
		"symmetric_l3":       func(k *Key, wc *Mask) uint32 { return k.HashSymmetricL3(7, wc) },
		"eth_src":            func(k *Key, wc *Mask) uint32 { return k.HashEthSrc(7, wc) },
		"nw_src":             func(k *Key, wc *Mask) uint32 { return k.HashNwSrc(7, wc) },
		"nw_dst":             func(k *Key, wc *Mask) uint32 { return k.HashNwDst(7, wc) },
	}
	for name, hash := range hashes {
		seen := map[uint32]int{}
		for range 2000 {
			k := randKey(r)
			var wc Mask
			h := hash(k, &wc)
			seen[h%16]++
			rev := *k
			rev.EthSrc, rev.EthDst = k.EthDst, k.EthSrc
			rev.NwSrc, rev.NwDst, rev.IPv6Src, rev.IPv6Dst = k.NwDst, k.NwSrc, k.IPv6Dst, k.IPv6Src
			rev.TPSrc, rev.TPDst = k.TPDst, k.TPSrc
			if name[0] == 's' && hash(&rev, nil) != h {
				t.Fatalf("%s: differs in the other direction of %s", name, k)
			}
			other := *randKey(r)
			ow, kw, xw := other.Words(), k.Words(), wc.Words()
			for i := range ow {
				ow[i] = ow[i]&^xw[i] | kw[i]&xw[i]
			}
			other.PacketType = k.PacketType
			if hash(&other, nil) != h {
				t.Fatalf("%s: depends on more than it says: %s and %s", name, k, &other)
			}
		}
		for b := range uint32(16) {
			if seen[b] == 0 {
				t.Errorf("%s: never %d of 16", name, b)
			}
		}
	}
}

// TestHashValues holds the hashes to values of the reference: scores that
// ofproto/trace printed for the buckets of a group.
func TestHashValues(t *testing.T) {
	m, err := ParseMatch("tcp,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=1.2.3.4,nw_dst=2.3.4.5,tp_src=5,tp_dst=6", nil)
	if err != nil {
		t.Fatal(err)
	}
	basis := m.Key.HashSymmetricL4(0, nil)
	for id, want := range []uint32{17461, 28277, 14733} {
		if got := MurmurInt(uint32(id), basis) & 0xffff; got != want {
			t.Errorf("bucket %d: %d, want %d", id, got, want)
		}
	}
	fields := MurmurUint64(0)
	fields = MurmurBytes([]byte{0, 0, 0, 0, 0, 0}, fields)
	fields = MurmurBytes([]byte{1, 2, 3, 4}, fields)
	for id, want := range []uint32{44283, 193098 / 3, 38274} {
		if got := MurmurInt(uint32(id), fields) & 0xffff; got != want {
			t.Errorf("fields, bucket %d: %d, want %d", id, got, want)
		}
	}
}
