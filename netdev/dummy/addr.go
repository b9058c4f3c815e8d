package dummy

import (
	"net/netip"

	"govs/packet"
)

// addresses are the IP addresses that commands gave a device.
type addresses struct {
	v4, v6 netip.Prefix
}

// Addresses returns the addresses and the MTU of the device called name, and whether
// there is one.
func Addresses(name string) (ips []netip.Prefix, mac [6]byte, mtu int, ok bool) {
	d := named(name)
	if d == nil {
		return nil, mac, 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range []netip.Prefix{d.addr.v4, d.addr.v6} {
		if p.IsValid() {
			ips = append(ips, p)
		}
	}
	return ips, d.mac, d.mtu, true
}

// answer returns the reply to an ARP request for the IPv4 address, nil if frame
// is none (RFC 826).
func (a *addresses) answer(frame []byte, mac [6]byte) []byte {
	if !a.v4.IsValid() || len(frame) < packet.EthernetLen+28 || packet.Ethernet(frame).Type() != 0x0806 {
		return nil
	}
	arp := packet.ARP(frame[packet.EthernetLen:])
	if !arp.Valid() || arp.Op() != 1 || a.v4.Addr().As4() != [4]byte(arp.TPA()) {
		return nil
	}
	r := append([]byte(nil), frame[:packet.EthernetLen+28]...)
	copy(r[:6], arp.SHA())
	copy(r[6:12], mac[:])
	out := packet.ARP(r[packet.EthernetLen:])
	out.SetOp(2)
	copy(out.SHA(), mac[:])
	copy(out.SPA(), arp.TPA())
	copy(out.THA(), arp.SHA())
	copy(out.TPA(), arp.SPA())
	return r
}
