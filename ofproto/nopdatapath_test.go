package ofproto

import (
	"govs/dpif"
	"govs/netdev"
)

func dummyConfig(name string) netdev.Config { return netdev.Config{Name: name, Type: "dummy"} }

// nopDatapath is a datapath without ports that forgets all it is told.
type nopDatapath struct{}

func (nopDatapath) Type() string { return "nop" }
func (nopDatapath) Name() string { return "ovs-nop" }
func (nopDatapath) PortAdd(string, netdev.Device, dpif.PortNo) (dpif.PortNo, error) {
	return 0, dpif.ErrInvalid
}
func (nopDatapath) PortDel(dpif.PortNo) error                                { return nil }
func (nopDatapath) Ports() []dpif.Port                                       { return nil }
func (nopDatapath) FlowPut(*dpif.Flow, dpif.PutFlags, *dpif.FlowStats) error { return nil }
func (nopDatapath) FlowDel(dpif.UFID) (dpif.FlowStats, error)                { return dpif.FlowStats{}, nil }
func (nopDatapath) FlowGet(dpif.UFID) (dpif.Flow, error)                     { return dpif.Flow{}, nil }
func (nopDatapath) FlowDump(func(*dpif.Flow) bool) error                     { return nil }
func (nopDatapath) FlowCounters(func(dpif.UFID, *dpif.FlowStats) bool) error { return nil }
func (nopDatapath) FlowFlush() error                                         { return nil }
func (nopDatapath) Execute(...*dpif.Execute) error                           { return nil }
func (nopDatapath) SetHandler(dpif.Handler)                                  {}
func (nopDatapath) Features() dpif.Features                                  { return dpif.Features{} }
func (nopDatapath) Stats() dpif.Stats                                        { return dpif.Stats{} }
func (nopDatapath) Close() error                                             { return nil }
