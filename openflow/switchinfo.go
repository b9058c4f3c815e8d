package openflow

import (
	"time"

	"govs/flow"
)

// Capabilities of a switch (OFPC_*), in OpenFlow 1.3's bits; those of 1.0 only
// are above.
type Capabilities uint32

// Capabilities of a switch.
const (
	CapFlowStats   Capabilities = 1 << 0
	CapTableStats  Capabilities = 1 << 1
	CapPortStats   Capabilities = 1 << 2
	CapGroupStats  Capabilities = 1 << 3
	CapIPReasm     Capabilities = 1 << 5
	CapQueueStats  Capabilities = 1 << 6
	CapPortBlocked Capabilities = 1 << 8
	CapBundles     Capabilities = 1 << 9
	CapFlowMonitor Capabilities = 1 << 10
	CapARPMatchIP  Capabilities = 1 << 16 // OpenFlow 1.0
	CapSTP         Capabilities = 1 << 17 // OpenFlow 1.0
)

// SwitchFeatures is the reply to a features request.
type SwitchFeatures struct {
	DatapathID   uint64
	NBuffers     uint32
	NTables      uint8
	AuxiliaryID  uint8
	Capabilities Capabilities
	Actions      uint32     // OpenFlow 1.0: bitmap of OFPAT_*
	Ports        []PortDesc // OpenFlow 1.0 to 1.2
	HasPorts     bool       // the version's reply has a list of ports
}

// FragHandling is how a switch treats IP fragments (OFPC_FRAG_*).
type FragHandling uint8

// Ways to treat IP fragments.
const (
	FragNormal FragHandling = iota
	FragDrop
	FragReasm
	FragNXMatch // OVS: match by ip_frag
)

// SwitchConfig is the switch's configuration (get config, set config).
type SwitchConfig struct {
	Frag        FragHandling
	MissSendLen uint16
	// InvalidTTLToController is whether packets with a bad TTL go to the
	// controller; only OpenFlow 1.1 and 1.2 can say it. -1 is not known.
	InvalidTTLToController int8
}

// PortConfig is what an administrator asks of a port (OFPPC_*).
type PortConfig uint32

// Bits of PortConfig.
const (
	PortDown       PortConfig = 1 << 0
	PortNoSTP      PortConfig = 1 << 1
	PortNoRecv     PortConfig = 1 << 2
	PortNoRecvSTP  PortConfig = 1 << 3
	PortNoFlood    PortConfig = 1 << 4
	PortNoFwd      PortConfig = 1 << 5
	PortNoPacketIn PortConfig = 1 << 6
)

// PortState is how a port is (OFPPS_*).
type PortState uint32

// Bits of PortState. The spanning tree's state is a number of its own.
const (
	PortLinkDown   PortState = 1 << 0
	PortBlocked    PortState = 1 << 1
	PortLive       PortState = 1 << 2
	PortSTPListen  PortState = 0 << 8
	PortSTPLearn   PortState = 1 << 8
	PortSTPForward PortState = 2 << 8
	PortSTPBlock   PortState = 3 << 8
	PortSTPMask    PortState = 3 << 8
)

// PortFeatures are speeds and media of a port, in OpenFlow 1.1's bits.
type PortFeatures uint32

// Bits of PortFeatures.
const (
	Feature10MHD PortFeatures = 1 << iota
	Feature10MFD
	Feature100MHD
	Feature100MFD
	Feature1GHD
	Feature1GFD
	Feature10GFD
	Feature40GFD
	Feature100GFD
	Feature1TFD
	FeatureOther
	FeatureCopper
	FeatureFiber
	FeatureAutoneg
	FeaturePause
	FeaturePauseAsym
)

// PortDesc describes a port.
type PortDesc struct {
	Port       Port
	HWAddr     flow.MAC
	HWAddr64   [8]byte // for an infiniband port
	Name       string
	Config     PortConfig
	State      PortState
	Curr       PortFeatures
	Advertised PortFeatures
	Supported  PortFeatures
	Peer       PortFeatures
	CurrSpeed  uint32 // kbit/s; OpenFlow 1.0 computes it from Curr
	MaxSpeed   uint32
}

// PortReason says what happened to a port (OFPPR_*).
type PortReason uint8

// Reasons of a PortStatus.
const (
	PortAdd PortReason = iota
	PortDelete
	PortModify
)

// PortStatus tells a controller of a change of a port.
type PortStatus struct {
	Reason PortReason
	Desc   PortDesc
}

// PortMod changes a port's configuration bits that Mask has.
type PortMod struct {
	Port      Port
	HWAddr    flow.MAC // a safety check
	HWAddr64  [8]byte
	Config    PortConfig
	Mask      PortConfig
	Advertise PortFeatures
}

// PortStatsRequest asks for counters of a port, or of all for PortNone.
type PortStatsRequest struct{ Port Port }

// PortStats are the counters of a port. One of all ones is unknown.
type PortStats struct {
	Port                                        Port
	RxPackets, TxPackets, RxBytes, TxBytes      uint64
	RxDropped, TxDropped, RxErrors, TxErrors    uint64
	RxFrameErr, RxOverErr, RxCRCErr, Collisions uint64
	Duration                                    time.Duration // negative when not known
	Custom                                      []CustomStat
	RFC2819                                     *[NumRFC2819]uint64 // nil when not known, else by RFC2819Counter
}

// CustomStat is a counter of a port that has a name of its own.
type CustomStat struct {
	Name  string
	Value uint64
}

// NumRFC2819 is the number of counters of RFC 2819 that a port may have: packets
// received by size from 64 bytes on (7), packets sent by size (7), multicasts
// sent, broadcasts received and sent, and packets received that were too short,
// too long, fragments, and jabber. One of all ones is unknown.
const NumRFC2819 = 21

// PortDescRequest asks for the description of a port, or of all for PortNone.
type PortDescRequest struct{ Port Port }

// Desc describes a switch in words.
type Desc struct {
	Manufacturer, Hardware, Software, Serial, Datapath string
}

// Role is a controller's role (OFPCR_ROLE_*, NX_ROLE_*).
type Role uint32

// Roles of a controller. RoleNoChange only asks.
const (
	RoleNoChange Role = iota
	RoleEqual
	RolePrimary
	RoleSecondary
)

// RoleRequest sets or asks a controller's role; the reply has the same form.
type RoleRequest struct {
	Role         Role
	GenerationID uint64
	HasID        bool // GenerationID counts
}

// QueueStatsRequest asks for counters of queues; QueueAll and PortNone are all.
type QueueStatsRequest struct {
	Port  Port
	Queue uint32
}

// QueueAll stands for all queues of a port.
const QueueAll = 0xffffffff

// QueueStats are the counters of a queue. One of all ones is unknown.
type QueueStats struct {
	Port      Port
	Queue     uint32
	TxBytes   uint64
	TxPackets uint64
	TxErrors  uint64
	Duration  time.Duration // negative when not known
}
