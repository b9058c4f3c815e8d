package afpacket

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"govs/netdev/linux"
)

// An option is one of level SOL_PACKET.
type option struct {
	opt, val int
	name     string
}

// optionsRx are those of every socket that receives.
var optionsRx = []option{
	{unix.PACKET_VNET_HDR, 1, "PACKET_VNET_HDR"},
	{unix.PACKET_AUXDATA, 1, "PACKET_AUXDATA"},
	{unix.PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING"},
}

// optionsBare are those of a socket that sends past the interface's queueing
// discipline, and optionsDirect if frames have a vnet header.
var (
	optionsBare   = []option{{unix.PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS"}}
	optionsDirect = append([]option{{unix.PACKET_VNET_HDR, 1, "PACKET_VNET_HDR"}}, optionsBare...)
)

// newSocket opens a packet socket with options. Protocol 0: nothing is received
// before it is bound to another one.
func newSocket(options []option) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("needs CAP_NET_RAW: %w", err)
		}
		return -1, fmt.Errorf("open packet socket: %w", err)
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, o.opt, o.val); err != nil {
			unix.Close(fd)
			return -1, fmt.Errorf("set %s: %w", o.name, err)
		}
	}
	linux.SetBuffers(fd, rcvbuf, sndbuf)
	return fd, nil
}

func bindTo(fd, ifindex int, protocol uint16) error {
	return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol<<8 | protocol>>8, Ifindex: ifindex})
}

// deaf has a socket receive nothing; it takes effect between two frames.
func deaf(fd int) error {
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: 1, Filter: &unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}})
}

// listen undoes deaf.
func listen(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
}
