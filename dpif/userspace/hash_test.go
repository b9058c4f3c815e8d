package userspace

import (
	"encoding/hex"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// TestHashFlow: the values are those that 3.1's own datapath shows as dp_hash, on a
// basis of 3 for the hash that tells directions apart.
func TestHashFlow(t *testing.T) {
	const tagged, arp = "0000000000010000000000028100600108004504002c004800000206a3c60a0000020a001b01000200c00000000100000002501020007a09000000000000",
		"0000000000020000000000010806000108000604000100000000000a0a0000010000000000000a000002"
	for _, c := range []struct {
		frame      string
		alg, basis uint32
		want       uint32
	}{
		{tagged, dpif.HashSymL4, 0, 0xe8e1f87d},
		{arp, dpif.HashSymL4, 0, 0x5d07a446},
		{tagged, dpif.HashL4, 3, 0xdfa96199},
		{arp, dpif.HashL4, 3, 0x1e035a35},
		{"ffffffffffff02000000000386dd60400003002e0640fe800000000000000000000000000001fe80000000000000000000000000000200010041000000010000000250002000928100000000000000000000000000000000000000000000000000000000", dpif.HashL4, 3, 0x39ab6046},
		{"00000000000200000000000112340011", dpif.HashL4, 3, 0xd70efeae},
	} {
		b, _ := hex.DecodeString(c.frame)
		var k flow.Key
		flow.Extract(packet.New(b), &k)
		if h := hashFlow(&k, c.alg, c.basis); h != c.want {
			t.Errorf("%s, algorithm %d: %#x, want %#x", c.frame, c.alg, h, c.want)
		}
	}
}
