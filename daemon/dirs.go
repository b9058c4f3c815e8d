package daemon

import "govs/internal/dirs"

// RunDir is where sockets and pidfiles live: $OVS_RUNDIR or
// /var/run/openvswitch.
func RunDir() string { return dirs.Run() }

// LogDir is $OVS_LOGDIR or /var/log/openvswitch.
func LogDir() string { return dirs.Log() }

// DBDir is $OVS_DBDIR, else $OVS_SYSCONFDIR/openvswitch, else
// /etc/openvswitch.
func DBDir() string { return dirs.DB() }

// SysconfDir is $OVS_SYSCONFDIR or /etc.
func SysconfDir() string { return dirs.Sysconf() }

// PkgDataDir is $OVS_PKGDATADIR or /usr/share/openvswitch.
func PkgDataDir() string { return dirs.PkgData() }
