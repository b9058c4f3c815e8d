package daemon

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"govs/cli"
)

func lookupUser(prog, arg string) (uid, gid int, err error) {
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

func checkUser(prog, arg string) error {
	_, _, err := lookupUser(prog, arg)
	return err
}

// becomeUser drops to the user and group of --user. Capabilities are not kept:
// a switch that needs them must run as root.
func becomeUser(prog, arg string) error {
	uid, gid, err := lookupUser(prog, arg)
	if err != nil {
		return err
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
	return nil
}
