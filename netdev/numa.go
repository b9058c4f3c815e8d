package netdev

// NUMA is a Device that knows which memory it is near.
type NUMA interface {
	// NUMANode is the number of the node, or -1.
	NUMANode() int
}
