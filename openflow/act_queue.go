package openflow

// SetTunnel sets the tunnel id that an output to a tunnel port uses. Wide
// remembers the 64-bit spelling; an ID beyond 32 bits needs it.
type SetTunnel struct {
	ID   uint64
	Wide bool
}

// SetQueue sets the queue that later outputs use.
type SetQueue struct{ Queue uint32 }

// PopQueue restores the queue to what it was when the packet came in.
type PopQueue struct{}
