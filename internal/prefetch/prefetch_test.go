package prefetch

import (
	"testing"
	"unsafe"
)

// Memory that is not there is no error.
func TestAnywhere(t *testing.T) {
	b := []byte{1, 2, 3}
	p := unsafe.Pointer(&b[0])
	Line(unsafe.Pointer(&b[2]))
	Line(nil)
	Lines(p, 1000)
	Lines(nil, 2)
	Lines(p, 0)
	Lines(p, -1)
	if b[2] != 3 {
		t.Error(b)
	}
	if n := testing.AllocsPerRun(10, func() { Line(p); Lines(p, 3) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
