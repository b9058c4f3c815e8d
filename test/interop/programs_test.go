package interop

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/internal/version"
)

// TestPrograms asks every tool for its version, by link and by argument. One
// that is not built says so in a line and exits 1.
func TestPrograms(t *testing.T) {
	second := regexp.MustCompile(`(?m)^govs `)
	for _, tool := range toolNames {
		t.Run(tool, func(t *testing.T) {
			out, err := exec.Command(filepath.Join(binDir, tool), "--version").CombinedOutput()
			same, err2 := exec.Command(filepath.Join(binDir, "govs"), tool, "--version").CombinedOutput()
			if string(out) != string(same) || (err == nil) != (err2 == nil) {
				t.Errorf("by name:\n%s%v\nby argument:\n%s%v", out, err, same, err2)
			}
			if err != nil {
				if strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "not built") {
					t.Errorf("status %v: %s", err, out)
				}
				return
			}
			first, rest, _ := strings.Cut(string(out), "\n")
			if first != tool+" (Open vSwitch) "+version.OVS || !second.MatchString(rest) {
				t.Errorf("got %q", out)
			}
		})
	}
}

// TestStartup holds a tool's start-up below 15 ms.
func TestStartup(t *testing.T) {
	best := time.Hour
	for range 20 {
		start := time.Now()
		_ = exec.Command(filepath.Join(binDir, "ovs-appctl"), "--version").Run()
		best = min(best, time.Since(start))
	}
	t.Logf("%v", best)
	if best > 15*time.Millisecond {
		t.Errorf("the best of 20 starts took %v, want less than 15ms", best)
	}
}
