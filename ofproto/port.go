package ofproto

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/netdev"
	"govs/ofproto/xlate"
	"govs/openflow"
)

// port is the live state of an OpenFlow port. Backer.mu guards it.
type port struct {
	spec     PortSpec
	no       openflow.Port
	odp      dpif.PortNo // NoPort for patch and tunnel ports
	tunnel   *xlate.Tunnel
	shared   *tunnelDevice // of a tunnel port
	bundle   *bundle
	config   openflow.PortConfig
	counters *xlate.PortCounters // of ports without a device
	seen     netdev.State        // when the state was last told to controllers
	created  time.Time
	random   flow.MAC // of a port without a device
}

func (p *port) device() netdev.Device { return p.spec.Device }

// tunnelDevice is the one datapath port of all tunnels of a type and, for those
// over UDP, a UDP port.
type tunnelDevice struct {
	name  string
	dev   netdev.Device
	odp   dpif.PortNo
	users []*xlate.Tunnel
}

// reoptioner is a device of tunnels that has options of its own.
type reoptioner interface {
	SetOptions(map[string]string) error
}

// options are the device's own options: what any of its tunnels asks for.
func (d *tunnelDevice) options() map[string]string {
	o := map[string]string{}
	gpe := false
	for _, t := range d.users {
		o["dst_port"] = strconv.Itoa(int(t.DstPort))
		if o["exts"] = gbp(t); strings.Contains(t.Device.Exts, "gpe") {
			gpe = true
		}
		if t.Device.PayloadType != "" {
			o["payload_type"] = t.Device.PayloadType
		}
	}
	if gpe {
		o["exts"] += ",gpe"
	}
	return o
}

// gbp returns "gbp" if the tunnel sends group policies.
func gbp(t *xlate.Tunnel) string {
	if strings.Contains(t.Device.Exts, "gbp") {
		return "gbp"
	}
	return ""
}

// acquireTunnel gives the tunnel its datapath port, made if it is the first. It
// may stand in for old, which will be released. b.mu is held.
func (b *Backer) acquireTunnel(name string, t, old *xlate.Tunnel) (*tunnelDevice, error) {
	system := systemName(t)
	for _, d := range b.tunnels {
		if d.name != system {
			continue
		}
		for _, u := range d.users {
			switch {
			case u == old:
			case gbp(u) != gbp(t):
				text := name + ": VXLAN-GBP, and non-VXLAN-GBP tunnels can't be configured on the same dst_port"
				vportLog.Warn("%s", text)
				return nil, &ConfigError{Text: text}
			case u.Device.PayloadType != t.Device.PayloadType:
				text := name + ": tunnels with different payload_type can't be configured on the same dst_port"
				vportLog.Warn("%s", text)
				return nil, &ConfigError{Text: text}
			}
		}
		d.users = append(d.users, t)
		if o, ok := d.dev.(reoptioner); ok {
			o.SetOptions(d.options())
		}
		t.ODP = d.odp
		return d, nil
	}
	if b.opts.OpenTunnel == nil {
		return nil, &ConfigError{Text: "no tunnels in this datapath"}
	}
	d := &tunnelDevice{name: system, users: []*xlate.Tunnel{t}}
	dev, err := b.opts.OpenTunnel(netdev.Config{Name: system, Type: t.Type, Options: d.options()})
	if err != nil {
		return nil, err
	}
	odp, err := b.dp.PortAdd(system, dev, dpif.NoPort)
	if err != nil {
		dev.Close()
		return nil, err
	}
	d.dev, d.odp, t.ODP = dev, odp, odp
	b.tunnels = append(b.tunnels, d)
	return d, nil
}

// conflict returns the port that already receives what the tunnel of the named
// port would, and says so. b.mu is held.
func (b *Backer) conflict(name string, t *xlate.Tunnel) *xlate.Port {
	other := b.configLocked().Tunnels.Conflict(t)
	if other != nil {
		tunnelLog.Warn("%s: attempting to add tunnel port with same config as port '%s' (%s)", name, other.Name, tunnelMatch(t))
	}
	return other
}

// releaseTunnel takes back what acquireTunnel gave. b.mu is held.
func (b *Backer) releaseTunnel(d *tunnelDevice, t *xlate.Tunnel) {
	if i := slices.Index(d.users, t); i >= 0 {
		d.users = slices.Delete(d.users, i, i+1)
	}
	if len(d.users) > 0 {
		if o, ok := d.dev.(reoptioner); ok {
			o.SetOptions(d.options())
		}
		return
	}
	for i, x := range b.tunnels {
		if x == d {
			b.tunnels = append(b.tunnels[:i], b.tunnels[i+1:]...)
		}
	}
	b.dp.PortDel(d.odp)
}

// choosePort returns a free port number, want if possible. Numbers of removed
// ports come again only when all others have been used. b.mu is held.
func (p *Ofproto) choosePort(want openflow.Port) (openflow.Port, error) {
	if want.Ordinary() && p.ports[want] == nil {
		return want, nil
	}
	for range openflow.PortMax {
		p.lastPort++
		if !p.lastPort.Ordinary() {
			p.lastPort = 1
		}
		if p.ports[p.lastPort] == nil {
			return p.lastPort, nil
		}
	}
	return 0, ErrPortsFull
}

