package openflow

import "time"

// MeterFlags are flags of a meter (OFPMF_*).
type MeterFlags uint16

// Flags of a meter: the unit of its rates, whether bands have a burst size, and
// whether it counts.
const (
	MeterKbps  MeterFlags = 1 << 0
	MeterPktps MeterFlags = 1 << 1
	MeterBurst MeterFlags = 1 << 2
	MeterStats MeterFlags = 1 << 3
)

var meterFlagNames = [...]struct {
	flag MeterFlags
	name string
}{{MeterKbps, "kbps"}, {MeterPktps, "pktps"}, {MeterBurst, "burst"}, {MeterStats, "stats"}}

// Numbers of meters.
const (
	MeterMax        = 0xffff0000 // the last that a flow can name
	MeterSlowPath   = 0xfffffffd // for packets that the datapath hands to the switch
	MeterController = 0xfffffffe // for packets to controllers
	MeterAll        = 0xffffffff // every meter, in a delete or a request
)

// MeterBandType is what a band does to packets above its rate (OFPMBT_*).
type MeterBandType uint16

// Types of bands.
const (
	BandDrop       MeterBandType = 1
	BandDSCPRemark MeterBandType = 2
)

// MeterBand is one rate of a meter.
type MeterBand struct {
	Type      MeterBandType
	Rate      uint32 // kilobits or packets a second
	Burst     uint32 // kilobits or packets
	PrecLevel uint8  // BandDSCPRemark
}

// MeterConfig is a meter.
type MeterConfig struct {
	ID    uint32
	Flags MeterFlags
	Bands []MeterBand
}

// MeterCommand is what a MeterMod does (OFPMC_*).
type MeterCommand uint16

// Commands of a MeterMod.
const (
	MeterAdd MeterCommand = iota
	MeterModify
	MeterDelete
)

// MeterMod adds, changes or deletes meters.
type MeterMod struct {
	Command MeterCommand
	MeterConfig
}

// MeterCounters are the counters of one meter.
type MeterCounters struct {
	ID       uint32
	Flows    uint32 // flows that use the meter
	Packets  uint64
	Bytes    uint64
	Duration time.Duration
	Bands    []BandStats
}

// BandStats count the packets above one band's rate.
type BandStats struct{ Packets, Bytes uint64 }

// MeterConfigRequest asks for one meter, or all with MeterAll.
type MeterConfigRequest struct{ ID uint32 }

// MeterConfigReply is (a part of) the answer.
type MeterConfigReply struct{ Meters []MeterConfig }

// MeterStatsRequest asks for the counters of one meter, or all with MeterAll.
type MeterStatsRequest struct{ ID uint32 }

// MeterStatsReply is (a part of) the answer.
type MeterStatsReply struct{ Meters []MeterCounters }

// MeterFeaturesRequest asks what meters a switch can have.
type MeterFeaturesRequest struct{}

// MeterFeatures is the answer.
type MeterFeatures struct {
	MaxMeters    uint32
	BandTypes    uint32 // bits by MeterBandType
	Capabilities uint32 // MeterFlags
	MaxBands     uint8
	MaxColor     uint8
}
