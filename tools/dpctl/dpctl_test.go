package dpctl

import (
	"strings"
	"testing"

	"govs/cli"
)

func run(args ...string) (out, errs string, code int) {
	var o, e strings.Builder
	code = Main(append([]string{"/usr/bin/ovs-dpctl"}, args...), cli.IO{In: strings.NewReader(""), Out: &o, Err: &e})
	return o.String(), e.String(), code
}

func TestTool(t *testing.T) {
	for _, c := range []struct {
		args      string
		out, errs string // what is in there
		code      int
	}{
		{"--version", "ovs-dpctl (Open vSwitch) ", "", 0},
		{"--help", "dump-flows [DP]", "", 0},
		{"help", "usage: ovs-dpctl [OPTIONS] COMMAND [ARG...]\n", "", 0},
		{"list-commands", "  help", "", 0},
		{"--read-only add-dp dp0", "", "ovs-dpctl: 'add-dp' command does not work in read only mode\n", 1},
		{"parse-actions 1 --read-only", "1\n", "", 0},
		{"show -s", "", "ovs-appctl dpctl/show\"", 1},
		{"", "", "ovs-dpctl: missing command name; use --help for help\n", 1},
		{"foo", "", "ovs-dpctl: unknown command 'foo'; use --help for help\n", 1},
		{"parse-actions 1,2", "1,2\n", "", 0},
		{"list-commands", "  dump-dps", "", 0},
		{"show", "", `ovs-appctl dpctl/show"`, 1},
		{"add-dp dp0", "", "ovs-dpctl: add_dp (No such file or directory)\n", 1},
		{"del-dp dp0", "", "ovs-dpctl: opening datapath (No such file or directory)\n", 1},
		{"dump-flows", "", "ovs-dpctl: no datapaths exist\novs-dpctl: datapath not found (Invalid argument)\n", 1},
	} {
		out, errs, code := run(strings.Fields(c.args)...)
		if !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) || code != c.code || c.errs == "" && errs != "" {
			t.Errorf("ovs-dpctl %s: %d\n%s%s", c.args, code, out, errs)
		}
	}
}
