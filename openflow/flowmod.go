package openflow

import (
	"time"

	"govs/flow"
)

// FlowModCommand is what a FlowMod does (OFPFC_*).
type FlowModCommand uint8

// Commands of a FlowMod.
const (
	FlowAdd FlowModCommand = iota
	FlowModify
	FlowModifyStrict
	FlowDelete
	FlowDeleteStrict
)

// FlowModFlags are flags of a FlowMod and of a flow, in OpenFlow 1.3's bits
// (OFPFF_*) with OVS's own above.
type FlowModFlags uint16

// Flags of a FlowMod.
const (
	FlagSendFlowRem   FlowModFlags = 1 << 0
	FlagCheckOverlap  FlowModFlags = 1 << 1
	FlagResetCounts   FlowModFlags = 1 << 2
	FlagNoPktCounts   FlowModFlags = 1 << 3
	FlagNoByteCounts  FlowModFlags = 1 << 4
	FlagHiddenFields  FlowModFlags = 1 << 8 // the flow may use reserved registers and fields
	FlagNoReadonly    FlowModFlags = 1 << 9
	FlagEmergency     FlowModFlags = 1 << 10 // OpenFlow 1.0's OFPFF_EMERG, always refused
	flowModStateFlags              = FlagSendFlowRem | FlagNoPktCounts | FlagNoByteCounts
)

// DefaultPriority is the priority of a flow that names none.
const DefaultPriority = 32768

// NoBuffer is the buffer id that stands for "no buffered packet".
const NoBuffer = 0xffffffff

// GroupAny is the group id that stands for "whatever group" in a request.
const GroupAny = 0xffffffff

// A FlowMod adds, changes or deletes flows.
type FlowMod struct {
	Match    flow.Match
	Priority uint16

	// Cookie and CookieMask select flows to change or delete; a zero mask
	// selects all. NewCookie is the cookie of an added flow, and, when
	// ModifyCookie is set, of a changed one.
	Cookie, CookieMask uint64
	NewCookie          uint64
	ModifyCookie       bool

	Table       uint8 // TableAny: the switch decides (0), or all tables for a delete
	Command     FlowModCommand
	IdleTimeout uint16 // seconds; 0 is never
	HardTimeout uint16
	Buffer      uint32
	OutPort     Port   // selects flows to delete by output; PortNone for all
	OutGroup    uint32 // selects flows to delete by group; GroupAny for all
	Flags       FlowModFlags
	Importance  uint16
	Actions     []Action
}

// Delete reports whether the command is one of the two deletes.
func (fm *FlowMod) Delete() bool {
	return fm.Command == FlowDelete || fm.Command == FlowDeleteStrict
}

// A FlowStatsRequest asks for flows (FLOW stats) or, with Aggregate, for the
// sum of their counters.
type FlowStatsRequest struct {
	Aggregate          bool
	Match              flow.Match
	Cookie, CookieMask uint64
	OutPort            Port
	OutGroup           uint32
	Table              uint8
}

// FlowStats is one flow in a flow stats reply. A count of all ones is unknown.
type FlowStats struct {
	Match       flow.Match
	Cookie      uint64
	Table       uint8
	Priority    uint16
	IdleTimeout uint16
	HardTimeout uint16
	Duration    time.Duration
	IdleAge     int // seconds; -1 when not known
	HardAge     int
	Packets     uint64
	Bytes       uint64
	Importance  uint16
	Flags       FlowModFlags
	Actions     []Action
}

// AggregateStats is the reply to an aggregate FlowStatsRequest. A count of all
// ones is unknown.
type AggregateStats struct {
	Packets uint64
	Bytes   uint64
	Flows   uint32
}

// FlowRemovedReason says why a flow went (OFPRR_*).
type FlowRemovedReason uint16

// Reasons of a FlowRemoved.
const (
	RemovedIdleTimeout FlowRemovedReason = iota
	RemovedHardTimeout
	RemovedDelete
	RemovedGroupDelete
	RemovedMeterDelete
	RemovedEviction
)

// FlowRemoved tells a controller that a flow is gone.
type FlowRemoved struct {
	Match       flow.Match
	Cookie      uint64
	Priority    uint16
	Reason      FlowRemovedReason
	Table       uint8 // TableAny when the message does not say
	Duration    time.Duration
	IdleTimeout uint16
	HardTimeout uint16
	Packets     uint64
	Bytes       uint64
}
