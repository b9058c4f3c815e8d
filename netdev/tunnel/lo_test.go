package tunnel

import (
	"testing"

	"github.com/vishvananda/netlink"
)

func lo(t *testing.T) {
	l, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(l)
	}
	if err != nil {
		t.Fatal(err)
	}
}
