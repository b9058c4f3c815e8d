package vsctl

import (
	"path/filepath"
	"testing"

	"govs/ovsdb/ctl/ctltest"
	"govs/ovsdb/schemas"
)

var tool = ctltest.Tool{Name: "ovs-vsctl", Schema: &schemas.OpenVSwitch}

func TestMain(m *testing.M) { ctltest.Main(m, Main) }

// Every command says the same as the reference's.
func TestLikeReference(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if raceEnabled {
		// A tool under the race detector takes ten times as long to start, and
		// has few goroutines.
		files = []string{"testdata/multi.txt", "testdata/options.txt"}
	}
	tool.Compare(t, files, "--no-wait")
}

// Every command and every option of one has its place in the scripts, but for
// those newer than the reference, which TestZones and TestShowFilter have.
func TestAllCommands(t *testing.T) {
	tool.Covers(t, App(), "testdata/*.txt", "show", "set-zone-limit", "del-zone-limit", "list-zone-limits")
}
