package daemon

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/cli"
)

func lookupUser(arg string) (uid, gid int, err error) {
	name, group, hasGroup := strings.Cut(arg, ":")
	u := &user.User{Uid: strconv.Itoa(syscall.Geteuid()), Gid: strconv.Itoa(syscall.Getegid())}
	if name != "" {
		if u, err = user.Lookup(name); err != nil {
			return 0, 0, fmt.Errorf("user %s not found, aborting.", name)
		}
	}
	if hasGroup && group != "" {
		g, err := user.LookupGroup(group)
		if err != nil {
			return 0, 0, fmt.Errorf("group %s not found, aborting.", group)
		}
		u.Gid = g.Gid
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

// networkCaps is what a switch needs of root's powers: devices, raw sockets,
// and locked memory for maps.
const networkCaps = 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_NET_RAW | 1<<unix.CAP_NET_BROADCAST |
	1<<unix.CAP_IPC_LOCK | 1<<unix.CAP_NET_BIND_SERVICE

// becomeUser drops to the user and group of --user on every thread; with
// network set it keeps the capabilities a switch needs.
func becomeUser(arg string, network bool) error {
	uid, gid, err := lookupUser(arg)
	if err != nil {
		return err
	}
	keep := network && syscall.Geteuid() == 0 && uid != 0
	if keep {
		if _, _, no := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1, 0); no != 0 {
			return fmt.Errorf("could not keep capabilities (%s)", cli.Strerror(no))
		}
	}
	if err := syscall.Setgroups([]int{gid}); err != nil {
		return fmt.Errorf("fail to switch group to %d (%s)", gid, cli.Strerror(err))
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("fail to switch group to %d (%s)", gid, cli.Strerror(err))
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("fail to switch user to %d (%s)", uid, cli.Strerror(err))
	}
	if !keep {
		return nil
	}
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	data[0].Effective, data[0].Permitted, data[0].Inheritable = networkCaps, networkCaps, networkCaps
	if _, _, no := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data)), 0); no != 0 {
		return fmt.Errorf("could not keep capabilities (%s)", cli.Strerror(no))
	}
	return nil
}
