package openflow

import "govs/flow"

// SetEthSrc sets the Ethernet source address (mod_dl_src).
type SetEthSrc struct{ MAC flow.MAC }

// SetEthDst sets the Ethernet destination address (mod_dl_dst).
type SetEthDst struct{ MAC flow.MAC }

// SetIPv4Src sets the IPv4 source address (mod_nw_src), in host order.
type SetIPv4Src struct{ Addr uint32 }

// SetIPv4Dst sets the IPv4 destination address (mod_nw_dst), in host order.
type SetIPv4Dst struct{ Addr uint32 }

// SetIPDSCP sets the DSCP (mod_nw_tos): the upper 6 bits of DSCP are used, as
// they stand in the TOS byte.
type SetIPDSCP struct{ DSCP uint8 }

// SetIPECN sets the two ECN bits (mod_nw_ecn).
type SetIPECN struct{ ECN uint8 }

// SetIPTTL sets the TTL or hop limit (mod_nw_ttl).
type SetIPTTL struct{ TTL uint8 }

// SetL4SrcPort sets the TCP, UDP or SCTP source port (mod_tp_src).
type SetL4SrcPort struct {
	Port  uint16
	proto uint8 // of the match, for encoding as set_field
}

// SetL4DstPort sets the TCP, UDP or SCTP destination port (mod_tp_dst).
type SetL4DstPort struct {
	Port  uint16
	proto uint8
}

// DecTTL decrements the TTL; a packet whose TTL would reach 0 goes to the
// controllers with the given ids instead. No ids means controller 0.
type DecTTL struct{ IDs []uint16 }
