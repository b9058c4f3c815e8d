package ofproto

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"govs/flow"
	"govs/netdev"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/proto/maclearn"
)

// Errors of ports.
var (
	ErrPortExists = errors.New("File exists")
	ErrNoPort     = errors.New("No such device")
	ErrPortsFull  = errors.New("Too many open files")
)

// FailMode is what a switch does without a controller (Bridge:fail_mode).
type FailMode uint8

// Fail modes.
const (
	FailStandalone FailMode = iota // forward as an ordinary switch
	FailSecure                     // do what the flow tables say
)

// Ofproto is one OpenFlow switch: a bridge.
type Ofproto struct {
	backer   *Backer
	name     string
	uuid     [16]byte           // in continuations
	internal [3]*flowtable.Rule // see xlate.Bridge
	tables   *flowtable.Tables
	macs     *maclearn.Table[BundleID]
	conns    *connManager
	tlvMap   atomic.Pointer[flow.TLVMap] // never nil; replaced by those who hold backer.mu

	missToController atomic.Bool

	// Guarded by backer.mu.
	dead        bool
	dpid        uint64
	desc        openflow.Desc
	failMode    FailMode
	ports       map[openflow.Port]*port
	lastPort    openflow.Port
	bundles     []*bundle // in the order they came
	mirrors     []*mirror
	forwardBPDU bool
	sampling    bool // a collector set is for this bridge
	frag        openflow.FragHandling
	hidden      map[hiddenFlow]*flowtable.Rule // of in-band control and fail-open
	hiddenQueue int                            // of in-band control; below 0 for none
	failedOpen  bool
	tlvs        []openflow.TLVMap // tunnel options that have fields, of which tlvMap is made
	picture     *xlate.Bridge     // as of the last config
}

// NewOfproto makes a switch without ports. Its BR.mgmt and BR.snoop sockets are
// listening when it returns. The name must be free on the host.
func (b *Backer) NewOfproto(name string, dpid uint64) (*Ofproto, error) {
	if b.host.Ofproto(name) != nil {
		return nil, ErrPortExists
	}
	p := &Ofproto{
		backer: b, name: name, uuid: newUUID(), dpid: dpid,
		tables: flowtable.New(b.opts.Prefixes...),
		macs:   maclearn.New[BundleID](),
		ports:  map[openflow.Port]*port{},
		hidden: map[hiddenFlow]*flowtable.Rule{}, hiddenQueue: -1,
	}
	p.tlvMap.Store(noTLVs())
	p.tables.SetMetering(b.metering)
	p.addInternalFlows()
	p.conns = newConnManager(p)
	p.tables.Removed, p.tables.Vacancy = p.flowRemoved, p.vacancy
	p.tables.Reported, p.tables.Settled = p.flowChanged, p.flowsSettled
	if err := p.conns.start(b.opts.RunDir); err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.ofprotos = append(b.ofprotos, p)
	p.setDefaultFlows()
	b.changed()
	b.mu.Unlock()
	return p, nil
}

// now is the daemon's time.
func (p *Ofproto) now() time.Time { return p.backer.host.clock.Now() }

// addInternalFlows fills the table that only the switch itself uses: packets
// that match no flow, and recirculated ones, are sent through it.
func (p *Ofproto) addInternalFlows() {
	now := p.now()
	add := func(priority int, fill func(*flow.Match), actions ...openflow.Action) *flowtable.Rule {
		var m flow.Match
		fill(&m)
		return p.tables.AddHidden(flowtable.Internal, &m, priority, actions, now)
	}
	add(2, func(m *flow.Match) { m.Mask.RecircID = ^uint32(0) })
	reg0 := func(n uint32) func(*flow.Match) {
		return func(m *flow.Match) { m.Key.Regs[0], m.Mask.Regs[0] = n, ^uint32(0) }
	}
	p.internal[0] = add(0, reg0(1), &openflow.Controller{MaxLen: 65535, Reason: openflow.ReasonImplicitMiss})
	p.internal[1] = add(0, reg0(2))
	p.internal[2] = add(0, reg0(3))
}

// setDefaultFlows puts the flow of a switch that nobody controls into its
// empty tables. backer.mu is held.
func (p *Ofproto) setDefaultFlows() {
	if p.failMode == FailStandalone && !p.conns.controlled() {
		var m flow.Match
		p.tables.Apply(&openflow.FlowMod{
			Command: openflow.FlowAdd, Match: m, Priority: 0, Buffer: openflow.NoBuffer,
			OutPort: openflow.PortNone, OutGroup: openflow.GroupAny,
			Actions: []openflow.Action{&openflow.Output{Port: openflow.PortNormal}},
		}, p.now())
	}
}

// resetFlows flushes the tables and starts over.
func (p *Ofproto) resetFlows() {
	p.tables.Flush()
	p.setDefaultFlows()
	p.conns.wake() // for the hidden flows
	p.backer.wake()
}

// Name returns the bridge's name; Backer its datapath's Backer.
func (p *Ofproto) Name() string    { return p.name }
func (p *Ofproto) Backer() *Backer { return p.backer }

// Tables returns the flow tables.
func (p *Ofproto) Tables() *flowtable.Tables { return p.tables }

