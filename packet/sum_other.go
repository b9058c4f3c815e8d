//go:build !amd64

package packet

// sumWide is without vector instructions here: it adds nothing.
func sumWide(b []byte) (uint64, []byte) { return 0, b }
