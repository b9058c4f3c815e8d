package flowdiff

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"govs/openflow"
)

// sent runs a tool and returns what it printed, its exit status and the mods
// that came to the listener.
func (s *listener) sent(run func(stdin string, args ...string) (string, int), stdin string, args ...string) string {
	var b bytes.Buffer
	b.WriteString(status(run(stdin, args...)))
	for _, m := range s.take() {
		fmt.Fprintf(&b, "%x\n", m)
	}
	return b.String()
}

// refuse answers one mod in eight with an error.
func refuse(code openflow.ErrorCode) func(m []byte) []byte {
	return func(m []byte) []byte {
		sum := byte(0)
		for _, x := range m[8:] {
			sum += x
		}
		if sum%8 != 0 {
			return nil
		}
		e := &openflow.ErrorMsg{Code: code, Data: m[:min(len(m), 64)]}
		return openflow.Encode(e, openflow.ProtocolOf(openflow.Version(m[0])), binary.BigEndian.Uint32(m[4:]))
	}
}

// TestMeters makes meters at random, right ones and wrong ones, and compares
// what the commands of ovs-ofctl and the reference's that take them print and
// send, and how they end.
func TestMeters(t *testing.T) {
	n, seed := part(t, 200, 10)
	g := newGen(seed)
	c := newComparison(t)
	them := referenceExit(t)
	s := newListener(t)
	s.answer = refuse(openflow.ErrMeterModFailedBadRate)
	commands := []struct {
		word string
		cmd  openflow.MeterCommand
	}{{"add-meter", openflow.MeterAdd}, {"add-meter", openflow.MeterAdd}, {"mod-meter", openflow.MeterModify}, {"mod-meter", openflow.MeterModify}, {"del-meter", openflow.MeterDelete}, {"del-meters", openflow.MeterDelete}}
	for c.lines < n {
		cmd := commands[g.IntN(len(commands))]
		line := g.meter(cmd.cmd)
		if strings.HasPrefix(line, "-") {
			continue
		}
		c.lines++
		var args []string
		if !g.chance(8) {
			args = []string{"-O", pick(g, "OpenFlow13", "OpenFlow14", "OpenFlow15", "OpenFlow10", "OpenFlow12,OpenFlow13")}
		}
		args = append(args, cmd.word, "unix:"+s.path)
		if cmd.cmd != openflow.MeterDelete || !g.chance(20) {
			args = append(args, line)
		}
		got, want := s.sent(oursExit, "", args...), s.sent(them, "", args...)
		c.runs++
		if got != want {
			c.differ(args, line, got, want)
		}
	}
	c.done()
}

// groupCommands are the commands that take a group.
var groupCommands = []struct {
	words string
	cmd   openflow.GroupCommand
}{
	{"add-group", openflow.GroupAdd}, {"mod-group", openflow.GroupModify}, {"--may-create mod-group", openflow.GroupAddOrModify}, {"del-groups", openflow.GroupDelete},
	{"insert-buckets", openflow.GroupInsertBucket}, {"remove-buckets", openflow.GroupRemoveBucket},
	{"insert-bucket", openflow.GroupInsertBucket}, {"remove-bucket", openflow.GroupRemoveBucket},
}

// TestGroupCommands is TestMeters for groups.
func TestGroupCommands(t *testing.T) {
	n, seed := part(t, 200, 10)
	g := newGen(seed)
	c := newComparison(t)
	them := referenceExit(t)
	s := newListener(t)
	s.answer = refuse(openflow.ErrGroupModFailedOutOfGroups)
	for c.lines < n {
		cmd := groupCommands[g.IntN(len(groupCommands))]
		line := g.group(cmd.cmd)
		if strings.HasPrefix(line, "-") {
			continue
		}
		c.lines++
		args := []string{"--no-names"}
		if !g.chance(8) {
			args = append(args, "-O", pick(g, groupVersions...))
		}
		args = append(append(args, strings.Fields(cmd.words)...), "unix:"+s.path, line)
		got, want := s.sent(oursExit, "", args...), s.sent(them, "", args...)
		c.runs++
		if got != want {
			c.differ(args, line, got, want)
		}
	}
	c.done()
}
