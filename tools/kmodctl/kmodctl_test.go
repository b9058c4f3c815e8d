package kmodctl

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"govs/cli"
)

// TestCommands runs the commands on kernels that have no modules, lack ours, or
// have it loaded; only modprobe and rmmod are stood in for.
func TestCommands(t *testing.T) {
	with := t.TempDir() + "/modules"
	os.WriteFile(with, []byte("openvswitch 1 0 - Live 0x0\nvport_vxlan 1 0 - Live 0x0\nveth 1 0 - Live 0x0\n"), 0o644)
	without := t.TempDir() + "/modules"
	os.WriteFile(without, []byte("veth 1 0 - Live 0x0\n"), 0o644)
	for _, c := range []struct {
		args, modules string
		fail          bool
		want          string
		code          int
		ran           []string
	}{
		{"insert", "/nonexistent", false, "ovs-kmod-ctl: this kernel loads no modules; govs forwards without openvswitch\n", 1, nil},
		{"insert", with, false, "", 0, nil},
		{"insert", without, false, "Inserting openvswitch module.\n", 0, []string{"modprobe openvswitch"}},
		{"insert", without, true, "Inserting openvswitch module ... failed!\n", 1, []string{"modprobe openvswitch"}},
		{"remove", without, false, "", 0, nil},
		{"remove", with, false, "Removing vport_vxlan module.\nRemoving openvswitch module.\n", 0, []string{"rmmod vport_vxlan", "rmmod openvswitch"}},
		{"remove", with, true, "Removing vport_vxlan module ... failed!\n", 1, []string{"rmmod vport_vxlan"}},
		{"", with, false, "ovs-kmod-ctl: missing command name (use --help for help)\n", 1, nil},
		{"foo", with, false, "ovs-kmod-ctl: unknown command \"foo\" (use --help for help)\n", 1, nil},
	} {
		var b strings.Builder
		var ran []string
		h := &host{IO: cli.IO{Out: &b, Err: &b}, name: "ovs-kmod-ctl", modules: c.modules, run: func(p string, args ...string) error {
			ran = append(ran, p+" "+strings.Join(args, " "))
			if c.fail {
				return errors.New("no")
			}
			return nil
		}}
		if code := h.main(strings.Fields(c.args)); code != c.code || b.String() != c.want || !slices.Equal(ran, c.ran) {
			t.Errorf("%q: %d %q %q", c.args, code, b.String(), ran)
		}
	}
}
