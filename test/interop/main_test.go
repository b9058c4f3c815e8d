// Package interop sets govs and Debian's Open vSwitch side by side: each one's
// tools drive the other's daemons, each one's switch runs on the other's
// database, and the same commands must print the same text.
package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"govs/internal/ovsref"
	"govs/tools/lab"
)

// binDir holds the program under test, and its names, for all tests here.
var binDir string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "govs-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+"/govs", "govs/cmd/govs")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building govs: %v\n%s", err, out)
		return 1
	}
	for _, t := range toolNames {
		if err := os.Symlink("govs", filepath.Join(dir, t)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	binDir = dir
	return m.Run()
}

// toolNames are the names the program answers to.
var toolNames = []string{"ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovs-dpctl", "ovs-vswitchd",
	"ovsdb-server", "ovsdb-client", "ovsdb-tool", "ovs-pki", "ovs-tcpdump", "ovs-tcpundump",
	"ovs-pcap", "ovs-testcontroller", "ovs-ctl", "vtep-ctl", "ovs-dpctl-top", "ovs-flowviz", "ovs-docker", "ovs-save", "ovs-kmod-ctl"}

// ours is the maker whose programs are govs.
func ours(*testing.T) lab.Maker {
	return lab.Maker{Program: func(tool string) string { return filepath.Join(binDir, tool) }}
}

// debian is the maker whose programs are the reference.
func debian(t *testing.T) lab.Maker {
	return lab.Maker{
		Program:      func(tool string) string { return ovsref.Path(t, tool) },
		Schema:       ovsref.Schema(t, "vswitch.ovsschema"),
		DatapathType: "netdev",
		PhyBridge:    true,
		NoOffload:    true,
	}
}
