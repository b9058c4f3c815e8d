package userspace

import (
	"encoding/hex"
	"testing"

	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// The values are those that 3.1's own datapath shows as dp_hash.
func TestSymmetricHash(t *testing.T) {
	for _, c := range []struct {
		frame string
		want  uint32
	}{
		{"0000000000010000000000028100600108004504002c004800000206a3c60a0000020a001b01000200c00000000100000002501020007a09000000000000", 0xe8e1f87d},
		{"0000000000020000000000010806000108000604000100000000000a0a0000010000000000000a000002", 0x5d07a446},
	} {
		b, _ := hex.DecodeString(c.frame)
		var k flow.Key
		flow.Extract(packet.New(b), &k)
		if h := hashFlow(&k, dpif.HashSymL4, 0); h != c.want {
			t.Errorf("%s: %#x, want %#x", c.frame, h, c.want)
		}
	}
}

// TestTupleHash does so for the hash that tells directions apart, on a basis of 3.
func TestTupleHash(t *testing.T) {
	for _, c := range []struct {
		frame string
		want  uint32
	}{
		{"ffffffffffff02000000000386dd60400003002e0640fe800000000000000000000000000001fe80000000000000000000000000000200010041000000010000000250002000928100000000000000000000000000000000000000000000000000000000", 0x39ab6046},
		{"0000000000010000000000028100600108004504002c004800000206a3c60a0000020a001b01000200c00000000100000002501020007a09000000000000", 0xdfa96199},
		{"0000000000020000000000010806000108000604000100000000000a0a0000010000000000000a000002", 0x1e035a35},
		{"00000000000200000000000112340011", 0xd70efeae},
	} {
		b, _ := hex.DecodeString(c.frame)
		var k flow.Key
		flow.Extract(packet.New(b), &k)
		if h := hashFlow(&k, dpif.HashL4, 3); h != c.want {
			t.Errorf("%s: %#x, want %#x", c.frame, h, c.want)
		}
	}
}
