package ovsdocker

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// addPort lays the cable. What it made is removed again when a later step
// fails.
func (r *run) addPort(args []string) (err error) {
	br, iface, container := args[0], args[1], args[2]
	if len(iface) == 0 || len(iface) > 15 {
		return fmt.Errorf("%q is no name of an interface", iface)
	}
	if port, err := r.port(container, iface); err != nil {
		return err
	} else if port != "" {
		return fmt.Errorf("port already attached for container %s and interface %s", container, iface)
	}
	if _, err := r.vsctl("br-exists", br); err != nil {
		if _, err := r.vsctl("--may-exist", "add-br", br); err != nil {
			return err
		}
	}
	pid, err := r.pid(container)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	ns, err := netns.GetFromPid(n)
	if err != nil {
		return fmt.Errorf("network namespace of container %s: %w", container, err)
	}
	defer ns.Close()

	var id [5]byte
	rand.Read(id[:])
	port, inner := fmt.Sprintf("%x_l", id), fmt.Sprintf("%x_c", id)
	cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: port}, PeerName: inner}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("making a veth cable: %w", err)
	}
	defer func() {
		if err != nil {
			netlink.LinkDel(cable) // with its other end, wherever that is
		}
	}()
	peer, err := netlink.LinkByName(inner)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetNsFd(peer, int(ns)); err != nil {
		return err
	}
	if err := r.inside(ns, inner, iface); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(cable); err != nil {
		return err
	}
	_, err = r.vsctl("add-port", br, port, "--", "set", "interface", port,
		"external_ids:container_id="+container, "external_ids:container_iface="+iface)
	return err
}

// inside names and sets up the end in the container.
func (r *run) inside(ns netns.NsHandle, inner, iface string) error {
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := h.LinkByName(inner)
	if err != nil {
		return err
	}
	if err := h.LinkSetName(link, iface); err != nil {
		return fmt.Errorf("naming interface %s: %w", iface, err)
	}
	if r.opt.mac != "" {
		mac, _ := net.ParseMAC(r.opt.mac)
		if err := h.LinkSetHardwareAddr(link, mac); err != nil {
			return fmt.Errorf("setting address %s: %w", mac, err)
		}
	}
	if r.opt.mtu != "" {
		mtu, _ := strconv.Atoi(r.opt.mtu)
		if err := h.LinkSetMTU(link, mtu); err != nil {
			return fmt.Errorf("setting MTU %d: %w", mtu, err)
		}
	}
	if err := h.LinkSetUp(link); err != nil {
		return err
	}
	if r.opt.address != "" {
		p, _ := netip.ParsePrefix(r.opt.address)
		a := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
		if err := h.AddrAdd(link, a); err != nil {
			return fmt.Errorf("adding address %s: %w", p, err)
		}
	}
	if r.opt.gateway != "" {
		gw, _ := netip.ParseAddr(r.opt.gateway)
		if err := h.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gw.AsSlice()}); err != nil {
			return fmt.Errorf("adding default route by %s: %w", gw, err)
		}
	}
	return nil
}

// remove takes a port out of its bridge and the cable away.
func (r *run) remove(br, port string) error {
	if _, err := r.vsctl("--if-exists", "del-port", br, port); err != nil {
		return err
	}
	link, err := netlink.LinkByName(port)
	var gone netlink.LinkNotFoundError
	if errors.As(err, &gone) {
		return nil // with the container
	}
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}
