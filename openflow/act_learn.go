package openflow

import "govs/flow"

// Learn adds or refreshes a flow made from the packet in hand.
type Learn struct {
	Table          uint8
	Priority       uint16
	IdleTimeout    uint16
	HardTimeout    uint16
	FinIdleTimeout uint16
	FinHardTimeout uint16
	Cookie         uint64
	Flags          LearnFlags
	Limit          uint32        // at most so many flows with this cookie; 0 is no limit
	ResultDst      flow.Subfield // a bit that tells whether the limit held; zero for none
	Specs          []LearnSpec
}

// LearnFlags are options of a Learn.
type LearnFlags uint16

// Options of a Learn.
const (
	LearnSendFlowRem LearnFlags = 1 << iota
	LearnDeleteLearned
	LearnWriteResult
)

// LearnSpec says one thing that the learned flow matches or does.
type LearnSpec struct {
	Src   LearnSrc
	Dst   LearnDst
	NBits uint16

	SrcField flow.Subfield // where the bits come from, for LearnSrcField
	SrcValue flow.Value    // the NBits low bits, right-aligned in the destination field's bytes, for LearnSrcImmediate
	DstField flow.Subfield // where they go, for LearnDstMatch and LearnDstLoad
}

// LearnSrc says where a LearnSpec gets its bits.
type LearnSrc uint8

// Sources of a LearnSpec.
const (
	LearnSrcField LearnSrc = iota
	LearnSrcImmediate
)

// LearnDst says what a LearnSpec does with its bits in the new flow.
type LearnDst uint8

// Destinations of a LearnSpec.
const (
	LearnDstMatch LearnDst = iota
	LearnDstLoad
	LearnDstOutput
)
