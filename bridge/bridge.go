// Package bridge turns the rows of the Open_vSwitch database into switches,
// ports and devices, and writes their state back.
//
// A Manager has one goroutine, in Run, which does everything; the control
// commands it offers may be called from any.
package bridge

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"govs/bridge/lint"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/netdev"
	"govs/ofproto"
	"govs/ovsdb/idl"
	"govs/stream"
)

var (
	log       = vlog.New("bridge")
	netdevLog = vlog.New("netdev")
)

// Config is what a Manager works with. The daemon that makes it picks the
// implementations behind the functions.
type Config struct {
	// DB is the replica of the Open_vSwitch database.
	DB *idl.Client
	// Host holds the switches.
	Host *ofproto.Host
	// Clock is the daemon's time.
	Clock Clock
	// OpenDatapath makes the datapath of a type ("system", "netdev", ...).
	OpenDatapath func(typ string) (dpif.Datapath, error)
	// OpenDevice opens the device of an interface in a datapath of type
	// dpType. It is not called for patch and tunnel ports. ErrUnknownType for
	// a type there is no device for.
	OpenDevice func(dpType string, cfg netdev.Config) (netdev.Device, error)
	// OpenTunnel opens the device that carries a datapath's tunnels.
	OpenTunnel func(netdev.Config) (netdev.Device, error)
	// IsTunnel reports whether an Interface type is a tunnel.
	IsTunnel func(typ string) bool
	// DatapathTypes and IfaceTypes are written to the columns
	// datapath_types and iface_types; they must be what the functions above
	// can open.
	DatapathTypes, IfaceTypes []string
	// Debug allows actions that are only for tests.
	Debug bool
	// RunDir is where BR.mgmt and BR.snoop are made.
	RunDir string
	// NextHop, if set, finds the link-layer address of the next hop to an address.
	NextHop func(to netip.Addr) ([6]byte, bool)
	// Egress, if set, finds the interface by which packets leave for an address;
	// see ofproto.Options.
	Egress func(to netip.Addr, mark uint32) (iface string, carrier, ok bool)
	// Addresses, if set, returns the addresses of the host's interfaces.
	Addresses func() []ofproto.LocalAddress
	// TLS names the keys and certificates for connections to controllers.
	TLS *stream.TLS
	// OnLinkChange, if set, calls fn (from any goroutine) when a network
	// interface of the host appears, disappears or changes.
	OnLinkChange func(fn func(name string)) (cancel func())
	// LintHost describes the machine to the checks of lint/show.
	LintHost func() lint.Host
}

// Clock is the daemon's time.
type Clock interface {
	Now() time.Time
	// At returns a channel that is closed at t, and a function to give up.
	At(t time.Time) (<-chan struct{}, func())
}

// ErrUnknownType is OpenDevice's and OpenDatapath's answer to a type that does
// not exist. Its text is what OVS users see.
var ErrUnknownType = errors.New("Address family not supported by protocol")

// Manager keeps the switches of a host as the database wants them.
type Manager struct {
	cfg      Config
	live     map[string]*liveBridge
	backers  map[string]*ofproto.Backer // by datapath type
	links    chan struct{}              // a link has changed
	calls    chan func()                // to be run by Run
	ended    chan struct{}              // closed when Run has ended
	statsDue time.Time

	mu      sync.Mutex
	changed map[string]bool // links that changed since the last look; guarded by mu

	wg   sync.WaitGroup // of the backers' Run
	stop context.CancelFunc

	// restoring is set from the start until a configuration is seen that does
	// not ask for flow-restore-wait; asking for it later has no effect.
	restoring bool

	warned map[string]bool // the settings that unsupported.go has told of

	firstConfig chan struct{} // closed when the first configuration is done
}

// New returns a Manager that does nothing until Run.
func New(cfg Config) *Manager {
	slices.Sort(cfg.DatapathTypes)
	slices.Sort(cfg.IfaceTypes)
	return &Manager{
		cfg:         cfg,
		live:        map[string]*liveBridge{},
		backers:     map[string]*ofproto.Backer{},
		links:       make(chan struct{}, 1),
		calls:       make(chan func()),
		ended:       make(chan struct{}),
		changed:     map[string]bool{},
		restoring:   true,
		warned:      map[string]bool{},
		firstConfig: make(chan struct{}),
	}
}

// Configured returns a channel that is closed when the first configuration of
// the database has been carried out.
func (m *Manager) Configured() <-chan struct{} { return m.firstConfig }

// linkChanged notes that the host's interface has changed.
func (m *Manager) linkChanged(name string) {
	m.mu.Lock()
	m.changed[name] = true
	m.mu.Unlock()
	select {
	case m.links <- struct{}{}:
	default:
	}
}

// takeChangedLinks returns the names linkChanged got since the last call.
func (m *Manager) takeChangedLinks() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.changed
	m.changed = map[string]bool{}
	return got
}
