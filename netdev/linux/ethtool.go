package linux

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev"
)

// ethtoolCmd is struct ethtool_cmd (linux/ethtool.h).
type ethtoolCmd struct {
	cmd, supported, advertising uint32
	speed                       uint16
	duplex, port, phyAddress    uint8
	transceiver, autoneg, mdio  uint8
	maxtxpkt, maxrxpkt          uint32
	speedHi                     uint16
	tpMdix, tpMdixCtrl          uint8
	lpAdvertising               uint32
	_                           [2]uint32
}

// Values of ethtoolCmd's duplex and port.
const (
	duplexFull = 1
	portTP     = 0
	portFibre  = 3
)

type ifreqData struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

func controlSocket() (int, error) {
	return unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
}

// speed returns the link speed in Mb/s (0 unknown), the duplex and the medium.
func speed(name string) (mbps int64, full, known bool, medium netdev.Medium) {
	fd, err := controlSocket()
	if err != nil {
		return 0, false, false, netdev.MediumUnknown
	}
	defer unix.Close(fd)
	cmd := ethtoolCmd{cmd: unix.ETHTOOL_GSET}
	ifr := ifreqData{data: unsafe.Pointer(&cmd)}
	copy(ifr.name[:unix.IFNAMSIZ-1], name)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr))); e != 0 {
		return 0, false, false, netdev.MediumUnknown
	}
	s := uint32(cmd.speedHi)<<16 | uint32(cmd.speed)
	if s == 0xffffffff || s == 0xffff {
		s = 0
	}
	switch cmd.port {
	case portTP:
		medium = netdev.MediumCopper
	case portFibre:
		medium = netdev.MediumFiber
	}
	return int64(s), cmd.duplex == duplexFull, cmd.duplex <= duplexFull, medium
}

// driver returns the driver's name, version and firmware version.
func driver(name string) (drv, version, firmware string, err error) {
	fd, err := controlSocket()
	if err != nil {
		return "", "", "", err
	}
	defer unix.Close(fd)
	info, err := unix.IoctlGetEthtoolDrvinfo(fd, name)
	if err != nil {
		return "", "", "", err
	}
	return unix.ByteSliceToString(info.Driver[:]), unix.ByteSliceToString(info.Version[:]),
		unix.ByteSliceToString(info.Fw_version[:]), nil
}
