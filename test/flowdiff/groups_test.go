package flowdiff

import (
	"fmt"
	"strings"
	"testing"

	"govs/openflow"
)

// groupVersions are what a group is offered to.
var groupVersions = []string{"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15", "OpenFlow15", "OpenFlow15", "OpenFlow11,OpenFlow12", "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"}

// TestGroups makes groups at random, right ones and wrong ones, and compares
// what ovs-ofctl parse-group and the reference's make of them: the error, or
// the protocols that can carry the group, what is printed of it encoded, and
// the exit status.
func TestGroups(t *testing.T) {
	n, seed := part(t, 400, 4)
	g := newGen(seed)
	c := newComparison(t)
	them := referenceExit(t)
	for c.lines < n {
		line := g.group(openflow.GroupAdd)
		if strings.HasPrefix(line, "-") {
			continue
		}
		c.lines++
		args := []string{"-O", pick(g, groupVersions...)}
		if g.chance(10) {
			args = append(args, "-mmm")
		}
		run := append(args[:len(args):len(args)], "parse-group", line)
		got, want := status(oursExit("", run...)), status(them("", run...))
		c.runs++
		if got != want {
			c.differ(args, line, got, want)
		}
	}
	c.done()
}

// part is amount for lines that need a run of the tools each: of those that a
// soak asks for only every nth.
func part(t *testing.T, n, nth int) (lines int, seed uint64) {
	lines, seed = amount(t, n*nth)
	return lines / nth, seed
}

// status puts an exit status behind what was printed.
func status(out string, code int) string { return fmt.Sprintf("%sexit %d\n", out, code) }
