// Package noroot runs the switch as somebody who is root in a user namespace of
// their own only, which every user may be.
package noroot

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"govs/test/sandbox"
)

// inside says that this process is in namespaces of its own already.
const inside = "GOVS_TEST_NOROOT"

func TestMain(m *testing.M) { sandbox.Main(m) }

// TestPing pings through a bridge with two taps, each in a network namespace of
// its own.
func TestPing(t *testing.T) {
	if os.Getenv(inside) == "" {
		again(t)
		return
	}
	s := sandbox.Start(t, sandbox.Ours(t), sandbox.Config{Dummy: "no"})
	s.Must("ovs-vsctl", "--timeout=20", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "--",
		"add-port", "br0", "t1", "--", "set", "interface", "t1", "type=internal", "--",
		"add-port", "br0", "t2", "--", "set", "interface", "t2", "type=tap")
	var hosts []string
	for i, tap := range []string{"t1", "t2"} {
		host := exec.Command("unshare", "-n", "sleep", "60")
		host.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := host.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { host.Process.Kill(); host.Wait() })
		pid := fmt.Sprint(host.Process.Pid)
		hosts = append(hosts, pid)
		// The namespace is another one as soon as unshare has run.
		mine, _ := os.Readlink("/proc/self/ns/net")
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if its, err := os.Readlink("/proc/" + pid + "/ns/net"); err == nil && its != mine {
				break
			}
			if time.Now().After(end) {
				t.Fatal("no namespace")
			}
		}
		must(t, "ip", "link", "set", tap, "netns", pid)
		must(t, "nsenter", "-t", pid, "-n", "ip", "addr", "add", fmt.Sprintf("10.7.0.%d/24", i+1), "dev", tap)
		must(t, "nsenter", "-t", pid, "-n", "ip", "link", "set", tap, "up")
	}
	out := must(t, "nsenter", "-t", hosts[0], "-n", "ping", "-c", "3", "-i", "0.2", "-W", "5", "10.7.0.2")
	if !strings.Contains(out, "3 received") {
		t.Error(out)
	}
	if got := s.Must("ovs-vsctl", "get", "interface", "t1", "status:driver_name"); got != "tun\n" {
		t.Errorf("status of a tap that moved away: %q", got)
	}
}

// again runs the test in a new user and network namespace.
func again(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	if _, exit := err.(*exec.ExitError); err != nil && !exit {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
