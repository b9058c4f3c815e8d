// Package ovsref finds the reference: Debian's Open vSwitch 3.1 binaries that
// the interop and differential tests compare with. For tests only.
package ovsref

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Path returns the path of the reference's program (such as "ovs-vsctl" or
// "ovsdb-server"). If it is missing, the test fails in CI (CI set in the
// environment) and is skipped elsewhere.
func Path(t testing.TB, program string) string {
	t.Helper()
	for _, dir := range []string{"/usr/bin/", "/usr/sbin/"} {
		if _, err := exec.LookPath(dir + program); err == nil {
			return dir + program
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("the reference's %s is missing: apt-get install openvswitch-switch openvswitch-common", program)
	}
	t.Skipf("the reference's %s is not installed", program)
	return ""
}

// Schema returns the path of a schema file of the reference, such as
// "vswitch.ovsschema", with the same rule for a missing one.
func Schema(t testing.TB, name string) string {
	t.Helper()
	p := "/usr/share/openvswitch/" + name
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the reference's schema %s is missing", name)
		}
		t.Skipf("the reference's schema %s is not installed", name)
	}
	return p
}

// Root skips the test when it does not run as root, or fails it in CI.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("needs root")
	}
	t.Skip("needs root")
}

// WaitListening waits until a server accepts connections at the Unix socket
// path: the file appears a moment before.
func WaitListening(t testing.TB, path string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens at %s: %v", path, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
