// Package ofproto is the OpenFlow switch: it holds what bridges are made of
// (ports, bundles with VLANs, flow tables, MAC table, connections), answers the
// datapath's upcalls by translation, keeps the datapath's flows true, and serves
// controllers and ovs-ofctl.
//
// A Host holds the Backers of a daemon, one for each datapath; a Backer holds
// the Ofprotos, one for each bridge. All methods may be called from any
// goroutine. Packets are translated on the datapath's threads from an immutable
// snapshot (package xlate); changes make a new snapshot.
package ofproto

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"govs/classifier"
	"govs/dpif"
	"govs/netdev"
	"govs/stream"
)

// Clock is the daemon's time.
type Clock interface{ Now() time.Time }

// Host is all the switches of one daemon.
type Host struct {
	clock Clock

	restoring  atomic.Bool
	bundleIdle atomic.Int64 // nanoseconds
	sampled    sync.Once    // it was said that samples go nowhere

	mu      sync.Mutex
	backers []*Backer
}

// NewHost returns a host without any datapath.
func NewHost(c Clock) *Host {
	h := &Host{clock: c}
	h.SetBundleIdle(DefaultBundleIdle)
	return h
}

// SetRestoring says whether flow tables are being restored, so that packets
// without a datapath flow are to be dropped rather than judged by tables that
// are not complete yet (other_config:flow-restore-wait).
func (h *Host) SetRestoring(on bool) { h.restoring.Store(on) }

// SetBundleIdle sets how long an OpenFlow bundle may wait for the next message
// about it (other_config:bundle-idle-timeout).
func (h *Host) SetBundleIdle(d time.Duration) { h.bundleIdle.Store(int64(d)) }

// Options are what a Backer needs besides its datapath.
type Options struct {
	// OpenTunnel opens the device that carries all tunnels of a type (and, for
	// types over UDP, a destination port) in the datapath, such as
	// "vxlan_sys_4789" of type "vxlan" with port 4789.
	OpenTunnel func(netdev.Config) (netdev.Device, error)
	// Prefixes are the fields on which flow tables keep prefix tries;
	// classifier.DefaultPrefixes if nil.
	Prefixes []classifier.Prefix
	// RunDir is where BR.mgmt and BR.snoop sockets are made; empty for none.
	RunDir string
	// NextHop, if set, finds the link-layer address of the next hop on the way
	// to an address.
	NextHop func(to netip.Addr) ([6]byte, bool)
	// Addresses, if set, returns the addresses of the host's interfaces.
	Addresses func() []LocalAddress
	// Debug allows the actions that are only for tests.
	Debug bool
	// Egress, if set, finds the interface of the host by which packets with a
	// mark leave for an address, and whether that has carrier.
	Egress func(to netip.Addr, mark uint32) (iface string, carrier, ok bool)
	// TLS names the keys and certificates for ssl: and pssl: controllers.
	TLS *stream.TLS
}

// Open makes the datapath's Backer, which takes its upcalls from now on. The
// datapath belongs to the Backer, which closes it.
func (h *Host) Open(dp dpif.Datapath, opts Options) *Backer {
	b := newBacker(h, dp, opts)
	h.mu.Lock()
	h.backers = append(h.backers, b)
	h.mu.Unlock()
	return b
}

// Backers returns the Backers in the order they were opened.
func (h *Host) Backers() []*Backer {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Backer(nil), h.backers...)
}

func (h *Host) forget(b *Backer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, x := range h.backers {
		if x == b {
			h.backers = append(h.backers[:i:i], h.backers[i+1:]...)
			return
		}
	}
}

// Ofproto returns the switch of that name, or nil.
func (h *Host) Ofproto(name string) *Ofproto {
	for _, b := range h.Backers() {
		if p := b.Ofproto(name); p != nil {
			return p
		}
	}
	return nil
}

// LocalAddress is an address of an interface of this host.
type LocalAddress struct {
	MAC  [6]byte
	Addr netip.Addr
}
