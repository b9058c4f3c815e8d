// Package dpif is the one interface to a datapath: ports, flows, upcalls,
// packets to execute; with the codecs of flow keys and actions in the datapath
// language (netlink attributes and their text). Its subpackages implement it
// (userspace, dummy, ebpf, netlink).
//
// All methods of a Datapath may be called from any goroutine.
package dpif

import (
	"errors"
	"time"

	"govs/flow"
	"govs/netdev"
	"govs/packet"
)

// PortNo is a datapath port number (odp_port), distinct from an OpenFlow port.
type PortNo uint32

// NoPort means "no such port" or "choose one".
const NoPort PortNo = 0xffffffff

// LocalPort is the datapath's own internal port ("ovs-netdev", "ovs-system").
const LocalPort PortNo = 0

// Errors of a Datapath.
var (
	ErrExist    = errors.New("File exists")
	ErrNotFound = errors.New("No such file or directory")
	ErrNoDevice = errors.New("No such device")
	ErrBusy     = errors.New("Device or resource busy")
	ErrInvalid  = errors.New("Invalid argument")
	ErrTooMany  = errors.New("File too large")
	ErrPerm     = errors.New("Operation not permitted")
)

// UFID is the 128-bit unique identifier of a datapath flow.
type UFID [16]byte

// Actions are datapath actions as netlink attributes (linux/openvswitch.h,
// enum ovs_action_attr), in the host's byte order and padded to four bytes each
// as on the netlink wire. Empty means drop.
type Actions []byte

// Flow is one datapath flow (megaflow).
type Flow struct {
	UFID    UFID
	Match   flow.Match // Key.InPort is a datapath port
	Actions Actions
	Stats   FlowStats
}

// FlowStats are the counters of a datapath flow since it was put.
type FlowStats struct {
	Packets  uint64
	Bytes    uint64
	Used     time.Time // zero: never
	TCPFlags uint16
}

// Port is one port of a datapath.
type Port struct {
	No     PortNo
	Name   string // datapath port name, such as "vxlan_sys_4789"
	Type   string
	Device netdev.Device
}

// UpcallReason says why a packet comes up.
type UpcallReason uint8

// Reasons of an upcall.
const (
	UpcallMiss   UpcallReason = iota // no flow matched
	UpcallAction                     // a userspace() action
)

// Upcall is a packet that the datapath hands to the switch above.
type Upcall struct {
	Reason   UpcallReason
	Packet   *packet.Packet // valid until the handler returns
	Key      *flow.Key      // extracted from Packet, InPort is a datapath port
	UFID     UFID           // for a miss: identifies the flow that should be put
	Userdata []byte         // UpcallAction: what the action carried
	Actions  Actions        // UpcallAction: the actions given to userspace(), if any
	// Recirculations is how often the packet has been looked up again. Whoever
	// executes actions on it says so, or a loop might not end.
	Recirculations uint8
}

// Handler takes upcalls. A userspace datapath calls it on its packet threads,
// so it must be safe for concurrent calls; it may call the datapath back.
type Handler func(batch []Upcall)

// Execute is one packet to run actions on.
type Execute struct {
	Packet  *packet.Packet
	Key     *flow.Key
	Actions Actions
	Probe   bool // test for support only, do not log failure
	// Recirculations is that of the upcall that the packet came with.
	Recirculations uint8
}

// PutFlags qualify FlowPut.
type PutFlags uint8

// Flags of FlowPut. Without PutModify an existing flow is ErrExist; without
// PutCreate a missing one is ErrNotFound.
const (
	PutCreate PutFlags = 1 << iota
	PutModify
	PutZeroStats
)

// Stats are counters of a whole datapath.
type Stats struct {
	Hits, Misses, Lost uint64
	Flows              uint64
	MaskHits           uint64 // subtables visited
	Masks              uint32
}

// Configurable is a Datapath with settings of its own: those of
// Open_vSwitch:other_config and, by the names of ports, Interface:other_config
// that concern it.
type Configurable interface {
	Configure(other map[string]string, ports map[string]map[string]string)
}

// Datapath is a switch fabric that applies flows to packets.
type Datapath interface {
	// Type is the registered type ("netdev", "dummy", ...), Name the
	// datapath's name within it ("ovs-netdev").
	Type() string
	Name() string

	// PortAdd takes ownership of dev and gives it number want, or chooses one
	// for NoPort. name is the datapath port name. ErrBusy if the number is
	// taken, ErrExist if the name is.
	PortAdd(name string, dev netdev.Device, want PortNo) (PortNo, error)
	// PortDel removes and closes the port.
	PortDel(PortNo) error
	// Ports returns the ports ordered by number.
	Ports() []Port

	// FlowPut adds or changes a flow; if old is not nil it receives the
	// counters the flow had before.
	FlowPut(f *Flow, flags PutFlags, old *FlowStats) error
	// FlowDel removes the flow and returns its last counters.
	FlowDel(UFID) (FlowStats, error)
	// FlowGet returns a copy of the flow.
	FlowGet(UFID) (Flow, error)
	// FlowDump calls fn with each flow until it returns false. The flow and
	// what it points to are valid during the call only.
	FlowDump(fn func(*Flow) bool) error
	// FlowCounters calls fn with each flow's identity and counters until it
	// returns false: what a revalidator needs, at a fraction of FlowDump's
	// price. The counters are valid during the call only.
	FlowCounters(fn func(UFID, *FlowStats) bool) error
	// FlowFlush removes all flows.
	FlowFlush() error

	// Execute runs actions on packets, which it may change, in their order.
	// The error is the first one; the packets after it are still executed.
	Execute(...*Execute) error

	// SetHandler sets who gets upcalls; nil drops (and counts) them.
	SetHandler(Handler)

	// Features returns what the datapath can do; it never changes.
	Features() Features
	// Stats returns counters.
	Stats() Stats
	// Close stops packet threads and closes all ports.
	Close() error
}