// Destroy removes the switch with its ports and flows and closes its
// connections. It may be called twice.
func (p *Ofproto) Destroy() {
	b := p.backer
	b.mu.Lock()
	if p.dead {
		b.mu.Unlock()
		return
	}
	p.dead = true
	b.ofprotos = slices.DeleteFunc(b.ofprotos, func(o *Ofproto) bool { return o == p })
	ports := p.sortedPorts()
	p.ports, p.bundles = map[openflow.Port]*port{}, nil
	b.changed()
	for _, x := range ports {
		b.dropPort(x)
	}
	b.mu.Unlock()
	p.conns.close()
	p.tables.CloseMeters()
}

// locked runs fn with the configuration locked.
func (p *Ofproto) locked(fn func()) {
	p.backer.mu.Lock()
	defer p.backer.mu.Unlock()
	fn()
}

// SetDatapathID changes the OpenFlow datapath id.
func (p *Ofproto) SetDatapathID(dpid uint64) {
	changed := false
	p.locked(func() { changed, p.dpid = p.dpid != dpid, dpid })
	if changed {
		// Controllers learn the id when they connect.
		p.conns.reconnect()
	}
}

// DatapathID returns the OpenFlow datapath id.
func (p *Ofproto) DatapathID() (id uint64) {
	p.locked(func() { id = p.dpid })
	return id
}

// SetDesc sets the texts of the description statistics; empty ones get OVS's defaults.
func (p *Ofproto) SetDesc(d openflow.Desc) { p.locked(func() { p.desc = d }) }

// SetFailMode sets the fail mode. A change flushes the flow tables.
func (p *Ofproto) SetFailMode(m FailMode) {
	p.locked(func() {
		if p.failMode != m {
			p.failMode = m
			p.resetFlows()
		}
	})
}

// SetMACTable sets other_config:mac-aging-time and mac-table-size.
func (p *Ofproto) SetMACTable(idle time.Duration, max int) {
	p.macs.SetIdle(idle)
	p.macs.SetMax(max)
}

// SetFloodVLANs sets Bridge:flood_vlans.
func (p *Ofproto) SetFloodVLANs(vlans []uint16) {
	set := map[uint16]bool{}
	for _, v := range vlans {
		set[v] = true
	}
	p.macs.SetFloodVLANs(set)
}

// SetSampling says whether there are collectors for what sample actions take.
func (p *Ofproto) SetSampling(on bool) {
	p.locked(func() {
		if p.sampling != on {
			p.sampling = on
			p.backer.changed()
		}
	})
}

// SetForwardBPDU sets other_config:forward-bpdu.
func (p *Ofproto) SetForwardBPDU(on bool) {
	p.locked(func() {
		if p.forwardBPDU != on {
			p.forwardBPDU = on
			p.backer.changed()
		}
	})
}

// MACs returns the MAC table; its ports are bundles (see BundlePort).
func (p *Ofproto) MACs() *maclearn.Table[BundleID] { return p.macs }

// BundlePort returns the OpenFlow port that stands for a bundle.
func (p *Ofproto) BundlePort(id BundleID) (no openflow.Port, ok bool) {
	p.locked(func() {
		for _, u := range p.bundles {
			if u.id == id && len(u.members) > 0 {
				no, ok = u.members[0].no, true
			}
		}
	})
	return no, ok
}

// BundleID identifies a bundle of a switch for as long as it lives.
type BundleID = xlate.BundleID

// PortSpec describes a port to add: an Interface row.
type PortSpec struct {
	Name    string
	Type    string            // Interface:type; "" is "system"
	Device  netdev.Device     // what carries its packets; nil for patch and tunnel ports. It belongs to the switch on success.
	Request openflow.Port     // ofport_request; 0 for any
	Peer    string            // patch: options:peer
	Options map[string]string // tunnels: options such as remote_ip
}

// PortInfo is the live state of a port.
type PortInfo struct {
	Name   string
	Type   string
	No     openflow.Port
	Device netdev.Device // nil for patch and tunnel ports
	MAC    [6]byte       // the device's address, or one made up for a port without
	Stats  netdev.Stats
	Config openflow.PortConfig
	State  openflow.PortState
	Status map[string]string // tunnels: "tunnel_egress_iface" and such
	Custom []netdev.CustomStat
}

// VLANMode is Port:vlan_mode.
type VLANMode uint8

// VLAN modes.
const (
	VLANAccess VLANMode = iota
	VLANTrunk
	VLANNativeTagged
	VLANNativeUntagged
	VLANDot1qTunnel
)

// PriorityTags is Port:other_config:priority-tags.
type PriorityTags uint8

// Values of PriorityTags.
const (
	PriorityTagsNo PriorityTags = iota
	PriorityTagsIfNonzero
	PriorityTagsAlways
)

// BundleSpec is a Port row: one or more OpenFlow ports that act as one in
// NORMAL forwarding.
type BundleSpec struct {
	Name         string
	Members      []openflow.Port
	VLANMode     VLANMode
	Tag          int      // -1 for none: with no VLANMode given the port is a trunk
	Trunks       []uint16 // empty carries all
	CVLANs       []uint16
	QinQEthType  uint16 // dot1q-tunnel; 0 is 0x88a8
	PriorityTags PriorityTags
	Protected    bool
}
