package linux

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SetIPv4 implements netdev.Addressed. An interface that has the address is left
// alone.
func (l *Link) SetIPv4(p netip.Prefix) error {
	return l.do("set IPv4 address", func(h *netlink.Handle, link netlink.Link) error {
		have, err := h.AddrList(link, netlink.FAMILY_V4)
		if err != nil {
			return err
		}
		there := false
		for i := range have {
			if a, err := netip.ParsePrefix(have[i].IPNet.String()); err == nil && a == p {
				there = true
			} else if have[i].Scope == unix.RT_SCOPE_UNIVERSE {
				if err := h.AddrDel(link, &have[i]); err != nil {
					return err
				}
			}
		}
		if there {
			return nil
		}
		last := p.Addr().As4()
		for i := p.Bits(); i < 32; i++ {
			last[i/8] |= 0x80 >> (i % 8)
		}
		a := netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}}
		if p.Bits() < 31 {
			a.Broadcast = last[:]
		}
		return h.AddrAdd(link, &a)
	})
}

// AddGateway implements netdev.Addressed. A default route that is there already
// is no error.
func (l *Link) AddGateway(gw netip.Addr) error {
	return l.do("add router", func(h *netlink.Handle, link netlink.Link) error {
		err := h.RouteAdd(&netlink.Route{
			LinkIndex: link.Attrs().Index, Gw: gw.AsSlice(), Protocol: unix.RTPROT_BOOT,
			Dst: &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)},
		})
		if err == unix.EEXIST {
			return nil
		}
		return err
	})
}
