package vtepctl

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"govs/internal/ovsref"
	"govs/ovsdb/ctl/ctltest"
	"govs/ovsdb/schemas"
)

var tool = ctltest.Tool{Name: "vtep-ctl", Schema: &schemas.HardwareVTEP}

func TestMain(m *testing.M) { ctltest.Main(m, Main) }

// Every command says the same as the reference's.
func TestLikeReference(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	tool.Compare(t, files)
}

// Every command has its place in the scripts.
func TestAllCommands(t *testing.T) { tool.Covers(t, App(), "testdata/*.txt", "show") }

// What the database logs of a change.
func TestComment(t *testing.T) {
	p := tool.Reference(t)
	p.Run(t, "", "add-ps", "a b")
	out, err := exec.Command(ovsref.Path(t, "ovsdb-tool"), "show-log", filepath.Join(p.Dir, "conf.db")).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), ` "vtep-ctl: vtep-ctl add-ps "a b""`) {
		t.Errorf("%s", out)
	}
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "x": 0, "12": 12, " 12x": 12, "0x10": 16, "0xg": 0, "017": 15, "08": 0, "-3": -3, "+4": 4, "1_0": 1} {
		if got := number(s); got != want {
			t.Errorf("%q is %d, want %d", s, got, want)
		}
	}
}
