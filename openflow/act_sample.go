package openflow

import "govs/flow"

// Sample sends a share of packets (Probability of 65536) to IPFIX collectors.
type Sample struct {
	Probability    uint16
	CollectorSetID uint32
	ObsDomainID    uint32
	ObsDomainSrc   flow.Subfield // instead of ObsDomainID, when set
	ObsPointID     uint32
	ObsPointSrc    flow.Subfield // instead of ObsPointID, when set
	SamplingPort   Port
	Direction      SampleDirection
	raw            uint8
}

// SampleDirection says which way a sampled packet goes.
type SampleDirection uint8

// Directions of a Sample.
const (
	SampleDefault SampleDirection = iota
	SampleIngress
	SampleEgress
)

// CheckPktLarger writes to Dst (one bit) whether the packet is longer than Len.
type CheckPktLarger struct {
	Len uint16
	Dst flow.Subfield
}
