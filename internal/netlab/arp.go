package netlab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Ethernet types used by the probes.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
)

// Who asks by ARP broadcast from an interface for the owner of an address and
// returns the Ethernet address that answers, nil if none does until wait has
// passed.
func (n *Namespace) Who(ctx context.Context, ifname string, src, dst netip.Addr, wait time.Duration) (net.HardwareAddr, error) {
	fd, ifc, err := n.packetSocket(ifname, etherARP)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	s, d := src.As4(), dst.As4()
	b := make([]byte, 0, 42)
	b = append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	b = append(b, ifc.HardwareAddr...)
	b = append(b, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1)
	b = append(b, ifc.HardwareAddr...)
	b = append(b, s[:]...)
	b = append(b, 0, 0, 0, 0, 0, 0)
	b = append(b, d[:]...)
	if _, err := unix.Write(fd, b); err != nil {
		return nil, fmt.Errorf("arp on %s: %w", ifname, err)
	}
	until := time.Now().Add(wait)
	buf := make([]byte, 2048)
	for ctx.Err() == nil {
		n, ok := recv(fd, buf, until)
		if !ok {
			return nil, nil
		}
		if f := Decode(buf[:n]); f.ARPOp == 2 && f.ARPSender == dst {
			return net.HardwareAddr(append([]byte(nil), buf[22:28]...)), nil
		}
	}
	return nil, ctx.Err()
}

// packetSocket opens an AF_PACKET socket on one interface for one Ethernet
// type, or all for 0.
func (n *Namespace) packetSocket(ifname string, etherType uint16) (fd int, ifc *net.Interface, err error) {
	if etherType == 0 {
		etherType = unix.ETH_P_ALL
	}
	proto := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, etherType))
	err = n.Do(func() error {
		if ifc, err = net.InterfaceByName(ifname); err != nil {
			return err
		}
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		if err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: ifc.Index}); err != nil {
			unix.Close(fd)
		}
		return err
	})
	if err != nil {
		return -1, nil, fmt.Errorf("packet socket on %s in %s: %w", ifname, n.Name, err)
	}
	return fd, ifc, nil
}
