package xlate

import (
	"sync/atomic"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/flowtable"
	"govs/openflow"
	"govs/proto/maclearn"
)

// BundleID identifies a bundle for as long as it lives, across Configs.
type BundleID uint32

// Config is all switches of one datapath at one moment. Nothing in it changes
// but the flow and MAC tables it refers to.
type Config struct {
	Seq     uint64 // tells Configs apart
	Bridges []*Bridge
	ByODP   map[dpif.PortNo]*Port // ports with a datapath port of their own
	Tunnels *TunnelMap
	// MaxOutputs is how often a packet may be sent at once; 0 if any number of
	// times.
	MaxOutputs int
	// ExplicitDrop says that the datapath wants to be told to drop, and why.
	ExplicitDrop bool
	// CTTimeout, if not nil, returns the name of the timeout policy that
	// connections of a zone have, and whether it depends on the protocol.
	CTTimeout func(zone, ethType uint16, proto uint8) (name string, byProtocol bool)
}

// Bridge is one switch.
type Bridge struct {
	Name        string
	Tables      *flowtable.Tables
	MACs        *maclearn.Table[BundleID]
	Ports       map[uint32]*Port // by OpenFlow port number
	FloodOrder  []*Port          // for FLOOD and ALL
	Bundles     []*Bundle        // for NORMAL, in the order floods go out
	Mirrors     []*Mirror
	ForwardBPDU bool
	// Sampling says that there are collectors for what sample actions take.
	Sampling bool
	Frag     openflow.FragHandling
	// MissToController: packets that match no flow go to a controller. It changes
	// with every connection, so it is no part of the snapshot; nil is false.
	MissToController *atomic.Bool
	TLVs             *flow.TLVMap // tunnel options that have fields
	// Internal are the flows that count packets without one of their own: those
	// for a controller, those dropped, and dropped fragments. Nil ones do not.
	Internal [3]*flowtable.Rule
	Owner    any // the switch itself, for the caller
}

// Port is one OpenFlow port.
type Port struct {
	Bridge *Bridge
	No     uint32
	Name   string
	ODP    dpif.PortNo // NoPort for patch ports
	Peer   *Port       // the other end of a patch port
	Patch  bool
	Tunnel *Tunnel
	Bundle *Bundle
	Config openflow.PortConfig
	Live   bool
	// Counters of packets that pass a port without a device.
	Counters *PortCounters
}

// PortCounters count packets of patch and tunnel ports.
type PortCounters struct {
	RxPackets, RxBytes, TxPackets, TxBytes atomic.Uint64
}

// VLANMode is how a bundle treats VLANs.
type VLANMode uint8

// VLAN modes; see ovs-vswitchd.conf.db(5), Port:vlan_mode.
const (
	VLANAccess VLANMode = iota
	VLANTrunk
	VLANNativeTagged
	VLANNativeUntagged
	VLANDot1qTunnel
)

// PriorityTags is when a frame without a VLAN keeps an 802.1Q header for its
// priority.
type PriorityTags uint8

// Values of PriorityTags.
const (
	PriorityTagsNo PriorityTags = iota
	PriorityTagsIfNonzero
	PriorityTagsAlways
)

// VLANSet is a set of VLAN ids.
type VLANSet [4096 / 64]uint64

// Has reports whether vid is in the set; a nil set has all.
func (s *VLANSet) Has(vid uint16) bool {
	return s == nil || s[vid>>6&63]>>(vid&63)&1 != 0
}

// Add puts vid into the set.
func (s *VLANSet) Add(vid uint16) { s[vid>>6&63] |= 1 << (vid & 63) }

// Remove takes vid out of the set.
func (s *VLANSet) Remove(vid uint16) { s[vid>>6&63] &^= 1 << (vid & 63) }

// AllVLANs returns a set of all VLAN ids.
func AllVLANs() *VLANSet {
	s := &VLANSet{}
	for i := range s {
		s[i] = ^uint64(0)
	}
	return s
}

// Bundle is one or more ports that act as one in NORMAL forwarding.
type Bundle struct {
	Bridge       *Bridge
	ID           BundleID
	Name         string
	Ports        []*Port
	VLANMode     VLANMode
	VLAN         uint16
	Trunks       *VLANSet // nil: all
	CVLANs       *VLANSet // nil: all
	QinQEthType  uint16
	PriorityTags PriorityTags
	Floodable    bool
	Protected    bool
	Bond         bool
	// The mirrors that copy packets coming in, and going out, by the bundle.
	SrcMirrors, DstMirrors MirrorSet
	MirrorOut              bool // copies go out by it, and nothing else
}

// noneBundle stands for where packets of a controller come from.
var noneBundle = &Bundle{Name: "OFPP_NONE", VLANMode: VLANTrunk}

// bridge returns the switch of that name, or nil.
func (c *Config) bridge(name string) *Bridge {
	for _, b := range c.Bridges {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// bundle returns the bundle with the given id, or nil.
func (b *Bridge) bundle(id BundleID) *Bundle {
	for _, u := range b.Bundles {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// Receiver finds the port that a packet with key k, as the datapath sees it,
// came in by: by tunnel header or by datapath port. It returns nil if no switch
// has such a port.
func (c *Config) Receiver(k *flow.Key) *Port {
	if k.Tunnel.IsSet() {
		if p := c.Tunnels.Receive(k); p != nil {
			return p
		}
		return nil
	}
	return c.ByODP[dpif.PortNo(k.InPort)]
}
