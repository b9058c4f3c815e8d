//go:build !amd64 && !arm64

package afpacket

import (
	"sync/atomic"
	"unsafe"
)

// giveBack returns n slots of a ring to the kernel, of which status is the first
// one's and the next ones' are stride bytes apart.
func giveBack(status *uint32, stride, n int) {
	for i := range n {
		atomic.StoreUint32((*uint32)(unsafe.Add(unsafe.Pointer(status), i*stride)), 0)
	}
}
