package commands

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"govs/internal/netlab"
	"govs/internal/ovsref"
	"govs/test/sandbox"
)

// TestKinds looks at which devices and datapaths are dummies by each value of
// --enable-dummy, on both switches.
func TestKinds(t *testing.T) {
	ovsref.Root(t)
	bridges := []string{"add-br br1 -- set bridge br1 datapath_type=netdev", "add-br br2 -- set bridge br2 datapath_type=dummy"}
	// The reference has no datapath of type system here unless it is a dummy.
	system := []string{
		"add-br br0", "add-port br0 s1", "add-port br0 s3 -- set interface s3 type=tap",
		"add-port br0 v0 -- set interface v0 type=geneve options:remote_ip=1.2.3.5",
	}
	ports := []string{
		"add-port br2 v1 -- set interface v1 type=vxlan options:remote_ip=1.2.3.4",
		"add-port br2 g1 -- set interface g1 type=gre options:remote_ip=1.2.3.4",
		"add-port br2 s2 -- set interface s2 type=internal", "add-port br2 s5 -- set interface s5 type=dummy",
		"add-port br1 s4 -- set interface s4 type=internal",
		"add-port br2 pa -- set interface pa type=patch options:peer=pb", "add-port br2 pb -- set interface pb type=patch options:peer=pa",
	}
	for _, mode := range []string{"override", "system", ""} {
		t.Run(mode, func(t *testing.T) {
			build := slices.Concat(bridges, ports)
			if mode != "" {
				build = slices.Concat(bridges, system, ports)
			}
			var said [2]string
			for i, m := range []sandbox.Maker{sandbox.Reference(t), sandbox.Ours(t)} {
				ns, err := netlab.New(fmt.Sprintf("govskind%d%s%s", os.Getpid(), mode, m.Name[:2]))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					netlab.Clear(ns.Name)
					ns.Close()
				})
				s := sandbox.Start(t, m, sandbox.Config{Dummy: mode, Namespace: ns})
				for _, b := range build {
					s.Must("ovs-vsctl", strings.Fields(b)...)
				}
				for _, c := range []string{"dpif/show", "dpctl/show", "tnl/ports/show", "dpif/dump-dps"} {
					text, _ := s.Appctl(c)
					said[i] += c + "\n" + text
				}
			}
			if sortedLines(said[0]) != sortedLines(said[1]) { // datapaths come in the order of a hash
				t.Errorf("--- reference\n%s\n--- govs\n%s", said[0], said[1])
			}
		})
	}
}

func sortedLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}
