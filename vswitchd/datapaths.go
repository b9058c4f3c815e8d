package vswitchd

import (
	"slices"
	"sync"

	"govs/bridge"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/dpif/userspace"
	"govs/netdev"
	"govs/netdev/dummy"
	"govs/netdev/tap"
)

// handmade are the datapaths that dpctl/add-dp made. A bridge that opens the
// first datapath of a type takes the place of those of that type.
type handmade struct {
	mu   sync.Mutex
	list []dpif.Datapath // guarded by mu
}

// drop closes the datapaths that match and says whether there were any.
func (h *handmade) drop(match func(dpif.Datapath) bool) bool {
	h.mu.Lock()
	var gone []dpif.Datapath
	h.list = slices.DeleteFunc(h.list, func(dp dpif.Datapath) bool {
		if match(dp) {
			gone = append(gone, dp)
			return true
		}
		return false
	})
	h.mu.Unlock()
	for _, dp := range gone {
		dp.Close()
	}
	return len(gone) > 0
}

// datapaths returns all there are: those of bridges and those made by hand.
func (d *Daemon) datapaths() ([]dpif.Datapath, error) {
	var l []dpif.Datapath
	for _, b := range d.host.Backers() {
		l = append(l, b.Datapath())
	}
	d.handmade.mu.Lock()
	defer d.handmade.mu.Unlock()
	return append(l, d.handmade.list...), nil
}

// userspaces returns those that forward packets in this process.
func (d *Daemon) userspaces() (l []*userspace.Datapath) {
	all, _ := d.datapaths()
	for _, dp := range all {
		if u, ok := dp.(*userspace.Datapath); ok {
			l = append(l, u)
		}
	}
	return l
}

// addDatapath is dpctl/add-dp.
func (d *Daemon) addDatapath(typ, name string) (dpif.Datapath, error) {
	d.handmade.mu.Lock()
	defer d.handmade.mu.Unlock()
	dp, err := d.newDatapath(typ, name)
	if err != nil {
		return nil, err
	}
	if err := d.addLocalPort(dp); err != nil {
		dp.Close()
		return nil, err
	}
	d.handmade.list = append(d.handmade.list, dp)
	return dp, nil
}

// delDatapath is dpctl/del-dp. A datapath with bridges on it lives on, as they
// hold it.
func (d *Daemon) delDatapath(dp dpif.Datapath) error {
	d.handmade.drop(func(x dpif.Datapath) bool { return x == dp })
	return nil
}

// openDatapath makes the datapath of the bridges of a type. "system" is the
// best one the machine has; until there is another, that is the userspace
// datapath as well.
func (d *Daemon) openDatapath(typ string) (dpif.Datapath, error) {
	d.handmade.drop(func(dp dpif.Datapath) bool { return dp.Type() == typ })
	dp, err := d.newDatapath(typ, "ovs-"+typ)
	if err != nil {
		return nil, err
	}
	if typ == "system" && d.cfg.dummy != dummyOverride {
		log.Info("datapath type system: this host has no other datapath, using the userspace datapath")
	}
	// Nothing depends on the local port: a host where it cannot be made does
	// without.
	if err := d.addLocalPort(dp); err != nil {
		log.Info("datapath %s has no local port: %v", dp.Name(), err)
	}
	return dp, nil
}

// isDummy says whether datapaths of a type have the manners of dummies.
func (d *Daemon) isDummy(typ string) bool {
	return typ == "dummy" || d.cfg.dummy == dummyOverride || d.cfg.dummy == dummySystem && typ == "system"
}

func (d *Daemon) newDatapath(typ, name string) (dpif.Datapath, error) {
	if !slices.Contains(d.datapathTypes(), typ) {
		vlog.New("dpif").Warn("could not create datapath %s of unknown type %s", name, typ)
		return nil, bridge.ErrUnknownType
	}
	return userspace.New(userspace.Config{
		Name:       name,
		Type:       typ,
		Now:        d.clock.Now,
		NamedPorts: d.isDummy(typ),
		Nodes:      d.cfg.dummyNodes,
		Log:        func(format string, args ...any) { dpLog.WarnRL(&dpLimit, format, args...) },
		Info:       dpLog.Info,
	})
}

// addLocalPort gives a datapath its port 0, which has the datapath's name.
func (d *Daemon) addLocalPort(dp dpif.Datapath) error {
	cfg := netdev.Config{Name: dp.Name(), Type: "tap"}
	open := func(c netdev.Config) (netdev.Device, error) { return device(tap.Open(c)) }
	if d.isDummy(dp.Type()) {
		cfg.Type, open = "dummy-internal", dummy.Open
	}
	dev, err := open(cfg)
	if err != nil {
		return err
	}
	if _, err := dp.PortAdd(cfg.Name, dev, dpif.LocalPort); err != nil {
		dev.Close()
		return err
	}
	return nil
}
