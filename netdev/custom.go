package netdev

// CustomStat is a counter of a device that has a name of its own.
type CustomStat struct {
	Name  string
	Value uint64
}

// CustomCounter is a Device with counters beyond Stats.
type CustomCounter interface {
	CustomStats() []CustomStat
}
