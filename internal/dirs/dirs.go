// Package dirs knows where Open vSwitch keeps its files: environment
// variables first, then the paths Debian's packages use. It reads the
// environment at each call and keeps no state.
package dirs

import (
	"os"
	"path/filepath"
)

func env(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}

// Run is $OVS_RUNDIR or /var/run/openvswitch.
func Run() string { return env("OVS_RUNDIR", "/var/run/openvswitch") }

// Log is $OVS_LOGDIR or /var/log/openvswitch.
func Log() string { return env("OVS_LOGDIR", "/var/log/openvswitch") }

// Sysconf is $OVS_SYSCONFDIR or /etc.
func Sysconf() string { return env("OVS_SYSCONFDIR", "/etc") }

// DB is $OVS_DBDIR, or the directory openvswitch below Sysconf.
func DB() string { return env("OVS_DBDIR", filepath.Join(Sysconf(), "openvswitch")) }

// PkgData is $OVS_PKGDATADIR or /usr/share/openvswitch.
func PkgData() string { return env("OVS_PKGDATADIR", "/usr/share/openvswitch") }

// Bin is $OVS_BINDIR or /usr/bin.
func Bin() string { return env("OVS_BINDIR", "/usr/bin") }

// Abs returns path as it is when absolute, and below dir otherwise.
func Abs(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
