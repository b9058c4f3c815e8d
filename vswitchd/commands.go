package vswitchd

import (
	"fmt"

	"govs/daemon/unixctl"
	"govs/dpif"
	"govs/dpif/dpctl"
	"govs/dpif/userspace"
	"govs/flow"
	"govs/netdev"
	"govs/netdev/dummy"
	"govs/netdev/tunnel"
)

// Commands returns the rows of all control commands of the switch.
func (d *Daemon) Commands() []unixctl.Command {
	rows := append(d.host.Commands(), d.bridges.Commands()...)
	rows = append(rows, dpctl.Commands(&dpctl.Env{
		Program:        "ovs-vswitchd",
		Datapaths:      d.datapaths,
		AddDatapath:    d.addDatapath,
		DeleteDatapath: d.delDatapath,
		PacketKey:      d.host.PacketKey,
		Now:            d.clock.Now,
		OpenDevice: func(dp dpif.Datapath, cfg netdev.Config) (netdev.Device, error) {
			return d.openDevice(dp.Type(), cfg)
		},
	})...)
	rows = append(rows, userspace.Commands(d.userspaces)...)
	rows = append(rows, tunnel.Commands()...)
	if d.rt != nil {
		rows = append(rows, d.rt.Commands()...)
	}
	if d.cfg.dummy != noDummy {
		rows = append(rows, dummy.Commands(composeFrame)...)
		rows = append(rows, d.host.DummyCommands()...)
		rows = append(rows, d.clock.Commands(d.step)...)
	}
	return rows
}

// step does the periodic work of all switches that the clock has made due.
func (d *Daemon) step() {
	for _, b := range d.host.Backers() {
		b.Step(d.clock.Now())
	}
}

// composeFrame makes a frame from a flow in the datapath's syntax, padded to
// size bytes if that is not 0.
func composeFrame(text string, size int) ([]byte, error) {
	m, err := dpif.ParseKey(text, nil)
	if err != nil {
		return nil, fmt.Errorf("%s", err)
	}
	if size == 0 {
		return flow.Compose(&m.Key, nil).Bytes(), nil
	}
	bare := flow.Compose(&m.Key, &flow.ComposeOptions{Payload: []byte{}}).Len()
	if size < bare {
		return nil, fmt.Errorf("too small packet len")
	}
	b := flow.Compose(&m.Key, &flow.ComposeOptions{Payload: make([]byte, size-bare)}).Bytes()
	return append(b, make([]byte, max(0, size-len(b)))...), nil // a frame without IP has no payload
}
