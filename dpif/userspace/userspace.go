// Package userspace is the datapath that every machine can run: packets are
// received, looked up, changed and sent by threads of this process.
//
// All methods of a Datapath may be called from any goroutine. Packet threads
// read immutable snapshots; one mutex orders the writers.
package userspace

import (
	"errors"

	"govs/dpif"
)

// Config says what datapath to make.
type Config struct {
	Name    string // default "ovs-netdev"
	Type    string // default "netdev"
	Threads int    // packet threads; default one per processor, at most 4
}

// New makes a datapath without ports and starts its packet threads.
func New(cfg Config) (dpif.Datapath, error) {
	return nil, errors.New("userspace datapath: not here yet")
}
