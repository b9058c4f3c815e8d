package openflow

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// parseFlowText does what "ovs-ofctl parse-flow" does.
func parseFlowText(line string) string {
	var out strings.Builder
	names := &Names{Warn: func(m, t string) {}}
	fm, usable, err := ParseFlowMod(line, FlowAdd, names)
	if err != nil {
		return "ovs-ofctl: " + err.Error() + "\n"
	}
	if usable&ProtoAny == 0 {
		return "ovs-ofctl: no usable protocol\n"
	}
	out.WriteString("usable protocols: " + usable.String() + "\n")
	chosen := usable.First()
	out.WriteString("chosen protocol: " + chosen.String() + "\n")
	out.WriteString(Print(Encode(fm, chosen, 1), PrintOptions{Verbosity: 2}))
	return out.String()
}

// TestParseFlowReference compares with Debian's ovs-ofctl.
func TestParseFlowReference(t *testing.T) {
	ofctl := ovsref.Path(t, "ovs-ofctl")
	file := os.Getenv("FLOWS")
	if file == "" {
		t.Skip()
	}
	b, _ := os.ReadFile(file)
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		want, _ := exec.Command(ofctl, "-vconsole:off", "parse-flow", line).CombinedOutput()
		if got := parseFlowText(line); got != string(want) {
			t.Errorf("%s\n got: %swant: %s", line, got, want)
		}
	}
}
