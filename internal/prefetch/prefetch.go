//go:build amd64 || arm64

package prefetch

import "unsafe"

// Line begins to load the cache line that p points into. Any p will do.
//
//go:noescape
func Line(p unsafe.Pointer)

// Lines begins to load n cache lines, of 64 bytes, from that which p points into.
//
//go:noescape
func Lines(p unsafe.Pointer, n int)
