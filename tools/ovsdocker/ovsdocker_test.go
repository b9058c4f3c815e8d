package ovsdocker

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"govs/cli"
	"govs/internal/nstest"
	"govs/internal/ovsref"
)

func TestMain(m *testing.M) { nstest.Main(m) }

func ours(args ...string) (string, int) {
	var b strings.Builder
	code := Main(append([]string{"ovs-docker"}, args...), cli.IO{Out: &b, Err: &b})
	return b.String(), code
}

func sh(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestPorts connects two containers to a bridge of a real switch. The
// containers are processes in network namespaces, and "docker" a script that
// knows their numbers: an engine cannot be had everywhere.
func TestPorts(t *testing.T) {
	nstest.Need(t)
	dir := t.TempDir()
	for v, d := range map[string]string{"OVS_RUNDIR": dir, "OVS_LOGDIR": dir, "OVS_DBDIR": dir, "OVS_SYSCONFDIR": dir,
		"OVS_BINDIR": "/usr/bin", "OVS_DOCKER_ENGINE": dir + "/engine"} {
		t.Setenv(v, d)
	}
	ovsref.Path(t, "ovs-vswitchd")
	schema := ovsref.Schema(t, "vswitch.ovsschema")
	script := "#!/bin/sh\ncase $4 in\n"
	for _, c := range []string{"c1", "c2"} {
		cmd := exec.Command("sleep", "60")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		script += fmt.Sprintf("%s) echo %d;;\n", c, cmd.Process.Pid)
		t.Setenv(c, fmt.Sprint(cmd.Process.Pid))
	}
	if err := os.WriteFile(dir+"/engine", []byte(script+"*) exit 1;;\nesac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("sh", "-c", "ovs-appctl -t ovs-vswitchd exit --cleanup; ovs-appctl -t ovsdb-server exit").Run()
	})
	sh(t, `ovsdb-tool create `+dir+`/conf.db `+schema+`
/usr/sbin/ovsdb-server --detach --no-chdir --pidfile --log-file -vconsole:off --remote=punix:`+dir+`/db.sock
ovs-vsctl --no-wait init
/usr/sbin/ovs-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:off
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev`)

	ok := func(args string) {
		t.Helper()
		if out, code := ours(strings.Fields(args)...); code != 0 || out != "" {
			t.Fatalf("%s: %d %s", args, code, out)
		}
	}
	ok("add-port br0 eth1 c1 --ipaddress=10.97.0.1/24 --macaddress=02:00:00:00:00:01 --mtu=1400")
	ok("add-port br0 eth1 c2 --ipaddress=10.97.0.2/24 --gateway=10.97.0.1")
	sh(t, "nsenter -t $c2 -n ping -c 3 -i 0.2 -W 2 10.97.0.1")
	if got := sh(t, "nsenter -t $c1 -n ip -o link show eth1"); !strings.Contains(got, "mtu 1400") || !strings.Contains(got, "02:00:00:00:00:01") {
		t.Error(got)
	}
	if got := sh(t, "nsenter -t $c2 -n ip route show default"); !strings.HasPrefix(got, "default via 10.97.0.1") {
		t.Error(got)
	}
	ok("set-vlan br0 eth1 c1 5")
	if got := sh(t, "ovs-vsctl --bare --columns=tag find port tag=5"); got != "5" {
		t.Error(got)
	}
	for args, want := range map[string]string{
		"add-port br0 eth1 c1":                "port already attached for container c1 and interface eth1",
		"add-port br0 eth2 c3":                "failed to get the PID of container c3",
		"del-port br0 eth9 c1":                "failed to find any attached port for container c1 and interface eth9",
		"set-vlan br0 eth1 c1 x":              "x: a VLAN is a number from 0 to 4095",
		"add-port br0 eth2":                   "add-port takes BRIDGE INTERFACE CONTAINER (use --help for help)",
		"nope":                                "unknown command \"nope\" (use --help for help)",
		"add-port br0 eth2 c1 --ipaddress=zz": "netip.ParsePrefix(\"zz\"): no '/'",
	} {
		if got, code := ours(strings.Fields(args)...); code != 1 || got != "ovs-docker: "+want+"\n" {
			t.Errorf("%s: %d %s", args, code, got)
		}
	}
	ok("del-port br0 eth1 c1")
	ok("add-port br0 eth2 c2")
	ok("del-ports br0 c2")
	if got := sh(t, "ovs-vsctl list-ports br0; ip -o link | grep -c '_l' || true"); got != "0" {
		t.Error(got)
	}
}
