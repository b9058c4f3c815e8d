package flowdiff

import (
	"bytes"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/tools/ofctl"
)

// An ovsOfctl runs ovs-ofctl with an input and returns what it prints, errors
// last.
type ovsOfctl func(stdin string, args ...string) string

// quiet leaves out the log: which lines of it come is subject to rate limits.
const quiet = "-vconsole:off"

func ours(stdin string, args ...string) string {
	out, _ := oursExit(stdin, args...)
	return out
}

// oursExit also returns the exit status.
func oursExit(stdin string, args ...string) (string, int) {
	var out, err bytes.Buffer
	code := ofctl.Main(append([]string{"ovs-ofctl", quiet}, args...), cli.IO{In: strings.NewReader(stdin), Out: &out, Err: &err})
	return out.String() + err.String(), code
}

func reference(t testing.TB) ovsOfctl {
	run := referenceExit(t)
	return func(stdin string, args ...string) string {
		out, _ := run(stdin, args...)
		return out
	}
}

// referenceExit also returns the exit status, -1 for an end by a signal.
func referenceExit(t testing.TB) func(stdin string, args ...string) (string, int) {
	path := ovsref.Path(t, "ovs-ofctl")
	dir := t.TempDir()
	return func(stdin string, args ...string) (string, int) {
		cmd := exec.Command(path, append([]string{quiet}, args...)...)
		cmd.Env = []string{"OVS_RUNDIR=" + dir}
		cmd.Stdin = strings.NewReader(stdin)
		var out, err bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &err
		cmd.Run()
		return out.String() + err.String(), cmd.ProcessState.ExitCode()
	}
}

// records splits what parse-flows prints into what comes before the flows and
// the text of each flow.
func records(out string) (head string, flows []string) {
	for _, l := range strings.SplitAfter(out, "\n") {
		switch {
		case strings.Contains(l, "_FLOW_MOD ") && strings.Contains(l, "(xid="):
			flows = append(flows, l)
		case len(flows) == 0:
			head += l
		default:
			flows[len(flows)-1] += l
		}
	}
	return head, flows
}

// badLine returns the number of the line that an error names, from 0 on.
func badLine(out string) (int, bool) {
	_, s, ok := strings.Cut(out, "ovs-ofctl: -:")
	if !ok {
		return 0, false
	}
	s, _, _ = strings.Cut(s, ":")
	n, err := strconv.Atoi(s)
	return n - 1, err == nil
}
