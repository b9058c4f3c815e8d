// Package patch is the device behind ports of type "patch". Packets never reach
// it: translation continues in the peer's bridge. It exists so that such a port
// has an address, a state and counters like any other.
//
// Everything may be called from any goroutine.
package patch

import (
	"crypto/rand"
	"sync"

	"govs/netdev"
	"govs/packet"
)

// Device is one end of a pair of patch ports. The switch above adds to Counters.
type Device struct {
	cfg netdev.Config
	netdev.Counters

	mu  sync.Mutex
	mac [6]byte // guarded by mu
}

// Open makes a patch device; Options["peer"] is the other end's name.
func Open(cfg netdev.Config) (*Device, error) {
	d := &Device{cfg: cfg}
	rand.Read(d.mac[:])
	d.mac[0] = d.mac[0]&^1 | 2
	return d, nil
}

// Peer returns the name of the other end.
func (d *Device) Peer() string { return d.cfg.Options["peer"] }

// Name implements netdev.Device.
func (d *Device) Name() string { return d.cfg.Name }

// Type implements netdev.Device.
func (d *Device) Type() string { return d.cfg.Type }

// MAC implements netdev.Device.
func (d *Device) MAC() ([6]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mac, nil
}

// SetMAC implements netdev.Device.
func (d *Device) SetMAC(mac [6]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mac = mac
	return nil
}

// MTU implements netdev.Device: a patch port has none.
func (d *Device) MTU() (int, error) { return 0, netdev.ErrNotSupported }

// SetMTU implements netdev.Device.
func (d *Device) SetMTU(int) error { return netdev.ErrNotSupported }

// State implements netdev.Device.
func (d *Device) State() (netdev.State, error) {
	return netdev.State{AdminUp: true, Carrier: true}, nil
}

// SetUp implements netdev.Device.
func (d *Device) SetUp(bool) error { return nil }

// Stats implements netdev.Device.
func (d *Device) Stats() (netdev.Stats, error) { return d.Counters.Stats(), nil }

// Status implements netdev.Device.
func (d *Device) Status() map[string]string { return map[string]string{} }

// RxQueues implements netdev.Device.
func (d *Device) RxQueues() []netdev.RxQueue { return nil }

// Send implements netdev.Device; nothing can be sent by a patch device itself.
func (d *Device) Send(int, []*packet.Packet) (int, error) { return 0, netdev.ErrNotSupported }

// Close implements netdev.Device.
func (d *Device) Close() error { return nil }
