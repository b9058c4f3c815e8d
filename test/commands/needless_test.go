package commands

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govs/test/sandbox"
)

// TestNeedlessSettings: a setting that changes nothing is told in the log, once.
func TestNeedlessSettings(t *testing.T) {
	s := sandbox.Start(t, sandbox.Ours(t), sandbox.Config{})
	s.Must("ovs-vsctl", "set", "open", ".", "other_config:n-handler-threads=4", "other_config:n-revalidator-threads=2", "other_config:hw-offload=false")
	s.Must("ovs-vsctl", "set", "open", ".", "other_config:n-handler-threads=5")
	log, err := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
	if err != nil {
		t.Fatal(err)
	}
	for what, times := range map[string]int{"n-handler-threads has no effect: ": 1, "n-revalidator-threads has no effect: ": 1, "hw-offload": 0} {
		if n := strings.Count(string(log), what); n != times {
			t.Errorf("%q is %d times in the log, want %d", what, n, times)
		}
	}
}
