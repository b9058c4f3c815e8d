package netlab

import (
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Here returns the namespace that this process is in, to lay cables to. It
// cannot be entered by name, and Close only lets go of it.
func Here() (*Namespace, error) {
	h, err := netns.Get()
	if err != nil {
		return nil, err
	}
	nl, err := netlink.NewHandleAt(h, unix.NETLINK_ROUTE)
	if err != nil {
		h.Close()
		return nil, err
	}
	return &Namespace{ns: h, nl: nl}, nil
}
