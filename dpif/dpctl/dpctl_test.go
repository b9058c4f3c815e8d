package dpctl

import (
	"regexp"
	"strings"
	"testing"

	"govs/cli"
	"govs/dpif"
	"govs/dpif/dptest"
	"govs/dpif/userspace"
	"govs/netdev"
)

// TestCommands runs commands in turn on one datapath; what they print was seen
// at the reference.
func TestCommands(t *testing.T) {
	dp, err := userspace.New(userspace.Config{Type: "dummy", Name: "ovs-dummy", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	open := func(_ dpif.Datapath, cfg netdev.Config) (netdev.Device, error) { return dptest.NewDevice(cfg.Name) }
	env := &Env{Program: "ovs-vswitchd", OpenDevice: open,
		Datapaths: func() ([]dpif.Datapath, error) { return []dpif.Datapath{dp}, nil }}
	const fl = "in_port(1),eth(),eth_type(0x800),ipv4()"
	const id = "ufid:11111111-2222-3333-4444-555555555555"
	used := regexp.MustCompile(`used:[0-9.]+s`)
	for _, c := range []struct {
		opt  Options
		cmd  string // words separated by a bar
		want string
		code int
	}{
		{Options{}, "dump-dps", "dummy@ovs-dummy\n", 0},
		{Options{}, "add-if|dummy@ovs-dummy|p1|p2,type=system,port_no=2", "", 0},
		{Options{}, "add-if|dummy@ovs-dummy|p9,port_no=2", "ovs-vswitchd: adding p9 to dummy@ovs-dummy failed (Device or resource busy)\n", 1},
		{Options{}, "show", "dummy@ovs-dummy:\n  lookups: hit:0 missed:0 lost:0\n  flows: 0\n  port 1: p1\n  port 2: p2\n", 0},
		{Options{}, "show|nope", "ovs-vswitchd: opening datapath nope failed (No such device)\n", 1},
		{Options{}, "show|ovs-dummy", "ovs-vswitchd: opening datapath ovs-dummy failed (Invalid argument)\n", 1},
		{Options{}, "del-flows", "", 0},
		{Options{}, "dump-flows", "", 0},
		{Options{}, "add-flow|" + fl + "|2", "", 0},
		{Options{}, "add-flow|" + fl + "|2", "ovs-vswitchd: updating flow table (File exists)\n", 1},
		{Options{}, "dump-flows", "flow-dump from the main thread:\nrecirc_id(0),in_port(1),eth(),eth_type(0x0800), packets:0, bytes:0, used:never, actions:2\n", 0},
		{Options{Names: true}, "dump-flows|dummy@ovs-dummy", "flow-dump from the main thread:\nrecirc_id(0),in_port(p1),eth(),eth_type(0x0800), packets:0, bytes:0, used:never, actions:p2\n", 0},
		{Options{}, "dump-flows|filter=ip", "flow-dump from the main thread:\nrecirc_id(0),in_port(1),eth(),eth_type(0x0800), packets:0, bytes:0, used:never, actions:2\n", 0},
		{Options{}, "dump-flows|filter=arp", "", 0},
		{Options{}, "dump-flows|filter=in_port=2", "", 0},
		{Options{}, "dump-flows|type=offloaded,tc", "", 0},
		{Options{}, "dump-flows|type=foo", "ovs-vswitchd: Failed to parse type (foo) (Invalid argument)\n", 1},
		{Options{}, "dump-flows|xx", "ovs-vswitchd: datapath not found (Invalid argument)\n", 1},
		{Options{Stats: true}, "mod-flow|" + fl + "|1", "packets:0, bytes:0, used:never\n", 0},
		{Options{}, "mod-flow|in_port(2),eth(),eth_type(0x800),ipv4()|1", "ovs-vswitchd: updating flow table (No such file or directory)\n", 1},
		{Options{MayCreate: true}, "mod-flow|in_port(2),eth(),eth_type(0x800),ipv4()|1", "", 0},
		{Options{}, "del-flow|" + fl, "", 0},
		{Options{}, "del-flow|" + fl, "ovs-vswitchd: deleting flow (No such file or directory)\nPerhaps you need to specify a UFID?\n", 1},
		{Options{}, "add-flow|xx|2", "ovs-vswitchd: parsing flow key (syntax error at xx) (Invalid argument)\n", 1},
		{Options{}, "add-flow|" + fl + "|zz", "ovs-vswitchd: parsing actions (Invalid argument)\n", 1},
		{Options{}, "add-flow|" + id + "," + fl + "|drop", "", 0},
		{Options{}, "get-flow|" + id, "recirc_id(0),in_port(1),eth(),eth_type(0x0800), packets:0, bytes:0, used:never, actions:drop\n", 0},
		{Options{}, "get-flow|" + id[:len(id)-1] + "6", "ovs-vswitchd: getting flow (No such file or directory)\n", 1},
		{Options{}, "get-flow|11", "ovs-vswitchd: parsing flow ufid\n", 0},
		{Options{Stats: true}, "del-flow|" + id, "packets:0, bytes:0, used:never\n", 0},
		{Options{}, "parse-actions|1,push_vlan(vid=5,pcp=0)", "1,push_vlan(vid=5,pcp=0)\n", 0},
		{Options{}, "parse-actions|zz", "ovs-vswitchd: odp_actions_from_string (Invalid argument)\n", 1},
		{Options{}, "del-if|dummy@ovs-dummy|px|44|p1", "ovs-vswitchd: no port named px\novs-vswitchd: deleting port 44 from dummy@ovs-dummy failed (No such device)\n", 1},
		{Options{}, "foo", "ovs-vswitchd: unknown command 'foo'; use --help for help\n", 1},
		{Options{}, "add-flow", "ovs-vswitchd: 'add-flow' command requires at least 2 arguments\n", 1},
	} {
		var b strings.Builder
		code := Run(env, cli.IO{Out: &b, Err: &b}, c.opt, strings.Split(c.cmd, "|"))
		if got := used.ReplaceAllString(b.String(), "used:0s"); got != c.want || code != c.code {
			t.Errorf("%s: %d\n%s, want %d\n%s", c.cmd, code, got, c.code, c.want)
		}
	}
}

func TestNoDatapaths(t *testing.T) {
	env := &Env{Program: "ovs-dpctl", Datapaths: func() ([]dpif.Datapath, error) { return nil, nil }}
	var b strings.Builder
	if Run(env, cli.IO{Out: &b, Err: &b}, Options{}, []string{"dump-flows"}) != 1 ||
		b.String() != "ovs-dpctl: no datapaths exist\novs-dpctl: datapath not found (Invalid argument)\n" {
		t.Error(b.String())
	}
}

// TestRows calls every row with too few arguments: none may panic.
func TestRows(t *testing.T) {
	env := &Env{Program: "x", Datapaths: func() ([]dpif.Datapath, error) { return nil, nil }}
	seen := map[string]bool{}
	for _, c := range Commands(env) {
		if seen[c.Name] {
			t.Errorf("%s twice", c.Name)
		}
		seen[c.Name] = true
	}
	for _, c := range commands(true) {
		var b strings.Builder
		args := make([]string, 1+c.min)
		args[0] = c.name
		Run(env, cli.IO{Out: &b, Err: &b}, Options{}, args)
	}
}
