package netdev

// Queue is a queue for packets that leave by a device.
type Queue struct {
	ID uint32
	// Counters; -1 is not known.
	TxBytes, TxPackets, TxErrors int64
}

// Flusher is a Device whose Send may keep back what is cheaper to send with more.
type Flusher interface {
	// Flush sends what Send kept back.
	Flush(txq int) error
}

// Queuer is a Device that tells of its queues.
type Queuer interface {
	Queues() []Queue
}

// TxQueuer is a Device with transmit queues that are chosen from: whatever goroutine
// sends by queue number i, below TxQueues, the packets go out by the same.
type TxQueuer interface {
	TxQueues() int
}
