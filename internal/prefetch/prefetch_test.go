package prefetch

import (
	"testing"
	"unsafe"
)

// Memory that is not there is no error.
func TestAnywhere(t *testing.T) {
	b := []byte{1, 2, 3}
	Line(unsafe.Pointer(&b[2]))
	Line(nil)
	if b[2] != 3 {
		t.Error(b)
	}
	if n := testing.AllocsPerRun(10, func() { Line(unsafe.Pointer(&b[0])) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
