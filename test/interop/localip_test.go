package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govs/internal/netlab"
	"govs/test/sandbox"
)

// TestLocalIP has a controller give the bridge's local port addresses, on both
// makers' switches: addresses, routes and what the log says of it must agree.
func TestLocalIP(t *testing.T) {
	steps := []string{
		"local_ip=10.1.2.3 local_gateway=10.1.2.1",
		"local_netmask=255.255.0.0",
		"local_ip=10.1.2.4 local_netmask=255.255.255.128",
		"local_ip=[]",
		"local_ip=bogus",
		"local_ip=192.168.9.9 local_netmask=junk local_gateway=junk",
		"local_ip=172.16.1.1 local_netmask=[] local_gateway=[]",
	}
	configured := regexp.MustCompile(`bridge br0: configured .*`)
	var outcomes []string
	for _, m := range []sandbox.Maker{sandbox.Reference(t), {Name: "govs", Program: ours(t).Program}} {
		ns, err := netlab.New("govslip" + m.Name[:2])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			netlab.Clear(ns.Name)
			ns.Close()
		})
		s := sandbox.Start(t, m, sandbox.Config{Dummy: "no", Namespace: ns})
		s.Must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
		s.Must("ovs-vsctl", "set-controller", "br0", "tcp:127.0.0.1:1")
		var all strings.Builder
		state := func() string {
			var out bytes.Buffer
			for _, show := range []string{"-4 -o addr show dev br0", "route"} {
				cmd := exec.Command("ip", strings.Fields(show)...)
				cmd.Stdout, cmd.Stderr = &out, &out
				if err := ns.Run(cmd); err != nil {
					t.Fatalf("ip %s: %v\n%s", show, err, out.String())
				}
			}
			return out.String()
		}
		for _, step := range steps {
			s.Must("ovs-vsctl", append([]string{"set", "controller", "br0"}, strings.Fields(step)...)...)
			time.Sleep(400 * time.Millisecond) // the reference acts after ovs-vsctl has returned
			all.WriteString(step + "\n" + state())
		}
		text, err := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, line := range configured.FindAllString(string(text), -1) {
			if !seen[line] { // the reference repeats itself
				all.WriteString(line + "\n")
			}
			seen[line] = true
		}
		outcomes = append(outcomes, all.String())
		if m.Name == "govs" {
			// The reference does not heed connection_mode here, against its manual.
			s.Must("ovs-vsctl", "set", "controller", "br0", "local_ip=172.16.1.2", "connection_mode=out-of-band")
			if now := state(); !strings.Contains(now, "172.16.1.1/16") {
				t.Errorf("out of band, the address changed: %s", now)
			}
		}
	}
	if d := cmp.Diff(outcomes[0], outcomes[1]); d != "" {
		t.Errorf("reference (-) and ours (+):\n%s", d)
	}
}
