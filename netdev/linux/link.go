package linux

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"govs/netdev"
)

// Link is the control side of one kernel network interface, addressed by name
// so that an interface that goes away and returns under its name is found
// again.
type Link struct {
	name string
	// away returns a descriptor of the network namespace the interface was
	// moved to, which the Link then looks in; the Link closes it. Nil when the
	// interface can only be found here.
	away func() (int, error)

	node func() int // of NUMA

	mu       sync.Mutex
	carrier  bool  // as last seen; guarded by mu
	seen     bool  // carrier is set; guarded by mu
	resets   int64 // guarded by mu
	lastIdx  int   // guarded by mu
	speedIdx int   // ifindex the next four were asked for; guarded by mu
	mbps     int64
	full     bool
	known    bool
	medium   netdev.Medium
}

// NewLink returns the Link of the interface called name. See Link for away.
func NewLink(name string, away func() (int, error)) *Link {
	return &Link{name: name, away: away, node: sync.OnceValue(func() int { return nodeOf(name) })}
}

// nodeOf returns the NUMA node that an interface's hardware is near, or -1.
func nodeOf(name string) int {
	b, err := os.ReadFile("/sys/class/net/" + name + "/device/numa_node")
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return -1
	}
	return n
}

// NUMANode returns the node that the interface was near when that was first asked.
func (l *Link) NUMANode() int { return l.node() }

// Name returns the interface's name.
func (l *Link) Name() string { return l.name }

// find returns the interface and a handle to change it with.
func (l *Link) find() (*netlink.Handle, netlink.Link, error) {
	h := &netlink.Handle{} // no sockets of its own: one is opened per request
	link, err := h.LinkByName(l.name)
	if err == nil {
		return h, link, nil
	}
	notFound := errors.As(err, &netlink.LinkNotFoundError{})
	if notFound {
		err = unix.ENODEV
	}
	if !notFound || l.away == nil {
		return nil, nil, err
	}
	fd, nserr := l.away()
	if nserr != nil {
		return nil, nil, err
	}
	defer unix.Close(fd)
	if h, nserr = netlink.NewHandleAt(netns.NsHandle(fd), unix.NETLINK_ROUTE); nserr != nil {
		return nil, nil, err
	}
	if link, nserr = h.LinkByName(l.name); nserr != nil {
		h.Close()
		return nil, nil, err
	}
	return h, link, nil
}

func (l *Link) do(op string, fn func(*netlink.Handle, netlink.Link) error) error {
	h, link, err := l.find()
	if err == nil {
		err = fn(h, link)
		h.Close()
	}
	if err != nil {
		return &netdev.OpError{Op: op, Name: l.name, Err: err}
	}
	return nil
}

// Qdisc returns the kind of the root queueing discipline ("noqueue", "htb"), ""
// if none is shown.
func (l *Link) Qdisc() (kind string, err error) {
	err = l.do("get queueing discipline", func(h *netlink.Handle, link netlink.Link) error {
		list, err := h.QdiscList(link)
		for _, q := range list {
			if q.Attrs().Parent == netlink.HANDLE_ROOT {
				kind = q.Type()
			}
		}
		return err
	})
	return kind, err
}

// Index returns the interface's index.
func (l *Link) Index() (int, error) {
	var idx int
	err := l.do("index", func(_ *netlink.Handle, link netlink.Link) error {
		idx = link.Attrs().Index
		return nil
	})
	return idx, err
}

// MAC returns the Ethernet address.
func (l *Link) MAC() (mac [6]byte, err error) {
	err = l.do("get Ethernet address", func(_ *netlink.Handle, link netlink.Link) error {
		if len(link.Attrs().HardwareAddr) != len(mac) {
			return unix.EOPNOTSUPP
		}
		copy(mac[:], link.Attrs().HardwareAddr)
		return nil
	})
	return mac, err
}

// SetMAC changes the Ethernet address.
func (l *Link) SetMAC(mac [6]byte) error {
	return l.do("set Ethernet address", func(h *netlink.Handle, link netlink.Link) error {
		return h.LinkSetHardwareAddr(link, net.HardwareAddr(mac[:]))
	})
}

// MTU returns the MTU.
func (l *Link) MTU() (mtu int, err error) {
	err = l.do("get MTU", func(_ *netlink.Handle, link netlink.Link) error {
		mtu = link.Attrs().MTU
		return nil
	})
	return mtu, err
}

// SetMTU changes the MTU.
func (l *Link) SetMTU(mtu int) error {
	return l.do("set MTU", func(h *netlink.Handle, link netlink.Link) error { return h.LinkSetMTU(link, mtu) })
}

// SetUp brings the interface up or down.
func (l *Link) SetUp(up bool) error {
	return l.do("set flags", func(h *netlink.Handle, link netlink.Link) error {
		if up {
			return h.LinkSetUp(link)
		}
		return h.LinkSetDown(link)
	})
}

// State returns the interface's state. Resets are the carrier changes that
// State saw from call to call.
func (l *Link) State() (netdev.State, error) {
	var s netdev.State
	err := l.do("get state", func(_ *netlink.Handle, link netlink.Link) error {
		a := link.Attrs()
		s.Ifindex = a.Index
		s.AdminUp = a.RawFlags&unix.IFF_UP != 0
		s.Carrier = a.RawFlags&unix.IFF_LOWER_UP != 0
		return nil
	})
	if err != nil {
		return s, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if changed := l.seen && l.carrier != s.Carrier; changed {
		l.resets++
		l.speedIdx = 0
	}
	l.seen, l.carrier, l.lastIdx = true, s.Carrier, s.Ifindex
	if l.speedIdx != s.Ifindex {
		// Asked once per link-up: drivers may take milliseconds to answer.
		l.mbps, l.full, l.known, l.medium = speed(l.name)
		l.speedIdx = s.Ifindex
	}
	s.LinkResets, s.SpeedMbps, s.FullDuplex, s.HasDuplex = l.resets, l.mbps, l.full, l.known
	s.Medium = l.medium
	return s, nil
}

// Stats returns the kernel's counters of the interface.
func (l *Link) Stats() (netdev.Stats, error) {
	s := netdev.UnknownStats
	err := l.do("get statistics", func(_ *netlink.Handle, link netlink.Link) error {
		st := link.Attrs().Statistics
		if st == nil {
			return unix.EOPNOTSUPP
		}
		s = netdev.Stats{
			RxPackets: int64(st.RxPackets), TxPackets: int64(st.TxPackets),
			RxBytes: int64(st.RxBytes), TxBytes: int64(st.TxBytes),
			RxErrors: int64(st.RxErrors), TxErrors: int64(st.TxErrors),
			RxDropped: int64(st.RxDropped), TxDropped: int64(st.TxDropped),
			Collisions: int64(st.Collisions), Multicast: int64(st.Multicast),
			RxCrcErr: int64(st.RxCrcErrors), RxFrameErr: int64(st.RxFrameErrors),
			RxOverErr: int64(st.RxOverErrors), RxMissedErrors: int64(st.RxMissedErrors),
		}
		return nil
	})
	return s, err
}

// Status returns the driver keys of Interface.status.
func (l *Link) Status() map[string]string {
	drv, version, firmware, err := driver(l.name)
	if err != nil {
		return map[string]string{}
	}
	return map[string]string{"driver_name": drv, "driver_version": version, "firmware_version": firmware}
}
