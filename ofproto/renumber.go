package ofproto

import (
	"strconv"

	"govs/daemon/unixctl"
	"govs/dpif"
)

// DummyCommands returns the rows of the control commands on dummy datapaths.
func (h *Host) DummyCommands() []unixctl.Command {
	return []unixctl.Command{{
		Name: "dpif-dummy/change-port-number", Usage: "dp port new-number", MinArgs: 3, MaxArgs: 3,
		Run: func(r *unixctl.Request) {
			if err := h.renumber(r.Args[0], r.Args[1], r.Args[2]); err != nil {
				r.Error(err.Error())
				return
			}
			r.Reply("")
		},
	}}
}

// renumber gives a port of a dummy datapath another number in the datapath.
func (h *Host) renumber(name, portName, number string) error {
	for _, b := range h.Backers() {
		dp, ok := b.dp.(interface {
			PortRenumber(old, no dpif.PortNo) error
		})
		if b.dp.Name() != name || b.dp.Type() != "dummy" || !ok {
			continue
		}
		old := dpif.NoPort
		for _, p := range b.dp.Ports() {
			if p.Name == portName || strconv.Itoa(int(p.No)) == portName {
				old = p.No
			}
		}
		if old == dpif.NoPort {
			return traceError("unknown port")
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || n == 0 {
			return traceError("bad port number")
		}
		switch err := dp.PortRenumber(old, dpif.PortNo(n)); err {
		case nil:
		case dpif.ErrBusy:
			return traceError("port number already in use")
		default:
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.ofprotos {
			for _, x := range p.ports {
				if x.odp == old {
					x.odp = dpif.PortNo(n)
				}
			}
		}
		b.changed()
		return nil
	}
	return traceError("unknown datapath or not a dummy")
}
