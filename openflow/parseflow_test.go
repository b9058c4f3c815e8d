package openflow

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// parseFlowText does what "ovs-ofctl parse-flow" does.
func parseFlowText(line string, allowed Protocols) string {
	var out strings.Builder
	fm, usable, err := ParseFlowMod(line, FlowAdd, nil)
	if err != nil {
		return "ovs-ofctl: " + err.Error() + "\n"
	}
	if usable&allowed == 0 {
		return "ovs-ofctl: no usable protocol\nusable protocols: " + usable.String() + "\n"
	}
	out.WriteString("usable protocols: " + usable.String() + "\n")
	chosen := (usable & allowed).First()
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
	version := V10
	args := []string{"-vconsole:off"}
	if o := os.Getenv("FLOWS_O"); o != "" {
		vs, _ := ParseVersions(o)
		version = vs.Max()
		args = append(args, "-O", o)
	}
	b, _ := os.ReadFile(file)
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		want, _ := exec.Command(ofctl, append(args, "parse-flow", line)...).CombinedOutput()
		if got := parseFlowText(line, ProtocolsOf(VersionsOf(version))); got != string(want) {
			t.Errorf("%s\n got: %swant: %s", line, got, want)
		}
	}
}
