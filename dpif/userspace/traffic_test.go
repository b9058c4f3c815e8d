package userspace

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"govs/dpif"
	"govs/flow"
	"govs/internal/netlab"
	"govs/internal/nstest"
	"govs/netdev"
	"govs/netdev/afpacket"
	"govs/netdev/tap"
)

// learner is a MAC-learning switch, the smallest handler that needs everything.
type learner struct {
	t  testing.TB
	dp *Datapath
	mu sync.Mutex
	at map[flow.MAC]dpif.PortNo // guarded by mu
}

func attr(dst []byte, typ uint16, body ...byte) []byte {
	dst = binary.NativeEndian.AppendUint16(dst, uint16(4+len(body)))
	dst = binary.NativeEndian.AppendUint16(dst, typ)
	dst = append(dst, body...)
	for len(dst)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

func output(dst []byte, no dpif.PortNo) []byte {
	return attr(dst, dpif.ActOutput, binary.NativeEndian.AppendUint32(nil, uint32(no))...)
}

func (l *learner) handle(batch []dpif.Upcall) {
	for i := range batch {
		u := &batch[i]
		in := dpif.PortNo(u.Key.InPort)
		l.mu.Lock()
		l.at[u.Key.EthSrc] = in
		to, known := l.at[u.Key.EthDst]
		l.mu.Unlock()
		var acts dpif.Actions
		if known {
			if to != in {
				acts = output(acts, to)
			}
		} else {
			for _, p := range l.dp.Ports() {
				if p.No != in {
					acts = output(acts, p.No)
				}
			}
		}
		if known {
			f := dpif.Flow{UFID: u.UFID, Actions: acts}
			f.Match.Key = *u.Key
			m := &f.Match.Mask
			m.InPort, m.RecircID, m.EthType = ^uint32(0), ^uint32(0), 0xffff
			for i := range m.EthDst {
				m.EthDst[i], m.EthSrc[i] = 0xff, 0xff
			}
			f.Match.Canon()
			if err := l.dp.FlowPut(&f, dpif.PutCreate, nil); err != nil && err != dpif.ErrExist {
				l.t.Errorf("put: %v", err)
			}
		}
		if err := l.dp.Execute(&dpif.Execute{Packet: u.Packet, Key: u.Key, Actions: acts}); err != nil {
			l.t.Errorf("execute: %v", err)
		}
	}
}

func newLearner(t testing.TB) *Datapath {
	dp, err := New(Config{Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dp.Close() })
	l := &learner{t: t, dp: dp, at: map[flow.MAC]dpif.PortNo{}}
	dp.SetHandler(l.handle)
	return dp
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func here(t testing.TB) *netlab.Namespace {
	nstest.Need(t)
	h, err := netlab.Here()
	must(t, err)
	t.Cleanup(func() { h.Close() })
	return h
}

func namespace(t testing.TB, name string) *netlab.Namespace {
	n, err := netlab.New(fmt.Sprintf("dp%d-%s", os.Getpid(), name))
	must(t, err)
	t.Cleanup(func() { n.Close() })
	return n
}

// deleteLink removes an interface, if it is there.
func deleteLink(name string) {
	if l, err := netlink.LinkByName(name); err == nil {
		netlink.LinkDel(l)
	}
}

// vmVeth gives a namespace a port of the switch by veth.
func vmVeth(t testing.TB, dp *Datapath, h *netlab.Namespace, name, addr string) *netlab.Namespace {
	n := namespace(t, name)
	must(t, netlab.Veth(h, name, n, "eth0"))
	// The kernel takes its time to end a namespace; the next test needs the name.
	t.Cleanup(func() { deleteLink(name) })
	must(t, n.Addr("eth0", netip.MustParsePrefix(addr)))
	dev, err := afpacket.Open(netdev.Config{Name: name, Type: "system"})
	must(t, err)
	if s := dev.Status(); s["host_stack"] != "isolated by tcx" || s["driver_name"] != "veth" {
		t.Errorf("status %v", s)
	}
	_, err = dp.PortAdd(name, dev, dpif.NoPort)
	must(t, err)
	return n
}

// vmTap gives a namespace an internal port of the switch.
func vmTap(t testing.TB, dp *Datapath, h *netlab.Namespace, name, addr string) *netlab.Namespace {
	n := namespace(t, name)
	dev, err := tap.Open(netdev.Config{Name: name, Type: "internal"})
	must(t, err)
	_, err = dp.PortAdd(name, dev, dpif.NoPort)
	must(t, err)
	must(t, h.Move(name, n))
	must(t, dev.SetUp(true))
	if st, err := dev.State(); err != nil || !st.AdminUp {
		t.Errorf("state of a moved tap: %+v, %v", st, err)
	}
	must(t, n.Addr(name, netip.MustParsePrefix(addr)))
	return n
}

func check(t *testing.T, dp *Datapath, a, b *netlab.Namespace, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	dst := netip.MustParseAddr(addr)
	pongs, err := a.Ping(ctx, dst, 5, 20*time.Millisecond, 3*time.Second)
	must(t, err)
	if len(pongs) != 5 {
		t.Errorf("%d of 5 pings answered", len(pongs))
		for _, p := range dp.Ports() {
			st, err := p.Device.Stats()
			t.Logf("%s: %+v %v", p.Name, st, err)
		}
		t.Logf("%+v %v", dp.Stats(), dp.Drops())
	}
	t.Logf("pings: %+v", pongs)
	const size = 20 << 20
	r, err := netlab.Transfer(ctx, a, b, dst, size)
	must(t, err)
	if r.Bytes != size || r.Sent != r.Received {
		t.Errorf("transfer broken: %d bytes of %d, %x %x", r.Bytes, size, r.Sent, r.Received)
	}
	t.Logf("20 MB in %v: %.2f Gbit/s", r.Took, float64(size*8)/r.Took.Seconds()/1e9)
}

func TestVethToVeth(t *testing.T) {
	h := here(t)
	dp := newLearner(t)
	a := vmVeth(t, dp, h, "va", "10.1.0.1/24")
	b := vmVeth(t, dp, h, "vb", "10.1.0.2/24")
	check(t, dp, a, b, "10.1.0.2")
	s := dp.Stats()
	t.Logf("%+v %v", s, dp.Drops())
	if s.Hits == 0 || s.Flows == 0 || s.Lost != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestTapToTap(t *testing.T) {
	h := here(t)
	dp := newLearner(t)
	a := vmTap(t, dp, h, "ta", "10.1.0.1/24")
	b := vmTap(t, dp, h, "tb", "10.1.0.2/24")
	check(t, dp, a, b, "10.1.0.2")
}

func TestTapToVeth(t *testing.T) {
	h := here(t)
	dp := newLearner(t)
	a := vmTap(t, dp, h, "ta", "10.1.0.1/24")
	b := vmVeth(t, dp, h, "vb", "10.1.0.2/24")
	check(t, dp, a, b, "10.1.0.2")
	check(t, dp, b, a, "10.1.0.1")
}
