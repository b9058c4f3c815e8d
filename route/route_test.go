package route

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"govs/internal/netlab"
	"govs/internal/nstest"
)

func TestMain(m *testing.M) { nstest.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world gives the test's namespace an interface with addresses, and a neighbour
// behind it.
func world(t *testing.T) (here, far *netlab.Namespace, tbl *Table) {
	nstest.Need(t)
	here, err := netlab.Here()
	must(t, err)
	t.Cleanup(func() { here.Close() })
	far, err = netlab.New(fmt.Sprintf("route%d", os.Getpid()))
	must(t, err)
	t.Cleanup(func() { far.Close() })
	tbl, err = New()
	must(t, err)
	t.Cleanup(func() { tbl.Close() })
	must(t, netlab.Veth(here, "ra", far, "rb"))
	t.Cleanup(func() {
		if l, err := netlink.LinkByName("ra"); err == nil {
			netlink.LinkDel(l)
		}
	})
	must(t, here.Addr("ra", netip.MustParsePrefix("10.9.0.1/24")))
	must(t, far.Addr("rb", netip.MustParsePrefix("10.9.0.7/24")))
	return here, far, tbl
}

func eventually(t *testing.T, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); !fn(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestLookupFollowsTheKernel(t *testing.T) {
	here, _, tbl := world(t)
	near, far := netip.MustParseAddr("10.9.0.7"), netip.MustParseAddr("10.77.1.1")
	var e Egress
	eventually(t, "route to the link", func() (ok bool) {
		var err error
		e, err = tbl.Lookup(near, netip.Addr{}, 0)
		return err == nil
	})
	if e.Name != "ra" || e.Gateway.IsValid() || e.Source != netip.MustParseAddr("10.9.0.1") || e.Local || e.MTU != 1500 {
		t.Errorf("%+v", e)
	}
	if _, err := tbl.Lookup(far, netip.Addr{}, 0); !errors.Is(err, ErrNoRoute) {
		t.Errorf("no route expected: %v", err)
	}
	if e, err := tbl.Lookup(netip.MustParseAddr("10.9.0.1"), netip.Addr{}, 0); err != nil || !e.Local {
		t.Errorf("own address: %+v %v", e, err)
	}
	must(t, tbl.AddUser(netip.MustParsePrefix("10.77.0.0/16"), "ra", near, netip.Addr{}, 0, 0))
	if e, err := tbl.Lookup(far, netip.Addr{}, 0); err != nil || e.Gateway != near {
		t.Errorf("user route: %+v %v", e, err)
	}
	list, err := tbl.Entries(0)
	must(t, err)
	found := false
	for _, e := range list {
		found = found || e.User && e.Prefix.String() == "10.77.0.0/16" && e.Source.String() == "10.9.0.1"
	}
	if !found {
		t.Errorf("user route not shown: %+v", list)
	}
	if !tbl.DelUser(netip.MustParsePrefix("10.77.0.0/16"), 0, 0) {
		t.Error("user route not found")
	}
	gen := tbl.Gen()
	must(t, here.DelAddr("ra", netip.MustParsePrefix("10.9.0.1/24")))
	eventually(t, "the route goes", func() bool {
		_, err := tbl.Lookup(near, netip.Addr{}, 0)
		return errors.Is(err, ErrNoRoute)
	})
	eventually(t, "Gen changes", func() bool { return tbl.Gen() != gen })
}

func TestNeighborIsResolved(t *testing.T) {
	_, _, tbl := world(t)
	news := make(chan NeighborNews, 16)
	defer tbl.OnNeighbor(func(n NeighborNews) { news <- n })()
	ip := netip.MustParseAddr("10.9.0.7")
	var e Egress
	eventually(t, "route", func() (ok bool) {
		var err error
		e, err = tbl.Lookup(ip, netip.Addr{}, 0)
		return err == nil
	})
	if _, ok := tbl.Neighbor(e.Ifindex, ip); ok {
		t.Fatal("known before asked")
	}
	for {
		select {
		case n := <-news:
			if n.IP != ip || n.Failed {
				continue
			}
			if mac, ok := tbl.Neighbor(e.Ifindex, ip); !ok || mac != n.MAC {
				t.Errorf("%x %v, told %x", mac, ok, n.MAC)
			}
			return
		case <-time.After(3 * time.Second):
			t.Fatal("no news of the neighbour")
		}
	}
}
