// Package netdev is the one interface a datapath and a bridge see of a network
// device; its subpackages implement it (linux system devices, tap, dummy, ...).
//
// A Device's control methods may be called from any goroutine; each RxQueue
// and each transmit queue number belongs to one goroutine at a time.
package netdev

import (
	"errors"
	"maps"
	"slices"

	"govs/packet"
)

// ErrClosed is returned by Recv after Close.
var ErrClosed = errors.New("netdev: closed")

// ErrNotSupported is returned where a device has no such property.
var ErrNotSupported = errors.New("netdev: not supported")

// Config is what a device is made from: an Interface row's name, type and options.
type Config struct {
	Name    string
	Type    string // "system", "internal", "tap", "vxlan", "dummy", ...
	Options map[string]string
}

// Device is an open network device.
type Device interface {
	// Name is the Interface name, Type its registered type ("system",
	// "internal", "tap", "vxlan", "patch", "dummy", ...).
	Name() string
	Type() string

	// MAC returns the Ethernet address; SetMAC changes it.
	MAC() ([6]byte, error)
	SetMAC([6]byte) error

	// MTU counts bytes above the Ethernet header.
	MTU() (int, error)
	SetMTU(int) error

	// State returns what changes by itself; see also Changed.
	State() (State, error)
	// SetUp brings the device up or down.
	SetUp(bool) error

	// Stats returns the device's counters.
	Stats() (Stats, error)
	// Status returns keys for Interface.status ("driver_name", ...).
	Status() map[string]string

	// RxQueues returns the queues to receive from; empty for devices that
	// never deliver packets by themselves.
	RxQueues() []RxQueue
	// Send transmits the batch on queue txq and returns how many packets went
	// out. It finishes or hands on each packet's Offload. It does not keep
	// the packets.
	Send(txq int, batch []*packet.Packet) (int, error)

	// Close releases everything; receivers get ErrClosed. It may be called twice.
	Close() error
}

// Configurable is a Device whose options can change while it is open.
type Configurable interface {
	Device
	// Options returns a copy of the options in force.
	Options() map[string]string
	// SetOptions replaces them all; after an error the old ones are in force.
	SetOptions(map[string]string) error
}

// Described is a Configurable that does not show all of its options.
type Described interface {
	Configurable
	Shown() map[string]string
}

// OptionTexts returns the options in force of a device that has any, as "key=value"
// and in order, as far as it shows them.
func OptionTexts(dev Device) []string {
	var o map[string]string
	switch c := dev.(type) {
	case Described:
		o = c.Shown()
	case Configurable:
		o = c.Options()
	}
	l := make([]string, 0, len(o))
	for _, k := range slices.Sorted(maps.Keys(o)) {
		l = append(l, k+"="+o[k])
	}
	return l
}

// State is the part of a device that the world changes.
type State struct {
	Ifindex    int
	AdminUp    bool
	Carrier    bool
	LinkResets int64
	SpeedMbps  int64 // 0 unknown
	FullDuplex bool
	Medium     Medium
	HasDuplex  bool
}

// Medium is what a link is made of, where the driver says.
type Medium uint8

// Media.
const (
	MediumUnknown Medium = iota
	MediumCopper
	MediumFiber
)

// Stats are device counters; -1 means unknown and is left out of
// Interface.statistics and printed "?" by dump-ports.
type Stats struct {
	RxPackets, TxPackets      int64
	RxBytes, TxBytes          int64
	RxErrors, TxErrors        int64
	RxDropped, TxDropped      int64
	Collisions                int64
	RxCrcErr, RxFrameErr      int64
	RxOverErr, RxMissedErrors int64
	Multicast                 int64
}

// RxQueue is a source of packets.
type RxQueue interface {
	// FD is the descriptor to poll for readability, -1 for none.
	FD() int
	// Recv fills up to len(batch) packets, reusing their buffers, and returns
	// how many. It never blocks: 0 and nil mean nothing is there.
	Recv(batch []*packet.Packet) (int, error)
}
