package packet

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// wideStep is what sum32 takes at a time, in bytes.
const wideStep = 128

// sum32 adds the n bytes at p, a multiple of wideStep and not none, as 32-bit
// words in the machine's order. The processor must know AVX2.
//
//go:noescape
func sum32(p *byte, n int) uint64

// sumWide adds as many bytes of b as it can by the processor's vector
// instructions, in the machine's order, and returns what is left of b.
func sumWide(b []byte) (uint64, []byte) {
	n := len(b) &^ (wideStep - 1)
	if n == 0 || !cpu.X86.HasAVX2 {
		return 0, b
	}
	return sum32(unsafe.SliceData(b), n), b[n:]
}
