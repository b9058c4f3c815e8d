// Package vswitchd is the switch daemon: it picks the implementations of
// datapaths and devices, connects bridges to the database, and starts and
// stops everything. It runs alone (ovs-vswitchd) or beside a database server in
// one process (govs up).
//
// A Daemon is used by the goroutine that calls Run; its control commands may be
// called from any.
package vswitchd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"govs/bridge"
	"govs/bridge/lint"
	"govs/daemon/clock"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/netdev/dummy"
	"govs/netdev/linux"
	"govs/ofproto"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
	"govs/route"
	"govs/stream"
)

var (
	log     = vlog.New("vswitchd")
	dpLog   = vlog.New("dpif_netdev")
	dpLimit = vlog.RateLimit{Rate: 60, Burst: 5}
)

// Config says what switch to run.
type Config struct {
	// Remote is the database server, such as "unix:/run/openvswitch/db.sock".
	Remote string
	// Dial, if set, connects to the database instead of package stream.
	Dial func(ctx context.Context, remote string) (net.Conn, error)
	// Stream has the keys of ssl: remotes.
	Stream stream.Config
	// RunDir is where BR.mgmt and BR.snoop are made.
	RunDir string
	// DisableSystem forbids "system" ports.
	DisableSystem bool
	// DisableSystemRoute leaves only the routes that are added by command.
	DisableSystemRoute bool

	dummy      dummyMode
	dummyNodes []int
}

// EnableDummy takes the value of --enable-dummy: "", "system" or "override".
func (c *Config) EnableDummy(value string) error {
	for _, m := range dummyModes {
		if m.name == value {
			c.dummy = m.mode
			return nil
		}
	}
	return fmt.Errorf("%s: unknown value of --enable-dummy", value)
}

// DummyNUMA takes the value of --dummy-numa: the NUMA node of each of the processors
// that are to be thought there, such as "0,0,1,1".
func (c *Config) DummyNUMA(value string) error {
	c.dummyNodes = nil
	for word := range strings.SplitSeq(value, ",") {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return fmt.Errorf("%s: --dummy-numa needs numbers of NUMA nodes, separated by commas", value)
		}
		c.dummyNodes = append(c.dummyNodes, int(n))
	}
	return nil
}

// Daemon is one switch daemon.
type Daemon struct {
	cfg     Config
	clock   *clock.Clock
	host    *ofproto.Host
	db      *idl.Client
	bridges *bridge.Manager

	rt *route.Table // nil where the host's routes cannot be read

	handmade handmade
}

// New returns a daemon that does nothing until Run. An error means that the
// configuration is wrong.
func New(cfg Config) (*Daemon, error) {
	d := &Daemon{cfg: cfg, clock: &clock.Clock{}}
	db, err := idl.New(idl.Config{
		Remote: cfg.Remote,
		DB:     "Open_vSwitch",
		Schema: schemas.OVSSchema(),
		Lock:   "ovs_vswitchd",
		Dial:   cfg.Dial,
		Stream: cfg.Stream,
	})
	if err != nil {
		return nil, err
	}
	d.db = db
	if d.rt, err = route.New(); err != nil {
		log.Warn("tunnels and ovs/route commands are not available: reading the host's routes: %v", err)
	}
	if d.rt != nil && cfg.DisableSystemRoute {
		d.rt.DisableSystem()
	}
	if d.rt != nil && cfg.dummy != noDummy {
		d.rt.SetDevices(func(name string) (dev route.Device, ok bool) {
			dev.Addresses, dev.MAC, dev.MTU, ok = dummy.Addresses(name)
			return dev, ok
		})
	}
	d.host = ofproto.NewHost(d.clock)
	d.bridges = bridge.New(bridge.Config{
		DB:            db,
		Host:          d.host,
		Clock:         d.clock,
		OpenDatapath:  d.openDatapath,
		OpenDevice:    d.openDevice,
		OpenTunnel:    d.openTunnel,
		IsTunnel:      d.isTunnel,
		DatapathTypes: d.datapathTypes(),
		IfaceTypes:    d.ifaceTypes(),
		RunDir:        cfg.RunDir,
		Debug:         cfg.dummy != noDummy,
		TLS:           cfg.Stream.TLS,
		NextHop:       d.nextHop,
		Egress:        d.egress,
		Addresses:     d.addresses,
		LintHost:      func() lint.Host { return readHost(d.rt) },
		OnLinkChange: func(fn func(string)) func() {
			return linux.OnLink("", func(e linux.LinkEvent) { fn(e.Name) })
		},
	})
	return d, nil
}

// nextHop finds the link-layer address of the next hop to an address.
func (d *Daemon) nextHop(to netip.Addr) (mac [6]byte, ok bool) {
	if d.rt == nil {
		return mac, false
	}
	e, err := d.rt.Lookup(to, netip.Addr{}, 0)
	if err != nil || e.Local {
		return mac, false
	}
	if e.Gateway.IsValid() {
		to = e.Gateway
	}
	return d.rt.Neighbor(e.Ifindex, to)
}

// egress finds the interface by which packets with a mark leave for an address.
func (d *Daemon) egress(to netip.Addr, mark uint32) (iface string, carrier, ok bool) {
	if d.rt == nil {
		return "", false, false
	}
	e, err := d.rt.Lookup(to, netip.Addr{}, mark)
	if err != nil {
		return "", false, false
	}
	l, err := net.InterfaceByName(e.Name)
	return e.Name, err == nil && l.Flags&net.FlagRunning != 0, true
}

// addresses returns the addresses of the host's interfaces that have one of
// Ethernet, too.
func (d *Daemon) addresses() (list []ofproto.LocalAddress) {
	ifaces, err := net.Interfaces()
	if err != nil || d.cfg.DisableSystemRoute {
		return nil
	}
	for _, i := range ifaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && len(i.HardwareAddr) == 6 && i.Flags&net.FlagLoopback == 0 {
				list = append(list, ofproto.LocalAddress{MAC: [6]byte(i.HardwareAddr), Addr: p.Addr()})
			}
		}
	}
	return list
}

// Configured returns a channel that is closed when the database's first
// configuration has been carried out.
func (d *Daemon) Configured() <-chan struct{} { return d.bridges.Configured() }

// Run runs the switch until ctx ends, and returns when everything it started
// has ended.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if d.rt != nil {
		defer d.rt.Close()
	}
	vlog.SetRateClock(d.clock.Now)
	defer vlog.SetRateClock(nil)
	dbErr := make(chan error, 1)
	go func() {
		dbErr <- d.db.Run(ctx)
		cancel()
	}()
	err := d.bridges.Run(ctx)
	cancel()
	d.handmade.drop(func(dpif.Datapath) bool { return true })
	if e := <-dbErr; e != nil && !errors.Is(e, context.Canceled) {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
