//go:build amd64 || arm64

package afpacket

// giveBack returns n slots of a ring to the kernel, of which status is the first
// one's and the next ones' are stride bytes apart. All that was read of them has
// been read by then. An atomic store does so, too, but has the processor wait until
// nothing is on its way to memory, which is all that was fetched ahead.
//
//go:noescape
func giveBack(status *uint32, stride, n int)
