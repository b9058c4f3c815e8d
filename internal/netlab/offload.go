package netlab

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtoolSetTxCsum is ETHTOOL_STXCSUM of linux/ethtool.h.
const ethtoolSetTxCsum = 0x17

// NoOffload makes the kernel finish the checksums (and so also the segments)
// of what an interface sends, for receivers that cannot.
func (n *Namespace) NoOffload(ifname string) error {
	fd, err := n.socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	value := struct{ cmd, data uint32 }{cmd: ethtoolSetTxCsum}
	var req struct { // struct ifreq
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(req.name[:unix.IFNAMSIZ-1], ifname)
	req.data = unsafe.Pointer(&value)
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); no != 0 {
		return fmt.Errorf("checksum offload of %s in %s: %w", ifname, n.Name, no)
	}
	return nil
}
