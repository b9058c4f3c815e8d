package dpif

// Meter limits a rate: what comes in above the rate of a band is dropped, or marked.
type Meter struct {
	Packets bool // rates are in packets a second, not kilobits
	Bands   []MeterBand
}

// MeterBand is one rate of a meter. Of several that are exceeded the one with
// the highest rate counts the packet.
type MeterBand struct {
	Rate  uint32 // kilobits or packets a second
	Burst uint32 // kilobits or packets that may come at once; 0 for as much as Rate
	// Mark says that packets go on all the same, IP packets of an assured forwarding
	// class (RFC 2597) with a drop precedence that is higher by Raise.
	Mark  bool
	Raise uint8
}

// MeterStats are a meter's counters: what came in, and what each band dropped or
// marked.
type MeterStats struct {
	Packets, Bytes uint64
	Bands          []MeterBandStats
}

// MeterBandStats are the packets above the rate of one band.
type MeterBandStats struct{ Packets, Bytes uint64 }

// MeterFeatures are what meters a datapath can have.
type MeterFeatures struct {
	MaxMeters uint32
	MaxBands  uint8
	Marks     bool // bands can mark packets
}

// Meters is implemented by a Datapath that has meters, by which packets pass
// with the meter action. Numbers are below MaxMeters and the caller's to choose.
type Meters interface {
	MeterFeatures() MeterFeatures
	// MeterSet makes or replaces a meter; counters start over.
	MeterSet(id uint32, m *Meter) error
	// MeterStats returns the counters, MeterDel the last ones. ErrNotFound if
	// there is no such meter.
	MeterStats(id uint32) (MeterStats, error)
	MeterDel(id uint32) (MeterStats, error)
}
