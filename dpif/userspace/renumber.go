package userspace

import "govs/dpif"

// PortRenumber gives a port another number, as if it had been taken out and put
// in again. Flows that name the old number stay.
func (dp *Datapath) PortRenumber(old, no dpif.PortNo) error {
	if no > maxPort {
		return dpif.ErrInvalid
	}
	dp.mu.Lock()
	defer dp.mu.Unlock()
	tbl := dp.ports.Load()
	p := tbl.get(old)
	switch {
	case p == nil:
		return dpif.ErrNoDevice
	case tbl.get(no) != nil:
		return dpif.ErrBusy
	}
	for _, r := range p.rx {
		r.t.del(r)
	}
	moved := dp.newPort(no, p.name, p.dev)
	dp.ports.Store(tbl.with(old, nil).with(no, moved))
	dp.lowest = min(dp.lowest, old)
	return dp.assign(moved.rx)
}
