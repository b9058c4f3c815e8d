package userspace

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"govs/dpif"
	"govs/internal/netlab"
	"govs/netdev"
	"govs/netdev/tunnel"
	"govs/packet"
	"govs/route"
)

const testVNI = 5007

// tunnelTo returns actions that send by a tunnel port.
func tunnelTo(t *packet.Tunnel, out dpif.PortNo) dpif.Actions {
	var n []byte
	n = attr(n, 0, binary.BigEndian.AppendUint64(nil, t.ID)...)
	if t.Dst != 0 {
		n = attr(n, 2, binary.BigEndian.AppendUint32(nil, t.Dst)...)
	} else {
		n = attr(n, 13, t.IPv6Dst[:]...)
	}
	n = attr(n, 4, 64)
	if t.Flags&packet.TunDF != 0 {
		n = attr(n, 5)
	}
	if t.Flags&packet.TunCsum != 0 {
		n = attr(n, 6)
	}
	return output(attr(nil, dpif.ActSet, attr(nil, dpif.KeyTunnel, n...)...), out)
}

// kernelVXLAN gives a namespace the kernel's own tunnel device.
func kernelVXLAN(t *testing.T, n *netlab.Namespace, local, remote, addr string) {
	must(t, n.Do(func() error {
		a := netlink.NewLinkAttrs()
		a.Name, a.MTU = "vx0", 1430
		if err := netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: a, VxlanId: testVNI, Port: 4789,
			SrcAddr: net.ParseIP(local), Group: net.ParseIP(remote), Learning: true}); err != nil {
			return err
		}
		l, err := netlink.LinkByName("vx0")
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(l)
	}))
	must(t, n.Addr("vx0", netip.MustParsePrefix(addr)))
}

// vxlanPair connects a VM namespace behind the datapath to a namespace with the
// kernel's vxlan device.
func vxlanPair(t *testing.T, under netip.Prefix, far netip.Prefix, out packet.Tunnel) (vm, peer *netlab.Namespace, dp *Datapath) {
	h := here(t)
	rt, err := route.New()
	must(t, err)
	t.Cleanup(func() { rt.Close() })
	dp, err = New(Config{Log: t.Logf})
	must(t, err)
	t.Cleanup(func() { dp.Close() })
	peer = namespace(t, "peer")
	must(t, netlab.Veth(h, "und0", peer, "und1"))
	t.Cleanup(func() { deleteLink("und0") })
	for _, x := range []struct {
		n *netlab.Namespace
		d string
		p netip.Prefix
	}{{h, "und0", under}, {peer, "und1", far}} {
		if x.p.Addr().Is6() {
			x.n.Do(func() error {
				l, err := netlink.LinkByName(x.d)
				must(t, err)
				a, _ := netlink.ParseAddr(x.p.String())
				a.Flags = 2 // no duplicate address detection
				return netlink.AddrAdd(l, a)
			})
		} else {
			must(t, x.n.Addr(x.d, x.p))
		}
	}
	kernelVXLAN(t, peer, far.Addr().String(), under.Addr().String(), "192.168.7.2/24")
	vm = vmVeth(t, dp, h, "vm", "192.168.7.1/24")
	must(t, vm.MTU("eth0", 1430))
	dev, err := tunnel.Open(netdev.Config{Name: "vxlan_sys_4789", Type: "vxlan"}, rt)
	must(t, err)
	t.Cleanup(func() { t.Logf("tunnel: %v", dev.Status()) })
	vx, err := dp.PortAdd("vxlan_sys_4789", dev, dpif.NoPort)
	must(t, err)
	dp.SetHandler(func(batch []dpif.Upcall) {
		for i := range batch {
			u := &batch[i]
			acts := output(nil, 1)
			if dpif.PortNo(u.Key.InPort) != vx {
				acts = tunnelTo(&out, vx)
			} else if u.Key.Tunnel.ID != testVNI || u.Key.Tunnel.TTL == 0 {
				t.Errorf("tunnel %+v", u.Key.Tunnel)
			}
			f := dpif.Flow{UFID: u.UFID, Actions: acts}
			f.Match.Key = *u.Key
			f.Match.Mask.InPort, f.Match.Mask.Tunnel.ID = ^uint32(0), ^uint64(0)
			if err := dp.FlowPut(&f, dpif.PutCreate, nil); err != nil && err != dpif.ErrExist {
				t.Error(err)
			}
			dp.Execute(&dpif.Execute{Packet: u.Packet, Key: u.Key, Actions: acts})
		}
	})
	return vm, peer, dp
}

func TestVXLANWithKernel(t *testing.T) {
	a4, b4 := netip.MustParsePrefix("10.10.0.51/24"), netip.MustParsePrefix("10.10.0.52/24")
	a6, b6 := netip.MustParsePrefix("fd10::51/64"), netip.MustParsePrefix("fd10::52/64")
	dst4 := uint32(10<<24 | 10<<16 | 52)
	for _, c := range []struct {
		name string
		a, b netip.Prefix
		out  packet.Tunnel
	}{
		{"v4", a4, b4, packet.Tunnel{ID: testVNI, Dst: dst4, Flags: packet.TunDF}},
		{"v4csum", a4, b4, packet.Tunnel{ID: testVNI, Dst: dst4, Flags: packet.TunDF | packet.TunCsum}},
		{"v4fragments", a4, b4, packet.Tunnel{ID: testVNI, Dst: dst4}},
		{"v6", a6, b6, packet.Tunnel{ID: testVNI, IPv6Dst: b6.Addr().As16(), Flags: packet.TunDF}},
	} {
		t.Run(c.name, func(t *testing.T) {
			vm, peer, dp := vxlanPair(t, c.a, c.b, c.out)
			if c.name == "v4fragments" {
				must(t, netlabMTU("und0", 1000))
				must(t, peer.MTU("und1", 1000)) // a veth drops what is longer than its own MTU
			}
			check(t, dp, vm, peer, "192.168.7.2")
			check(t, dp, peer, vm, "192.168.7.1")
			t.Logf("%+v %v", dp.Stats(), dp.Drops())
		})
	}
}

func netlabMTU(name string, mtu int) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetMTU(l, mtu)
}
