package ifupdown

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govs/cli"
	"govs/internal/ovsref"
)

// calls are environments of ifup and ifdown, one variable a line.
var calls = []string{
	"IFACE=br0\nIF_OVS_TYPE=OVSBridge",
	"IFACE=br0\nIF_OVS_TYPE=OVSBridge\nIF_OVS_PORTS=eth0 eth1\nIF_OVS_OPTIONS=-- set bridge br0 a=b\nIF_OVS_EXTRA=set bridge br0 x=${IFACE} -- set bridge br0 y=$(echo 5)",
	"IFACE=eth0\nIF_OVS_TYPE=OVSPort\nIF_OVS_BRIDGE=br0",
	"IFACE=eth0\nIF_OVS_TYPE=OVSPort\nIF_OVS_BRIDGE=br0\nIF_OVS_OPTIONS=tag=5\nIF_OVS_EXTRA=set port eth0 x=1",
	"IFACE=v1\nIF_OVS_TYPE=OVSIntPort\nIF_OVS_BRIDGE=br0\nIF_OVS_OPTIONS=tag=5",
	"IFACE=bond0\nIF_OVS_TYPE=OVSBond\nIF_OVS_BRIDGE=br0\nIF_OVS_BONDS=eth2 eth3\nIF_OVS_OPTIONS=bond_mode=x",
	"IFACE=p0\nIF_OVS_TYPE=OVSPatchPort\nIF_OVS_BRIDGE=br0\nIF_OVS_PATCH_PEER=p1",
	"IFACE=g1\nIF_OVS_TYPE=OVSTunnel\nIF_OVS_BRIDGE=br0\nIF_OVS_TUNNEL_TYPE=gre\nIF_OVS_TUNNEL_OPTIONS=options:remote_ip=1 options:key=1",
	"IFACE=eth9",
}

// TestAgainstReference runs our hook and Debian's with programs that only write
// down how they were called. Debian's first asks for a version and whether the
// service runs, which ours sees by the database's socket.
func TestAgainstReference(t *testing.T) {
	reference := "/usr/share/openvswitch/scripts/ifupdown.sh"
	ovsref.Path(t, "ovs-vswitchd")
	if _, err := os.Stat(reference); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	for _, tool := range []string{"ovs-vsctl", "ip", "ifup", "ifdown", "service", "systemctl", "modprobe"} {
		script := "#!/bin/sh\nprintf '%s' \"${0##*/}\" >>" + log + "\nfor a; do [ -n \"$a\" ] && printf ' %s' \"$a\" >>" + log + "; done; echo >>" + log + "\n"
		if err := os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	called := func() string {
		b, _ := os.ReadFile(log)
		os.Remove(log)
		var lines []string
		for line := range strings.Lines(string(b)) {
			if line != "ovs-vsctl --timeout=5 --version\n" && !strings.HasPrefix(line, "systemctl ") && !strings.HasPrefix(line, "service ") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	for _, mode := range []string{"start", "stop"} {
		for _, c := range calls {
			env := append(strings.Split(c, "\n"), "MODE="+mode, "PHASE="+map[string]string{"start": "pre-up", "stop": "post-down"}[mode],
				"PATH="+dir+":/usr/bin:/bin")
			ref := exec.Command(reference)
			ref.Env = env
			out, _ := ref.CombinedOutput()
			want := called()

			var b strings.Builder
			get := func(k string) string {
				for _, kv := range env {
					if v, ok := strings.CutPrefix(kv, k+"="); ok {
						return v
					}
				}
				return ""
			}
			h := &hook{IO: cli.IO{Out: &b, Err: &b}, name: "ifupdown", env: get, ready: func() bool { return true },
				run: func(cmd *exec.Cmd) error {
					if filepath.Base(cmd.Path) != "sh" {
						cmd.Path = filepath.Join(dir, cmd.Args[0])
						cmd.Err = nil
					}
					cmd.Env = env
					return cmd.Run()
				}}
			code := h.main()
			if diff := cmp.Diff(want, called()); diff != "" || code != 0 {
				t.Errorf("%s %q: %d %s\n%s\n%s", mode, c, code, b.String(), diff, out)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for env, want := range map[string]string{
		"MODE=start IF_OVS_TYPE=OVSPort":                            "ifupdown: IFACE is not set\n",
		"MODE=start IF_OVS_TYPE=OVSPort IFACE=p1":                   "ifupdown: p1: ovs_type OVSPort needs ovs_bridge\n",
		"MODE=start IF_OVS_TYPE=OVSNope IFACE=p1 IF_OVS_BRIDGE=br0": "ifupdown: p1: unknown ovs_type OVSNope\n",
		"MODE=x IF_OVS_TYPE=OVSPort IFACE=p1 IF_OVS_BRIDGE=br0":     "ifupdown: p1: MODE is \"x\", neither start nor stop\n",
	} {
		var b strings.Builder
		h := &hook{IO: cli.IO{Out: &b, Err: &b}, name: "ifupdown", ready: func() bool { return true }, env: func(k string) string {
			for kv := range strings.FieldsSeq(env) {
				if v, ok := strings.CutPrefix(kv, k+"="); ok {
					return v
				}
			}
			return ""
		}}
		if code := h.main(); code != 1 || b.String() != want {
			t.Errorf("%s: %d %q", env, code, b.String())
		}
	}
}
