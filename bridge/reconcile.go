package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"govs/cli"
	"govs/netdev"
	"govs/ofproto"
	"govs/openflow"
	"govs/stream"
)

// reconcile makes the live bridges what specs want. What fails is noted on the
// interface, or logged for a bridge, and tried again with the next change.
func (m *Manager) reconcile(ctx context.Context, specs []bridgeSpec) {
	wanted := map[string]*bridgeSpec{}
	for i := range specs {
		wanted[specs[i].name] = &specs[i]
	}
	// Take away first, everywhere, so that names and devices are free for
	// whoever gets them now: a port may move from one bridge to another.
	for name, b := range m.live {
		if w := wanted[name]; w == nil || w.dpType != b.spec.dpType {
			m.removeBridge(b)
		}
	}
	for name, b := range m.live {
		b.removeUnwanted(wanted[name])
	}
	for i := range specs {
		s := &specs[i]
		b := m.live[s.name]
		if b == nil {
			var err error
			if b, err = m.addBridge(ctx, s); err != nil {
				log.Err("failed to create bridge %s: %s", s.name, cli.Strerror(err))
				continue
			}
		}
		b.configure(s, m.restoring)
	}
	for i := range specs {
		if b := m.live[specs[i].name]; b != nil {
			m.configurePorts(b, &specs[i])
			b.spec = specs[i]
		}
	}
	m.checkPatchPeers()
	m.closeIdleBackers()
}

// addBridge makes the switch of a bridge, and its datapath if it is the first
// of its type.
func (m *Manager) addBridge(ctx context.Context, s *bridgeSpec) (*liveBridge, error) {
	backer := m.backers[s.dpType]
	if backer == nil {
		dp, err := m.cfg.OpenDatapath(s.dpType)
		if err != nil {
			return nil, err
		}
		backer = m.cfg.Host.Open(dp, ofproto.Options{OpenTunnel: m.cfg.OpenTunnel, RunDir: m.cfg.RunDir, TLS: m.cfg.TLS, NextHop: m.cfg.NextHop, Egress: m.cfg.Egress, Addresses: m.cfg.Addresses, Debug: m.cfg.Debug})
		m.backers[s.dpType] = backer
		m.wg.Go(func() {
			if err := backer.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				log.Err("datapath %s: %v", dp.Name(), err)
			}
		})
	}
	b := &liveBridge{spec: *s, ifaces: map[string]*liveIface{}, random: randomMAC()}
	b.spec.ports = nil
	b.mac = b.chooseMAC(s)
	of, err := backer.NewOfproto(s.name, b.datapathID(s))
	if err != nil {
		return nil, err
	}
	b.of = of
	m.live[s.name] = b
	return b, nil
}

// removeBridge takes a bridge away with all its ports.
func (m *Manager) removeBridge(b *liveBridge) {
	for _, i := range b.ifaces {
		b.removeIface(i)
	}
	b.of.Destroy()
	delete(m.live, b.spec.name)
}

// closeIdleBackers closes the datapaths that no bridge uses any more.
func (m *Manager) closeIdleBackers() {
	for typ, backer := range m.backers {
		used := false
		for _, b := range m.live {
			used = used || b.spec.dpType == typ
		}
		if !used {
			delete(m.backers, typ)
			if err := backer.Close(true); err != nil {
				log.Warn("closing datapath of type %s: %v", typ, err)
			}
		}
	}
}

// configure sets what a switch has besides ports. While flows are being restored
// no controller is called.
func (b *liveBridge) configure(s *bridgeSpec, restoring bool) {
	b.of.SetFailMode(s.failMode)
	b.of.SetMACTable(time.Duration(s.macAging)*time.Second, s.macEntries)
	b.of.SetForwardBPDU(s.bpdu)
	b.of.SetSampling(s.sampling)
	b.of.SetFloodVLANs(s.floodVLANs)
	b.of.SetProtocols(s.protocols)
	b.of.SetDesc(s.desc)
	b.of.SetFlowTables(s.tables)
	b.of.SetInBand(s.inBand)
	controllers := b.controllers(s)
	if restoring {
		controllers = slices.DeleteFunc(controllers, func(c ofproto.ControllerSpec) bool { return stream.IsActive(c.Target) })
	}
	b.of.SetControllers(controllers)
}

