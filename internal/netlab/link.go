package netlab

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Veth lays a cable: interface aName in a, bName in b, both up.
func Veth(a *Namespace, aName string, b *Namespace, bName string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = aName
	v := &netlink.Veth{LinkAttrs: attrs, PeerName: bName, PeerNamespace: netlink.NsFd(int(b.ns))}
	if err := a.nl.LinkAdd(v); err != nil {
		return fmt.Errorf("veth %s - %s: %w", aName, bName, err)
	}
	if err := a.Up(aName); err != nil {
		return err
	}
	return b.Up(bName)
}

func (n *Namespace) link(ifname string, f func(netlink.Link) error) error {
	l, err := n.nl.LinkByName(ifname)
	if err == nil {
		err = f(l)
	}
	if err != nil {
		return fmt.Errorf("%s in %s: %w", ifname, n.Name, err)
	}
	return nil
}

// Up brings an interface up.
func (n *Namespace) Up(ifname string) error { return n.link(ifname, n.nl.LinkSetUp) }

// Down takes an interface down.
func (n *Namespace) Down(ifname string) error { return n.link(ifname, n.nl.LinkSetDown) }

// Has reports whether the interface is there.
func (n *Namespace) Has(ifname string) bool {
	_, err := n.nl.LinkByName(ifname)
	return err == nil
}

// Names returns the names of all interfaces.
func (n *Namespace) Names() []string {
	links, _ := n.nl.LinkList()
	var names []string
	for _, l := range links {
		names = append(names, l.Attrs().Name)
	}
	return names
}

// Addr gives an interface an address.
func (n *Namespace) Addr(ifname string, p netip.Prefix) error {
	return n.link(ifname, func(l netlink.Link) error {
		return n.nl.AddrReplace(l, &netlink.Addr{IPNet: ipnet(p)})
	})
}

// DelAddr takes an address from an interface.
func (n *Namespace) DelAddr(ifname string, p netip.Prefix) error {
	return n.link(ifname, func(l netlink.Link) error {
		return n.nl.AddrDel(l, &netlink.Addr{IPNet: ipnet(p)})
	})
}

func ipnet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// MAC gives an interface its Ethernet address.
func (n *Namespace) MAC(ifname, mac string) error {
	hw, err := net.ParseMAC(mac)
	if err != nil {
		return err
	}
	return n.link(ifname, func(l netlink.Link) error { return n.nl.LinkSetHardwareAddr(l, hw) })
}

// MTU sets an interface's MTU.
func (n *Namespace) MTU(ifname string, mtu int) error {
	return n.link(ifname, func(l netlink.Link) error { return n.nl.LinkSetMTU(l, mtu) })
}

// Move carries an interface to another namespace, where it arrives down.
func (n *Namespace) Move(ifname string, to *Namespace) error {
	return n.link(ifname, func(l netlink.Link) error { return n.nl.LinkSetNsFd(l, int(to.ns)) })
}

// Forget empties the neighbour (ARP) table of an interface.
func (n *Namespace) Forget(ifname string) error {
	return n.link(ifname, func(l netlink.Link) error {
		all, err := n.nl.NeighList(l.Attrs().Index, netlink.FAMILY_V4)
		if err != nil {
			return err
		}
		for i := range all {
			if err := n.nl.NeighDel(&all[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
