package bridge

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// chooseMAC returns the address of the bridge's local port: the one asked for by
// other_config:hwaddr, else the lowest globally administered one among the
// other ports, else the random one made with the bridge (vswitchd.conf.db(5),
// Bridge table, other_config:hwaddr).
func (b *liveBridge) chooseMAC(s *bridgeSpec) [6]byte {
	if mac, err := parseMAC(s.hwaddr); err == nil {
		return mac
	}
	best := b.random
	found := false
	for pi := range s.ports {
		p := &s.ports[pi]
		mac, ok := b.portMAC(p)
		if !ok || mac[0]&3 != 0 || isReserved(mac) || mac == [6]byte{} {
			continue // multicast, locally administered, a protocol's, or none
		}
		if !found || bytes.Compare(mac[:], best[:]) < 0 {
			best, found = mac, true
		}
	}
	return best
}

// portMAC returns the address that stands for a port.
func (b *liveBridge) portMAC(p *portSpec) ([6]byte, bool) {
	if mac, err := parseMAC(p.mac); err == nil {
		return mac, true
	}
	for _, w := range p.ifaces {
		i := b.ifaces[w.name]
		if !i.usable() || i.dev == nil || w.name == b.spec.name {
			continue
		}
		mac, err := i.dev.MAC()
		return mac, err == nil
	}
	return [6]byte{}, false
}

// datapathID derives the OpenFlow datapath id from other_config:datapath-id
// (up to 16 hex digits, with or without 0x) or the bridge's address.
func (b *liveBridge) datapathID(s *bridgeSpec) uint64 {
	text := strings.TrimPrefix(s.dpid, "0x")
	if id, err := strconv.ParseUint(text, 16, 64); err == nil && id != 0 {
		return id
	}
	var id uint64
	for _, x := range b.mac {
		id = id<<8 | uint64(x)
	}
	return id
}

// setAddresses gives the local port its address, the other interfaces those
// they ask for, and the switch its datapath id.
func (b *liveBridge) setAddresses(s *bridgeSpec) {
	b.mac = b.chooseMAC(s)
	for _, name := range b.sortedNames() {
		i := b.ifaces[name]
		if i.failed || i.dev == nil {
			continue
		}
		want := b.mac
		if name != s.name {
			mac, err := parseMAC(i.spec.mac)
			if err != nil {
				continue
			}
			want = mac
		} else if mac, err := parseMAC(i.spec.mac); err == nil {
			want = mac
		}
		if have, err := i.dev.MAC(); err == nil && have == want {
			continue
		}
		if err := i.dev.SetMAC(want); err != nil {
			log.Err("interface %s: setting hardware address failed (%v)", name, err)
		}
	}
	if id := b.datapathID(s); id != b.of.DatapathID() || len(b.spec.ports) == 0 {
		b.of.SetDatapathID(id)
		log.Info("bridge %s: using datapath ID %016x", s.name, id)
	}
}

// setMTUs carries out mtu_request. Internal ports that ask for nothing get the
// smallest MTU of the bridge's other ports, as packets between them must fit
// (vswitchd.conf.db(5), Interface table, mtu_request).
func (b *liveBridge) setMTUs(s *bridgeSpec) {
	least := 0
	for _, i := range b.ifaces {
		if i.failed || i.dev == nil || i.spec.typ == "internal" {
			continue
		}
		if mtu, err := i.dev.MTU(); err == nil && mtu > 0 && (least == 0 || mtu < least) {
			least = mtu
		}
	}
	for _, i := range b.ifaces {
		if i.failed || i.dev == nil {
			continue
		}
		want := i.spec.mtu
		if want == 0 && i.spec.typ == "internal" {
			want = least
		}
		if want == 0 {
			continue
		}
		if have, err := i.dev.MTU(); err == nil && have == want {
			continue
		}
		if err := i.dev.SetMTU(want); err != nil {
			log.Warn("%s: could not set MTU %d: %v", i.spec.name, want, err)
		}
	}
}

// isReserved reports whether mac is one of the addresses that bridges do not
// forward (IEEE 802.1D table 7-10 and relatives).
func isReserved(mac [6]byte) bool {
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0 && mac[4] == 0 && mac[5]&0xf0 == 0
}

func parseMAC(s string) ([6]byte, error) {
	var mac [6]byte
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return mac, fmt.Errorf("%q is not an Ethernet address", s)
	}
	copy(mac[:], hw)
	return mac, nil
}

// randomMAC returns a locally administered unicast address.
func randomMAC() [6]byte {
	var mac [6]byte
	rand.Read(mac[:])
	mac[0] = mac[0]&^3 | 2
	return mac
}