// removeUnwanted removes the interfaces and bundles that the bridge shall not
// have, or not in this way.
func (b *liveBridge) removeUnwanted(s *bridgeSpec) {
	ifaces := map[string]*ifaceSpec{}
	ports := map[string]bool{}
	for i := range s.ports {
		p := &s.ports[i]
		ports[p.bundle.Name] = true
		for j := range p.ifaces {
			ifaces[p.ifaces[j].name] = &p.ifaces[j]
		}
	}
	owners := b.owners(s)
	for name, i := range b.ifaces {
		if !i.goesOn(ifaces[name], owners) {
			b.removeIface(i)
		}
	}
	for _, p := range b.spec.ports {
		if !ports[p.bundle.Name] {
			b.of.DelBundle(p.bundle.Name)
		}
	}
}

// removeIface removes an interface with its OpenFlow port, if it has one.
func (b *liveBridge) removeIface(i *liveIface) {
	delete(b.ifaces, i.spec.name)
	if i.failed {
		return
	}
	if err := b.of.PortDel(i.no); err != nil {
		log.Warn("bridge %s: removing interface %s: %v", b.spec.name, i.spec.name, err)
	}
	log.Info("bridge %s: deleted interface %s on port %d", b.spec.name, i.spec.name, portNumber(i.no))
}

// configurePorts adds what is missing, adjusts what is there, and groups the
// interfaces into bundles.
func (m *Manager) configurePorts(b *liveBridge, s *bridgeSpec) {
	// Numbers that were asked for go to those who asked: these come first.
	var add []*ifaceSpec
	for pass := range 2 {
		for pi := range s.ports {
			for ii := range s.ports[pi].ifaces {
				w := &s.ports[pi].ifaces[ii]
				if (w.request != 0) == (pass == 0) && b.ifaces[w.name] == nil {
					add = append(add, w)
				}
			}
		}
	}
	for name, i := range b.ifaces {
		w := s.iface(name)
		if w == nil {
			continue
		}
		err := b.adjust(i, w)
		switch {
		case errors.Is(err, netdev.ErrReopen):
			again := *w
			if again.request == 0 {
				again.request = i.no
			}
			b.removeIface(i)
			add = append(add, &again)
		case err != nil && m.cfg.IsTunnel(w.typ):
			// A tunnel with bad options is no tunnel; that it cannot be made
			// with them either says why.
			b.removeIface(i)
			add = append(add, w)
		}
	}
	for _, w := range add {
		if b.ifaces[w.name] == nil { // the same name twice is the first one's
			m.addIface(b, s, w)
		}
	}
	for pi := range s.ports {
		bundle := s.ports[pi].bundle
		for _, w := range s.ports[pi].ifaces {
			if i := b.ifaces[w.name]; i.usable() {
				bundle.Members = append(bundle.Members, i.no)
			}
		}
		if len(bundle.Members) == 0 {
			b.of.DelBundle(bundle.Name)
		} else if err := b.of.SetBundle(bundle); err != nil {
			log.Warn("bridge %s: port %s: %v", b.spec.name, bundle.Name, err)
		}
	}
	b.setMirrors(s)
	b.setAddresses(s)
	b.setMTUs(s)
	b.setLocalIP(s)
}

// iface returns the wanted interface of that name, or nil.
func (b *bridgeSpec) iface(name string) *ifaceSpec {
	for pi := range b.ports {
		for ii := range b.ports[pi].ifaces {
			if b.ports[pi].ifaces[ii].name == name {
				return &b.ports[pi].ifaces[ii]
			}
		}
	}
	return nil
}

