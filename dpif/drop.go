package dpif

// DropReason is why translation has the datapath drop packets: the value of
// ActDrop, whose numbers are OVS's.
type DropReason uint32

// Reasons for which packets are dropped.
const (
	DropOfPipeline DropReason = iota // the flow tables say so, or say nothing
	DropBridgeNotFound
	DropRecursionTooDeep
	DropTooManyResubmit
	DropStackTooDeep
	DropNoRecirculationContext
	DropRecirculationConflict
	DropTooManyMPLSLabels
	DropInvalidTunnelMetadata
	DropUnsupportedPacketType
	DropCongestion
	DropForwardingDisabled
	NumDropReasons
)

// dropCounters are the names under which datapaths count dropped packets; empty
// where translation never gives the reason.
var dropCounters = [NumDropReasons]string{
	DropOfPipeline:             "drop_action_of_pipeline",
	DropBridgeNotFound:         "drop_action_bridge_not_found",
	DropRecursionTooDeep:       "drop_action_recursion_too_deep",
	DropTooManyResubmit:        "drop_action_too_many_resubmit",
	DropStackTooDeep:           "drop_action_stack_too_deep",
	DropNoRecirculationContext: "drop_action_no_recirculation_context",
	DropTooManyMPLSLabels:      "drop_action_too_many_mpls_labels",
	DropInvalidTunnelMetadata:  "drop_action_invalid_tunnel_metadata",
	DropUnsupportedPacketType:  "drop_action_unsupported_packet_type",
	DropCongestion:             "drop_action_congestion",
}

// Counter returns the name of the coverage counter of packets that were dropped
// for the reason.
func (r DropReason) Counter() string {
	if r < NumDropReasons && dropCounters[r] != "" {
		return dropCounters[r]
	}
	return dropCounters[DropOfPipeline]
}
