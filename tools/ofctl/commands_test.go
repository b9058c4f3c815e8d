package ofctl

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
)

// helpers are the commands that the reference has and its usage text does not
// show.
var helpers = strings.Fields(`add-meter mod-meter del-meter del-meters dump-meter dump-meters bundle
	parse-flow parse-flows parse-group parse-nx-match parse-nxm parse-oxm parse-actions parse-instructions parse-ofp10-match parse-ofp11-match
	parse-pcap check-vlan print-error encode-error-reply ofp-print encode-hello parse-key-value compose-packet parse-packet ofp-parse ofp-parse-pcap`)

var usageLine = regexp.MustCompile(`(?m)^  (?:\[--may-create\] )?([a-z][a-z-]+) (?:SWITCH|TARGET|SOURCE1|FILE|PCAP)`)

// TestCommandsOfReference says that every command of the reference exists, and
// that too few and too many arguments get the same answer.
func TestCommandsOfReference(t *testing.T) {
	path := ovsref.Path(t, "ovs-ofctl")
	theirs := func(args ...string) string {
		cmd := exec.Command(path, args...)
		cmd.Args[0] = "ovs-ofctl"
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.Run() // its status is printed
		return out.String() + fmt.Sprint(cmd.ProcessState.ExitCode())
	}
	ours := func(args ...string) string {
		var out bytes.Buffer
		n := Main(append([]string{"ovs-ofctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out})
		return out.String() + fmt.Sprint(n)
	}
	var names []string
	for _, m := range usageLine.FindAllStringSubmatch(theirs("--help"), -1) {
		names = append(names, m[1])
	}
	if len(names) < 50 {
		t.Fatalf("the reference's usage text has only %d commands: %v", len(names), names)
	}
	names = append(names, helpers...)
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		i := slices.IndexFunc(commands[:], func(c command) bool { return c.name == name })
		if i < 0 {
			t.Errorf("%s does not exist", name)
			continue
		}
		if commands[i].run == nil {
			t.Errorf("%s does nothing", name)
		}
		var calls [][]string
		if commands[i].min > 0 {
			calls = append(calls, slices.Repeat([]string{"x"}, commands[i].min-1))
		}
		if commands[i].max < many {
			calls = append(calls, slices.Repeat([]string{"x"}, commands[i].max+1))
		}
		for _, args := range calls {
			args = append([]string{name}, args...)
			if got, want := ours(args...), theirs(args...); got != want {
				t.Errorf("%v:\n got %s\nwant %s", args, got, want)
			}
		}
		// The reference lets these change the switch even with --read-only.
		careless := []string{"add-tlv-map", "del-tlv-map", "ct-flush", "ct-flush-zone"}
		if args := []string{"--read-only", name}; commands[i].write && !slices.Contains(careless, name) {
			args = append(args, slices.Repeat([]string{"x"}, commands[i].min)...)
			if got, want := ours(args...), theirs(args...); got != want {
				t.Errorf("%v:\n got %s\nwant %s", args, got, want)
			}
		}
	}
	for i := range commands {
		if c := &commands[i]; c.section != beyond && !slices.Contains(names, c.name) {
			t.Errorf("%s is no command of the reference, and not said to be beyond it", c.name)
		}
	}
	t.Logf("%d commands", len(names))
	for _, args := range [][]string{{}, {"nosuch"}, {"--nosuch"}, {"-t", "x", "show", "b"}, {"-F", "x", "show", "b"}, {"-P", "x", "show", "b"}, {"-O", "x", "show", "b"},
		{"--color=x", "show", "b"}, {"-F", "oxm", "-O", "OpenFlow10", "show", "b"}, {"-V"}, {"--timeout"}, {"--sort"}} {
		if got, want := ours(args...), theirs(args...); got != want && args[len(args)-1] != "-V" {
			t.Errorf("%v:\n got %s\nwant %s", args, got, want)
		}
	}
}
