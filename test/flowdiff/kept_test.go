package flowdiff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govs/openflow"
)

// TestKept compares flows that were found once: corner cases of every action.
func TestKept(t *testing.T) {
	c := newComparison(t)
	for file, offer := range map[string][]string{"flows10.txt": {"-O", "OpenFlow10"}, "flows13.txt": {"-O", "OpenFlow13"}} {
		b, err := os.ReadFile(filepath.Join("..", "..", "openflow", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		vs, _ := openflow.ParseVersions(offer[1])
		groups := map[openflow.Protocols][]string{}
		for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			c.lines++
			_, usable, err := openflow.ParseFlowMod(line, openflow.FlowAdd, nil)
			if p := usable & openflow.ProtocolsOf(vs); err == nil && p != 0 {
				groups[usable] = append(groups[usable], line)
			} else if !testing.Short() || c.lines%10 == 0 {
				c.single(offer, line)
			}
		}
		for _, lines := range groups {
			c.batch(offer, lines)
		}
	}
	c.done()
}
