package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"govs/internal/ovsref"
)

// Maker is whose programs a switch is made of.
type Maker struct {
	Name    string                   // "govs" or "reference"
	Program func(tool string) string // the path of a tool
	Schema  string                   // for "ovsdb-tool create"; "": the tool's own
}

// Reference is Debian's Open vSwitch; where it is missing the test is skipped,
// or fails in CI.
func Reference(t testing.TB) Maker {
	t.Helper()
	ovsref.Path(t, "ovs-vswitchd")
	return Maker{"reference", func(tool string) string { return ovsref.Path(t, tool) }, ovsref.Schema(t, "vswitch.ovsschema")}
}

// Ours is the program of this tree, built once for all tests of a package. The
// package's TestMain must be Main, which removes it.
func Ours(t testing.TB) Maker {
	t.Helper()
	buildOnce.Do(build)
	if buildErr != "" {
		t.Fatalf("building govs: %s", buildErr)
	}
	return Maker{"govs", program, ""}
}

var (
	buildOnce sync.Once
	buildErr  string
	binDir    string
)

func build() {
	dir, err := os.MkdirTemp("", "govs-bin-")
	if err != nil {
		buildErr = err.Error()
		return
	}
	binDir = dir
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "govs"), "govs/cmd/govs")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		buildErr = err.Error() + "\n" + string(out)
	}
}

// program returns the path of one of our tools, which is a name of the program.
func program(tool string) string {
	path := filepath.Join(binDir, tool)
	if err := os.Symlink("govs", path); err != nil && !os.IsExist(err) {
		return filepath.Join(binDir, "govs")
	}
	return path
}

// Main runs the tests of a package and removes what Ours built; it is for
// TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if binDir != "" {
		os.RemoveAll(binDir)
	}
	os.Exit(code)
}
