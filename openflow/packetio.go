package openflow

import "govs/flow"

// PacketInReason says why a packet came to the controller (OFPR_*).
type PacketInReason uint8

// Reasons of a PacketIn. From ReasonExplicitMiss on they are OVS's own.
const (
	ReasonNoMatch PacketInReason = iota
	ReasonAction
	ReasonInvalidTTL
	ReasonActionSet
	ReasonGroup
	ReasonPacketOut
	ReasonExplicitMiss
	ReasonImplicitMiss
)

// PacketIn brings a packet to the controller.
type PacketIn struct {
	Format   PacketInFormat // how it came or is to be sent
	Packet   []byte         // all or the first part of it
	TotalLen int            // length of the whole packet
	Buffer   uint32         // NoBuffer when Packet is all there is
	Metadata flow.Match     // in_port and what else is known of the packet's metadata
	Reason   PacketInReason
	Table    uint8
	Cookie   uint64 // all ones when not known
	Userdata []byte
	// Continuation is the frozen state to be sent back in a resume; empty when
	// the packet was not paused.
	Continuation []byte

	cont *Continuation // for printing
}

// PacketInFormat is how a switch sends packets to a controller.
type PacketInFormat uint8

// Formats of a PacketIn.
const (
	PacketInStandard PacketInFormat = iota // OFPT_PACKET_IN
	PacketInNXT                            // NXT_PACKET_IN
	PacketInNXT2                           // NXT_PACKET_IN2
)

// PacketOut sends a packet through a list of actions.
type PacketOut struct {
	Packet   []byte // unless Buffer names one
	Buffer   uint32
	Metadata flow.Match // in_port, and in OpenFlow 1.5 more
	Actions  []Action
}

// Resume sends a paused packet on its way again (NXT_RESUME). It is the
// packet-in that paused it, whose packet and metadata may have been changed.
type Resume struct{ PacketIn }
