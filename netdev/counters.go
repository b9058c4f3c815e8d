package netdev

import "sync/atomic"

// Counters are the counters that a device keeps by itself. Add once per batch,
// not once per packet.
type Counters struct {
	RxPackets, RxBytes, RxErrors, RxDropped atomic.Int64
	_                                       [4]int64 // receive and transmit are different threads' cache lines
	TxPackets, TxBytes, TxErrors, TxDropped atomic.Int64
}

// UnknownStats has every counter unknown.
var UnknownStats = Stats{
	RxPackets: -1, TxPackets: -1, RxBytes: -1, TxBytes: -1, RxErrors: -1, TxErrors: -1,
	RxDropped: -1, TxDropped: -1, Collisions: -1, RxCrcErr: -1, RxFrameErr: -1,
	RxOverErr: -1, RxMissedErrors: -1, Multicast: -1,
}

// Stats returns the counters, the ones not kept as unknown.
func (c *Counters) Stats() Stats {
	s := UnknownStats
	s.RxPackets, s.RxBytes = c.RxPackets.Load(), c.RxBytes.Load()
	s.TxPackets, s.TxBytes = c.TxPackets.Load(), c.TxBytes.Load()
	s.RxErrors, s.TxErrors = c.RxErrors.Load(), c.TxErrors.Load()
	s.RxDropped, s.TxDropped = c.RxDropped.Load(), c.TxDropped.Load()
	return s
}