// PortAdd adds a port and returns its OpenFlow port number, which is the
// requested one if that is free. For the port with the bridge's own name it is
// openflow.PortLocal. An error is one to show in Interface:error.
func (p *Ofproto) PortAdd(s PortSpec) (openflow.Port, error) {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.dead || p.byName(s.Name) != nil {
		return 0, ErrPortExists
	}
	x := &port{spec: s, odp: dpif.NoPort, created: p.now()}
	switch {
	case IsTunnel(s.Type) && s.Device == nil: // a dummy may stand in for one
		t, err := parseTunnel(&s)
		if err != nil {
			return 0, err
		}
		if x.shared, err = b.acquireTunnel(s.Name, t, nil); err != nil {
			return 0, err
		}
		if b.conflict(s.Name, t) != nil {
			b.releaseTunnel(x.shared, t)
			return 0, ErrPortExists
		}
		x.tunnel, x.counters = t, &xlate.PortCounters{}
	case s.Type == "patch":
		x.counters = &xlate.PortCounters{}
	default:
		if s.Device == nil {
			return 0, ErrNoPort
		}
		odp, err := b.dp.PortAdd(s.Name, s.Device, dpif.NoPort)
		if err != nil {
			return 0, err
		}
		x.odp = odp
		x.seen, _ = s.Device.State()
	}
	var err error
	if s.Name == p.name {
		x.no = openflow.PortLocal
	} else if x.no, err = p.choosePort(s.Request); err != nil {
		b.dropPort(x)
		return 0, err
	}
	p.ports[x.no] = x
	b.changed()
	p.portStatus(x, openflow.PortAdd)
	return x.no, nil
}

// dropPort gives back what the port holds of the datapath. b.mu is held.
func (b *Backer) dropPort(x *port) {
	if x.shared != nil {
		b.releaseTunnel(x.shared, x.tunnel)
	} else if x.odp != dpif.NoPort {
		b.dp.PortDel(x.odp)
	}
}

// PortReconfigure applies changed Peer and Options to a port. It returns an
// error when the options are bad; the port then stays as it was.
func (p *Ofproto) PortReconfigure(no openflow.Port, s PortSpec) error {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	x := p.ports[no]
	if x == nil {
		return ErrNoPort
	}
	if x.tunnel != nil {
		t, err := parseTunnel(&s)
		if err != nil {
			return err
		}
		d, err := b.acquireTunnel(s.Name, t, x.tunnel)
		if err != nil {
			return err
		}
		if other := b.configLocked().Tunnels.Conflict(t); other != nil && (other.No != uint32(no) || other.Bridge.Owner != p) {
			b.conflict(s.Name, t)
			b.releaseTunnel(d, t)
			return ErrPortExists
		}
		b.releaseTunnel(x.shared, x.tunnel)
		x.tunnel, x.shared = t, d
	}
	x.spec.Peer, x.spec.Options = s.Peer, s.Options
	b.changed()
	return nil
}

// PortDel removes a port and closes its device.
func (p *Ofproto) PortDel(no openflow.Port) error {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	x := p.ports[no]
	if x == nil {
		return ErrNoPort
	}
	delete(p.ports, no)
	if u := x.bundle; u != nil {
		u.remove(x)
	}
	b.changed()
	p.portStatus(x, openflow.PortDelete)
	b.dropPort(x)
	return nil
}

func (p *Ofproto) byName(name string) *port {
	for _, x := range p.ports {
		if x.spec.Name == name {
			return x
		}
	}
	return nil
}

// info returns the port's live state. b.mu is held.
func (p *Ofproto) info(x *port) PortInfo {
	i := PortInfo{
		Name: x.spec.Name, Type: x.spec.Type, No: x.no, Device: x.device(), Config: x.config,
		Stats: netdev.UnknownStats,
	}
	i.MAC, _ = x.mac()
	if c := x.counters; c != nil {
		i.Stats.RxPackets, i.Stats.RxBytes = int64(c.RxPackets.Load()), int64(c.RxBytes.Load())
		i.Stats.TxPackets, i.Stats.TxBytes = int64(c.TxPackets.Load()), int64(c.TxBytes.Load())
		i.State = openflow.PortLive
		if x.tunnel != nil {
			p.backer.tunnelInfo(x, &i)
		}
		return i
	}
	if s, err := x.device().Stats(); err == nil {
		i.Stats = s
	}
	if s, err := x.device().State(); err == nil {
		if !s.Carrier {
			i.State |= openflow.PortLinkDown
		} else if s.AdminUp {
			i.State |= openflow.PortLive
		}
		if !s.AdminUp {
			i.Config |= openflow.PortDown
		}
	}
	i.Status = x.device().Status()
	if c, ok := x.device().(netdev.CustomCounter); ok {
		i.Custom = c.CustomStats()
	}
	return i
}

// PortInfo returns the live state of a port.
func (p *Ofproto) PortInfo(no openflow.Port) (PortInfo, bool) {
	p.backer.mu.Lock()
	defer p.backer.mu.Unlock()
	if x := p.ports[no]; x != nil {
		return p.info(x), true
	}
	return PortInfo{}, false
}

// PortByName returns the number of the port of that name.
func (p *Ofproto) PortByName(name string) (openflow.Port, bool) {
	p.backer.mu.Lock()
	defer p.backer.mu.Unlock()
	if x := p.byName(name); x != nil {
		return x.no, true
	}
	return 0, false
}

// Ports returns all ports ordered by number.
func (p *Ofproto) Ports() []PortInfo {
	p.backer.mu.Lock()
	defer p.backer.mu.Unlock()
	out := make([]PortInfo, 0, len(p.ports))
	for _, x := range p.sortedPorts() {
		out = append(out, p.info(x))
	}
	return out
}

// PortChanged tells that a port's device has changed state (carrier, MTU,
// address): controllers get a port status.
func (p *Ofproto) PortChanged(no openflow.Port) {
	b := p.backer
	b.mu.Lock()
	defer b.mu.Unlock()
	x := p.ports[no]
	if x == nil || x.device() == nil {
		return
	}
	if s, err := x.device().State(); err == nil && s != x.seen {
		x.seen = s
		b.changed()
		p.portStatus(x, openflow.PortModify)
	}
}