// addIface opens an interface's device and gives it to the switch.
func (m *Manager) addIface(b *liveBridge, s *bridgeSpec, w *ifaceSpec) {
	i := &liveIface{spec: *w, failed: true}
	b.ifaces[w.name] = i
	spec := ofproto.PortSpec{
		Name: w.name, Type: w.typ, Request: w.request,
		Peer: w.options["peer"], Options: w.options,
	}
	switch {
	case w.typ == "patch":
		if err := checkPatch(w); err != nil {
			i.err = err.Error()
			return
		}
	case m.cfg.IsTunnel(w.typ):
	default:
		dev, err := m.cfg.OpenDevice(s.dpType, netdev.Config{Name: w.name, Type: w.typ, Options: w.options})
		if err != nil {
			i.err = fmt.Sprintf("could not open network device %s (%s)", w.name, cli.Strerror(err))
			log.Warn("%s", i.err)
			return
		}
		if _, ok := dev.(netdev.Configurable); !ok && !tapOptions(w) {
			warnOptions(w)
		}
		i.dev, spec.Device = dev, dev
	}
	no, err := b.of.PortAdd(spec)
	if err != nil {
		if i.dev != nil {
			i.dev.Close()
			i.dev = nil
		}
		var bad *ofproto.ConfigError
		if errors.As(err, &bad) {
			i.err = bad.Text
			log.Warn("%s: could not set configuration (Invalid argument)", w.name)
			return
		}
		i.err = fmt.Sprintf("could not add network device %s to ofproto (%s)", w.name, cli.Strerror(err))
		log.Warn("%s", i.err)
		return
	}
	i.no, i.failed = no, false
	log.Info("bridge %s: added interface %s on port %d", s.name, w.name, portNumber(no))
}

// tapOptions reports whether all options are those that a tap takes when it is
// opened.
func tapOptions(w *ifaceSpec) bool {
	_, queues := w.options["n_rxq"]
	return queues && len(w.options) == 1 && isTap(w.typ)
}

func isTap(typ string) bool { return typ == "internal" || typ == "tap" }

// warnOptions tells of the options of a device that has none.
func warnOptions(w *ifaceSpec) {
	if len(w.options) > 0 {
		netdevLog.Warn("%s: arguments provided to device that is not configurable", w.name)
	}
}

// adjust applies changed options to an interface that goes on. The error is
// netdev.ErrReopen if they are for a device that is opened with them.
func (b *liveBridge) adjust(i *liveIface, w *ifaceSpec) error {
	if !i.failed && !i.spec.sameOptions(w) {
		err := b.of.PortReconfigure(i.no, ofproto.PortSpec{
			Name: w.name, Type: w.typ, Device: i.dev, Request: i.no,
			Peer: w.options["peer"], Options: w.options,
		})
		if w.typ == "patch" && err == nil {
			err = checkPatch(w)
		}
		dev, ok := i.dev.(netdev.Configurable)
		switch {
		case err != nil || i.dev == nil:
		case ok:
			err = dev.SetOptions(w.options)
		default:
			if q, ok := i.dev.(netdev.Requeuer); ok {
				err = q.Requeue(w.options)
			}
			if !tapOptions(w) {
				warnOptions(w)
			}
		}
		if errors.Is(err, netdev.ErrReopen) {
			return err
		}
		if err != nil {
			i.err = cli.Strerror(err)
			log.Warn("%s: could not set configuration (%s)", w.name, i.err)
			return err // the old spec stays, so that the next change tries again
		}
		i.err = ""
	}
	i.spec = *w
	return nil
}

// checkPatch checks a patch port's options as far as they can be judged alone.
func checkPatch(w *ifaceSpec) error {
	switch w.options["peer"] {
	case "":
		return fmt.Errorf("%s: patch type requires valid 'peer' argument", w.name)
	case w.name:
		return fmt.Errorf("%s: patch peer must not be self", w.name)
	}
	return nil
}

// checkPatchPeers notes the patch ports whose other end is not there: packets
// sent to them are lost, which nothing else would tell.
func (m *Manager) checkPatchPeers() {
	for _, b := range m.live {
		for _, i := range b.ifaces {
			if i.failed || i.spec.typ != "patch" {
				continue
			}
			i.err = ""
			peer := i.spec.options["peer"]
			if !m.hasPatch(peer, b.spec.dpType) {
				i.err = fmt.Sprintf("No usable peer '%s' exists in '%s' datapath.", peer, b.spec.dpType)
			}
		}
	}
}

// hasPatch reports whether some bridge on a datapath of that type has a patch
// port of that name.
func (m *Manager) hasPatch(name, dpType string) bool {
	for _, b := range m.live {
		if i := b.ifaces[name]; i.usable() && i.spec.typ == "patch" && b.spec.dpType == dpType {
			return true
		}
	}
	return false
}

// portNumber is a port's number as OpenFlow 1.0 and log lines have it.
func portNumber(p openflow.Port) uint32 {
	if p == openflow.PortLocal {
		return 65534
	}
	return uint32(p)
}

// sortedNames returns the names of a bridge's interfaces in order.
func (b *liveBridge) sortedNames() []string {
	return slices.Sorted(maps.Keys(b.ifaces))
}
